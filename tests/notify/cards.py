"""Any card at all, and the cards the tests look at."""

from hypothesis import strategies as st

from exporter.model import Card, Fact, Link

ORDER = "20261123000000017"

CRITICAL = Card(
    title="🔴 main：89 笔订单已付款仍待支付",
    status="firing",
    severity="critical",
    text="支付回调已成功，订单状态却没有更新。",
    number="89",
    unit="笔订单",
    facts=(Fact("开始", "11-23 02:14"), Fact("已持续", "6分钟"), Fact("店铺", "main"), Fact("级别", "严重")),
    cases=(f"{ORDER} · ¥128.00 · 3小时", "20261123000000018 · ¥99.00 · 2小时"),
    links=(Link("处理手册", "https://o.example/runbooks/pending_paid"), Link("状态页", "https://o.example/")),
    mention=("13800000000",),
)

_SIGNS = st.sampled_from(
    [*"*_`[]()<>#!|~\\&@-+=.\"'\n\r\t 1a订", "\u202e", "\u200d", "🔴", "👨‍👩‍👧", "é", "\x00", "\ud800"]
)
_WORDS = (
    st.text() | st.lists(_SIGNS, max_size=60).map("".join) | st.sampled_from(["订" * 10_000, "9" * 10_000, '"' * 9_000])
)
_URLS = _WORDS | st.sampled_from(
    ["https://o.example/", "http://10.0.0.5:9847/runbooks/x", "javascript:1", "https://o.example/" + "x" * 3_000]
)
_PEOPLE = st.sampled_from(["13800000000", "+852-12345678", "li", "@all", "all", "a b", "<@x>", ""]) | st.text(
    max_size=5
)


def _some(one, most):
    return st.lists(one, max_size=most).map(tuple)


any_card = st.builds(
    Card,
    title=_WORDS,
    status=st.sampled_from(["firing", "resolved", "info"]),
    severity=st.sampled_from(["critical", "warning", "odd"]),
    text=_WORDS,
    number=_WORDS,
    unit=_WORDS,
    facts=_some(st.builds(Fact, _WORDS, _WORDS), 14),
    cases=_some(_WORDS, 24),
    links=_some(st.builds(Link, _WORDS, _URLS), 7),
    mention=_some(_PEOPLE, 30),
    language=st.sampled_from(["zh", "en"]),
)
