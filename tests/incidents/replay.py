"""The whole replay: a healthy hour, all faults at once while the shop goes on, and the hour in which orders vanish."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tests.incidents import settings, shop
from tests.incidents.fault import Fault, Outcome, Place, lacking, play, until
from tests.incidents.faults import FAULTS
from tests.incidents.ground import Ground
from tests.incidents.sidecar import Sidecar
from tests.incidents.traffic import AN_HOUR, Traffic


@dataclass(frozen=True)
class Result:
    """`healthy`: cards of the healthy hour; `strange`: later cards that no fault accounts for, with their rooms."""

    outcomes: Sequence[Outcome]
    orders: int
    healthy: Sequence[tuple[str, str]]
    strange: Sequence[tuple[str, str]]
    refusals: Sequence[str]


def replay(healthy: float, faults: Sequence[Fault] = FAULTS, *, moved_clock: bool = True) -> Result:
    """`healthy`: seconds into which the hour without a fault is compressed. `moved_clock`: the hour of lost orders too."""
    with closing(Ground()) as ground:
        traffic = Traffic(ground, AN_HOUR / healthy)
        with ThreadPoolExecutor(len(faults) + 1) as pool:
            gate = threading.Event()
            hour = pool.submit(vanished, ground, gate) if moved_clock else None
            watched = settings.shops(ground)
            with closing(Sidecar(ground.folder / "main", watched, settings.scaled(ground.folder))) as sidecar:
                traffic.start()
                sidecar.wait_until_all_answer(watched)
                began, first = traffic.orders, time.monotonic()
                while traffic.orders - began < AN_HOUR and time.monotonic() - first < 2 * healthy:
                    time.sleep(0.1)
                sold, quiet = traffic.orders - began, sidecar.street.told()
                traffic.pace = AN_HOUR / 60
                place = Place(ground, sidecar)
                order = sorted(faults, key=lambda fault: -fault.lasts)
                begun = [pool.submit(play, _held(fault, traffic), place, _APART * at) for at, fault in enumerate(order)]
                gate.set()
                played = sorted((each.result() for each in begun), key=lambda each: each.fault.incident)
                traffic.stop()
                strange = _strange([*sidecar.street.told()], faults, quiet)
                refusals = sidecar.street.refusals()
            rates, false = hour.result() if hour else ([], [])
        return Result([*played, *rates], sold, quiet, [*strange, *false], refusals)


def _held(fault: Fault, traffic: Traffic) -> Fault:
    """Only the traffic's own consumers can stand still, and go on again."""
    if fault.rule != "ConsumersStandStill":
        return fault
    return replace(fault, make=lambda _: traffic.consuming.clear() or (), repair=lambda _: traffic.consuming.set())


def _strange(
    told: Sequence[tuple[str, str]], faults: Sequence[Fault], before: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    return [
        (room, text)
        for room, text in told
        if (room, text) not in before and not any(fault.accounts_for(text, room) for fault in faults)
    ]


_JUMP = 5.0
"""Seconds from /metrics to the card that this row was seen to take beside all others: docs/replay.md."""

RATE = Fault(
    6, "47 orders in an hour of 2,300", "OrderRateDropped", "orders", "Orders are at 2.",
    lambda m: m.total("orders_last_hour", event="created") == 47, lambda _: (), lambda _: None, ("47 / 2,3",), patient=_JUMP,  over="Orders are at",
)  # fmt: skip
_BUCKET, _LONGEST = 300, 240
"""Seconds that the probe counts in one, and that the other incidents may take to begin."""

_APART = 1.5
"""Seconds between two faults: nobody's incidents begin in one instant."""

_POINTS, _ALL = "order_rate_baseline_points", 14
"""Eight weeks and six days."""


def vanished(ground: Ground, gate: threading.Event) -> tuple[list[Outcome], list[tuple[str, str]]]:
    """The hour in which orders vanish: its clock is set forward, for its rule looks at full hours. Waits for `gate`."""
    now, primary, hour = datetime.now(UTC), ground.pair.primary, timedelta(hours=1)
    begin = datetime.fromtimestamp(now.timestamp() // _BUCKET * _BUCKET + _BUCKET, UTC)
    for _ in shop.usual_weeks(primary, begin, AN_HOUR):
        pass
    shop.hour(primary, begin, AN_HOUR, -2 * hour, timedelta())
    watched, outcome = settings.hours(ground), Outcome(RATE)
    with closing(Sidecar(ground.folder / "hours", watched, settings.RULES / "order_rate.yml", movable=True)) as sidecar:
        ready = until(lambda: sidecar.metrics().total(_POINTS, event="created") == _ALL, time.monotonic(), 150)
        assert ready, f"no baseline: {sidecar.log.read_text(errors='replace')[-2000:]}"
        gate.wait(_LONGEST)
        quiet = sidecar.street.told()
        shop.hour(primary, begin, 47, timedelta(), hour)
        sidecar.skip(begin + hour + timedelta(seconds=11) - datetime.now(UTC))
        _measure(outcome, sidecar)
        shop.hour(primary, begin, AN_HOUR, hour, 4 * hour)
        mended = time.monotonic()
        while not _over(sidecar) and sidecar.street.ahead < 3 * hour:
            sidecar.skip(timedelta(seconds=_BUCKET))
            time.sleep(0.7)
        outcome.resolved = until(lambda: _over(sidecar), mended, 30)
        return [outcome], [*quiet, *_strange(sidecar.street.told(), (RATE,), ())]


def _measure(outcome: Outcome, sidecar: Sidecar) -> None:
    began = time.monotonic()
    outcome.metric = until(lambda: RATE.seen(sidecar.metrics()), began)
    outcome.card = until(lambda: _cards(sidecar), began)
    for outcome.text in _cards(sidecar)[:1]:
        outcome.lacking = lacking(RATE.evidence, outcome.text)


def _cards(sidecar: Sidecar) -> list[str]:
    return [text for text in sidecar.street.cards("orders") if RATE.told_in(text, "orders")]


def _over(sidecar: Sidecar) -> bool:
    return any(RATE.over_in(text, "orders") for text in sidecar.street.cards("orders"))
