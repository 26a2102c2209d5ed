"""One run of a probe becomes a reading, whatever happens."""

from __future__ import annotations

import time
from datetime import datetime

from exporter.model import Gap, Reading, Sample
from exporter.probes import Probe
from exporter.shop import NotApplicable, Shop, ShopError

MOST_SAMPLES = 2_000
"""Samples of one reading; a probe that would export more has a label it should not have."""


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
    return Reading(name, shop.name, at, seconds, samples, gaps, error, last, shop.part, shop.coverage())


def _place(fault: BaseException) -> str:
    """Where it was raised, without its text: values of the shop may stand in it."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "an unknown place"
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
