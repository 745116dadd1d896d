"""What electricity costs, by any price sensor; with what it says of the hours to come.

Integrations of exchange and tariff prices tell the future in an attribute, each in
words of its own. All of them are lists of a start, mostly an end, and a price.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from math import isfinite
from typing import Any

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant, State
from homeassistant.util import dt as dt_util

from .const import CONF_PRICE
from .engine.charging import Price

_ATTRIBUTES = (
    "prices",
    "forecast",
    "data",
    "rates",
    "prices_today",
    "prices_tomorrow",
    "raw_today",
    "raw_tomorrow",
    "today",
    "tomorrow",
)
_STARTS = ("start", "start_time", "starts_at", "startsat", "time", "from", "hour")
_ENDS = ("end", "end_time", "ends_at", "endsat", "till", "to")
_PRICES = (
    "price",
    "value",
    "total",
    "price_per_kwh",
    "value_inc_vat",
    "electricity_price",
    "price_ct_per_kwh",
    "price_eur_per_mwh",
    "marketprice",
)
_CENT = ("ct", "cent", "cents", "c", "¢", "øre", "öre", "ore", "rp", "rp.", "p", "gr")
_PER_CURRENCY, _PER_CENT, _PER_MWH = 100_000.0, 1_000.0, 100.0
"""Thousandths of a cent a kWh in one unit a kWh, one cent a kWh, one unit a MWh."""
_HOUR_MS = 3_600_000
_NEVER_MS = 2**62
_MILLISECONDS = 1e11
"""A time since 1970 above this is in ms, not in s."""


class PriceSensor:
    """A sensor's price now and in the slots that it knows."""

    def __init__(self, hass: HomeAssistant, entity_id: str) -> None:
        """Read this sensor when asked."""
        self._hass = hass
        self._entity_id = entity_id
        self._read: State | None = None
        self._slots: tuple[Price, ...] = ()

    @classmethod
    def of(cls, hass: HomeAssistant, data: Mapping[str, Any]) -> PriceSensor | None:
        """Return the sensor that a site's entry names, if it names one."""
        entity_id: str | None = data.get(CONF_PRICE)
        return None if entity_id is None else cls(hass, entity_id)

    def slots(self, now: datetime) -> tuple[Price, ...]:
        """Return the known slots in order, from the present one on."""
        state = self._hass.states.get(self._entity_id)
        if state is not self._read:
            self._read = state
            # Between two words of the sensor its last ones hold.
            self._slots = (state and forecast(state)) or self._slots
        now_ms = round(now.timestamp() * 1000)
        to_come = tuple(slot for slot in self._slots if slot.end_ms > now_ms)
        if not to_come or to_come[0].start_ms > now_ms:
            present = None if state is None else _present(state, now_ms)
            return (present, *to_come) if present is not None else to_come
        return to_come


def per_kwh(state: State) -> float | None:
    """Return what a sensor says that a kWh costs now, in whole units of currency."""
    present = _present(state, 0)
    return None if present is None else present.price / _PER_CURRENCY


def factor(unit: str | None) -> float:
    """Return what a price in a unit is multiplied by; thousandths of a cent a kWh."""
    words = (unit or "").lower().replace(" ", "").split("/")
    if words[-1] == "mwh":
        return _PER_MWH
    return _PER_CENT if words[0] in _CENT else _PER_CURRENCY


def forecast(state: State) -> tuple[Price, ...]:
    """Return every slot that a sensor's attributes tell, in order."""
    unit: str | None = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    found: dict[int, tuple[int | None, int]] = {}
    for name in _ATTRIBUTES:
        rows = state.attributes.get(name)
        for start, end, value, word in _rows(rows if isinstance(rows, list) else ()):
            found[start] = end, round(value * _factor_of(word, unit))
    starts = sorted(found)
    gap = min((b - a for a, b in pairwise(starts)), default=_HOUR_MS)
    slots = []
    for start, following in zip(starts, [*starts[1:], _NEVER_MS], strict=False):
        end, price = found[start]
        ends = min(start + gap if end is None else end, following)
        slots.append(Price(start_ms=start, end_ms=ends, price=price))
    return tuple(slots)


def _factor_of(word: str, unit: str | None) -> float:
    """Some names of a price tell its unit, whatever the sensor's own is."""
    if word.endswith("mwh") or word == "marketprice":
        return _PER_MWH
    if word == "price_ct_per_kwh":
        return _PER_CENT
    return _PER_CURRENCY if word == "price_per_kwh" else factor(unit)


def _rows(rows: Iterable[object]) -> Iterator[tuple[int, int | None, float, str]]:
    for row in rows:
        if not isinstance(row, Mapping):
            continue
        fields = {str(key).lower(): value for key, value in row.items()}
        start = next((_ms(fields[key]) for key in _STARTS if key in fields), None)
        end = next((_ms(fields[key]) for key in _ENDS if key in fields), None)
        word = next((key for key in _PRICES if key in fields), None)
        value = None if word is None else _number(fields[word])
        if start is not None and word is not None and value is not None:
            yield start, end, value, word


def _present(state: State, now_ms: int) -> Price | None:
    """Return the price now, which holds until the hour is over at least."""
    value = _number(state.state)
    if value is None:
        return None
    start = now_ms - now_ms % _HOUR_MS
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    return Price(start, start + _HOUR_MS, round(value * factor(unit)))


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except TypeError, ValueError:
        return None
    return number if isfinite(number) else None


def _ms(value: object) -> int | None:
    """Return a time as ms since 1970; one without a zone is the house's own time."""
    if isinstance(value, str):
        value = dt_util.parse_datetime(value)
    if isinstance(value, datetime):
        zone = dt_util.get_default_time_zone()
        return round(
            (value if value.tzinfo else value.replace(tzinfo=zone)).timestamp() * 1000
        )
    number = _number(value)
    if (
        number is None
        or isinstance(value, bool)
        or number <= timedelta(days=1).total_seconds()
    ):
        return None
    return round(number if number > _MILLISECONDS else number * 1000)
