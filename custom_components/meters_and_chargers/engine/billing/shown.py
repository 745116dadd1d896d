"""How a charger is shown to its backend, and what who sets that up needs of it."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Protocol

from ..gateway.charger import Charger, Settings
from ..gateway.limits import Effective
from ..gateway.line import Line
from ..gateway.queue import Standing, Waiting
from ..gateway.relay import Relay
from ..gateway.virtual import VirtualPoint
from .relayed_wallbox import RelayedWallbox

type Lead = Callable[[Relay | None], Awaitable[None]]
"""Lets a relay answer a wallbox in the place of us, or us again."""


class Mode(StrEnum):
    """What the backend sees."""

    VIRTUAL = "virtual"
    """A charge point of ours, which stands for the charger (mode A)."""
    RELAY = "relay"
    """The wallbox itself, whose frames pass as they come (mode B)."""


class Billed(Charger, Protocol):
    """A charger that tells a charge point what it does."""

    def join(self, point: VirtualPoint) -> None:
        """Begin to tell it everything, and to be bounded by it."""

    def leave(self) -> None:
        """Tell it nothing more."""


class Shown(Protocol):
    """A charger at its backend, whichever way."""

    @property
    def mode(self) -> Mode:
        """Which way."""

    @property
    def line(self) -> Line:
        """How the line to the backend stands."""

    @property
    def standing(self) -> Standing:
        """What waits here for the backend."""

    def follow(self, changed: Callable[[], None]) -> None:
        """Call when the line, the queue or a limit stands otherwise."""

    def use(self, settings: Settings) -> None:
        """Go by what its owner has chosen."""

    async def start(self) -> None:
        """Go on where it was left, and dial; raises `JournalError`."""

    async def close(self) -> None:
        """Hang up; what waits stays, and the charger still tells what it does."""

    async def leave(self, *, forget: bool) -> None:
        """Let go of the charger; with ``forget`` of all else too: `JournalError`."""

    def limit(self, connector: int) -> Effective:
        """Return what a connector may draw now, and whose limit that is."""

    def ceiling_ma(self, connector: int) -> int | None:
        """Return what the backend alone leaves a connector, 0 for a pause; mA."""

    def redial(self) -> None:
        """Hang up, and dial anew at once."""

    def flush(self) -> None:
        """Deliver now what waits."""

    async def export(self, *, after: int, limit: int) -> tuple[Waiting, ...]:
        """Return what waits behind a number; raises `JournalError`."""

    async def discard(self) -> int:
        """Forget what the backend never took; returns how much: `JournalError`."""


class AsPoint:
    """A charger for which a charge point of ours stands (mode A)."""

    mode = Mode.VIRTUAL

    def __init__(self, point: VirtualPoint, charger: Billed) -> None:
        """Let a point stand for a charger; `start` comes first."""
        self.point = point
        self._charger = charger

    @property
    def line(self) -> Line:
        """How the line stands."""
        return self.point.uplink.line

    @property
    def standing(self) -> Standing:
        """What waits."""
        return self.point.queue.standing

    def follow(self, changed: Callable[[], None]) -> None:
        """Call when something stands otherwise."""
        self.point.on_change = changed

    def use(self, settings: Settings) -> None:
        """Go by what its owner has chosen."""
        self.point.use(settings)

    async def start(self) -> None:
        """Go on where it was left, and dial; raises `JournalError`."""
        await self.point.load()
        self._charger.join(self.point)
        self.point.start()

    async def close(self) -> None:
        """Hang up."""
        await self.point.close()

    async def leave(self, *, forget: bool) -> None:
        """Let go of the charger; raises `JournalError`."""
        self._charger.leave()
        await self.point.close()
        if forget:
            await self.point.forget()

    def limit(self, connector: int) -> Effective:
        """Return what a connector may draw now."""
        return self.point.limit(connector)

    def ceiling_ma(self, connector: int) -> int | None:
        """Return what the backend alone leaves a connector."""
        return self.point.ceiling_ma(connector)

    def redial(self) -> None:
        """Hang up, and dial anew at once."""
        self.point.uplink.redial()

    def flush(self) -> None:
        """Deliver now what waits."""
        self.point.uplink.flush()

    async def export(self, *, after: int, limit: int) -> tuple[Waiting, ...]:
        """Return what waits behind a number; raises `JournalError`."""
        return await self.point.queue.export(after=after, limit=limit)

    async def discard(self) -> int:
        """Forget what the backend never took; raises `JournalError`."""
        gone = await self.point.queue.discard_refused()
        self.point.changed()
        return gone


class AsItself:
    """A wallbox that its backend sees itself (mode B): nothing waits here."""

    mode = Mode.RELAY

    def __init__(self, wallbox: RelayedWallbox, relay: Relay, lead: Lead) -> None:
        """Let a wallbox be answered by a relay; `start` comes first."""
        self._wallbox = wallbox
        self._relay = relay
        self._lead = lead

    @property
    def line(self) -> Line:
        """How the line stands."""
        return self._relay.line

    @property
    def standing(self) -> Standing:
        """What waits: nothing, the wallbox keeps it."""
        return Standing()

    def follow(self, changed: Callable[[], None]) -> None:
        """Call when the line or a limit stands otherwise."""
        self._relay.on_change = self._wallbox.on_change = changed

    def use(self, _settings: Settings) -> None:
        """Know nothing to go by: all that is chosen is for the backend to say."""

    async def start(self) -> None:
        """Go on where it was left, and let it dial anew; raises `JournalError`."""
        await self._wallbox.load()
        self._wallbox.join()
        await self._lead(self._relay)

    async def close(self) -> None:
        """Hang up on both ends."""
        await self._relay.close()
        await self._wallbox.close()

    async def leave(self, *, forget: bool) -> None:
        """Let us answer the wallbox again; raises `JournalError`.

        With ``forget`` it has none of the backend's profiles any more, if it is there.
        """
        if forget:
            await self._wallbox.clear()
        await self._lead(None)
        await self._relay.close()
        await self._wallbox.leave()
        if forget:
            await self._wallbox.forget()

    def limit(self, connector: int) -> Effective:
        """Return what a connector may draw now."""
        return self._wallbox.limit(connector)

    def ceiling_ma(self, connector: int) -> int | None:
        """Return what the backend alone leaves a connector."""
        return self._wallbox.ceiling_ma(connector)

    def redial(self) -> None:
        """Let the wallbox dial anew at once, and us after it."""
        self._relay.redial()

    def flush(self) -> None:
        """Dial as soon as the wallbox does: what waits is in it."""
        self._relay.hurry()

    async def export(self, *, after: int, limit: int) -> tuple[Waiting, ...]:
        """Return nothing."""
        del after, limit  # nothing waits
        return ()

    async def discard(self) -> int:
        """Forget nothing: nothing was kept."""
        return 0
