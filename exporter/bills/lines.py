"""The lines of WeChat Pay's bills, which look like CSV and are none."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.bills.form import Block, Line


def cells(line: str) -> list[str]:
    """A line of data: every cell begins with a backtick, and a comma without one belongs to the text."""
    return line[1:].split(",`") if line.startswith("`") else line.split(",")


class Lines(Iterator[Line]):
    """The lines of a bill that is a text, one by one, or many at once by their columns."""

    def __init__(self, batches: Iterator[list[str]]) -> None:
        self._batches, self._batch = batches, list[str]()
        self._at = self._before = 0

    def __next__(self) -> Line:
        while True:
            if self._at == len(self._batch):
                self._turn(next(self._batches))
            text = self._batch[self._at].rstrip("\n")
            self._at += 1
            if text.strip():
                return self._before + self._at, cells(text)

    def block(self, width: int) -> Block | None:
        """The lines up to the end of the batch; None if something among them is not a line of data, or at the end."""
        if self._at == len(self._batch):
            self._turn(next(self._batches, []))
        waiting = self._batch[self._at :]
        text = "".join(waiting).removesuffix("\n").replace("\n`", ",`")
        found = text[1:].split(",`")
        if not text.startswith("`") or "\n" in text or len(found) != width * len(waiting):
            return None
        first = self._before + self._at + 1
        self._at = len(self._batch)
        return Block(range(first, first + len(waiting)), found, width)

    def _turn(self, batch: list[str]) -> None:
        self._before += len(self._batch)
        self._batch, self._at = batch, 0
