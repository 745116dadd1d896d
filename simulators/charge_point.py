"""A fake wallbox with a car that speaks OCPP 1.6J to whoever it is told to dial."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from ocpp.v16 import call  # type: ignore[import-untyped]  # has no types
from ocpp.v16.datatypes import MeterValue  # type: ignore[import-untyped]
from ocpp.v16.enums import (  # type: ignore[import-untyped]
    ChargePointErrorCode,
    ChargePointStatus,
    ReadingContext,
    Reason,
)

from .car import LOWEST_OFFER_A, Car
from .charge_point_line import Connection, Entry, Line, Message
from .charge_point_meter import sample
from .charge_point_profiles import Profiles
from .charge_point_security import Security
from .charge_point_session import CONFIGURATION, SWITCHES_PHASES, Session
from .charge_point_upkeep import Upkeep
from .house import House

FREE = "FREE"
# What a transaction is called whose start was never answered with a number.
_UNKNOWN = -1

type Profile = Mapping[str, Any]


@dataclass(slots=True)
class Transaction:
    """A running transaction; its number comes with the answer to its start."""

    tag: str
    began: datetime
    sampled: int
    number: int | None = None


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A tag that may charge as soon as a car is there."""

    tag: str
    profile: Profile | None
    until: int


class ChargePoint:
    """A wallbox with one connector; its clock is the house's, its meter the car's.

    With `free` it starts by itself when a car is plugged in. `redial_s` is the first
    and the longest pause before it dials again, `answer_s` how long it waits for
    answers.
    """

    protocol = "ocpp1.6"
    prover: type[Security] = Security
    security: Security

    def __init__(
        self,
        house: House,
        car: Car,
        url: str,
        identity: str = "SIMULATED1",
        *,
        maximum_a: float = 16.0,
        free: bool = False,
        redial_s: tuple[float, float] = (1.0, 5.0),
        answer_s: float = 30.0,
    ) -> None:
        """Put a wallbox that will dial `url` with its identity before a car."""
        self.house = house
        self.car = car
        self.identity = identity
        self.maximum_a = maximum_a
        self.free = free
        self.silent = False
        self.no_trigger = False
        self.reject_profiles = False
        self.reject_durations = False
        self.secure = True
        """Whether it knows the security extension."""
        self.stays = False
        """Whether it takes a new profile only after a restart."""
        self.operative = True
        self.fault: str | None = None
        self.transaction: Transaction | None = None
        self.profiles = Profiles()
        self.upkeep = Upkeep()
        self._own_phases = car.phases
        self.configuration = dict(CONFIGURATION)
        self.serial = f"SN-{identity}"[:25]
        address = f"{url.rstrip('/')}/{quote(identity, safe='')}"
        self.security = self.prover(identity, address, self.serial)
        self.line = Line(
            self.security,
            self._hello,
            lambda connection: self._session(connection, answer_s),
            self._registered,
            redial_s,
            beat=self._heartbeat,
            protocol=self.protocol,
        )
        self._waiting: _Waiting | None = None
        # After a transaction the car has to be unplugged first.
        self._finishing = False
        self._told_a: float | None = None
        self._reported: dict[int, tuple[str, str]] = {}
        self._confirmed: dict[int, tuple[str, str]] = {}
        self._deaf: Callable[[], None] | None = None
        self._epoch = datetime.now(UTC) - self._lived

    # -- running --------------------------------------------------------------

    async def start(self) -> None:
        """Switch on: dial, and boot when there is an answer."""
        if self._deaf is None:
            self._deaf = self.house.subscribe(self._live)
            self._waiting = None
            self.end(Reason.power_loss)
            self.line.start()

    async def stop(self) -> None:
        """Switch off: hang up, and let the car charge no more."""
        if self._deaf is not None:
            self._deaf()
            self._deaf = None
            self.car.set_enabled(False)
            self._told_a = None
        await self.line.stop()

    def drop(self) -> None:
        """Cut the connection without a close frame; it dials again unless told not."""
        self.line.drop()

    @property
    def no_boot(self) -> bool:
        """Whether it never sends a BootNotification by itself."""
        return self.line.no_boot

    @no_boot.setter
    def no_boot(self, no_boot: bool) -> None:
        self.line.no_boot = no_boot

    @property
    def book(self) -> deque[Entry]:
        """What went over the line, oldest first."""
        return self.line.book

    # -- how it stands --------------------------------------------------------

    @property
    def _lived(self) -> timedelta:
        return timedelta(seconds=self.house.seconds + self.house.missed_s)

    @property
    def now(self) -> datetime:
        """The wallbox's clock."""
        return self._epoch + self._lived

    @property
    def ready(self) -> bool:
        """Whether a transaction may be asked for."""
        return self.transaction is None and self.operative and self.line.registered

    @property
    def offered_a(self) -> float:
        """What the car is offered, A per phase; nothing below the lowest offer."""
        if self.transaction is None or self.fault is not None:
            return 0.0
        allowed_a = self.allowed_a
        return allowed_a if allowed_a >= LOWEST_OFFER_A else 0.0

    @property
    def allowed_a(self) -> float:
        """What the profiles allow now, A per phase, also without a transaction."""
        limit_a = self.profiles.limit_a(self.now, self._began, self.car.phases)
        return min(limit_a, self.maximum_a)

    @property
    def _began(self) -> datetime:
        return self.now if self.transaction is None else self.transaction.began

    def status(self, connector: int) -> str:
        """Say how the wallbox (0) or its connector (1) is."""
        status = ChargePointStatus.available
        if self.fault is not None:
            status = ChargePointStatus.faulted
        elif connector and self.transaction is not None:
            if not self.offered_a:
                status = ChargePointStatus.suspended_evse
            elif self.car.current_a:
                status = ChargePointStatus.charging
            else:
                status = ChargePointStatus.suspended_ev
        elif not self.operative:
            status = ChargePointStatus.unavailable
        elif connector and self._finishing:
            status = ChargePointStatus.finishing
        elif connector and (self.car.connected or self._waiting):
            status = ChargePointStatus.preparing
        elif connector and self.upkeep.reservations:
            status = ChargePointStatus.reserved
        return str(status.value)

    # -- what its owner does --------------------------------------------------

    def present_tag(self, tag: str) -> None:
        """Hold a card before it: starts charging, or ends it with the same card."""
        if self.line.registered:
            self._ask_about(tag)
        else:
            self._card(tag)

    def _ask_about(self, tag: str) -> None:
        def answered(answer: Any) -> None:
            if answer.id_tag_info["status"] == "Accepted":
                self._card(tag)

        self.line.say(Message(lambda: call.Authorize(tag), answered=answered))

    def _card(self, tag: str) -> None:
        if self.transaction is None:
            self.use(tag)
        elif self.transaction.tag == tag:
            self.end(Reason.local, tag)

    # -- transactions ---------------------------------------------------------

    def use(self, tag: str, profile: Profile | None = None) -> None:
        """Start with a tag, now or when a car comes within the time allowed."""
        patience = int(self.configuration["ConnectionTimeOut"])
        self._waiting = _Waiting(tag, profile, self.house.seconds + patience)
        self._follow()
        self.obey()
        self.report()

    def _begin(self, tag: str, profile: Profile | None = None) -> None:
        transaction = Transaction(tag, self.now, self.house.seconds)
        self.transaction = transaction
        self._waiting = None
        if profile is not None:
            self.profiles.put(1, profile, self.now)
        self._tell_start(transaction)

    def _tell_start(self, transaction: Transaction) -> None:
        start = call.StartTransaction(1, transaction.tag, self._meter_wh, self._time())

        def answered(answer: Any) -> None:
            transaction.number = answer.transaction_id
            refused = answer.id_tag_info["status"] != "Accepted"
            self._judged(transaction, refused=refused)

        self.line.say(Message(lambda: start, kept=True, answered=answered))

    def _judged(self, transaction: Transaction, *, refused: bool) -> None:
        obeys = self.configuration["StopTransactionOnInvalidId"] == "true"
        if self.transaction is transaction and refused and obeys:
            self.end(Reason.de_authorized)

    def end(self, reason: str, tag: str | None = None) -> None:
        """End the transaction, if there is one, and charging with it."""
        if (ended := self.transaction) is None:
            return
        self.transaction = None
        self._finishing = self.car.connected
        # A transaction's own profile ends with it.
        self.profiles.clear(purpose="TxProfile")
        self._tell_end(ended, reason, tag)
        self.obey()
        self.report()

    def _tell_end(self, ended: Transaction, reason: str, tag: str | None) -> None:
        meter_wh, time = self._meter_wh, self._time()

        def make() -> Any:
            number = _UNKNOWN if ended.number is None else ended.number
            return call.StopTransaction(meter_wh, time, number, reason, tag)

        self.line.say(Message(make, kept=True))

    def _live(self) -> None:
        """Live a second of the house."""
        if not self.car.connected:
            self.end(Reason.ev_disconnected)
            self._finishing = False
        self._follow()
        self.obey()
        running, seconds = self.transaction, self.house.seconds
        interval = int(self.configuration["MeterValueSampleInterval"])
        if running is not None and interval and seconds - running.sampled >= interval:
            running.sampled = seconds
            self.tell_meter(ReadingContext.sample_periodic)
        self.report()

    def _follow(self) -> None:
        """Start what waits for a car, or give it up."""
        waiting = self._waiting
        if waiting is not None and self.house.seconds > waiting.until:
            self._waiting = None
        elif self.transaction is not None or not self.car.connected:
            pass
        elif waiting is not None:
            self._begin(waiting.tag, waiting.profile)
        elif self.free and self.operative and not self._finishing and not self.fault:
            self._begin(FREE)

    # -- what the central system has done ------------------------------------

    def limit(self, connector: int, profile: Profile) -> None:
        """Take a charging profile and obey it."""
        self.profiles.put(connector, profile, self.now)
        self.obey()
        self.report()

    def obey(self) -> None:
        """Offer the car what is allowed now; on one phase where it can be told that."""
        if self.configuration[SWITCHES_PHASES] == "true":
            phases = self.profiles.phases(self.now, self._began)
            self.car.set_phases(min(phases, self._own_phases))
        offered = self.offered_a
        if offered and offered != self._told_a:
            self.car.set_limit(offered)
        if bool(offered) != self.car.enabled:
            self.car.set_enabled(bool(offered))
        self._told_a = offered or None

    def set_operative(self, operative: bool) -> None:  # noqa: FBT001 - the value itself
        """Go into service or out of it; a running transaction goes on."""
        self.operative = operative
        self.report()

    def configure(self, key: str, value: str) -> None:
        """Take a setting."""
        if key == "AuthorizationKey":
            self.security.password = bytes.fromhex(value)
            return
        self.configuration[key] = value
        if key == "CpoName":
            self.security.operator = value
        if key == "HeartbeatInterval":
            self.line.beat_every(int(value))

    def reset(self, *, hard: bool) -> None:
        """Boot anew; a hard reset tells the end of the transaction only afterwards."""
        self._waiting = None
        if hard:
            self.line.reboot(at_once=True)
            self.end(Reason.hard_reset)
        else:
            self.end(Reason.soft_reset)
            self.line.reboot(at_once=False)

    def ask_for_certificate(self) -> None:
        """Make a new key and have it signed."""
        request = call.SignCertificate(self.security.request())
        self.line.say(Message(lambda: request, asked=True))

    def beat(self) -> None:
        """Send a heartbeat."""
        self.line.say(Message(self._heartbeat, asked=True))

    def tell_meter(self, context: str = ReadingContext.trigger) -> None:
        """Send what the meter shows; within a transaction it is kept until answered."""
        running, names = self.transaction, self.configuration["MeterValuesSampledData"]
        values = sample(self.house, self.car, self.offered_a, names, context)
        shown = [MeterValue(self._time(), values)]

        def make() -> Any:
            return call.MeterValues(1, shown, running.number if running else None)

        asked = context == ReadingContext.trigger
        self.line.say(Message(make, kept=running is not None, asked=asked))

    def tell_status(self, connector: int | None = None) -> None:
        """Send how the wallbox is: of all connectors, or of one."""
        for each in (0, 1) if connector is None else (connector,):
            self._tell_status(each, asked=True)

    # -- how it tells ---------------------------------------------------------

    @property
    def _meter_wh(self) -> int:
        return round(self.car.energy_wh)

    def _time(self) -> str:
        return self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _hello(self) -> Any:
        return call.BootNotification(
            charge_point_model="Wallbox",
            charge_point_vendor="Simulated",
            charge_point_serial_number=self.serial,
            firmware_version=self.upkeep.version,
        )

    def _heartbeat(self) -> Any:
        return call.Heartbeat()

    def _session(self, connection: Connection, answer_s: float) -> Any:
        return Session(self, connection, answer_s)

    def _registered(self, booted: bool) -> None:  # noqa: FBT001 - the value itself
        """Tell each status after a boot, after a mere reconnect what has changed."""
        if booted:
            self._confirmed = {}
            # It sees a plugged car as a new one.
            self._finishing = False
        self._reported = dict(self._confirmed)
        self.report()

    def report(self) -> None:
        """Tell each status that has changed."""
        if self.line.registered:
            for connector in (0, 1):
                if self._reported.get(connector) != self._state(connector):
                    self._tell_status(connector)

    def _state(self, connector: int) -> tuple[str, str]:
        return self.status(connector), self.fault or ChargePointErrorCode.no_error

    def _tell_status(self, connector: int, *, asked: bool = False) -> None:
        state = self._reported[connector] = self._state(connector)
        status, error = state
        told = self._notice(connector, status, error)

        def answered(_: object) -> None:
            self._confirmed[connector] = state

        self.line.say(Message(lambda: told, answered=answered, asked=asked))

    def _notice(self, connector: int, status: str, error: str) -> Any:
        return call.StatusNotification(connector, error, status, self._time())
