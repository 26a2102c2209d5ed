"""Merchants' bills in a folder take the place of callbacks: read once, in full or not at all."""

from __future__ import annotations

import json
import os
from datetime import timedelta

import pytest
from pydantic import ValidationError

from exporter.mapping import load
from exporter.probes.pending_paid import PendingPaid
from exporter.shop import ShopError
from tests.bills.files import alipay_bill, alipay_line, wechat_bill, wechat_line
from tests.probes.plain import NOW, ago

ORDERS, REFUSED, NEWEST = "pending_paid_orders", "bill_files_refused", "bill_newest_timestamp_seconds"
YESTERDAY = "2026-02-28 10:00:00"  # in Beijing; NOW is noon of the day after


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "bills").mkdir()
    return tmp_path / "bills"


@pytest.fixture
def probe(folder):
    return PendingPaid(bills={"folder": str(folder)}, window="3h")


@pytest.fixture
def lite(lite):
    """A shop that keeps no callbacks."""
    plain = load("plain")
    lite.mapping = plain.model_copy(update={"callbacks": None})
    return lite


def lay(folder, name, data, at=None):
    (folder / name).write_bytes(data)
    moment = (at or ago(minutes=5)).timestamp()
    os.utime(folder / name, (moment, moment))


def line(number, yuan="128.00", **more):
    return wechat_line(f"T-{number}", yuan, at=YESTERDAY, **more)


def test_a_payment_in_the_bill_whose_order_is_pending_is_told(lite, probe, folder):
    for number, status in (("N1", "pending"), ("N2", "paid"), ("N3", "closed")):
        lite.order(number, status, created_at=ago(days=1, hours=3))
    lay(
        folder,
        "a.csv",
        wechat_bill(*(line(f"N{n}") for n in (1, 2, 3, 4)), wechat_line("T-N2", "1.00", at=YESTERDAY, state="REVOKED")),
    )
    told = lite.probe(probe)
    assert told.refs(ORDERS) == ["N1"]
    assert told.anomalies() == {"retry_exhausted": 1, "paid_after_close": 1, "orphan_callback": 1}
    assert told.value(REFUSED) == 0
    assert told.value(NEWEST) == ago(hours=26).timestamp()
    assert {"callback_storm", "paid_without_callback"} <= set(told.gaps)
    assert not {"pending_paid", "amount_mismatch"} & set(told.gaps)


def test_a_file_is_read_once_and_its_cases_stay_until_they_are_repaired(lite, probe, folder, monkeypatch):
    lite.order("N1", created_at=ago(days=1, hours=3))
    lay(folder, "a.csv", wechat_bill(line("N1")))
    assert lite.probe(probe).refs(ORDERS) == ["N1"]
    monkeypatch.setattr("exporter.probes.pending_paid.folder.entries", None)  # asking it again would fail
    lite.close()
    assert lite.probe(probe, NOW + timedelta(minutes=1)).refs(ORDERS) == ["N1"]
    lite.sql(["UPDATE orders SET status = 'paid'"])
    assert lite.probe(probe, NOW + timedelta(minutes=2)).total(ORDERS) == 0


def test_a_broken_file_is_named_with_its_line_left_in_place_and_hinders_no_other(lite, probe, folder):
    lite.order("N1", created_at=ago(days=1, hours=3))
    lay(folder, "a.csv", wechat_bill(line("N9"), line("N1"), count=3))
    lay(folder, "b.csv", alipay_bill(alipay_line("T-N1", "128.00", at=YESTERDAY), paid=("1", "128.00")))
    told = lite.probe(probe)
    assert told.refs(ORDERS) == ["N1"]
    assert told.value(REFUSED) == 1
    assert told.refs(REFUSED) == ["a.csv"]
    [case] = [case for s in told.samples if s.metric.name.endswith("refused") for case in s.evidence]
    assert case.note.startswith("a.csv:5: the bill says 总交易单数 3")
    assert sorted(path.name for path in folder.iterdir()) == ["a.csv", "b.csv"]
    lay(folder, "a.csv", wechat_bill(line("N1")), ago(minutes=1))
    assert lite.probe(probe).value(REFUSED) == 0


def test_what_went_back_to_the_customer_is_no_case_and_ends_one(lite, probe, folder):
    for number in ("N1", "N2"):
        lite.order(number, created_at=ago(days=1, hours=3))
    lay(folder, "a.csv", wechat_bill(line("N1"), line("N1", refund="R1"), line("N2"), back="128.00"))
    assert lite.probe(probe).refs(ORDERS) == ["N2"]
    lay(folder, "b.csv", wechat_bill(line("N2", refund="R2"), back="128.00"))
    assert lite.probe(probe).total(ORDERS) == 0


def test_a_long_bill_is_told_over_several_runs_and_says_so(lite, probe, folder, monkeypatch):
    monkeypatch.setattr("exporter.probes.pending_paid.folder.SLICE", 2)
    for number in range(5):
        lite.order(f"N{number}", created_at=ago(days=1, hours=3))
    lay(folder, "a.csv", wechat_bill(*(line(f"N{number}") for number in range(5))))
    found = [lite.probe(probe, NOW + timedelta(minutes=n)) for n in range(3)]
    assert [told.total(ORDERS) for told in found] == [2, 4, 5]
    assert [told.value("pending_paid_truncated") for told in found] == [1, 1, 0]


def test_a_log_of_callbacks_waits_for_its_grace_and_files_on_their_way_are_not_touched(lite, probe, folder):
    lite.order("N1")
    record = {"timestamp": int(ago(seconds=60).timestamp()), "out_trade_no": "T-N1", "total_fee": 12800}
    lay(folder, "log.jsonl", json.dumps(record).encode())
    lay(folder, "half.csv.part", b"x")
    lay(folder, "new.csv", b"x", ago(seconds=1))
    told = lite.probe(probe)
    assert (told.total(ORDERS), told.value(REFUSED), told.value("pending_paid_truncated")) == (0, 0, 1)
    (folder / "new.csv").unlink()
    assert lite.probe(probe, NOW + timedelta(minutes=2)).refs(ORDERS) == ["N1"]


def test_a_folder_that_is_not_there_is_no_zero(lite, tmp_path):
    with pytest.raises(ShopError, match=r"bills: folder: .*gone"):
        lite.probe(PendingPaid(bills={"folder": str(tmp_path / "gone")}))
    with pytest.raises(ValidationError, match="write the whole path"):
        PendingPaid(bills={"folder": "bills"})


def test_a_certificate_that_is_none_is_told(lite, folder, tmp_path):
    (tmp_path / "x.pem").write_text("hello")
    lay(folder, "a.csv", wechat_bill(line("N1")))
    with pytest.raises(ShopError, match=r"certificate: x.pem is not a PEM file"):
        lite.probe(PendingPaid(bills={"folder": str(folder), "certificate": str(tmp_path / "x.pem")}))
