"""Exports as shops answer them, and what may be said of each."""

import json
import time
from datetime import timedelta
from email.utils import formatdate

import pytest
from pydantic import ValidationError

from exporter.config import ConfigFaultError, load
from exporter.mapping import Mapping
from exporter.probes.export_cache import ExportCache, looking, verdict
from exporter.shop import ShopError
from tests.probes.plain import NOW, ago
from tests.servers.origin import CSV, Answer
from tests.shops import PlainShop, eventually, watching

PATH = "/orders/export"
SECRETS = ("tok-7", "tok-8", "tok-9", "13800000000")
JSON = {"Content-Type": "application/json"}


@pytest.fixture(autouse=True)
def quick(monkeypatch, request):
    """The second question need not wait where no clock is read."""
    if "slow" not in request.node.name:
        monkeypatch.setattr(looking, "APART", 0.01)


def probe(origin, *, path=PATH, probe=None, **more):
    return ExportCache(paths=[{"url": f"{origin.url}{path}", **more}], **(probe or {}))


def looked(plain, made, now=NOW):
    [(part, settings)] = made.parts(()).items()
    return plain.probe(settings, now, part)


def kind(told):
    [found] = [labels[1] for labels, value in told.values("export_verdict").items() if value]
    return found


def reason(told):
    [said] = told.refs("export_verdict")
    return said


def refusal(plain, made, now=NOW):
    with pytest.raises(ShopError) as error:
        looked(plain, made, now)
    assert str(error.value).startswith(PATH)
    assert not [secret for secret in (*SECRETS, "127.0.0.1") if secret in str(error.value)]
    return str(error.value)


def dated(*bodies, **headers):
    """Answers in turn, the last for ever, each with a Date of its own."""
    left = list(bodies)

    def answer(asked):
        when = formatdate(NOW.timestamp() + len(left), usegmt=True)
        return Answer(left.pop(0) if len(left) > 1 else left[0], headers={"Date": when, **headers})

    return answer


def clocked(body=CSV, **headers):
    """An answer whose Date goes on with every question."""
    ticks = iter(range(1_000))
    return lambda asked: Answer(
        body(asked) if callable(body) else body,
        headers={"Date": formatdate(NOW.timestamp() + next(ticks), usegmt=True), **headers},
    )


def slowly(pieces):
    """The last of them again and again."""
    yield from pieces[:-1]
    while True:
        time.sleep(0.1)
        yield pieces[-1]


def test_the_verdict_is_a_pure_function_of_headers():
    assert verdict({"X-Cache": "HIT"}, 200, NOW).kind == "cached"
    assert verdict({"X-Cache": "MISS"}, 200, NOW).kind == "origin"


def test_a_hit_is_cached_and_needs_no_second_question(lite, origin):
    origin.answers[PATH] = Answer(headers={"X-Cache": "HIT", "Age": "37"})
    told = looked(lite, probe(origin))
    assert told.value("export_cached", PATH) == 1
    assert told.value("export_age_seconds", PATH) >= 37
    assert told.value("export_bytes", PATH) == len(CSV)
    assert told.refs("export_cached") == ["X-Cache: HIT"]
    assert kind(told) == "cached"
    assert origin.methods(PATH) == ["GET"]


def test_a_miss_that_becomes_a_hit_is_cached(lite, origin):
    said = iter(["MISS", "HIT"])
    origin.answers[PATH] = lambda asked: Answer(headers={"X-Cache": next(said)})
    assert looked(lite, probe(origin)).value("export_cached", PATH) == 1


def test_misses_are_made_by_the_shop(lite, origin):
    origin.answers[PATH] = Answer(headers={"X-Cache": "MISS", "Cache-Control": "private, no-store"})
    told = looked(lite, probe(origin))
    assert (told.value("export_cached", PATH), told.value("export_age_seconds", PATH)) == (0, 0)
    assert kind(told) == "origin"
    assert origin.methods(PATH) == ["GET", "GET"]


def test_a_header_of_ones_own_is_read_when_it_is_named(lite, origin):
    origin.answers[PATH] = clocked(**{"X-Shop-Copy": "HIT"})
    assert kind(looked(lite, probe(origin))) == "unknown"
    lite.memory.clear()
    assert kind(looked(lite, probe(origin, cache_headers=["X-Shop-Copy"]))) == "cached"


def test_silent_answers_that_differ_were_each_made_anew(lite, origin):
    origin.answers[PATH] = dated(b"a,1\n", b"a,2\n")
    assert kind(looked(lite, probe(origin))) == "origin"


def test_a_silent_answer_with_the_same_date_twice_is_a_copy_whatever_the_clock_says(lite, origin):
    origin.answers[PATH] = Answer(headers={"Date": formatdate(NOW.timestamp() + 86_400, usegmt=True)})
    told = looked(lite, probe(origin))
    assert kind(told) == "cached"
    assert "same Date" in reason(told)


def test_a_clock_that_is_wrong_proves_nothing(lite, origin):
    origin.answers[PATH] = clocked()  # which is off by months
    assert kind(looked(lite, probe(origin))) == "unknown"


def test_when_one_more_parameter_gives_another_file_the_silent_first_is_a_copy(lite, origin):
    origin.answers[PATH] = clocked(lambda asked: CSV + b"OH2,1.00\n" if "_oh=" in asked.path else CSV)
    told = looked(lite, probe(origin, path=f"{PATH}?day=1"))
    assert kind(told) == "cached"
    assert "one more parameter" in reason(told)
    assert [asked.path.startswith(f"{PATH}?day=1") for asked in origin.asked] == [True] * 4


def test_another_file_for_one_more_parameter_alone_proves_nothing(lite, origin):
    left = [CSV, CSV, b"moved\n", b"moved\n"]
    origin.answers[PATH] = clocked(lambda asked: left.pop(0))
    told = looked(lite, probe(origin))
    assert kind(told) == "unknown"
    assert told.values("export_cached") == {}
    assert told.values("export_age_seconds") == {}
    assert "covers" in told.gaps[PATH]


def test_an_address_that_takes_no_further_parameter_is_left_alone(lite, origin):
    origin.answers[PATH] = lambda asked: Answer(status=403) if "_oh" in asked.path else clocked()(asked)
    assert looked(lite, probe(origin, compare=False)).samples
    assert "?" not in origin.asked[-1].path


def test_a_file_that_stands_still_while_its_orders_move_is_a_copy(plain, origin):
    plain.order("N1", created_at=ago(minutes=50))
    origin.answers[PATH] = clocked()
    made = probe(origin, covers="24h")
    first = looked(plain, made)
    assert (kind(first), first.value("export_frozen_seconds", PATH)) == ("unknown", 0)
    plain.order("N2", created_at=ago(minutes=1))
    assert looked(plain, made, NOW + timedelta(minutes=10)).value("export_frozen_seconds", PATH) == 0
    told = looked(plain, made, NOW + timedelta(minutes=20))
    assert told.value("export_frozen_seconds", PATH) == 600
    assert told.value("export_cached", PATH) == 1
    assert told.value("export_age_seconds", PATH) == 1200
    assert "600 s while orders changed" in reason(told)


def test_a_cache_within_the_application_is_found_although_headers_say_miss(lite, origin):
    origin.answers[PATH] = Answer(headers={"X-Cache": "MISS", "ETag": '"v1"'})
    made = probe(origin, covers="24h")
    lite.order("N1", created_at=ago(minutes=50))
    assert looked(lite, made).value("export_etag_frozen", PATH) == 0
    lite.sql(["UPDATE orders SET updated_at = '2026-03-01 11:59:59'"])
    looked(lite, made, NOW + timedelta(minutes=10))
    told = looked(lite, made, NOW + timedelta(minutes=20))
    assert (kind(told), told.value("export_etag_frozen", PATH)) == ("cached", 1)


def test_a_file_that_follows_its_orders_is_not_frozen(lite, origin):
    made = probe(origin, covers="today")
    for number in range(3):
        lite.order(f"N{number}", created_at=ago(minutes=50))
        origin.answers[PATH] = Answer(CSV * (number + 1), headers={"X-Cache": "MISS"})
        told = looked(lite, made, NOW + timedelta(minutes=10 * number))
        assert (kind(told), told.value("export_frozen_seconds", PATH)) == ("origin", 0)


def test_what_covers_no_mapped_orders_says_what_to_write(lite, origin):
    lite.mapping = Mapping.model_validate({"orders": {"table": "orders", "columns": {"number": "order_no"}}})
    with pytest.raises(ShopError, match=r"needs orders\.created in the mapping"):
        looked(lite, probe(origin, covers="today"))
    assert origin.asked == []


def test_an_etag_that_stays_while_the_file_changes_is_frozen(lite, origin):
    origin.answers[PATH] = dated(b"a,1\n", b"a,2\n", ETag='"week-old"')
    assert looked(lite, probe(origin)).value("export_etag_frozen", PATH) == 1
    lite.memory.clear()
    origin.answers[PATH] = dated(b"a,1\n", b"a,2\n", ETag='W/"weak"')
    assert looked(lite, probe(origin)).values("export_etag_frozen") == {}


def test_a_file_that_strangers_get_is_a_leak(lite, origin):
    made = probe(origin, token="tok-7", headers={"Accept": "text/csv"}, cookies={"sid": "tok-9"})
    origin.answers[PATH] = Answer(headers={"X-Cache": "HIT"})
    assert looked(lite, made).value("export_anonymous_leak", PATH) == 1
    ours, theirs = origin.asked
    assert (ours.headers["authorization"], ours.headers["cookie"]) == ("Bearer tok-7", "sid=tok-9")
    assert (ours.headers["accept"], theirs.headers["accept"]) == ("text/csv", "text/csv")
    assert "tok-" not in str(theirs)


@pytest.mark.parametrize(
    ("theirs", "leak"),
    [
        (Answer(status=401), 0),
        (Answer(b"", 302, {"Location": "/login"}), 0),
        (Answer(b'{"code":401,"msg":"x"}', headers=JSON), 0),
        (Answer(b"order_no,amount\n" * 9), 1),
        (Answer(b"o"), 0),
        (Answer(length=999), None),
    ],
)
def test_strangers_may_get_a_refusal_and_nothing_like_the_file(lite, origin, theirs, leak):
    origin.answers["/login"] = Answer(b"<!DOCTYPE html><title>Login</title>", headers={"Content-Type": "text/html"})
    own = Answer(headers={"X-Cache": "HIT"})
    origin.answers[PATH] = lambda asked: own if "authorization" in asked.headers else theirs
    found = looked(lite, probe(origin, token="tok-7")).values("export_anonymous_leak")
    assert found == ({} if leak is None else {(PATH,): leak})


def test_an_export_without_credentials_is_no_leak_and_is_not_asked_for_again(lite, origin):
    origin.answers[PATH] = Answer(headers={"X-Cache": "HIT"})
    assert looked(lite, probe(origin)).values("export_anonymous_leak") == {}
    assert len(origin.asked) == 1


HTML = {"Content-Type": "text/html; charset=utf-8"}
PAGE = "<!DOCTYPE html><html><head><title>{}</title></head><body>{}</body></html>"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(b"", length=0), "answers with nothing"),
        (Answer(PAGE.format("x", '<input type="password">').encode(), headers=HTML), "a login page"),
        (Answer(PAGE.format("用户登录", "").encode(), headers=HTML), "a login page; renew its token or cookies"),
        (Answer(b"\xef\xbb\xbf" + PAGE.format("登录", "").encode()), "a login page"),
        (Answer(PAGE.format("Admin", "<div id=app>").encode(), headers=HTML), "a web page, not with a file"),
        (Answer(b"", 302, {"Location": "/sso?token=tok-7"}), "a login page"),
        (Answer(status=401), "answers 401; renew"),
        (Answer(status=403), "answers 403"),
        (Answer(status=404), "correct its address"),
        (Answer(status=502), "answers 502; look into the shop's log"),
        (Answer(status=202, headers=JSON), "describe it under `task`"),
        (Answer(b'{"code":401,"msg":"13800000000"}', headers=JSON), "an error of its own (code 401)"),
        (Answer(b'{"success":false}', headers=JSON), "an error of its own;"),
        (Answer(length=10**6), "ends after"),
        (Answer(b"x" * 2048), "larger than 1,024 bytes"),
        (Answer(raw=[b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 1000] * 3]), "larger than 1,024 bytes"),
    ],
)
def test_what_is_no_file_is_an_error_that_says_what_to_do(lite, origin, answer, says):
    origin.answers["/sso"] = Answer(PAGE.format("统一认证", "").encode(), headers=HTML)
    origin.answers[PATH] = answer
    assert says in refusal(lite, probe(origin, path=f"{PATH}?token=tok-8", token="tok-7", max_bytes=1024))


def test_a_workbook_that_is_a_table_in_html_is_a_file(lite, origin):
    excel = {"Content-Type": "application/vnd.ms-excel", "X-Cache": "HIT"}
    origin.answers[PATH] = Answer(b"<html><body><table><tr><td>1</td></tr></table>", headers=excel)
    assert kind(looked(lite, probe(origin))) == "cached"


def test_an_export_that_drips_ends_with_its_time(lite, origin):
    origin.answers[PATH] = lambda asked: Answer(raw=slowly([b"HTTP/1.1 200 OK\r\n\r\n", b"x"]))
    assert "no whole answer within 1 s" in refusal(lite, probe(origin, timeout="1s"))


def test_the_worst_of_all_answers_on_the_way_counts(lite, origin):
    origin.answers[PATH] = Answer(b"", 302, {"Location": "/files/1", "X-Cache": "HIT"})
    origin.answers["/files/1"] = Answer(headers={"X-Cache": "MISS"})
    assert kind(looked(lite, probe(origin))) == "cached"


def test_an_export_is_not_asked_for_again_before_its_time_even_after_a_restart(lite, origin):
    origin.answers[PATH] = Answer(headers={"X-Cache": "HIT"})
    made = probe(origin, probe={"every": "10m"})
    first = looked(lite, made)
    lite.close()  # what is remembered stands in the state, not in the process
    again = looked(lite, made, NOW + timedelta(minutes=5))
    assert len(origin.asked) == 1
    assert again.values("export_verdict") == first.values("export_verdict")
    looked(lite, made, NOW + timedelta(minutes=10))
    assert len(origin.asked) == 2


def test_a_failed_export_is_not_hammered_and_keeps_its_reason(lite, origin):
    origin.answers[PATH] = Answer(status=503)
    made = probe(origin)
    assert refusal(lite, made) == refusal(lite, made, NOW + timedelta(seconds=50))
    assert len(origin.asked) == 1
    origin.answers[PATH] = Answer(headers={"X-Cache": "HIT"})
    assert kind(looked(lite, made, NOW + timedelta(seconds=61))) == "cached"


def test_a_process_that_died_while_it_asked_does_not_ask_again_at_once(lite, origin, monkeypatch):
    def dies(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(looking.Run, "findings", dies)
        with pytest.raises(KeyboardInterrupt):
            looked(lite, probe(origin))
    assert "order-health ended while it was asked" in refusal(lite, probe(origin), NOW + timedelta(seconds=5))
    assert origin.asked == []


def test_a_proof_stands_for_a_while_when_nothing_speaks_against_it(lite, origin):
    fresh = [CSV + b"OH2,1.00\n", CSV]
    origin.answers[PATH] = clocked(lambda asked: fresh[0] if "_oh=" in asked.path else CSV)
    assert kind(looked(lite, probe(origin))) == "cached"
    fresh.pop(0)  # nobody orders at night: the copy and a new file are the same
    told = looked(lite, probe(origin), NOW + timedelta(minutes=50))
    assert (kind(told), told.value("export_cached", PATH)) == ("cached", 1)
    assert told.values("export_age_seconds") == {}
    assert kind(looked(lite, probe(origin), NOW + timedelta(minutes=61))) == "unknown"


def test_a_cookie_header_may_be_pasted_as_the_browser_shows_it(lite, origin):
    origin.answers[PATH] = Answer(headers={"X-Cache": "HIT"})
    looked(lite, probe(origin, headers={"cookie": "sid=tok-9; lang=zh"}))
    ours, theirs = origin.asked
    assert ours.headers["cookie"] == "sid=tok-9; lang=zh"
    assert "cookie" not in theirs.headers


@pytest.mark.server
def test_an_export_that_hangs_delays_no_other_and_ends_as_a_card(mariadb, tmp_path, origin):
    PlainShop.build(mariadb, "exports")
    hung = [b"HTTP/1.1 200 OK\r\n\r\n", b"x"]
    origin.answers |= {"/slow": lambda asked: Answer(raw=slowly(hung)), PATH: Answer(headers={"X-Cache": "HIT"})}
    section = f"      export_cache: {{timeout: 4s, paths: ['{origin.url}/slow', '{origin.url}{PATH}']}}"
    with watching(tmp_path, mariadb.url("exports", user="oh"), probes=section) as sidecar:
        eventually(lambda: sidecar.metric(f'order_health_export_cached{{path="{PATH}",shop="main"}}') == 1)
        part = 'order_health_probe_part_success{{part="{}",probe="export_cache",shop="main"}}'
        assert sidecar.metric(part.format("/slow")) is None
        card = eventually(sidecar.texts)[0]
        assert f"导出 {PATH} 由缓存返回（main）" in card
        assert "X-Cache: HIT" in card
        eventually(lambda: sidecar.metric(part.format("/slow")) == 0)
        assert sidecar.metric(part.format(PATH)) == 1


def test_nothing_secret_is_remembered(lite, origin):
    origin.answers[PATH] = Answer(headers={"X-Cache": "HIT", "Set-Cookie": "sid=tok-9"})
    looked(lite, probe(origin, path=f"{PATH}?token=tok-8&phone=13800000000", token="tok-7", cookies={"sid": "tok-9"}))
    assert not [secret for secret in SECRETS if secret in json.dumps(list(lite.memory.values()))]


def test_head_is_asked_only_where_it_is_cheap(lite, origin):
    origin.answers[PATH] = Answer(headers={"X-Cache": "HIT"})
    told = looked(lite, probe(origin, head_is_cheap=True, token="tok-7"))
    assert origin.methods(PATH) == ["HEAD"]
    assert kind(told) == "cached"
    assert told.values("export_bytes") == {}


def background(origin, *, states=("running", "done"), numbers=("t1", "t2"), file="/files/{}.csv"):
    left, said = list(numbers), list(states)

    def submit(asked):
        number = left.pop(0) if len(left) > 1 else left[0]
        return Answer(json.dumps({"code": 0, "data": {"id": number}}).encode(), headers=JSON, status=202)

    def poll(asked):
        state = said.pop(0) if len(said) > 1 else said[0]
        number = asked.path.split("=")[1]
        return Answer(json.dumps({"data": {"state": state, "url": file.format(number)}}).encode(), headers=JSON)

    origin.answers |= {PATH: submit, "/poll": poll, "/files/t1.csv": clocked(), "/files/t2.csv": clocked()}
    task = {"id": "data.id", "poll": f"{origin.url}/poll?id={{id}}", "state": "data.state", "pause": "100ms"}
    return probe(
        origin,
        method="POST",
        body='{"day": "today"}',
        token="tok-7",
        task={**task, "done": ["done"], "failed": ["error"], "file": "data.url"},
        timeout="2s",
    )


def test_an_export_in_the_background_is_submitted_awaited_and_fetched(lite, origin):
    told = looked(lite, background(origin))
    assert kind(told) == "origin"
    asked = [(each.method, each.path) for each in origin.asked]
    assert asked[:4] == [("POST", PATH), ("GET", "/poll?id=t1"), ("GET", "/poll?id=t1"), ("GET", "/files/t1.csv")]
    assert origin.asked[0].body == b'{"day": "today"}'
    assert origin.asked[3].headers["authorization"] == "Bearer tok-7"
    assert told.value("export_bytes", PATH) == len(CSV)


def test_a_second_submission_that_gets_the_first_ones_file_is_cached(lite, origin):
    told = looked(lite, background(origin, numbers=["t1"]))
    assert (kind(told), "submission" in reason(told)) == ("cached", True)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"states": ["error"]}, "the export has failed"),
        ({"states": ["running"]}, "not done within 2 s"),
        ({"states": [None]}, "has nothing at data.state"),
        ({"numbers": [{}]}, "no task at data.id"),
        ({"file": "http://["}, "names a file at no address"),
    ],
)
def test_an_export_in_the_background_that_does_not_come_says_where_it_stopped(lite, origin, how, says):
    assert says in refusal(lite, background(origin, **how))


def test_a_task_is_asked_about_where_its_credentials_belong(origin):
    made = background(origin).paths[0].model_dump()
    task = {**made["task"], "poll": "https://elsewhere.example/poll?id={id}"}
    with pytest.raises(ValidationError, match="must not see the credentials"):
        probe(origin, token="tok-7", method="POST", task=task)


def test_a_background_task_that_answers_a_file_at_once_says_so(lite, origin):
    made = background(origin)
    origin.answers[PATH] = Answer()
    assert "leave `task` out" in refusal(lite, made)


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ("ftp://shop/x", "is no address of an export"),
        ("https://u:tok-7@shop/x", "holds a password"),
        ("https://admin:tok-7/x", "is no address of an export"),
        ("https://[tok-7/x", "is no address of an export"),
        ("https://shop/a b", "is no address of an export"),
        ('{url: https://shop/x, headers: {X: "a\\nb"}}', "the value of X holds a line end"),
        ("{url: https://shop/x, headers: {Content-Length: '1'}}", "no header that can be set"),
        ("{url: https://shop/x, cookies: {sid: 'a b'}}", "copy it from the browser"),
        ("{url: https://shop/x, token: a, headers: {authorization: b}}", "keep one of both"),
        ("{url: https://shop/x, body: a}", "write method: POST"),
        ("{url: https://shop/x, method: POST, head_is_cheap: true}", "HEAD stands for a GET"),
        ("{url: https://shop/share/9f8e7d6c5b4a39281706f5e4d3c2b1a0}", "give the export a name"),
        ("{url: https://shop/x, covers: 0s}", "covers nothing"),
        ("{url: https://shop/x, tokn: a}", "did you mean 'token'"),
    ],
)
def test_a_slip_in_the_configuration_is_told_with_its_line(tmp_path, section, says):
    config = tmp_path / "config.yaml"
    lines = ["shops:", "  main:", "    database: sqlite:///x.db", "    tables: plain", "    probes:"]
    lines += ["      export_cache:", "        paths:", f"          - {section}"]
    config.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ConfigFaultError) as error:
        load(config)
    assert "config.yaml:8: shops.main.probes.export_cache.paths[0]" in str(error.value)
    assert says in str(error.value)
    assert "tok-7" not in str(error.value)


def test_two_exports_of_one_path_need_names():
    paths = [{"url": "https://shop/export?day=1"}, {"url": "https://shop/export?day=2"}]
    with pytest.raises(ValidationError, match="two exports are called /export"):
        ExportCache(paths=paths)
    parts = ExportCache(paths=[paths[0], {**paths[1], "name": "tomorrow", "every": "1h"}]).parts(())
    assert {name: part.every for name, part in parts.items()} == {"/export": 600, "tomorrow": 3600}
