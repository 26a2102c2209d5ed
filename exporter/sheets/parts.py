"""What a file really is, whatever its name says: a table, an archive of tables, or something that must be refused."""

from __future__ import annotations

import io
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Literal, cast

from exporter.sheets.capped import Capped
from exporter.sheets.faults import SheetFaultError
from exporter.text import one_line

Kind = Literal["text", "json", "xlsx"]
File = Path | IO[bytes]
"""A path, or a file that is open for reading and can seek (such as a download in a temporary file)."""

HEAD = 4096
_DEEPEST = 2
_IN_MEMORY = 8 << 20
_UTF8_NAME = 0x800
_LOCKED = 0x1
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_PAGE = re.compile(
    rb"\s*(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|script|meta|div)\b", re.IGNORECASE | re.DOTALL
)
_FOREIGN = {
    b"\xd0\xcf\x11\xe0": (
        "an old .xls or a workbook with a password",
        "save it as .xlsx without a password, or as CSV",
    ),
    b"%PDF": ("a PDF", "export it as CSV or XLSX"),
    b"Rar!": ("a RAR archive", "unpack it"),
    b"7z\xbc\xaf": ("a 7z archive", "unpack it"),
    b"\x28\xb5\x2f\xfd": ("a zstd archive", "unpack it"),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """`size`: bytes of one table once it is unpacked; `files`: tables in one archive."""

    size: int = 2 << 30
    files: int = 100


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a file; `open()` reads its bytes from the start, and may be called again.

    A workbook is a part for each of its sheets; `sheet` is which, by its name inside the archive.
    """

    name: str
    kind: Kind
    open: Callable[[], IO[bytes]]
    sheet: str = ""


def parts(file: File, name: str = "", limits: Limits | None = None) -> Iterator[Part]:
    """The tables of a file in the archive's order; raises SheetFaultError for what holds none.

    A part must be read before the next one is asked for.
    """
    name = name or (file.name if isinstance(file, Path) else Path(str(getattr(file, "name", "download"))).name)
    yield from _parts(partial(_opened, file), name, limits or Limits(), 0)


class _Kept(io.BufferedReader):
    """Closing it leaves the file beneath open: that belongs to the caller."""

    def close(self) -> None:
        if not self.closed:
            self.detach()


def _opened(file: File) -> IO[bytes]:
    if isinstance(file, Path):
        return file.open("rb")
    file.seek(0)
    return _Kept(file)  # type: ignore[arg-type] # any readable binary file will do


def _parts(opener: Callable[[], IO[bytes]], name: str, limits: Limits, depth: int) -> Iterator[Part]:
    with opener() as stream:
        head = stream.read(HEAD)
    if head.startswith(b"\x1f\x8b"):
        yield from _parts(partial(_gunzipped, opener, name, limits), name.removesuffix(".gz"), limits, depth + 1)
    elif head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        yield from _unzipped(opener, name, limits, depth)
    else:
        yield Part(name, _kind(head, name), opener)


def _gunzipped(opener: Callable[[], IO[bytes]], name: str, limits: Limits) -> IO[bytes]:
    import gzip  # noqa: PLC0415 - rare

    beneath = opener()
    stream = cast("IO[bytes]", gzip.GzipFile(fileobj=beneath, mode="rb"))
    return io.BufferedReader(Capped(stream, limits.size, name, beneath), 1 << 18)


def _unzipped(opener: Callable[[], IO[bytes]], name: str, limits: Limits, depth: int) -> Iterator[Part]:
    if depth >= _DEEPEST:
        raise SheetFaultError(name, "archives within archives within archives", "unpack it and give the tables")
    with opener() as beneath:
        try:
            archive = zipfile.ZipFile(beneath)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
            raise _damaged(name, error) from None
        with archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            if any(info.filename == "xl/workbook.xml" for info in members):
                yield from _sheets(opener, name, members)
                return
            if len(members) > limits.files:
                raise SheetFaultError(name, f"{len(members)} files in one archive", f"give at most {limits.files}")
            wanted = [info for info in members if not Path(info.filename).name.startswith((".", "__MACOSX"))]
            if not wanted:
                raise SheetFaultError(name, "an archive without files", "export it again")
            for info in wanted:
                yield from _member(archive, info, f"{name}/{_entry_name(info)}", limits, depth)


def _sheets(opener: Callable[[], IO[bytes]], name: str, members: list[zipfile.ZipInfo]) -> Iterator[Part]:
    """In the order of their numbers, which is that in which they were made."""
    found = [info.filename for info in members if re.fullmatch(r"xl/worksheets/[^/]+\.xml", info.filename)]
    if not found:
        raise SheetFaultError(name, "a workbook without a sheet", "export it again")
    for sheet in sorted(found, key=lambda each: (len(each), each)):
        yield Part(name if len(found) == 1 else f"{name}/{Path(sheet).stem}", "xlsx", opener, sheet)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, limits: Limits, depth: int) -> Iterator[Part]:
    if info.flag_bits & _LOCKED:
        raise SheetFaultError(name, "locked by a password", "unpack it with its password and give the tables")
    with _entry(archive, info, name, limits) as stream:
        packed = stream.read(4) == b"PK\x03\x04"
    if not packed:
        yield from _parts(partial(_entry, archive, info, name, limits), name, limits, depth + 1)
        return
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as spool:  # an archive is read from its end
        with _entry(archive, info, name, limits) as stream:
            shutil.copyfileobj(stream, spool)
        yield from _parts(partial(_opened, spool), name, limits, depth + 1)


def _entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, limits: Limits) -> IO[bytes]:
    try:
        return io.BufferedReader(Capped(archive.open(info), limits.size, name), 1 << 18)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise _damaged(name, error) from None


def _damaged(name: str, error: Exception) -> SheetFaultError:
    return SheetFaultError(name, f"a damaged or cut archive ({one_line(str(error), 80)})", "download it again")


def _entry_name(info: zipfile.ZipInfo) -> str:
    """Names that do not say UTF-8 are GBK here, as Alipay's are."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename


def _kind(head: bytes, name: str) -> Kind:
    if not head:
        raise SheetFaultError(name, "0 bytes", "the export failed or is not finished: download it again")
    for magic, (what, advice) in _FOREIGN.items():
        if head.startswith(magic):
            raise SheetFaultError(name, f"this is {what}, not a table", advice)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _PAGE.match(text):
        title = _TITLE.search(text)
        named = f" ({one_line(title[1].decode('utf-8', 'replace'), 40)!r})" if title else ""
        raise SheetFaultError(
            name, f"a web page{named}, not a table", "most likely the log-in page: log in, then export"
        )
    if text.startswith((b"<?xml", b"<xml")):
        raise SheetFaultError(name, "XML, not a table: an error message takes this form", "read it, and export again")
    return "json" if text.startswith((b"{", b"[{")) else "text"
