"""Figures in texts are written as their reader writes numbers."""

from homeassistant.auth.models import User
from homeassistant.components.frontend.storage import async_user_store
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.figures import Figures
from simulators.ksem import Ksem

from .conftest import SetUp
from .test_config_flow import address

FLOWS = "/api/config/config_entries/flow"


@pytest.mark.parametrize(
    ("system", "chosen", "said"),
    [
        ("en", {}, "2.70 kW"),
        ("de", {}, "2,70 kW"),
        ("fr", {}, "2,70 kW"),
        ("it", {}, "2,70 kW"),
        ("en", {"language": "de", "number_format": "language"}, "2,70 kW"),
        ("de", {"language": "en", "number_format": "language"}, "2.70 kW"),
        # As the Swiss write.
        ("de", {"language": "de", "number_format": "quote_decimal"}, "2.70 kW"),
        ("en", {"language": "en", "number_format": "decimal_comma"}, "2,70 kW"),
        ("en", {"language": "en", "number_format": "space_comma"}, "2,70 kW"),
    ],
)
async def test_a_dialog_follows_its_reader(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    hass_admin_user: User,
    ksem: Ksem,
    system: str,
    chosen: dict[str, str],
    said: str,
) -> None:
    """Language and number format of who asks; of the system where nothing is chosen."""
    hass.config.language = system
    ksem.set_power(900, 900, 900)
    if chosen:
        store = await async_user_store(hass, hass_admin_user.id)
        await store.async_set_item("language", chosen)
    assert await async_setup_component(hass, "config", {})
    assert await async_setup_component(hass, DOMAIN, {})
    client = await hass_client()
    answer = await client.post(FLOWS, json={"handler": DOMAIN})
    flow = f"{FLOWS}/{(await answer.json())['flow_id']}"
    for typed in ({"next_step_id": "ksem"}, address(ksem)):
        answer = await client.post(flow, json=typed)
    shown = (await answer.json())["description_placeholders"]
    values = shown["values"].replace("\N{NO-BREAK SPACE}", " ")
    assert values.startswith(f"{said} · L1 ")


@pytest.mark.parametrize(
    ("system", "chosen", "said"),
    [
        ("en", {}, "5.5"),
        ("fr", {}, "5,5"),
        ("en", {"language": "it", "number_format": "language"}, "5,5"),
        ("de", {"language": "de", "number_format": "quote_decimal"}, "5.5"),
    ],
)
async def test_a_refused_action_follows_who_asked(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    hass_admin_user: User,
    set_up_pico: SetUp,
    system: str,
    chosen: dict[str, str],
    said: str,
) -> None:
    """What is refused over the websocket is written as its user writes numbers."""
    await set_up_pico()
    # What entities are called has been settled in English.
    hass.config.language = system
    if chosen:
        store = await async_user_store(hass, hass_admin_user.id)
        await store.async_set_item("language", chosen)
    client = await hass_ws_client()
    await client.send_json_auto_id(
        {
            "type": "call_service",
            "domain": "number",
            "service": "set_value",
            "service_data": {
                "entity_id": "number.garage_charging_current",
                "value": 5.5,
            },
        }
    )
    refused = (await client.receive_json())["error"]
    assert refused["translation_key"] == "current_out_of_range"
    assert refused["translation_placeholders"] == {
        "name": "Garage",
        "current": said,
        "minimum": "6",
        "maximum": "16",
    }


def test_a_figure_without_a_unit_keeps_its_digits() -> None:
    """None is rounded away, none is put as a power of ten."""
    written = Figures(",")
    assert written.plain(100_201) == "100201"
    assert written.plain(12_345_678.5) == "12345678,5"
    assert written.plain(-0.25) == "\N{MINUS SIGN}0,25"
