"""Files as shops and spreadsheets make them, and what comes in place of one."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import zipfile
from contextlib import closing

import pytest

from exporter.sheets.writing import write_xlsx
from exporter.shop import ShopError
from tests.probes.export_rows.exports import HEAD, NAME, PATH, at, figures, findings, row, written
from tests.servers import needed
from tests.servers.origin import Answer, Origin

SECRETS = ("tok-7", "13800000000", "127.0.0.1", "张三")


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return buffer.getvalue()


def workbook(tmp_path, *sheets):
    path = tmp_path / "orders.xlsx"
    write_xlsx(path, [(f"s{place}", head, rows) for place, (head, rows) in enumerate(sheets)])
    return path.read_bytes()


def true(told):
    assert figures(told) == (0, 0)
    assert told.value("export_amount_difference", NAME) == 0
    assert findings(told) == {}


def refusal(day, **settings):
    with pytest.raises(ShopError) as error:
        day.look(token="tok-7", **settings)
    assert str(error.value).startswith(NAME)
    assert not [secret for secret in SECRETS if secret in str(error.value)]
    return str(error.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_any_encoding_that_spreadsheets_write(day, encoding):
    day.orders(5).export(written(day.rows, encoding=encoding))
    true(day.look())


def test_a_workbook_and_its_sheet_of_notes(day, tmp_path):
    day.orders(5).export(workbook(tmp_path, (HEAD, day.rows), (["说明"], [["导出人"], ["张三"]])))
    true(day.look())


def test_an_archive_of_parts_and_a_packed_answer(day):
    day.orders(6).export(zipped(a_dot_csv=written(day.rows[:3]), b_dot_csv=written(day.rows[3:], encoding="gb18030")))
    true(day.look())
    day.export(gzip.compress(written(day.rows)), headers={"Content-Encoding": "gzip"})
    true(day.look())


def test_titles_sums_blank_rows_and_headings_that_come_again_are_no_orders(day):
    day.orders(4)
    rows = [*day.rows[:2], HEAD, *day.rows[2:], ["", "", ""], ["合计", "48.00", ""], ["共 4 笔", "", ""]]
    day.export(b"\xef\xbb\xbf" + "订单明细,,\r\n".encode() + written(rows, encoding="utf-8"))
    true(day.look())


def test_a_sum_without_a_word_is_no_order(day):
    day.orders(4).export([*day.rows, ("", "48.00", "")])
    true(day.look())


def test_a_text_over_several_lines_is_one_cell(day):
    day.orders(2)
    rows = [(*each, "两行\n备注, 逗号") for each in day.rows]
    day.export(written(rows, (*HEAD, "备注")))
    true(day.look())


def test_numbers_kept_from_a_spreadsheet_by_a_mark_are_read(day):
    day.orders(3)
    marked = [(f"{mark}{number}{end}", amount, time) for (number, amount, time), mark, end in
              zip(day.rows, ("\t", "'", '="'), ("", "", '"'), strict=True)]  # fmt: skip
    day.export(marked)
    true(day.look())


@pytest.mark.parametrize(
    "form",
    ["%Y/%m/%d %H:%M", "%Y-%m-%dT%H:%M:%S+08:00", "%Y年%m月%d日 %H:%M:%S", "%Y/%-m/%-d %-H:%M:%S", "%s", "%s000"],
)
def test_times_as_people_and_programs_write_them(day, form):
    created = [at(hours) for hours in (0, 9.5, 23.75)]
    for place, each in enumerate(created):
        day.order(f"OH{place}", each)
    stamps = [
        f"{each:{form}}" if "s" not in form[:2] else form.replace("%s", str(int(each.timestamp()))) for each in created
    ]
    day.export([(number, amount, stamp) for (number, amount, _), stamp in zip(day.rows, stamps, strict=True)])
    told = day.look()
    true(told)
    day.export([(number, amount, stamp) for (number, amount, _), stamp in list(zip(day.rows, stamps, strict=True))[1:]])
    assert day.look().refs("export_missing_rows") == ["OH0"]


def test_dates_without_a_time_of_day_prove_no_boundary(day):
    day.orders(4).export([(number, amount, time[:10]) for number, amount, time in day.rows])
    true(day.look())


def test_columns_have_the_names_that_are_configured(day):
    day.orders(3).export(written(day.rows, ("NO.", "Σ", "t")))
    assert "no heading names a column of order numbers" in refusal(day)
    true(day.look(number_column="NO.", amount_column="Σ", time_column="t"))


def test_a_file_without_heading_tells_nothing_of_its_rows(day):
    day.export("张三,13800000000,1.00\r\n".encode())
    assert "number_column" in refusal(day)


# --- in place of a file


def test_a_login_page_is_no_file(day):
    page = b"<!DOCTYPE html><html><title>login</title><input type=password>"
    day.export(page, headers={"Content-Type": "text/html"})
    assert "login page" in refusal(day)
    day.origin.answers["/login"] = Answer(page, headers={"Content-Type": "text/html"})
    day.export(b"", status=302, headers={"Location": "/login"})
    assert "login page" in refusal(day)


def test_an_error_of_the_application_is_no_file(day):
    day.export(json.dumps({"code": 401, "msg": "张三 13800000000"}).encode())
    assert "code 401" in refusal(day)
    day.export(b'[{"a": 1}]')
    assert "JSON" in refusal(day)


def test_nothing_at_all_is_no_file(day):
    day.export(b"")
    assert "answers with nothing" in refusal(day)


def test_a_file_that_never_ends_is_stopped_at_the_cap(day):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n\r\n"

    def endless():
        yield head + written([])
        while True:
            yield b"OH1,1.00,2026-02-28 00:00:00\r\n" * 1000

    day.origin.answers[PATH] = lambda asked: Answer(raw=endless())
    assert "larger than" in refusal(day, max_bytes="256KB")


def test_a_file_shorter_than_announced_is_cut(day):
    day.export(written([]), length=100_000)
    assert "ends after" in refusal(day) or "cut short" in refusal(day)


def test_a_packed_bomb_is_stopped_at_the_cap(day):
    bomb = gzip.compress(bytes(64 << 20))
    day.export(bomb, headers={"Content-Encoding": "gzip"})
    assert "larger than" in refusal(day, max_bytes="1MB")
    day.export(gzip.compress(written([]) + b"x" * (64 << 20)))
    assert "unpacks to more than" in refusal(day, max_bytes="1MB")


def test_a_workbook_that_is_a_bomb_is_stopped(day):
    cell = '<c t="inlineStr"><is><t>' + "9" * (40 << 20) + "</t></is></c>"
    sheet = f"<worksheet><sheetData><row>{cell}</row></sheetData></worksheet>"
    day.export(zipped(xl__workbook_dot_xml="<workbook/>", xl__worksheets__sheet1_dot_xml=sheet))
    assert "damaged" in refusal(day, max_bytes="1MB")
    rows = "<row><c><v>1</v></c></row>" * (1 << 20)
    sheet = f"<worksheet><sheetData><row><c t='str'><v>order_no</v></c></row>{rows}</sheetData></worksheet>"
    day.export(zipped(xl__workbook_dot_xml="<workbook/>", xl__worksheets__sheet1_dot_xml=sheet))
    assert "unpacks to more than" in refusal(day, max_bytes="1MB")


def test_a_server_whose_certificate_nobody_knows_is_not_asked(day, tmp_path):
    import ssl

    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [needed("openssl", "openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "1", "-subj", "/CN=shop", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with closing(Origin(context)) as strange:
        assert "certificate is not trusted" in refusal(day, url=f"{strange.url}{PATH}")
        assert strange.asked == []


def test_a_row_with_an_open_quote_is_named_by_its_line(day):
    day.export(written([row("OH1", 1, at(1))]) + b'"OH2,1.00\r\n')
    assert "(line 3)" in refusal(day)
