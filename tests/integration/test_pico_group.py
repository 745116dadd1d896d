"""A load group of Picos whose master moves, in a real Home Assistant."""

import asyncio
from collections.abc import AsyncIterator, Callable
import logging
from typing import Any

from homeassistant.config_entries import (
    SOURCE_INTEGRATION_DISCOVERY,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigEntryState,
)
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from pymodbus.constants import ExcCodes
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import pytest_socket

from custom_components.meters_and_chargers import registry
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.coordinator import DeviceCoordinator
from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)
from simulators.car import Car
from simulators.pico import Pico
from simulators.pico_group import SERIALS, PicoGroup
from tests.conftest import OURS

from .conftest import SetUp, answer_names
from .test_config_flow import address, choose, submit
from .test_devices import poll, value
from .test_pico import becomes, enter, settle
from .test_site import set_up_site

NETWORK = [f"127.0.0.{number}" for number in range(1, 15)]
KEY = f"smart_me_pico_group_{SERIALS[0]}"
CURRENT = "number.parking_charging_current"
NUMBERS = [str(serial) for serial in SERIALS]
BOUNDS = {"minimum_current": "6", "maximum_current": "32"}


@pytest.fixture
async def group(socket_enabled: None) -> AsyncIterator[PicoGroup]:
    """Return a simulated group of three, a car at each, the first one its master."""
    pytest_socket.socket_allow_hosts(NETWORK)
    found = PicoGroup()
    await found.start()
    yield found
    await found.stop()


@pytest.fixture(autouse=True)
def nameless(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let no station have a name, unless a test gives it one."""
    return answer_names(monkeypatch, {})


@pytest.fixture
def set_up(hass: HomeAssistant, group: PicoGroup) -> SetUp:
    """Return a function that sets up the group's entry."""

    async def _set_up(**data: object) -> ConfigEntry[DeviceCoordinator]:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Parking",
            unique_id=KEY,
            data={
                "family": "smart_me_pico_group",
                "host": group.stations[0].host,
                "port": group.port,
                "unit_id": 1,
                "members": NUMBERS,
                "minimum_current": 6,
                "maximum_current": 32,
                **data,
            },
        )
        entry.add_to_hass(hass)
        await hass.config_entries.async_setup(entry.entry_id)
        await settle(hass)
        return entry

    return _set_up


def amperes(group: PicoGroup) -> list[tuple[int, int | None] | None]:
    """Return what each station gives its car: A, and the phase if it is one."""
    return [
        one.share and (one.share.current_ma // 1000, one.share.phase)
        for one in group.stations
    ]


async def told(hass: HomeAssistant, true: Callable[[], bool]) -> bool:
    """Poll until the group was told something, for some seconds at most."""
    for _ in range(120):
        # A request that is on its way would be timed out by the poll's clock.
        await settle(hass)
        if true():
            return True
        await poll(hass)
        await asyncio.sleep(0.25)
    return False


async def choose_mode(hass: HomeAssistant, mode: str) -> None:
    """Choose the mode that a site has put on the group's page."""
    await hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": "select.parking_mode", "option": mode},
        blocking=True,
    )
    await settle(hass)


# How it is added


async def test_it_is_added_by_its_serial_numbers(
    hass: HomeAssistant, group: PicoGroup
) -> None:
    """As they are printed, with or without what follows a dash; nothing is written."""
    form = await choose(hass, "smart_me_pico_group")
    typed = address(group.master, **BOUNDS, members=[*NUMBERS[:2], f" {NUMBERS[2]}-1 "])
    result = await submit(hass, form, typed)
    assert result["step_id"] == "confirm_station"
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["device"] == "smart-me Pico group"
    result = await submit(hass, result, {"name": "Parking"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await settle(hass)
    entry = result["result"]
    assert entry.unique_id == KEY
    assert entry.data["members"] == NUMBERS
    assert entry.data["maximum_current"] == 32
    assert entry.state is ConfigEntryState.LOADED
    assert not group.master.write_pdus
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    assert form["data_schema"] is not None
    suggested = {
        str(key): key.description["suggested_value"]
        for key in form["data_schema"].schema
        if key.description
    }
    assert suggested["members"] == NUMBERS


@pytest.mark.parametrize("members", [[], ["  "], ["Garage"], ["70027O2"]])
async def test_it_needs_serial_numbers(
    hass: HomeAssistant, group: PicoGroup, members: list[str]
) -> None:
    """Without them nobody knows whose master answers; nobody is asked."""
    form = await choose(hass, "smart_me_pico_group")
    typed = address(group.master, **BOUNDS, members=members)
    result = await submit(hass, form, typed)
    assert result["errors"] == {"base": "invalid_serials"}
    assert not group.master.request_count


async def test_station_of_no_member_is_refused(
    hass: HomeAssistant, group: PicoGroup
) -> None:
    """A station of somebody else's is named, and not steered."""
    form = await choose(hass, "smart_me_pico_group")
    typed = address(group.master, **BOUNDS, members=NUMBERS[1:])
    result = await submit(hass, form, typed)
    assert result["errors"] == {"base": "wrong_device"}
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert NUMBERS[0] in placeholders["found"]


# What it does


async def test_current_is_shared_by_the_group(
    hass: HomeAssistant, group: PicoGroup, set_up: SetUp
) -> None:
    """One number; which car charges on which phase is the group's own business."""
    await set_up()
    await enter(hass, 12, CURRENT)
    assert amperes(group) == [(12, 0), (12, 1), (12, 2)]
    group.plug(True, False, True)
    assert amperes(group) == [(6, None), None, (6, None)]
    assert value(hass, CURRENT) == "12.0"
    found = registry.find(hass, KEY)
    assert found is not None
    assert not found.switches_phases
    assert found.setpoint is not None
    assert found.setpoint.maximum_ma == 32_000


@pytest.mark.usefixtures("all_entities_enabled")
async def test_currents_of_the_phases(
    hass: HomeAssistant, group: PicoGroup, set_up: SetUp
) -> None:
    """With the newer firmware each phase has its own."""
    await set_up(by_phase=1)
    for amps, phase in ((0, "l1"), (16, "l2"), (10, "l3")):
        await enter(hass, amps, f"{CURRENT}_{phase}")
    assert await becomes(hass, lambda: bool(group.master.write_pdus))
    assert len(group.master.write_pdus) == 1
    assert amperes(group) == [(8, 1), (10, 2), (8, 1)]
    assert value(hass, CURRENT) == "16.0"


@pytest.mark.usefixtures("all_entities_enabled")
async def test_six_words_that_are_refused_become_three_writes(
    hass: HomeAssistant, group: PicoGroup, set_up: SetUp
) -> None:
    """A master that takes one phase at a time: what falls goes first."""
    group.master.together = False
    await set_up(by_phase=1)
    await enter(hass, 16, CURRENT)
    group.master.requests.clear()
    for amps, phase in ((6, "l1"), (20, "l2"), (10, "l3")):
        await enter(hass, amps, f"{CURRENT}_{phase}")
    assert await becomes(hass, lambda: group.currents_ma == (6000, 20_000, 10_000))
    assert [pdu.hex()[2:6] for pdu in group.master.write_pdus] == [
        "2070",  # all three, refused
        "2070",
        "2074",
        "2072",
    ]


@pytest.mark.parametrize(
    ("amps", "words"),
    [(4, "choose 0 or 6 to 32 A"), (33, "outside valid range 0 - 32")],
)
async def test_current_out_of_range_is_refused_in_words(
    hass: HomeAssistant, group: PicoGroup, set_up: SetUp, amps: int, words: str
) -> None:
    """What the group can't share is named before anything is sent."""
    await set_up()
    with pytest.raises(HomeAssistantError, match=words):
        await enter(hass, amps, CURRENT)
    assert not group.master.write_pdus


async def test_exception_of_the_master_is_said(
    hass: HomeAssistant,
    group: PicoGroup,
    set_up: SetUp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A refused current is not shown as taken, and the master is still there."""
    await set_up()
    await enter(hass, 12, CURRENT)
    with monkeypatch.context() as patched:
        patched.setattr(group.master, "written", lambda *_: ExcCodes.DEVICE_FAILURE)
        with pytest.raises(HomeAssistantError, match="did not take the charging"):
            await enter(hass, 18, CURRENT)
    assert value(hass, CURRENT) == "12.0"
    assert amperes(group) == [(12, 0), (12, 1), (12, 2)]
    await enter(hass, 18, CURRENT)
    assert value(hass, CURRENT) == "18.0"


async def test_site_charges_with_it(
    hass: HomeAssistant, group: PicoGroup, set_up_ksem: SetUp, set_up: SetUp
) -> None:
    """Like a wallbox: fast within the fuse, off pauses all cars."""
    await set_up_ksem()
    await set_up()
    await set_up_site(hass, charger=KEY)
    await choose_mode(hass, "fast")
    assert await told(hass, lambda: min(group.currents_ma or (0,)) >= 6000)
    assert max(group.currents_ma or (0,)) <= 25_000
    await choose_mode(hass, "off")
    assert await told(hass, lambda: group.currents_ma == (0, 0, 0))
    assert amperes(group) == [None, None, None]


# Its master moves


@pytest.mark.parametrize("known_by", ["name", "earlier host"])
async def test_master_that_moves_is_found(
    hass: HomeAssistant,
    group: PicoGroup,
    set_up: SetUp,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
    known_by: str,
) -> None:
    """By the names of its stations, or where it was before; what it was told stays.

    Its loss is one line in the log, its return another.
    """
    expected_logs.append("Error fetching Parking data")
    there = group.stations[1].host
    if known_by == "name":
        answer_names(monkeypatch, {f"smart-me_{NUMBERS[1]}.dns-me.com": there})
        entry = await set_up()
    else:
        entry = await set_up(hosts=[there])
    await enter(hass, 12, CURRENT)
    await group.move(1)
    await poll(hass, 11)
    assert await becomes(hass, lambda: entry.data["host"] != group.stations[0].host)
    assert await becomes(hass, lambda: entry.state is ConfigEntryState.LOADED)
    assert await becomes(hass, lambda: value(hass, CURRENT) == "12.0")
    found = f"smart-me_{NUMBERS[1]}.dns-me.com" if known_by == "name" else there
    assert entry.data["host"] == found
    assert group.stations[0].host in entry.data["hosts"]
    ours = [record for record in caplog.records if record.name.startswith(OURS)]
    lines = [one.getMessage() for one in ours if one.levelno >= logging.INFO]
    assert ["fetching" in one or "is back" in one for one in lines] == [True, True]
    await enter(hass, 18, CURRENT)
    assert amperes(group) == [(6, None)] * 3


async def test_master_that_has_moved_before_the_start_is_found(
    hass: HomeAssistant, group: PicoGroup, set_up: SetUp
) -> None:
    """The entry is tried again where it answers, some seconds later."""
    await group.move(2)
    entry = await set_up(hosts=list(group.hosts))
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.data["host"] == group.stations[2].host
    await poll(hass, 60)
    await settle(hass)
    assert entry.state is ConfigEntryState.LOADED


async def test_another_station_at_its_host_is_no_end(
    hass: HomeAssistant, group: PicoGroup, set_up: SetUp
) -> None:
    """A foreign station took the address: nothing is written to it, ours is found."""
    await group.move(1)
    foreign = Pico(Car(), serial=7_999_999, port=group.port)
    await foreign.start()
    try:
        entry = await set_up(hosts=[group.stations[1].host])
        assert entry.state is ConfigEntryState.SETUP_RETRY
        await poll(hass, 60)
        await settle(hass)
        assert entry.state is ConfigEntryState.LOADED
        assert not foreign.write_pdus
    finally:
        await foreign.stop()


async def test_master_that_nobody_finds_is_looked_for_again(
    hass: HomeAssistant,
    group: PicoGroup,
    set_up: SetUp,
    nameless: list[str],
    expected_logs: list[str],
) -> None:
    """Every minute, by the names of all stations; the one that comes back is taken."""
    expected_logs.append("Error fetching Parking data")
    entry = await set_up()
    await group.stop()
    await poll(hass, 11)
    await settle(hass)
    assert {f"smart-me_{one}.dns-me.com" for one in NUMBERS} <= set(nameless)
    asked = len(nameless)
    await poll(hass, 75)
    await settle(hass)
    assert len(nameless) > asked
    assert value(hass, CURRENT) == STATE_UNAVAILABLE
    await group.start()
    await poll(hass, 90)
    await settle(hass)
    assert entry.data["host"] == group.host
    assert value(hass, CURRENT) != STATE_UNAVAILABLE


async def test_search_gives_the_group_its_new_host(
    hass: HomeAssistant,
    group: PicoGroup,
    set_up: SetUp,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: list[str],
) -> None:
    """A station that a search finds is known as a member, not offered as new."""
    expected_logs.append("Error fetching Parking data")
    entry = await set_up()
    await group.move(2)
    await poll(hass, 11)
    await settle(hass)
    flow: Any = hass.config_entries.flow
    result = await flow.async_init(
        DOMAIN,
        context={"source": SOURCE_INTEGRATION_DISCOVERY},
        data={
            "family": "smart_me_pico",
            "host": group.host,
            "port": group.port,
            "key": f"smart_me_pico_{NUMBERS[2]}",
            "name": "Pico",
        },
    )
    if result["type"] is FlowResultType.FORM:
        typed = address(group.master, **BOUNDS)
        result = await flow.async_configure(result["flow_id"], typed)
    assert result["reason"] == "already_configured"
    await settle(hass)
    assert entry.data["host"] == group.host
    assert value(hass, CURRENT) != STATE_UNAVAILABLE


async def test_diagnostics_name_no_station(
    hass: HomeAssistant, group: PicoGroup, set_up: SetUp
) -> None:
    """Neither serial numbers nor hosts are given away."""
    entry = await set_up()
    told = str(await async_get_config_entry_diagnostics(hass, entry))
    for secret in (*NUMBERS, group.host, *(f"{serial:08X}" for serial in SERIALS)):
        assert secret not in told
