"""A stream that ends in a fault rather than in a full disk: archives may unpack to a thousand times their size."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import IO

from exporter.sheets.faults import SheetFaultError


class Capped(io.RawIOBase):
    """Reads `stream` up to `limit` bytes; what is damaged, cut or longer raises SheetFaultError."""

    def __init__(self, stream: IO[bytes], limit: int, name: str, beneath: IO[bytes] | None = None) -> None:
        super().__init__()
        self._stream, self._left, self._limit, self._name, self._beneath = stream, limit, limit, name, beneath

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # what BufferedReader hands over
        try:
            data = self._stream.read(len(buffer))
        except (EOFError, zlib.error, zipfile.BadZipFile, OSError):
            raise SheetFaultError(self._name, "a damaged or cut archive", "download it again") from None
        self._left -= len(data)
        if self._left < 0:
            text = f"unpacks to more than {self._limit / (1 << 20):,.0f} MiB"
            raise SheetFaultError(self._name, text, "this may be a zip bomb; a true export is given in smaller parts")
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            if self._beneath:
                self._beneath.close()
        super().close()
