"""Polls the groups of one device, each when it is due."""

import asyncio
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import timedelta
import logging
from typing import TYPE_CHECKING, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.exceptions import (
    ConfigEntryError,
    HomeAssistantError,
)
from homeassistant.helpers.update_coordinator import (
    DataUpdateCoordinator,
    UpdateFailed,
)

from .const import CONF_ENCRYPTED, CONF_INTERVAL, DOMAIN
from .engine.model import (
    Charger,
    Device,
    DeviceError,
    Group,
    Identity,
    OutOfRange,
    Point,
    PortClosed,
    Pushing,
    Readings,
    Sample,
    Setpoint,
    Silent,
    Unreachable,
    WrongDevice,
)
from .links import family_of, open_device
from .push_listener import MeterPush
from .registry import out_of_range

if TYPE_CHECKING:
    from .ksem_wallbox import KsemWallbox

_LOGGER = logging.getLogger(__name__)

WRITE_EVERY_S = 1.0
"""How often the entities of a device that pushes write their states at most."""
PATIENCE, PAUSE_S = 5, 15.0
"""After so many failures a new TLS handshake is tried at this pace: each is work for
the meter, and an owner who took the acceptance back does not change that in seconds."""

type DeviceEntry = ConfigEntry[DeviceCoordinator]


class DeviceCoordinator(DataUpdateCoordinator[Readings]):
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
        interval = entry.options.get(CONF_INTERVAL)
        if interval is None:
            interval = (*self.family.intervals_s, self.family.presence_interval_s)[0]
        self.interval_s = float(interval)
        self.device.set_read_timeout(self.interval_s)
        self.context = Context()
        self.read_groups: frozenset[str] = frozenset()
        """The groups which the last poll brought."""
        self.read_at: dict[str, float] = {}
        """When each group was last read, in the event loop's time."""
        self.took_s: dict[str, float] = {}
        """How long the last read of each group took."""
        self.wallbox: KsemWallbox | None = None
        """What a KSEM with an access key lets us tell its wallbox."""
        self.polls = 0
        self.failed_polls = 0
        self._failed_in_a_row = 0
        self.push: MeterPush | None = None
        """What the device writes to us by itself, if its owner lets it."""
        self._rest_failed = False
        """Whether the device can't be asked for what it does not push."""
        self._last_points: frozenset[Point] = frozenset()
        self._last_groups: frozenset[str] = frozenset()
        """The groups of the points that were pushed last: the same nearly always."""
        self._followers: list[Callable[[], None]] = []
        self._unwritten: set[str] = set()
        """Groups with values which their entities have not written yet."""
        self._written_at = float("-inf")
        self._writing: asyncio.TimerHandle | None = None
        self._due: dict[str, float] = {}
        self._values: dict[str, Readings] = {}
        """What the last read of each group brought."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=timedelta(seconds=self.interval_s),
            always_update=True,
        )

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
        return max(2000, round(self.family.transport.spacing_s * 1000))

    @property
    def drawn(self) -> None:
        """No family that is polled so far measures what its charger draws."""

    @property
    def session_energy_wh(self) -> None:
        """Nor does any know when a car is plugged in."""

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

    @override
    async def _async_update_data(self) -> Readings:
        read: set[str] = set()
        clock = self.hass.loop.time
        self.polls += 1
        try:
            if not self.device.groups:
                await self.device.identify()
            for group in self.device.groups:
                if clock() < self._due.get(group.key, 0):
                    continue
                known = self._pushed(group)
                if known and known >= frozenset(group.points):
                    self._values.pop(group.key, None)
                    continue
                started = clock()
                self._values[group.key] = await self._read(group, known)
                read.add(group.key)
                self.read_at[group.key] = clock()
                self.took_s[group.key] = clock() - started
                # Half a poll early rather than a whole one late.
                pause = (group.interval_s or 0) - self.interval_s / 2
                self._due[group.key] = started + pause
        except DeviceError as err:
            self._due.clear()
            self.failed_polls += 1
            self._failed_in_a_row += 1
            if self.push is None or not self.push.active:
                raise self._failed(err) from err
            # What is pushed goes on; the rest is not shown as fresh.
            self._values.clear()
            read.update(group.key for group in self.device.groups)
            self._tell_of_rest(err)
        else:
            self._failed_in_a_row = 0
            self._tell_of_rest(None)
        self.read_groups = frozenset(read)
        # All that one poll changes has one cause, and one context.
        self.context = Context()
        values: dict[Point, float | None] = {}
        for readings in self._values.values():
            values.update(readings)
        if self.push is not None and self.push.active:
            values.update(self.push.values)
        return values

    # -- a device that pushes -------------------------------------------------

    async def async_start_push(self) -> None:
        """Let the device push, if its owner wants it; asks it for the rest only."""
        if MeterPush.wanted(self.config_entry):
            self.push = MeterPush(
                self.hass, self.config_entry, self.device, self._take, self._ask
            )
            self.config_entry.async_on_unload(self._write_no_more)
            await self.push.start()

    @callback
    def async_follow(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call for each sample at once; entities are called less often."""
        self._followers.append(listener)
        return lambda: self._followers.remove(listener)

    @property
    def pushed(self) -> bool:
        """Whether fast values are pushed, so that they need not be polled."""
        return bool(self._pushed(self.device.groups[0]))

    def time_of(self, point: Point) -> float | None:
        """Return when a value was read or pushed, in the event loop's time."""
        if self.push is not None and point in self.push.values:
            return self.push.at(point)
        return self.read_at.get(self.group_of(point))

    @override
    @callback
    def async_update_listeners(self) -> None:
        """Tell followers at once; entities of what pushes once a second at most."""
        for follower in tuple(self._followers):
            follower()
        if self.push is None or not self.last_update_success:
            self._written_at = float("-inf")
            super().async_update_listeners()
            return
        self._unwritten |= self.read_groups
        if self._writing is None:
            now = self.hass.loop.time()
            if (left := self._written_at + WRITE_EVERY_S - now) <= 0:
                self._write()
            else:
                self._writing = self.hass.loop.call_later(left, self._write)

    @callback
    def _write(self) -> None:
        """Let the entities write the newest values of all that came."""
        self._writing = None
        self._written_at = self.hass.loop.time()
        self.read_groups = frozenset(self._unwritten)
        self._unwritten.clear()
        self.context = Context()
        super().async_update_listeners()

    @callback
    def _write_no_more(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    @callback
    def _take(self, sample: Sample) -> None:
        """Take what the device pushed."""
        if sample.points is not self._last_points:
            self._last_points = sample.points
            self._last_groups = frozenset(
                group.key
                for group in self.device.groups
                if not sample.points.isdisjoint(group.points)
            )
        self.read_groups = self._last_groups
        values = {**self.data, **sample.readings}
        for point in sample.missing:
            values.pop(point, None)
        self.data = values
        if self.last_update_success:
            self.async_update_listeners()
        elif self.push is not None and self.push.active:
            # It can't be asked, but it speaks.
            self.read_groups = frozenset(group.key for group in self.device.groups)
            self.async_set_updated_data(dict(self.push.values))

    @callback
    def _ask(self) -> None:
        """Poll at once: samples are missing."""
        self.config_entry.async_create_background_task(
            self.hass, self.async_refresh(), f"{self.name} is polled again"
        )

    def _pushed(self, group: Group) -> AbstractSet[Point]:
        """Return what need not be asked of a group."""
        if self.push is None:
            return frozenset()
        return self.push.known(
            frozenset(group.points), max(self.interval_s, group.interval_s or 0)
        )

    async def _read(self, group: Group, known: AbstractSet[Point]) -> Readings:
        if known and isinstance(self.device, Pushing):
            return await self.device.read_rest(group, known)
        return await self.device.read(group)

    def _tell_of_rest(self, err: DeviceError | None) -> None:
        """Log once that a device which pushes can't be asked for the rest."""
        if err is not None and not self._rest_failed:
            _LOGGER.warning(
                "%s can't be asked for what it does not push: %s", self.name, err
            )
        elif err is None and self._rest_failed:
            _LOGGER.info("%s can be asked again", self.name)
        self._rest_failed = err is not None

    # -- a device that is told something --------------------------------------

    async def async_set_limit(
        self,
        value_ma: int,
        *,
        urgent: bool = False,  # noqa: ARG002 - others wait with limits that are not
    ) -> None:
        """Write a charger's limit at once, urgent or not, and show it; mA.

        Raises `HomeAssistantError` in words for the user.
        """
        if (charger := self.charger) is None:
            raise TypeError(f"{self.name} has no charging current")
        try:
            await charger.set_limit(value_ma)
        except OutOfRange as err:
            raise out_of_range(self, value_ma) from err
        except DeviceError as err:
            if isinstance(err, Unreachable):
                # No need to wait for the next poll to know, and one log line for both.
                self.async_set_update_error(self._failed(err))
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="write_failed",
                translation_placeholders={"name": self.name, "error": str(err)},
            ) from err
        self.async_update_listeners()

    def group_of(self, point: Point) -> str:
        """Return the group in which a point is read."""
        return next(g.key for g in self.device.groups if point in g.points)

    def period_s(self, point: Point) -> float:
        """Return how often a point is read at least; s."""
        group = next(g for g in self.device.groups if point in g.points)
        return max(self.interval_s, group.interval_s or 0)

    def _failed(self, err: DeviceError) -> UpdateFailed:
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
        key = _error_key(err)
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


def _error_key(err: DeviceError) -> str:
    return next((key for kind, key in _ERROR_KEYS if isinstance(err, kind)), "no_link")
