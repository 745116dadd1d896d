"""One agent, asked in turn: repeated, brought back into step, within the budget."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from importlib import import_module
from ipaddress import ip_address
from math import ceil
import socket
import time
from typing import Final, cast

from ...model import BadAnswer, DeviceError, Silent, Unreachable
from ..budget import Budget
from .backend import Backend, NotInStep, Rejected, Rows, Value, Walk
from .credentials import Community, Credentials

PORT: Final = 161
UPTIME: Final = "1.3.6.1.2.1.1.3.0"
"""What every agent has: how long it has been running, in hundredths of a second."""
MOST_OIDS: Final = 40
"""Of one GET, rows of one GETBULK: with v3, too, the answer fits one datagram."""
MOST_OIDS_V1: Final = 17
"""What fits the 484 bytes that any agent must take."""
_FIRST_ROWS = 20
"""Of a walk whose length isn't known: it runs over into longer, foreign rows."""
_MOST_ROWS = 100_000
"""A walk that brings more does not end."""
_REFRESH_S = 120.0
"""An agent refuses what is 150 s off its clock; ours stands still in a pause."""
_ABSENT_S = 60.0
"""SNMP v1 refuses a whole GET for one OID that is missing: it is left out so long."""
_SHORT_S = 3600.0
"""Shorter GETs than usual are for so long; then the long ones are tried again."""
_PAUSE_S = 0.2
"""Before what the network refused is repeated."""

# What both directions need together, with the headers of IP and UDP.
_BITS_REQUEST, _BITS_REQUEST_V3 = 8 * 130, 8 * 320
_BITS_OID = 8 * 50

_NEVER = float("-inf")

type Open = Callable[[str, int, Credentials, float], Backend]
"""Makes a backend for an address in digits and a port; with seconds for each try."""
type Progress = Callable[[Sequence[tuple[str, Value]]], None]
"""Is told the rows that each step of a walk brings."""


class SnmpSession:
    """Reads from one agent; nothing is ever written.

    All methods raise `DeviceError` subclasses and nothing else: `Silent` when nothing
    answers (an agent doesn't answer a wrong community), `NotAllowed` when user or key
    are refused, `PortClosed` where SNMP is switched off, `TooOften` while the budget's
    gateway is left alone. No error and no representation holds a secret.
    """

    def __init__(
        self,
        host: str,
        credentials: Credentials,
        budget: Budget,
        *,
        port: int = PORT,
        timeout_s: float = 2.0,
        tries: int = 3,
        clock: Callable[[], float] = time.monotonic,
        backend: Open | None = None,
    ) -> None:
        """Take a name or an address; nothing is asked yet.

        Without a ``backend`` the fastest one that is installed is taken.
        """
        self._host, self._port = host, port
        self._credentials = credentials
        self._budget = budget
        self._lane = budget.lane()
        self._timeout_s, self._tries = timeout_s, tries
        self._clock = clock
        self._kind = backend
        self._backend: Backend | None = None
        self._opened = False
        self._lost = True
        self._answered_at = _NEVER
        self._turn = asyncio.Lock()
        self._v1 = isinstance(credentials, Community) and credentials.v1
        self._bits = _BITS_REQUEST if self._community else _BITS_REQUEST_V3
        self._slow = False
        self._most = self._usual = MOST_OIDS_V1 if self._v1 else MOST_OIDS
        self._shortened_at = _NEVER
        self._proved = 1
        """So many OIDs in one GET have been answered."""
        self._absent: dict[str, float] = {}

    @property
    def slow(self) -> bool:
        """Whether the fast library is missing; False before the first request."""
        return self._slow

    @property
    def most(self) -> int:
        """How many OIDs one GET asks for."""
        return self._most

    @property
    def lost(self) -> bool:
        """Whether another agent may answer than the one that was identified."""
        return self._lost

    def trust(self) -> None:
        """Take who answers for the right one until it is lost."""
        self._lost = False

    async def get(self, oids: Iterable[str]) -> dict[str, Value | None]:
        """Get values, in as few requests as fit; None where the agent has none.

        What is missing it answered with an error. SNMP v1 can't tell that from a value
        it doesn't have.
        """
        asked = list(oids)
        values: dict[str, Value | None] = {}
        if self._absent:
            lately = self._clock() - _ABSENT_S
            gone = {oid for oid in asked if self._absent.get(oid, _NEVER) > lately}
            values = dict.fromkeys(gone)
            asked = [oid for oid in asked if oid not in gone]
        if self._clock() - self._shortened_at > _SHORT_S:
            self._most = self._usual
        while asked:
            group, asked = asked[: self._most], asked[self._most :]
            values |= await self._get(group)
        return values

    async def walk(
        self,
        root: str,
        *,
        expected: int | None = None,
        progress: Progress | None = None,
    ) -> dict[str, Value]:
        """Get all rows below an OID, in their order.

        Raises `BadAnswer` where it does not end. A row that the agent answers with an
        error may end it, too: neither v1 nor gufo-snmp can tell that from the last one.
        """
        repetitions = _repetitions(expected, v1=self._v1)
        walk: Walk | None = None

        async def more(backend: Backend) -> Rows:
            nonlocal walk
            walk = walk or backend.walk(root, repetitions)
            return await walk.more()

        rows: dict[str, Value] = {}
        while True:
            step = await self._request(more, repetitions or 1)
            before = len(rows)
            rows |= dict(step.rows)
            if progress is not None:
                progress(step.rows)
            if step.last:
                if not rows:
                    await self._make_sure()
                return rows
            if len(rows) == before or len(rows) > _MOST_ROWS:
                raise BadAnswer("a walk that does not end")

    async def _make_sure(self) -> None:
        """Raise unless the agent answers us anything but errors."""
        found = await self.get([UPTIME])
        if UPTIME not in found or (self._v1 and found[UPTIME] is None):
            raise BadAnswer("errors alone")

    async def holds(self, root: str) -> bool:
        """Whether there is anything below an OID."""
        step = await self._request(lambda backend: backend.walk(root, 0).more(), 1)
        return bool(step.rows)

    def lasts_s(self, oids: int) -> float:
        """Return how long so many values take at least, by the budget alone."""
        requests = ceil(oids / self._most)
        return self._budget.lasts_s(requests, requests * self._bits + oids * _BITS_OID)

    def close(self) -> None:
        """Let go of the socket and of the budget."""
        if self._backend is not None:
            self._backend.close()
        self._opened = False
        self._lane.close()

    async def _get(self, group: Sequence[str]) -> dict[str, Value | None]:
        """Get some values; in halves what is not answered together."""
        unproved = len(group) > self._proved and self._answered_at != _NEVER
        try:
            found = await self._request(
                lambda backend: backend.get(group), len(group), tentative=unproved
            )
        except Silent:
            if not unproved:
                raise
            # Too long for this agent? It is, if it answers a short one.
            await self._get(group[:1])
            self._shorten(max(self._proved, len(group) // 2))
            found = {}
        if found:
            self._proved = max(self._proved, len(group))
        if len(group) == 1:
            if found.get(group[0], ...) is None:
                self._absent[group[0]] = self._clock()
            return dict(found)
        if len(found) == len(group):
            return dict(found)
        half = len(group) // 2
        values = await self._get(group[:half]) | await self._get(group[half:])
        if len(values) == len(group) and None not in values.values():
            self._shorten(half)  # nothing was wrong with it but its size
        return values

    def _shorten(self, most: int) -> None:
        self._most = min(self._most, most)
        self._shortened_at = self._clock()

    async def _request[T](
        self,
        ask: Callable[[Backend], Awaitable[T]],
        oids: int,
        *,
        tentative: bool = False,
    ) -> T:
        """Ask, and ask again; a ``tentative`` one's silence means nothing yet."""
        async with self._turn:
            for left in reversed(range(self._tries)):
                try:
                    answer = await self._attempt(ask, oids)
                except (Unreachable, NotInStep, Rejected) as err:
                    self._take_note(err, left)
                    if not left or isinstance(err, Rejected):
                        self._give_up(err, tentative=tentative)
                        raise
                    if not isinstance(err, (Silent, NotInStep)):
                        await asyncio.sleep(_PAUSE_S)
                else:
                    self._lane.answered()
                    self._answered_at = self._clock()
                    return answer
        raise AssertionError("never asked")

    def _take_note(self, err: DeviceError, left: int) -> None:
        """Decide whether the next attempt begins anew, and tell the budget."""
        if isinstance(err, (NotInStep, Rejected)):
            self._lane.answered()
        if isinstance(err, Silent):
            # Of v3 the agent may have become another one: begin anew for the last try.
            if left == 1 and not self._community:
                self._opened = False
        elif not isinstance(err, Rejected):
            self._opened = False

    def _give_up(self, err: DeviceError, *, tentative: bool) -> None:
        """Take note that no attempt has helped."""
        if not isinstance(err, Unreachable):
            return
        self._lost = True
        if isinstance(err, Silent) and not tentative:
            self._lane.silent()
        if self._backend is not None and not _is_address(self._host):
            # Its name may stand for another address by now.
            self._backend.close()
            self._backend, self._opened = None, False

    async def _attempt[T](self, ask: Callable[[Backend], Awaitable[T]], oids: int) -> T:
        """Bring the backend into step with the agent, and ask once."""
        if self._backend is None:
            kind = self._kind or await fastest()
            self._backend = kind(
                await self._address(), self._port, self._credentials, self._timeout_s
            )
            self._slow = self._backend.slow
        if not self._opened:
            if not self._community:
                await self._lane.take(3 * self._bits)
            await self._backend.open()
            self._opened = self._lost = True
        elif not self._community and (self._clock() - self._answered_at > _REFRESH_S):
            await self._lane.take(self._bits)
            await self._backend.refresh()
        await self._lane.take(self._bits + oids * _BITS_OID)
        return await ask(self._backend)

    @property
    def _community(self) -> bool:
        return isinstance(self._credentials, Community)

    async def _address(self) -> str:
        """Return the host's address in digits, as the libraries want it."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(
                self._host, self._port, type=socket.SOCK_DGRAM
            )
        except (OSError, UnicodeError) as err:
            raise Unreachable("its name is not known") from err
        return str(found[0][4][0])


async def fastest() -> Open:
    """Load the fastest backend whose library is installed.

    Raises ModuleNotFoundError where none is.
    """

    def load() -> Open:
        try:
            module = import_module(".gufo_backend", __package__)
        except ImportError:
            module = import_module(".pysnmp_backend", __package__)
            return cast("Open", module.PysnmpBackend)
        return cast("Open", module.GufoBackend)

    return await asyncio.to_thread(load)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _repetitions(expected: int | None, *, v1: bool) -> int:
    """Return how many rows to ask for at a time; 0 for one by one.

    The last request hardly runs over the end, where foreign and longer rows follow.
    """
    if v1:
        return 0
    if expected is None:
        return _FIRST_ROWS
    rows = expected + 1  # one more shows the end
    return ceil(rows / ceil(rows / MOST_OIDS))
