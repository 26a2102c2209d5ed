"""Between keys, a window is the same as a plain WHERE, whatever the gaps."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporter.shop import Shop, windows
from tests.shop.conftest import DDL, Notes, mapped

START = 1_700_000_000

gaps = st.lists(
    st.tuples(st.one_of(st.integers(1, 3), st.integers(1, 2**40)), st.integers(0, 4000), st.integers(-300, 300)),
    min_size=0,
    max_size=120,
)
spans = st.lists(st.tuples(st.integers(-5000, 200_000), st.integers(0, 50_000)), min_size=1, max_size=3)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gaps=gaps, spans=spans)
def test_a_window_between_keys_equals_a_plain_where(tmp_path, monkeypatch, gaps, spans):
    monkeypatch.setattr(windows, "_SMALL", -1)
    path = tmp_path / "shop.db"
    path.unlink(missing_ok=True)
    rows, key, at = [], 0, START
    for key_gap, time_gap, disorder in gaps:
        key, at = key + key_gap, at + time_gap
        rows.append((key, f"N{key}", "paid", "1.00", at + disorder))
    with closing(sqlite3.connect(path)) as link, link:
        link.execute(DDL.format(time="BIGINT", more="").replace("BIGINT PRIMARY", "INTEGER PRIMARY"))
        link.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", rows)
    shop = Shop.open("main", f"sqlite:///{path}", None, mapped(time={"kind": "epoch_s"}), memory=Notes())
    try:
        for since, length in spans:  # the second and third use what the first has learned
            start, end = START + since, START + since + length
            moments = (datetime.fromtimestamp(each, UTC) for each in (start, end))
            scan = shop.bounded("test", 10).window("orders", "created", *moments)
            assert [int(record["key"]) for record in scan.records] == [row[0] for row in rows if start <= row[4] < end]
    finally:
        shop.close()


def test_a_stretch_long_past_is_bounded_on_both_sides(tmp_path, monkeypatch):
    monkeypatch.setattr(windows, "_SMALL", -1)
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as link, link:
        link.execute(DDL.format(time="BIGINT", more="").replace("BIGINT PRIMARY", "INTEGER PRIMARY"))
        link.executemany(
            "INSERT INTO orders VALUES (?, ?, 'paid', 1, ?)", [(i, f"N{i}", START + i * 60) for i in range(9000)]
        )
    shop = Shop.open("main", f"sqlite:///{path}", None, mapped(time={"kind": "epoch_s"}), memory=Notes())
    run = shop.bounded("test", 10)
    since = datetime.fromtimestamp(START, UTC) + timedelta(hours=30)
    table = run.require("orders")

    first, end = run._premises.window(table, run._run, ("created", since, since + timedelta(hours=1)), {})._borders

    assert 1740 <= first <= 1790
    assert 1880 <= end <= 1920
    shop.close()
