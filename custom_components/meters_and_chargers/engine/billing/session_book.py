"""What a stand-in books in the log of charging sessions.

The log is the house's own, the queue the backend's: both hear of each transaction, and
neither twice.
"""

from datetime import UTC, datetime
import json

from ..journal import Journal, Start, Stop
from ..protocols.ocpp.scalars import snake
from .appliance import Session

NOTE_S = 10.0
"""How often the log hears what has flowed."""
_FORGOTTEN = "other"


class SessionBook:
    """Books the sessions of one charger; all of it raises `JournalError`."""

    def __init__(self, journal: Journal, charger: str) -> None:
        """Book under a name of the charger, which stays the same."""
        self._journal = journal
        self._charger = charger
        self._booked: tuple[int, int] | None = None
        """The number of the session that was booked last, and the log's."""
        self._noted_s = 0.0

    async def begin(self, session: Session) -> int:
        """Book a beginning, once however often it is told; returns its number."""
        if self._booked is not None and self._booked[0] == session.number:
            return self._booked[1]
        meter_start_wh: int = json.loads(session.text)["meterStart"]
        booked = await self._journal.start_transaction(
            Start(
                charger=self._charger,
                connector=1,
                id_tag=session.tag,
                meter_start_wh=meter_start_wh,
                time=_time(session.at_s),
                raw=session.text,
                wire_id=session.number,
            )
        )
        self._booked = session.number, booked.transaction.id
        return booked.transaction.id

    async def note(self, session: Session, register_wh: float, at_s: float) -> None:
        """Note what the meter shows, as often as the log wants it."""
        if at_s - self._noted_s < NOTE_S:
            return
        number = await self.begin(session)
        self._noted_s = at_s
        self._journal.note_meter(number, register_wh, _time(at_s))

    async def end(
        self, session: Session, register_wh: float, at_s: float, reason: str
    ) -> None:
        """Book an end, once."""
        await self.begin(session)
        await self._journal.stop_transaction(
            Stop(
                charger=self._charger,
                wire_id=session.number,
                meter_stop_wh=round(register_wh),
                time=_time(at_s),
                reason=snake(reason),
                id_tag=session.tag,
            )
        )

    async def close(self) -> None:
        """Close what runs: nobody follows it any more."""
        for one in await self._journal.open_transactions(self._charger):
            await self._journal.close_transaction(one.id, _FORGOTTEN)


def _time(at_s: float) -> datetime:
    return datetime.fromtimestamp(int(at_s), UTC)
