"""The tables of all entities, in docs/entities.md, against those that really appear.

`scripts/tables` writes them. What a device reads by Modbus has tables of its own, in
tests/test_device_pages.py.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
import re
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentryData
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.engine.devices.cfos import registers as cfos
from custom_components.meters_and_chargers.engine.devices.smart_me import (
    registers as smart_me,
)
from custom_components.meters_and_chargers.engine.model import Mark, Quantity
from simulators.house import House
from simulators.power_brain import PowerBrain
from tests.tables import DOCS, check
from tests.test_docs import english

from . import (
    test_diris,
    test_ksem_wallbox,
    test_ocpp,
    test_pico,
    test_smart_me_cloud,
)
from .conftest import PUSH_SOURCE, SetUp
from .test_ocpp import Garage, charging, free_port, until

web = test_ksem_wallbox.web
garage, server = test_ocpp.garage, test_ocpp.server
gateway, set_up_gateway = test_diris.gateway, test_diris.set_up
station, set_up_station = test_pico.station, test_pico.set_up
group, cloud = test_smart_me_cloud.group, test_smart_me_cloud.cloud
set_up_account = test_smart_me_cloud.set_up

_HEAD = ["| entity | kind | unit | known by | at first |", "|---|---|---|---|---|"]
_OURS = "made here"
_CURRENCY = "EUR"  # of the Home Assistant under test
_QUANTITIES = {*Quantity, *(f"{one}_phase" for one in Quantity)}
# How sure what is written, and what an account says, is.
_CURRENTS = {
    "charging_current": smart_me.CURRENT_MARK,
    "charging_current_l": smart_me.PHASES_MARK,
}
_ACCOUNT = dict.fromkeys(
    (
        *("station_status", "charging_power", "session_energy"),
        *("phases_in_use", "vehicles_connected"),
    ),
    Mark.DOCUMENTED,
)


def table(
    entries: Iterable[er.RegistryEntry],
    known: Mapping[str, Mark | str] | None = None,
    usual: Mark | str = _OURS,
) -> list[str]:
    """Return a table: a row for each entity, one for the same of several phases."""
    kinds: dict[tuple[str, str], list[er.RegistryEntry]] = {}
    for entry in entries:
        key = entry.translation_key or str(entry.original_device_class)
        kinds.setdefault((key.rstrip("123"), entry.domain), []).append(entry)
    made = []
    for (key, kind), found in kinds.items():
        first = found[0]
        names = sorted(str(entry.original_name) for entry in found)
        others = (name.rsplit(" ", 1)[-1] for name in names[1:])
        enabled = any(entry.disabled_by is None for entry in found)
        cells = (
            ", ".join((names[0], *others)),
            kind.replace("_", " "),
            _unit(first),
            (known or {}).get(key, usual),
            "on" if enabled else "off",
        )
        made.append(f"| {' | '.join(cells)} |")
    return [*_HEAD, *sorted(made)]


def _unit(entry: er.RegistryEntry) -> str:
    private = entry.options.get("sensor.private", {})
    unit = private.get("suggested_unit_of_measurement", entry.unit_of_measurement)
    return str(unit or "-").replace(_CURRENCY, "currency")


def of(
    hass: HomeAssistant, entry: ConfigEntry[Any], *, read: bool = False
) -> list[er.RegistryEntry]:
    """Return an entry's entities; what is read by Modbus has a table of its own."""
    found = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return [
        one
        for one in found
        if read
        or one.domain not in (Platform.SENSOR, Platform.BINARY_SENSOR)
        or one.translation_key not in _QUANTITIES
    ]


@pytest.mark.usefixtures("web")
async def test_ksem(hass: HomeAssistant, set_up_ksem: SetUp) -> None:
    """One that pushes, and whose wallbox is told how to charge by an access key."""
    port = free_port()
    push = {"enabled": True, "port": port, "source": PUSH_SOURCE}
    entry = await set_up_ksem(push=push, access_key=test_ksem_wallbox.KEY)
    known = {"data_source": _OURS, "last_values": _OURS}
    check("entities: ksem", table(of(hass, entry), known, Mark.SINGLE_SOURCE))
    await hass.config_entries.async_unload(entry.entry_id)


async def test_pico_station(hass: HomeAssistant, set_up_station: SetUp) -> None:
    """A station of the newer firmware."""
    entry = await set_up_station()
    check("entities: smart_me_pico", table(of(hass, entry), _CURRENTS))


async def test_account(hass: HomeAssistant, set_up_account: SetUp) -> None:
    """What the account adds to a station."""
    entry = await set_up_account(access_key=test_smart_me_cloud.KEY)
    found = [
        one for one in of(hass, entry, read=True) if one.translation_key in _ACCOUNT
    ]
    check("entities: account", table(found, _ACCOUNT))


async def test_group(hass: HomeAssistant, set_up_account: SetUp) -> None:
    """A group, with what the account says of it."""
    entry = await set_up_account(
        members=True, by_phase=1, access_key=test_smart_me_cloud.KEY
    )
    known = {**_CURRENTS, **_ACCOUNT}
    check("entities: smart_me_pico_group", table(of(hass, entry), known))


@pytest.fixture
async def brain(hass: HomeAssistant, socket_enabled: None) -> AsyncIterator[Any]:
    """Return the entry of a Power Brain that can switch phases, and its simulator."""
    house = House("clear", 12 * 3600)
    wallbox = PowerBrain(house.cars[0], solar=True)
    await wallbox.start()
    entry = await added(
        hass,
        "cfos_PB-4711-0042",
        family="cfos",
        host=wallbox.host,
        port=wallbox.port,
        unit_id=1,
        maximum_current=16,
    )
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)
    await wallbox.stop()


async def added(
    hass: HomeAssistant, key: str, *parts: ConfigSubentryData, **data: Any
) -> MockConfigEntry:
    """Add an entry that is set up."""
    entry = MockConfigEntry(
        domain=DOMAIN, title="It", unique_id=key, data=data, subentries_data=[*parts]
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


async def test_power_brain(hass: HomeAssistant, brain: ConfigEntry[Any]) -> None:
    """What is set, and its cards."""
    known = {"charging_current": cfos.WRITABLE_MARK, "activity": cfos.CARD_MARK}
    check("entities: cfos", table(of(hass, brain), known))


async def test_ocpp_wallbox(hass: HomeAssistant, garage: Garage) -> None:
    """A wallbox that measures everything that is taken."""
    entry = await charging(hass, garage)

    def measures() -> bool:
        keys = {one.translation_key for one in of(hass, entry, read=True)}
        return {"power", "current_phase", "energy_import"} <= keys

    await until(hass, garage, measures, "values")
    # The words of the standard; what it is told and what follows is ours.
    standard = dict.fromkeys(
        (
            *(str(one) for one in _QUANTITIES),
            *("connector_status", "transaction", "session_start", "session_energy"),
            *("charging_current", "unlock", "restart", "activity"),
        ),
        Mark.DOCUMENTED,
    )
    found = of(hass, entry, read=True)
    check("entities: ocpp_charger", table(found, standard))


async def test_gateway(hass: HomeAssistant, set_up_gateway: SetUp) -> None:
    """What stands on the page of a gateway and its modules besides the circuits."""
    known = dict.fromkeys(
        (key.split(".")[2] for key in english() if "alarm" in key and "entity." in key),
        Mark.DOCUMENTED,
    )
    known["digital_input"] = Mark.DOCUMENTED
    check("entities: diris", table(of(hass, await set_up_gateway()), known))


@pytest.fixture
async def site(
    hass: HomeAssistant, set_up_ksem: SetUp, brain: ConfigEntry[Any]
) -> ConfigEntry[Any]:
    """Return a site with everything: battery, price, a circuit, a telling wallbox."""
    await set_up_ksem()
    circuit = ConfigSubentryData(
        data={"fuse_current": 20, "grid_power": "sensor.carport"},
        subentry_type="circuit",
        title="Carport",
        unique_id=None,
    )
    charger = ConfigSubentryData(
        data={
            "charger": brain.unique_id,
            "charger_phases": ["l1", "l2", "l3"],
            "mode": "off",
            "car_level": "sensor.car",
            "capacity": 60,
        },
        subentry_type="charger",
        title="Driveway",
        unique_id=brain.unique_id,
    )
    for name, unit in (("price", "CHF/kWh"), ("battery", "W"), ("car", "%")):
        hass.states.async_set(f"sensor.{name}", "1", {"unit_of_measurement": unit})
    return await added(
        hass,
        "site_1",
        circuit,
        charger,
        family="site",
        fuse_current=25,
        grid_meter="ksem_72345678",
        battery_power="sensor.battery",
        battery_level="sensor.car",
        price="sensor.price",
    )


@pytest.mark.parametrize("part", ["site", "circuit", "charger"])
async def test_site(hass: HomeAssistant, site: ConfigEntry[Any], part: str) -> None:
    """The house itself, a circuit of it, and what it adds to a wallbox."""
    parts = {one.subentry_id: one.subentry_type for one in site.subentries.values()}
    found = [
        entity
        for entity in of(hass, site, read=True)
        if parts.get(entity.config_subentry_id or "", "site") == part
    ]
    check(f"entities: {part}", table(found))


def test_no_entity_is_missing() -> None:
    """Each entity that has a name stands in a table, or is named in a text."""
    text = "".join(path.read_text() for path in sorted(DOCS.rglob("*.md")))
    for key, name in english().items():
        if not re.fullmatch(r"entity\.\w+\.\w+\.name", key):
            continue
        said = re.sub(r" ?\{\w+\}", "", name)
        found = (f"| {said}", f"*{said}", f"*{name}*")
        assert any(one in text for one in found), f"{key}: {name}"
