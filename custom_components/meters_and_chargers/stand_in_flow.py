"""A billing service in the options of a charger without OCPP: what it does not say."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.config_entries import ConfigEntry, ConfigFlowResult
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
)
import voluptuous as vol

from .billing import is_same_account
from .billing_flow import BillingSteps, Introduced
from .billing_stand_in import StandInBilling
from .const import (
    CONF_BACKEND_CARDS,
    CONF_ENERGY_ENTITY,
    CONF_FREE,
    CONF_PLUGGED_ENTITY,
    CONF_POWER_ENTITY,
    CONF_STAND_IN,
)
from .coordinator import DeviceCoordinator
from .engine.billing import introduction
from .engine.model import Identity, Point, Quantity

type Input = dict[str, Any]


class _Introduced:
    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def boot(self) -> Mapping[str, Any]:
        return introduction(self._identity)


class StandInSteps(BillingSteps):
    """Its own options, or the billing service at which it is shown."""

    own_step = "device"
    """The step with all other options."""

    async def async_step_charger_menu(
        self,
        user_input: Input | None = None,  # noqa: ARG002 - a menu
    ) -> ConfigFlowResult:
        """Choose what to change."""
        return self.async_show_menu(
            step_id="charger_menu", menu_options=[self.own_step, "stand_in"]
        )

    @override
    def billed(self) -> Introduced | str:
        """Return the charger as its billing service sees it."""
        identity = self.identity
        return "billing_not_ready" if identity is None else _Introduced(identity)

    @property
    def identity(self) -> Identity | None:
        """Return who the charger is; None while nobody knows."""
        coordinator = _charger_of(self.config_entry)
        return None if coordinator is None else coordinator.identity

    @property
    def counts(self) -> bool:
        """Whether it counts its energy itself."""
        found, own = _charger_of(self.config_entry), Point(Quantity.ENERGY_IMPORT)
        return found is not None and any(
            own in one.points for one in found.device.groups
        )

    @property
    @override
    def uncounted(self) -> frozenset[str]:
        """Return what nothing depends on: it knows no cards itself."""
        return frozenset({CONF_BACKEND_CARDS})

    @property
    def running(self) -> StandInBilling | None:
        """Return what shows it now."""
        coordinator = _charger_of(self.config_entry)
        return None if coordinator is None else coordinator.billing

    async def async_step_stand_in(
        self, user_input: Input | None = None
    ) -> ConfigFlowResult:
        """Ask who measures, and who may charge."""
        if user_input is not None:
            self._beside = {CONF_STAND_IN: user_input}
            return await self.async_step_billing()
        kept: Mapping[str, Any] = self.options_now.get(CONF_STAND_IN, {})
        return self.async_show_form(
            step_id="stand_in",
            data_schema=self.add_suggested_values_to_schema(
                _schema(counts=self.counts), kept
            ),
        )

    @override
    async def _finish(self, chosen: Input | None) -> ConfigFlowResult:
        """Forget what waits for a service that is another one from now on."""
        billing = self.running
        if billing is not None:
            known = billing.gateway.data
            if chosen is None or not is_same_account(known, chosen):
                await billing.stop(forget=True)
        return await super()._finish(chosen)


def has_stand_in(entry: ConfigEntry[Any]) -> bool:
    """Whether an entry is that of a charger, which a stand-in may show."""
    return _charger_of(entry) is not None


def _charger_of(entry: ConfigEntry[Any]) -> DeviceCoordinator | None:
    found = getattr(entry, "runtime_data", None)
    if isinstance(found, DeviceCoordinator) and found.charger is not None:
        return found
    return None


def _schema(*, counts: bool) -> vol.Schema:
    energy = (vol.Optional if counts else vol.Required)(CONF_ENERGY_ENTITY)
    fields: dict[vol.Marker, object] = {
        energy: _sensor(SensorDeviceClass.ENERGY),
        vol.Optional(CONF_POWER_ENTITY): _sensor(SensorDeviceClass.POWER),
        vol.Optional(CONF_PLUGGED_ENTITY): EntitySelector(
            EntitySelectorConfig(domain="binary_sensor")
        ),
        vol.Required(CONF_FREE, default=False): BooleanSelector(),
    }
    return vol.Schema(fields)


def _sensor(kind: SensorDeviceClass) -> EntitySelector:
    return EntitySelector(EntitySelectorConfig(domain="sensor", device_class=kind))
