"""Triggers of automations: what happens to a car, a fuse, the grid meter, a plan."""

from typing import ClassVar, override

from homeassistant.components.event import ATTR_EVENT_TYPE
from homeassistant.const import STATE_ON, Platform
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.trigger import (
    EntityTargetStateTriggerBase,
    EntityTriggerBase,
    NotTriggeredReasonReporter,
    StatelessEntityTriggerBase,
    Trigger,
)

from .const import DOMAIN
from .event import CHARGING_STARTED, CHARGING_STOPPED, PLAN_AT_RISK

_BINARY_SENSORS = {Platform.BINARY_SENSOR.value: DomainSpec()}
_EVENTS = {Platform.EVENT.value: DomainSpec()}
SENSORS = {Platform.SENSOR.value: DomainSpec()}
_ON = {STATE_ON}
_SILENT = {"stale", "lost"}
_FRESH = {"fresh"}


def of_ours(hass: HomeAssistant, entities: set[str], key: str) -> set[str]:
    """Return the entities of one kind that are meant by those of ours.

    On a wallbox's page other entities have the same words for their states, and a form
    offers every entity of the domain: whichever is chosen stands for its device, and
    that one for its site (its meter; all its wallboxes).
    """
    registry = er.async_get(hass)
    chosen = [
        found
        for entity_id in entities
        if (found := registry.async_get(entity_id)) is not None
        and found.platform == DOMAIN
    ]
    return {meant for one in chosen for meant in _meant(registry, one, key)}


def _meant(registry: er.EntityRegistry, chosen: er.RegistryEntry, key: str) -> set[str]:
    if chosen.translation_key == key:
        return {chosen.entity_id}
    beside = er.async_entries_for_device(registry, chosen.device_id or "")
    around = er.async_entries_for_config_entry(registry, chosen.config_entry_id or "")
    return _of_kind(beside, key) or _of_kind(around, key)


def _of_kind(entities: list[er.RegistryEntry], key: str) -> set[str]:
    return {
        one.entity_id
        for one in entities
        if (one.platform, one.translation_key) == (DOMAIN, key) and not one.disabled
    }


class _Ours(EntityTriggerBase):
    """A trigger of one kind of our entities."""

    _key: ClassVar[str]
    _primary_entities_only = False

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        return of_ours(self._hass, super().entity_filter(entities), self._key)


class _Reaches(_Ours, EntityTargetStateTriggerBase):
    """An entity of one kind comes to one of some states."""


class _Happens(_Ours, StatelessEntityTriggerBase):
    """An event entity tells something; its attributes say why, also in a sentence."""

    _domain_specs = _EVENTS
    _key = "site_activity"
    _event: ClassVar[str]

    @override
    def is_valid_state(
        self, state: State, report_not_triggered: NotTriggeredReasonReporter
    ) -> bool:
        told: str | None = state.attributes.get(ATTR_EVENT_TYPE)
        return told == self._event


class VehicleConnected(_Reaches):
    """A car is plugged in."""

    _domain_specs = _BINARY_SENSORS
    _key = "vehicle_connected"
    _to_states = _ON


class Overload(_Reaches):
    """A fuse is overloaded."""

    _domain_specs = _BINARY_SENSORS
    _key = "overload"
    _to_states = _ON


class FailsafeStarted(_Reaches):
    """A grid meter fell silent, so that the safe current applies."""

    _domain_specs = SENSORS
    _key = "grid_data_state"
    _to_states = _SILENT


class FailsafeEnded(_Reaches):
    """The values of a grid meter can be trusted again."""

    _domain_specs = SENSORS
    _key = "grid_data_state"
    _to_states = _FRESH


class ChargingStarted(_Happens):
    """A car has begun to charge."""

    _event = CHARGING_STARTED


class ChargingFinished(_Happens):
    """A car has stopped to charge."""

    _event = CHARGING_STOPPED


class PlanAtRisk(_Happens):
    """A plan can't be kept any more."""

    _event = PLAN_AT_RISK


TRIGGERS: dict[str, type[Trigger]] = {
    "vehicle_connected": VehicleConnected,
    "charging_started": ChargingStarted,
    "charging_finished": ChargingFinished,
    "overload": Overload,
    "failsafe_started": FailsafeStarted,
    "failsafe_ended": FailsafeEnded,
    "plan_at_risk": PlanAtRisk,
}


async def async_get_triggers(_hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers of sites and their chargers."""
    return TRIGGERS
