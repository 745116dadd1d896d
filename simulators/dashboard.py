"""The demo's dashboard, as the integration makes it, and its Energy preferences."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .hass import HassError, HomeAssistant, Json, wait_until
from .inverter import UNIQUE_ID

URL_PATH = "solar-charging"
TITLE = "Solar charging"
STRATEGY: Json = {"strategy": {"type": "custom:meters-chargers"}}
ICON = "mdi:home-lightning-bolt"
# A wallbox tells what it measures with its first values.
_COMPLETE_S = 120
_VALID_S = 30
# What the Energy dashboard says until the recorder's first five minutes are over.
_NOT_YET = "statistics_not_defined"


@dataclass(frozen=True)
class Charger:
    """A wallbox of the site: its name, and its entities by translation key."""

    title: str
    entities: Mapping[str, str]

    @property
    def complete(self) -> bool:
        """Whether all that it measures is there; one without a status never tells."""
        if "connector_status" not in self.entities:
            return True
        return {"power", "energy_import"} <= self.entities.keys()


@dataclass(frozen=True)
class Plant:
    """The entities of the house, by what they show, and its wallboxes."""

    house: Mapping[str, str]
    chargers: tuple[Charger, ...]

    @property
    def complete(self) -> bool:
        """Whether every wallbox has told what it measures."""
        return all(charger.complete for charger in self.chargers)


async def add_dashboard(home: HomeAssistant, grid_key: str) -> None:
    """Make the dashboard, and the Energy preferences with what is known by now.

    `grid_key` is the identity of the grid meter. Raises HassError when Home Assistant
    refuses or the meter or the inverter has no entity.
    """
    await make_dashboard(home)
    await _save(home, await find(home, grid_key))


async def make_dashboard(home: HomeAssistant) -> None:
    """Make a dashboard of what there is."""
    await home.ws(
        "lovelace/dashboards/create",
        url_path=URL_PATH,
        title=TITLE,
        icon=ICON,
        show_in_sidebar=True,
        require_admin=False,
    )
    await home.ws("lovelace/config/save", url_path=URL_PATH, config=STRATEGY)


async def complete_dashboard(home: HomeAssistant, grid_key: str) -> None:
    """Wait for what the wallboxes measure; save and check the Energy preferences.

    Raises HassError when that does not come or Home Assistant finds fault with it.
    """

    async def found() -> Plant | None:
        plant = await find(home, grid_key)
        return plant if plant.complete else None

    await _save(home, await wait_until("every wallbox measures", found, _COMPLETE_S, 1))

    async def valid() -> bool:
        return not await energy_faults(home)

    await wait_until("the Energy dashboard is valid", valid, _VALID_S, 1)


async def energy_faults(home: HomeAssistant) -> list[str]:
    """List what Home Assistant finds wrong with the Energy preferences."""
    checked = await home.ws("energy/validate")
    return [
        f"{issue['type']} {issue['affected_entities']}"
        for sources in checked.values()
        for source in sources
        for issue in source
        if issue["type"] != _NOT_YET
    ]


async def find(home: HomeAssistant, grid_key: str) -> Plant:
    """Find the entities by their unique ids and translation keys."""
    devices = await home.ws("config/device_registry/list")
    titles = {found["id"]: found["name_by_user"] or found["name"] for found in devices}
    pages: dict[str, dict[str, str]] = {}
    for entity in _enabled(await home.entities()):
        page = pages.setdefault(entity["device_id"], {})
        page[entity["translation_key"]] = entity["entity_id"]
    chargers = (
        Charger(titles[device_id], entities)
        for device_id, entities in pages.items()
        if "charge_mode" in entities
    )
    return Plant(
        await _house(home, grid_key), tuple(sorted(chargers, key=lambda c: c.title))
    )


async def _house(home: HomeAssistant, grid_key: str) -> dict[str, str]:
    listed = await home.ws("config/entity_registry/list")
    by_unique_id = {
        entity["unique_id"]: entity["entity_id"] for entity in _enabled(listed)
    }
    wanted = {
        "grid_power": f"{grid_key}_power",
        "grid_import": f"{grid_key}_energy_import",
        "grid_export": f"{grid_key}_energy_export",
        **{
            name: UNIQUE_ID + name
            for name in ("sun_power", "sun_energy", "house_power", "house_energy")
        },
    }
    if missing := [name for name in wanted.values() if name not in by_unique_id]:
        raise HassError(f"no entities for the dashboard: {missing}")
    return {name: by_unique_id[unique_id] for name, unique_id in wanted.items()}


def _enabled(entities: Iterable[Json]) -> Iterator[Json]:
    return (entity for entity in entities if entity["disabled_by"] is None)


async def _save(home: HomeAssistant, plant: Plant) -> None:
    await home.ws("energy/save_prefs", **energy_preferences(plant))


def energy_preferences(plant: Plant) -> Json:
    """Fill the Energy dashboard: grid, sun, household, and wallboxes that count."""
    house = plant.house
    counted = [
        (charger.title, charger.entities["energy_import"], charger.entities["power"])
        for charger in plant.chargers
        if {"energy_import", "power"} <= charger.entities.keys()
    ]
    counted.append(("Household", house["house_energy"], house["house_power"]))
    return {
        "energy_sources": [
            {
                "type": "grid",
                "stat_energy_from": house["grid_import"],
                "stat_energy_to": house["grid_export"],
                "stat_rate": house["grid_power"],
                "cost_adjustment_day": 0,
            },
            {
                "type": "solar",
                "stat_energy_from": house["sun_energy"],
                "stat_rate": house["sun_power"],
                "config_entry_solar_forecast": None,
            },
        ],
        "device_consumption": [
            {"name": name, "stat_consumption": energy, "stat_rate": power}
            for name, energy, power in counted
        ],
    }
