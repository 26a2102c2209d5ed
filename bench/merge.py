"""The obvious reconciliation with pandas, as bench/reconcile.py runs it: merge.py DATABASE_URL BILL EXPORT."""

import sys
from decimal import Decimal

import pandas as pd
import sqlalchemy

url, bill_file, export_file = sys.argv[1:]
engine = sqlalchemy.create_engine(url)
DAY = "created_at >= '2026-01-25' AND created_at < '2026-01-26'"
orders = pd.read_sql(f"SELECT order_no, out_trade_no, status, amount FROM orders WHERE {DAY}", engine)
callbacks = pd.read_sql(
    "SELECT out_trade_no, transaction_id, amount_fen FROM pay_callback "
    f"WHERE {DAY.replace('created_at', 'received_at')} AND trade_state = 'SUCCESS'",
    engine,
)
bill = pd.read_csv(bill_file, dtype=str, encoding="utf-8-sig").iloc[:-2].apply(lambda column: column.str.lstrip("`"))
export = pd.read_csv(export_file, dtype=str, encoding="gb18030")
bill["paid"] = bill["订单金额"].map(Decimal)
export["exported"] = export["实付金额"].map(Decimal)

merged = (
    orders.merge(callbacks, how="outer", on="out_trade_no")
    .merge(bill[["商户订单号", "交易状态", "paid"]], how="outer", left_on="out_trade_no", right_on="商户订单号")
    .merge(export[["订单编号", "exported"]], how="outer", left_on="order_no", right_on="订单编号")
)
kinds = {
    "paid_pending": merged[merged["paid"].notna() & (merged["status"] == "pending")],
    "no_order": merged[merged["paid"].notna() & merged["order_no"].isna()],
    "not_in_bill": merged[merged["paid"].isna() & (merged["status"] == "paid")],
    "no_callback": merged[merged["paid"].notna() & merged["amount_fen"].isna()],
    "not_in_export": merged[merged["exported"].isna() & (merged["status"] == "paid")],
    "not_in_orders": merged[merged["exported"].notna() & merged["order_no"].isna()],
    "amount_bill": merged[merged["paid"].notna() & merged["amount"].notna() & (merged["paid"] != merged["amount"])],
    "amount_export": merged[
        merged["exported"].notna() & merged["amount"].notna() & (merged["exported"] != merged["amount"])
    ],
}
for kind, rows in kinds.items():
    print(kind, len(rows), rows["amount"].sum(), *rows["order_no"].head(3))
print("sums", orders["amount"].sum(), bill["paid"].sum(), export["exported"].sum())
