"""The whole probe against real databases: real DDL between two looks, and what stands."""

from datetime import timedelta

from exporter.probes.schema_watch import SchemaWatch
from tests.probes.plain import NOW, Plain, Told

PROBE = SchemaWatch()
CHANGES, FINDINGS = "order_health_schema_changes", "order_health_schema_findings"


def told(look: Told) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """The changes that are told: table and kind → names and notes."""
    return {
        sample.labels[:2]: [(case.ref, case.note) for case in sample.evidence]
        for sample in look.samples
        if sample.metric.name == CHANGES and sample.value
    }


def found(look: Told) -> dict[tuple[str, str], list[tuple[str, str]]]:
    return {
        sample.labels: [(case.ref, case.note) for case in sample.evidence]
        for sample in look.samples
        if sample.metric.name == FINDINGS and sample.value
    }


def changed(shop: Plain, *ddl: str) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """What the second of two looks tells when these statements ran between them."""
    assert told(shop.probe(PROBE)) == {}
    shop.sql(ddl)
    return told(shop.probe(PROBE, NOW + timedelta(hours=1)))


def test_a_first_look_is_no_change_and_everything_known_starts_at_zero(plain):
    look = plain.probe(PROBE)
    values = look.values("schema_changes")
    assert len(values) == 4 * 10
    assert set(values.values()) == {0}
    assert ("orders", "mapped_column_gone", "") in values
    assert look.value("schema_findings", "orders", "redundant_index") == 0
    assert found(look).keys() <= {("database", "zone_tables_missing"), ("database", "server_zone")}
    assert told(plain.probe(PROBE)) == {}
