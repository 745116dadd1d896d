"""What the health card is told of each connection."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.meters_and_chargers.const import DOMAIN
from custom_components.meters_and_chargers.engine.model import (
    Health,
    Refused,
    Silent,
)
from simulators.backend import Backend
from simulators.ksem import Ksem

from .billing import backend, bill, quick
from .conftest import SetUp
from .test_ocpp import Garage, charging, garage, server, until
from .test_site import set_up_site

__all__ = ["backend", "garage", "quick", "server"]


async def told(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> dict[str, Any]:
    """Ask as the card does."""
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": f"{DOMAIN}/health"})
    answer = await client.receive_json()
    assert answer["success"]
    found: dict[str, Any] = answer["result"]
    return found


async def connections(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> list[dict[str, Any]]:
    """Return the rows of the card."""
    found: list[dict[str, Any]] = (await told(hass, hass_ws_client))["connections"]
    return found


async def test_meter_that_works_and_then_does_not(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    ksem: Ksem,
    set_up_ksem: SetUp,
    expected_logs: list[str],
) -> None:
    """Its age and the time of its answers; then since when it is away, and errors."""
    expected_logs.append("Grid meter")
    meter = await set_up_ksem()
    site = await set_up_site(hass)
    found = await told(hass, hass_ws_client)
    (row,) = found["connections"]
    page = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, "ksem_72345678"), meter.entry_id
    )
    assert page is not None
    assert (row["name"], row["device_id"]) == ("Grid meter", page.id)
    assert (row["status"], row["failures"], row["since"]) == ("working", 0, None)
    assert 0 <= row["age"] < 60
    assert 0 < row["answer"] < 60
    assert list(found["sites"]) == [site.entry_id]
    await ksem.stop()
    for _ in range(2):
        await meter.runtime_data.async_refresh()
    (row,) = await connections(hass, hass_ws_client)
    assert (row["status"], row["failures"]) == ("no_contact", 2)
    assert row["since"] is not None


async def test_device_that_is_another(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    ksem: Ksem,
    set_up_ksem: SetUp,
    expected_logs: list[str],
) -> None:
    """An entry that can't be set up is listed with its reason."""
    expected_logs.append("Grid meter")
    meter = await set_up_ksem()
    hass.config_entries.async_update_entry(meter, unique_id="ksem_1")
    await hass.config_entries.async_reload(meter.entry_id)
    (row,) = await connections(hass, hass_ws_client)
    assert (row["name"], row["status"]) == ("Grid meter", "wrong_device")


async def test_wallbox_that_dials(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    garage: Garage,
    server: ConfigEntry[Any],
    expected_logs: list[str],
) -> None:
    """It answers what it is asked; when it has gone that counts as one failure."""
    expected_logs.append("connected")
    entry = await charging(hass, garage)
    (row,) = await connections(hass, hass_ws_client)
    assert (row["status"], row["failures"]) == ("working", 0)
    assert row["age"] >= 0
    assert row["answer"] > 0
    await garage.wallbox.stop()
    await until(hass, garage, lambda: not entry.runtime_data.online, "it has gone")
    (row,) = await connections(hass, hass_ws_client)
    assert (row["status"], row["failures"]) == ("no_contact", 1)
    assert row["since"] is not None


async def test_line_to_a_billing_service(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    garage: Garage,
    server: ConfigEntry[Any],
    backend: Backend,
) -> None:
    """It has a row of its own: it works, is refused, or is away, and since when."""
    entry = await charging(hass, garage)
    await bill(hass, entry, backend)
    await until(hass, garage, lambda: entry.runtime_data.gateway.line.connected, "on")
    wallbox, service = await connections(hass, hass_ws_client)
    assert (service["name"], service["path"]) == ("Wallbox", "Billing service")
    assert service["device_id"] == wallbox["device_id"]
    assert (service["status"], service["since"]) == ("working", None)
    backend.identities = {"ANOTHER": ""}
    backend.drop()
    line = entry.runtime_data.gateway
    await until(hass, garage, lambda: line.line.failure == "identity", "refused")
    _, service = await connections(hass, hass_ws_client)
    assert service["status"] == "refused"
    await backend.stop()
    await until(hass, garage, lambda: line.line.failure == "unreachable", "away")
    _, service = await connections(hass, hass_ws_client)
    assert service["status"] == "no_contact"
    assert service["since"] is not None
    assert service["waiting"] == line.standing.length


def test_failures_are_of_one_day() -> None:
    """An hour that is a day old counts no more, and a good answer ends an absence."""
    now = 1000.0
    health = Health(lambda: now)
    for _ in range(3):
        health.failed()
    now += 10
    assert (health.failures, health.away_at) == (3, 1000.0)
    health.good(0.1)
    assert (health.age_s, health.away_at) == (0, None)
    now += 24 * 3600
    assert health.failures == 0


def test_a_no_is_an_answer() -> None:
    """Refused is answered, silent is not; both are told on."""
    health = Health()
    with pytest.raises(Refused), health.asking():
        raise Refused("no")
    assert (health.failures, health.answer_s is None) == (0, False)
    with pytest.raises(Silent), health.asking():
        raise Silent("nothing")
    assert (health.failures, health.waiting) == (1, 0)
