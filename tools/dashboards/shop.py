"""One shop in detail: payments, orders, stock, fulfilment, partners, exports."""

from __future__ import annotations

from tools.dashboards.nouns import Board, Words
from tools.dashboards.rows import caches, exports, fulfilment, orders, partners, payments, stock

BOARD = Board(
    "shop",
    Words("订单健康 · 店铺", "Order health · Shop"),
    Words(
        "一个或几个店铺的明细：支付、订单量、库存、履约、合作方事件、财务导出。红色虚线是该店铺自己的阈值。",
        "Shops in detail: payments, orders, stock, fulfilment, partners' events, exports. Dashed red lines are the shop's own "
        "limits.",
    ),
    tuple(room.ROW for room in (payments, orders, stock, fulfilment, partners, caches, exports)),
)
