"""Coming and going of a wallbox."""

import asyncio

from ocpp_fakes import FakeLink, Wallbox, idle, power
import pytest

from custom_components.meters_and_chargers.engine.model import (
    Point,
    Quantity,
    Silent,
    Unreachable,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp import CallError

POWER = Point(Quantity.POWER, part="1")


async def _pass(wallbox: Wallbox, seconds: float) -> None:
    wallbox.clock.advance(seconds)
    await idle(wallbox.charger)


async def test_gone(wallbox: Wallbox) -> None:
    """Without a connection nothing measured is shown as of now."""
    assert wallbox.charger.online
    await wallbox.status("Charging")
    await wallbox.measures(power(100), {"measurand": "Current.Offered", "value": "6"})
    wallbox.charger.closed(wallbox.link)
    assert not wallbox.charger.online
    assert wallbox.charger.values == {POWER: None}
    connector = wallbox.charger.connector(1)
    assert (connector.offered_ma, connector.measured_at) == (None, None)
    assert wallbox.changes[-1].charger
    assert wallbox.changes[-1].points == {POWER}
    assert wallbox.changes[-1].connectors == {0, 1}


async def test_the_newest_connection_counts(wallbox: Wallbox) -> None:
    """The late end of an old connection changes nothing."""
    old = wallbox.link
    wallbox.connect()
    wallbox.charger.closed(old)
    assert wallbox.charger.online
    wallbox.charger.closed(wallbox.link)
    assert not wallbox.charger.online


async def test_a_half_open_line_is_replaced(wallbox: Wallbox) -> None:
    """It was never away: what it measured stays, who waits for an answer hears."""
    await wallbox.status("Charging")
    await wallbox.measures(power(100), {"measurand": "Current.Offered", "value": "6"})
    old = wallbox.link
    old.reply("SetChargingProfile", asyncio.Future)
    asked = asyncio.create_task(wallbox.charger.set_limit(1, 8000))
    await asyncio.wait({asked}, timeout=0.05)
    assert old.limits
    assert not asked.done()
    wallbox.changes.clear()
    wallbox.connect()
    wallbox.charger.closed(old)
    with pytest.raises(Unreachable):
        await asked
    assert wallbox.charger.values == {POWER: 100}
    connector = wallbox.charger.connector(1)
    assert connector.offered_ma == 6000
    assert connector.measured_at is not None
    assert not any(change.points for change in wallbox.changes)


async def test_back_without_a_boot(wallbox: Wallbox) -> None:
    """It is online and known at once; after 5 s its status is asked for."""
    await wallbox.boots()
    await wallbox.status("Charging", 2)
    wallbox.charger.closed(wallbox.link)
    wallbox.connect()
    assert wallbox.charger.online
    assert wallbox.charger.identity.model == "Box"
    await wallbox.says("Heartbeat")
    await _pass(wallbox, 4.9)
    assert wallbox.link.asked == []
    await _pass(wallbox, 0.2)
    assert [
        payload["connectorId"] for payload in wallbox.link.sent("TriggerMessage")
    ] == [
        1,
        2,
    ]


async def test_a_status_by_itself(wallbox: Wallbox) -> None:
    """Nothing is asked for that was said."""
    await wallbox.status("Available")
    await _pass(wallbox, 6)
    assert wallbox.link.sent("TriggerMessage") == []


async def test_a_boot_by_itself(wallbox: Wallbox) -> None:
    """A wallbox that boots says its status without being asked."""
    await wallbox.boots()
    await _pass(wallbox, 6)
    assert wallbox.link.sent("TriggerMessage") == []
    assert len(wallbox.link.sent("GetConfiguration")) == 1


async def test_a_boot_before_a_break(wallbox: Wallbox) -> None:
    """What it lost in its boot is sent, once, though the line broke right after."""
    await wallbox.charger.set_limit(1, 9_000)
    await wallbox.boots()
    await _pass(wallbox, 0.5)
    wallbox.charger.closed(wallbox.link)
    link = wallbox.connect()
    await _pass(wallbox, 6)
    assert link.limits == [(1, 9)]
    wallbox.charger.closed(link)
    link = wallbox.connect()
    await _pass(wallbox, 6)
    assert link.limits == []


@pytest.mark.parametrize(
    ("reply", "again"),
    [
        ({"status": "NotImplemented"}, False),
        (CallError("NotSupported"), False),
        ({"status": "Rejected"}, True),
        (Silent("no answer"), True),
    ],
)
async def test_triggers_that_are_not_supported(
    wallbox: Wallbox, reply: object, *, again: bool
) -> None:
    """It is remembered; another failure is not."""
    await wallbox.status("Available", 2)
    wallbox.charger.closed(wallbox.link)
    wallbox.connect().reply("TriggerMessage", reply)
    await _pass(wallbox, 6)
    assert len(wallbox.link.sent("TriggerMessage")) == 1
    wallbox.charger.closed(wallbox.link)
    wallbox.connect()
    await _pass(wallbox, 6)
    assert bool(wallbox.link.sent("TriggerMessage")) is again


async def test_the_number_of_connectors(wallbox: Wallbox) -> None:
    """It is read from the configuration, once."""
    wallbox.link.reply(
        "GetConfiguration",
        {"configurationKey": [{"key": "NumberOfConnectors", "value": "2"}]},
    )
    await _pass(wallbox, 6)
    assert wallbox.charger.connectors == (1, 2)
    assert wallbox.charger.configuration == {"NumberOfConnectors": "2"}
    assert wallbox.changes[-1].connectors == {0, 1, 2}
    wallbox.charger.closed(wallbox.link)
    wallbox.connect()
    await _pass(wallbox, 6)
    assert wallbox.link.sent("GetConfiguration") == []


async def test_a_configuration_that_cannot_be_read(wallbox: Wallbox) -> None:
    """The defaults stand, and it is asked again after a boot."""
    wallbox.link.reply("GetConfiguration", CallError("InternalError"))
    await _pass(wallbox, 6)
    assert wallbox.charger.configuration == {}
    await wallbox.boots()
    await _pass(wallbox, 2)
    assert len(wallbox.link.sent("GetConfiguration")) == 2


@pytest.mark.parametrize("replaced", [False, True])
async def test_gone_while_asked(wallbox: Wallbox, *, replaced: bool) -> None:
    """A configuration that the end of a connection cut off is read at the next."""

    async def cut_off() -> object:
        old = wallbox.link
        if replaced:
            wallbox.connect()
        wallbox.charger.closed(old)
        raise Silent("gone")

    wallbox.link.reply("GetConfiguration", cut_off)
    await _pass(wallbox, 6)
    if not replaced:
        wallbox.connect()
    await _pass(wallbox, 6)
    assert len(wallbox.link.sent("GetConfiguration")) == 1


async def test_closing_ends_all_work(wallbox: Wallbox) -> None:
    """After the close nothing rings and nothing is asked."""
    link = FakeLink()
    wallbox.charger.opened(link)
    wallbox.clock.advance(5)
    await wallbox.charger.close()
    wallbox.clock.advance(100)
    await idle(wallbox.charger)
    assert link.asked == []
    assert not wallbox.charger.online
    assert await wallbox.says("Heartbeat")


async def test_the_loops_own_timers(wallbox: Wallbox) -> None:
    """Without a fake clock the event loop's timers are used."""
    plain = type(wallbox.charger)("STREET", wallbox.charger._station.journal)
    plain.opened(FakeLink("STREET"))
    assert plain._settling is not None
    await plain.close()
