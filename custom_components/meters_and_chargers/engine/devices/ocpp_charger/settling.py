"""What a wallbox is told and asked some time after it connected or booted."""

from collections.abc import Awaitable
import logging

from ...model import DeviceError, Unsupported
from .admission import Admission
from .change import Change
from .connector import Connector
from .foreign import Foreign
from .known import Known
from .limit import CallLater, Timer
from .limits import Limits
from .own_profiles import OwnProfiles
from .pause import Pauses
from .requests import Setting
from .sampling import Sampling

_LOGGER = logging.getLogger(__name__)

SETTLE_S = 5.0
"""How long a wallbox may take to say its status by itself."""
AFTER_BOOT_S = 1.0
RETRY_S = 60.0
"""When a limit that nobody asked for now is put again after it failed."""
_RETRIES = 3


class Settling(OwnProfiles, Known):
    """Sends what a wallbox may have lost, and reads what it has not said."""

    limits: Limits
    pauses: Pauses
    foreign: Foreign
    _admission: Admission
    _sampling: Sampling
    _call_later: CallLater

    def __init__(self) -> None:
        """Wait for a connection."""
        super().__init__()
        self._settling: Timer | None = None
        self._retries: dict[int, Timer] = {}
        """Of connectors whose limit or fallback could not be put."""
        self._reported: set[int] = set()
        """Connectors whose status came on this connection, or comes by itself."""
        self._booted = False
        """Whether what it lost by that is still to be sent, also after a break."""
        self._can_trigger = True

    @property
    def needs_restart(self) -> bool:
        """Whether it measures as its owner wants only after a restart."""
        return self._sampling.needs_restart

    def measure_every(self, seconds: int | None) -> None:
        """Let it send what we show, this often; None leaves its settings alone."""
        self._sampling.every_s = seconds
        if self.link is not None and self._settings is not None:
            self._spawn(self._sample(self.needs_restart))

    def _connected(self) -> None:
        """Settle what a new connection leaves open."""
        self._reported.clear()
        self._settle_after(SETTLE_S)

    def _has_booted(self) -> None:
        """Settle what a restart may have changed."""
        self._booted = True
        self._reported |= set(self.connectors)
        self._settle_after(AFTER_BOOT_S)

    def _settle_no_more(self) -> None:
        if self._settling:
            self._settling.cancel()
        for timer in self._retries.values():
            timer.cancel()
        self._retries.clear()

    def _settle_after(self, delay_s: float) -> None:
        self._settle_no_more()
        self._settling = self._call_later(delay_s, lambda: self._spawn(self._settle()))

    async def _settle(self) -> None:
        """Send limits that are owed and ask for what was not said."""
        booted, self._booted = self._booted, False
        needed = self.needs_restart
        if booted:
            self._settings = None
            self.limits.booted()
            self._sampling.booted(self.identity.firmware)
        for number in self.connectors:
            connector = self.connector(number)
            limit = connector.limit.restore(booted=booted)
            self._spawn(self._restore(connector, limit))
        self.pauses.settle()
        self.foreign.soon()
        if not self._reported:
            await self._ask_status()
        await self._read_configuration()
        if (dialect := self.dialect) is not None:
            if (lost := await dialect.close_lost()).connectors:
                self._tell(lost)
            if booted or not dialect.variables.known:
                await self._noted(await dialect.take_stock())
        await self._admission.settle()
        await self._sample(needed)

    async def _sample(self, needed: bool) -> None:  # noqa: FBT001  # what was so before
        if self.dialect is None:
            await self._sampling.settle(self.settings)
        else:
            settings = {
                name: Setting(one.value, one.readonly, one.choices)
                for name, one in self.dialect.variables.named.items()
            }
            await self._sampling.settle(settings, at_once=True)
        if self.needs_restart != needed:
            self._tell(Change(charger=True))

    async def _restore(
        self, connector: Connector, limit: Awaitable[None], tries: int = _RETRIES
    ) -> None:
        """Send a limit that nobody asked for now, and see to the fallback."""
        try:
            await limit
            async with self.limits.turn:
                left = self.limits_left(connector.number)
                await self.limits.sender.settle(connector.number, connector.limit, left)
        except DeviceError as err:
            _LOGGER.debug("%s: no limit restored: %s", self.charger_id, err)
            if tries and self.link is not None and not isinstance(err, Unsupported):
                self._restore_later(connector, tries - 1)

    def _restore_later(self, connector: Connector, tries: int) -> None:
        """Try once more: a wallbox that has just booted may not be ready."""
        number = connector.number

        def restore() -> None:
            del self._retries[number]
            limit = connector.limit.restore(booted=False)
            self._spawn(self._restore(connector, limit, tries))

        if (waiting := self._retries.pop(number, None)) is not None:
            waiting.cancel()
        self._retries[number] = self._call_later(RETRY_S, restore)

    async def _put_again(self, connector: Connector) -> None:
        await self._restore(connector, connector.limit.again())

    async def _ask_status(self) -> None:
        for number in self.connectors:
            if not self._can_trigger:
                return
            try:
                await self.trigger("StatusNotification", number)
            except Unsupported:
                self._can_trigger = False
            except DeviceError as err:
                _LOGGER.debug("%s: no status asked for: %s", self.charger_id, err)
                return
