"""What a site leaves its wallbox with: on unload, removal and Home Assistant's stop."""

from collections.abc import Awaitable, Callable

from homeassistant.config_entries import ConfigEntry, ConfigEntryDisabler
from homeassistant.core import HomeAssistant
import pytest

from custom_components.meters_and_chargers.controller import SiteController
from simulators.pico import Pico

from .conftest import SetUp
from .test_site import choose_mode, set_up_site, written

SAFE = {"failsafe_current": 0}
"""With a safe current of 0 the difference is seen at once."""


type SetUpSite = Callable[..., Awaitable[ConfigEntry[SiteController]]]


@pytest.fixture
def set_up(
    hass: HomeAssistant, set_up_ksem: SetUp, set_up_pico: SetUp, pico: Pico
) -> SetUpSite:
    """Return a function that sets up a site whose wallbox charges."""

    async def _set_up(**options: object) -> ConfigEntry[SiteController]:
        await set_up_ksem()
        await set_up_pico()
        entry = await set_up_site(hass, options={**SAFE, **options})
        await choose_mode(hass, "fast")
        assert await written(hass, pico, lambda ma: ma >= 6000)
        return entry

    return _set_up


async def unload(hass: HomeAssistant, entry: ConfigEntry[SiteController]) -> None:
    """Unload an entry and let everything end."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_unload_leaves_the_safe_current(
    hass: HomeAssistant, pico: Pico, set_up: SetUpSite
) -> None:
    """Nobody guards the fuse then: what exceeds the safe current comes down."""
    await unload(hass, await set_up())
    assert pico.dynamic_ma == 0


@pytest.mark.parametrize("chosen", ["keep", "release"])
async def test_unload_for_a_while_changes_nothing_else(
    hass: HomeAssistant, pico: Pico, set_up: SetUpSite, chosen: str
) -> None:
    """Kept if so chosen; and nothing is let go while the entry may come back."""
    entry = await set_up(on_stop=chosen)
    before = pico.dynamic_ma
    await unload(hass, entry)
    assert pico.dynamic_ma == before


async def test_observing_site_leaves_everything(
    hass: HomeAssistant, pico: Pico, set_up: SetUpSite
) -> None:
    """Who only looks writes nothing at the end either."""
    entry = await set_up()
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, "observe": True}
    )
    await hass.async_block_till_done()
    writes = len(pico.write_pdus)
    await unload(hass, entry)
    assert len(pico.write_pdus) == writes


async def test_removed_and_disabled_sites_let_go(
    hass: HomeAssistant, pico: Pico, set_up: SetUpSite
) -> None:
    """All that its bounds allow, when the entry is disabled and when it is removed."""
    entry = await set_up(on_stop="release")
    await hass.config_entries.async_set_disabled_by(
        entry.entry_id, ConfigEntryDisabler.USER
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    assert pico.dynamic_ma == 16_000
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    await hass.async_block_till_done(wait_background_tasks=True)
    await choose_mode(hass, "off")
    assert await written(hass, pico, lambda ma: ma == 0)
    await choose_mode(hass, "fast")
    assert await written(hass, pico, lambda ma: 6_000 <= ma < 16_000)
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert pico.dynamic_ma == 16_000


async def test_stop_of_home_assistant_leaves_the_safe_current(
    hass: HomeAssistant, pico: Pico, set_up: SetUpSite
) -> None:
    """Before the sockets close."""
    await set_up()
    await hass.async_stop(force=True)
    assert pico.dynamic_ma == 0


async def test_changed_site_comes_back_without_a_dip(
    hass: HomeAssistant, pico: Pico, set_up: SetUpSite
) -> None:
    """Adding or changing a charger loads the site again; nothing is written for it."""
    entry = await set_up()
    writes = len(pico.write_pdus)
    (charger,) = entry.subentries.values()
    data = {**charger.data, "charger_phases": ["l1"]}
    hass.config_entries.async_update_subentry(entry, charger, data=data)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.runtime_data.chargers[0].phases == (True, False, False)
    assert len(pico.write_pdus) == writes
