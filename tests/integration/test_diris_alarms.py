"""Alarms of a DIRIS gateway's modules in Home Assistant, polled over Modbus."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from simulators.diris import Diris, LoadModule

from .conftest import SetUp
from .test_diris import gateway, next_round, set_up, value

__all__ = ["gateway", "set_up"]

MODULE = "diris_b30_rs485_2"
SYSTEM = f"binary_sensor.{MODULE}_system_alarm"
MEASURED = f"binary_sensor.{MODULE}_measurement_alarm"


def b30(gateway: Diris) -> LoadModule:
    """Return the module that keeps alarms."""
    module = gateway.modules[2]
    assert isinstance(module, LoadModule)
    return module


async def test_an_active_alarm_is_a_problem(
    hass: HomeAssistant, gateway: Diris, set_up: SetUp, freezer: FrozenDateTimeFactory
) -> None:
    """With its number, cause and criticality, until it is over; nothing is written."""
    await set_up()
    await next_round(hass, freezer)
    assert value(hass, SYSTEM) == STATE_OFF
    # Its third alarm: status, type, cause, criticality.
    b30(gateway).alarm(38544, 1, 3, 12, 2)
    await next_round(hass, freezer)
    await next_round(hass, freezer)
    state = hass.states.get(SYSTEM)
    assert state is not None
    assert state.state == STATE_ON
    assert state.attributes["alarms"] == [3]
    assert state.attributes["causes"] == ["ct_disconnected"]
    assert state.attributes["criticality"] == "critical"
    b30(gateway).alarm(38544, 3)
    await next_round(hass, freezer)
    await next_round(hass, freezer)
    assert value(hass, SYSTEM) == STATE_OFF
    assert gateway.write_pdus == []


async def test_few_requests_and_only_what_is_enabled(
    hass: HomeAssistant,
    gateway: Diris,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    entity_registry: er.EntityRegistry,
) -> None:
    """System alarms alone are on; a round asks two alarms of a module, in turn."""
    await set_up()
    found = [one for one in entity_registry.entities if "alarm" in one]
    assert len(found) == 6
    disabled = [one for one in found if entity_registry.entities[one].disabled_by]
    assert set(found) - set(disabled) == {SYSTEM}
    await next_round(hass, freezer)
    asked = []
    for _ in range(2):
        before = gateway.request_count
        await next_round(hass, freezer)
        new = list(gateway.requests)[before - gateway.request_count :]
        asked.append(
            [(one.address, one.count) for one in new if 38000 < one.address < 40000]
        )
    assert [len(one) for one in asked] == [2, 2]
    assert sorted(asked[0] + asked[1]) == [
        *((38496, 23), (38520, 23), (38544, 23), (38568, 23))
    ]


async def test_an_alarm_that_can_not_be_read_is_unavailable(
    hass: HomeAssistant,
    gateway: Diris,
    set_up: SetUp,
    freezer: FrozenDateTimeFactory,
    expected_logs: list[str],
) -> None:
    """A lost module shows none of its alarms, and nobody takes that for quiet."""
    expected_logs.append("The module at address 2 can't be read")
    await set_up()
    await next_round(hass, freezer)
    assert value(hass, SYSTEM) == STATE_OFF
    gateway.lose(2)
    await next_round(hass, freezer)
    assert value(hass, SYSTEM) == STATE_UNAVAILABLE
