"""What a day's reconciliation costs: rows a second and peak memory, beside pandas reading and merging the same.

`python bench/reconcile.py [ORDERS...]`; without numbers 100,000, a million and 5 million.

Five times the speed of pandas was the aim and is not reached; the two are about as fast. pandas parses and merges in C,
and so do we by now: every row passes through C as a part of a whole column (split, join, map, set), about ten times, at
some 5 µs in all. What is left to win is a second process for the files while the database is read. What is won is
memory, which here does not grow with the day and there does.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import yaml
from harness import ROOT, Database, UnavailableError, table, workplace

PANDAS = "pandas==2.2.3"
SIZES = (100_000, 1_000_000, 5_000_000)
DAY = "2026-01-25"
SIDES = 4
PANDAS_NEEDS = 3_500
"""Bytes an order, of all four sides."""
ODD = 10_000
"""Each so-many-th order is pending although it is paid, and each so-many-th after it is missing in the export."""

_ORDERS = f"""INSERT INTO orders
  (id, order_no, out_trade_no, status, amount, pay_channel, transaction_id, created_at, paid_at, updated_at)
SELECT seq, CONCAT('SO', LPAD(seq, 12, '0')), CONCAT('SO', LPAD(seq, 12, '0')), IF(seq % {ODD} = 0, 'pending', 'paid'),
  (seq % 20000 + 100) / 100, 'wechat', CONCAT('42', LPAD(seq, 26, '0')), made, made, made
FROM (SELECT seq, '{DAY}' + INTERVAL (seq * 86000 DIV {{count}}) SECOND AS made FROM seq_1_to_{{count}}) AS day"""
_CALLBACKS = """INSERT INTO pay_callback
  (id, out_trade_no, transaction_id, trade_state, amount_fen, pay_channel, received_at)
SELECT id, out_trade_no, transaction_id, 'SUCCESS', ROUND(amount * 100), 'wechat', created_at FROM orders"""

_BILL_HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
_BILL_SUM = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"


def main() -> int:
    sizes = [int(word) for word in sys.argv[1:]] or list(SIZES)
    with workplace() as (folder, stack):
        database = stack.enter_context(Database(folder, pool="1G"))
        rows, slow = [], pandas(folder)
        for size in sizes:
            fill(database, size)
            bill, export = files(folder, size)
            ours = measured(reconciled(folder, database, bill, export), folder)
            row = [f"{size:,}", *shown(size, ours)]
            if available() < size * PANDAS_NEEDS:
                rows.append([*row, "not run", "", f"needs {size * PANDAS_NEEDS >> 30} GiB", "", ""])
                continue
            theirs = measured([slow, Path(__file__).with_name("merge.py"), database.url("shop"), bill, export], folder)
            rows.append([*row, *shown(size, theirs), f"{theirs[0] / ours[0]:.1f} ×", f"1/{theirs[1] / ours[1]:.0f}"])
    head = ["orders", "s", "rows/s", "peak MiB", "pandas s", "rows/s", "peak MiB", "speed", "memory"]
    table("Reconciling a day: orders, callbacks, bill and export of so many rows each", head, rows)
    return 0


def available() -> int:
    """Bytes of memory that are free."""
    return int(Path("/proc/meminfo").read_text().split("MemAvailable:")[1].split()[0]) << 10


def fill(database: Database, count: int) -> None:
    database.create("shop")
    database.run(_ORDERS.format(count=count), _CALLBACKS, "ANALYZE TABLE orders, pay_callback", database="shop")


def files(folder: Path, count: int) -> tuple[Path, Path]:
    """The bill as WeChat Pay gives it, and an export in GB18030 that lacks some orders."""
    bill, export = folder / "bill.csv", folder / "export.csv"
    fen = 0
    with bill.open("w", encoding="utf-8-sig") as one, export.open("w", encoding="gb18030") as other:
        one.write(_BILL_HEAD + "\n")
        other.write("订单编号,买家,商品名称,实付金额,下单时间,状态\n")
        for seq in range(1, count + 1):
            number, amount = f"SO{seq:012}", seq % 20_000 + 100
            fen += amount
            second = seq * 86_000 // count
            at = f"{DAY} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
            yuan = f"{amount // 100}.{amount % 100:02}"
            one.write(
                f"`{at},`wx8888,`1900000109,`0,`,`42{seq:026},`{number},`oUpF8u,`JSAPI,`SUCCESS,`OTHERS,`CNY,`{yuan},`0.00,`0,`0,"
                f"`0.00,`0.00,`,`,`手机壳,`,`0.01000,`0.60%,`{yuan},`0.00,`\n"
            )
            if seq % ODD != 1:
                other.write(f"{number},顾客{seq % 977},手机壳 红色,{yuan},{at},已付款\n")
        total = f"{fen // 100}.{fen % 100:02}"
        one.write(f"{_BILL_SUM}\n`{count},`{total},`0.00,`0.00,`0.00,`{total},`0.00\n")
    return bill, export


def reconciled(folder: Path, database: Database, bill: Path, export: Path) -> list[str | Path]:
    config = folder / "config.yaml"
    shop = {"database": database.url("shop"), "tables": "plain", "probes": {"pending_paid": {}}}
    config.write_text(yaml.safe_dump({"shops": {"main": shop}}))
    return [
        sys.executable,
        "-m",
        "exporter",
        "reconcile",
        "--config.file",
        config,
        "--date",
        DAY,
        "--bill",
        bill,
        "--export",
        export,
    ]


def measured(argv: list[str | Path], folder: Path) -> tuple[float, float]:
    """Seconds and peak MiB of a process that ends with 0 or 1."""
    began = time.perf_counter()
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen([str(word) for word in argv], stdout=out, stderr=out, cwd=ROOT)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in {0, 1}:
        raise RuntimeError((folder / "out").read_text()[-2000:])
    return time.perf_counter() - began, used.ru_maxrss / 1024


def shown(size: int, figures: tuple[float, float]) -> list[str]:
    seconds, peak = figures
    return [f"{seconds:.1f}", f"{SIDES * size / seconds:,.0f}", f"{peak:.0f}"]


def pandas(folder: Path) -> Path:
    home = ROOT / ".peers" / "pandas"
    if (
        not (home / "bin" / "python").exists()
        or subprocess.run(
            [home / "bin" / "python", "-c", "import pandas, pymysql"], capture_output=True, check=False
        ).returncode
    ):
        made = subprocess.run([ROOT / "tools" / "venv.sh", home], capture_output=True, text=True, check=False)
        pip = [home / "bin" / "pip", "install", "--quiet", PANDAS, "pymysql", "sqlalchemy"]
        made = (
            subprocess.run(pip, capture_output=True, text=True, check=False, cwd=folder)
            if not made.returncode
            else made
        )
        if made.returncode:
            raise UnavailableError(f"{PANDAS} cannot be installed: {made.stderr[-300:]}")
    return home / "bin" / "python"


if __name__ == "__main__":
    sys.exit(main())
