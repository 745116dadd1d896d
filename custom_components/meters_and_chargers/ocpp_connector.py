"""One connector of an OCPP wallbox: what a site steers."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
import logging
from typing import TYPE_CHECKING

from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError

from . import registry
from .const import DOMAIN
from .engine.charging import PhaseCurrents, Reason
from .engine.devices.ocpp_charger import Pause
from .engine.model import (
    PHASES,
    DeviceError,
    OutOfRange,
    Phase,
    Point,
    Quantity,
    Setpoint,
)

if TYPE_CHECKING:
    # It makes the connectors.
    from .ocpp_wallbox import ChargerHub

_LOGGER = logging.getLogger(__name__)

_START_AGAIN_S = (5, 30, 120)
"""Pauses between the attempts to start a car that waits for a release."""

_PLUGGED = {
    "available": False,
    "preparing": True,
    "charging": True,
    "suspended_ev": True,
    "suspended_evse": True,
    "finishing": True,
}
"""Whether a car is plugged in; the other states leave it open."""


class Connector:
    """One connector of a wallbox: what a site steers."""

    write_interval_ms = 15_000

    def __init__(self, hub: ChargerHub, number: int) -> None:
        """Belong to a wallbox."""
        self._hub = hub
        self.number = number
        key = hub.identity.key
        self.key = key if number == 1 else f"{key}_{number}"
        self._allowed = False
        self._released = False
        """Whether its owner lets the car that waits charge without a card."""
        self._asked_to_start = False
        hub.listen(number, self._changed)

    @property
    def title(self) -> str:
        """What its owner calls it."""
        title = self._hub.entry.title
        return title if self.number == 1 else f"{title} {self.number}"

    @property
    def online(self) -> bool:
        """Whether the wallbox is connected."""
        return self._hub.online

    @property
    def setpoint(self) -> Setpoint:
        """The bounds of the charging current."""
        return self._hub.charger.setpoint

    @property
    def limit_ma(self) -> int | None:
        """The limit the wallbox has accepted; mA."""
        return self._hub.charger.connector(self.number).limit_ma

    @property
    def limit_in_doubt(self) -> bool:
        """Whether its wallbox itself is told of, or found out, if it disobeys."""
        return self._hub.charger.limits.in_doubt

    @property
    def drawn(self) -> tuple[PhaseCurrents, int] | None:
        """What the wallbox measures on its phases; mA, loop ms."""
        charger = self._hub.charger
        measured_at = charger.connector(self.number).measured_at
        currents = [self._current_ma(phase) for phase in PHASES]
        if measured_at is None or currents == [None, None, None]:
            return None
        first, second, third = (current or 0 for current in currents)
        return (first, second, third), round(measured_at * 1000)

    @property
    def measures_phases(self) -> bool:
        """Whether that is a current of each phase, and not of some alone."""
        return all(self._current_ma(phase) is not None for phase in PHASES)

    @property
    def session_energy_wh(self) -> float | None:
        """The energy of the running transaction; 0 between two."""
        state = self._hub.charger.connector(self.number)
        return 0 if state.session is None else state.session_energy_wh

    @property
    def plugged(self) -> bool | None:
        """Whether a car is plugged in, as far as its status says."""
        return _PLUGGED.get(self._hub.charger.connector(self.number).status)

    @property
    def blocked(self) -> Reason | None:
        """A fault, or a card that is missing: that is certain only by our own rule."""
        state = self._hub.charger.connector(self.number)
        if state.status == "faulted":
            return Reason.FAULT
        return Reason.AUTH_PENDING if self._waits and self._needs_card else None

    @property
    def phases(self) -> int | None:
        """On how many phases it may charge, where that is a choice.

        Which of them it uses it does not say.
        """
        charger = self._hub.charger
        return charger.phases_told(self.number) if charger.switches_phases else None

    @property
    def switches_phases(self) -> bool:
        """Whether it can be told to charge on one phase alone."""
        return self._hub.charger.switches_phases

    @property
    def keeps_minimum(self) -> bool:
        """Whether its car charges on where the sun is not enough, nor anything else."""
        charger = self._hub.charger
        runs = charger.connector(self.number).transaction is not None
        return runs and charger.pauses.mode is Pause.MINIMUM

    async def async_set_limit(
        self,
        value_ma: int,
        *,
        urgent: bool = False,
        phases: int | None = None,
    ) -> None:
        """Write the limit and, where it can switch, on how many phases; mA."""
        charger = self._hub.charger
        await self.ask(
            charger.set_limit(self.number, value_ma, protection=urgent, phases=phases),
            value_ma,
        )

    @callback
    def note_sun(self, sun_wh: float, of_wh: float) -> None:
        """Have the log keep what the session took from the sun, of how much; Wh."""
        self._hub.charger.note_sun(self.number, sun_wh, of_wh)

    async def async_keep(self) -> None:
        """Let the limit hold for good, also where it would end; best effort."""
        with suppress(DeviceError):
            await self._hub.charger.keep_limit(self.number)

    async def ask(self, request: Awaitable[object], value_ma: int = 0) -> None:
        """Wait for a request to the wallbox; raises in words for the user."""
        try:
            await request
        except OutOfRange as err:
            raise await registry.out_of_range(self._hub.hass, self, value_ma) from err
        except DeviceError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="request_failed",
                translation_placeholders={"name": self.title, "error": str(err)},
            ) from err

    @callback
    def allow(self, *, allowed: bool, released: bool = False) -> None:
        """Let a plugged car charge, or not; a car that waits is started.

        Where a card is needed it waits for one, unless it is `released` by hand.
        """
        self._allowed = allowed
        self._released = released
        self._asked_to_start = False
        if not allowed:
            charger = self._hub.charger
            self._hub.entry.async_create_background_task(
                self._hub.hass,
                charger.pauses.forget(charger.connector(self.number)),
                f"pause of {self.key}",
            )
        self._changed()

    @property
    def _waits(self) -> bool:
        """Whether a car is plugged in that no transaction charges."""
        state = self._hub.charger.connector(self.number)
        says = state.status == "preparing" and not state.is_restored
        # One whose card waits for the end of a pause begins with that.
        return says and state.transaction is None and not state.card_waits

    @property
    def _needs_card(self) -> bool:
        return self._hub.charger.needs_card and not self._released

    @property
    def _may_start(self) -> bool:
        """Whether a car that waits is started by Home Assistant."""
        spent = self._hub.charger.connector(self.number).spent and not self._released
        return self._allowed and self.online and not (self._needs_card or spent)

    async def stop(self) -> None:
        """End a running transaction."""
        charger = self._hub.charger
        if charger.connector(self.number).transaction is not None:
            await self.ask(charger.remote_stop(self.number))

    @callback
    def _changed(self) -> None:
        """Start a car that waits for a release, once each time it is plugged in."""
        if not self._waits:
            self._asked_to_start = self._released = False
        elif self._may_start and not self._asked_to_start:
            self._asked_to_start = True
            self._hub.entry.async_create_background_task(
                self._hub.hass, self._start(), f"start {self.key}"
            )

    async def _start(self) -> None:
        """Ask for a start, again for a while if the wallbox isn't ready yet."""
        for pause_s in _START_AGAIN_S:
            if not (self._waits and self._may_start):
                return
            try:
                await self._hub.charger.remote_start(self.number)
            except DeviceError as err:
                # Many wallboxes start by themselves, or only with a card.
                _LOGGER.debug("%s was not started: %s", self.title, err)
            await asyncio.sleep(pause_s)

    def _current_ma(self, phase: Phase) -> int | None:
        point = Point(Quantity.CURRENT, phase, str(self.number))
        current = self._hub.charger.values.get(point)
        return None if current is None else round(current * 1000)
