"""Readings go in, a page that Prometheus accepts comes out."""

import gzip
import math
import shutil
import subprocess
import weakref
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families as text_families

from exporter.metrics import Exposition
from exporter.metrics.page import wanted_format
from exporter.metrics.text import number
from exporter.model import Case, Coverage, Gap, Metric, Name, Reading, Sample

AT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
ORDERS = Metric("order_health_pending_paid_orders", "Orders that are paid and still pending.", ("pay_channel",))
EVENTS = Metric("order_health_events_total", "Things that happened.", kind="counter")
BYTES = Metric("order_health_message_bytes", "Sizes of messages.", ("topic",), "histogram", bounds=(10, 50, 1048576))
OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"


def reading(*samples, probe="pending_paid", shop="main", **more):
    return Reading(probe, shop, AT, 0.25, samples, **more)


def text(exposition, accept=None):
    return exposition.page(accept)[0].decode()


def parsed(exposition, accept=None):
    families = openmetrics_families if accept else text_families
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families(text(exposition, accept))
        for sample in family.samples
    }


def test_a_reading_stands_on_the_page_with_what_its_probe_says_of_itself():
    page = Exposition("1.2.3")
    page.put(reading(ORDERS(89, pay_channel="wechat")), {"pending": 0.5})
    lines = text(page).splitlines()
    assert 'order_health_pending_paid_orders{pay_channel="wechat",shop="main"} 89' in lines
    assert 'order_health_probe_success{probe="pending_paid",shop="main"} 1' in lines
    assert 'order_health_probe_duration_seconds{probe="pending_paid",shop="main"} 0.25' in lines
    assert 'order_health_probe_last_success_timestamp_seconds{probe="pending_paid",shop="main"} 1.772334e+09' in lines
    assert 'order_health_limit{limit="pending",probe="pending_paid",shop="main"} 0.5' in lines
    assert 'order_health_build_info{version="1.2.3"} 1' in lines
    assert any(line.startswith("process_resident_memory_bytes ") for line in lines)


def test_a_line_keeps_its_words_while_its_value_changes():
    page, labels = Exposition(), ["a b", 'quo"ted', "back\\slash", "two\nlines", "汉字", "nul\0", "\ud800"]
    for value in (1, 2e9):
        page.put(
            reading(*(ORDERS(value, pay_channel=each) for each in labels), *BYTES.observed([1, 2, 0], 3, 9, topic="t"))
        )
        found = text(page)
        fresh = Exposition()
        fresh.put(
            reading(*(ORDERS(value, pay_channel=each) for each in labels), *BYTES.observed([1, 2, 0], 3, 9, topic="t"))
        )
        lines = [line for line in found.splitlines() if line.startswith("order_health_") and "build" not in line]
        assert set(lines) <= set(text(fresh).splitlines())
        assert len(lines) == len(set(lines)) > len(labels) + 6


def test_what_was_on_the_last_page_is_not_kept_until_the_next_scrape():
    page, label = Exposition(), Text("wechat")
    page.put(reading(Sample(ORDERS, 1.0, (label,))))
    assert text(page)
    gone = weakref.ref(label)
    del label
    page.put(reading(ORDERS(2, pay_channel="alipay")))
    assert gone() is None


class Text(str):
    __slots__ = ("__weakref__",)


def test_how_far_shards_are_read_stands_on_the_page_whatever_became_of_the_run():
    page = Exposition()
    for error in (None, "down"):
        page.put(reading(coverage=(Coverage("orders", 64, 62, 1),), error=error))
        lines = text(page).splitlines()
        for name, value in (("", 64), ("_scanned", 62), ("_unread", 1)):
            assert f'order_health_shards{name}{{probe="pending_paid",shop="main",table="orders"}} {value}' in lines


def test_help_says_that_probes_run_on_a_schedule():
    page = Exposition()
    page.put(reading(ORDERS(1, pay_channel="wechat")))
    help_line = "# HELP order_health_pending_paid_orders Orders that are paid and still pending. "
    assert f"{help_line}Read on a schedule, not per scrape.\n" in text(page)


def test_a_failed_reading_takes_its_samples_away_at_once_and_keeps_the_last_success():
    page = Exposition()
    page.put(reading(ORDERS(89, pay_channel="wechat")))
    page.put(reading(error="the database is gone"))
    labels = (("probe", "pending_paid"), ("shop", "main"))
    values = parsed(page)
    assert not any(name == ORDERS.name for name, _ in values)
    assert values["order_health_probe_success", labels] == 0
    assert values["order_health_probe_last_success_timestamp_seconds", labels] == AT.timestamp()
    assert ORDERS.name not in text(page)


def test_samples_that_a_failed_reading_carries_are_not_believed():
    page = Exposition()
    page.put(reading(ORDERS(1, pay_channel="wechat"), error="cut off half way"))
    assert ORDERS.name not in text(page)


def test_there_is_no_last_success_before_the_first():
    page = Exposition()
    page.put(reading(error="the database is not there yet"))
    assert "last_success" not in text(page)
    assert 'order_health_probe_success{probe="pending_paid",shop="main"} 0' in text(page)


def test_a_restart_keeps_the_last_success_that_the_reading_brings():
    page = Exposition()
    page.put(reading(error="gone", last_success=AT))
    assert "order_health_probe_last_success_timestamp_seconds{" in text(page)


def test_a_dropped_probe_leaves_nothing():
    page = Exposition()
    page.put(reading(ORDERS(1, pay_channel="wechat")))
    page.drop(Name("main", "pending_paid"))
    assert "pending_paid" not in text(page)


def test_a_probe_in_parts_is_as_well_as_the_worst_of_them():
    page = Exposition()
    page.put(reading(ORDERS(2, pay_channel="x"), part="east", last_success=AT), {"stale": 60})
    page.put(reading(part="west", error="gone"), {"stale": 90})
    assert "order_health_pending_paid_orders{" in text(page)
    assert 'order_health_probe_success{probe="pending_paid",shop="main"} 0' in text(page)
    assert 'order_health_probe_part_success{part="east",probe="pending_paid",shop="main"} 1' in text(page)
    assert 'order_health_probe_part_success{part="west",probe="pending_paid",shop="main"} 0' in text(page)
    assert 'order_health_probe_duration_seconds{probe="pending_paid",shop="main"} 0.5' in text(page)
    assert 'order_health_limit{limit="stale",probe="pending_paid",shop="main"} 90' in text(page)
    assert "order_health_probe_last_success_timestamp_seconds{" not in text(page), "one part has never answered"


def test_what_two_parts_cannot_answer_is_told_of_each():
    page = Exposition()
    for part in ("east", "west"):
        page.put(reading(ORDERS(2, pay_channel=part), part=part, gaps=(Gap("lag", "no GTIDs"),)))
    for part in ("east", "west"):
        series = f'order_health_part_not_applicable{{check="lag",part="{part}",probe="pending_paid",shop="main"}} 1'
        assert series in text(page)


def test_the_last_part_that_is_dropped_takes_the_whole_with_it():
    page = Exposition()
    page.put(reading(part="east"))
    page.put(reading(part="west", error="gone"))
    page.drop(Name("main", "pending_paid", "west"))
    assert 'order_health_probe_success{probe="pending_paid",shop="main"} 1' in text(page)
    page.drop(Name("main", "pending_paid", "east"))
    assert 'probe="pending_paid"' not in text(page)


def test_a_label_value_that_is_gone_is_gone_from_the_page():
    page = Exposition()
    page.put(reading(ORDERS(1, pay_channel="wechat"), ORDERS(2, pay_channel="alipay")))
    page.put(reading(ORDERS(1, pay_channel="wechat")))
    assert "alipay" not in text(page)


def test_families_are_sorted_and_stand_together_across_shops():
    page = Exposition()
    for shop in ("main", "abroad"):
        page.put(reading(ORDERS(1, pay_channel="wechat"), shop=shop))
        page.put(reading(EVENTS(3), probe="zz", shop=shop))
    names = [line.split(" ")[2] for line in text(page).splitlines() if line.startswith("# TYPE")]
    assert names == sorted(set(names))
    seen = [line.split("{")[0].split(" ")[0] for line in text(page).splitlines() if not line.startswith("#")]
    assert seen == sorted(seen)


def test_what_the_sidecar_says_of_itself_is_replaced_whole():
    page = Exposition()
    reloaded = Metric("order_health_config_last_reload_successful", "Whether the last reload worked.")
    page.own([reloaded(1), ORDERS(1, pay_channel="x")])
    page.own([reloaded(0)])
    assert "\norder_health_config_last_reload_successful 0\n" in text(page)
    assert ORDERS.name not in text(page)


def test_the_first_of_two_helps_wins_and_the_family_stands_once():
    page = Exposition()
    page.put(reading(ORDERS(1, pay_channel="wechat"), shop="a"))
    page.put(reading(Metric(ORDERS.name, "Something else.", ("pay_channel",))(2, pay_channel="wechat"), shop="b"))
    assert text(page).count(f"# HELP {ORDERS.name} ") == 1
    assert "Something else" not in text(page)


def test_a_sample_given_twice_is_exported_once():
    page = Exposition()
    page.put(reading(ORDERS(1, pay_channel="wechat"), ORDERS(2, pay_channel="wechat")))
    assert text(page).count("order_health_pending_paid_orders{") == 1


def test_evidence_never_reaches_the_page_and_does_reach_the_judge():
    page = Exposition()
    page.put(reading(ORDERS(1, pay_channel="wechat", evidence=[Case("SO-4711")])))
    assert "4711" not in text(page)
    pairs = {(shop, sample.metric.name): sample for shop, sample in page.series()}
    assert pairs["main", ORDERS.name].evidence == (Case("SO-4711"),)
    assert ("main", "order_health_probe_success") in pairs
    assert ("", "order_health_build_info") in pairs


def test_openmetrics_names_a_counter_without_total_and_ends_with_eof():
    page = Exposition()
    page.put(reading(EVENTS(3)))
    body, content_type, _ = page.page(OPENMETRICS)
    assert content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert b"# TYPE order_health_events counter\n" in body
    assert b'order_health_events_total{shop="main"} 3\n' in body
    assert body.endswith(b"# EOF\n")
    assert b"# TYPE order_health_events_total counter\n" in page.page(None)[0]


def test_a_page_is_made_once_per_change_and_compressed_once_per_change():
    page = Exposition()
    page.put(reading(ORDERS(1, pay_channel="wechat")))
    plain, zipped = page.page(None)[0], page.page(None, gzip=True)[0]
    assert page.page(None)[0] is plain
    assert page.page(None, gzip=True)[0] is zipped
    assert gzip.decompress(zipped) == plain
    page.put(reading(ORDERS(2, pay_channel="wechat")))
    assert page.page(None)[0] is not plain
    assert gzip.decompress(page.page(None, gzip=True)[0]) == page.page(None)[0]


@pytest.mark.parametrize("accept", [None, OPENMETRICS], ids=["text", "openmetrics"])
@given(
    value=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    said=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    figure=st.floats(allow_nan=False),
)
def test_any_label_help_and_number_reads_back_as_it_was(accept, value, said, figure):
    metric = Metric("order_health_x", f"a {said}.", ("name",))
    page = Exposition()
    page.put(reading(metric(figure, name=value)))
    labels = (("name", value), ("shop", "main"))
    assert parsed(page, accept)["order_health_x", labels] == figure
    families = {each.name: each for each in (openmetrics_families if accept else text_families)(text(page, accept))}
    assert families["order_health_x"].documentation == f"a {said}. Read on a schedule, not per scrape."


def test_a_nul_or_half_a_character_does_not_break_the_page():
    page = Exposition()
    page.put(reading(ORDERS(1, pay_channel="a\0b\ud800c")))
    assert 'pay_channel="a\ufffdb?c"' in text(page)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1, "1"),
        (-1, "-1"),
        (0.25, "0.25"),
        (1e-5, "1e-05"),
        (999999, "999999"),
        (1_000_000, "1e+06"),
        (1_772_334_000, "1.772334e+09"),
        (-1234567.5, "-1.2345675e+06"),
        (1e21, "1e+21"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)
def test_numbers_are_written_as_go_writes_them(value, written):
    assert number(value) == written


@given(st.floats(allow_nan=False))
def test_no_digit_of_a_number_is_lost(value):
    assert float(number(value)) == value


def test_a_nan_that_slips_in_is_written_as_prometheus_writes_it():
    page = Exposition()
    page.put(reading(Sample(ORDERS, math.nan, ("wechat",))))
    assert 'order_health_pending_paid_orders{pay_channel="wechat",shop="main"} NaN\n' in text(page)


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, "text"),
        ("*/*", "text"),
        ("text/plain", "text"),
        (OPENMETRICS, "openmetrics"),
        (
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;q=0.5",
            "openmetrics",
        ),
        ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;q=0.7,text/plain;q=0.3", "text"),
        ("application/openmetrics-text;version=1.0.0;q=0.3,text/plain;version=0.0.4;q=0.5", "text"),
        ("application/openmetrics-text;q=0,*/*", "text"),
        ("application/openmetrics-text;version=0.0.1", "text"),
        ("application/openmetrics-text; version=1.0.0; escaping=allow-utf-8; q=0.6, */*; q=0.2", "openmetrics"),
        ("application/openmetrics-text;q=nonsense", "text"),
        ("application/openmetrics-text," + "x" * 2000, "text"),
    ],
)
def test_the_accept_header_chooses_the_format(accept, form):
    assert wanted_format(accept) == form


SIZES = (*BYTES.observed((4, 0, 2), 7, 13_000_000, topic="order_created"), *BYTES.observed((0, 0, 0), 0, 0, topic="x"))


@pytest.mark.parametrize("accept", [None, OPENMETRICS])
def test_buckets_of_a_histogram_add_up_to_its_count(accept):
    page = Exposition()
    page.put(reading(*SIZES))
    read = {
        (name.removeprefix("order_health_message_bytes"), dict(labels).get("le")): value
        for (name, labels), value in parsed(page, accept).items()
        if ("topic", "order_created") in labels
    }
    assert {float(le): value for (name, le), value in read.items() if name == "_bucket"} == {
        10: 4,
        50: 4,
        1048576: 6,
        math.inf: 7,
    }
    assert (read["_sum", None], read["_count", None]) == (13_000_000, 7)
    assert text(page, accept).count("# TYPE order_health_message_bytes histogram\n") == 1


def test_rules_read_the_series_of_a_histogram():
    assert [each.name.rpartition("_")[2] for each in BYTES.series] == ["bucket", "sum", "count"]
    assert ORDERS.series == (ORDERS,)
    assert {sample.metric.name for sample in SIZES} == {each.name for each in BYTES.series}


def test_promtool_finds_nothing_to_complain_about():
    if not shutil.which("promtool"):
        pytest.fail("promtool is missing; install it with: apt-get install prometheus")
    page = Exposition()
    page.put(reading(ORDERS(89, pay_channel='we"chat\\\n'), EVENTS(3), *SIZES), {"pending": 1})
    page.put(reading(error="gone", shop="abroad"))
    ran = subprocess.run(
        ["promtool", "check", "metrics"], input=page.page(None)[0], capture_output=True, timeout=30, check=False
    )
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, b"")
