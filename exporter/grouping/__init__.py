"""Flips → what each group of alerts is told and when, as Alertmanager groups; pure folds, time is an argument."""

from exporter.grouping.fold import Route, known, step
from exporter.grouping.hearsay import believe, hear, over
from exporter.grouping.inhibition import Inhibition, inhibited
from exporter.grouping.settings import Given, Settings

__all__ = ["Given", "Inhibition", "Route", "Settings", "believe", "hear", "inhibited", "known", "over", "step"]
