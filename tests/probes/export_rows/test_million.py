"""A million rows are read in little memory, whatever the form of the file."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from datetime import timedelta

import pytest

from tests.probes.export_rows.exports import HEAD, MIDNIGHT

ROWS = 1_000_000
MOST = 64.0
"""MiB that reading may add."""

READ = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo
from exporter.probes.export_rows.nouns import Window
from exporter.probes.export_rows.reading import Form, Reader
from exporter.sheets import Limits
from exporter.sheets.exports import AMOUNTS, CREATED, NUMBERS

def peak():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) / 1024

since = datetime(2026, 2, 27, 16, tzinfo=UTC)
columns = {"number": NUMBERS, "amount": AMOUNTS, "time": CREATED}
form = Form(columns, Window(since, since + timedelta(days=1)), ZoneInfo("Asia/Shanghai"))
before = peak()
with Path(sys.argv[1]).open("rb") as file:
    found = Reader(form, lambda: None).read(file, "orders", Limits())
print(found.rows, found.orders, found.repeated, found.amount, found.outside, sum(found.minutes), peak() - before)
"""


def numbered():
    """Number, amount and time of each row; the last order is there twice."""
    for place in range(ROWS):
        number = min(place, ROWS - 2)
        yield f"2026022800{number:010}", f"{place % 50_000}.25", f"{MIDNIGHT + timedelta(seconds=number // 12):%F %T}"


def as_csv(path):
    with path.open("w", encoding="gb18030", newline="") as file:
        file.write(",".join(HEAD) + "\r\n")
        file.writelines(f"{number},{amount},{time}\r\n" for number, amount, time in numbered())


def as_workbook(path):
    cell = '<c t="inlineStr"><is><t>{}</t></is></c>'
    row = f"<row>{cell}<c><v>{{}}</v></c>{cell}</row>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f"<worksheet><sheetData>{row.replace('<c><v>{}</v></c>', cell).format(*HEAD)}".encode())
            for each in numbered():
                sheet.write(row.format(*each).encode())
            sheet.write(b"</sheetData></worksheet>")


@pytest.mark.parametrize(("name", "write"), [("orders.csv", as_csv), ("orders.xlsx", as_workbook)])
def test_a_million_rows_are_read_in_little_memory(tmp_path, name, write):
    write(tmp_path / name)
    ran = subprocess.run(
        [sys.executable, "-c", READ, tmp_path / name], capture_output=True, text=True, check=False, timeout=110
    )
    assert ran.returncode == 0, ran.stderr
    *figures, more = ran.stdout.split()
    total = sum(100 * (place % 50_000) + 25 for place in range(ROWS))
    assert figures == [str(ROWS), str(ROWS - 1), "1", str(total), "0", str(ROWS - 1)]
    assert float(more) <= MOST
