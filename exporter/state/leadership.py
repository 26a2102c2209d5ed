"""Which of several sidecars leads: one row of the database that they share, timed by that database's clock."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Double, literal_column, select, update

from exporter.state.file import StateFaultError
from exporter.state.schema import leader, outbox
from exporter.state.sharing import STANDING_BY
from exporter.state.store import Store

_MYSQL = "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) / 1e6)"  # no zone, so no hour comes twice
_POSTGRES = "EXTRACT(EPOCH FROM clock_timestamp())"


@dataclass(frozen=True, slots=True)
class Leader:
    """Who leads, or led last; `stands` is whether the time is not over until which others must wait."""

    holder: str
    epoch: int
    stands: bool


class Leadership(Store):
    """The epoch is the fence: what a leader writes is written only while nobody has taken the lead after it."""

    def own(self) -> None:
        """Raises StateFaultError where another process owns the file, or sidecars with leases use the database."""
        super().own()
        if self._engine.dialect.name != "sqlite" and (found := self.leader()).stands:
            raise StateFaultError(
                f"{self.where}: {found.holder.rpartition(' ')[0]} leads the sidecars that share it; write the same "
                "`leases:` here, or name another database under `state:`"
            )

    def lead(self, holder: str, seconds: float) -> bool:
        """Takes the lead for so long; False while another's time is not over.

        What the former leader was sending waits again, to be marked as a repeat, and nothing waits for its clock.
        """
        now = self._clock()
        taken = {"epoch": leader.c.epoch + 1, "holder": holder, "ends": now + seconds}
        with self._begin() as connection:
            if not connection.execute(update(leader).where(leader.c.ends <= now).values(taken)).rowcount:
                return False
            epoch = connection.scalar(select(leader.c.epoch))
            connection.execute(update(outbox).where(outbox.c.status == "claimed").values(status="waiting", unsure=True))
            connection.execute(update(outbox).where(outbox.c.status == "waiting").values(due=0.0))
        self._epoch, self._holder = epoch, holder
        return True

    def hold(self, seconds: float) -> bool:
        """Goes on leading for so long; False, and it leads no more, when another has taken the lead."""
        with self._begin() as connection:
            mine = update(leader).where(self._mine()).values(ends=self._clock() + seconds)
            stays = bool(connection.execute(mine).rowcount)
        if not stays:
            self._epoch = STANDING_BY
        return stays

    def resign(self) -> None:
        """Leads no more, and nobody needs to wait for its time to end."""
        mine, self._epoch = update(leader).where(self._mine()).values(ends=0.0), STANDING_BY
        with self._begin() as connection:
            connection.execute(mine)

    def leader(self) -> Leader:
        with self._begin() as connection:
            row = connection.execute(select(leader.c.holder, leader.c.epoch, leader.c.ends > self._clock())).one()
        return Leader(row[0], row[1], bool(row[2]))

    def _clock(self) -> ColumnElement[float]:
        """Seconds since 1970 by the server's clock at this statement, the only one that all sidecars share."""
        mysql = self._engine.dialect.name in ("mysql", "mariadb")
        return literal_column(_MYSQL if mysql else _POSTGRES, Double)
