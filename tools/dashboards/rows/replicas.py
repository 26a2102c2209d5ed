"""How far replicas are behind."""

from __future__ import annotations

from tools.dashboards.nouns import Column, Lines, Query, Row, States, Table, Words, limit

ROW = Row(
    Words("从库", "Replicas"),
    (
        Lines(
            Words("复制延迟", "Replica lag"),
            Words(
                "从库数据有多旧。gtid 和 heartbeat 精确到零点几秒，status 只到整秒。超过红线：报表和导出会少最近的订单。",
                "How old the replica's data is; gtid and heartbeat see fractions of a second, status whole ones. Beyond the red "
                "line reports and exports lack the newest orders.",
            ),
            "s",
            (
                Query(
                    'max by (shop, replica, method) (order_health_replica_lag_seconds{shop=~"$shop"})',
                    "{{shop}} {{replica}} {{method}}",
                ),
                limit("replica_lag", "lag"),
            ),
            probe="replica_lag",
        ),
        States(
            Words("复制线程", "Threads of replication"),
            Words(
                "红色：取日志（io）或回放（sql）的线程没有运行。正在连接也算没有运行。按处理手册查错误号，不要直接跳过事务。",
                "Red: the thread that fetches (io) or applies (sql) does not run; connecting is not running. Look up the error by "
                "the runbook; do not just skip the transaction.",
            ),
            "short",
            (
                Query(
                    'min by (shop, replica, channel, thread) (order_health_replica_running{shop=~"$shop"})',
                    "{{shop}} {{replica}} {{channel}} {{thread}}",
                ),
            ),
            probe="replica_lag",
        ),
        Table(
            Words("从库的设置", "How the replicas are set up"),
            Words(
                "是否真是从库、是否拒绝写入、是否故意延迟、最近十分钟这个地址背后有几台服务器。前两列为零、节点多于一，都要查。",
                "Whether it replicates at all, refuses writes, is delayed on purpose, and how many servers answered at its address "
                "within ten minutes. A zero in the first two, or more than one server, needs a look.",
            ),
            "short",
            probe="replica_lag",
            width=24,
            height=6,
            labels=(("shop", Words("店铺", "Shop")), ("replica", Words("从库", "Replica"))),
            columns=(
                Column(
                    Words("是从库", "Is a replica"),
                    Query(
                        'min by (shop, replica) (order_health_replica_is_replica{shop=~"$shop"})',
                        "{{shop}} {{replica}}",
                    ),
                ),
                Column(
                    Words("只读", "Read-only"),
                    Query(
                        'min by (shop, replica) (order_health_replica_read_only{shop=~"$shop"})', "{{shop}} {{replica}}"
                    ),
                ),
                Column(
                    Words("故意延迟", "Delayed on purpose"),
                    Query(
                        'max by (shop, replica) (order_health_replica_delay_seconds{shop=~"$shop"})',
                        "{{shop}} {{replica}}",
                    ),
                    "s",
                    red_from=1,
                ),
                Column(
                    Words("服务器数", "Servers"),
                    Query('max by (shop, replica) (order_health_replica_nodes{shop=~"$shop"})', "{{shop}} {{replica}}"),
                    red_from=2,
                ),
            ),
        ),
    ),
)
