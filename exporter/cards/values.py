"""The words for the values of labels in both languages; a value without one is shown as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Language = Literal["zh", "en"]

VALUES: Mapping[Language, Mapping[str, Mapping[str, str]]] = {
    "zh": {
        "finding": {
            "redundant_index": "重复或多余的索引",
            "too_many_indexes": "二级索引过多",
            "range_first_index": "索引列顺序不当",
            "float_money": "金额用浮点数存储",
            "open_phone": "手机号明文存储",
            "auto_increment_limit": "自增主键即将用尽",
            "join_mismatch": "关联列类型或字符集不一致",
            "unguarded_stock_update": "扣库存没有库存条件",
            "zone_tables_missing": "时区表为空",
            "server_zone": "数据库时区与映射不一致",
            "dirty_reads": "隔离级别允许脏读",
        },
        "kind": {
            "pending_paid": "已付款仍待支付",
            "paid_after_close": "关单后付款",
            "orphan_callback": "有回调无订单",
            "paid_without_callback": "已付款无回调",
            "amount_mismatch": "金额不一致",
            "double_payment": "重复付款",
            "missing_transaction": "缺少交易号",
            "callback_storm": "回调反复推送",
            "half_written": "支付信息只写了一半",
            "time_order": "时间先后颠倒",
            "retry_exhausted": "支付平台已停止回调",
            "below_zero": "预占小于零",
            "above_stock": "预占大于库存",
        },
        "thread": {"io": "IO", "sql": "SQL"},
        "event": {"created": "下单", "paid": "付款", "shipped": "发货", "paid_of_created": "下单后付款"},
        "pay_channel": {
            "wechat": "微信支付",
            "alipay": "支付宝",
            "unionpay": "银联",
            "balance": "余额",
            "unknown": "未知",
            "other": "其他",
        },
    },
    "en": {
        "finding": {
            "redundant_index": "redundant index",
            "too_many_indexes": "too many indexes",
            "range_first_index": "index with the range first",
            "float_money": "money kept in floats",
            "open_phone": "phone numbers in the clear",
            "auto_increment_limit": "growing key nearly used up",
            "join_mismatch": "joined columns differ",
            "unguarded_stock_update": "stock taken without a guard",
            "zone_tables_missing": "zone tables are empty",
            "server_zone": "server's zone is not the mapping's",
            "dirty_reads": "dirty reads are allowed",
        },
        "kind": {
            "pending_paid": "paid yet pending",
            "paid_after_close": "paid after closing",
            "orphan_callback": "callback without order",
            "paid_without_callback": "paid without callback",
            "amount_mismatch": "amounts differ",
            "double_payment": "paid twice",
            "missing_transaction": "no transaction number",
            "callback_storm": "callback storm",
            "half_written": "payment half written",
            "time_order": "times in wrong order",
            "retry_exhausted": "callbacks have stopped",
            "below_zero": "reserved below zero",
            "above_stock": "reserved above stock",
        },
        "thread": {"io": "IO", "sql": "SQL"},
        "event": {"created": "ordered", "paid_of_created": "paid of those ordered"},
        "pay_channel": {"wechat": "WeChat Pay", "alipay": "Alipay", "unionpay": "UnionPay"},
    },
}
