"""Polls the groups of one device, each when it is due."""

from datetime import timedelta
import logging
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    ConfigEntryError,
    HomeAssistantError,
)
from homeassistant.helpers.update_coordinator import (
    DataUpdateCoordinator,
    UpdateFailed,
)

from .const import CONF_INTERVAL, DOMAIN
from .engine.model import (
    Charger,
    Device,
    DeviceError,
    Identity,
    OutOfRange,
    Point,
    PortClosed,
    Readings,
    Setpoint,
    Silent,
    Unreachable,
    WrongDevice,
)
from .links import family_of, open_device
from .registry import out_of_range

_LOGGER = logging.getLogger(__name__)

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
        self.polls = 0
        self.failed_polls = 0
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
                started = clock()
                self._values[group.key] = await self.device.read(group)
                read.add(group.key)
                self.read_at[group.key] = clock()
                self.took_s[group.key] = clock() - started
                # Half a poll early rather than a whole one late.
                pause = (group.interval_s or 0) - self.interval_s / 2
                self._due[group.key] = started + pause
        except DeviceError as err:
            self._due.clear()
            self.failed_polls += 1
            raise self._failed(err) from err
        self.read_groups = frozenset(read)
        # All that one poll changes has one cause, and one context.
        self.context = Context()
        values: dict[Point, float | None] = {}
        for readings in self._values.values():
            values.update(readings)
        return values

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
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key=_error_key(err),
            translation_placeholders={"name": self.name, "error": str(err)},
        )

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
