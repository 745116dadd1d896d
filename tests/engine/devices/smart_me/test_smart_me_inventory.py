"""What of an account can be set up, by its answers on a real socket."""

from collections.abc import AsyncIterator

from aiohttp import ClientSession
import pytest
from yarl import URL

from custom_components.meters_and_chargers.engine.devices.smart_me import (
    Account,
    inventory,
)
from custom_components.meters_and_chargers.engine.model import NotAllowed, TooOften
from simulators.pico_group import SERIALS, PicoGroup
from simulators.smart_me_cloud import GROUP_ID, SmartMeCloud
from simulators.smart_me_meter import SmartMeMeter

NO_GROUP = "00000000-0000-0000-0000-000000000000"
NAMES = [f"smart-me_{serial}.dns-me.com" for serial in SERIALS]


@pytest.fixture
async def cloud(socket_enabled: None) -> AsyncIterator[SmartMeCloud]:
    """Return a simulated account with three Picos and a meter."""
    fake = SmartMeCloud(PicoGroup(), meters=[SmartMeMeter()])
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def account(cloud: SmartMeCloud) -> AsyncIterator[Account]:
    """Return the account behind the right key."""
    base = URL.build(scheme="http", host=cloud.host, port=cloud.port)
    async with ClientSession() as session:
        yield Account(session, cloud.key, base)


async def test_group_is_one_device(cloud: SmartMeCloud, account: Account) -> None:
    """The largest minimum, the group's fuse, and the master's address first."""
    cloud.group.stations[2].minimum_ma = 8000
    (meter, group), unread = await inventory(account)
    assert (meter.key, meter.modbus, unread) == ("smart_me_meter_7907952", True, 0)
    assert group.key == f"smart_me_pico_group_{SERIALS[0]}"
    assert (group.serials, group.group_id) == (SERIALS, GROUP_ID)
    assert (group.name, group.modbus) == ("Garage", True)
    assert group.hosts == ("127.0.0.1", *NAMES)
    assert group.answers == {
        "minimum_current": 8,
        "maximum_current": 63,
        "by_phase": 1,
    }


@pytest.mark.parametrize("address", ["8.8.8.8", "0.0.0.0", "a-name", ""])  # noqa: S104 - what a station without a network may say
async def test_only_addresses_of_the_house_are_taken(
    cloud: SmartMeCloud, account: Account, address: str
) -> None:
    """What the account says of an address goes nowhere else; the name stays."""
    cloud.group_id = NO_GROUP
    cloud.group.master.host = address
    cloud.supports_phases = False
    (_, first, *others), _ = await inventory(account)
    assert first.hosts == (NAMES[0],)
    assert first.answers["by_phase"] == 0
    assert [one.modbus for one in others] == [False, False]


async def test_unknown_kinds_of_meters_are_left_out(
    cloud: SmartMeCloud, account: Account
) -> None:
    """A plug or a virtual meter has no Modbus, and is not asked for it."""
    cloud.families = {7_907_952: 1002}
    offers, _ = await inventory(account)
    assert [one.serials for one in offers] == [SERIALS]
    assert not [one for one in cloud.requests if "Configuration" in one]


async def test_limit_on_the_way_leaves_the_rest(
    cloud: SmartMeCloud, account: Account
) -> None:
    """Who could not be read is counted, with a group that may not be whole."""
    cloud.answers_left = 4
    (meter,), unread = await inventory(account)
    assert (meter.key, unread) == ("smart_me_meter_7907952", 3)


async def test_group_whose_fuse_is_not_told(
    cloud: SmartMeCloud, account: Account
) -> None:
    """It is offered without a name, with what a form proposes."""
    cloud.answers_left = 6
    (_, group), unread = await inventory(account)
    assert (group.serials, unread) == (SERIALS, 0)
    assert (group.name, group.answers["maximum_current"]) == ("", 32)


async def test_list_that_can_not_be_had_is_an_error(
    cloud: SmartMeCloud, account: Account
) -> None:
    """A refused key and a limit are told apart."""
    cloud.status = 401
    with pytest.raises(NotAllowed):
        await inventory(account)
    cloud.status, cloud.answers_left = None, 0
    with pytest.raises(TooOften):
        await inventory(account)
