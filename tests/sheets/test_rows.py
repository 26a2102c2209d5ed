"""Tables are read as people and programs really write them, and what is no table is refused by name."""

from __future__ import annotations

import gzip
import io
import tempfile
import tracemalloc
import zipfile
from decimal import Decimal

import pytest

from exporter import sheets
from exporter.sheets import Limits, SheetFaultError, rows
from exporter.sheets.writing import write_csv, write_xlsx

TEXT = '订单编号,金额,备注\nSO1,"1,234.50",好\n\nSO2,6.00,"两\n行, 一格"\n'
ROWS = [["订单编号", "金额", "备注"], ["SO1", "1,234.50", "好"], ["SO2", "6.00", "两\n行, 一格"]]


def file(tmp_path, data, name="orders.csv"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def zipped(*members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def workbook(*cells, strings="", styles=""):
    sheet = f'<worksheet><sheetData><row r="3">{"".join(cells)}</row></sheetData></worksheet>'
    files = [("xl/workbook.xml", "<workbook/>"), ("xl/worksheets/sheet1.xml", sheet)]
    files += [("xl/sharedStrings.xml", strings)] if strings else []
    files += [("xl/styles.xml", styles)] if styles else []
    return zipped(*files)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_encoding_is_told_by_the_bytes(tmp_path, encoding, end):
    found = list(rows(file(tmp_path, TEXT.replace("\n", end).encode(encoding))))
    assert [[cell.replace("\r\n", "\n") for cell in row] for row in found] == ROWS


def test_the_encoding_is_told_by_the_first_letters_that_are_not_ascii_however_late(tmp_path):
    text = "id,name\n" + "1,a\n" * 300_000 + "2,订单\n"
    for encoding in ("utf-8", "gb18030"):
        assert list(rows(file(tmp_path, text.encode(encoding))))[-1] == ["2", "订单"]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_told_by_the_lines(tmp_path, delimiter):
    text = "订单编号,创建时间,金额\nSO1,2026-01-25 10:00:00,6.00\nSO2,2026-01-25 10:00:00,7.00\n".replace(
        ",", delimiter
    )
    assert list(rows(file(tmp_path, text.encode())))[1] == ["SO1", "2026-01-25 10:00:00", "6.00"]


def test_cells_padded_with_tabs_are_still_cut_at_commas(tmp_path):
    text = "支付宝交易号,商户订单号,金额\n2026\t,SO1\t,6.00\t\n2027\t,SO2\t,7.00\t\n"
    assert [list(map(sheets.clean, row)) for row in rows(file(tmp_path, text.encode("gb18030")))][1] == [
        "2026",
        "SO1",
        "6.00",
    ]


def test_a_file_in_two_encodings_is_told_with_its_line(tmp_path):
    data = "订单编号\n".encode() + b"SO1\n" * 30_000 + "订单\n".encode("gb18030")
    with pytest.raises(SheetFaultError) as fault:
        list(rows(file(tmp_path, data)))
    assert fault.value.line == 30_002
    assert "UTF-8" in str(fault.value)


def test_a_quote_that_is_never_closed_is_a_fault_with_the_line_where_it_opens(tmp_path):
    with pytest.raises(SheetFaultError) as fault:
        list(rows(file(tmp_path, b'a,b\n1,2\n3,"4\n5,6\n')))
    assert fault.value.line == 3


def test_archives_hold_tables_under_names_in_gbk(tmp_path):
    data = bytearray(zipped(("20260125_xxxx.csv", TEXT.encode("gb18030"))))
    name = "20260125_业务.csv".encode("gb18030")  # the same length as the ASCII name
    assert len(name) == len(b"20260125_xxxx.csv")
    path = file(tmp_path, bytes(data.replace(b"20260125_xxxx.csv", name)), "bill.zip")
    [part] = list(sheets.parts(path))
    assert part.name == "bill.zip/20260125_业务.csv"
    assert list(rows(path)) == ROWS


def test_archives_in_an_archive_and_gzip_are_read(tmp_path):
    inner = zipped(("a.csv", TEXT))
    assert list(rows(file(tmp_path, zipped(("x/inner.zip", inner))))) == ROWS
    assert list(rows(file(tmp_path, gzip.compress(TEXT.encode())))) == ROWS
    with pytest.raises(SheetFaultError, match="within archives"):
        list(rows(file(tmp_path, zipped(("2.zip", zipped(("1.zip", inner)))))))


def test_a_file_that_is_open_is_read_as_well_and_stays_open():
    buffer = io.BytesIO(TEXT.encode())
    assert list(rows(buffer, "download")) == ROWS
    assert not buffer.closed


BOMBS = {
    "zip": lambda: zipped(("a.csv", b"1,2\n" * (8 << 20))),
    "gzip": lambda: gzip.compress(b"1,2\n" * (8 << 20)),
    "xlsx": lambda: zipped(
        ("xl/workbook.xml", ""),
        ("xl/worksheets/sheet1.xml", b"<worksheet><sheetData>" + b"<row><c><v>1</v></c></row>" * (1 << 20)),
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_stopped_by_the_cap_not_by_the_memory(tmp_path, bomb):
    path = file(tmp_path, BOMBS[bomb]())
    tracemalloc.start()
    with pytest.raises(SheetFaultError, match="more than 1 MiB"):
        for _ in rows(path, limits=Limits(size=1 << 20)):
            pass
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "0 bytes"),
        ("<!DOCTYPE html><html><head><title>登录 - 商城后台</title>".encode(), "登录 - 商城后台"),
        (b"\n <!-- x --><html>", "web page"),
        (b'{"code": 401, "msg": "not logged in"}', "JSON"),
        (b"<xml><return_code>FAIL</return_code></xml>", "XML"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old .xls"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04broken", "damaged"),
        (zipped(("a.csv", TEXT * 1000))[:-60], "damaged"),
        (gzip.compress(TEXT.encode() * 1000)[:-20], "damaged"),
        (b"\x00\x01\x02\x03" * 400, "NUL"),
        (zipped(), "without files"),
        (zipped(*((f"{n}.csv", "a") for n in range(101))), "101 files"),
    ],
    ids=["empty", "login", "html", "json", "xml", "xls", "pdf", "zip", "cut zip", "cut gzip", "binary", "none", "many"],
)
def test_what_is_no_table_is_refused_by_name(tmp_path, data, said):
    with pytest.raises(SheetFaultError, match=said) as fault:
        list(rows(file(tmp_path, data, "export.csv")))
    assert str(fault.value).startswith("export.csv")
    assert fault.value.advice


def test_a_damaged_member_of_an_archive_is_told(tmp_path):
    data = bytearray(zipped(("a.csv", "".join(f"{n},{n * 7919}\n" for n in range(50_000)))))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(SheetFaultError, match="damaged"):
        list(rows(file(tmp_path, bytes(data))))


def test_a_workbook_gives_texts_numbers_dates_and_results_of_formulas(tmp_path):
    strings = "<sst><si><t>订单</t><rPh><t>dingdan</t></rPh></si><si><r><t>A</t></r><r><t>B</t></r></si></sst>"
    styles = (
        '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy/m/d h:mm"/>'
        '<numFmt numFmtId="165" formatCode="&quot;day&quot;#,##0.00[Red]"/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    )
    data = workbook(
        '<c r="A3" t="s"><v>0</v></c>',
        '<c r="C3" t="s"><v>1</v></c>',
        '<c r="D3" s="1"><v>46047.541666666664</v></c>',
        '<c r="E3" s="2"><v>19.989999999999998</v></c>',
        '<c r="F3"><f>HYPERLINK("http://x")</f><v>7</v></c>',
        '<c r="G3" t="inlineStr"><is><t>a &amp; b</t></is></c>',
        '<c r="H3"><v>2.0260125123456701E+16</v></c>',
        '<c r="AA3" t="b"><v>1</v></c>',
        strings=strings,
        styles=styles,
    )
    [row] = list(rows(file(tmp_path, data, "orders.xlsx")))
    assert row[:8] == ["订单", "", "AB", "2026-01-25 13:00:00", "19.99", "7", "a & b", "2.02601251234567e+16"]
    assert len(row) == 27
    assert row[26] == "TRUE"
    assert sheets.damage(row[7])
    assert sheets.money(row[4]) == Decimal("19.99")


def test_a_workbook_that_declares_entities_is_refused(tmp_path):
    sheet = (
        '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet><sheetData><row><c><v>&a;</v></c></row></sheetData></worksheet>'
    )
    with pytest.raises(SheetFaultError, match="damaged"):
        list(rows(file(tmp_path, zipped(("xl/workbook.xml", ""), ("xl/worksheets/sheet1.xml", sheet)))))


def test_each_sheet_of_a_workbook_is_a_table(tmp_path):
    path = tmp_path / "two.xlsx"
    write_xlsx(path, [("一", ["a"], [["1"]]), ("二", ["b"], [["2"]])])
    assert [part.name for part in sheets.parts(path)] == ["two.xlsx/sheet1", "two.xlsx/sheet2"]
    assert list(rows(path)) == [["a"], ["1"], ["b"], ["2"]]


@pytest.mark.parametrize("write", ["csv", "xlsx"])
def test_what_was_written_is_read_again_and_no_cell_is_a_formula(tmp_path, write):
    path = tmp_path / f"out.{write}"
    given = [["=1+1", "+A1", "-A1", "-12.50", "@SUM(A1)", "\t=1", "＝1", None, 7, '<b>&"\x01']]
    head = [f"c{n}" for n in range(10)]
    write_csv(path, head, given) if write == "csv" else write_xlsx(path, [("差异", head, given)])
    [_, row] = list(rows(path))
    assert row[:7] == ["'=1+1", "'+A1", "'-A1", "-12.50", "'@SUM(A1)", "'\t=1", "'＝1"]
    assert row[8] == "7"
    assert row[9].startswith('<b>&"')


def test_a_million_shared_strings_do_not_fill_the_memory(tmp_path):
    count = 120_000
    strings = "<sst>" + "".join(f"<si><t>SO2026012500{n:020}</t></si>" for n in range(count)) + "</sst>"
    cells = "".join(f'<row><c t="s"><v>{n}</v></c></row>' for n in range(count))
    sheet = f"<worksheet><sheetData>{cells}</sheetData></worksheet>"
    path = file(
        tmp_path,
        zipped(("xl/workbook.xml", ""), ("xl/sharedStrings.xml", strings), ("xl/worksheets/sheet1.xml", sheet)),
    )
    del strings, cells, sheet
    tracemalloc.start()
    for number, row in enumerate(rows(path)):  # noqa: B007 - the last is looked at
        pass
    assert (number, row) == (count - 1, [f"SO2026012500{count - 1:020}"])
    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()


def test_a_workbook_with_one_endless_cell_or_row_is_refused_before_it_fills_the_memory(tmp_path):
    long = "9" * (3 << 20)
    shared = f"<sst><si><t>{long}</t></si></sst>"
    for made in (
        workbook(f"<c><v>{long}</v></c>"),
        workbook('<c t="s"><v>0</v></c>', strings=shared),
        workbook("<c><v>1</v></c>" * 20_000),
    ):
        with pytest.raises(SheetFaultError, match="damaged"):
            list(rows(file(tmp_path, made, "bomb.xlsx")))


def test_a_packed_file_that_is_still_open_for_writing_is_read():
    with tempfile.SpooledTemporaryFile() as spool:
        spool.write(gzip.compress(TEXT.encode()))
        assert list(rows(spool, "download")) == ROWS
