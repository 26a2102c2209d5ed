"""What goes to Alertmanagers and what comes from them."""

from __future__ import annotations

from tools.dashboards.nouns import Bars, Query, Row, States, Words

ROW = Row(
    Words("Alertmanager", "Alertmanager"),
    (
        States(
            Words("是否收下", "Whether it takes alerts"),
            Words(
                "红色：最近一次推给这个 Alertmanager 的告警没有被收下。查地址、证书和口令；其余副本不受影响。没有配置时为空。",
                "Red: this Alertmanager did not take what was posted to it last. Look at its address, certificate and login; "
                "other replicas are told all the same. Empty where none is configured.",
            ),
            "short",
            (
                Query(
                    "min by (channel, alertmanager) (order_health_alertmanager_answering)",
                    "{{channel}} {{alertmanager}}",
                ),
            ),
            probe="watch",
            width=6,
        ),
        Bars(
            Words("推送的告警", "Alerts posted"),
            Words(
                "accepted 是收下的，仍在告警的会定时重发。refused 不会再收；retried 一直有：对方不可达。",
                "accepted: it took them; what fires is posted again and again. refused: it never will. Many retried: it cannot be reached.",
            ),
            "short",
            (
                Query(
                    "sum by (channel, result) (increase(order_health_alertmanager_alerts_total[$__rate_interval]))",
                    "{{channel}} {{result}}",
                ),
            ),
            probe="watch",
            width=6,
        ),
        Bars(
            Words("收到的通知", "Notifications heard"),
            Words(
                "Alertmanager 推来的通知和处理结果。known 是另一个副本说过的；failed 没有写下，对方会再推。",
                "What Alertmanagers posted here, and what came of it. known: another replica had said it; failed: not written down, it comes again.",
            ),
            "short",
            (
                Query(
                    "sum by (result) (increase(order_health_alertmanager_notifications_total[$__rate_interval]))",
                    "{{result}}",
                ),
            ),
            probe="watch",
            width=6,
        ),
        Bars(
            Words("被截掉的告警", "Alerts left out"),
            Words(
                "Alertmanager 因 max_alerts 没有放进通知的告警。不为零：把接收器的 max_alerts 设为 0。",
                "Alerts that an Alertmanager left out of its notifications (max_alerts). Above zero: set max_alerts of the receiver to 0.",
            ),
            "short",
            (
                Query(
                    "sum(increase(order_health_alertmanager_truncated_alerts_total[$__rate_interval]))",
                    Words("截掉", "left out"),
                ),
            ),
            probe="watch",
            width=6,
        ),
    ),
)
