"""Logs of callbacks, and WeChat Pay's signatures held against OpenSSL's."""

from __future__ import annotations

import base64
import json
import subprocess
from datetime import UTC, datetime

import pytest

from exporter.bills import Terms, entries, public_key
from exporter.bills.signature import verified
from exporter.sheets import SheetFaultError

AT = datetime(2026, 1, 25, tzinfo=UTC)
BODY = '{"id":"EV-1","resource":{"ciphertext":"中文"}}'


def openssl(*argv, given=b""):
    return subprocess.run(["openssl", *argv], input=given, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    home = tmp_path_factory.mktemp("key")
    openssl("genrsa", "-out", home / "key.pem", "2048")
    openssl("rsa", "-in", home / "key.pem", "-pubout", "-out", home / "public.pem")
    subject = "/CN=Tenpay.com Root CA/O=深圳"
    openssl(
        "req",
        "-new",
        "-x509",
        "-utf8",
        "-key",
        home / "key.pem",
        "-out",
        home / "cert.pem",
        "-days",
        "9",
        "-subj",
        subject,
    )
    return home


def sign(pair, timestamp="1769299200", nonce="n0nce", body=BODY):
    message = f"{timestamp}\n{nonce}\n{body}\n".encode()
    return base64.b64encode(openssl("dgst", "-sha256", "-sign", pair / "key.pem", given=message)).decode()


def read(tmp_path, text, name="callbacks.jsonl", key=None):
    path = tmp_path / name
    path.write_text(text)
    return list(entries(path, terms=Terms(key=key)))


def notice(**more):
    return json.dumps({"timestamp": "1769299200", "nonce_str": "n0nce", "sign": "x", "out_trade_no": "SO1", **more})


@pytest.mark.parametrize("file", ["cert.pem", "public.pem"])
def test_a_signature_of_openssl_is_verified_from_the_public_numbers(pair, file):
    key = public_key(pair / file)
    good = sign(pair)
    assert verified(key, "1769299200", "n0nce", BODY, good)
    assert not verified(key, "1769299201", "n0nce", BODY, good)
    assert not verified(key, "1769299200", "n0nce", BODY + " ", good)
    for bad in ("", "x", "WECHATPAY/SIGNTEST/abc", good[:-4], base64.b64encode(bytes(256)).decode()):
        assert not verified(key, "1769299200", "n0nce", BODY, bad)


def test_what_is_no_rsa_key_is_refused_with_what_to_give(pair, tmp_path):
    small = tmp_path / "small.pem"
    small.write_bytes(openssl("rsa", "-pubout", given=openssl("genrsa", "1024")))
    elliptic = tmp_path / "ec.pem"
    elliptic.write_bytes(openssl("ec", "-pubout", given=openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout")))
    other = tmp_path / "cut.pem"
    other.write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    plain = tmp_path / "plain.pem"
    plain.write_text("hello")
    for path in (small, elliptic, other, plain, pair / "key.pem"):
        with pytest.raises(ValueError, match="platform certificate"):
            public_key(path)


def test_json_lines_give_payments(tmp_path):
    lines = [
        notice(transaction_id="4200", amount={"total": 600, "currency": "CNY"}, trade_state="SUCCESS"),
        notice(
            out_trade_no="SO2",
            total_amount="6.00",
            trade_status="TRADE_SUCCESS",
            trade_no="2026",
            timestamp="2026-01-25 08:00:00",
        ),
        notice(out_trade_no="SO3", trade_state="PAYERROR"),
        "",
    ]
    first, second, third = read(tmp_path, "\n".join(lines))
    assert (first.trade_no, first.transaction, first.amount, first.at, first.channel) == (
        "SO1",
        "4200",
        600,
        AT,
        "wechat",
    )
    assert (second.transaction, second.amount, second.at, second.channel) == ("2026", 600, AT, "alipay")
    assert third.state == "failed"


def test_a_table_gives_payments(tmp_path):
    [entry] = read(tmp_path, "timestamp,nonce_str,sign,out_trade_no,total_fee\n1769299200000,n,s,SO1,600\n", "log.csv")
    assert (entry.at, entry.amount, entry.line) == (AT, 600, 2)


def test_callbacks_are_verified_when_a_key_is_given_and_one_bad_signature_refuses_the_file(pair, tmp_path):
    key = public_key(pair / "cert.pem")
    good = notice(sign=sign(pair), body=BODY)
    in_headers = json.dumps({
        "headers": {"Wechatpay-Timestamp": "1769299200", "Wechatpay-Nonce": "n0nce", "Wechatpay-Signature": sign(pair)},
        "body": BODY, "out_trade_no": "SO2",
    })  # fmt: skip
    assert len(read(tmp_path, f"{good}\n{in_headers}\n", key=key)) == 2
    with pytest.raises(SheetFaultError, match=r"callbacks.jsonl:2: the signature of this callback is wrong"):
        read(tmp_path, f"{good}\n{notice(sign=sign(pair), body=BODY.replace('EV-1', 'EV-2'))}\n", key=key)
    with pytest.raises(SheetFaultError, match="sign and body"):
        read(tmp_path, notice(sign=sign(pair)), key=key)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (notice() + "\n{broken", ":2: this line is not JSON"),
        (notice(out_trade_no=""), ":1: no out_trade_no"),
        (notice(timestamp="yesterday"), ":1: 'yesterday' is not a time"),
        (notice(total_fee="many"), ":1: 'many' is not an amount"),
        ("timestamp,out_trade_no\n1,2,3\n", ":2: 3 cells under a header of 2"),
        ("timestamp,out_trade_no\n1769299200,2.02601E+16\n", ":2: scientific"),
    ],
)
def test_a_broken_line_is_named(tmp_path, text, said):
    with pytest.raises(SheetFaultError, match=said):
        read(tmp_path, text)
