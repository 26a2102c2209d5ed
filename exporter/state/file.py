"""The file of an SQLite state: who may read it, whose it is, and whether it is still there."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class StateFaultError(Exception):
    """The state cannot be opened or written; the text says where, what, and what to do, without a password."""


class StateFile:
    """`where` begins every fault."""

    def __init__(self, path: Path, where: str) -> None:
        self._path, self._where = path, where
        self._held: int | None = None
        self._inode = self._touch()

    def own(self) -> None:
        """Keeps every other process from owning it, until `close`: two would tell each card twice."""
        # Closing any descriptor of the file would end SQLite's own locks on it, so this one stays open.
        held = os.open(self._path, os.O_RDWR)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(held)
            raise StateFaultError(
                f"{self._where}: another order-health uses this file; stop it, or name another file under `state:`"
            ) from None
        self._held = held

    def close(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def gone(self) -> bool:
        """Whether the file at this place is not the one that was opened."""
        try:
            return self._path.stat().st_ino != self._inode
        except OSError:
            return True

    def renew(self) -> None:
        """Makes the file at this place the one that is used, as owned as the one before."""
        self._inode = self._touch()
        if self._held is not None:
            self.close()
            self.own()

    def _touch(self) -> int:
        """Creates the file readable by us alone: cards name orders and the people to call."""
        folder = self._path.parent
        if not folder.is_dir():
            raise StateFaultError(
                f"{self._where}: there is no directory {folder}; create it, or name another under `state:`"
            )
        try:
            opened = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                return os.fstat(opened).st_ino
            finally:
                os.close(opened)
        except OSError as error:
            raise StateFaultError(
                f"{self._where}: {error.strerror}; name a file this user may write, for example "
                "sqlite:///order-health.db"
            ) from None
