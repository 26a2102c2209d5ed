"""The demo as a person starts it: a process, its pages, and how it ends."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import subprocess
import sys
import time
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.servers import free_port


def demo(*words):
    return subprocess.Popen(
        [sys.executable, "-m", "exporter", "demo", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def page(origin, path=""):
    with urlopen(f"{origin}/{path}", timeout=10) as answer:
        return answer.read().decode()


def until(look, seconds=10.0):
    """What `look` finds, asked again until it finds something; the address is told a moment before it serves."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(URLError):
            if found := look():
                return found
        time.sleep(0.1)
    pytest.fail("it never came")


def test_the_demo_shows_the_incident_within_seconds_and_ends_at_ctrl_c():
    with demo("--web.listen-address", "127.0.0.1:0") as process:
        try:
            origin = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())[0]
            rooms = until(lambda: (text := page(origin, "rooms")).count("89 笔订单已付款仍待支付") >= 2 and text)
            oversold = 'order_health_stock_lowest_quantity{shop="demo",warehouse="shanghai"} -1'
            metrics = until(lambda: oversold in (text := page(origin, "metrics")) and text)
            counts = re.findall(r"^order_health_pending_paid_orders\{.*\} (\d+)$", metrics, re.MULTILINE)
            assert sum(map(int, counts)) == 89
            assert 'order_health_pending_orders{shop="demo"} 142' in metrics
            slow = until(lambda: (text := page(origin, "rooms")).count("搜索 by_phone 超预算") >= 1 and text)
            assert "order_search" in slow
            assert "5550123" not in slow
            assert 'order_health_search_full_scan{search="by_phone",shop="demo"} 1' in page(origin, "metrics")
            until(lambda: "3 个支付回调锁没有过期时间" in page(origin, "rooms"))
            until(lambda: page(origin, "rooms").count("导出 /shop/orders/export 由缓存返回") >= 2)
            assert "X-Cache: HIT" in page(origin, "rooms")
            age = re.search(r"^order_health_export_age_seconds\{.*\} (\d+)", page(origin, "metrics"), re.MULTILINE)[1]
            assert 2400 <= int(age) < 2500
            rooms = until(lambda: "超过 1 MB 的消息" in (text := page(origin, "rooms")) and text)
            for told in ("Base64 图片（JPEG）", "$.body.items［＊］.picture", "order_created"):
                assert told in rooms
            huge = 'content="Base64 JPEG",field="$.body.items[*].picture",queue="orders",shop="demo",size="huge"'
            assert f'order_health_recent_oversize_messages{{{huge},topic="order_created"}} 1' in page(origin, "metrics")
            until(lambda: "order-service 停止消费" in page(origin, "rooms"), 15)
            rooms = until(lambda: "从库 reporting 延迟" in (text := page(origin, "rooms")) and text, 25)
            metrics = page(origin, "metrics")
            lag = 'order_health_replica_lag_seconds{method="heartbeat",replica="reporting",shop="demo"}'
            assert 0.75 <= float(re.search(rf"^{re.escape(lag)} (\S+)$", metrics, re.MULTILINE)[1]) <= 1.2
            delay = 'order_health_consumer_delay_seconds{group="order-service",queue="orders",shop="demo",topic='
            assert 720 <= float(re.search(rf"^{re.escape(delay)}.* (\S+)$", metrics, re.MULTILINE)[1]) < 780
            assert 'order_health_fulfilment_start_missing_ratio{shop="demo"} 0.875' in metrics
            late = re.findall(r"^order_health_fulfilment_late_orders\{.*\} (\d+)$", metrics, re.MULTILINE)
            assert sum(map(int, late)) == 7
            for told in ("个重复的合作方事件", "signed × 2", "late_shipment", "18:18:00", "team-7"):
                rooms = until(lambda told=told: told in (text := page(origin, "rooms")) and text, 45)
            for text in (rooms, metrics, page(origin), page(origin, "api/status")):
                assert "13800000000" not in text
                assert "SEC-of-a-room" not in text
        finally:
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=15)
    assert process.returncode == 0
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--web.listen-address", "nonsense"], "'nonsense' is no listen address; write host:port"),
        (["--web.listen-address", "127.0.0.1:99999"], "is no listen address; write host:port"),
        (["--for", "soon"], "'soon' is not a duration; write for example 30s"),
    ],
)
def test_what_the_demo_cannot_do_it_says_in_one_line(words, said):
    process = demo(*words)
    out, err = process.communicate(timeout=15)
    assert process.returncode != 0
    assert out == ""
    assert said in err.splitlines()[-1]


def test_on_a_busy_port_no_address_is_told_that_belongs_to_somebody_else():
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        process = demo("--web.listen-address", f"127.0.0.1:{taken.getsockname()[1]}")
        out, err = process.communicate(timeout=15)
    assert process.returncode == 1
    assert out == ""
    assert "Address already in use; stop what listens there" in err
