"""Verdicts → samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exporter.model import Case, Gap, Metric, Sample
from exporter.probes.export_rows.findings import FINDINGS, Verdict
from exporter.probes.export_rows.nouns import Bracket, Exported

EVIDENCE = 20
"""Order numbers that a sample carries at most."""

_EXPORT = ("export",)

ROWS = Metric("order_health_export_rows", "Rows of data in the exported file.", _EXPORT)
ORDERS = Metric("order_health_export_orders", "Different order numbers in the exported file.", _EXPORT)
EXPECTED = Metric(
    "order_health_export_expected_orders",
    "Orders that the primary had of the same time when the file had come.",
    _EXPORT,
)
MISSING = Metric(
    "order_health_export_missing_rows",
    "Orders that the primary had before the export was asked for and that the file lacks.",
    _EXPORT,
)
EXTRA = Metric(
    "order_health_export_extra_rows",
    "Orders in the file beyond those that the primary has, or outside the time that was asked for.",
    _EXPORT,
)
DIFFERENCE = Metric(
    "order_health_export_amount_difference",
    "Sum of the file less the sum of the primary, in yuan (or the shop's currency); absent while orders change.",
    _EXPORT,
)
FINDING = Metric(
    "order_health_export_findings",
    "Rows or orders that show a fault of the file, by fault; of faults that only a sample can show, in that.",
    ("export", "finding"),
)
WINDOW = Metric(
    "order_health_export_window_timestamp_seconds",
    "Start of the day whose orders were last compared.",
    _EXPORT,
)
METRICS = (ROWS, ORDERS, EXPECTED, MISSING, EXTRA, DIFFERENCE, FINDING, WINDOW)

_NO_AMOUNTS = (
    "映射里没有订单金额，或文件里没有金额列：不能比较金额（amount_column） / "
    "the mapping has no amount of orders, or the file no column of amounts: sums are not compared (amount_column)"
)


def samples(
    export: str, file: Exported, bracket: Bracket, verdict: Verdict, lacking: Iterable[Case]
) -> Iterator[Sample | Gap]:
    yield ROWS(file.rows, export=export)
    yield ORDERS(file.orders, export=export)
    yield EXPECTED(bracket.after.orders, export=export)
    yield MISSING(verdict.missing, evidence=list(lacking)[:EVIDENCE] if verdict.missing else (), export=export)
    yield EXTRA(verdict.extra, export=export)
    if verdict.difference is not None:
        yield DIFFERENCE(float(verdict.difference / 100), export=export)
    elif file.amount is None or bracket.after.amount is None:
        yield Gap(f"{export}: amounts", _NO_AMOUNTS)
    for finding in FINDINGS:
        found = verdict.found.get(finding)
        cases = [Case(ref, None, note) for ref, note in found.seen] if found else []
        yield FINDING(found.count if found else 0, evidence=cases, export=export, finding=finding)
    yield WINDOW(bracket.window.since.timestamp(), export=export)
