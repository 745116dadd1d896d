"""Who is there: devices published by their entries, found by identity.

A site reads meters and chargers of other entries. It never waits for one: a
device that isn't here is offline.
"""

from collections.abc import Callable
from typing import Protocol

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)
from homeassistant.util.hass_dict import HassKey

from .const import CONF_CHARGER, DOMAIN, SUBENTRY_CHARGER
from .engine.charging import PhaseCurrents, Reason
from .engine.model import Setpoint
from .figures import UNKNOWN, figures_of


class Present(Protocol):
    """A meter, a charger, or one connector of a charger, as a site sees it."""

    @property
    def key(self) -> str:
        """The identity under which others refer to it."""

    @property
    def title(self) -> str:
        """What its owner calls it."""

    @property
    def online(self) -> bool:
        """Whether it answers."""

    @property
    def setpoint(self) -> Setpoint | None:
        """The bounds of its charging current; None for a meter."""

    @property
    def limit_ma(self) -> int | None:
        """The limit it obeys, as far as is known; mA."""

    @property
    def write_interval_ms(self) -> int:
        """How often a limit may be written without need."""

    @property
    def drawn(self) -> tuple[PhaseCurrents, int] | None:
        """What a charger measures itself on its phases, and when; mA, loop ms."""

    @property
    def measures_phases(self) -> bool:
        """Whether that is a current of each phase, and not of some alone."""

    @property
    def session_energy_wh(self) -> float | None:
        """The energy of the car that is plugged in, if a charger counts it."""

    @property
    def phases(self) -> int | None:
        """On how many phases it charges or would, by its own word."""

    @property
    def switches_phases(self) -> bool:
        """Whether it can be told to charge on one phase alone."""

    @property
    def plugged(self) -> bool | None:
        """Whether a car is plugged in; None when it can't tell."""

    @property
    def blocked(self) -> Reason | None:
        """Why it does not charge whatever it is told: FAULT, DISABLED, AUTH_PENDING."""

    async def async_set_limit(
        self, value_ma: int, *, urgent: bool = False, phases: int | None = None
    ) -> None:
        """Write a limit and, where it can switch, on how many phases; mA.

        Raises `HomeAssistantError` in words for the user.
        """


async def out_of_range(
    hass: HomeAssistant, found: Present, value_ma: int
) -> ServiceValidationError:
    """Say which charging currents a charger takes."""
    setpoint, written = found.setpoint, await figures_of(hass)
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="current_out_of_range",
        translation_placeholders={
            "name": found.title,
            "current": written.plain(value_ma / 1000),
            "minimum": written.plain(setpoint.minimum_ma / 1000)
            if setpoint
            else UNKNOWN,
            "maximum": written.plain(setpoint.maximum_ma / 1000)
            if setpoint
            else UNKNOWN,
        },
    )


_PRESENT: HassKey[dict[str, Present]] = HassKey(f"{DOMAIN}_present")


@callback
def publish(hass: HomeAssistant, found: Present) -> CALLBACK_TYPE:
    """Make a device known; returns the function that withdraws it."""
    key = found.key
    present = hass.data.setdefault(_PRESENT, {})
    present[key] = found
    async_dispatcher_send(hass, _signal(key))

    @callback
    def withdraw() -> None:
        if present.get(key) is found:
            del present[key]
            async_dispatcher_send(hass, _signal(key))

    return withdraw


_CEILINGS: HassKey[dict[str, Callable[[], int | None]]] = HassKey(f"{DOMAIN}_ceilings")


@callback
def bound(
    hass: HomeAssistant, key: str, ceiling: Callable[[], int | None]
) -> CALLBACK_TYPE:
    """Let somebody else bound a charger, such as a billing service; mA, 0 pauses it.

    Returns the function that ends it.
    """
    ceilings = hass.data.setdefault(_CEILINGS, {})
    ceilings[key] = ceiling

    @callback
    def end() -> None:
        if ceilings.get(key) is ceiling:
            del ceilings[key]

    return end


@callback
def ceiling_ma(hass: HomeAssistant, key: str) -> int | None:
    """Return what somebody else leaves a charger of the current that it is told."""
    ceiling = hass.data.get(_CEILINGS, {}).get(key)
    return None if ceiling is None else ceiling()


@callback
def present(hass: HomeAssistant) -> tuple[Present, ...]:
    """Return every device whose entry is set up."""
    return tuple(hass.data.get(_PRESENT, {}).values())


@callback
def without_site(hass: HomeAssistant) -> dict[str, str]:
    """Return the names of the chargers that no site has yet, by their keys."""
    steered = taken(hass, CONF_CHARGER)
    return {
        found.key: found.title
        for found in present(hass)
        if found.setpoint is not None and found.key not in steered
    }


@callback
def taken(hass: HomeAssistant, name: str) -> set[str | None]:
    """Return what the chargers of all sites have under a name."""
    return {
        subentry.data.get(name)
        for entry in hass.config_entries.async_entries(DOMAIN)
        for subentry in entry.get_subentries_of_type(SUBENTRY_CHARGER)
    }


@callback
def find(hass: HomeAssistant, key: str) -> Present | None:
    """Return a device by its identity, if its entry is set up."""
    return hass.data.get(_PRESENT, {}).get(key)


@callback
def subscribe(
    hass: HomeAssistant,
    key: str,
    on_change: Callable[[Present | None], None],
) -> CALLBACK_TYPE:
    """Follow the coming and going of a device, beginning with now."""

    @callback
    def changed() -> None:
        on_change(find(hass, key))

    unsubscribe = async_dispatcher_connect(hass, _signal(key), changed)
    changed()
    return unsubscribe


def _signal(key: str) -> str:
    return f"{DOMAIN}_{key}"
