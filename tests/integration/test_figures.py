"""Figures in dialogs are written as their reader writes numbers."""

from homeassistant.auth.models import User
from homeassistant.components.frontend.storage import async_user_store
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.meters_and_chargers.const import DOMAIN
from simulators.ksem import Ksem

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
