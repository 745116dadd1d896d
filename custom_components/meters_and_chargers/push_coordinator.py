"""A device that writes its values to us: they are merged with what it is asked."""

from collections.abc import Set as AbstractSet
import logging
from typing import override

from homeassistant.core import HomeAssistant, callback

from .coordinator import DeviceCoordinator, DeviceEntry
from .engine.model import DeviceError, Group, Point, Readings, Sample
from .push_listener import MeterPush

_LOGGER = logging.getLogger(__name__)

WRITE_EVERY_S = 1.0
"""How often the entities of a device that pushes write their states at most."""


class PushCoordinator(DeviceCoordinator):
    """Asks only for what is not pushed; goes on while the device can't be asked."""

    def __init__(self, hass: HomeAssistant, entry: DeviceEntry) -> None:
        """Open the device of an entry; nothing is asked, nobody may push yet."""
        super().__init__(hass, entry)
        self.push = MeterPush(hass, entry, self.device, self._take, self._ask)
        self._rest_failed = False
        """Whether the device can't be asked for what it does not push."""
        self._last_points: frozenset[Point] = frozenset()
        self._last_groups: frozenset[str] = frozenset()
        """The groups of the points that were pushed last: the same nearly always."""

    async def async_start_push(self) -> None:
        """Let the device push."""
        await self.push.start()

    @property
    def pushed(self) -> bool:
        """Whether fast values are pushed, so that they need not be polled."""
        return bool(self._pushed(self.device.groups[0]))

    @override
    def time_of(self, point: Point) -> float | None:
        """Return when a value was read or pushed, in the event loop's time."""
        if point in self.push.values:
            return self.push.at(point)
        return super().time_of(point)

    @override
    async def _async_update_data(self) -> Readings:
        values = dict(await super()._async_update_data())
        if self._failed_in_a_row == 0:
            self._tell_of_rest(None)
        if self.push.active:
            values.update(self.push.values)
        return values

    @override
    def _bear(self, err: DeviceError) -> None:
        """Go on with what is pushed; the rest is not shown as fresh."""
        if not self.push.active:
            super()._bear(err)
        self._tell_of_rest(err)

    @property
    @override
    def _write_pause_s(self) -> tuple[float, float]:
        return (WRITE_EVERY_S, 0) if self.push.active else super()._write_pause_s

    @callback
    def _take(self, sample: Sample) -> None:
        """Take what the device pushed."""
        self.health.good()
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
        elif self.push.active:
            # It can't be asked, but it speaks.
            self.read_groups = frozenset(group.key for group in self.device.groups)
            self.async_set_updated_data(dict(self.push.values))

    @callback
    def _ask(self) -> None:
        """Poll at once: samples are missing."""
        self.config_entry.async_create_background_task(
            self.hass, self.async_refresh(), f"{self.name} is polled again"
        )

    @override
    def _pushed(self, group: Group) -> AbstractSet[Point]:
        return self.push.known(
            frozenset(group.points), max(self.interval_s, group.interval_s or 0)
        )

    def _tell_of_rest(self, err: DeviceError | None) -> None:
        """Log once that the device can't be asked for what it does not push."""
        if err is not None and not self._rest_failed:
            _LOGGER.warning(
                "%s can't be asked for what it does not push: %s", self.name, err
            )
        elif err is None and self._rest_failed:
            _LOGGER.info("%s can be asked again", self.name)
        self._rest_failed = err is not None
