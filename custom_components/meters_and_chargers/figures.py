"""Figures in texts, as their reader writes numbers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from homeassistant.components.frontend.storage import async_user_store
from homeassistant.components.http.const import KEY_HASS_USER
from homeassistant.components.websocket_api.connection import current_connection
from homeassistant.core import HomeAssistant
from homeassistant.helpers.http import current_request

UNKNOWN = "\N{EN DASH}"
_COMMA = ("de", "fr", "it")
_SIGNS = {
    "comma_decimal": ".",
    "quote_decimal": ".",
    "none": ".",
    "decimal_comma": ",",
    "space_comma": ",",
}
"""What a user may choose as number format; the rest follows the language."""
_KILO = 1000


@dataclass(frozen=True, slots=True)
class Figures:
    """Writes figures, without signs where the text around says which way it flows."""

    decimal: str = "."
    signed: bool = False

    def watts(self, power_w: float) -> str:
        """Return a power: W, from 1000 W on kW."""
        if round(abs(power_w)) < _KILO:
            return self.number(power_w, 0, "W")
        return self.number(power_w / _KILO, 2, "kW")

    def both_ways(self, powers_w: Collection[float]) -> tuple[str, str]:
        """Return what those together draw that draw, and what the others feed in."""
        if not powers_w:
            return UNKNOWN, UNKNOWN
        return (
            self.watts(sum(power for power in powers_w if power > 0)),
            self.watts(sum(power for power in powers_w if power < 0)),
        )

    def number(self, value: float, digits: int, unit: str) -> str:
        """Return a value with so many digits and its unit, kept on one line."""
        said = f"{value if self.signed else abs(value):.{digits}f}"
        return f"{self._written(said)}\N{NO-BREAK SPACE}{unit}"

    def plain(self, value: float) -> str:
        """Return a value with the digits that it has, where the text has its unit."""
        return self._written(f"{value:.10g}")

    def _written(self, said: str) -> str:
        return said.replace(".", self.decimal).replace("-", "\N{MINUS SIGN}")


async def figures_of(hass: HomeAssistant) -> Figures:
    """Return how who reads a dialog, or the answer to an action, writes figures.

    That is whoever sent the request that is answered; without one, or where they have
    chosen nothing, the language of the system decides.
    """
    locale: dict[str, str] = {}
    if user_id := _reader():
        locale = (await async_user_store(hass, user_id)).data.get("language") or {}
    return _by(locale.get("language") or hass.config.language, locale)


def figures_of_house(hass: HomeAssistant) -> Figures:
    """Return how figures are written for everybody, as in an issue."""
    return _by(hass.config.language)


def _by(language: str, chosen: Mapping[str, str] = MappingProxyType({})) -> Figures:
    by_language = "," if language.partition("-")[0] in _COMMA else "."
    return Figures(_SIGNS.get(chosen.get("number_format", ""), by_language))


def _reader() -> str | None:
    """Return the id of the user who asks, by a websocket or by a request."""
    if (connection := current_connection.get()) is not None:
        return connection.user.id
    request = current_request.get()
    user = None if request is None else request.get(KEY_HASS_USER)
    return None if user is None else user.id
