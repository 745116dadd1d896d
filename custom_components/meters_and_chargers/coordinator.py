"""Polls the groups of one device, each when it is due."""

from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
import logging
from typing import TYPE_CHECKING, override

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    ConfigEntryError,
    HomeAssistantError,
)
from homeassistant.helpers.update_coordinator import UpdateFailed

from .const import CONF_BY_ACCOUNT, CONF_ENCRYPTED, DOMAIN
from .engine.charging import PhaseCurrents, Reason
from .engine.model import (
    PHASES,
    CardReader,
    Charger,
    Device,
    DeviceError,
    Group,
    Health,
    Identity,
    LearningDevice,
    NotAllowed,
    Outdated,
    OutOfRange,
    Point,
    PortClosed,
    Pushing,
    Quantity,
    Readings,
    Setpoint,
    Silent,
    TellingCharger,
    Unreachable,
    WrongDevice,
)
from .links import family_of, open_device
from .pacing import PacedCoordinator
from .registry import out_of_range

if TYPE_CHECKING:
    from .billing_stand_in import StandInBilling
    from .ksem_wallbox import KsemWallbox
    from .pico_account import PicoAccount
    from .pico_station import PicoStation

_LOGGER = logging.getLogger(__name__)

PATIENCE, PAUSE_S = 5, 15.0
"""After so many failures a new TLS handshake is tried at this pace: each is work for
the meter, and an owner who took the acceptance back does not change that in seconds."""

ACCOUNT_INTERVAL_S = 61.0
"""A little more than what a smart-me account takes for too often."""

_CURRENTS = tuple(Point(Quantity.CURRENT, phase) for phase in PHASES)

type DeviceEntry = ConfigEntry[DeviceCoordinator]


class DeviceCoordinator(PacedCoordinator):
    """All of a device's readings; one timer, so one log line when it falls silent.

    ``data`` holds the values of the last poll of each group. A point that is
    missing failed, a value of None is what the device says.
    """

    config_entry: DeviceEntry
    identity: Identity

    def __init__(self, hass: HomeAssistant, entry: DeviceEntry) -> None:
        """Open the device of an entry; nothing is asked yet."""
        self.family = family_of(entry.data)
        self.device: Device = open_device(hass, entry)
        self._by_account = bool(entry.data.get(CONF_BY_ACCOUNT))
        intervals_s = self.family.intervals_s or (self.family.presence_interval_s,)
        if self._by_account:
            intervals_s = (ACCOUNT_INTERVAL_S,)
        super().__init__(hass, _LOGGER, entry, intervals_s)
        self.device.set_read_timeout(self.interval_s)
        self.read_at: dict[str, float] = {}
        """When each group was last read, in the event loop's time."""
        self.took_s: dict[str, float] = {}
        """How long the last read of each group took."""
        self.wallbox: KsemWallbox | None = None
        """What a KSEM with an access key lets us tell its wallbox."""
        self.station: PicoStation | None = None
        """How a Pico is kept to what it was told."""
        self.account: PicoAccount | None = None
        """What a Pico's account says of it."""
        self.health = Health(hass.loop.time)
        self.failure: DeviceError | None = None
        """Why the last poll failed, if it did."""
        self.billing: StandInBilling | None = None
        """What shows a charger to a billing service."""
        self.polls = 0
        self.failed_polls = 0
        self._failed_in_a_row = 0
        self._card_followers: list[Callable[[str], None]] = []
        self._due: dict[str, float] = {}
        self._values: dict[str, Readings] = {}
        """What the last read of each group brought."""

    @property
    def key(self) -> str:
        """The identity under which others refer to the device."""
        return self.identity.key

    @property
    def title(self) -> str:
        """What its owner calls it."""
        return self.config_entry.title

    @property
    def online(self) -> bool:
        """Whether the last poll succeeded."""
        return self.last_update_success

    @property
    def failure_key(self) -> str | None:
        """The key of the text that says why the last poll failed, if it did."""
        if (err := self.failure) is None:
            return None
        refused = isinstance(err, NotAllowed)
        return "account_key_refused" if refused else self._error_key(err)

    @property
    def setpoint(self) -> Setpoint | None:
        """The bounds of the charging current, if it has one."""
        return None if self.charger is None else self.charger.setpoint

    @property
    def limit_ma(self) -> int | None:
        """The limit it obeys, as far as is known; mA."""
        return None if self.charger is None else self.charger.limit_ma

    @property
    def write_interval_ms(self) -> int:
        """As often as the device may be asked at all."""
        if self._by_account:
            return round(ACCOUNT_INTERVAL_S * 1000)
        return max(2000, round(self.family.transport.spacing_s * 1000))

    @property
    def drawn(self) -> tuple[PhaseCurrents, int] | None:
        """What a charger measures on its phases, and when; mA, loop ms."""
        values = [self.data.get(point) for point in _CURRENTS]
        if self.charger is None or values == [None, None, None]:
            return None
        first, second, third = (round((value or 0) * 1000) for value in values)
        read_at = self.time_of(_CURRENTS[0]) or 0
        return (first, second, third), round(read_at * 1000)

    @property
    def measures_phases(self) -> bool:
        """Whether that is a current of each phase, and not of some alone."""
        return all(self.data.get(point) is not None for point in _CURRENTS)

    @property
    def session_energy_wh(self) -> float | None:
        """The energy of the car that is plugged in, if an account tells."""
        return None if self.account is None else self.account.session_energy_wh

    @property
    def plugged(self) -> bool | None:
        """Whether a car is plugged in, if the charger or its account tells."""
        plugged = None if self._telling is None else self._telling.plugged
        if plugged is None and self.account is not None:
            return self.account.plugged
        return plugged

    @property
    def blocked(self) -> Reason | None:
        """A fault, if the charger tells."""
        telling = self._telling
        return Reason.FAULT if telling is not None and telling.faulted else None

    @property
    def phases(self) -> int | None:
        """On how many phases it charges or would, if that is known."""
        return None if self._telling is None else self._telling.phases

    @property
    def switches_phases(self) -> bool:
        """Whether it can be told to charge on one phase alone."""
        return self._telling is not None and self._telling.switches_phases

    @property
    def _telling(self) -> TellingCharger | None:
        return self.device if isinstance(self.device, TellingCharger) else None

    @property
    def charger(self) -> Charger | None:
        """The device, if its charging current can be set."""
        return self.device if isinstance(self.device, Charger) else None

    @override
    async def _async_setup(self) -> None:
        """Make sure that the device of the entry answers, and no other."""
        try:
            self.identity = await self.device.identify()
        except WrongDevice as err:
            raise self._wrong_device(err.found) from err
        except DeviceError as err:
            raise self._failed(err) from err
        if self.identity.key != self.config_entry.unique_id:
            identity = self.identity
            raise self._wrong_device(
                f"{identity.maker} {identity.model} {identity.serial}"
            )
        self._keep_learnt()

    @override
    async def _async_update_data(self) -> Readings:
        read: set[str] = set()
        clock = self.hass.loop.time
        self.polls += 1
        try:
            if not self.device.groups:
                with self.health.asking():
                    await self.device.identify()
            for group in self.device.groups:
                if clock() < self._due.get(group.key, 0):
                    continue
                known = self._pushed(group)
                if known and known >= frozenset(group.points):
                    self._values.pop(group.key, None)
                    continue
                started = clock()
                with self.health.asking():
                    self._values[group.key] = await self._read(group, known)
                read.add(group.key)
                self.read_at[group.key] = clock()
                self.took_s[group.key] = clock() - started
                # Half a poll early rather than a whole one late.
                pause = (group.interval_s or 0) - self.interval_s / 2
                self._due[group.key] = started + pause
            await self._look_at_card()
        except DeviceError as err:
            if isinstance(err, Outdated):
                self._forget_learnt()
            self._due.clear()
            self.failed_polls += 1
            self._failed_in_a_row += 1
            self.failure = err
            self._bear(err)
            self._values.clear()
            read.update(group.key for group in self.device.groups)
        else:
            self._failed_in_a_row = 0
            self.failure = None
        self.read_groups = frozenset(read)
        values: dict[Point, float | None] = {}
        for readings in self._values.values():
            values.update(readings)
        return values

    def _keep_learnt(self) -> None:
        """Keep what the device has found out, so that no start tries it again."""
        if isinstance(self.device, LearningDevice):
            entry = self.config_entry
            data = {**entry.data, **self.device.learnt}
            self.hass.config_entries.async_update_entry(entry, data=data)

    def _forget_learnt(self) -> None:
        """Let the next start find it out anew."""
        if isinstance(self.device, LearningDevice):
            entry, learnt = self.config_entry, self.device.learnt
            data = {
                key: value for key, value in entry.data.items() if key not in learnt
            }
            self.hass.config_entries.async_update_entry(entry, data=data)
            if entry.state is ConfigEntryState.LOADED:
                self.hass.config_entries.async_schedule_reload(entry.entry_id)

    def _bear(self, err: DeviceError) -> None:
        """Raise what a failed poll means, unless values come without polls."""
        raise self._failed(err) from err

    def _pushed(self, group: Group) -> AbstractSet[Point]:  # noqa: ARG002 - for those that push
        """Return what need not be asked of a group."""
        return frozenset()

    def time_of(self, point: Point) -> float | None:
        """Return when a value was read, in the event loop's time."""
        return self.read_at.get(self.group_of(point))

    @callback
    def async_follow_cards(self, told: Callable[[str], None]) -> CALLBACK_TYPE:
        """Call with what may be shown of each new card; nobody else asks for cards."""
        self._card_followers.append(told)
        return lambda: self._card_followers.remove(told)

    async def _look_at_card(self) -> None:
        if not self._card_followers or not isinstance(self.device, CardReader):
            return
        if (card := await self.device.read_card()) is not None:
            for tell in tuple(self._card_followers):
                tell(card)

    async def _read(self, group: Group, known: AbstractSet[Point]) -> Readings:
        if known and isinstance(self.device, Pushing):
            return await self.device.read_rest(group, known)
        return await self.device.read(group)

    # -- a device that is told something --------------------------------------

    async def async_set_limit(
        self,
        value_ma: int,
        *,
        urgent: bool = False,
        phases: int | None = None,
    ) -> None:
        """Write a charger's limit at once, urgent or not, and show it; mA.

        Raises `HomeAssistantError` in words for the user.
        """
        if (charger := self.charger) is None:
            raise TypeError(f"{self.name} has no charging current")
        if (telling := self._telling) is not None:
            change = telling.set_limit(value_ma, phases=phases, urgent=urgent)
        else:
            change = charger.set_limit(value_ma)
        try:
            await self.async_tell(change)
        except OutOfRange as err:
            raise await out_of_range(self.hass, self, value_ma) from err
        self.async_update_listeners()

    async def async_tell(self, change: Awaitable[None]) -> None:
        """Let a charger be told something.

        Raises `OutOfRange`, and `HomeAssistantError` in words for the user.
        """
        try:
            await change
        except OutOfRange:
            raise
        except DeviceError as err:
            if isinstance(err, Unreachable):
                # No need to wait for the next poll to know, and one log line for both.
                self.async_set_update_error(self._failed(err))
            refused = isinstance(err, NotAllowed)
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="account_write" if refused else "write_failed",
                translation_placeholders={"name": self.name, "error": str(err)},
            ) from err

    def group_of(self, point: Point) -> str:
        """Return the group in which a point is read."""
        return next(g.key for g in self.device.groups if point in g.points)

    def period_s(self, point: Point) -> float:
        """Return how often a point is read at least; s."""
        group = next(g for g in self.device.groups if point in g.points)
        return max(self.interval_s, group.interval_s or 0)

    def _failed(self, err: DeviceError) -> UpdateFailed | ConfigEntryAuthFailed:
        if isinstance(err, NotAllowed):
            return ConfigEntryAuthFailed(
                translation_domain=DOMAIN,
                translation_key="account_key_refused",
                translation_placeholders={"name": self.name, "error": str(err)},
            )
        patient = self._encrypted and self._failed_in_a_row > PATIENCE
        return UpdateFailed(
            retry_after=max(self.interval_s, PAUSE_S) if patient else None,
            translation_domain=DOMAIN,
            translation_key=self._error_key(err),
            translation_placeholders={"name": self.name, "error": str(err)},
        )

    @property
    def _encrypted(self) -> bool:
        return bool(self.config_entry.data.get(CONF_ENCRYPTED))

    def _error_key(self, err: DeviceError) -> str:
        key = error_key(err)
        if key == "no_link" and self._encrypted:
            # A lost acceptance can't be told from other faults: it is named first.
            return "no_link_tls"
        return key

    def _wrong_device(self, found: str) -> ConfigEntryError:
        return ConfigEntryError(
            translation_domain=DOMAIN,
            translation_key="wrong_device",
            translation_placeholders={"name": self.name, "error": found},
        )


_ERROR_KEYS: tuple[tuple[type[DeviceError], str], ...] = (
    (PortClosed, "port_closed"),
    (Silent, "silent"),
    (WrongDevice, "wrong_device"),
)


def error_key(err: DeviceError) -> str:
    """Return the key of the text that says what went wrong with a device."""
    return next((key for kind, key in _ERROR_KEYS if isinstance(err, kind)), "no_link")
