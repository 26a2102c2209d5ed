"""A runbook as a page: in the words of one shop, with the evidence of its alerts, and deaf to hostile text."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from exporter import probes
from exporter.commands.repair import KINDS
from exporter.mapping import WORDS, load, tables
from exporter.model import Case
from exporter.web.filling import Filling, Place, Runbook
from exporter.web.frame import Frame
from exporter.web.runbooks import page
from exporter.web.status import AlertRow, Status

AT = datetime(2026, 3, 1, 19, 12, 5, tzinfo=UTC)
FILES = sorted((Path(__file__).parents[2] / "docs" / "runbooks").glob("*.md"))
PLAIN = Place("main", load("plain"), "mysql", frozenset({"pending_paid"}))
HOSTILE = "</code><script>alert(1)</script>`'\"[x](javascript:alert(1))"
CLASSES = {"orders": tables.Orders, "callbacks": tables.Callbacks, "stock": tables.Stock}
CLASSES |= {"reservations": tables.Reservations, "events": tables.Events, "partner_events": tables.PartnerEvents}


class Shown(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    @property
    def links(self):
        return [attributes["href"] for tag, attributes in self.tags if tag == "a"]


def shown(markdown, *places, language="en", alerts=(), shop="", name="pending_paid"):
    return page(name, Runbook(markdown, places), Status(AT, "", alerts=alerts), Frame(language, "../"), shop)


def alert(*refs, shop="main", **more):
    cases = tuple(Case(ref, AT - timedelta(minutes=40), "¥128.00") for ref in refs)
    return AlertRow("Stuck", "critical", "firing", AT, 89, shop, evidence=cases, runbook="pending_paid", **more)


def code(html):
    return [unescape(each) for each in re.findall(r"<pre><code[^>]*>(.*?)</code></pre>", html, re.DOTALL)]


def test_names_and_values_are_those_of_the_shop():
    sql = "SELECT {orders.number}, o.{orders.key} FROM {orders} o WHERE {orders.status in pending} SET {orders.status=paid}"
    [said] = code(shown(f"```sql\n{sql}\n```", PLAIN))
    assert said == (
        "SELECT `order_no`, o.`id` FROM `orders` o WHERE `status` IN ('pending', 'pending_payment') SET `status` = 'paid'\n"
    )


@pytest.mark.parametrize(
    ("family", "said"),
    [("mysql", "`status` = 101 FROM `litemall_order`"), ("postgresql", '"status" = 101 FROM "litemall_order"')],
)
def test_numbers_are_bare_and_names_are_quoted_as_the_database_does_it(family, said):
    place = Place("main", load("litemall"), family)
    wanted = said.replace("status", "order_status")
    assert wanted in Filling(place).fill("{orders.status in pending} FROM {orders}")


def test_what_is_not_mapped_stays_as_it_is_written_and_is_told():
    html = shown("```sql\nSELECT {callbacks.state} FROM {callbacks}, {orders}\n```", Place("m", load("mall"), "mysql"))
    assert code(html) == ["SELECT {callbacks.state} FROM {callbacks}, `oms_order`\n"]
    assert "Not in the mapping of this shop: <code>callbacks</code>" in html


def test_conditions_of_success_and_the_way_of_reservations_to_orders_are_filled():
    filling = Filling(PLAIN)
    assert filling.fill("{callbacks.success}").startswith("`trade_state` IN ('SUCCESS', ")
    assert filling.fill("o.{reservations.order_is} = r.{reservations.order}") == "o.`id` = r.`order_id`"
    assert filling.fill("--shop {shop}") == "--shop main"


def test_a_brace_that_is_no_word_of_ours_stays():
    for text in ("pay_callback_{out_trade_no}", "location / {}", "{nothing.at_all}", "{orders. status}"):
        assert Filling(PLAIN).fill(text) == text


def test_the_orders_of_the_alert_stand_in_the_sql():
    sql = "```sql\nWHERE {orders.number} IN (:cases)\n```"
    assert code(shown(sql, PLAIN)) == ["WHERE `order_no` IN (:cases)\n"]
    [said] = code(shown(sql, PLAIN, alerts=(alert("OH1", "O'H\\2"),)))
    assert said == "WHERE `order_no` IN ('OH1', _utf8mb4 X'4F27485C32')\n"


def test_the_evidence_of_the_open_alert_stands_on_top():
    html = shown("# T", PLAIN, alerts=(alert("OH20260301-7"), alert("ELSEWHERE", shop="other")))
    assert "OH20260301-7" in html
    assert "¥128.00" in html
    assert "40 min" in html
    assert "ELSEWHERE" not in html
    assert html.index("OH20260301-7") < html.index("<h1>T</h1>")


def test_each_of_several_shops_can_be_chosen_and_one_with_an_alert_comes_first():
    places = [Place(name, load("plain"), "mysql", frozenset({"pending_paid"})) for name in ("a", "b", "c&d")]
    text = "`{shop}`"
    assert "<code>a</code>" in shown(text, *places)
    assert "<code>b</code>" in shown(text, *places, shop="b")
    assert "<code>b</code>" in shown(text, *places, alerts=(alert("X", shop="b"),))
    assert "<code>a</code>" in shown(text, *places, alerts=(alert("X", shop="b"),), shop="a")
    assert "<code>a</code>" in shown(text, *places, shop="removed")
    links = Shown(shown(text + " [n](negative_stock.en.md#x)", *places, shop="b")).links
    assert links == ["../", "?shop=b&lang=zh", "?shop=a", "?shop=c%26d", "negative_stock?shop=b#x"]


def test_a_shop_that_the_probe_does_not_watch_is_not_offered():
    places = [Place("a", load("plain"), "mysql", frozenset({"negative_stock"})), PLAIN]
    html = shown("`{shop}`", *places)
    assert "<code>main</code>" in html
    assert "?shop=a" not in html


def test_without_a_shop_the_runbook_is_there_all_the_same():
    assert code(shown("```sql\nFROM {orders}\n```")) == ["FROM {orders}\n"]


def test_shards_filters_and_clocks_are_told_beside_the_sql():
    orders = {
        "table": "t_{00..15}",
        "where": {"deleted": 0},
        "columns": {"number": "no", "created": "at"},
        "time": {"kind": "epoch_s"},
    }
    html = shown("`{orders}`", Place("m", load({"orders": orders}), "mysql"))
    assert "<code>`t_00`</code>" in html
    assert "orders lies in 16 tables (t_00 … t_15)" in html
    assert "of orders only rows with deleted = 0 count" in html
    assert "times of orders are numbers (epoch_s seconds, epoch_ms milliseconds): created = epoch_s" in html


def test_hostile_names_and_numbers_are_text():
    orders = {"table": HOSTILE, "columns": {"number": HOSTILE, "status": "s"}, "status": {"pending": [HOSTILE]}}
    place = Place("main", load({"title": HOSTILE, "orders": orders}), "mysql")
    sql = "```sql\nSELECT {orders.number} FROM {orders} WHERE {orders.status in pending} IN (:cases)\n```\n`{orders}`"
    for language in ("zh", "en"):
        html = shown(sql, place, alerts=(alert(HOSTILE, text=HOSTILE),), language=language, shop=HOSTILE)
        tags = Shown(html).tags
        assert [attributes.get("src") for tag, attributes in tags if tag == "script"] == ["../copy.js"]
        assert not [link for link in Shown(html).links if "javascript" in link]
        assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
        assert "`</code><script>" in code(html)[0]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_placeholder_of_a_runbook_is_a_word_of_the_mapping(file):
    found = re.findall(rf"\{{({'|'.join(WORDS)})(?:\.(\w+)(?:(?:=| in )(\w+))?)?\}}", file.read_text(encoding="utf-8"))
    for word, column, kind in found:
        table = CLASSES[word]
        assert column in {"", "key", "success", *table.COLUMNS} or (word, column) == ("reservations", "order_is")
        assert kind in {"", *table.KINDS}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_runbook_writes_tables_in_any_other_form(file):
    for block in re.findall(r"```sql\n(.*?)```", file.read_text(encoding="utf-8"), re.DOTALL):
        assert not re.search(
            r"\b(?:FROM|JOIN|UPDATE|TABLE|INTO)\s+(?:orders|callbacks|pay_callback|stock|reser|events|partner)", block
        )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_repair_that_a_runbook_names_is_there(file):
    named = re.findall(r"order-health repair (\w+)", file.read_text(encoding="utf-8"))
    assert set(named) <= set(KINDS)
    probe = file.name.partition(".")[0]
    assert {name for name, (of, _) in KINDS.items() if of == probe} <= set(named)


@pytest.mark.parametrize("preset", ["plain", "mall", "litemall", "yudao", "shopxo", "crmeb"])
@pytest.mark.parametrize("probe", probes.known())
def test_every_runbook_can_be_filled_for_every_preset(probe, preset):
    place = Place("main", load(preset), "mysql")
    for file in FILES:
        if file.name.startswith(f"{probe}."):
            html = shown(file.read_text(encoding="utf-8"), place, name=probe)
            assert html.count("</pre>") == html.count("<pre>")


def test_a_runbook_keeps_its_tables_and_code_and_loses_its_html():
    html = shown("# T\n\n|a|b|\n|---|---|\n|1|2|\n\n```sql\nSELECT '<b>'\n```\n<img src=x onerror=y>")
    assert "<th>a</th>" in html
    assert code(html) == ["SELECT '<b>'\n"]
    assert "<img" not in html


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_link_of_a_runbook_leads_nowhere(file):
    links = Shown(shown(file.read_text(encoding="utf-8"), name=file.stem)).links
    assert links[:2] == ["../", "?lang=zh"]
    pages_there = {each.name for each in FILES}
    assert all(link.startswith(("https://", "#")) or f"{link}.md" in pages_there for link in links[2:])


def test_a_runbook_leads_to_another_page_and_not_to_its_file():
    for text in ("[b](b_c.md)", "[b](b_c.en.md)"):
        assert '<a href="b_c">b</a>' in shown(text)


def test_a_chinese_sentence_has_no_blank_where_its_line_ended():
    html = shown("卡片没有送达。\n请看日志，\n- 再看\n  状态页\n\n```\n-- 注释\n注释\n```\n", language="zh")
    assert "卡片没有送达。请看日志，" in html
    assert "再看状态页" in html
    assert "-- 注释\n注释" in html
