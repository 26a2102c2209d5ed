"""Every page in a real browser: wide and narrow, light and dark, zh and en; axe-core has nothing against it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.responses import Response
from starlette.routing import Route

from exporter.model import fingerprint
from exporter.web import build
from exporter.web.server import Server
from tests.servers.browser import axe, look

from .crowd import Crowd

pytestmark = [pytest.mark.server, pytest.mark.timeout(400)]
_JUDGING = Path(__file__).with_name("judging.js").read_text(encoding="utf-8")
_CACHE = Path(__file__).parents[2] / ".cache" / "axe"
_HOSTILE = "\"'><img src=x onerror=document.documentElement.lang='owned'><script>document.documentElement.lang='owned'</script>"
SIZES = ((1280, 900, False), (390, 844, True))
"""Width, height, and whether it is dark."""


class Judged:
    """The site with two more scripts on each page; its own policy lets a browser run them, for they are the site's."""

    def __init__(self, view, scripts):
        body = "".join(f"<script src='/{name}'></script>" for name in scripts)
        self._more = body.encode() + b"</body>"
        routes = [Route(f"/{name}", self._script(text)) for name, text in scripts.items()]
        self._app = build(view, routes)

    @staticmethod
    def _script(text):
        async def answer(_):
            return Response(text, media_type="text/javascript; charset=utf-8")

        return answer

    async def __call__(self, scope, receive, send):
        parts, start = [], {}

        async def kept(message):
            if message["type"] == "http.response.start":
                start.update(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            body = b"".join(parts).replace(b"</body>", self._more)
            headers = [each for each in start["headers"] if each[0] != b"content-length"]
            headers.append((b"content-length", str(len(body)).encode()))
            await send({**start, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        if scope["type"] == "http":
            scope = {**scope, "headers": [each for each in scope["headers"] if each[0] != b"accept-encoding"]}
        await self._app(scope, receive, kept)


@pytest.fixture(scope="module")
def served():
    """Starts a site over a crowd; each is there until the module's end."""
    running, scripts = [], {"axe.js": axe(_CACHE), "judging.js": _JUDGING}

    def start(view):
        server = Server(Judged(view, scripts), "127.0.0.1:0")
        server.start()
        running.append(server)
        return f"http://127.0.0.1:{server.port}"

    yield start
    for server in running:
        server.stop()


def paths(view):
    alert = fingerprint(view.alerts[0].labels)
    return ["/", "/probes/shop-004/pending_paid", f"/alerts/{alert}", "/nowhere"]


def all_judged(root, wanted):
    """Two browsers at a time: each page of (path, size, language) with what was found on it."""

    def one(each):
        path, (width, height, dark), language = each
        found = look(f"{root}{path}", width=width, height=height, language=language, dark=dark)
        return path, found.noted("judged"), found.console

    with ThreadPoolExecutor(2) as browsers:
        return list(browsers.map(one, wanted))


def test_no_page_is_hard_to_use_for_anybody(served):
    view = Crowd(12)
    wanted = [(path, SIZES[number % 2], "zh-CN" if number % 2 else "en") for number, path in enumerate(paths(view))]
    wanted += [("/", SIZES[1], "zh-CN"), ("/?shop=shop-004", SIZES[0], "en"), ("/?state=healthy", SIZES[1], "zh-CN")]
    for path, judged, console in all_judged(served(view), wanted):
        assert judged["violations"] == [], path
        assert judged["small"] == [], path
        assert judged["wide"] <= judged["width"], f"{path} scrolls sideways"
        assert [line for line in console if "404 (Not Found)" not in line] == [], path


def test_a_page_is_in_the_browsers_language_and_in_its_colours(served):
    root = served(Crowd(2))
    zh, en = (each[1] for each in all_judged(root, [("/", SIZES[1], "zh-CN"), ("/", SIZES[0], "en")]))
    assert (zh["lang"], zh["title"], zh["dark"]) == ("zh-CN", "告警卡片没有送达 · order-health", True)
    assert (en["lang"], en["title"], en["dark"]) == ("en", "Cards are not being delivered · order-health", False)


def test_hostile_text_runs_on_no_page(served):
    view = Crowd(5, hostile=_HOSTILE)
    wanted = [(path, SIZES[0], "zh-CN") for path in [*paths(view), "/?shop=shop-004"]]
    for path, judged, console in all_judged(served(view), wanted):
        assert judged["lang"] == "zh-CN", path
        assert [line for line in console if "404 (Not Found)" not in line] == [], path
