"""For operations: is anything wrong, in which shop, and which page says what to do."""

from __future__ import annotations

from tools.dashboards.nouns import Board, Words
from tools.dashboards.rows import all_shops, one_shop

BOARD = Board(
    "overview",
    Words("订单健康 · 运营总览", "Order health · Overview"),
    Words(
        "给运营看的第一页：哪个店铺出了问题，涉及多少订单和多少钱，去哪一页处理。",
        "The first page for operations: which shop is in trouble, how many orders and how much money, and where to go.",
    ),
    (all_shops.ROW, one_shop.ROW),
)
