"""Repair plans: what a person may run to end the faults that probes found; nothing here ever changes a shop.

One file a kind of plan: it reads the cases anew, leaves the doubtful ones to a person, and writes a guarded statement
for each of the others. `script` makes the file of them.
"""

from exporter.repair.nouns import Doubt, Draft, Payment, Step
from exporter.repair.script import Head, scripts

__all__ = ["Doubt", "Draft", "Head", "Payment", "Step", "scripts"]
