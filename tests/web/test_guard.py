"""Who may ask: bcrypt users, each proved once."""

import base64
import time
from concurrent.futures import ThreadPoolExecutor

import bcrypt
import pytest

from exporter.web.access import Access
from exporter.web.guard import Rate

RIGHT = b"s3cret"
HASHED = bcrypt.hashpw(RIGHT, bcrypt.gensalt(10))


def access(users=None, rate=None):
    return Access({"prometheus": HASHED} if users is None else users, {}, None, frozenset(), rate)


def basic(name, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


@pytest.fixture
def counted(monkeypatch):
    """How often bcrypt ran."""
    runs = []
    real = bcrypt.checkpw

    def check(password, hashed):
        runs.append(hashed)
        return real(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", check)
    return runs


def test_only_the_right_password_opens_every_page(serve, ask):
    server = serve(access=access())
    for path in ("/metrics", "/-/healthy", "/"):
        assert ask(server, path).status == 401
        assert ask(server, path, headers=basic("prometheus", "wrong")).status == 401
        assert ask(server, path, headers=basic("nobody", "s3cret")).status == 401
        assert ask(server, path, headers=basic("prometheus", "s3cret")).status == 200
    assert ask(server).headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no-colon").decode(),
        "Basic /////w==",
        "Bearer s3cret",
        "",
        "Basic Og==",
    ],
)
def test_a_header_that_cannot_be_read_is_401(serve, ask, header):
    assert ask(serve(access=access()), headers={"Authorization": header}).status == 401


def test_the_hashes_of_htpasswd_are_understood(serve, ask):
    php = HASHED.replace(b"$2b$", b"$2y$")
    assert ask(serve(access=access({"a": php})), headers=basic("a", "s3cret")).status == 200


def test_passwords_with_colons_and_beyond_bcrypts_72_bytes_work(serve, ask):
    long = "pass:word" * 20
    hashed = bcrypt.hashpw(long.encode()[:72], bcrypt.gensalt(4))
    assert ask(serve(access=access({"a": hashed})), headers=basic("a", long)).status == 200


def test_bcrypt_runs_once_for_a_scraper_and_not_once_per_scrape(serve, ask, counted):
    server = serve(access=access())
    for _ in range(5):
        assert ask(server, headers=basic("prometheus", "s3cret")).status == 200
    assert len(counted) == 1
    assert ask(server, headers=basic("prometheus", "wrong")).status == 401
    assert ask(server, headers=basic("prometheus", "s3cret")).status == 200
    assert len(counted) == 2


def test_an_unknown_user_costs_a_bcrypt_run_of_the_same_strength(serve, ask, counted):
    assert ask(serve(access=access()), headers=basic("nobody", "s3cret")).status == 401
    assert counted == [HASHED]


def test_who_guesses_passwords_does_not_delay_the_scraper(serve, ask):
    slow = access({"prometheus": bcrypt.hashpw(RIGHT, bcrypt.gensalt(12))})
    server = serve(access=slow)
    assert ask(server, headers=basic("prometheus", "s3cret")).status == 200
    with ThreadPoolExecutor(30) as guessers:
        guesses = [guessers.submit(ask, server, headers=basic("prometheus", f"guess{n}")) for n in range(30)]
        time.sleep(0.1)
        before = time.monotonic()
        assert ask(server, headers=basic("prometheus", "s3cret")).status == 200
        assert time.monotonic() - before < 1
        statuses = {each.result().status for each in guesses}
    assert statuses == {401, 503}  # no more wait for bcrypt than the queue holds


def test_a_user_who_is_removed_by_a_reload_is_out_at_once(serve, ask):
    server = serve(access=access())
    assert ask(server, headers=basic("prometheus", "s3cret")).status == 200
    server.replace(access({"other": HASHED}))
    assert ask(server, headers=basic("prometheus", "s3cret")).status == 401
    assert ask(server, headers=basic("other", "s3cret")).status == 200


def test_the_rate_limit_answers_429_when_its_burst_is_spent(serve, ask):
    server = serve(access=access({}, Rate(3600, 2)))
    assert [ask(server).status for _ in range(3)] == [200, 200, 429]


def test_secrets_are_not_in_what_an_access_looks_like_in_a_log():
    assert HASHED.decode() not in repr(access())
