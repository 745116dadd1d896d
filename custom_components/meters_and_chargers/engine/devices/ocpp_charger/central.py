"""Who may connect: the wallboxes we know, and new ones that wait to be accepted."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime
import logging

from ...model import DeviceError
from ...protocols.ocpp.types import NOTHING_SHOWN, Handler, Shown, Unauthorised
from .charger import OcppCharger
from .guard import WRONG_PASSWORD, Guard
from .limit import CallLater, call_later_on_loop
from .security_events import refused
from .station import utc_now
from .waiting import Knock, Waiting, is_local

_LOGGER = logging.getLogger(__name__)

MAX_WAITING = 10
KNOCK_AGAIN_S = 60.0
"""How long one that is refused until it has a password is not shown again."""

type Move = Callable[[str, Handler], bool]
"""Hands an open connection to another handler; `protocols.ocpp.Server.move`."""


class Central:
    """The gate of one OCPP server."""

    def __init__(
        self,
        on_knock: Callable[[Knock], None],
        *,
        move: Move | None = None,
        has_credentials: bool = False,
        now: Callable[[], datetime] = utc_now,
        call_later: CallLater = call_later_on_loop,
    ) -> None:
        """Let new ones wait; where credentials are asked for, refused and shown.

        ``move`` may be set later: the server it belongs to needs its gate first.
        """
        self.move = move
        self._on_knock = on_knock
        self.has_credentials = has_credentials
        self._now = now
        self._call_later = call_later
        self._chargers: dict[str, OcppCharger] = {}
        self._leads: dict[str, Handler] = {}
        """What answers in the place of a charger."""
        self._guards: dict[str, Guard] = {}
        self._waiting: dict[str, Waiting] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def knocks(self) -> tuple[Knock, ...]:
        """Who is connected and waits, or was refused until it has a password."""
        return tuple(
            waiting.knock
            for waiting in self._waiting.values()
            if waiting.link is not None or self.has_credentials
        )

    def knock(self, charger_id: str) -> Knock | None:
        """Return what is known of one that nobody has accepted, there or not."""
        waiting = self._waiting.get(charger_id)
        return None if waiting is None else waiting.knock

    def charger(self, charger_id: str) -> OcppCharger | None:
        """Return an accepted wallbox."""
        return self._chargers.get(charger_id)

    def guard(self, charger_id: str) -> Guard:
        """Return who stands before an accepted wallbox, or one about to be."""
        return self._guards.setdefault(charger_id, Guard())

    def admit(
        self, charger_id: str, peer: str, shown: Shown = NOTHING_SHOWN
    ) -> Handler | None:
        """Return what answers this wallbox; None refuses it.

        Raises `Unauthorised` for a known one that does not prove who it is, and for a
        new one where credentials are asked for: it is shown to be accepted.
        """
        charger = self._chargers.get(charger_id)
        if charger is not None:
            guard = self.guard(charger_id)
            try:
                guard.admit(peer, shown)
            except Unauthorised as err:
                if guard.is_news(err.reason):
                    charger.happened(refused(password=err.reason == WRONG_PASSWORD))
                raise
            return self._leads.get(charger_id, charger)
        if shown.forwarded or not is_local(peer):
            return None
        waiting = self._waiting.get(charger_id)
        if waiting is not None:
            waiting.knock = replace(
                waiting.knock, peer=peer, attempts=waiting.knock.attempts + 1
            )
        else:
            waiting = self._wait(charger_id, peer)
        if waiting is not None:
            waiting.address = shown.address
        if waiting is None or not self.has_credentials:
            return waiting
        waiting.refused(KNOCK_AGAIN_S)
        raise Unauthorised("nobody has accepted it yet")

    def accept(self, charger_id: str, charger: OcppCharger) -> None:
        """Let a charger answer from now on, also on a connection that is open."""
        self._chargers[charger_id] = charger
        waiting = self._waiting.pop(charger_id, None)
        if waiting is not None:
            waiting.stop()
            knock = waiting.knock
            charger.introduce(knock.maker, knock.model, knock.serial)
            self.guard(charger_id).address = waiting.address
        # The standard forbids to ask for another boot of one that was accepted.
        self._hand_over(charger_id, charger, waiting)

    async def lead(self, charger_id: str, handler: Handler | None) -> None:
        """Let another handler answer a charger's wallbox, or the charger again.

        An open connection is closed: it dials anew, and says all to who answers then.
        """
        if handler is None:
            self._leads.pop(charger_id, None)
        else:
            self._leads[charger_id] = handler
        charger = self._chargers.get(charger_id)
        if charger is not None and charger.link is not None:
            await charger.link.close()

    async def remove(self, charger_id: str) -> None:
        """Forget a charger and close its connection; it knocks again like a new one."""
        charger = self._chargers.pop(charger_id, None)
        self._guards.pop(charger_id, None)
        self._leads.pop(charger_id, None)
        if charger is None:
            return
        link = charger.link
        await charger.close()
        if link is not None:
            await link.close()

    async def close(self) -> None:
        """Wait for nobody any more; connections are the server's to close."""
        await asyncio.gather(*(one.close() for one in self._chargers.values()))
        for waiting in self._waiting.values():
            waiting.stop()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _wait(self, charger_id: str, peer: str) -> Waiting | None:
        """Let a new one wait if there is room; who has gone makes room first."""
        if len(self._waiting) >= MAX_WAITING:
            gone = next(
                (key for key, other in self._waiting.items() if other.has_gone),
                None,
            )
            if gone is None:
                return None
            del self._waiting[gone]
        waiting = Waiting(
            Knock(charger_id=charger_id, peer=peer, first_seen=self._now()),
            now=self._now,
            call_later=self._call_later,
            on_knock=self._on_knock,
            on_opened=self._opened,
        )
        self._waiting[charger_id] = waiting
        return waiting

    def _opened(self, waiting: Waiting) -> None:
        """See whether things have changed while it was connecting."""
        charger_id = waiting.knock.charger_id
        charger = self._chargers.get(charger_id)
        if charger is not None:
            self.guard(charger_id).address = waiting.address
            self._hand_over(charger_id, charger, waiting)
        elif self._waiting.get(charger_id) is not waiting and waiting.link is not None:
            self._spawn(waiting.link.close())

    def _hand_over(
        self, charger_id: str, charger: OcppCharger, waiting: Waiting | None
    ) -> None:
        """Let a charger answer on a connection that is open, or who leads it."""
        if charger_id in self._leads:
            if waiting is not None and waiting.link is not None:
                self._spawn(waiting.link.close())
            return
        moved = self.move is not None and self.move(charger_id, charger)
        if moved and waiting is not None:
            self._spawn(_request_boot(charger))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _request_boot(charger: OcppCharger) -> None:
    """Ask for the boot that is accepted; without it, it asks again by itself."""
    try:
        await charger.request_boot()
    except DeviceError as err:
        _LOGGER.debug("%s: no boot asked for: %s", charger.charger_id, err)
