"""The judge, its past, and the process that they live in."""

from __future__ import annotations

from tools.dashboards.nouns import Column, Lines, Query, Row, States, Table, Words

_INSTANCE = (("instance", Words("实例", "Instance")),)

JUDGE = Row(
    Words("判断", "Judging"),
    (
        Lines(
            Words("距上次判断", "Since rules were judged"),
            Words(
                "距上次评估全部规则的时间，正常只有几秒；超过五分钟会有告警。",
                "Time since all rules were judged: some seconds. After five minutes there is an alert.",
            ),
            "s",
            (Query("time() - max by (instance) (order_health_last_judged_timestamp_seconds)", "{{instance}}"),),
            probe="watch",
            width=8,
        ),
        Lines(
            Words("无法评估的规则", "Rules that cannot be evaluated"),
            Words(
                "上次没能评估的规则数，日志里有原因。应为零。",
                "Rules that could not be evaluated the last time; the log says why. It should be zero.",
            ),
            "short",
            (Query("max by (instance) (order_health_failed_rules)", "{{instance}}"),),
            probe="watch",
            width=8,
        ),
        States(
            Words("配置是否读成功", "Whether the configuration was read"),
            Words(
                "红色：上次重新加载失败，仍在用旧配置。运行 order-health check 看哪一行有错。",
                "Red: the last reload failed and the old configuration goes on. `order-health check` names the line.",
            ),
            "short",
            (Query("min by (instance) (order_health_config_last_reload_successful)", "{{instance}}"),),
            probe="watch",
            width=8,
        ),
        Lines(
            Words("规则的历史：内存", "The past of rules: memory"),
            Words(
                "规则回看的样本大约占多少内存；随序列数和回看时长增加。",
                "About what the samples take that rules look back at; it grows with series and with how far they look.",
            ),
            "bytes",
            (Query("max by (instance) (order_health_history_bytes)", "{{instance}}"),),
            width=8,
        ),
        Lines(
            Words("规则的历史：序列与样本", "The past of rules: series and samples"),
            Words(
                "被规则读到而保留的序列数和样本数。序列数猛增：某个标签的取值太多。",
                "Series and samples that are kept because a rule reads them. A jump in series: a label has too many values.",
            ),
            "short",
            (
                Query(
                    "max by (instance) (order_health_history_series)", Words("{{instance}} 序列", "{{instance}} series")
                ),
                Query(
                    "max by (instance) (order_health_history_samples)",
                    Words("{{instance}} 样本", "{{instance}} samples"),
                ),
            ),
            width=8,
        ),
        Table(
            Words("版本与启动", "Version and start"),
            Words(
                "运行中的版本、进程启动时间和上次读配置的时间。升级后核对这里。",
                "The version that runs, when it started, and when the configuration was last read. Look here after an upgrade.",
            ),
            "short",
            width=8,
            labels=(*_INSTANCE, ("version", Words("版本", "Version"))),
            columns=(
                Column(Words("", ""), Query("max by (instance, version) (order_health_build_info)", "{{instance}}")),
                Column(
                    Words("启动", "Started"),
                    Query(
                        "1000 * max by (instance) (process_start_time_seconds and on (instance) order_health_build_info)",
                        "{{instance}}",
                    ),
                    "dateTimeAsIso",
                ),
                Column(
                    Words("读配置", "Configuration read"),
                    Query(
                        "1000 * max by (instance) (order_health_config_last_reload_success_timestamp_seconds)",
                        "{{instance}}",
                    ),
                    "dateTimeAsIso",
                ),
            ),
        ),
    ),
)

PROCESS = Row(
    Words("进程", "The process"),
    (
        Lines(
            Words("内存", "Memory"),
            Words(
                "常驻内存。平稳才正常；一直上升请提 issue，并附上店铺数和检查数。",
                "Resident memory. It should be level; if it keeps growing, file an issue with the number of shops and probes.",
            ),
            "bytes",
            (
                Query(
                    "max by (instance) (process_resident_memory_bytes and on (instance) order_health_build_info)",
                    "{{instance}}",
                ),
            ),
            width=8,
        ),
        Lines(
            Words("CPU", "CPU"),
            Words(
                "每秒用掉的 CPU 秒数；1 表示占满一个核。",
                "Seconds of CPU each second; 1 is one core.",
            ),
            "short",
            (
                Query(
                    "sum by (instance) "
                    "(rate(process_cpu_seconds_total[$__rate_interval]) and on (instance) order_health_build_info)",
                    "{{instance}}",
                ),
            ),
            width=8,
        ),
        Lines(
            Words("文件句柄", "Open files"),
            Words(
                "打开的文件和连接占上限的比例。接近 100% 会连不上数据库：调大 LimitNOFILE。",
                "Files and connections as a part of the limit. Near 100% databases cannot be reached: raise LimitNOFILE.",
            ),
            "percentunit",
            (
                Query(
                    "max by (instance) (process_open_fds / process_max_fds and on (instance) order_health_build_info)",
                    "{{instance}}",
                ),
            ),
            width=8,
            top=1,
        ),
    ),
)
