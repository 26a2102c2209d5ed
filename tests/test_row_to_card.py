"""From a row in a real MariaDB to a card in a strict room, and back to green."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.shops import PlainShop, eventually, watching

pytestmark = pytest.mark.server

HOSTILE = "</b><script>x</script>**[x](http://e.com)**\n# 🚚"


@pytest.fixture
def shop(mariadb):
    return PlainShop.build(mariadb, "row_to_card")


@pytest.fixture
def sidecar(shop, tmp_path):
    with watching(tmp_path, shop.server.url("row_to_card", user="oh")) as running:
        eventually(lambda: running.app.ready() is None)
        yield running


def test_an_order_that_is_paid_yet_pending_becomes_a_card_in_both_rooms_and_ends_with_one(shop, sidecar):
    assert sidecar.metric('order_health_probe_success{probe="pending_paid",shop="main"}') == 1
    ref = shop.order(1, paid_ago=timedelta(minutes=9))
    ding = eventually(lambda: [text for text in sidecar.texts() if "actionCard" in text])[0]
    wecom = eventually(lambda: [text for text in sidecar.texts("wecom") if "template_card" in text])[0]
    for card in (ding, wecom):
        assert ref in card
        assert "128.00" in card
        assert "http://oh.example.com/runbooks/pending_paid" in card
    assert eventually(lambda: [text for text in sidecar.texts() if '"atMobiles": ["13800000000"]' in text])
    assert eventually(lambda: [text for text in sidecar.texts("wecom") if "mentioned_mobile_list" in text])
    assert sidecar.metric('order_health_pending_paid_orders{age="under_30m",pay_channel="wechat",shop="main"}') == 1

    shop.repair(1)
    over = eventually(lambda: [text for text in sidecar.texts() if "🟢" in text])[0]
    assert "13800000000" not in over
    assert sidecar.metric('order_health_pending_paid_orders{age="under_30m",pay_channel="wechat",shop="main"}') == 0
    assert not [*sidecar.rooms.dingtalk.refusals, *sidecar.rooms.wecom.refusals]


def test_a_sku_below_zero_becomes_a_card_that_names_the_warehouse_and_the_sku(shop, sidecar):
    shop.execute("UPDATE inventory SET quantity = -1 WHERE id = 1")
    card = eventually(lambda: [text for text in sidecar.texts() if "actionCard" in text])[0]
    assert "shanghai" in card
    assert "SKU-1" in card
    assert sidecar.metric('order_health_negative_stock_skus{shop="main",warehouse="shanghai"}') == 1
    assert sidecar.metric('order_health_negative_stock_skus{shop="main",warehouse="chengdu"}') == 0
    assert sidecar.metric('order_health_stock_lowest_quantity{shop="main",warehouse="shanghai"}') == -1
    shop.execute("UPDATE inventory SET quantity = 4 WHERE id = 1")
    assert eventually(lambda: [text for text in sidecar.texts() if "🟢" in text])


@pytest.mark.parametrize("ref", [HOSTILE, "订单🚚" * 20, "a" * 10_000], ids=["markup", "emoji", "long"])
def test_a_hostile_order_number_breaks_neither_card_nor_page(shop, tmp_path, ref):
    shop.execute("ALTER TABLE orders MODIFY order_no TEXT, DROP INDEX order_no")
    shop.order(7, paid_ago=timedelta(minutes=9), ref=ref)
    with watching(tmp_path, shop.server.url("row_to_card", user="oh")) as running:
        card = eventually(lambda: [text for text in running.texts() if "actionCard" in text])[0]
        assert eventually(lambda: [text for text in running.texts("wecom") if "template_card" in text])
        assert "<script>" not in card
        assert "](http://e.com)" not in card
        status, page = running.get("/")
        assert status == 200
        assert "<script>" not in page
        assert not list(running.rooms.dingtalk.refusals)


def test_while_the_database_is_down_no_alert_flips_and_no_old_value_stays(shop, sidecar):
    shop.order(1, paid_ago=timedelta(minutes=9))
    eventually(lambda: [text for text in sidecar.texts() if "atMobiles" in text])  # the companion comes last
    before = len(sidecar.texts())
    with shop.server.frozen():
        eventually(lambda: sidecar.metric('order_health_probe_success{probe="pending_paid",shop="main"}') == 0)
        assert "order_health_pending_paid_orders{" not in sidecar.get("/metrics")[1]
        assert sidecar.get("/-/healthy")[0] == 200
    eventually(lambda: sidecar.metric('order_health_probe_success{probe="pending_paid",shop="main"}') == 1, 40)
    eventually(lambda: "order_health_pending_paid_orders{" in sidecar.get("/metrics")[1])
    assert len(sidecar.texts()) == before


def test_what_a_room_refuses_for_a_while_arrives_later_and_once(shop, sidecar):
    sidecar.rooms.dingtalk.faults.extend(["html", "500", "unknown"])
    shop.order(1, paid_ago=timedelta(minutes=9))
    assert eventually(lambda: [text for text in sidecar.texts("wecom") if "template_card" in text])
    eventually(lambda: sidecar.metric('order_health_outbox_cards{channel="ops"}') == 1)
    assert sidecar.get("/")[0] == 200


def test_the_process_starts_while_the_database_is_down_and_recovers_by_itself(tmp_path, shop):
    with shop.server.frozen(), watching(tmp_path, shop.server.url("row_to_card", user="oh")) as running:
        eventually(lambda: running.metric('order_health_probe_success{probe="pending_paid",shop="main"}') == 0)
        shop.server.thaw()
        eventually(lambda: running.metric('order_health_probe_success{probe="pending_paid",shop="main"}') == 1, 40)


def test_a_missing_grant_is_named_and_where_to_get_it(shop, tmp_path):
    shop.server.account(
        "half", f"SELECT ON {shop.name}.orders", f"SELECT ON {shop.name}.inventory", password="c4nary-password"
    )
    with watching(tmp_path, shop.server.url("row_to_card", user="half")) as running:
        eventually(lambda: running.metric('order_health_probe_success{probe="pending_paid",shop="main"}') == 0)
        page = running.get("/api/status")[1]
        assert "the account may not read row_to_card.pay_callback" in page
        assert "order-health check" in page
