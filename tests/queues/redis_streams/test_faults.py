"""What goes wrong with a Redis: every error says what to do, in time, and tells no secret."""

import re
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from exporter.queues import Denied, Garbled, QueueError, TimedOut, Unreachable, Unsupported
from tests.queues.redis_streams.conftest import PICTURE
from tests.servers import free_port
from tests.servers.redis import Redis

pytestmark = pytest.mark.server


@pytest.fixture
def own():
    """A server that a test may break."""
    server = Redis().start()
    yield server
    server.remove()


class Answering:
    """Listens and answers every question with these bytes."""

    def __init__(self, answer, *, every=0.0):
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._door.getsockname()[1]}"
        self._answer, self._every = answer, every
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                here, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(here,), daemon=True).start()

    def _talk(self, here):
        try:
            with here:
                here.recv(65536)
                for at in range(0, len(self._answer), 1 if self._every else len(self._answer) or 1):
                    here.sendall(self._answer[at : at + 1] if self._every else self._answer)
                    time.sleep(self._every)
        except OSError:
            pass

    def close(self):
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()


@pytest.fixture
def answering():
    made = []

    def answering(answer, **settings):
        made.append(Answering(answer, **settings))
        return made[-1].url

    yield answering
    for each in made:
        each.close()


def test_a_wrong_password_is_told_without_it(redis, open_, shop):
    shop.execute_command("ACL", "SETUSER", "watcher", "reset", "on", ">right", "~*", "+@all")
    for settings in ({"user": "watcher", "password": "hidden"}, {"user": "hidden", "password": "right"}):
        with pytest.raises(Denied, match="refuses the account or its password") as caught:
            open_(redis.url, **settings).arrivals("orders")
        assert "hidden" not in str(caught.value)


def test_a_server_that_wants_a_password_and_gets_none_says_so(redis, open_, shop):
    shop.execute_command("ACL", "SETUSER", "admin", "reset", "on", ">x", "~*", "&*", "+@all")
    with redis.client(username="admin", password="x") as admin:
        admin.execute_command("ACL", "SETUSER", "default", "resetpass")
        try:
            with pytest.raises(Denied, match="password"):
                open_(redis.url).arrivals("orders")
            secret = redis.url.replace("://", "://admin:x@")
            with pytest.raises(QueueError, match="no stream or list"):
                open_(secret).arrivals("orders")
        finally:
            admin.execute_command("ACL", "SETUSER", "default", "nopass")


@pytest.mark.parametrize(("lacking", "said"), [("type", "TYPE"), ("xlen", "XLEN"), ("xrange", r"XRANGE|XREVRANGE")])
def test_a_right_that_lacks_is_named_as_an_acl_has_it(redis, open_, shop, lacking, said):
    shop.xadd("orders", {"n": 1})
    shop.execute_command("ACL", "SETUSER", "watcher", "reset", "on", ">p", "~*", "+@all", f"-{lacking}", "-xrevrange")
    with pytest.raises(Denied, match=f"may not run ({said}).*ACL SETUSER") as caught:
        open_(redis.url, user="watcher", password="p").arrivals("orders", {"after": "0-0", "length": 0, "at": 0})
    assert "watcher" not in str(caught.value)


def test_the_account_of_the_documentation_may_do_all_that_is_asked(redis, open_, shop):
    page = (Path(__file__).parents[3] / "docs" / "queues.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^ACL SETUSER order_health (.*?)^```", page, re.MULTILINE | re.DOTALL)
    shop.execute_command("ACL", "SETUSER", "order_health", "reset", *command.split())
    shop.xadd("order_created", {"n": 1})
    shop.xgroup_create("order_created", "stock", id="0")
    shop.xreadgroup("stock", "worker", {"order_created": ">"})
    shop.set("pay_callback_1", "x")
    asked = open_(f"{redis.url}/0", user="order_health", password="PASSWORD")
    assert asked.arrivals("order_created").arrived == 1
    assert asked.delay("order_created", "stock").backlog == 1
    assert len(asked.lasting("pay_callback_*").keys) == 1
    shop.delete("order_created")
    shop.rpush("order_created", "x")
    assert asked.arrivals("order_created").arrived == 1
    with (
        redis.client(username="order_health", password="PASSWORD") as watcher,
        pytest.raises(Exception, match="no permissions"),
    ):
        watcher.delete("pay_callback_1")


def test_a_key_that_the_account_may_not_read_is_denied(redis, open_, shop):
    shop.xadd("orders", {"n": 1})
    shop.execute_command("ACL", "SETUSER", "watcher", "reset", "on", ">p", "~other*", "+@all")
    with pytest.raises(Denied, match="~ the key"):
        open_(redis.url, user="watcher", password="p").arrivals("orders")


def test_a_server_that_is_down_is_found_again_when_it_is_back(own, open_):
    asked = open_(own.url)
    with own.client() as client:
        client.xadd("orders", {"n": 1})
    assert asked.arrivals("orders").arrived == 1
    own.stop()
    with pytest.raises(Unreachable, match="cannot be reached"):
        asked.arrivals("orders")
    own.start()
    with pytest.raises(QueueError, match="no stream or list"):
        asked.arrivals("orders")


def test_a_connection_that_the_server_closed_while_idle_is_no_fault(redis, asked, shop):
    shop.xadd("orders", {"n": 1})
    asked.arrivals("orders")
    shop.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert asked.arrivals("orders").arrived == 1


def test_a_frozen_server_costs_no_more_than_the_deadline(own, open_):
    asked = open_(own.url)
    with own.client() as client:
        client.xadd("orders", {"n": 1})
    asked.arrivals("orders")
    with own.frozen():
        begun = time.monotonic()
        with pytest.raises(TimedOut):
            asked.arrivals("orders", seconds=0.3)
        assert time.monotonic() - begun < 0.6
    assert asked.arrivals("orders").arrived == 1


def test_a_server_that_answers_a_byte_at_a_time_is_not_waited_for(open_, answering):
    begun = time.monotonic()
    with pytest.raises(TimedOut):
        open_(answering(b"+" + b"x" * 1000, every=0.05)).arrivals("orders", seconds=0.4)
    assert time.monotonic() - begun < 0.8


def test_a_server_that_is_loading_is_not_empty(own, open_):
    with own.client() as client:
        with client.pipeline(transaction=False) as pipe:
            for n in range(2000):
                pipe.set(f"k{n}", "x" * 100)
            pipe.execute()
        client.save()
    own.stop()
    own._options = ["--key-load-delay", "2000", "--loading-process-events-interval-bytes", "1024"]
    own.start()
    with pytest.raises(Unreachable, match="still loading"):
        open_(own.url).arrivals("orders")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"$99999999999999999999x\r\n",
        b"*3\r\n" * 20,
        b"?\r\n",
        b"x" * 100_000,
        b"\x00" * 50 + b"\r\n",
        b"*1000000000\r\n" + b":1\r\n" * 200_000,
    ],
)
def test_what_is_no_redis_is_told_as_such(open_, answering, answer):
    with pytest.raises(Garbled):
        open_(answering(answer)).arrivals("orders")


@pytest.mark.parametrize("answer", [b"", b"+str", b"$100\r\nabc", b"*2\r\n:1\r\n", b"$50000000\r\nabc"])
def test_an_answer_that_breaks_off_is_no_answer(open_, answering, answer):
    with pytest.raises(Unreachable, match="closed the connection"):
        open_(answering(answer)).arrivals("orders")


def test_a_renamed_command_is_told_by_its_name(open_, answering):
    with pytest.raises(Unsupported, match="does not know TYPE"):
        open_(answering(b"-ERR unknown command 'TYPE', with args beginning with: 'orders'\r\n")).arrivals("orders")


def test_an_error_nobody_expected_repeats_no_value(open_, answering):
    with pytest.raises(Unsupported) as caught:
        open_(answering(b"-ERR strange 'hidden' at 10.0.0.5:6379 13800000000\r\n")).arrivals("orders")
    assert not {"hidden", "10.0.0.5", "13800000000"} & set(str(caught.value).replace("'", " ").split())


def test_before_redis_7_the_same_scripts_run_by_eval(redis, open_, shop):
    """Redis 7 that does not know EVAL_RO is as one before it."""
    own = Redis("--rename-command", "EVAL_RO", "")
    try:
        own.start()
        with own.client() as client:
            client.xadd("orders", {"picture": PICTURE[:100_000]})
            client.config_resetstat()
            (message,) = open_(own.url).arrivals("orders").largest
        assert message.contents.fields[0].path == "$.picture"
        assert "eval" in own.commands()
    finally:
        own.remove()


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """Speaks TLS only."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"],
        check=True, capture_output=True,
    )  # fmt: skip
    port = free_port()
    files = ["--tls-cert-file", str(certificate), "--tls-key-file", str(key), "--tls-ca-cert-file", str(certificate)]
    server = Redis("--tls-port", str(port), *files, "--tls-auth-clients", "no").start()
    yield f"rediss://127.0.0.1:{port}", certificate
    server.remove()


def test_tls_is_checked_against_the_given_authority(sealed, open_):
    url, certificate = sealed
    with pytest.raises(QueueError, match="no stream or list"):
        open_(url, ca=certificate).arrivals("orders")
    with pytest.raises(Denied, match="no TLS with this server"):
        open_(url).arrivals("orders")
    with pytest.raises(Denied, match="cannot be read"):
        open_(url, ca="/nowhere.pem").arrivals("orders")


def test_tls_asked_of_a_server_without_it_is_no_waiting(redis, open_):
    with pytest.raises(QueueError):
        open_(redis.url.replace("redis:", "rediss:")).arrivals("orders", seconds=1)


def test_a_password_with_any_characters_signs_in(redis, open_, shop):
    shop.execute_command("ACL", "SETUSER", "watcher", "reset", "on", ">p@s/:é s", "~*", "+@all")
    shop.xadd("orders", {"n": 1})
    assert open_(redis.url, user="watcher", password="p@s/:é s").arrivals("orders").arrived == 1


def test_another_database_is_asked_by_its_number(redis, open_):
    with redis.client(db=3) as client:
        client.xadd("orders", {"n": 1})
    assert open_(f"{redis.url}/3").arrivals("orders").arrived == 1
    assert open_(f"{redis.url}?db=3").arrivals("orders").arrived == 1


def test_a_closed_queue_answers_no_more(asked, shop):
    shop.xadd("orders", {"n": 1})
    asked.arrivals("orders")
    asked.close()
    with pytest.raises(Unreachable):
        asked.arrivals("orders")
