"""A running server on a free port, and the little shop of facts that it shows."""

import http.client
import ssl
import subprocess
from datetime import UTC, datetime

import pytest

from exporter.mapping import load
from exporter.metrics import Exposition
from exporter.model import Metric, Reading
from exporter.silences import Desk, Terms
from exporter.state import State
from exporter.web import build
from exporter.web.filling import Place, Runbook
from exporter.web.server import Server
from exporter.web.status import SHANGHAI, Status

AT = datetime(2026, 3, 1, 19, 12, 5, tzinfo=UTC)
ORDERS = Metric("order_health_pending_paid_orders", "Orders that are paid and still pending.", ("pay_channel",))


class Ear:
    """Hears everything, unless it is given a `fault`."""

    def __init__(self):
        self.token, self.fault, self.heard = "", None, []

    def hear(self, body):
        if self.fault:
            raise self.fault
        self.heard.append(body)


class View:
    """Stands in for `app`: what it says can be set from a test."""

    def __init__(self):
        self.active = []
        self.terms = Terms(30 * 86400.0, "zh", "https://oh.example.com", SHANGHAI)
        self.at = AT
        self.desk = Desk(State("sqlite://"), now=lambda: self.at, active=lambda: self.active, terms=lambda: self.terms)
        self.exposition = Exposition("1.2.3")
        self.exposition.put(Reading("pending_paid", "main", AT, 0.1, (ORDERS(89, pay_channel="wechat"),)))
        self.why_not_ready = None
        self.faults = []
        self.reloads = 0
        self.shown = Status(AT, "1.2.3")
        self.ear = Ear()
        self.inspections, self.dossiers = {}, {}
        self.page = self.exposition.page

    def ready(self):
        return self.why_not_ready

    def reload(self):
        self.reloads += 1
        return self.faults

    def status(self, language):
        return self.shown

    def trend(self, name):
        return None

    def inspection(self, name, language):
        return self.inspections.get(name)

    def dossier(self, fingerprint, language):
        return self.dossiers.get(fingerprint)

    def runbook(self, name, language):
        if name != "pending_paid":
            return None
        zh = "# 已付款\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) `{orders}`"
        place = Place("main", load("plain"), "mysql", frozenset({"pending_paid"}))
        return Runbook({"zh": zh, "en": "# Paid, yet pending"}[language], (place,))


@pytest.fixture
def view():
    return View()


@pytest.fixture
def serve(view):
    """Starts a server; called with what `Server` takes after the app."""
    running = []

    def start(listen="127.0.0.1:0", access=None):
        server = Server(build(view), listen, access)
        server.start()
        running.append(server)
        return server

    yield start
    for each in running:
        each.stop()


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()
        self.text = self.body.decode(errors="replace")


@pytest.fixture
def ask():
    """`ask(server, path, method, headers, body)`, over TLS where a context is given."""

    def send(server, path="/metrics", method="GET", *, headers=None, tls=None, body=None):
        kind = http.client.HTTPSConnection if tls else http.client.HTTPConnection
        connection = kind("localhost", server.port, timeout=10, **({"context": tls} if tls else {}))
        try:
            connection.request(method, path, body, headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    return send


def openssl(*words, cwd):
    try:
        subprocess.run(["openssl", *words], cwd=cwd, check=True, capture_output=True, timeout=60)
    except FileNotFoundError:
        pytest.fail("openssl is missing; install it with: apt-get install openssl")


def certificate(folder, name, names, ca="ca"):
    """`name`.crt and `name`.key, signed by `ca`, good for `names` such as `DNS:localhost`."""
    (folder / f"{name}.ext").write_text(f"subjectAltName={names}\n")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key"]
    openssl("req", *key, "-subj", f"/CN={name}", "-out", f"{name}.csr", cwd=folder)
    sign = ["-CA", f"{ca}.crt", "-CAkey", f"{ca}.key", "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext"]
    openssl("x509", "-req", "-in", f"{name}.csr", *sign, "-out", f"{name}.crt", cwd=folder)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """A folder with an authority, a server's certificate, and those of two clients."""
    folder = tmp_path_factory.mktemp("tls")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout"]
    usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]  # Python 3.13 asks for it
    for name in ("ca", "stranger"):
        made = [f"{name}.key", "-subj", f"/CN={name}", "-days", "2", "-out", f"{name}.crt"]
        openssl("req", "-x509", *usage, *key, *made, cwd=folder)
    certificate(folder, "server", "DNS:localhost,IP:127.0.0.1")
    certificate(folder, "renewed", "DNS:localhost,IP:127.0.0.1")
    certificate(folder, "prometheus", "DNS:prometheus.example.com,IP:10.0.0.9")
    certificate(folder, "somebody", "DNS:somebody.example.com")
    return folder


@pytest.fixture
def trusting(certificates):
    """A client's TLS context that trusts the authority, with a certificate of its own where one is named."""

    def context(client=None):
        made = ssl.create_default_context(cafile=certificates / "ca.crt")
        if client:
            made.load_cert_chain(certificates / f"{client}.crt", certificates / f"{client}.key")
        return made

    return context
