"""The wallbox behind a KSEM, by the meter's access key, in a real Home Assistant."""

from collections.abc import AsyncIterator
from datetime import timedelta
import json
import logging
from typing import Any

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.meters_and_chargers import links
from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.meters_and_chargers.engine.devices.ksem.emobility import (
    Emobility,
)
from custom_components.meters_and_chargers.key_flow import key_fields
from simulators.ksem_rest import KsemRest

from .conftest import SetUp

KEY = "secret-key"
MODE = "select.grid_meter_wallbox_mode"
PHASES = "select.grid_meter_wallbox_phases"
PV = "number.grid_meter_wallbox_minimum_pv_quota"
CHARGING = "number.grid_meter_wallbox_minimum_charging_quota"
POWER = "sensor.grid_meter_power"


@pytest.fixture
async def web(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[KsemRest]:
    """Return the meter's simulated web interface, where the product looks for it."""
    fake = KsemRest(KEY)
    await fake.start()
    monkeypatch.setattr(links.web, "_WEB_PORT", fake.port)
    yield fake
    await fake.stop()


@pytest.fixture(autouse=True)
def no_settling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the second a meter has to show a change."""
    made = Emobility.__init__
    monkeypatch.setattr(
        Emobility, "__init__", lambda self, http: made(self, http, settle_s=0)
    )


def value(hass: HomeAssistant, entity_id: str) -> str:
    """Return an entity's state."""
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return state.state


async def settle(hass: HomeAssistant) -> None:
    """Let what was begun end, also in the background."""
    await hass.async_block_till_done(wait_background_tasks=True)


async def poll(hass: HomeAssistant) -> None:
    """Let the next poll of the wallbox happen."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=61))
    await settle(hass)


async def choose(hass: HomeAssistant, entity_id: str, option: str) -> None:
    """Choose an option as its owner does."""
    await hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": entity_id, "option": option},
        blocking=True,
    )


async def enter(hass: HomeAssistant, entity_id: str, number: float) -> None:
    """Enter a number as its owner does."""
    await hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": entity_id, "value": number},
        blocking=True,
    )


async def fill_options(
    hass: HomeAssistant, entry: ConfigEntry[Any], **fields: object
) -> dict[str, Any]:
    """Fill in the meter's options and return what the flow says."""
    shown = await hass.config_entries.options.async_init(entry.entry_id)
    result = await hass.config_entries.options.async_configure(
        shown["flow_id"], {"interval": "2", "push": {"enabled": False}, **fields}
    )
    await settle(hass)
    return dict(result)


async def test_without_a_key_there_is_nothing(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    set_up_ksem: SetUp,
    web: KsemRest,
) -> None:
    """No entity of a wallbox, and not one request to the web interface."""
    entry = await set_up_ksem()
    await poll(hass)
    found = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    assert not [one for one in found if one.domain in ("select", "number")]
    assert not web.requests


async def test_with_a_key_all_is_off_and_nothing_is_asked(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    set_up_ksem: SetUp,
    web: KsemRest,
) -> None:
    """A single source knows these calls: each entity is switched on by its owner."""
    entry = await set_up_ksem(access_key=KEY)
    await poll(hass)
    found = {
        one.unique_id.removeprefix("ksem_72345678_wallbox_"): one.disabled_by
        for one in er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        if one.domain in ("select", "number")
    }
    off = er.RegistryEntryDisabler.INTEGRATION
    assert found == dict.fromkeys(
        ("charge_mode", "phase_use", "minimum_pv", "minimum_charging"), off
    )
    assert not web.requests


async def test_without_the_mode_no_socket_is_opened(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    set_up_ksem: SetUp,
    web: KsemRest,
) -> None:
    """Who switches on the phases alone does not risk what the WebSocket may do."""
    entity_registry.async_get_or_create(
        "select",
        DOMAIN,
        "ksem_72345678_wallbox_phase_use",
        object_id_base=PHASES.removeprefix("select."),
    )
    await set_up_ksem(access_key=KEY)
    await settle(hass)
    await poll(hass)
    assert value(hass, PHASES) == "three"
    assert web.requests == ["GET /api/e-mobility/config/phaseswitching"] * 2


@pytest.mark.usefixtures("all_entities_enabled")
async def test_the_meters_own_word_is_shown(
    hass: HomeAssistant, set_up_ksem: SetUp, web: KsemRest
) -> None:
    """What somebody changes at the meter is here with the next poll."""
    await set_up_ksem(access_key=KEY)
    await settle(hass)
    assert value(hass, MODE) == "lock"
    assert value(hass, PHASES) == "three"
    assert value(hass, PV) == STATE_UNAVAILABLE
    web.charging |= {"mode": "hybrid", "minpvpowerquota": 40}
    web.phase_usage = 2
    await poll(hass)
    assert value(hass, MODE) == "solar_plus"
    assert value(hass, PHASES) == "automatic"
    assert value(hass, PV) == "40"
    assert value(hass, CHARGING) == "0"
    web.charging["mode"] = "time"
    await poll(hass)
    assert value(hass, MODE) == STATE_UNKNOWN
    assert not web.written
    assert await web.all_closed()


@pytest.mark.usefixtures("all_entities_enabled")
async def test_changes_show_the_meters_answer(
    hass: HomeAssistant, set_up_ksem: SetUp, web: KsemRest
) -> None:
    """Mode, quotas and phases are written when asked for, and read back."""
    await set_up_ksem(access_key=KEY)
    await settle(hass)
    await choose(hass, MODE, "solar_plus")
    assert value(hass, MODE) == "solar_plus"
    assert value(hass, PV) == "30"
    await enter(hass, PV, 70)
    await enter(hass, CHARGING, 75)
    await choose(hass, PHASES, "one")
    assert [value(hass, one) for one in (PV, CHARGING, PHASES)] == ["70", "75", "one"]
    assert len(web.written) == 4
    assert web.charging["minpvpowerquota"] == 70
    assert web.charging["mincharginpowerquota"] == 75
    assert web.phase_usage == 1


@pytest.mark.usefixtures("all_entities_enabled")
async def test_a_change_the_meter_does_not_make(
    hass: HomeAssistant, set_up_ksem: SetUp, web: KsemRest
) -> None:
    """Its owner is told, and what the meter says stays on show."""
    await set_up_ksem(access_key=KEY)
    await settle(hass)
    web.keeps = 2
    with pytest.raises(HomeAssistantError) as caught:
        await choose(hass, PHASES, "one")
    assert caught.value.translation_key == "wallbox_unchanged"
    web.status = {"PUT chargemode": 400}
    with pytest.raises(HomeAssistantError) as caught:
        await choose(hass, MODE, "solar_pure")
    assert caught.value.translation_key == "wallbox_unchanged"
    await settle(hass)
    assert value(hass, MODE) == "lock"


@pytest.mark.usefixtures("all_entities_enabled")
async def test_a_wallbox_that_cant_switch_phases(
    hass: HomeAssistant, set_up_ksem: SetUp, web: KsemRest
) -> None:
    """Its charge mode is there all the same."""
    web.status = {"GET phaseswitching": 404}
    await set_up_ksem(access_key=KEY)
    await settle(hass)
    assert value(hass, MODE) == "lock"
    assert value(hass, PHASES) == STATE_UNAVAILABLE


@pytest.mark.usefixtures("all_entities_enabled")
@pytest.mark.parametrize("fault", ["stopped", "garbage", "error"])
async def test_a_failure_never_touches_the_meter(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    web: KsemRest,
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
    fault: str,
) -> None:
    """Unavailable, logged once each way, and the readings go on."""
    expected_logs.append("Error fetching Grid meter wallbox data")
    caplog.set_level(logging.INFO)
    await set_up_ksem(access_key=KEY)
    await settle(hass)
    if fault == "stopped":
        await web.stop()
    elif fault == "garbage":
        web.garbage = "<html>"
    else:
        web.status = {"GET ": 500}
    for _ in range(3):
        await poll(hass)
    assert value(hass, MODE) == STATE_UNAVAILABLE
    assert value(hass, POWER) == "500.0"
    web.garbage, web.status = None, {}
    if fault == "stopped":
        await web.start()
    await poll(hass)
    assert value(hass, MODE) == "lock"
    assert caplog.text.count("Error fetching Grid meter wallbox data") == 1
    assert caplog.text.count("Fetching Grid meter wallbox data recovered") == 1


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"access_key": "wrong"}, "key_refused"),
        ({"access_key": "two words"}, "key_refused"),
        ({"access_key": "new\nline"}, "key_refused"),
        ({"access_key": "Schlüssel"}, "key_refused"),
    ],
)
async def test_a_wrong_key_is_not_stored(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    web: KsemRest,
    fields: dict[str, object],
    error: str,
) -> None:
    """It is tried by one request, and the form asks again without showing it."""
    entry = await set_up_ksem()
    result = await fill_options(hass, entry, **fields)
    assert result["errors"] == {"base": error}
    assert str(fields["access_key"]) not in str(result["data_schema"].schema)
    assert "access_key" not in entry.options
    assert len(web.requests) <= 1


async def test_a_key_that_cant_be_tried_is_not_stored(
    hass: HomeAssistant, set_up_ksem: SetUp, web: KsemRest
) -> None:
    """No web interface, or no wallbox in the meter: the form says which."""
    entry = await set_up_ksem()
    web.wallboxes = []
    result = await fill_options(hass, entry, access_key=KEY)
    assert result["errors"] == {"base": "no_wallbox"}
    await web.stop()
    result = await fill_options(hass, entry, access_key=KEY)
    assert result["errors"] == {"base": "key_untried"}
    assert result["description_placeholders"]["found"]
    assert "access_key" not in entry.options


async def test_a_key_is_stored_kept_and_forgotten(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    set_up_ksem: SetUp,
    web: KsemRest,
) -> None:
    """An empty field keeps it; it is shown nowhere."""
    entry = await set_up_ksem()
    result = await fill_options(hass, entry, access_key=f" {KEY} ")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["access_key"] == KEY
    assert entry.state is ConfigEntryState.LOADED
    assert entity_registry.async_get(MODE) is not None
    shown = await hass.config_entries.options.async_init(entry.entry_id)
    assert KEY not in str(shown)
    await fill_options(hass, entry)
    assert entry.options["access_key"] == KEY
    await fill_options(hass, entry, forget_access_key=True)
    assert "access_key" not in entry.options
    assert web.requests == ["GET /api/e-mobility/evselist"]


async def refuse_key(hass: HomeAssistant, web: KsemRest) -> ConfigFlowResult:
    """Let the meter refuse the key from now on, and return the flow that asks."""
    web.key = "another-key"
    await poll(hass)
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]
    return flows[0]


@pytest.mark.usefixtures("all_entities_enabled")
async def test_a_refused_key_is_asked_for_again(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    web: KsemRest,
    expected_logs: list[str],
) -> None:
    """The meter reads on, the old key is not tried again, a new one repairs it."""
    expected_logs.append("Authentication failed while fetching Grid meter wallbox")
    entry = await set_up_ksem(access_key=KEY)
    await settle(hass)
    flow = await refuse_key(hass, web)
    tried = len(web.requests)
    await poll(hass)
    assert len(web.requests) == tried
    assert value(hass, MODE) == STATE_UNAVAILABLE
    assert value(hass, POWER) == "500.0"
    for wrong in ("  ", KEY):
        result = await hass.config_entries.flow.async_configure(
            flow["flow_id"], {"access_key": wrong}
        )
        assert result["errors"] == {"base": "key_refused"}
    known, web.wallboxes = web.wallboxes, []
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"access_key": "another-key"}
    )
    assert result["errors"] == {"base": "no_wallbox"}
    web.wallboxes, web.status = known, {"GET ": 500}
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"access_key": "another-key"}
    )
    assert result["errors"] == {"base": "key_untried"}
    web.status = {}
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"access_key": "another-key"}
    )
    await settle(hass)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    assert entry.options["access_key"] == "another-key"
    assert value(hass, MODE) == "lock"


@pytest.mark.usefixtures("all_entities_enabled")
async def test_a_key_that_may_not_write_is_asked_for_again(
    hass: HomeAssistant, set_up_ksem: SetUp, web: KsemRest
) -> None:
    """Reading goes on; the flow asks for a key with more rights."""
    await set_up_ksem(access_key=KEY)
    await settle(hass)
    web.status = {"PUT ": 403}
    with pytest.raises(HomeAssistantError) as caught:
        await choose(hass, MODE, "solar_pure")
    assert caught.value.translation_key == "key_refused"
    await settle(hass)
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]
    await poll(hass)
    assert value(hass, MODE) == "lock"


@pytest.mark.usefixtures("all_entities_enabled")
async def test_a_key_without_the_right_to_see_phases(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    web: KsemRest,
    expected_logs: list[str],
) -> None:
    """A 403 is never taken for a wallbox that can't switch them."""
    expected_logs.append("Authentication failed while fetching Grid meter wallbox")
    await set_up_ksem(access_key=KEY)
    await settle(hass)
    web.status = {"GET phaseswitching": 403}
    await poll(hass)
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]


def test_other_families_have_no_key() -> None:
    """Their options don't ask for one."""
    entry = MockConfigEntry(domain=DOMAIN, data={"family": "smart_me_meter"})
    assert key_fields(entry) == {}


@pytest.mark.usefixtures("all_entities_enabled")
async def test_the_key_is_never_told(
    hass: HomeAssistant,
    set_up_ksem: SetUp,
    web: KsemRest,
    caplog: pytest.LogCaptureFixture,
    expected_logs: list[str],
) -> None:
    """Neither diagnostics nor log nor state hold it, whatever went wrong."""
    expected_logs.append("Grid meter wallbox data")
    caplog.set_level(logging.DEBUG)
    entry = await set_up_ksem(access_key=KEY)
    await settle(hass)
    await choose(hass, MODE, "solar_pure")
    web.garbage = "<html>"
    await poll(hass)
    web.garbage = None
    await refuse_key(hass, web)
    told = await async_get_config_entry_diagnostics(hass, entry)
    assert told["entry"]["options"]["access_key"] == "**REDACTED**"
    assert KEY not in json.dumps(told, default=str)
    assert KEY not in str(hass.states.async_all())
    logged = [record.getMessage() + str(record.exc_text) for record in caplog.records]
    assert not [text for text in logged if KEY in text]
