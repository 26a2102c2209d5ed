"""The names that shops give to the tables, columns and statuses that we read, most trusted first."""

from __future__ import annotations

import re

TABLES = {
    "orders": re.compile(r"(^|_)(orders?|trades?|order_(info|main|master|base|header))$"),
    "callbacks": re.compile(
        r"callback|notif(y|ication)|(^|_)pay(ment)?s?(_(log|record|flow|trade|transaction|bill|order|info)s?)?$"
    ),
    "stock": re.compile(r"(^|_)(stocks?|inventor(y|ies)|skus?|(sku|product|goods)_stock|warehouse_(goods|sku|stock))$"),
    "reservations": re.compile(r"(inventory|stock|sku|goods|product).*(lock|reserv|occup|freeze|frozen|hold)"),
    "events": re.compile(r"(^|_)(events?_logs?|order_events?|order_event_logs?)$"),
    "partner_events": re.compile(
        r"(partner|carrier|logistics?|express|delivery|shipment|waybill|webhook).*(event|trac[ek]|callback|notif|push|log)"
    ),
}

COLUMNS = {
    "orders": {
        "number": "order_no order_sn order_number order_num order_code orderid increment_id order_id "
        "sn no number code name",
        "trade_no": "out_trade_no out_trade_number merchant_order_no merchant_trade_no mch_order_no "
        "pay_no pay_sn payment_no",
        "status": "order_status trade_status status order_state trade_state state",
        "amount": "pay_amount payable_amount actual_amount real_amount final_amount order_amount "
        "pay_price actual_price "
        "actual_total total_amount total_price grand_total pay_fee total_fee amount price total",
        "currency": "currency currency_code",
        "channel": "pay_channel payment_channel pay_type payment_type pay_method payment_method "
        "pay_way pay_mode "
        "pay_channel_code channel channel_code payment",
        "created": "created_at create_time created_time create_date created_on add_time "
        "gmt_create gmt_created order_time "
        "order_date ctime created addtime",
        "paid": "paid_at pay_time payment_time paid_time pay_date pay_at success_time gmt_pay gmt_payment",
        "shipped": "shipped_at ship_time shipped_time shipping_time delivery_time deliver_time dvy_time "
        "send_time gmt_ship",
        "started": "fulfillment_start_at fulfilment_start_at fulfillment_started_at fulfilment_started_at "
        "fulfillment_start_time "
        "production_start_at accept_time accepted_at confirm_order_time",
        "delivered": "delivered_at delivered_time signed_at sign_time receive_time received_at received_time "
        "confirm_time confirm_receive_time collect_time",
        "warehouse": "warehouse_id warehouse_code warehouse_no warehouse ware_id depot_id",
        "updated": "updated_at update_time updated_time update_date upd_time modify_time "
        "modified_time gmt_modified "
        "last_modified_time last_update_time mtime updated modified",
        "transaction": "transaction_id transaction_no channel_order_no channel_trade_no "
        "third_order_no third_trade_no "
        "out_order_no pay_trade_no pay_transaction_id pay_id trade_no",
        "paid_flag": "is_paid is_payed is_pay paid pay_status payment_status pay_state",
    },
    "callbacks": {
        "trade_no": "out_trade_no out_trade_number merchant_order_no mch_order_no pay_no pay_sn "
        "payment_no order_no order_sn "
        "order_number order_code order_id trade_no",
        "transaction": "transaction_id transaction_no channel_order_no channel_trade_no "
        "third_order_no third_trade_no "
        "biz_pay_no pay_trade_no query_id trade_no",
        "amount": "total_fee amount_total pay_amount paid_amount total_amount order_amount txn_amt "
        "amount fee pay_price "
        "total_price price money",
        "currency": "currency currency_code",
        "received": "received_at receive_time notify_time callback_time notified_at success_time "
        "pay_time paid_at "
        "created_at create_time add_time gmt_create created",
        "state": "trade_state trade_status pay_status notify_status callback_status result_code "
        "resp_code status state "
        "result is_success success",
        "channel": "pay_channel payment_channel pay_type payment_type pay_method pay_way channel channel_code payment",
    },
    "stock": {
        "warehouse": "warehouse_id warehouse_code warehouse_no warehouse ware_id depot_id "
        "store_id stock_id location_id",
        "sku": "sku_id sku_code sku_no sku product_sku_id goods_sku_id spec_id product_id goods_id item_id id",
        "quantity": "quantity qty stock stocks stock_num stock_count stock_quantity "
        "inventory available available_qty "
        "available_stock on_hand actual_stock count num number",
        "reserved": "reserved reserved_quantity reserved_qty locked locked_quantity locked_stock "
        "lock_stock lock_num "
        "frozen frozen_quantity frozen_stock freeze_stock occupied stock_locked",
    },
    "reservations": {
        "order": "order_id order_no order_sn order_number order_code",
        "sku": "sku_id sku_code sku_no sku product_id goods_id item_id",
        "warehouse": "warehouse_id warehouse_code warehouse_no warehouse ware_id depot_id store_id",
        "quantity": "quantity qty lock_num lock_quantity locked num number count stock",
        "created": "created_at create_time locked_at lock_time reserved_at add_time gmt_create created",
        "expires": "expires_at expire_at expire_time expired_time expires expire_date",
        "status": "status state lock_status lock_state",
    },
    "events": {
        "order": "order_no order_sn order_number order_code order_id",
        "event": "event event_type event_name event_code",
        "at": "at event_at event_time occurred_at happened_at created_at create_time add_time gmt_create",
        "elapsed": "elapsed elapsed_seconds elapsed_s duration duration_seconds cost_time",
        "owner": "owner owner_id operator_id team_id handler_id assignee_id",
    },
    "partner_events": {
        "partner": "partner partner_code partner_id carrier carrier_code carrier_id express_code logistics_code "
        "shipper_code channel source",
        "order": "order_no order_sn order_number order_code order_id",
        "event": "event event_type event_name event_code status_code status state action",
        "received": "received_at receive_time received_time notify_time push_time created_at create_time add_time "
        "gmt_create",
    },
}

NEEDED = {
    "orders": ("number", "status", "created"),
    "callbacks": ("trade_no", "received"),
    "stock": ("sku", "quantity"),
    "reservations": ("order", "created"),
    "events": ("order", "event"),
    "partner_events": ("order", "event"),
}

NOT_ORDERS = re.compile(r"(cart|temp|tmp|test|bak|backup|copy|old)($|_)")

FILTERS = "is_deleted deleted is_del delete_status del_flag is_delete is_delete_time deleted_at delete_time"

KINDS = {
    "closed": re.compile(
        r"clos|cancel|refund|fail|expire|time_?out|void|invalid|revok|关闭|取消|退款|退货|失败|超时|无效|作废|撤销"
    ),
    "pending": re.compile(
        r"pend|unpaid|not_?pay|wait_?(buyer_?)?pay|wait|creat|new|init|progress|待付|未付|待支付|未支付|待确认|等待"
    ),
    "done": re.compile(r"complet|done|finish|receiv|evaluat|comment|完成|成功|待评价|已评价|已收货|已签收"),
    "shipped": re.compile(r"ship|deliver|sent|dispatch|已发货|待收货|配送|运输|出库"),
    "paid": re.compile(r"paid|payed|pay_?success|success|process|confirm|已付|已支付|待发货|支付成功|配货"),
}
"""A value is of the first kind whose pattern is found in its name: `unpaid` must not be taken for `paid`."""

SUCCESS = {"success", "trade_success", "trade_finished", "succeeded", "ok", "paid", "00"}
