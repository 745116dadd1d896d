"""The mode and phases of each charger of a site; how a KSEM charges."""

from functools import partial
from typing import Any, override

from homeassistant.components.select import SelectEntity
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoredExtraData, RestoreEntity
from homeassistant.util import dt as dt_util

from .charge_plan import ChargePlan
from .controller import SiteController, SiteEntry
from .coordinator import DeviceCoordinator, DeviceEntry
from .engine import charging
from .engine.charging import Mode
from .engine.devices.ksem.emobility import ChargeMode as KsemChargeMode
from .engine.devices.ksem.emobility import PhaseUse
from .entity import SiteChargerEntity, offer_when
from .ksem_wallbox import CHARGING, PHASES, KsemWallbox, KsemWallboxEntity
from .site_charger import SiteCharger

PARALLEL_UPDATES = 0


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: DeviceEntry | SiteEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Make one mode select for each charger, or those of a KSEM with a key."""
    runtime = entry.runtime_data
    if isinstance(runtime, DeviceCoordinator):
        if (wallbox := runtime.wallbox) is not None:
            async_add_entities(
                [KsemMode(runtime, wallbox), KsemPhaseUse(runtime, wallbox)]
            )
        return
    for charger in runtime.chargers:
        async_add_entities(
            [ChargeMode(runtime, charger)], config_subentry_id=charger.subentry_id
        )
        offer_when(
            partial(_switches_phases, charger),
            ChargerPhases(runtime, charger),
            Platform.SELECT,
            runtime,
            charger,
            async_add_entities,
        )


def _switches_phases(charger: SiteCharger) -> bool:
    return charger.switches_phases


class ChargeMode(SiteChargerEntity, SelectEntity, RestoreEntity):
    """What the user wants of a charger, from nothing to all it can get."""

    _attr_options = [mode.value for mode in Mode]  # noqa: RUF012 - Home Assistant's own type

    def __init__(self, controller: SiteController, charger: SiteCharger) -> None:
        """Belong to a charger of a site."""
        super().__init__(controller, charger, "charge_mode")

    @override
    async def async_added_to_hass(self) -> None:
        """Go on with the mode from before a restart."""
        await super().async_added_to_hass()
        last = await self.async_get_last_state()
        if last is not None and last.state in self.options:
            self._charger.mode = Mode(last.state)
        if (extra := await self.async_get_last_extra_data()) is not None:
            self._recall(extra.as_dict().get("plan"))

    def _recall(self, kept: dict[str, Any] | None) -> None:
        if kept is None:
            return
        ready_at, now = dt_util.parse_datetime(kept["ready_at"]), dt_util.utcnow()
        if ready_at is None:
            return
        days = frozenset(kept.get("weekdays", ()))
        plan: ChargePlan | None = ChargePlan(
            ready_at, kept["energy_wh"], kept["soc_percent"], days
        )
        if plan is not None and ready_at <= now:
            plan = plan.following(now)
        if plan is not None:
            self._charger.set_plan(plan)

    @property
    @override
    def extra_restore_state_data(self) -> RestoredExtraData:
        """Keep the plan too, which is set by an action."""
        if (plan := self._charger.plan) is None:
            return RestoredExtraData({"plan": None})
        kept = {
            "ready_at": plan.ready_at.isoformat(),
            "energy_wh": plan.energy_wh,
            "soc_percent": plan.soc_percent,
            "weekdays": sorted(plan.weekdays),
        }
        return RestoredExtraData({"plan": kept})

    @property
    @override
    def current_option(self) -> str:
        """The mode."""
        return self._charger.mode.value

    @override
    def _shown(self) -> object:
        return self._charger.mode

    @override
    async def async_select_option(self, option: str) -> None:
        """Change the mode and act on it at once."""
        self._charger.choose(Mode(option))
        self._controller.look()


class ChargerPhases(SiteChargerEntity, SelectEntity, RestoreEntity):
    """On how many phases a charger may charge that can switch."""

    _attr_options = [use.value for use in charging.PhaseUse]  # noqa: RUF012 - Home Assistant's own type
    _attr_entity_category = EntityCategory.CONFIG

    def __init__(self, controller: SiteController, charger: SiteCharger) -> None:
        """Belong to a charger of a site."""
        super().__init__(controller, charger, "phases")

    @override
    async def async_added_to_hass(self) -> None:
        """Go on with the choice from before a restart."""
        await super().async_added_to_hass()
        last = await self.async_get_last_state()
        if last is not None and last.state in self.options:
            self._charger.phase_use = charging.PhaseUse(last.state)

    @property
    @override
    def current_option(self) -> str:
        """The choice."""
        return self._charger.phase_use.value

    @override
    def _shown(self) -> object:
        return self._charger.phase_use

    @override
    async def async_select_option(self, option: str) -> None:
        """Change the choice and act on it at once."""
        self._charger.phase_use = charging.PhaseUse(option)
        self._controller.look()


class KsemMode(KsemWallboxEntity, SelectEntity):
    """How a KSEM steers its wallbox."""

    _attr_options = [mode.value for mode in KsemChargeMode]  # noqa: RUF012 - Home Assistant's own type

    def __init__(self, meter: DeviceCoordinator, wallbox: KsemWallbox) -> None:
        """Belong to a meter."""
        super().__init__(meter, wallbox, "wallbox_charge_mode", CHARGING)

    @property
    @override
    def available(self) -> bool:
        """Unknown is what the meter says, unavailable what it does not say."""
        return super().available and self.coordinator.data.charging is not None

    @property
    @override
    def current_option(self) -> str | None:
        """The mode that the meter names."""
        charging = self.coordinator.data.charging
        return None if charging is None else charging.mode

    @override
    async def async_select_option(self, option: str) -> None:
        """Change the mode; what is then shown is the meter's answer."""
        change = self.coordinator.emobility.set_mode(KsemChargeMode(option))
        await self.coordinator.async_charge(change)


class KsemPhaseUse(KsemWallboxEntity, SelectEntity):
    """On how many phases a KSEM lets its wallbox charge."""

    _attr_options = [use.value for use in PhaseUse]  # noqa: RUF012 - Home Assistant's own type
    _attr_entity_category = EntityCategory.CONFIG

    def __init__(self, meter: DeviceCoordinator, wallbox: KsemWallbox) -> None:
        """Belong to a meter."""
        super().__init__(meter, wallbox, "wallbox_phase_use", PHASES)

    @property
    @override
    def available(self) -> bool:
        """A wallbox that can't switch phases has no answer."""
        return super().available and self.coordinator.data.phase_use is not None

    @property
    @override
    def current_option(self) -> str | None:
        """What the meter says."""
        return self.coordinator.data.phase_use

    @override
    async def async_select_option(self, option: str) -> None:
        """Change the number of phases; what is then shown is the meter's answer."""
        await self.coordinator.async_use_phases(PhaseUse(option))
