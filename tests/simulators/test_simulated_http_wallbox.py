"""The wallbox of another maker takes what it understands, by Home Assistant's means."""

from collections.abc import AsyncIterator

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
import yaml

from simulators.car import Car
from simulators.hass import wait_until
from simulators.house import House
from simulators.http_wallbox import PATH, HttpWallbox

NUMBER = "number.driveway_current"
SWITCH = "switch.driveway_charging_allowed"
PLUG = "binary_sensor.driveway_plugged_in"
POWER = "sensor.driveway_power"


@pytest.fixture
async def house() -> House:
    """Return a house with one car on one phase, wired to the second."""
    return House("clear", 3 * 3600, cars=[Car("driveway", phases=1, first_phase=1)])


@pytest.fixture
async def wallbox(house: House, socket_enabled: None) -> AsyncIterator[HttpWallbox]:
    """Return a wallbox that answers."""
    wallbox = HttpWallbox(house.cars[0])
    await wallbox.start()
    yield wallbox
    await wallbox.stop()


async def post(wallbox: HttpWallbox, body: str) -> int:
    """Send it a body; returns the status."""
    url = f"http://{wallbox.host}:{wallbox.port}{PATH}"
    async with aiohttp.ClientSession() as session, session.post(url, data=body) as got:
        return got.status


async def test_it_charges_as_it_is_told(house: House, wallbox: HttpWallbox) -> None:
    """Allowed, the car draws what it is limited to, on the phase it is wired to."""
    without = [house.day.house_w[n][house.trace_s + 29] for n in range(3)]
    assert await post(wallbox, '{"allowed": true}') == 200
    assert await post(wallbox, '{"limit_a": 10}') == 200
    for _ in range(30):
        house.step()
    assert house.car_w == 2300
    loads = zip(house.grid.power_w, without, strict=True)
    assert [power - alone for power, alone in loads] == pytest.approx([0, 2300, 0])
    assert wallbox.shown["currents_a"] == [10, 0, 0]
    assert await post(wallbox, '{"allowed": false}') == 200
    house.step()
    assert house.car_w == 0
    said = [(told.name, told.value) for told in wallbox.told]
    assert said == [("allowed", True), ("limit_a", 10), ("allowed", False)]


@pytest.mark.parametrize(
    "body",
    [
        '{"limit_a": 5.9}',
        '{"limit_a": 17}',
        '{"limit_a": "10"}',
        '{"limit_a": 10, "allowed": true}',
        '{"allowed": 1}',
        "[]",
        "{",
    ],
)
async def test_what_it_does_not_understand_changes_nothing(
    wallbox: HttpWallbox, body: str
) -> None:
    """A wrong value, two at once or no JSON at all is refused."""
    before = wallbox.shown
    assert await post(wallbox, body) == 400
    assert (wallbox.shown, list(wallbox.told)) == (before, [])


async def test_it_charges_on_when_nobody_asks(wallbox: HttpWallbox) -> None:
    """Stopped it is gone, with its limit kept; started again it is where it was."""
    await post(wallbox, '{"allowed": true}')
    await post(wallbox, '{"limit_a": 8}')
    port = wallbox.port
    await wallbox.stop()
    assert not wallbox.running
    with pytest.raises(aiohttp.ClientConnectionError):
        await post(wallbox, '{"allowed": false}')
    await wallbox.start()
    await wallbox.start()
    assert wallbox.port == port
    assert (wallbox.limit_a, wallbox.car.enabled) == (8, True)


# Home Assistant's template entities leave the timer of their trigger running.
@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_home_assistant_reads_and_tells_it(
    hass: HomeAssistant, house: House, wallbox: HttpWallbox
) -> None:
    """Its entities show and change it, are unavailable without it, and come back."""

    async def shows(entity_id: str, wanted: str) -> None:
        async def look() -> bool:
            state = hass.states.get(entity_id)
            return state is not None and state.state == wanted

        await wait_until(f"{entity_id} shows {wanted}", look, 30)

    sections = yaml.safe_load(wallbox.configuration())
    for domain in sections:
        assert await async_setup_component(hass, domain, sections)
    await shows(NUMBER, "16.0")
    await shows(SWITCH, "off")
    await shows(PLUG, "on")
    current = {"entity_id": NUMBER, "value": 9}
    await hass.services.async_call("number", "set_value", current, blocking=True)
    await hass.services.async_call(
        "switch", "turn_on", {"entity_id": SWITCH}, blocking=True
    )
    assert (wallbox.limit_a, wallbox.car.enabled) == (9, True)
    for _ in range(30):
        house.step()
    await shows(NUMBER, "9.0")
    await shows(SWITCH, "on")
    await shows(POWER, "2070")
    await wallbox.stop()
    await shows(NUMBER, "unavailable")
    await wallbox.start()
    await shows(NUMBER, "9.0")
