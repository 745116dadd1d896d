"""Diagnostics of each family, played again: Home Assistant reads the same once more."""

from collections.abc import AsyncIterator, Callable
import json
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
import pytest_socket

from custom_components.meters_and_chargers.const import DOMAIN, FAMILY_DIRIS
from custom_components.meters_and_chargers.engine.devices import FAMILIES
from simulators.car import Car
from simulators.ksem import Ksem
from simulators.modbus_device import ModbusDevice
from simulators.pico import Pico
from simulators.pico_group import SERIALS, PicoGroup
from simulators.power_brain import PowerBrain, S0Meter
from simulators.replay import device_of, load
from simulators.smart_me_meter import SmartMeMeter

from .conftest import answer_names
from .test_diagnostics import download
from .test_diris import house, rest

MAKE: dict[str, tuple[str, Callable[[], Any]]] = {
    "ksem": ("72345678", lambda: Ksem(serial="72345678")),
    "diris": ("7E229C", house),
    "smart_me_meter": ("7907952", lambda: SmartMeMeter(serial=7907952)),
    "smart_me_pico": ("7002702", lambda: Pico(Car(), serial=7002702)),
    "smart_me_pico_group": (str(SERIALS[0]), PicoGroup),
    "cfos": ("PB-4711-0042", lambda: PowerBrain(Car())),
    "cfos_meter": ("PB-4711-0042-2", S0Meter),
}
"""Each family's serial number, and what makes a simulated device of it."""


def spelt(serial: str) -> tuple[str, ...]:
    """Return how a serial number would stand in a file: as text, and in words."""
    if not serial.isdecimal():
        return serial, serial.encode()[:8].hex(" ", 2).upper()
    return serial, int(serial).to_bytes(4).hex(" ", 2).upper()


@pytest.fixture(params=FAMILIES)
async def family(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[str, Any]]:
    """Return each family with a simulated device of it."""
    request.getfixturevalue("socket_enabled")
    pytest_socket.socket_allow_hosts([f"127.0.0.{number}" for number in range(1, 15)])
    answer_names(monkeypatch, {})
    _, make = MAKE[request.param]
    device = make()
    await device.start()
    yield request.param, device
    await device.stop()


async def add(
    hass: HomeAssistant, family: str, where: ModbusDevice | PicoGroup, serial: str
) -> ConfigEntry[Any]:
    """Set up what answers somewhere as an entry of this family."""
    host = where.stations[0].host if isinstance(where, PicoGroup) else where.host
    asked = FAMILIES[family].questions
    data = {
        **{one.key: one.default for one in asked if one.key != "by_phase"},
        "family": family,
        "host": host,
        "port": where.port,
        "unit_id": 1,
    }
    if FAMILIES[family].members:
        data["members"] = [serial]
    if family == FAMILY_DIRIS:
        data |= {"addresses": "2-5, 9", "modules": []}
    entry = MockConfigEntry(
        domain=DOMAIN, title=family, unique_id=f"{family}_{serial}", data=data
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await rest(hass)
    assert entry.state is ConfigEntryState.LOADED, entry.error_reason_translation_key
    if family == FAMILY_DIRIS:
        await entry.runtime_data.async_search()
        await rest(hass)
        await entry.runtime_data.async_refresh()
        await rest(hass)
    return entry


async def test_each_family_is_played_again(
    hass: HomeAssistant,
    family: tuple[str, Any],
    hass_client: ClientSessionGenerator,
    tmp_path: Path,
) -> None:
    """The file names nobody, and what is played from it gives the same values."""
    key, device = family
    serial, _ = MAKE[key]
    entry = await add(hass, key, device, serial)
    text = await download(hass, hass_client, entry)
    # Of a gateway: its Net ID, its modules', and the serial that all products share.
    for secret in (*spelt(serial), "007E 229C", "00B3 0001", "2331 1203", "127.0.0."):
        assert secret not in text
    file = tmp_path / "diagnostics.json"
    file.write_text(text)
    assert json.loads(text)["data"]["replay"]["error"] is None
    before = entry.runtime_data.data
    assert await hass.config_entries.async_unload(entry.entry_id)
    found = load(file)
    replay = device_of(found)
    await replay.start()
    try:
        # An S0 meter is its box and the number of its input.
        number = "-2" if key == "cfos_meter" else ""
        again = await add(hass, key, replay, found["serial"] + number)
        assert again.runtime_data.data == before
        await hass.config_entries.async_unload(again.entry_id)
    finally:
        await replay.stop()
