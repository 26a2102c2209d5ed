import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from pydantic import SecretStr, ValidationError

from exporter.delivery import Sender
from exporter.delivery.post import NoAnswerError, Post
from exporter.model import Alert, Case, Flip
from exporter.notify.webhook import Webhook, key, signature
from exporter.state import State
from tests.groups import told
from tests.notify.cards import CRITICAL, any_card
from tests.notify.receiving import SECRET, Receiver, receiver
from tests.shops import eventually

NOW = datetime(2026, 11, 22, 18, 20, tzinfo=UTC)
HEADERS = {"Authorization": "Bearer header-canary-7"}


def a_group(number=1, summary="89 笔订单已付款仍待支付"):
    labels = {"alertname": "Paid", "severity": "critical", "shop": "main", "n": str(number)}
    alert = Alert("Paid", labels, "firing", NOW, 89.0, {"summary": summary}, (Case("A1", NOW, "¥128.00"),))
    return told(Flip(alert, NOW + timedelta(seconds=number)))


CARD = replace(CRITICAL, group=a_group())


@pytest.fixture
def program():
    with receiver() as opened:
        yield opened
    assert opened.faults == []


@pytest.fixture
def channel(program):
    return Webhook(url=program.url, secret=SECRET, headers=HEADERS)


def sent(channel, card, now=NOW):
    post = Post()
    try:
        [message] = channel.messages(card, now)
        return channel.receipt(post(message))
    finally:
        post.close()


def answered(status, headers=None):
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers or {})
    response._content = b"echo of the message"
    return Webhook(url="https://h.example/").receipt(response)


def test_the_group_arrives_in_alertmanagers_form_with_our_evidence_and_the_card(program, channel):
    assert sent(channel, CARD).accepted
    [body] = program.bodies
    assert body["alerts"][0]["labels"]["alertname"] == "Paid"
    assert body["alerts"][0]["orderHealth"]["evidence"][0]["ref"] == "A1"
    assert body["orderHealth"]["card"]["title"] == CRITICAL.title
    assert body["orderHealth"]["card"]["links"][0] == {
        "title": "处理手册",
        "url": "https://o.example/runbooks/pending_paid",
    }
    assert program.headers[0]["Authorization"] == "Bearer header-canary-7"


def test_a_netrc_does_not_take_the_place_of_our_authorization(program, channel, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login li password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert sent(channel, CARD).accepted
    assert program.headers[0]["Authorization"] == "Bearer header-canary-7"


def test_the_signature_is_over_the_time_and_the_body():
    # $ printf '1700000000.{}' | openssl dgst -sha256 -hmac 'this is secret'
    assert signature(SecretStr("this is secret"), 1_700_000_000, b"{}") == (
        "t=1700000000,v1=59d4575de220830c6f357a388a3bdec6251e14af6d39d93a869bb834eb694db9"
    )


def test_a_retry_is_signed_anew_and_keeps_its_key(program, channel):
    sent(channel, CARD)
    sent(channel, replace(CARD, title=f"(可能重复) {CARD.title}"), NOW + timedelta(hours=2))
    first, second = program.headers
    assert first["X-Order-Health-Signature"] != second["X-Order-Health-Signature"]
    assert first["Idempotency-Key"] == second["Idempotency-Key"]
    assert program.repeats == 1


def test_another_notification_has_another_key():
    keys = {key(replace(CRITICAL, group=a_group(number))) for number in range(1, 9)} | {key(CRITICAL)}
    assert len(keys) == 9
    assert key(replace(CRITICAL, facts=())) != key(CRITICAL)


def test_a_card_without_a_group_has_no_alerts(program, channel):
    assert sent(channel, replace(CRITICAL, status="info")).accepted
    [body] = program.bodies
    assert (body["alerts"], body["groupKey"], body["status"]) == ([], "", "resolved")
    assert body["orderHealth"]["card"]["status"] == "info"


def test_without_a_secret_nothing_is_signed():
    [message] = Webhook(url="https://h.example/x").messages(CARD, NOW)
    assert "X-Order-Health-Signature" not in message.headers


def test_the_short_form_keeps_the_news_and_leaves_out_the_evidence():
    channel = Webhook(url="https://h.example/x", secret=SECRET)
    [message] = channel.plain(CARD, NOW)
    body = Receiver().check(message.headers, message.data, NOW.timestamp())
    assert body["alerts"][0]["orderHealth"]["evidence"] == []
    assert message.headers["Idempotency-Key"] == key(CARD)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_a_yes(status):
    assert answered(status).accepted


@pytest.mark.parametrize(
    ("status", "headers", "outcome", "again_in"),
    [
        (429, {}, "wait", 60),
        (429, {"Retry-After": "7"}, "wait", 7),
        (429, {"Retry-After": "999999999"}, "wait", 3600),
        (429, {"Retry-After": "soon"}, "wait", 60),
        (
            503,
            {"Retry-After": "Sun, 22 Nov 2026 18:22:00 GMT", "Date": "Sun, 22 Nov 2026 18:20:00 GMT"},
            "wait",
            120,
        ),
        (503, {"Retry-After": "Sun, 22 Nov 2026 18:22:00 GMT"}, "retry", 10),
        (503, {}, "retry", 10),
        (500, {}, "retry", 10),
        (502, {"Retry-After": "30"}, "retry", 30),
        (408, {}, "retry", 10),
        (425, {}, "retry", 10),
        (413, {}, "split", 0),
        (400, {}, "permanent", None),
        (401, {}, "permanent", None),
        (404, {}, "permanent", None),
        (410, {}, "permanent", None),
        (422, {}, "permanent", None),
        (301, {"Location": "https://evil.example/"}, "permanent", None),
        (304, {}, "permanent", None),
        (199, {}, "retry", 30),
        (999, {}, "permanent", None),
    ],
)
def test_every_status_has_its_consequence(status, headers, outcome, again_in):
    found = answered(status, headers)
    assert (found.accepted, found.outcome, found.again_in) == (False, outcome, again_in)
    assert str(status) in found.detail
    assert "echo" not in found.detail


def test_a_redirect_is_not_followed(program, channel):
    program.answers.append((307, {"Location": program.url}, b""))
    assert "redirects are not followed" in sent(channel, CARD).detail
    assert len(program.bodies) == 1


def test_an_endless_answer_is_read_in_part(program, channel):
    program.answers.append((200, {}, b"x" * 10_000_000))
    assert sent(channel, CARD).accepted


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path):
    key, crt = tmp_path / "key.pem", tmp_path / "crt.pem"
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=x"
    subprocess.run(
        [*made.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", crt],
        check=True,
        capture_output=True,
    )
    with receiver(key, crt) as strange, pytest.raises(NoAnswerError, match=r"SSLCertVerificationError|certificate"):
        sent(Webhook(url=strange.url), CARD)
    assert strange.bodies == strange.faults == []


def test_secrets_stand_nowhere_but_in_the_request(channel, program):
    [message] = channel.messages(CARD, NOW)
    raised = f"Max retries exceeded with url: {program.url} {SECRET} Bearer header-canary-7"
    for text in (repr(channel), str(channel), channel.mask(raised), channel.model_dump_json()):
        assert "canary" not in text
    assert "canary" not in json.dumps([message.data.decode()])


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://url-canary-9/"},
        {"url": "https://user:url-canary-9@h.example/"},
        {"url": "https://h.example/url-canary-9 x"},
        {"url": "/url-canary-9"},
        {"url": "https://h.example/", "headers": {"X-A": "header-canary-7\r\nX-B: 1"}},
        {"url": "https://h.example/", "headers": {"X A": "header-canary-7"}},
        {"url": "https://h.example/", "headers": {"content-type": "header-canary-7"}},
        {"url": "https://h.example/", "headers": {"X-Order-Health-Signature": "header-canary-7"}},
        {"url": "https://h.example/", "headers": {"X-A": "头-header-canary-7"}},
    ],
)
def test_a_faulty_section_is_refused_without_repeating_its_secrets(wrong):
    with pytest.raises(ValidationError) as fault:
        Webhook(**wrong)
    assert "canary" not in str(fault.value)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(any_card)
def test_the_strict_receiver_takes_any_card(card):
    channel = Webhook(url="https://h.example/x", secret=SECRET)
    for told_of in (card, replace(card, group=a_group(summary=card.title))):
        for message in (*channel.messages(told_of, NOW), *channel.plain(told_of, NOW)):
            Receiver().check(message.headers, message.data, NOW.timestamp())


def test_100_groups_at_once_arrive_one_by_one_and_unmerged(program, channel, tmp_path):
    """No digest for a program: it is told of every group, at its pace, through the real outbox."""
    state = State(f"sqlite:///{tmp_path}/state.db")
    sender = Sender(
        state, {"hook": channel}, now=lambda: datetime.now(UTC), merge=lambda _: pytest.fail("a digest was made")
    )
    try:
        state.commit({}, [("hook", replace(CRITICAL, group=a_group(number))) for number in range(1, 101)], NOW)
        sender.start()
        eventually(lambda: len(program.bodies) >= 100, 60)
    finally:
        sender.stop()
        state.close()
    assert {body["alerts"][0]["labels"]["n"] for body in program.bodies} == {str(n) for n in range(1, 101)}
    assert program.repeats == 0
