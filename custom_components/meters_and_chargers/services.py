"""Actions: a plan, a boost, a cap for a while; a look ahead, and one back."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.target import (
    TargetSelection,
    async_extract_referenced_entity_ids,
)
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType
import voluptuous as vol

from .charge_plan import WEEKDAYS, ChargePlan, engine_plan
from .const import CONF_FAMILY, DOMAIN, FAMILY_SITE
from .controller import SiteController
from .engine.charging import PhaseUse
from .engine.charging.plan import preview
from .reason_text import PRICE_UNIT
from .site_charger import SiteCharger
from .site_circuit import SiteCircuit
from .site_replay import replay

_TIME: Final = "time"
_DATE: Final = "date"
_REPEAT: Final = "repeat"
_ENERGY: Final = "energy"
_CHARGE_LEVEL: Final = "charge_level"
_MINUTES: Final = "minutes"
_CURRENT: Final = "current"
_POWER: Final = "power"
_SITE: Final = "config_entry_id"
_COUNT: Final = "count"
_VOLTAGE: Final = 230

type Targeted = tuple[SiteController, SiteCharger]

_PLAN = {
    vol.Optional(_DATE): cv.date,
    vol.Exclusive(_ENERGY, "goal"): vol.All(
        vol.Coerce(float), vol.Range(min=0.1, max=200)
    ),
    vol.Exclusive(_CHARGE_LEVEL, "goal"): vol.All(
        vol.Coerce(int), vol.Range(min=1, max=100)
    ),
}
_MINUTE = vol.All(vol.Coerce(float), vol.Range(min=0, max=1440))
_AMPERE = vol.All(vol.Coerce(float), vol.Range(min=0, max=1000))
_WATT = vol.All(vol.Coerce(int), vol.Range(min=0, max=1_000_000))
_SCHEMAS = {
    "set_plan": {
        **cv.ENTITY_SERVICE_FIELDS,
        vol.Required(_TIME): cv.time,
        vol.Optional(_REPEAT, default=list): vol.All(
            cv.ensure_list, [vol.In(WEEKDAYS)]
        ),
        **_PLAN,
    },
    "clear_plan": {**cv.ENTITY_SERVICE_FIELDS},
    "boost": {
        **cv.ENTITY_SERVICE_FIELDS,
        vol.Optional(_MINUTES, default=30): _MINUTE,
        vol.Optional(_CURRENT): _AMPERE,
    },
    "set_cap": {
        **cv.ENTITY_SERVICE_FIELDS,
        vol.Optional(_POWER): _WATT,
        vol.Optional(_CURRENT): _AMPERE,
        vol.Optional(_MINUTES, default=60): _MINUTE,
    },
    "preview": {**cv.ENTITY_SERVICE_FIELDS, vol.Optional(_TIME): cv.time, **_PLAN},
    "export_decisions": {
        vol.Required(_SITE): cv.string,
        vol.Optional(_COUNT, default=20): vol.All(
            vol.Coerce(int), vol.Range(min=1, max=200)
        ),
    },
}


@callback
def register(hass: HomeAssistant) -> None:
    """Make the actions known; they are there whether a site is set up or not."""
    handlers: dict[str, Callable[[ServiceCall], ServiceResponse]] = {
        "set_plan": _set_plan,
        "clear_plan": _clear_plan,
        "boost": _boost,
        "set_cap": _set_cap,
        "preview": _preview,
        "export_decisions": _export_decisions,
    }
    answers = {"preview", "export_decisions"}
    for name, handler in handlers.items():
        hass.services.async_register(
            DOMAIN,
            name,
            handler,
            vol.Schema(_SCHEMAS[name]),
            SupportsResponse.ONLY if name in answers else SupportsResponse.NONE,
        )


@callback
def _set_plan(call: ServiceCall) -> None:
    """Have a car ready at a time."""
    chosen = [(*targeted, _planned(call, targeted[1])) for targeted in _chargers(call)]
    for _, charger, plan in chosen:
        charger.set_plan(plan)
    _look(site for site, _, _ in chosen)


@callback
def _clear_plan(call: ServiceCall) -> None:
    """Forget the plans of some chargers."""
    chosen = _chargers(call)
    for _, charger in chosen:
        charger.clear_plan()
    _look(site for site, _ in chosen)


@callback
def _boost(call: ServiceCall) -> None:
    """Charge fast for a while; 0 minutes end it."""
    chosen, current = _chargers(call), call.data.get(_CURRENT)
    current_ma = None if current is None else round(current * 1000)
    for _, charger in chosen:
        if minutes := call.data[_MINUTES]:
            charger.boost(minutes, current_ma)
        else:
            charger.end_boost()
    _look(site for site, _ in chosen)


@callback
def _set_cap(call: ServiceCall) -> None:
    """Allow a site or a circuit less for a while; nothing lifts it."""
    chosen = _circuits(call)
    if not chosen:
        raise _refused("no_circuit")
    power_w, current = call.data.get(_POWER), call.data.get(_CURRENT)
    current_ma = None if current is None else round(current * 1000)
    for site, circuit in chosen:
        now_ms = round(site.hass.loop.time() * 1000)
        until_ms = now_ms + round(call.data[_MINUTES] * 60_000)
        site.cap(circuit.key, power_w, current_ma, until_ms)


@callback
def _preview(call: ServiceCall) -> ServiceResponse:
    """Say when a plan would charge: the given one, else the one that is set."""
    return {
        _mode_of(call.hass, charger): _foreseen(
            site, charger, _planned(call, charger) if _TIME in call.data else None
        )
        for site, charger in _chargers(call)
    }


@callback
def _export_decisions(call: ServiceCall) -> ServiceResponse:
    """Return the last decisions of a site, which `scripts/simulate` can replay."""
    entry = call.hass.config_entries.async_get_entry(call.data[_SITE])
    if (
        entry is None
        or entry.data.get(CONF_FAMILY) != FAMILY_SITE
        or entry.state is not ConfigEntryState.LOADED
    ):
        raise _refused("not_a_site")
    return {"replay": replay(entry.runtime_data, call.data[_COUNT])}


# Plans


def _planned(call: ServiceCall, charger: SiteCharger) -> ChargePlan:
    """Return the plan that a call describes; refuse one that can't be followed."""
    energy, level = call.data.get(_ENERGY), call.data.get(_CHARGE_LEVEL)
    if energy is None and level is None:
        raise _refused("plan_without_goal")
    if level is not None and charger.car_level is None:
        raise _refused("no_car_level", name=charger.title)
    if not charger.counts_energy:
        raise _refused("energy_not_counted", name=charger.title)
    ready_at = _ready_at(call.data[_TIME], call.data.get(_DATE))
    if ready_at <= dt_util.now():
        raise _refused("plan_in_the_past")
    energy_wh = None if energy is None else round(energy * 1000)
    days = frozenset(WEEKDAYS.index(day) for day in call.data.get(_REPEAT, ()))
    plan = ChargePlan(ready_at, energy_wh, level, days)
    if _DATE in call.data:
        return plan
    return plan.following(dt_util.now()) or plan


def _ready_at(at: time, on: date | None) -> datetime:
    """Return a time by the house's clock; without a date the next such time."""
    now = dt_util.now()
    ready_at = datetime.combine(on or now.date(), at, now.tzinfo)
    if on is None and ready_at <= now:
        tomorrow = now.date() + timedelta(days=1)
        ready_at = datetime.combine(tomorrow, at, now.tzinfo)
    return ready_at


def _foreseen(
    site: SiteController, charger: SiteCharger, plan: ChargePlan | None
) -> JsonObjectType:
    """Return how a plan would be carried out from now on."""
    if (plan := plan or charger.plan) is None:
        raise _refused("no_plan", name=charger.title)
    state, settings = charger.state, charger.settings
    known = engine_plan(plan, charger.car_level, state.session_wh)
    if known is None:
        raise _refused("no_car_level", name=charger.title)
    phases = sum(settings.phases)
    if settings.switches_phases and settings.phase_use is PhaseUse.ONE:
        phases = 1
    power_w = settings.maximum_ma * phases * _VOLTAGE // 1000
    now = dt_util.now()
    found = preview(
        known,
        known.energy_wh - (state.session_wh or 0),
        power_w,
        () if site.prices is None else site.prices.slots(now),
        round(now.timestamp() * 1000),
    )
    slots: list[JsonValueType] = [
        {"start": _local(one.start_ms), "end": _local(one.end_ms)}
        for one in found.slots
    ]
    return {
        "ready_at": plan.ready_at.isoformat(),
        "power": power_w,
        "slots": slots,
        "start": _local(found.start_ms),
        "ready": _local(found.ready_ms),
        "late_minutes": round(found.late_ms / 60_000),
        "cost": None if found.cost is None else round(found.cost / PRICE_UNIT, 2),
    }


def _local(at_ms: int | None) -> str | None:
    if at_ms is None:
        return None
    return dt_util.as_local(dt_util.utc_from_timestamp(at_ms / 1000)).isoformat()


# Who is meant


def _chargers(call: ServiceCall) -> list[Targeted]:
    """Return the chargers of sites that a call is about; refuse one about none."""
    meant = {one.config_subentry_id for one in _entities(call)}
    found = [
        (site, charger)
        for site in sites(call.hass)
        for charger in site.chargers
        if charger.subentry_id in meant
    ]
    if not found:
        raise _refused("no_charger")
    return found


def _circuits(call: ServiceCall) -> list[tuple[SiteController, SiteCircuit]]:
    """Return the sites, as their main fuses, and the circuits that a call is about."""
    meant = {(one.config_entry_id, one.config_subentry_id) for one in _entities(call)}
    return [
        (site, circuit)
        for site in sites(call.hass)
        for circuit in (site.house, *site.circuits)
        if (site.entry.entry_id, circuit.subentry_id) in meant
    ]


def _entities(call: ServiceCall) -> list[er.RegistryEntry]:
    """Return our entities that are meant, by themselves or by their device or area."""
    selected = async_extract_referenced_entity_ids(
        call.hass, TargetSelection(call.data)
    )
    registry = er.async_get(call.hass)
    found = map(
        registry.async_get, selected.referenced | selected.indirectly_referenced
    )
    return [one for one in found if one is not None and one.platform == DOMAIN]


def _mode_of(hass: HomeAssistant, charger: SiteCharger) -> str:
    """Return the entity by which a charger is known in an answer."""
    unique_id = f"{charger.subentry_id}_charge_mode"
    found = er.async_get(hass).async_get_entity_id("select", DOMAIN, unique_id)
    return found or charger.title


def sites(hass: HomeAssistant) -> Iterable[SiteController]:
    """Yield every site that is set up."""
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        if isinstance(entry.runtime_data, SiteController):
            yield entry.runtime_data


def _look(chosen: Iterable[SiteController]) -> None:
    for site in dict.fromkeys(chosen):
        site.look()


def _refused(key: str, **names: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=names
    )
