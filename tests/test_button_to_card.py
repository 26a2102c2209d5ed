"""From the button of a card in a strict room to the next card, which says who has taken the alert."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from datetime import timedelta

import pytest

from tests.shops import PlainShop, eventually, watching

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def shop(mariadb):
    return PlainShop.build(mariadb, "button_to_card")


def press(running, link, name):
    """What the page answers: status and text."""
    path = re.sub(r"^http://oh\.example\.com", running.url, link)
    try:
        with urllib.request.urlopen(path, data=f"by={name}".encode(), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def alerts_of(running):
    return json.loads(running.get("/api/status")[1])["alerts"]


def test_who_takes_an_alert_on_the_phone_is_named_at_its_end_and_its_link_works_once(shop, tmp_path):
    database, kept = shop.server.url("button_to_card", user="oh"), f"state: sqlite:///{tmp_path}/kept.db\n"
    with watching(tmp_path, database, more=kept) as running:
        shop.order(1, paid_ago=timedelta(minutes=9))
        wecom = eventually(lambda: [card for card in running.cards("wecom") if "template_card" in card])[0]
        ding = eventually(lambda: [card for card in running.cards() if "actionCard" in card])[0]
        buttons = {each["title"]: each["actionURL"] for each in ding["actionCard"]["btns"]}
        assert list(buttons) == ["处理手册", "认领 1 小时", "静默 4 小时", "状态页"]
        jumps = [each["title"] for each in wecom["template_card"]["jump_list"]]
        assert jumps == ["处理手册", "认领 1 小时", "静默 4 小时"]
        assert wecom["template_card"]["card_action"]["url"] == "http://oh.example.com/"
        assert press(running, buttons["认领 1 小时"], "Li-Lei")[0] == 200
        eventually(lambda: running.metric('order_health_silences{kind="acknowledgement"}') == 1)
        [alert] = alerts_of(running)
        assert (alert["mute"]["why"], alert["mute"]["by"]) == ("acknowledged", "Li-Lei")
    with watching(tmp_path, database, more=kept) as running:
        eventually(lambda: running.app.ready() is None)
        status, page = press(running, buttons["认领 1 小时"], "Mallory")
        assert status == 409
        assert "Li-Lei" in page
        shop.repair(1)
        over = eventually(lambda: [text for text in running.texts() if "🟢" in text])[0]
        assert "Li-Lei" in over
        assert "/act/" not in over
        assert press(running, buttons["静默 4 小时"], "Mallory")[0] == 410
        eventually(lambda: running.metric('order_health_silences{kind="acknowledgement"}') == 0)
        assert running.metric('order_health_card_links_total{result="used"}') == 1
        assert not [*running.rooms.dingtalk.refusals, *running.rooms.wecom.refusals]


def test_what_is_silenced_fires_and_is_not_told(shop, tmp_path):
    with watching(tmp_path, shop.server.url("button_to_card", user="oh")) as running:
        eventually(lambda: running.app.ready() is None)
        running.app.desk.add(["alertname=~Stock.*"], "1h", by="Li Lei", comment="stocktaking")
        shop.execute("UPDATE inventory SET quantity = -1 WHERE id = 1")
        shop.order(2, paid_ago=timedelta(minutes=9))
        eventually(lambda: running.metric('order_health_stock_lowest_quantity{shop="main",warehouse="shanghai"}') == -1)
        eventually(lambda: [text for text in running.texts() if "actionCard" in text])
        alerts = eventually(lambda: len(found := alerts_of(running)) == 2 and found)
        muted = {alert["mute"]["comment"] for alert in alerts if alert["mute"]}
        assert muted == {"stocktaking"}
        assert "SKU-1" not in "".join(running.texts())
        [silence] = json.loads(running.get("/api/silences")[1])
        running.app.desk.end(silence["id"], "Li Lei")
        assert eventually(lambda: [text for text in running.texts() if "SKU-1" in text])
    shop.execute("UPDATE inventory SET quantity = 5 WHERE id = 1")
