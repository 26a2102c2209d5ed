"""A queue that answers what a test told it to, behind the real shop."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from exporter.config.sections import ShopSection
from exporter.mapping import load
from exporter.model import Gap, Sample
from exporter.probes import Probe
from exporter.queues import Arrivals, Broker, Delay, Draw, Drawn, Look, Mark, Queue, Tally
from exporter.shop import Shop
from tests.probes.plain import NOW, Told

__all__ = ["FakeQueue", "Watched", "section"]


class FakeQueue(Queue):
    """`came`, `drawn` and `behind`: by topic, answers or errors, one for each question; the last one stays."""

    def __init__(self) -> None:
        self.came: dict[str, list[Arrivals | Exception]] = {}
        self.drawn: dict[str, list[Drawn | Exception]] = {}
        self.draws: list[tuple[str, Mark | None, Draw]] = []
        self.takes: int | Exception = 4 * 1024**2
        self.behind: dict[str, list[list[Delay] | Exception]] = {}
        self.asked: list[tuple[str, Mark | None, Look]] = []

    def arrivals(self, topic, mark, look, deadline):
        self.asked.append((topic, mark, look))
        return _answer(self.came[topic])

    def samples(self, topic, mark, draw, deadline):
        self.draws.append((topic, mark, draw))
        return _answer(self.drawn[topic])

    def accepts(self, topic, deadline):
        return _answer([self.takes])

    def delays(self, topic, groups, now, deadline):
        return _answer(self.behind[topic])

    def close(self):
        pass


def _answer(answers: list[Any]) -> Any:
    answer = answers.pop(0) if len(answers) > 1 else answers[0]
    if isinstance(answer, Exception):
        raise answer
    return answer


class FakeBroker(Broker):
    SCHEMES = ()

    queue: Any

    def connect(self) -> Queue:
        return self.queue


class Kept(dict[str, Any]):
    def recall(self, shop: str, probe: str) -> dict[str, Any]:
        return dict(self.get(probe, {}))

    def remember(self, shop: str, probe: str, memory: dict[str, Any]) -> None:
        self[probe] = memory


class Watched:
    """One probe over the queue `orders`, run again and again; `again()` is a new process with the same memory."""

    def __init__(self, name: str, probe: Probe, queue: FakeQueue, kept: Kept | None = None) -> None:
        self.name, self.queue, self.kept = name, queue, Kept() if kept is None else kept
        self.probe = probe.with_queues(["orders"])
        broker = FakeBroker.model_construct(queue=queue)
        self.shop = Shop.open(
            "main", "sqlite:////nowhere/shop.db", None, load("plain"), queues={"orders": broker}, memory=self.kept
        )

    def again(self) -> Watched:
        self.shop.close()
        return Watched(self.name, self.probe, self.queue, self.kept)

    def look(self, *, after: float = 0) -> Told:
        """A run so many seconds after NOW; everything it tells."""
        [part] = self.probe.parts(())
        shop = self.shop.bounded(self.name, 5, part)
        told: list[Sample | Gap] = list(self.probe.read(shop, NOW + timedelta(seconds=after)))
        return Told(told, shop.trace)


def sizes(*each: int) -> Tally:
    return Tally.of(each)


def section(queues: dict[str, str], **probes: Any) -> ShopSection:
    """A shop of a configuration, as YAML gives it."""
    return ShopSection.model_validate(
        {"database": "sqlite:////shop.db", "tables": "plain", "queues": queues, "probes": probes}
    )
