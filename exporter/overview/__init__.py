"""What is known now, as the pages show it."""

from exporter.overview.now import status
from exporter.overview.runbooks import runbook
from exporter.overview.window import Window

__all__ = ["Window", "runbook", "status"]
