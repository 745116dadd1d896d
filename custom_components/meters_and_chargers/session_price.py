"""What the energy of charging sessions costs: a price sensor, told to the journal."""

import logging

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HomeAssistant,
    callback,
)
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util

from .engine.journal import Journal, JournalError
from .prices import per_kwh

_LOGGER = logging.getLogger(__name__)

_CURRENCY_LETTERS = 3


class SessionPrice:
    """Tells the journal each price that a sensor says, for some wallboxes.

    While Home Assistant does not run the last price holds, and until the sensor says
    something after a start.
    """

    def __init__(self, hass: HomeAssistant, journal: Journal) -> None:
        """Follow nothing yet."""
        self._hass = hass
        self._journal = journal
        self._entity_id: str | None = None
        self._chargers: set[str] = set()
        self._known: tuple[float | None, str] | None = None
        self._failed = False
        self._deaf: CALLBACK_TYPE | None = None

    async def follow(self, entity_id: str | None) -> None:
        """Follow another sensor, or none: then nothing costs anything known."""
        self.stop()
        self._entity_id = entity_id
        if entity_id is None:
            self._known = (None, "")
            await self._tell(self._chargers)
            return
        self._deaf = async_track_state_change_event(
            self._hass, entity_id, self._changed
        )
        self._known = None
        if self._read():
            await self._tell(self._chargers)

    async def add(self, charger: str) -> None:
        """Tell the price of one more wallbox."""
        self._chargers.add(charger)
        if self._known is not None:
            await self._tell({charger})

    @callback
    def drop(self, charger: str) -> None:
        """Tell nothing more of a wallbox that was removed."""
        self._chargers.discard(charger)

    @callback
    def stop(self) -> None:
        """Follow the sensor no more; the last price holds."""
        if self._deaf is not None:
            self._deaf()
            self._deaf = None

    def _read(self) -> bool:
        """Take over what the sensor says; return whether that is something new."""
        assert self._entity_id is not None  # noqa: S101 - only read when followed
        state = self._hass.states.get(self._entity_id)
        price = None if state is None else per_kwh(state)
        if price is None and self._known is None:
            return False
        unit = "" if state is None else state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
        told = price, self._currency(unit or "")
        if price is None and self._known is not None:
            told = None, self._known[1]
        changed = told != self._known
        self._known = told
        return changed

    def _currency(self, unit: str) -> str:
        """Return the currency that a unit names, else the one of the house."""
        word = unit.split("/", maxsplit=1)[0].strip()
        if len(word) == _CURRENCY_LETTERS and word.isupper():
            return word
        return self._hass.config.currency

    async def _changed(self, _event: Event[EventStateChangedData]) -> None:
        if self._read():
            await self._tell(self._chargers)

    async def _tell(self, chargers: set[str]) -> None:
        if self._known is None:
            return
        price, currency = self._known
        now = dt_util.utcnow()
        try:
            for charger in sorted(chargers):
                await self._journal.note_price(charger, now, price, currency)
        except JournalError as err:
            if not self._failed:
                _LOGGER.warning("A price could not be recorded: %s", err)
            self._failed = True
            return
        if self._failed:
            _LOGGER.info("Prices are recorded again")
        self._failed = False
