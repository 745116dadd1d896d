"""A charger without OCPP at its owner's billing service: what a stand-in sees and does.

What the service leaves is a bound for the site that steers the charger; whoever else
tells it more, it is taken back here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
import logging
import math
import time
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_OFF, STATE_ON, UnitOfEnergy
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryNotReady, HomeAssistantError
from homeassistant.requirements import RequirementsNotFound
from homeassistant.util.unit_conversion import EnergyConverter

from . import links, registry
from .billing import BillingGateway, as_point, gateway_name
from .const import (
    CONF_BILLING,
    CONF_ENERGY_ENTITY,
    CONF_FIXED_TAG,
    CONF_FREE,
    CONF_PLUGGED_ENTITY,
    CONF_POWER_ENTITY,
    CONF_STAND_IN,
    DOMAIN,
)
from .controller import SiteController
from .coordinator import DeviceCoordinator, DeviceEntry
from .engine.billing import Choices, Seen, SessionBook, StandIn
from .engine.charging import Reason
from .engine.gateway.limits import Bounds
from .engine.journal import Journal, JournalError
from .engine.model import Identity, Point, Quantity
from .grid_sensors import Sensor, power_sensor
from .ocpp_billing import HOUSE
from .ocpp_tls import Titled
from .site_charger import SiteCharger

_LOGGER = logging.getLogger(__name__)

FRESH_S = 300
"""How old a chosen sensor's value may be; many report only what changes."""
AGAIN_S = 10.0
"""How long a charger is left alone that could not be told."""
_BACKENDS = frozenset({Reason.BACKEND_LIMIT, Reason.BACKEND_PAUSE})
_ENERGY = Point(Quantity.ENERGY_IMPORT)
_POWER = Point(Quantity.POWER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What a charger says itself of what is billed."""

    reachable: bool = True
    energy_wh: float | None = None
    power_w: float | None = None


class BilledDevice:
    """A charger, with the sensors that were chosen for what it does not say."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        charger: registry.Present,
        *,
        identity: Identity,
        own: Callable[[], Own],
        data: Mapping[str, Any],
    ) -> None:
        """Take a charger, what it says itself, and the sensors beside it."""
        self._hass = hass
        self._entry = entry
        self._charger = charger
        self.identity = identity
        self._own = own
        energy, power = data.get(CONF_ENERGY_ENTITY), data.get(CONF_POWER_ENTITY)
        self._energy = None if energy is None else _energy_sensor(hass, energy)
        self._power = None if power is None else power_sensor(hass, power)
        self._plugged: str | None = data.get(CONF_PLUGGED_ENTITY)
        self._most_ma: int | None = None
        self._lowered: tuple[int, int] | None = None
        """What it had before we lowered it, and what it has since."""
        self._left_until = 0.0

    @callback
    def start(self) -> CALLBACK_TYPE:
        """Begin to follow; returns the function that ends it."""
        ends = [one.start() for one in (self._energy, self._power) if one is not None]
        ends.append(registry.bound(self._hass, self._charger.key, self._ceiling))

        @callback
        def stop() -> None:
            # What the charger has now it keeps, also over a reload.
            self._left_until = math.inf
            for end in ends:
                end()

        return stop

    async def release(self) -> None:
        """Give back what was taken for a service that is no more."""
        if self._lowered is not None:
            await self._write(self._lowered[0])

    def seen(self) -> Seen:
        """Return what it shows now."""
        self._enforce()
        found, own = self._charger, self._own()
        if not own.reachable:
            return Seen(reachable=False)
        drawn = found.drawn
        currents_a = () if drawn is None else tuple(one / 1000 for one in drawn[0])
        return Seen(
            faulted=found.blocked is Reason.FAULT,
            plugged=self._is_plugged(),
            power_w=own.power_w if self._power is None else self._power_w(self._power),
            energy_wh=own.energy_wh if self._energy is None else self._energy.value,
            currents_a=currents_a,
        )

    def bounds(self) -> Bounds:
        """Return what bounds it here; the service's own doing is no bound of ours."""
        setpoint, limit_ma = self._charger.setpoint, self._charger.limit_ma
        if setpoint is None:
            raise TypeError("a charger without a charging current")
        site = self._site()
        why = None if site is None or site.explanation is None else site.explanation
        ours = self._lowered is not None and limit_ma == self._lowered[1]
        if ours or (why is not None and why.reason in _BACKENDS):
            limit_ma = None
        house = why is not None and why.reason in HOUSE
        return Bounds(
            hardware_ma=setpoint.maximum_ma,
            minimum_ma=setpoint.minimum_ma,
            local_ma=None if house else limit_ma,
            house_ma=limit_ma if house else None,
        )

    def bound(self, most_ma: int | None) -> None:
        """Let no more flow from now on."""
        self._most_ma = most_ma
        self._enforce()

    def knows(self, _tag: str) -> bool:
        """Know no cards: they are an OCPP server's."""
        return False

    # Inside

    def _ceiling(self) -> int | None:
        return self._most_ma

    def _power_w(self, sensor: Sensor) -> float | None:
        """Return what a chosen sensor says, unless that is old."""
        at_ms = sensor.at_ms
        age_ms = None if at_ms is None else self._hass.loop.time() * 1000 - at_ms
        fresh = age_ms is not None and age_ms < FRESH_S * 1000
        return sensor.value if fresh else None

    def _is_plugged(self) -> bool | None:
        if self._plugged is None:
            return self._charger.plugged
        state = self._hass.states.get(self._plugged)
        known = {STATE_ON: True, STATE_OFF: False}
        return None if state is None else known.get(state.state)

    def _site(self) -> SiteCharger | None:
        """Return the charger as a site steers it, if one does."""
        for entry in self._hass.config_entries.async_loaded_entries(DOMAIN):
            if isinstance(site := entry.runtime_data, SiteController):
                for one in site.chargers:
                    if one.key == self._charger.key:
                        return one
        return None

    def _enforce(self) -> None:
        """Take back what is more than the service leaves, and give it back later."""
        found, now_s = self._charger, time.monotonic()
        setpoint, limit_ma = found.setpoint, found.limit_ma
        if setpoint is None or now_s < self._left_until or not found.online:
            return
        most_ma = setpoint.maximum_ma if self._most_ma is None else self._most_ma
        most_ma -= most_ma % setpoint.step_ma
        if limit_ma is None or limit_ma > most_ma:
            before_ma = setpoint.maximum_ma if limit_ma is None else limit_ma
            if limit_ma is None and self._most_ma is None:
                return
            if self._lowered is not None:
                before_ma = max(before_ma, self._lowered[0])
            self._lowered = before_ma, most_ma
            self._tell(most_ma)
            return
        if self._lowered is None or most_ma <= limit_ma:
            return
        before_ma, told_ma = self._lowered
        if limit_ma != told_ma or self._site() is not None:
            self._lowered = None  # somebody has chosen another one, or will
            return
        raised_ma = min(before_ma, most_ma)
        self._lowered = None if raised_ma == before_ma else (before_ma, raised_ma)
        self._tell(raised_ma)

    def _tell(self, value_ma: int) -> None:
        self._left_until = time.monotonic() + AGAIN_S
        self._entry.async_create_background_task(
            self._hass, self._write(value_ma), f"{DOMAIN} a billing service's limit"
        )

    async def _write(self, value_ma: int) -> None:
        try:
            await self._charger.async_set_limit(value_ma, urgent=True)
        except HomeAssistantError as err:
            # A device of ours has told; whatever it is, it is tried again.
            _LOGGER.debug("%s: not told: %s", self._charger.title, err)
            return
        if self._left_until < math.inf:
            self._left_until = 0.0


class StandInBilling:
    """A charger of ours at a billing service, as long as its entry is set up."""

    def __init__(
        self,
        gateway: BillingGateway,
        stand_in: StandIn,
        journal: Journal,
        device: BilledDevice,
        end: CALLBACK_TYPE,
    ) -> None:
        """Hold what belongs together."""
        self.gateway = gateway
        self.stand_in = stand_in
        self._journal = journal
        self._device = device
        self._end = end
        self._over = False

    async def stop(self, *, forget: bool = False) -> None:
        """Hang up, for good or until it is set up again."""
        if self._over:
            return
        self._over = True
        self._end()
        try:
            await self.gateway.leave(forget=forget)
            if forget:
                await self._device.release()
                await self.stand_in.forget()
        except JournalError:
            pass  # what is left is of a service that nobody asks any more
        finally:
            await self._journal.close()


async def start(hass: HomeAssistant, entry: DeviceEntry) -> None:
    """Show a charger to its billing service, if it has one.

    Raises `ConfigEntryNotReady`.
    """
    coordinator = entry.runtime_data
    if entry.options.get(CONF_BILLING) is None or coordinator.charger is None:
        return

    def device(chosen: Mapping[str, Any]) -> BilledDevice:
        return BilledDevice(
            hass,
            entry,
            coordinator,
            identity=coordinator.identity,
            own=partial(_own, coordinator),
            data=chosen,
        )

    try:
        billing = await show(
            hass, entry, entry.options, device, logged_as=logged_as(entry)
        )
    except (JournalError, RequirementsNotFound) as err:
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key="server_not_ready",
            translation_placeholders={"error": str(err)},
        ) from err
    entry.async_on_unload(coordinator.async_add_listener(billing.stand_in.update))
    coordinator.billing = billing


def _own(coordinator: DeviceCoordinator) -> Own:
    power_w = coordinator.data.get(_POWER)
    if power_w is None and coordinator.account is not None:
        status = coordinator.account.data.status
        power_w = None if status is None else status.power_w
    return Own(
        reachable=coordinator.last_update_success,
        energy_wh=coordinator.data.get(_ENERGY),
        power_w=power_w,
    )


async def show(
    hass: HomeAssistant,
    owner: Titled,
    options: Mapping[str, Any],
    device: Callable[[Mapping[str, Any]], BilledDevice],
    *,
    logged_as: str,
) -> StandInBilling:
    """Show a charger by a stand-in; ``device`` makes it of what was chosen.

    Its sessions are logged under a name of their own.
    Raises `JournalError`, or `RequirementsNotFound` without the library of OCPP.
    """
    journal = await links.open_journal(hass)
    try:
        return await _show(hass, owner, options, device, journal, logged_as)
    except JournalError:
        await journal.close()
        raise


async def _show(
    hass: HomeAssistant,
    owner: Titled,
    options: Mapping[str, Any],
    device: Callable[[Mapping[str, Any]], BilledDevice],
    journal: Journal,
    logged_as: str,
) -> StandInBilling:
    data: Mapping[str, Any] = options[CONF_BILLING]
    chosen: Mapping[str, Any] = options.get(CONF_STAND_IN, {})
    found = device(chosen)
    stand_in = StandIn(owner.entry_id, journal, found, logged_as=logged_as)
    stand_in.choices = Choices(
        fixed_tag=data.get(CONF_FIXED_TAG, ""), free=chosen.get(CONF_FREE, False)
    )
    await stand_in.load()
    point = as_point(owner.entry_id, journal, stand_in, data)
    gateway = BillingGateway(hass, owner, data, point, stand_in=stand_in)
    end = found.start()
    try:
        await gateway.start()
    except JournalError:
        end()
        raise
    return StandInBilling(gateway, stand_in, journal, found, end)


async def stop(entry: DeviceEntry) -> None:
    """Hang up at an unload."""
    billing, entry.runtime_data.billing = entry.runtime_data.billing, None
    if billing is not None:
        await billing.stop()


def logged_as(entry: ConfigEntry[Any]) -> str:
    """Return under which name the sessions of an entry's charger are logged."""
    return entry.unique_id or entry.entry_id


async def forget(
    hass: HomeAssistant, owner_id: str, options: Mapping[str, Any], logged_as: str
) -> None:
    """Forget what waits for the service of a removed charger; its log stays."""
    if (data := options.get(CONF_BILLING)) is None:
        return
    try:
        journal = await links.open_journal(hass)
    except JournalError, RequirementsNotFound:
        return
    try:
        for name in (owner_id, gateway_name(owner_id, data)):
            await links.forget_gateway(journal, name)
        await SessionBook(journal, logged_as).close()
    except JournalError:
        pass  # it can't be read by anybody
    finally:
        await journal.close()


def _energy_sensor(hass: HomeAssistant, entity_id: str) -> Sensor:
    """Return a sensor read in Wh."""
    return Sensor(
        hass,
        entity_id,
        lambda value, unit: EnergyConverter.convert(
            value, unit, UnitOfEnergy.WATT_HOUR
        ),
    )
