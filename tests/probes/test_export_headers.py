"""Headers as real caches sent them, or as their makers document them, and what they prove."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.probes.export_cache.headers import WORSE, verdict

NOW = datetime(2026, 1, 26, 3, 0, tzinfo=UTC)
FRESH = {"Date": format_datetime(NOW, usegmt=True)}


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        # seen on nginx 1.22, Varnish 7.1 and Squid 5.7
        ({"X-Cache": "MISS"}, "origin"),
        ({"X-Cache": "HIT"}, "cached"),
        ({"X-Cache-Status": "EXPIRED"}, "origin"),
        ({"X-Cache-Status": "STALE"}, "stale"),
        ({"X-Cache-Status": "UPDATING"}, "stale"),
        ({"X-Cache-Status": "REVALIDATED", "ETag": '"c4ca4238"'}, "revalidated"),
        ({"X-Cache-Status": "BYPASS"}, "origin"),
        ({"ETag": '"c4ca4238"'}, "unknown"),
        ({"X-Cache": "MISS", "Cache-Control": "private, no-store"}, "origin"),
        ({"X-Varnish": "2", "Age": "0", "Via": "1.1 varnish (Varnish/7.1)"}, "origin"),
        ({"X-Varnish": "32770 3", "Age": "1", "Via": "1.1 varnish (Varnish/7.1)"}, "cached"),
        ({"X-Varnish": "32770 3", "Age": "0"}, "cached"),
        ({"X-Cache": "MISS from cache1.shop.local", "X-Cache-Lookup": "MISS from cache1.shop.local:41171"}, "origin"),
        ({"X-Cache": "HIT from cache1.shop.local", "Age": "1"}, "cached"),
        ({"X-Cache": "HIT from cache1.shop.local", "Age": "0"}, "cached"),
        ({"X-Cache": "MISS from cache1.shop.local", "X-Cache-Lookup": "HIT from cache1.shop.local:41171"}, "origin"),
        # as documented by their makers
        ({"X-Cache": "Hit from cloudfront", "Age": "35"}, "cached"),
        ({"X-Cache": "Miss from cloudfront"}, "origin"),
        ({"X-Cache": "RefreshHit from cloudfront"}, "revalidated"),
        ({"X-Cache": "RefreshHit from cloudfront", "Age": "35"}, "revalidated"),
        ({"X-Cache": "Error from cloudfront"}, "unknown"),
        ({"X-Cache": "HIT TCP_MEM_HIT dirn:-2:-2", "Age": "1080", "X-Swift-CacheTime": "1765"}, "cached"),
        ({"X-Cache": "MISS TCP_MISS dirn:-2:-2"}, "origin"),
        ({"X-Cache-Lookup": "Cache Hit"}, "cached"),
        ({"X-Cache-Lookup": "Hit From MemCache"}, "cached"),
        ({"X-Cache-Lookup": "Hit From Disktank3"}, "cached"),
        ({"X-Cache-Lookup": "Cache Miss"}, "origin"),
        ({"X-Cache-Lookup": "Hit From Upstream"}, "origin"),
        ({"EO-Cache-Status": "HIT"}, "cached"),
        ({"EO-Cache-Status": "RefreshHit"}, "revalidated"),
        ({"EO-Cache-Status": "Dynamic"}, "origin"),
        ({"CF-Cache-Status": "HIT"}, "cached"),
        ({"CF-Cache-Status": "STALE"}, "stale"),
        ({"CF-Cache-Status": "UPDATING"}, "stale"),
        ({"CF-Cache-Status": "REVALIDATED"}, "revalidated"),
        ({"CF-Cache-Status": "DYNAMIC"}, "origin"),
        ({"CF-Cache-Status": "NONE/UNKNOWN"}, "unknown"),
        ({"CF-Cache-Status": "UNKNOWN"}, "unknown"),
        ({"X-Cache": "MISS, MISS"}, "origin"),
        ({"X-Cache": "MISS, HIT"}, "cached"),
        ({"X-Cache": "TCP_MEM_HIT from a23-1.deploy (AkamaiGHost/11)"}, "cached"),
        ({"X-Cache": "TCP_MISS from a23-1.deploy"}, "origin"),
        ({"X-Cache": "TCP_REFRESH_HIT from a23-1.deploy"}, "revalidated"),
        ({"X-Cache": "TCP_REFRESH_FAIL_HIT from a23-1.deploy"}, "stale"),
        ({"Cache-Status": '"CDN, edge"; hit; ttl=545'}, "cached"),
        ({"Cache-Status": "CDN; hit; ttl=-30"}, "stale"),
        ({"Cache-Status": "edge; fwd=miss; stored"}, "origin"),
        ({"Cache-Status": "edge; fwd=bypass"}, "origin"),
        ({"Cache-Status": "edge; fwd=stale; fwd-status=304"}, "revalidated"),
        ({"Cache-Status": "edge; fwd=stale; fwd-status=503"}, "stale"),
        ({"Cache-Status": "origin-shield; hit; ttl=3, edge; fwd=miss"}, "cached"),
        ({"Cache-Status": 'edge; fwd=miss; detail="a; hit; b"'}, "origin"),
        ({"X-Cache": "HIT TCP_REFRESH_HIT dirn:11:357"}, "revalidated"),
        ({"X-Cache": "MISS TCP_REFRESH_MISS dirn:-2:-2"}, "origin"),
        ({"X-Cache": "PRIVATE_NOSTORE"}, "origin"),
        ({"X-Cache": "TCP_REMOTE_HIT"}, "cached"),
        ({"X-Cache": "N/A"}, "unknown"),
        ({"Akamai-Cache-Status": "Miss from child, Hit from parent"}, "cached"),
        ({"Akamai-Cache-Status": "NotCacheable from child"}, "origin"),
        ({"x-hcs-proxy-type": "1"}, "cached"),
        ({"x-hcs-proxy-type": "0"}, "origin"),
        ({"X-Varnish": "5, 32770 3"}, "cached"),
        ({"X-Varnish-Cache": "hit-for-pass"}, "origin"),
        ({"X-Varnish-Cache": "HITMISS"}, "origin"),
        ({"Age": "0, 37"}, "cached"),
        # whoever made it, it was not made now
        ({"Age": "37"}, "cached"),
        ({"Age": "0"}, "unknown"),
        ({"X-Cache": "MISS", "Age": "37"}, "cached"),
        ({"X-Cache": "HIT", "Age": "61", "Cache-Control": "public, max-age=60"}, "stale"),
        ({"X-Cache": "HIT", "Age": "61", "Cache-Control": "max-age=0, s-maxage=600"}, "cached"),
        ({"X-Cache": "HIT", "Warning": '110 squid "Response is stale"'}, "stale"),
    ],
)
def test_headers_prove_who_answered(headers, kind):
    told = verdict(FRESH | headers, 200, NOW)
    assert told.kind == kind, told
    assert told.reason
    assert verdict({name.upper(): value for name, value in (FRESH | headers).items()}, 304, NOW).kind == kind


def test_an_old_date_proves_a_cache_and_a_young_one_nothing():
    old = {"Date": format_datetime(NOW - timedelta(seconds=9), usegmt=True)}
    assert verdict(old, 200, NOW).kind == "cached"
    assert "9 s before the question" in verdict(old, 200, NOW).reason
    assert verdict(FRESH, 200, NOW + timedelta(seconds=2)).kind == "unknown"
    assert verdict(old | {"X-Cache": "MISS"}, 200, NOW).kind == "origin", "an export may take longer than that"


def test_what_the_answer_took_is_no_age():
    slow = {"X-Cache": "MISS", "Age": "8", "Date": format_datetime(NOW - timedelta(seconds=8), usegmt=True)}
    assert verdict(slow, 200, NOW).kind == "cached"
    assert verdict(slow, 200, NOW, took=9.0).kind == "origin"
    del slow["X-Cache"], slow["Age"]
    assert verdict(slow, 200, NOW, took=9.0).kind == "unknown"


def test_a_header_of_ones_own_choice_is_read_when_it_is_named():
    own = FRESH | {"X-Shop-Cache": "HIT"}
    assert verdict(own, 200, NOW).kind == "unknown"
    assert verdict(own, 200, NOW, ["X-Shop-Cache"]).kind == "cached"


@given(
    st.dictionaries(
        st.sampled_from(["X-Cache", "Cache-Status", "Age", "Date", "X-Varnish", "Warning", "Cache-Control", "X-Y"]),
        st.text(max_size=200),
    ),
    st.integers(100, 599),
)
def test_no_header_breaks_it_and_it_knows_five_words(headers, status):
    told = verdict(headers, status, NOW)
    assert told.kind in WORSE
    assert len(told.reason) < 400
