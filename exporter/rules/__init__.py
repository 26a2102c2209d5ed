"""rules/*.yml, exactly as Prometheus reads them: samples in, findings out.

Rules over instant values only; what else a file asks for is refused when it is loaded.
"""

from exporter.rules.book import Judgement, Rulebook, RuleFaultError, read_rules
from exporter.rules.picture import Series
from exporter.rules.rule import Rule

__all__ = ["Judgement", "Rule", "RuleFaultError", "Rulebook", "Series", "read_rules"]
