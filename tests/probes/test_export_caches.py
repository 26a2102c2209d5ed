"""What real caches answer, and what the probe makes of it: nginx, Varnish and Squid in front of one shop."""

import itertools
import time
from contextlib import closing
from datetime import UTC, datetime

import pytest

from exporter.download import Deadline, Request, fetch
from exporter.probes.export_cache import ExportCache, verdict
from tests.servers.nginx import nginx
from tests.servers.origin import CSV, Answer, Origin
from tests.servers.squid import squid
from tests.servers.varnish import varnish

pytestmark = pytest.mark.server
SERVERS = {"nginx": nginx, "varnish": varnish, "squid": squid}
PREFIX = {"nginx": "/told", "varnish": "/any", "squid": "/any"}


@pytest.fixture(scope="module")
def shop():
    with closing(Origin()) as origin:
        yield origin


class Cache:
    """One of the servers, with a fresh path for every question."""

    names = itertools.count()

    def __init__(self, name, url, shop):
        self.name, self.url, self.shop, self.up = name, url, shop, True

    def path(self, prefix="", control="public, max-age=60", etag="", secret=""):
        path = f"{prefix or PREFIX[self.name]}/{next(self.names)}"

        def answer(asked):
            if not self.up:
                return Answer(b"down", 503)
            if secret and secret not in asked.headers.get("authorization", ""):
                return Answer(b"", 401, {"Cache-Control": "no-store"})
            headers = {"Cache-Control": control, **({"ETag": etag} if etag else {})}
            if etag and asked.headers.get("if-none-match") == etag:
                return Answer(b"", 304, headers)
            return Answer(CSV + f"{len(self.shop.asked)}\n".encode(), headers=headers)

        self.shop.answers[path] = answer
        return path

    def asked(self, path, method="GET", **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = fetch(Request(f"{self.url}{path}", method, named), Deadline(10), 10**6)
        return verdict(answer.headers, answer.status, datetime.now(UTC), took=answer.waited).kind

    def looked(self, lite, path, **more):
        lite.memory.clear()
        made = ExportCache(paths=[{"url": f"{self.url}{path}", "name": "export", **more}])
        return lite.probe(made, datetime.now(UTC), "export")


def the(server, shop):
    with SERVERS[server](shop.port) as url:
        yield Cache(server, url, shop)


@pytest.fixture(scope="module", params=SERVERS)
def cache(request, shop):
    yield from the(request.param, shop)


@pytest.fixture(scope="module")
def quiet(shop):
    yield from the("nginx", shop)


def kinds(told):
    return [labels[1] for labels, value in told.values("export_verdict").items() if value]


def test_the_first_is_made_by_the_shop_and_the_second_is_a_copy_at_age_0(cache):
    path = cache.path()
    assert [cache.asked(path), cache.asked(path)] == ["origin", "cached"]


def test_copies_end_are_confirmed_or_outlive_their_time(cache):
    expired = cache.path(control="public, max-age=1, stale-while-revalidate=0")
    confirmed = cache.path(control="public, max-age=1, stale-while-revalidate=0", etag='"v1"')
    # nginx and Varnish keep it for a shop that is down, Squid where it is told to know better than the shop
    outlived = cache.path("/old" if cache.name == "squid" else "", control="public, max-age=1")
    for path in (expired, confirmed, outlived):
        assert cache.asked(path) == "origin"
    time.sleep(2.1)
    assert cache.asked(expired) == "origin"
    # Varnish asks whether its copy still holds and tells nobody; Squid calls a copy that was confirmed a hit
    assert cache.asked(confirmed) == {"nginx": "revalidated", "varnish": "origin", "squid": "cached"}[cache.name]
    cache.up = False
    try:
        assert cache.asked(outlived) == "stale"
    finally:
        cache.up = True


def test_what_goes_past_the_cache_is_made_by_the_shop(cache):
    path = f"{cache.path()}?nocache=1" if cache.name == "nginx" else cache.path("/pass")
    assert [cache.asked(path), cache.asked(path)] == ["origin", "origin"]


def test_what_must_not_be_stored_is_made_by_the_shop(cache):
    path = cache.path(control="private, no-store")
    assert [cache.asked(path), cache.asked(path)] == ["origin", "origin"]


def test_an_answer_to_one_person_is_given_to_everybody(cache):
    path = cache.path(secret="tok-7")
    assert cache.asked(path, Authorization="Bearer tok-7") == "origin"
    assert cache.asked(path) == "cached"


def test_the_probe_finds_the_copy_and_the_leak(cache, lite):
    told = cache.looked(lite, cache.path(secret="tok-7"), token="tok-7")
    assert told.value("export_cached", "export") == 1
    assert told.value("export_anonymous_leak", "export") == 1


def test_the_probe_finds_an_export_without_a_cache_to_be_made_by_the_shop(cache, lite):
    path = cache.path(control="private, no-store", secret="tok-7")
    told = cache.looked(lite, path, token="tok-7")
    assert (kinds(told), told.value("export_anonymous_leak", "export")) == (["origin"], 0)


def test_asking_for_a_fresh_one_by_header_helps_with_squid_only(cache):
    path = cache.path()
    cache.asked(path)
    fresh = cache.asked(path, Cache_Control="no-cache", Pragma="no-cache")
    assert fresh == ("origin" if cache.name == "squid" else "cached")


def test_head_runs_the_whole_export_and_fills_the_cache(cache):
    path = cache.path()
    cache.asked(path, "HEAD")
    if cache.name == "squid":
        assert cache.shop.methods(path) == ["HEAD"]
    else:
        assert cache.shop.methods(path) == ["GET"]
        assert cache.asked(path) == "cached"


def test_varnish_passes_credentials_by_its_own_rules(shop):
    for cache in the("varnish", shop):
        path = cache.path("/plain", secret="tok-7")
        given = {"Authorization": "Bearer tok-7"}
        assert [cache.asked(path, **given), cache.asked(path, **given)] == ["origin", "origin"]


def test_a_silent_nginx_is_found_by_what_it_does(quiet, lite):
    path = quiet.path("/silent")
    assert quiet.asked(path) == "unknown"
    told = quiet.looked(lite, path)
    assert told.value("export_cached", "export") == 1
    assert told.refs("export_cached") == ["with one more parameter it is another file"]


def test_without_a_cache_a_silent_nginx_is_the_shop(quiet, lite):
    assert kinds(quiet.looked(lite, quiet.path("/plain"))) == ["origin"]


def test_a_key_without_parameters_hides_from_the_comparison_and_is_unknown(quiet, lite):
    path = quiet.path("/noargs")
    told = quiet.looked(lite, path)
    assert kinds(told) == ["unknown"]
    assert told.values("export_cached") == {}
    assert quiet.shop.methods(path) == ["GET"]
