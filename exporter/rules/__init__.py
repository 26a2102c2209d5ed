"""rules/*.yml, exactly as Prometheus reads them: samples in, findings out.

What a file asks for and is not evaluated here is refused when it is loaded.
"""

from exporter.rules.book import Judgement, Rulebook
from exporter.rules.loading import RuleFaultError, read_rules
from exporter.rules.past import UP
from exporter.rules.picture import Series
from exporter.rules.rule import Rule

__all__ = ["UP", "Judgement", "Rule", "RuleFaultError", "Rulebook", "Series", "read_rules"]
