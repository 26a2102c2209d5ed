"""Whether the files that finance downloads are fresh."""

from __future__ import annotations

from tools.dashboards.nouns import Column, Lines, Query, Row, States, Table, Words

_BY_PATH = "{{shop}} {{path}}"

ROW = Row(
    Words("财务导出：新旧", "Exports: how fresh"),
    (
        States(
            Words("由缓存返回", "Answered from a cache"),
            Words(
                "红色：这次导出由缓存返回，可能是旧文件。先停用该导出，再让缓存放行它的地址。",
                "Red: a cache answered, the file may be old. Stop using it, then let its address past the cache.",
            ),
            "short",
            (Query('max by (shop, path) (order_health_export_cached{shop=~"$shop"})', _BY_PATH),),
            probe="export_cache",
            width=8,
            good=0,
        ),
        States(
            Words("未登录也能下载", "Open to anyone"),
            Words(
                "红色：不带凭据也能拿到同样的文件，订单和顾客资料正在泄露。立即清除缓存。",
                "Red: the file comes without credentials too; orders and customers leak. Purge the cache now.",
            ),
            "short",
            (Query('max by (shop, path) (order_health_export_anonymous_leak{shop=~"$shop"})', _BY_PATH),),
            probe="export_cache",
            width=8,
            good=0,
        ),
        States(
            Words("ETag 不随内容变化", "ETag frozen"),
            Words(
                "红色：内容变了而 ETag 没有变，浏览器会一直用旧文件。修正 ETag，或不再发送。",
                "Red: the content changed and the ETag did not, so browsers keep an old file. Correct it, or send none.",
            ),
            "short",
            (Query('max by (shop, path) (order_health_export_etag_frozen{shop=~"$shop"})', _BY_PATH),),
            probe="export_cache",
            width=8,
            good=0,
        ),
        Lines(
            Words("文件有多旧", "How old the file is"),
            Words(
                "实线是文件到手时至少有多旧；虚线是订单已变而文件未变的时长。两者都应为零。",
                "Solid: how old the file at least was when it came. Dashed: how long orders have changed while it has not. Both "
                "should be zero.",
            ),
            "s",
            (
                Query(
                    'max by (shop, path) (order_health_export_age_seconds{shop=~"$shop"})',
                    Words(f"{_BY_PATH} 旧", f"{_BY_PATH} age"),
                ),
                Query(
                    'max by (shop, path) (order_health_export_frozen_seconds{shop=~"$shop"})',
                    Words(f"{_BY_PATH} 未变", f"{_BY_PATH} unchanged"),
                    "usual",
                ),
            ),
            probe="export_cache",
            width=8,
        ),
        Lines(
            Words("导出用时", "Time of an export"),
            Words(
                "从请求到最后一个字节。突然变得极快，往往是缓存在回答。",
                "From the question to the last byte. When it suddenly becomes very quick, a cache answers.",
            ),
            "s",
            (Query('max by (shop, path) (order_health_export_seconds{shop=~"$shop"})', _BY_PATH),),
            probe="export_cache",
            width=8,
        ),
        Lines(
            Words("文件大小", "Size of the file"),
            Words(
                "解压后的大小。同一天里变小，多半少了行。",
                "Unpacked. Where it shrinks within a day, rows are missing.",
            ),
            "bytes",
            (Query('max by (shop, path) (order_health_export_bytes{shop=~"$shop"})', _BY_PATH),),
            probe="export_cache",
            width=8,
        ),
        Table(
            Words("由谁回答", "Who answered"),
            Words(
                "每个导出最近一次由谁回答：origin 是店铺现做的，cached 和 stale 来自缓存，unknown 无从得知。",
                "Who answered each export last. origin: the shop made it; cached and stale: a cache; unknown: nothing tells.",
            ),
            "short",
            probe="export_cache",
            width=24,
            height=6,
            labels=(
                ("shop", Words("店铺", "Shop")),
                ("path", Words("导出", "Export")),
                ("kind", Words("回答", "Answer")),
            ),
            columns=(
                Column(
                    Words("", ""),
                    Query('max by (shop, path, kind) (order_health_export_verdict{shop=~"$shop"}) == 1', _BY_PATH),
                ),
            ),
        ),
    ),
)
