"""The demo's dashboard, of Home Assistant's own cards, and its Energy preferences."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .hass import HassError, HomeAssistant, Json, wait_until
from .inverter import UNIQUE_ID

URL_PATH = "energy-now"
TITLE = "Energy now"
ICON = "mdi:home-lightning-bolt"
# A wallbox tells what it measures with its first values.
_COMPLETE_S = 120
_VALID_S = 30
# What the Energy dashboard says until the recorder's first five minutes are over.
_NOT_YET = "statistics_not_defined"
_CARS = "Cars"
# The longest bar: what the recorded sun reaches on a clear day.
_MOST_W = 10_000
_COLUMNS = 3
_HALF: Json = {"columns": 6}
_FULL: Json = {"columns": 12}


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
    """Make the dashboard and the Energy preferences with what is known by now.

    `grid_key` is the identity of the grid meter. Raises HassError when Home Assistant
    refuses or the meter or the inverter has no entity.
    """
    house = await _house(home, grid_key)
    # A wallbox may measure nothing; what the cars draw is what the others leave.
    names = [house[name] for name in ("sun_power", "grid_power", "house_power")]
    sun, grid, household = (f"states('{name}') | float" for name in names)
    known = " and ".join(f"has_value('{name}')" for name in names)
    await home.flow(
        "template",
        {"next_step_id": "sensor"},
        {
            "name": _CARS,
            "state": f"{{{{ [{sun} + {grid} - {household}, 0] | max | round }}}}",
            "unit_of_measurement": "W",
            "device_class": "power",
            "state_class": "measurement",
            "additional_options": {"availability": f"{{{{ {known} }}}}"},
        },
    )
    await home.ws(
        "lovelace/dashboards/create",
        url_path=URL_PATH,
        title=TITLE,
        icon=ICON,
        show_in_sidebar=True,
        require_admin=False,
    )
    await _save(home, await find(home, grid_key))


async def complete_dashboard(home: HomeAssistant, grid_key: str) -> None:
    """Wait for what the wallboxes measure, save again, and check the Energy part.

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
        "import_power": f"{grid_key}_power_import",
        "export_power": f"{grid_key}_power_export",
        **{
            name: UNIQUE_ID + name
            for name in ("sun_power", "sun_energy", "house_power", "house_energy")
        },
    }
    if missing := [name for name in wanted.values() if name not in by_unique_id]:
        raise HassError(f"no entities for the dashboard: {missing}")
    house = {name: by_unique_id[unique_id] for name, unique_id in wanted.items()}
    for entity in _enabled(listed):
        if entity["platform"] == "template":
            house["cars_power"] = entity["entity_id"]
    return house


def _enabled(entities: Iterable[Json]) -> Iterator[Json]:
    return (entity for entity in entities if entity["disabled_by"] is None)


async def _save(home: HomeAssistant, plant: Plant) -> None:
    await home.ws("energy/save_prefs", **energy_preferences(plant))
    await home.ws("lovelace/config/save", url_path=URL_PATH, config=dashboard(plant))


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


def dashboard(plant: Plant) -> Json:
    """Lay out the cards: the house, each wallbox, the last hour."""
    sections = [_now(plant), *map(_charger, plant.chargers), _last_hour(plant)]
    view = {
        "type": "sections",
        "title": TITLE,
        "path": "now",
        "icon": ICON,
        "max_columns": _COLUMNS,
        "sections": sections,
    }
    return {"title": TITLE, "views": [view]}


def _section(heading: str, icon: str, cards: list[Json], *badges: Json) -> Json:
    head: Json = {"type": "heading", "heading": heading, "icon": icon}
    if badges:
        head["badges"] = list(badges)
    return {"type": "grid", "cards": [head, *cards]}


def _tile(entity_id: str, name: str, icon: str | None = None, **more: object) -> Json:
    """Describe a tile of half the column's width."""
    tile: Json = {"type": "tile", "entity": entity_id, "name": name, **more}
    tile.setdefault("grid_options", _HALF)
    if icon is not None:
        tile["icon"] = icon
    return tile


def _now(plant: Plant) -> Json:
    house = plant.house
    cards = [
        _gauge(house["sun_power"], "Sun", "mdi:solar-power", "amber", _FULL),
        _gauge(
            house["import_power"],
            "From the grid",
            "mdi:transmission-tower-export",
            "blue",
        ),
        _gauge(
            house["export_power"],
            "To the grid",
            "mdi:transmission-tower-import",
            "purple",
        ),
        _gauge(house["house_power"], "House", "mdi:home", "teal"),
    ]
    goes = [("house_power", "House", "teal"), ("export_power", "To the grid", "purple")]
    if cars := house.get("cars_power"):
        cards.append(_gauge(cars, _CARS, "mdi:car-electric", "green"))
        goes.insert(1, ("cars_power", _CARS, "green"))
    share: Json = {
        "type": "distribution",
        "entities": [
            {"entity": house[key], "name": name, "color": color}
            for key, name, color in goes
        ],
    }
    goes_to: Json = {
        "type": "heading",
        "heading_style": "subtitle",
        "heading": "Where the power goes",
    }
    return _section("House", "mdi:home-lightning-bolt", [*cards, goes_to, share])


def _gauge(
    entity_id: str, name: str, icon: str, color: str, width: Json = _HALF
) -> Json:
    """Describe a tile with a bar; all bars have one scale and can be compared."""
    bar = {"type": "bar-gauge", "min": 0, "max": _MOST_W}
    return _tile(entity_id, name, icon, color=color, features=[bar], grid_options=width)


def _charger(charger: Charger) -> Json:
    own = charger.entities
    mode = _tile(
        own["charge_mode"],
        "Mode",
        grid_options=_FULL,
        features=[{"type": "select-options", "style": "buttons"}],
    )
    measured = {
        "power": ("Power", "mdi:ev-plug-type2"),
        "charging_current": ("Charging current", "mdi:current-ac"),
        "session_energy": ("This session", "mdi:battery-charging"),
    }
    values = [
        _tile(own[key], name, icon, color="green")
        for key, (name, icon) in measured.items()
        if key in own
    ]
    if len(values) % 2:  # so that what follows begins on the left
        values[-1]["grid_options"] = _FULL
    inputs = [
        _tile(own[key], name, features=[{"type": "numeric-input", "style": "buttons"}])
        for key, name in (("min_current", "At least"), ("max_current", "At most"))
        if key in own
    ]
    badges: list[Json] = []
    if status := own.get("connector_status"):
        badges.append({"type": "entity", "entity": status, "icon": "mdi:ev-plug-type2"})
    cards = [*_reason(own), mode, *values, *inputs]
    return _section(charger.title, "mdi:ev-station", cards, *badges)


def _reason(own: Mapping[str, str]) -> Iterator[Json]:
    """Say why the wallbox does what it does, and, if it is near, what comes next."""
    if reason := own.get("reason"):
        # A tile would cut the sentence off at its width.
        said = f"{{{{ state_attr('{reason}', 'sentence') or '…' }}}}"
        yield {"type": "markdown", "content": said, "grid_options": _FULL}
    if change := own.get("next_change"):
        nothing = ["unknown", "unavailable"]
        condition = {"condition": "state", "entity": change, "state_not": nothing}
        tile = _tile(change, "Next change", grid_options=_FULL, color="primary")
        yield {**tile, "visibility": [condition]}


def _last_hour(plant: Plant) -> Json:
    shown = {
        "sun_power": ("Sun", "amber"),
        "grid_power": ("Grid", "blue"),
        "cars_power": (_CARS, "green"),
    }
    entities = [
        {"entity": plant.house[key], "name": name, "color": color}
        for key, (name, color) in shown.items()
        if key in plant.house
    ]
    graph: Json = {
        "type": "history-graph",
        "hours_to_show": 1,
        "entities": entities,
        "grid_options": {"columns": "full", "rows": 4},
    }
    section = _section("The last hour", "mdi:chart-line", [graph])
    return {**section, "column_span": _COLUMNS}
