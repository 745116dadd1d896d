"""What is known of a wallbox or was read from it, and who hears of it."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
import logging
from types import MappingProxyType
from typing import override

from ...model import DeviceError, Identity, Point
from .change import Change, Occurrence
from .connector import Connector
from .profile import Configuration
from .reading import MAX_CONNECTOR, integer
from .requests import Setting, Settings
from .station import Station
from .upkeep import Upkeep

_LOGGER = logging.getLogger(__name__)

FAMILY_KEY = "ocpp_charger"

type Listener = Callable[[Change], None]


class Known(Upkeep):
    """Who a wallbox is, what it said last; tells of each change."""

    _station: Station

    def __init__(self) -> None:
        """Start with nobody who listens."""
        super().__init__()
        self._settings: Mapping[str, Setting] | None = None
        self._configuring = asyncio.Lock()
        self._listeners: dict[object, Listener] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def charger_id(self) -> str:
        """The identity in the address the wallbox dials."""
        return self._station.charger_id

    @property
    def identity(self) -> Identity:
        """Who it is: its key never changes, the rest is of the last boot."""
        record = self._station.record
        return Identity(
            family=FAMILY_KEY,
            serial=record.id,
            maker=record.maker,
            model=record.model,
            firmware=record.firmware or None,
        )

    @property
    def maker_serial(self) -> str:
        """The serial number it reported at its last boot."""
        return self._station.record.serial

    @property
    def online(self) -> bool:
        """Whether it is connected."""
        return self.link is not None

    @property
    def connectors(self) -> tuple[int, ...]:
        """The numbers of its connectors, at least 1."""
        return self._station.connectors

    @property
    def values(self) -> Mapping[Point, float | None]:
        """The newest measured values; None where it no longer says."""
        return MappingProxyType(self._station.values)

    @property
    def configuration(self) -> Configuration:
        """Its configuration keys, as far as they were read."""
        settings = self._settings or {}
        return {key: setting.value for key, setting in settings.items()}

    @property
    def settings(self) -> Mapping[str, Setting]:
        """The same with whether they can be changed."""
        return self._settings or {}

    @property
    def firmware_status(self) -> str:
        """How the last update of its firmware went on; empty before any."""
        return self._station.firmware_status

    def connector(self, number: int) -> Connector:
        """Return the state of one of its connectors; 0 is the wallbox itself."""
        return self._station.by_number[number]

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call back once after each message that changed something."""
        key = object()
        self._listeners[key] = listener

        def unsubscribe() -> None:
            self._listeners.pop(key, None)

        return unsubscribe

    def introduce(self, maker: str, model: str, serial: str) -> None:
        """Say who it is, from a boot that somebody else answered."""
        self._station.introduce(maker, model, serial)

    def happened(self, occurrence: Occurrence) -> None:
        """Tell of something that no message brought."""
        self._tell(Change(occurrences=(occurrence,)))

    @override
    async def change_configuration(self, key: str, value: str) -> str:
        """Set a configuration key, and know it."""
        status = await super().change_configuration(key, value)
        if self._settings is not None:
            self._settings = {**self._settings, key: Setting(value, read_only=False)}
        return status

    # Inside

    def _tell(self, change: Change) -> None:
        for listener in tuple(self._listeners.values()):
            listener(change)

    def _all_changed(self, points: frozenset[Point] = frozenset()) -> Change:
        numbers = frozenset(self._station.by_number)
        return Change(points=points, connectors=numbers, charger=True)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read_card_settings(self) -> Configuration:
        found = await self._read_configuration()
        if (dialect := self.dialect) is None:
            return found
        if not dialect.variables.known:
            # A card may be added before the report that follows a boot.
            await self._noted(await dialect.take_stock())
        return {**dialect.variables.configuration, **found}

    async def _read_configuration(self) -> Configuration:
        """Read the configuration once; what can't be read stays at its defaults."""
        async with self._configuring:
            if self._settings is not None:
                return self.configuration
            link = self.link
            try:
                # All keys: some answer a list with an unknown one by broken JSON.
                # With OCPP 2 all would be a report, for which a limit can't wait.
                keys = list(self.dialect.limit_keys) if self.dialect else None
                settings = await self.read_settings(keys)
            except DeviceError as err:
                _LOGGER.debug("%s: no configuration: %s", self.charger_id, err)
                settings = Settings({})
            if self.link is None or self.link is not link:
                return {}
            self._settings = settings.known
        configuration = self.configuration
        self._configured(configuration)
        count = integer(configuration.get("NumberOfConnectors")) or 0
        await self._noted(self._station.expect(min(count, MAX_CONNECTOR)))
        return configuration

    def _configured(self, configuration: Configuration) -> None:
        """Take what was read."""

    async def _noted(self, new: bool) -> None:  # noqa: FBT001  # private; as `Station.expect` returned it
        """Keep and tell that there are new connectors."""
        if new:
            await self._station.remember()
            self._tell(self._all_changed())
