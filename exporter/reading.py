"""One run of a probe becomes a reading, whatever happens."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from exporter.model import Asked, Gap, Reading, Sample
from exporter.probes import Probe
from exporter.shop import NotApplicable, Shop, ShopError

MOST_SAMPLES = 2_000
"""Samples of one reading; a probe that would export more has a label it should not have."""

MOST_STATEMENTS = 30
LONGEST_STATEMENT = 1_000
"""Of a run this is kept in memory until the next: its slowest statements, and so many characters of each."""


def read(name: str, probe: Probe, shop: Shop, at: datetime) -> Reading:
    """One run in a bounded shop; whatever goes wrong becomes the reading's `error`, and then there are no samples."""
    began = time.monotonic()
    samples: tuple[Sample, ...] = ()
    gaps: tuple[Gap, ...] = ()
    error = None
    try:
        answers = tuple(probe.read(shop, at))
        samples = tuple(answer for answer in answers if isinstance(answer, Sample))
        gaps = tuple(answer for answer in answers if isinstance(answer, Gap))
        if len(samples) > MOST_SAMPLES:
            samples, error = (), f"{len(samples)} samples are more than the {MOST_SAMPLES} that a probe may export"
    except NotApplicable as fault:
        gaps = (Gap(name, str(fault)),)
    except ShopError as fault:
        error = str(fault)
    except Exception as fault:  # noqa: BLE001 - a fault in one probe must not stop the others
        error = f"fault in the probe itself: {type(fault).__name__} at {_place(fault)}"
    seconds = time.monotonic() - began
    last = None if error else at
    asked, statements = _slowest(shop.trace), len(shop.trace)
    return Reading(
        name, shop.name, at, seconds, samples, gaps, error, last, shop.part, shop.coverage(), asked, statements
    )


def following(before: Reading | None, reading: Reading) -> Reading:
    """With what only the run before knew: the last answer, and the plans of statements that were asked for then."""
    if before is None:
        return reading
    plans = {each.sql: each.plan for each in before.asked if each.plan}
    asked = tuple(replace(each, plan=each.plan or plans.get(each.sql, ())) for each in reading.asked)
    last = before.last_success if reading.error is not None else reading.last_success
    return replace(reading, last_success=last, asked=asked)


def _slowest(trace: Sequence[Asked]) -> tuple[Asked, ...]:
    """In the order in which they were sent."""
    least = sorted((each.seconds for each in trace), reverse=True)[:MOST_STATEMENTS][-1:] or [0.0]
    slow = [each for each in trace if each.seconds >= least[0]][:MOST_STATEMENTS]
    return tuple(
        replace(each, sql=f"{each.sql[:LONGEST_STATEMENT]}…") if len(each.sql) > LONGEST_STATEMENT else each
        for each in slow
    )


def _place(fault: BaseException) -> str:
    """Where it was raised, without its text: values of the shop may stand in it."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
