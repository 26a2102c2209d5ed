"""Unit tests of rules, in promtool's own format, run through the judge that watches the shops."""

from exporter.trials.running import failures
from exporter.trials.sheet import Sheet, TrialFaultError

__all__ = ["Sheet", "TrialFaultError", "failures"]
