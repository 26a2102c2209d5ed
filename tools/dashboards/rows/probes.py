"""Whether the probes answer."""

from __future__ import annotations

from tools.dashboards.nouns import Bars, Column, Lines, Query, Row, States, Table, Words

_PROBE_OF = "{{shop}} {{probe}}"
_LABELS = (("shop", Words("店铺", "Shop")), ("probe", Words("检查", "Probe")))
_CUT = (
    ("pending_paid", "order_health_pending_paid_truncated"),
    ("negative_stock", "order_health_negative_stock_truncated"),
    ("callback_locks", "order_health_callback_locks_truncated"),
    ("fulfilment", "order_health_fulfilment_truncated"),
    ("partner_events", "order_health_partner_events_truncated"),
)

ROW = Row(
    Words("检查", "Probes"),
    (
        States(
            Words("检查是否得到答案", "Whether probes get an answer"),
            Words(
                "红色：这一轮没有得到答案，它的指标已撤下，告警既不新增也不恢复。原因见状态页。",
                "Red: no answer, so its metrics are withdrawn and its alerts neither begin nor end. The status page says why.",
            ),
            "short",
            (Query('min by (shop, probe) (order_health_probe_success{shop=~"$shop"})', _PROBE_OF),),
            probe="watch",
            height=10,
        ),
        States(
            Words("检查的各部分", "Parts of the probes"),
            Words(
                "从库、队列、导出、搜索等各自是否得到答案。只有一部分红：只查那一台或那一个地址。",
                "Replicas, queues, exports and searches by themselves. Where one part is red, look at that one server or address.",
            ),
            "short",
            (
                Query(
                    'min by (shop, probe, part) (order_health_probe_part_success{shop=~"$shop"})',
                    "{{shop}} {{probe}} {{part}}",
                ),
            ),
            probe="watch",
            height=10,
        ),
        Lines(
            Words("检查用时", "Time of a run"),
            Words(
                "最近一次运行用了多久。接近间隔：调大 every，或看它的语句。",
                "How long the last run took. Close to its interval: raise `every`, or look at its statements.",
            ),
            "s",
            (Query('max by (shop, probe) (order_health_probe_duration_seconds{shop=~"$shop"})', _PROBE_OF),),
            probe="watch",
            width=8,
        ),
        Lines(
            Words("最近一次答案有多旧", "Age of the last answer"),
            Words(
                "距最近一次得到答案的时间，除以该检查允许的时间；超过 100% 就是过期，会有告警。",
                "Time since the last answer as a part of what the probe may take. Above 100% it is stale and there is an alert.",
            ),
            "percentunit",
            (
                Query(
                    "(time() - max by (shop, probe) "
                    '(order_health_probe_last_success_timestamp_seconds{shop=~"$shop"})) '
                    '/ on (shop, probe) max by (shop, probe) (order_health_limit{shop=~"$shop", limit="stale"})',
                    _PROBE_OF,
                ),
            ),
            probe="watch",
            width=8,
        ),
        Bars(
            Words("跳过的运行", "Runs skipped"),
            Words(
                "到点了而上一次还没有结束的次数。应为零；不为零，检查比它的间隔还慢。",
                "Runs that were due while the one before was under way. It should be zero; else a probe is slower than its interval.",
            ),
            "short",
            (
                Query(
                    "sum by (shop, probe) "
                    '(increase(order_health_probe_skipped_runs_total{shop=~"$shop"}[$__rate_interval]))',
                    _PROBE_OF,
                ),
            ),
            probe="watch",
            width=8,
        ),
        Table(
            Words("不适用的检查项", "Checks that do not apply"),
            Words(
                "这家店铺的表、权限或服务器回答不了的检查项，没有值而不是零。想要它：按状态页上的原因补映射或权限。",
                "What a shop's tables, grants or servers can never answer: absent, not 0. To have it, add the mapping or the grant "
                "that the status page names.",
            ),
            "short",
            labels=(*_LABELS, ("check", Words("检查项", "Check"))),
            columns=(
                Column(
                    Words("", ""),
                    Query(
                        'max by (shop, probe, check) (order_health_not_applicable{shop=~"$shop"}) or '
                        'max by (shop, probe, check) (order_health_part_not_applicable{shop=~"$shop"})',
                        "{{shop}} {{probe}} {{check}}",
                    ),
                ),
            ),
        ),
        States(
            Words("数得不全", "Counts that are too low"),
            Words(
                "红色：没有看完窗口，或超过了能保留的数量，数字偏低。调小窗口，或调大上限。",
                "Red: the probe did not see all of its window, or found more than it keeps, so its counts are too low. Narrow the "
                "window, or raise the cap.",
            ),
            "short",
            tuple(
                Query(f'max by (shop) ({metric}{{shop=~"$shop"}})', f"{{{{shop}}}} {probe}") for probe, metric in _CUT
            ),
            probe="watch",
            good=0,
        ),
    ),
)
