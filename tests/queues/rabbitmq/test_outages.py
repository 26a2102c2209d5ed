"""What goes wrong with a real RabbitMQ: every error says what to do, in time, and tells no secret."""

import re
import subprocess
import time
from pathlib import Path

import pytest

from exporter.queues import Denied, Missing, TimedOut, Unreachable
from tests.queues.rabbitmq.conftest import Customer, eventually, taps
from tests.servers import free_port, needed
from tests.servers.rabbitmq import RabbitMQ

pytestmark = pytest.mark.server


def test_a_wrong_password_is_told_without_it(rabbitmq, tapping, open_, customer):
    customer.declare("jobs")
    asked = open_(**{**tapping, "url": f"rabbitmq://hidden:hidden@127.0.0.1:{rabbitmq.web}"})
    for ask in (asked.arrivals, asked.delays):
        with pytest.raises(Denied, match="user or password is wrong") as caught:
            ask("jobs")
        assert "hidden" not in str(caught.value)


def test_the_account_of_the_documentation_may_do_all_that_is_asked_and_no_more(rabbitmq, tapping, open_, customer):
    page = (Path(__file__).parents[3] / "docs" / "queues.md").read_text(encoding="utf-8")
    (rights,) = re.findall(r"^rabbitmqctl set_permissions -p / order_health (.*)$", page, re.MULTILINE)
    (tag,) = re.findall(r"^rabbitmqctl set_user_tags order_health (\w+)$", page, re.MULTILINE)
    rabbitmq.user("order_health", "PASSWORD", tag, *re.findall(r"'([^']*)'", rights))
    jobs = customer.declare("jobs")
    asked = open_(**{**tapping, "url": f"rabbitmq://order_health:PASSWORD@127.0.0.1:{rabbitmq.web}"})
    mark = asked.arrivals(jobs).mark
    customer.send(b"{}")
    eventually(lambda: asked.arrivals(jobs, mark).arrived)
    assert asked.samples(jobs).arrived == 0
    customer.routed(jobs, 1)
    assert asked.delay(jobs).backlog == 1
    with rabbitmq.connection(account=("order_health", "PASSWORD")) as connection:
        for forbidden in (lambda channel: channel.basic_get(jobs), lambda channel: channel.queue_purge(jobs)):
            with pytest.raises(Exception, match="ACCESS_REFUSED"):
                forbidden(connection.channel())


def test_delays_need_the_tag_alone_and_a_right_that_lacks_is_named(rabbitmq, tapping, open_, customer):
    jobs = customer.declare("jobs")
    customer.routed(jobs, 0)
    rabbitmq.user("watcher", "p", "monitoring")
    asked = open_(**{**tapping, "url": f"rabbitmq://watcher:p@127.0.0.1:{rabbitmq.web}"})
    with pytest.raises(Denied, match=r"no permissions in this virtual host.*'\^\$'"):
        asked.delays(jobs)
    rabbitmq.user("watcher", "p", "monitoring", "^$", "^$", "^$")
    assert asked.delay(jobs).backlog == 0
    for rights, said in (
        (("", "^order-health", ".*"), "may not have a queue of our own"),
        (("^order-health", "^order-health", "^order-health"), "may not have a binding to the exchange orders"),
    ):
        rabbitmq.user("watcher", "p", "monitoring", *rights)
        with pytest.raises(Denied, match=f"{said}: rabbitmqctl set_permissions") as caught:
            asked.arrivals(jobs)
        assert "watcher" not in str(caught.value)
    rabbitmq.wait_until(lambda: not taps(rabbitmq))
    rabbitmq.user("watcher", "p", "")
    with pytest.raises(Denied, match="tag monitoring"):
        asked.delays(jobs)


def test_a_connection_that_the_broker_closes_is_made_anew(rabbitmq, asked, customer):
    jobs = customer.declare("jobs")
    mark = asked.arrivals(jobs).mark
    rabbitmq.wait_until(lambda: len(rabbitmq.api("GET", "connections")) >= 2)
    for each in rabbitmq.api("GET", "connections"):
        if each["client_properties"].get("product") == "order-health":
            rabbitmq.api("DELETE", "connections", each["name"])
    rabbitmq.wait_until(lambda: not taps(rabbitmq))
    assert asked.arrivals(jobs, mark).mark["tap"] != mark["tap"]


def test_a_queue_that_is_deleted_meanwhile_is_missing_and_one_made_anew_is_followed(rabbitmq, asked, customer):
    jobs = customer.declare("jobs")
    mark = asked.arrivals(jobs).mark
    customer.channel.queue_delete(jobs)
    for ask in (lambda: asked.arrivals(jobs, mark), lambda: asked.delays(jobs), lambda: asked.samples(jobs)):
        with pytest.raises(Missing, match="no queue jobs"):
            ask()
    customer.declare("jobs")
    mark = asked.arrivals(jobs, mark).mark
    customer.send(b"{}")
    eventually(lambda: asked.arrivals(jobs, mark).arrived == 1)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A broker of its own, which a test may stop, whose statistics are switched off, and that speaks TLS as well."""
    place = tmp_path_factory.mktemp("tls")
    subprocess.run([
        needed("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mq",
        "-addext", "subjectAltName=DNS:mq.example.com", "-keyout", "key.pem", "-out", "cert.pem",
    ], check=True, capture_output=True, cwd=place)  # fmt: skip
    files = [f"certfile = {place}/cert.pem", f"keyfile = {place}/key.pem"]
    broker = RabbitMQ(
        "management_agent.disable_metrics_collector = true",
        f"listeners.ssl.1 = 127.0.0.1:{(amqps := free_port())}",
        f"management.ssl.port = {(https := free_port())}",
        *(f"{kind}.{line}" for kind in ("ssl_options", "management.ssl") for line in files),
    )
    broker.secured = {"url": f"rabbitmqs://guest:guest@127.0.0.1:{https}", "amqp": f"127.0.0.1:{amqps}",
                      "tap": "32MB", "ca": str(place / "cert.pem")}  # fmt: skip
    try:
        yield broker.start()
    finally:
        broker.remove()


def opened(broker, open_):
    return open_(broker.url, amqp=f"127.0.0.1:{broker.port}", tap="32MB")


def test_both_connections_speak_tls_and_check_whom_they_speak_to(bare, open_):
    with bare.connection() as connection:
        customer = Customer(bare, connection)
        jobs = customer.declare("jobs")
        asked = open_(**bare.secured, check_host=False)
        mark = asked.arrivals(jobs).mark
        customer.send(b"x" * 600_000)
        found = eventually(lambda: (found := asked.arrivals(jobs, mark)).arrived and found)
        assert found.stored.largest == 600_000
        with pytest.raises(Unreachable, match=r"is not trusted .*check_host: false"):
            open_(**bare.secured).arrivals(jobs)
        with pytest.raises(Unreachable, match=r"is not trusted .*give its issuer as `ca`"):
            open_(**{**bare.secured, "ca": None}).delays(jobs)
        with pytest.raises(Unreachable, match="does not speak TLS there"):
            open_(**{**bare.secured, "amqp": f"127.0.0.1:{bare.port}"}, check_host=False).arrivals(jobs)
        customer.channel.queue_delete(jobs)


def test_a_broker_without_statistics_still_tells_sizes_and_what_waits(bare, open_):
    with bare.connection() as connection:
        customer = Customer(bare, connection)
        jobs, asked = customer.declare("jobs"), opened(bare, open_)
        mark = asked.arrivals(jobs).mark
        customer.send(b"{}", b"x" * 60_000)
        found = eventually(lambda: (found := asked.arrivals(jobs, mark)).arrived and found)
        assert (found.oversize, found.unseen) == (1, {})
        eventually(lambda: asked.delay(jobs).backlog == 2)
        told = asked.delay(jobs)
        assert (told.seconds, told.consumed, told.consumers) == (None, None, None)
        assert "counts no rates" in told.why


def test_a_frozen_broker_costs_no_more_than_the_deadline(rabbitmq, asked, customer):
    jobs = customer.declare("jobs")
    mark = asked.arrivals(jobs).mark
    with rabbitmq.frozen():
        begun = time.monotonic()
        for ask in (asked.arrivals, asked.delays, asked.samples):
            with pytest.raises(TimedOut):
                ask(jobs, seconds=0.3)
        assert time.monotonic() - begun < 2
    assert asked.arrivals(jobs, mark).mark["tap"] == mark["tap"]


def test_a_broker_that_is_down_is_found_again_when_it_is_back(bare, open_):
    with bare.connection() as connection:
        jobs = Customer(bare, connection).declare("jobs")
    asked = opened(bare, open_)
    mark = asked.arrivals(jobs).mark
    bare.stop()
    for ask in (asked.arrivals, asked.delays):
        with pytest.raises(Unreachable, match="no connection to the management plugin"):
            ask(jobs)
    bare.start()
    assert asked.arrivals(jobs, mark).mark["tap"] != mark["tap"]


def test_amqp_where_nobody_listens_is_told_apart_from_the_management(rabbitmq, tapping, open_, customer):
    jobs = customer.declare("jobs")
    with pytest.raises(Unreachable, match="no connection to the broker"):
        open_(**{**tapping, "amqp": f"127.0.0.1:{free_port()}"}).arrivals(jobs)


def test_a_closed_queue_says_so(asked, customer):
    jobs = customer.declare("jobs")
    asked.arrivals(jobs)
    asked.close()
    for ask in (asked.arrivals, asked.samples, asked.delays):
        with pytest.raises(Unreachable, match="this shop was closed"):
            ask(jobs)
