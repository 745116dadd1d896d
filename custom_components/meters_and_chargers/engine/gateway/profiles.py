"""The charging profiles of a backend, and what they allow together.

OCPP 1.6 edition 2, sections 3.13 and 5.16, with errata sheet v4. Of one purpose the
highest stack level that says something counts, a transaction's own profiles stand
before the defaults, and of both and the charge point's maximum the lowest counts. What
else bounds a charger is no profile: it comes in as ``cap_ma``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
import json

from ..protocols.ocpp.scalars import integer
from ..protocols.ocpp.types import Payload
from .schedule import ALL_PHASES, Period, Profile, Purpose, RateUnit, Unusable, read

MAX_PROFILES = 30
MAX_SCHEDULE_S = 86_400
"""How far is looked ahead at most."""

_VOLTS = 230


@dataclass(frozen=True, slots=True)
class Allowed:
    """What is allowed at a time: as much as keeps both limits, on so many phases."""

    phases: int
    current_ma: int | None = None
    """Of each phase."""
    power_mw: int | None = None
    """Of all phases together."""
    least_mw: int = 0
    """Below it charging is inefficient, says the backend."""

    def current(self, volts: int = _VOLTS) -> int:
        """Return the current of each phase in mA, rounded down so that it holds."""
        power_ma = None
        if self.power_mw is not None:
            power_ma = self.power_mw // (volts * self.phases)
        return _lower(self.current_ma, power_ma) or 0

    def power(self, volts: int = _VOLTS) -> int:
        """Return the power of all phases together in mW."""
        current_mw = None
        if self.current_ma is not None:
            current_mw = self.current_ma * volts * self.phases
        return _lower(self.power_mw, current_mw) or 0

    def shared(self, among: int) -> Allowed:
        """Return the part of each of several."""
        return replace(
            self,
            current_ma=None if self.current_ma is None else self.current_ma // among,
            power_mw=None if self.power_mw is None else self.power_mw // among,
        )

    def within(self, other: Allowed | None) -> Allowed:
        """Return what keeps the limits of both, on the fewer phases."""
        if other is None:
            return self
        return Allowed(
            min(self.phases, other.phases),
            _lower(self.current_ma, other.current_ma),
            _lower(self.power_mw, other.power_mw),
            max(self.least_mw, other.least_mw),
        )


@dataclass(frozen=True, slots=True)
class Slice:
    """What is allowed from a second on, until the next slice."""

    start_s: int
    allowed: Allowed


@dataclass(frozen=True, slots=True)
class _Installed:
    connector: int
    profile: Profile
    came_s: int
    payload: Payload
    """As the backend sent it."""

    @property
    def rank(self) -> tuple[int, int]:
        """Who goes first: the higher level, then the connector's own (3.13.1)."""
        return self.profile.level, self.connector


@dataclass(frozen=True, slots=True)
class _Running:
    began_s: int
    transaction: int | None


class Profiles:
    """Keeps a backend's profiles for one charge point; the time is a parameter."""

    def __init__(
        self, connectors: int = 1, *, phases: int = ALL_PHASES, volts: int = _VOLTS
    ) -> None:
        """Keep none at first; volts convert between A and W (errata: nominal)."""
        self._connectors = connectors
        self._phases = phases
        self._volts = volts
        self._installed: tuple[_Installed, ...] = ()
        self._running: dict[int, _Running] = {}

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of those that there are."""
        return tuple(one.profile.number for one in self._installed)

    # What the backend says

    def put(self, connector: int, payload: Payload, now_s: int) -> None:
        """Keep a profile in the place of one of its number or rank; raises `Unusable`.

        5.16: the same number, or the same purpose and stack level of a connector.
        """
        profile = read(payload)
        self._check(connector, profile)
        new = _Installed(connector, profile, now_s, payload)
        beside = tuple(old for old in self._installed if not _replaces(new, old))
        if len(beside) >= MAX_PROFILES:
            raise Unusable("too many profiles")
        self._installed = (*beside, new)

    def clear(self, request: Payload) -> bool:
        """Forget what a ClearChargingProfile means; say if there was any (5.5).

        A number stands alone, else everything that is named must fit.
        """
        number = integer(request.get("id"))
        connector = integer(request.get("connectorId"))
        level = integer(request.get("stackLevel"))
        purpose = request.get("chargingProfilePurpose")

        def is_meant(one: _Installed) -> bool:
            if number is not None:
                return one.profile.number == number
            return (
                connector in (None, one.connector)
                and level in (None, one.profile.level)
                and purpose in (None, one.profile.purpose)
            )

        return self._forget(is_meant)

    # What the charger does

    def begin(self, connector: int, at_s: int, transaction: int | None = None) -> None:
        """Note that a transaction runs, by the backend's number if it has one."""
        self._running[connector] = _Running(at_s, transaction)

    def name(self, connector: int, transaction: int) -> None:
        """Note how the backend calls the transaction that runs."""
        if (running := self._running.get(connector)) is not None:
            self._running[connector] = replace(running, transaction=transaction)

    def end(self, connector: int) -> None:
        """Note that no transaction runs: its own profiles go with it (3.13.1)."""
        self._running.pop(connector, None)
        self._forget_own(connector)

    # What follows

    def allowed(self, connector: int, at_s: int) -> Allowed | None:
        """Return what the backend allows a connector; None for as much as it can."""
        return self._allowed(connector, at_s, at_s)

    def next_change(self, now_s: int) -> int | None:
        """Return when it may be something else by itself; None for not in a day."""
        times = self._changes(self._installed, now_s, now_s + MAX_SCHEDULE_S, now_s)
        return min(times, default=None)

    def schedule(
        self, connector: int, now_s: int, duration_s: int, cap_ma: Mapping[int, int]
    ) -> tuple[Slice, ...]:
        """Return what is allowed from now on, also by what else bounds each connector.

        Connector 0 is all of them together: what the grid may be asked for.
        """
        to_s = now_s + min(duration_s, MAX_SCHEDULE_S)
        times = {now_s, *self._changes(self._installed, now_s, to_s, now_s)}
        slices: list[Slice] = []
        for at_s in sorted(times):
            allowed = self._merged(connector, at_s, now_s, cap_ma)
            if not slices or slices[-1].allowed != allowed:
                slices.append(Slice(at_s - now_s, allowed))
        return tuple(slices)

    # What outlives a restart

    def dump(self) -> str:
        """Return all profiles as one text."""
        return json.dumps(
            [
                {"connector": one.connector, "came": one.came_s, "profile": one.payload}
                for one in self._installed
            ]
        )

    def load(self, dumped: str) -> None:
        """Take over what `dump` has returned; transactions are begun by then."""
        kept = json.loads(dumped) if dumped else []
        self._installed = tuple(
            _Installed(
                one["connector"], read(one["profile"]), one["came"], one["profile"]
            )
            for one in kept
        )
        for number in {one.connector for one in self._installed}:
            if number not in self._running:
                self._forget_own(number)

    # Inside

    def _forget(self, is_meant: Callable[[_Installed], bool]) -> bool:
        kept = tuple(one for one in self._installed if not is_meant(one))
        forgotten = len(kept) < len(self._installed)
        self._installed = kept
        return forgotten

    def _forget_own(self, connector: int) -> None:
        """Forget what was for a transaction that is over."""
        self._forget(
            lambda one: (
                (one.connector, one.profile.purpose) == (connector, Purpose.TRANSACTION)
            )
        )

    def _check(self, connector: int, profile: Profile) -> None:
        """Refuse what may not stand where it was sent to (3.13.1, 5.16)."""
        if not 0 <= connector <= self._connectors:
            raise Unusable("no such connector")
        if profile.purpose is Purpose.MAXIMUM and connector:
            raise Unusable("a maximum of the charge point for one connector")
        if profile.purpose is not Purpose.TRANSACTION:
            return
        running = self._running.get(connector)
        if running is None:
            raise Unusable("no transaction runs there")
        if profile.transaction not in (None, running.transaction):
            raise Unusable("another transaction runs there")

    def _began(self, one: _Installed, number: int, now_s: int) -> int:
        """Return from when on a relative schedule counts.

        Before a transaction: as if one began now. A maximum belongs to none.
        """
        if one.profile.purpose is Purpose.MAXIMUM:
            return one.came_s
        running = self._running.get(number)
        return now_s if running is None else running.began_s

    def _prevailing(
        self, purpose: Purpose, number: int, at_s: int, now_s: int
    ) -> Allowed | None:
        """Return what the highest level that says something says (3.13.2, 5.16.4)."""
        found = [
            one
            for one in self._installed
            if one.profile.purpose is purpose and one.connector in (0, number)
        ]
        for one in sorted(found, key=lambda one: one.rank, reverse=True):
            period = one.profile.period(at_s, self._began(one, number, now_s))
            if period is not None:
                return self._measured(one.profile, period)
        return None

    def _measured(self, profile: Profile, period: Period) -> Allowed:
        """Return a limit on the phases that there are; a power is that of all."""
        phases = min(period.phases, self._phases)
        if profile.unit is RateUnit.WATT:
            return Allowed(phases, power_mw=period.limit, least_mw=profile.least)
        least_mw = profile.least * self._volts * phases
        return Allowed(phases, current_ma=period.limit, least_mw=least_mw)

    def _allowed(self, number: int, at_s: int, now_s: int) -> Allowed | None:
        own = self._prevailing(Purpose.TRANSACTION, number, at_s, now_s)
        if own is None:
            own = self._prevailing(Purpose.DEFAULT, number, at_s, now_s)
        whole = self._prevailing(Purpose.MAXIMUM, number, at_s, now_s)
        if whole is None:
            return own
        # For all connectors combined (3.13.3): those that charge share it equally.
        return whole.shared(len(self._running.keys() | {number})).within(own)

    def _merged(
        self, connector: int, at_s: int, now_s: int, cap_ma: Mapping[int, int]
    ) -> Allowed:
        if connector:
            cap = Allowed(self._phases, current_ma=cap_ma[connector])
            return cap.within(self._allowed(connector, at_s, now_s))
        parts = [self._merged(one, at_s, now_s, cap_ma) for one in cap_ma]
        total = Allowed(
            max(one.phases for one in parts),
            sum(one.current(self._volts) for one in parts),
            sum(one.power(self._volts) for one in parts),
        )
        return total.within(self._prevailing(Purpose.MAXIMUM, 0, at_s, now_s))

    def _changes(
        self, installed: Iterable[_Installed], from_s: int, to_s: int, now_s: int
    ) -> set[int]:
        numbers = range(1, self._connectors + 1)
        return {
            at_s
            for one in installed
            for number in ((one.connector,) if one.connector else numbers)
            for at_s in one.profile.changes(
                from_s, to_s, self._began(one, number, now_s)
            )
        }


def _replaces(new: _Installed, old: _Installed) -> bool:
    return new.profile.number == old.profile.number or (
        (new.profile.purpose, new.rank) == (old.profile.purpose, old.rank)
    )


def _lower(first: int | None, second: int | None) -> int | None:
    if first is None or second is None:
        return second if first is None else first
    return min(first, second)
