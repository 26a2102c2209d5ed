"""The exported file against the primary: what is missing, too many, or for another amount, and why."""

import pytest
from pydantic import ValidationError

from exporter.probes.export_rows import ExportRows
from exporter.shop import ShopError
from tests.probes.export_rows.exports import HEAD, MIDNIGHT, NAME, PATH, Day, at, figures, findings, row, written
from tests.probes.plain import NOW, ago, on_sqlite
from tests.servers.origin import Answer


@pytest.fixture
def day(lite, origin):
    return Day(lite, origin)


def test_a_true_file_has_no_finding(day):
    day.orders(30).export(day.rows)
    told = day.look()
    assert figures(told) == (0, 0)
    assert told.value("export_rows", NAME) == told.value("export_expected_orders", NAME) == 30
    assert told.value("export_amount_difference", NAME) == 0
    assert findings(told) == {}
    assert told.gaps == {}
    assert told.value("export_window_timestamp_seconds", NAME) == MIDNIGHT.timestamp()


def test_orders_of_other_days_do_not_count(day):
    day.orders(5)
    true = list(day.rows)
    day.order("BEFORE", at(-0.001))
    day.order("AFTER", at(24))
    day.export(true)
    assert figures(day.look()) == (0, 0)


def test_a_missing_order_is_named(day):
    day.orders(30).export([each for each in day.rows if each[0] != "OH00017"])
    told = day.look()
    assert figures(told) == (1, 0)
    assert told.refs("export_missing_rows") == ["OH00017"]
    [sample] = [each for each in told.samples if each.metric.name.endswith("missing_rows")]
    assert (sample.evidence[0].since, sample.evidence[0].note) == (at(24 * 17 / 30), "¥27.50")
    assert told.value("export_amount_difference", NAME) == -27.5


def test_without_times_in_the_file_the_last_hours_are_looked_through(day):
    day.orders(30).export(written([each[:2] for each in day.rows[:-1]], HEAD[:2]))
    told = day.look()
    assert told.refs("export_missing_rows") == ["OH00029"]


def test_an_order_that_was_created_meanwhile_is_no_fault(day):
    """Today goes on: with the first count and with the second one a file is true, and with all between."""
    day.orders(5, since=at(24), hours=1)

    def slow(asked):
        day.order("NEW1", at(30))
        body = written(day.rows)
        day.order("NEW2", at(30))
        return Answer(body)

    day.origin.answers[PATH] = slow
    told = day.look(covers="today")
    assert figures(told) == (0, 0)
    assert told.value("export_expected_orders", NAME) == 7
    assert (NAME,) not in told.values("export_amount_difference")
    assert findings(told) == {}


def test_a_stale_file_of_today_lacks_what_was_there_before_it_was_asked_for(day):
    day.orders(5, since=at(24), hours=1)
    day.export(day.rows[:3])
    told = day.look(covers="today")
    assert figures(told) == (2, 0)
    assert told.refs("export_missing_rows") == ["OH00003", "OH00004"]


def test_an_order_twice_is_a_finding_unless_rows_are_items(day):
    day.orders(6).export([*day.rows, day.rows[2]])
    assert findings(day.look()) == {"repeated": 1}
    assert day.look().value("export_amount_difference", NAME) == 12.5
    told = day.look(items=True)
    assert (findings(told), told.value("export_amount_difference", NAME)) == ({}, 0)


def test_items_may_bear_a_part_of_the_amount_each(day):
    day.order("OH1", at(1), "30.00")
    day.order("OH2", at(2), "5.00")
    day.export([row("OH1", "10.00", at(1)), row("OH1", "20.00", at(1)), row("OH2", "5.00", at(2))])
    told = day.look(items=True)
    assert (findings(told), told.value("export_amount_difference", NAME)) == ({}, 0)


def test_only_some_states_may_be_exported(day):
    day.orders(4)
    true = list(day.rows)
    day.order("UNPAID", at(3), status="pending")
    day.export(true)
    assert figures(day.look()) == (1, 0)
    assert figures(day.look(states=["paid", "shipped", "done"])) == (0, 0)


def test_the_day_may_be_that_of_payment(day):
    day.order("OH1", at(1))
    day.plain.sql(["UPDATE orders SET paid_at = '2026-02-27 10:00:00'"])
    day.export([])
    assert figures(day.look(by="paid")) == (0, 0)
    assert figures(day.look()) == (1, 0)


def test_a_file_that_stops_at_a_limit_was_cut(day):
    day.plain.sql(
        [
            (
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1003) INSERT INTO orders (id, order_no,"
                " out_trade_no, status, amount, created_at, updated_at) SELECT i, 'OH' || i, 'T' || i, 'paid', 1,"
                " datetime('2026-02-28 00:00:00', i || ' minutes'), '2026-02-28' FROM n"
            )
        ]
    )
    day.export([row(f"OH{place}", 1, at(place / 60)) for place in range(1, 1001)])
    told = day.look()
    assert figures(told) == (3, 0)
    assert findings(told) == {"truncated": 3}
    assert told.refs("export_findings", NAME, "truncated") == ["1,000"]
    assert sorted(told.refs("export_missing_rows")) == ["OH1001", "OH1002", "OH1003"]


def test_a_multiple_of_the_page_size_was_cut_where_orders_are_missing(day):
    day.orders(30)
    day.export(day.rows[:20])
    assert "truncated" in findings(day.look(page_size=20))
    assert "truncated" not in findings(day.look(page_size=7))
    day.export(day.rows)
    assert findings(day.look(page_size=30)) == {}


@pytest.mark.parametrize(("hours", "said"), [(8, "+8 h"), (-8, "-8 h")])
def test_a_window_eight_hours_off_is_told_as_such(day, hours, said):
    day.orders(24, since=at(-12), hours=12)
    day.orders(48)
    day.orders(36, since=at(24), hours=12)
    shifted = (f"{each:%Y-%m-%d %H:%M:%S}" for each in (at(hours), at(24 + hours)))
    first, last = shifted
    day.export([each for each in day.rows if first <= each[2] < last])
    told = day.look()
    missing, extra = figures(told)
    assert missing == 16
    assert extra > 0
    assert told.refs("export_findings", NAME, "time_zone") == [said]
    assert "boundary" not in findings(told)


def test_times_in_another_zone_are_told_though_all_orders_are_there(day):
    day.orders(12).export(
        [row(number, amount, at(2 * place - 8)) for place, (number, amount, _) in enumerate(day.rows)]
    )
    told = day.look()
    assert figures(told) == (0, 0)
    assert told.refs("export_findings", NAME, "time_zone") == ["-8 h"]
    assert findings(day.look(zone="UTC")) == {}


def test_between_takes_in_the_first_instant_of_the_next_day(day):
    day.orders(10)
    day.order("OH-24", at(24))
    day.order("OH-25", at(24.5))
    day.export(day.rows[:-1])
    told = day.look()
    assert figures(told) == (0, 1)
    assert findings(told) == {"boundary": 1}
    assert told.refs("export_findings", NAME, "boundary") == ["BETWEEN"]


def test_numbers_that_a_spreadsheet_has_damaged_are_found(day):
    day.orders(4).export([("2.02601E+16", *day.rows[0][1:]), *day.rows[1:]])
    told = day.look()
    assert findings(told) == {"numbers_damaged": 1}
    assert figures(told) == (0, 0)


def test_an_amount_in_fen_is_a_unit_and_a_constant_ratio_a_rate(day):
    day.orders(12).export([(number, f"{float(amount) * 100:.0f}", time) for number, amount, time in day.rows])
    told = day.look()
    assert findings(told) == {"amount_unit": 12}
    assert told.refs("export_findings", NAME, "amount_unit")[0] == "OH00011"
    assert findings(day.look(amount_unit="fen")) == {}
    day.export([(number, f"{float(amount) * 7.1:.2f}", time) for number, amount, time in day.rows])
    assert findings(day.look()) == {"amount_rate": 12}


def test_another_column_of_amounts_is_told_by_its_orders(day):
    day.orders(12)
    number, _, time = day.rows[3]
    day.export([*day.rows[:3], (number, "8.00", time), *day.rows[4:]])
    told = day.look()
    assert findings(told) == {"amount_column": 1}
    [sample] = [each for each in told.samples if each.labels == (NAME, "amount_column")]
    assert (sample.evidence[0].ref, sample.evidence[0].note) == ("OH00003", "8.00 / 13.50")
    assert told.value("export_amount_difference", NAME) == -5.5


def test_what_a_binary_float_leaves_is_noise_and_a_third_decimal_is_not(day):
    day.order("OH1", at(1), "0.30")
    day.order("OH2", at(2), "7.10")
    day.export([row("OH1", 0.1 + 0.2, at(1)), row("OH2", "7.10", at(2))])
    told = day.look()
    assert findings(told) == {"amount_float": 1}
    assert abs(told.value("export_amount_difference", NAME)) < 1e-9
    day.export([row("OH1", "0.305", at(1)), row("OH2", "7.1E+0", at(2))])
    found = findings(day.look())
    assert (found["amount_scale"], found["amount_scientific"]) == (1, 1)


def test_what_is_no_amount_is_counted_and_never_evaluated(day):
    day.orders(3)
    day.export(
        [(day.rows[0][0], "=SUM(B3:B4)", day.rows[0][2]), *day.rows[1:], ("=HYPERLINK(1)", "1.00", day.rows[0][2])]
    )
    told = day.look()
    assert findings(told) == {"amount_unreadable": 1, "numbers_missing": 1}
    assert not [case.ref for sample in told.samples for case in sample.evidence if case.ref.startswith("=")]


def test_orders_that_nobody_knows_are_told(day):
    day.orders(5).export([*day.rows, row("GHOST-1", "1.00", at(3))])
    told = day.look()
    assert figures(told) == (0, 1)
    assert told.refs("export_findings", NAME, "unknown_orders") == ["GHOST-1"]


def test_without_amounts_sums_are_a_gap(day):
    day.orders(3).export(written([each[::2] for each in day.rows], HEAD[::2]))
    told = day.look()
    assert list(told.gaps) == [f"{NAME}: amounts"]
    assert told.values("export_amount_difference") == {}


# --- asking


def test_the_address_names_the_day(day):
    day.orders(2).export(day.rows)
    day.origin.answers["/e"] = day.origin.answers[PATH]
    address = f"{day.origin.url}/e?a={{from}}&b={{to:%Y%m%d}}&c={{last:%d/%m}}&d={{from:ms}}&e={{to:s}}"
    assert figures(day.look(url=address)) == (0, 0)
    start = int(MIDNIGHT.timestamp())
    assert day.origin.asked[-1].path == (
        f"/e?a=2026-02-28%2000%3A00%3A00&b=20260301&c=28%2F02&d={start * 1000}&e={start + 86400}"
    )


def test_the_body_names_the_day_and_may_be_json(day):
    day.export([])
    day.look(method="POST", body='{"from": "{from:%Y-%m-%d}", "page": {"size": 1000}}')
    assert day.origin.asked[-1].body == b'{"from": "2026-02-28", "page": {"size": 1000}}'


def test_a_day_is_over_some_minutes_after_midnight(day):
    day.export([])
    address = f"{day.origin.url}{PATH}?d={{from:%d}}"
    for minutes, expected in ((9, "27"), (11, "28")):
        day.look(at(24 + minutes / 60), url=address)
        assert day.origin.asked[-1].path.endswith(f"d={expected}")


def test_the_shop_is_not_asked_again_before_its_time_not_even_after_a_restart(day):
    day.orders(3).export(day.rows[:-1])
    first = day.look()
    again = day.again(ago(minutes=-20))
    assert again.told == first.told
    assert day.origin.methods(PATH) == ["GET"]
    day.again(ago(minutes=-61))
    assert day.origin.methods(PATH) == ["GET", "GET"]


def test_a_failure_is_told_again_for_a_minute_and_then_tried_again(day):
    day.origin.answers[PATH] = Answer(b"", 500)
    with pytest.raises(ShopError, match="answers 500"):
        day.look()
    day.export([])
    with pytest.raises(ShopError, match="answers 500"):
        day.again(ago(seconds=-30))
    assert figures(day.again(ago(seconds=-70))) == (0, 0)


def test_a_large_table_without_a_way_to_the_time_is_refused(tmp_path, origin):
    shop = on_sqlite(tmp_path)
    shop.large = 3
    day = Day(shop, origin)
    day.orders(20).export(day.rows)
    with pytest.raises(ShopError, match="reads the whole table"):
        day.look()
    assert origin.asked == []
    shop.close()


def test_settings_say_what_is_wrong():
    def made(**settings):
        return ExportRows(exports=[{"url": "https://a.example/e", "name": NAME, **settings}])

    for settings, said in (
        ({"url": "https://a.example/e?d={day}"}, r"\{day\} is none of"),
        ({"zone": "Mars"}, "is no time zone"),
        ({"covers": "monday"}, "yesterday"),
        ({"every": "5s"}, "60"),
    ):
        with pytest.raises(ValidationError, match=said):
            made(**settings)
    with pytest.raises(ValidationError, match="two exports are called"):
        ExportRows(exports=["https://a.example/e?a=1", "https://a.example/e?a=2"])


def test_every_known_finding_starts_at_zero(day):
    day.export([])
    assert set(day.look().values("export_findings").values()) == {0.0}
    assert NOW > MIDNIGHT
