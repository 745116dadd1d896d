"""The fake smart-me cloud answers as the maker's description says."""

from collections.abc import AsyncIterator

from aiohttp import ClientSession
import pytest

from simulators.pico_group import SERIALS, PicoGroup
from simulators.smart_me_cloud import GROUP_ID, SmartMeCloud


@pytest.fixture
async def cloud(socket_enabled: None) -> AsyncIterator[SmartMeCloud]:
    """Return an account with a group of three Picos."""
    fake = SmartMeCloud(PicoGroup())
    await fake.start()
    yield fake
    await fake.stop()


async def ask(
    cloud: SmartMeCloud, path: str, *, method: str = "GET", key: str = "secret-key"
) -> int:
    """Return the status of an answer."""
    headers = {"Authorization": f"ApiKey {key}"}
    url = f"http://{cloud.host}:{cloud.port}{path}"
    async with (
        ClientSession() as session,
        session.request(method, url, headers=headers) as response,
    ):
        return response.status


async def test_it_listens_on_the_loopback_network_alone(cloud: SmartMeCloud) -> None:
    """Only who has the key learns anything."""
    assert cloud.host == "127.0.0.1"
    assert await ask(cloud, "/Pico") == 200
    assert await ask(cloud, "/Pico", key="another") == 401
    assert await ask(cloud, "/pico/charging/nobody") == 404


@pytest.mark.parametrize(
    ("currents", "status"),
    [
        ((0, 6000, 16_000), 200),
        ((6_400_000,) * 3, 200),
        ((5999, 0, 0), 400),
        ((6500, 0, 0), 400),
        ((0, 0, 6_401_000), 400),
        (("a", 0, 0), 400),
    ],
)
async def test_currents_by_phase_are_checked(
    cloud: SmartMeCloud, currents: tuple[object, ...], status: int
) -> None:
    """0, or 6,000 to 6,400,000 in thousands; another group is not found."""
    one, two, three = currents
    path = "/pico/loadmanagementgroup/threephasecurrent"
    query = f"?PhaseL1={one}&PhaseL2={two}&PhaseL3={three}"
    told = await ask(cloud, f"{path}/{GROUP_ID}{query}", method="POST")
    assert told == status
    assert (cloud.group.currents_ma == currents) is (status == 200)
    assert await ask(cloud, f"{path}/another{query}", method="POST") == 404
    cloud.supports_phases = False
    told = await ask(cloud, f"{path}/{GROUP_ID}{query}", method="POST")
    assert told == (422 if status == 200 else 400)


async def test_current_of_a_group_goes_by_any_serial(cloud: SmartMeCloud) -> None:
    """A station that nobody has is not found, a missing number is refused."""
    path = "/pico/loadmanagementgroup/current"
    for serial, query, status in (
        (SERIALS[1], "?current=12000", 200),
        (1, "?current=12000", 404),
        (SERIALS[1], "", 400),
    ):
        assert await ask(cloud, f"{path}/{serial}{query}", method="POST") == status
    assert cloud.group.currents_ma == (12_000,) * 3
