"""A draft as files of SQL, one for each database: read by a person, run by the database's own client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from shlex import quote

from sqlalchemy.engine import URL

from exporter import __version__
from exporter.repair.literals import remark
from exporter.repair.nouns import Doubt, Draft, Question, Step
from exporter.repair.words import Wording

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above a plan. `places`: by our name of each database its family and its address."""

    kind: str
    probe: str
    shop: str
    at: datetime
    places: Mapping[str, tuple[str, URL]]
    limit: int | None = None


def scripts(draft: Draft, head: Head, say: Wording) -> dict[str, str]:
    """By our name of the database; those of which nothing is to be changed have none, the first has the doubts."""
    ordered = sorted(draft.steps, key=lambda step: step.since)
    steps = ordered[: head.limit] if head.limit is not None else ordered
    used = [name for name in head.places if any(step.database == name for step in steps)] or list(head.places)[:1]
    notes = [say("alone")] if len(used) > 1 else []
    if len(steps) < len(ordered):
        notes.append(say("limited", shown=len(steps), left=len(ordered) - len(steps)))
    notes += draft.notes
    found = {}
    for name in used:
        mine, family = [step for step in steps if step.database == name], head.places[name][0]
        doubts = sorted(draft.doubts, key=lambda each: each.since) if name == used[0] else []
        lines = [*_title(head, name, say), *_summary(mine, doubts, head.places[name], say), *map(remark, notes)]
        lines += [*_steps(mine, family), *_checks(mine, head, family, say), *_doubts(doubts, say)]
        found[name] = "\n".join(lines) + "\n"
    return found


def _title(head: Head, name: str, say: Wording) -> Iterator[str]:
    offset = f"{head.at.astimezone(say.zone):%z}"
    yield remark(say("title", kind=head.kind, shop=head.shop))
    yield remark(say("made", at=say.clock(head.at), offset=f"{offset[:3]}:{offset[3:]}", version=__version__))
    yield remark(say("place", place=_place(*head.places[name])))


def _summary(steps: list[Step], doubts: list[Doubt], place: tuple[str, URL], say: Wording) -> Iterator[str]:
    told = {"steps": len(steps), "rows": sum(step.rows for step in steps), "doubts": len(doubts)}
    yield remark(say("sum", **told) if steps or doubts else say("nothing"))
    if steps:
        yield "--"
        yield remark(say("run"))
        yield remark(f"    {_client(*place)}")
        yield remark(say("guard"))


def _steps(steps: list[Step], family: str) -> Iterator[str]:
    yield from _OPENING[family] if steps else ()
    for number, step in enumerate(steps, 1):
        yield ""
        yield remark(f"{number}/{len(steps)} {step.evidence}")
        yield step.sql


def _checks(steps: list[Step], head: Head, family: str, say: Wording) -> Iterator[str]:
    if not steps:
        return
    rows = sum(step.rows for step in steps)
    yield ""
    yield remark(say("check"))
    if family in _CHANGED:
        yield f"SELECT {_CHANGED[family]} AS changed_rows, {rows} AS expected_rows;"
    keys: dict[Question, list[str]] = {}
    for step in steps:
        keys.setdefault(step.question, []).append(step.key)
    yield remark(say("expected"))
    for question, listed in keys.items():
        for start in range(0, len(listed), _BATCH):
            yield f"{question.before}{', '.join(listed[start : start + _BATCH])}{question.after}"
    yield remark(say("probe", probe=head.probe))


def _doubts(doubts: list[Doubt], say: Wording) -> Iterator[str]:
    if doubts:
        yield ""
        yield remark(say("left"))
    for each in doubts:
        yield remark(f"* {each.evidence}")
        yield remark(f"    {each.why}")


def _place(family: str, url: URL) -> str:
    if family == "sqlite":
        return f"sqlite {url.database}"
    return f"{family} {url.host or ''}{f':{url.port}' if url.port else ''}/{url.database or ''}"


def _client(family: str, url: URL) -> str:
    host, database = quote(url.host or "localhost"), quote(url.database or "")
    if family == "sqlite":
        return f"sqlite3 -bail {database} < FILE.sql"
    if family == "postgresql":
        return f"psql -X -v ON_ERROR_STOP=1 -h {host} -p {url.port or 5432} -U ADMIN -d {database} -f FILE.sql"
    return f"mysql -h {host} -P {url.port or 3306} -u ADMIN -p -vv {database} < FILE.sql"


_OPENING: Mapping[str, tuple[str, ...]] = {
    "mysql": ("", "SET NAMES utf8mb4;", "SET @changed = 0;"),
    "postgresql": ("", "SET client_encoding = 'UTF8';"),
    "sqlite": ("",),
}
_CHANGED = {"mysql": "@changed", "sqlite": "total_changes()"}
"""How a client tells the rows that changed; psql says so after each statement."""
