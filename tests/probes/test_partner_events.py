"""The whole probe against real databases: what partners tell twice, and who has fallen silent."""

from datetime import timedelta

import pytest

from exporter.probes.partner_events import PartnerEvents, tell
from exporter.probes.partner_events.nouns import Partner
from tests.probes.plain import NOW, ago
from tests.probes.shipping import INDEXES, on_lite, on_maria, on_postgres, told_by

PROBE = PartnerEvents()
DUPLICATES, EVENTS, KEY = "partner_duplicate_events", "partner_events_total", "partner_key_missing"
ON = {"mariadb": on_maria, "postgres": on_postgres}
BARE = INDEXES[:2]
COMPOSITE = (*BARE, "CREATE INDEX p ON partner_event (partner, order_no, event)")


def later(**length: float):
    return NOW + timedelta(**length)


@pytest.fixture(params=["sqlite", *(pytest.param(n, marks=pytest.mark.server) for n in ON)])
def shop(request, tmp_path):
    """With an index on the order, on each kind of database."""
    name = request.param
    made = on_lite(tmp_path) if name == "sqlite" else ON[name](request.getfixturevalue(name), "partners")
    yield made
    made.close()


@pytest.fixture(params=[INDEXES, COMPOSITE, BARE], ids=["by order", "by partner and order", "without an index"])
def lite(request, tmp_path):
    """What repeats is found in three ways, and is the same."""
    made = on_lite(tmp_path, request.param)
    yield made
    made.close()


def test_a_carrier_that_says_signed_twice_is_told_with_the_order(shop):
    told_by(shop, "sf", "N0", "signed", ago(hours=9))
    shop.probe(PROBE)
    told_by(shop, "sf", "N1", "signed", ago(minutes=2))
    told_by(shop, "sf", "N2", "signed", ago(minutes=2))
    told_by(shop, "zto", "N1", "signed", ago(minutes=2))
    told_by(shop, "sf", "N1", "collected", ago(minutes=2))
    told = shop.probe(PROBE, later(seconds=30))
    assert told.values(DUPLICATES) == {("sf",): 0, ("zto",): 0}
    told_by(shop, "sf", "N1", "signed", ago(minutes=1))
    told = shop.probe(PROBE, later(seconds=60))
    assert told.values(DUPLICATES) == {("sf",): 1, ("zto",): 0}
    assert told.values(EVENTS) == {("sf",): 4, ("zto",): 1}
    (case,) = next(s for s in told.samples if s.metric is tell.DUPLICATES and s.value).evidence
    assert (case.ref, case.note) == ("N1", "signed × 2")
    assert told.value(KEY) == 1
    assert told.value("partner_events_truncated") == 0
    assert told.gaps == {}


def test_the_same_repeats_are_found_whatever_the_indexes(lite):
    lite.probe(PROBE)
    for _ in range(3):
        told_by(lite, "sf", "N1", "signed", ago(minutes=2))
    told_by(lite, "sf", "N2", "signed", ago(minutes=2))
    told = lite.probe(PROBE, later(seconds=30))
    assert told.values(DUPLICATES) == {("sf",): 2}
    told_by(lite, "sf", "N2", "signed", ago(minutes=1))
    told = lite.probe(PROBE, later(seconds=60))
    assert told.values(DUPLICATES) == {("sf",): 3}
    assert told.refs(DUPLICATES) == ["N2", "N1"]
    assert lite.probe(PROBE, later(seconds=90)).values(DUPLICATES) == {("sf",): 3}
    assert lite.probe(PROBE, later(hours=25)).values(DUPLICATES) == {("sf",): 0}


def test_the_same_event_after_the_window_is_another_one(lite):
    probe = PartnerEvents(window="1h")
    lite.probe(probe)
    told_by(lite, "sf", "N1", "signed", ago(minutes=2))
    lite.probe(probe, later(seconds=30))
    told_by(lite, "sf", "N1", "signed", later(hours=2))
    assert lite.probe(probe, later(hours=2)).values(DUPLICATES) == {("sf",): 0}


def test_only_events_that_may_come_once_are_held_against_each_other(lite):
    probe = PartnerEvents(once=["signed"])
    lite.probe(probe)
    for kind in ("scanned", "scanned", "signed", "signed"):
        told_by(lite, "sf", "N1", kind, ago(minutes=2))
    assert lite.probe(probe, later(seconds=30)).values(DUPLICATES) == {("sf",): 1}


def test_broken_and_hostile_rows_are_counted_and_harm_nobody(shop):
    shop.probe(PROBE)
    for partner, order, kind, at in (
        (None, "N1", "signed", None),
        (None, "N1", "signed", None),
        ("13812345678", None, "signed", ago(minutes=1)),
        ("sf'; DROP TABLE orders; --", "N3", None, ago(minutes=1)),
        ("x" * 60, "<script>", "a\nb", later(days=900)),
    ):
        told_by(shop, partner, order, kind, at)
    told = shop.probe(PROBE, later(seconds=30))
    assert {labels[0] for labels in told.values(EVENTS)} == {
        "unknown",
        "?",
        "sf'; DROP TABLE orders; --",
        "x" * 39 + "…",
    }
    assert told.total(DUPLICATES) == told.value(DUPLICATES, "unknown") == 1
    last = told.values("partner_last_event_timestamp_seconds")
    assert max(last.values()) <= later(seconds=30).timestamp(), "a partner cannot be heard of in the future"


def test_partners_beyond_the_first_twenty_count_together(lite):
    probe = PartnerEvents(partners=["sf"])
    lite.probe(probe)
    for number in range(40):
        told_by(lite, f"p{number:02}", "N1", "signed", ago(minutes=1))
    told = lite.probe(probe, later(seconds=30))
    assert len(told.values(EVENTS)) == 21
    assert told.value(EVENTS, "other") == 21
    assert told.value(EVENTS, "sf") == 0


@pytest.mark.server
def test_only_a_key_that_no_null_slips_through_forbids_duplicates(mariadb):
    shop = on_maria(
        mariadb, "partner_keys", (*BARE, "CREATE UNIQUE INDEX u ON partner_event (partner, order_no, event)")
    )
    assert shop.probe(PROBE).value(KEY) == 1, "its columns may be NULL"
    shop.sql([
        ("ALTER TABLE partner_event MODIFY partner VARCHAR(64) NOT NULL, MODIFY order_no VARCHAR(64) NOT NULL,"
        " MODIFY event VARCHAR(64) NOT NULL")
    ])  # fmt: skip
    shop.shop().forget()
    assert shop.probe(PROBE).value(KEY) == 0
    shop.close()


def test_the_usual_pause_is_the_longest_and_older_ones_fade():
    partner = Partner()
    for hour in range(30):
        partner = partner.told(ago(days=3) + timedelta(hours=hour))
    assert partner.usual_pause == 3600
    partner = partner.told(partner.last + timedelta(hours=10))
    assert partner.usual_pause == 36_000
    for _ in range(7 * 24):
        partner = partner.told(partner.last + timedelta(hours=1))
    assert partner.usual_pause == pytest.approx(18_000)
    assert Partner().told(NOW).usual_pause is None
    assert partner.told(ago(days=9)).last == partner.last, "what came late changes nothing"


def test_the_memory_survives_a_restart(lite):
    lite.probe(PROBE)
    for _ in range(2):
        told_by(lite, "sf", "N1", "signed", ago(minutes=2))
    before = lite.probe(PROBE, later(seconds=30))
    lite.close()
    assert lite.probe(PROBE, later(seconds=30)).samples == before.samples


def test_without_a_table_or_a_growing_key_it_is_a_gap(tmp_path):
    shop = on_lite(tmp_path, partner_events=None)
    assert set(shop.probe(PROBE).gaps) == {"partner_events"}
    shop.close()
