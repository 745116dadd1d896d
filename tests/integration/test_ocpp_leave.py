"""What a wallbox is left with when its entry is disabled or removed is chosen."""

from collections.abc import AsyncIterator
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryDisabler
from homeassistant.core import HomeAssistant
import pytest

from simulators.charge_point import ChargePoint
from simulators.charge_point_2 import ChargePoint2

from .test_ocpp import Garage, charging, server, set_current, until
from .test_ocpp_fallback import choose

__all__ = ["server"]


@pytest.fixture(params=[ChargePoint, ChargePoint2], ids=["1.6", "2.0.1"])
async def garage(
    server: ConfigEntry[Any], request: pytest.FixtureRequest
) -> AsyncIterator[Garage]:
    """Return a wallbox of each version that dials the server."""
    garage = Garage(server, request.param, redial_s=(0.1, 0.3))
    await garage.wallbox.start()
    yield garage
    await garage.wallbox.stop()


async def let_go(hass: HomeAssistant, entry: ConfigEntry[Any], how: str) -> None:
    """Disable or remove a wallbox."""
    if how == "disable":
        await hass.config_entries.async_set_disabled_by(
            entry.entry_id, ConfigEntryDisabler.USER
        )
    else:
        await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()


@pytest.mark.parametrize("how", ["disable", "remove"])
@pytest.mark.parametrize("chosen", ["keep", "clear"])
async def test_it_is_left_as_was_chosen(
    hass: HomeAssistant, garage: Garage, how: str, chosen: str
) -> None:
    """Kept, the last limit holds on; cleared, the car is offered all there is."""
    entry = await charging(hass, garage)
    await choose(
        hass, entry, fallback=False, fallback_current=6, on_leave=chosen, pause="zero"
    )
    await set_current(hass, 8)
    await until(hass, garage, lambda: garage.wallbox.offered_a == 8, "8 A")
    assert await hass.config_entries.async_reload(entry.entry_id)
    await until(hass, garage, lambda: entry.runtime_data.online, "its connection")
    assert garage.wallbox.profiles.kept
    await let_go(hass, entry, how)
    assert bool(garage.wallbox.profiles.kept) is (chosen == "keep")
    assert garage.wallbox.offered_a == (8 if chosen == "keep" else 16)


async def test_a_fallback_is_taken_back_as_well(
    hass: HomeAssistant, garage: Garage
) -> None:
    """Nothing of ours lies in the wallbox any more."""
    entry = await charging(hass, garage)
    await choose(hass, entry, fallback=True, fallback_current=6, on_leave="clear")
    await set_current(hass, 8)
    await until(hass, garage, lambda: garage.wallbox.offered_a == 8, "8 A")
    assert len(garage.wallbox.profiles.kept) == 2
    await let_go(hass, entry, "remove")
    assert not garage.wallbox.profiles.kept


async def test_one_that_is_away_keeps_its_limit(
    hass: HomeAssistant, garage: Garage, expected_logs: list[str]
) -> None:
    """That is said, and holds up nobody."""
    expected_logs += ["is no longer connected", "Wallbox keeps its last limit"]
    entry = await charging(hass, garage)
    await choose(hass, entry, fallback=False, fallback_current=6, on_leave="clear")
    await set_current(hass, 8)
    garage.wallbox.line.dials = False
    garage.wallbox.drop()
    await until(hass, garage, lambda: not entry.runtime_data.online, "the cut")
    await let_go(hass, entry, "disable")
    assert garage.wallbox.profiles.kept
