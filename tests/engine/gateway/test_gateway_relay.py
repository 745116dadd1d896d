"""A wallbox and its backend through a relay: frames over sockets, as they come."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
import json
import logging

from aiohttp import ClientSession
import pytest

from custom_components.meters_and_chargers.engine.gateway.relay import Relay
from custom_components.meters_and_chargers.engine.model import Silent
from custom_components.meters_and_chargers.engine.protocols.ocpp import (
    NOTHING_SHOWN,
    Call,
    CallError,
    Link,
    Manners,
    Payload,
    Server,
    Shown,
    Version,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp.client import (
    Backend as Address,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp.client import (
    Failure,
    dial,
)
from tests.raw_ocpp import RawBackend, RawWallbox, until

BOOT = '[2, "b1" ,"BootNotification", {"chargePointVendor":"M","chargePointModel":"X"}]'
BOOTED = (
    '[3,"b1", {"status":"Accepted","currentTime":"2026-06-01T12:00:00.0Z"'
    ',"interval":3e2}]'
)


class Ours:
    """Our own side of the wallbox; notes what it sees."""

    def __init__(self) -> None:
        """Be away."""
        self.link: Link | None = None
        self.opens = 0
        self.heard: list[tuple[str, Payload | None]] = []
        self.asked: list[tuple[str, Payload]] = []

    def opened(self, link: Link) -> None:
        """Take a connection."""
        self.link = link
        self.opens += 1

    def closed(self, link: Link) -> None:
        """Lose it."""
        if link is self.link:
            self.link = None

    def is_ours(self, call: Call) -> bool:
        """Have asked for reports of one number."""
        return call.payload.get("requestId") == 7_000_000

    async def said(self, call: Call, answer: Payload | None) -> None:
        """Note."""
        self.heard.append((call.action, answer))

    async def told(self, call: Call, answer: Payload) -> None:
        """Note."""
        self.asked.append((call.action, answer))


class House:
    """A wallbox that knows us only, a backend, and a relay between them."""

    def __init__(
        self, wallbox: RawWallbox, backend: RawBackend, relay: Relay, ours: Ours
    ) -> None:
        """Hold what a test looks at."""
        self.wallbox, self.backend = wallbox, backend
        self.relay, self.ours = relay, ours

    async def open(self) -> None:
        """Let the wallbox dial, and wait for its way through."""
        await self.wallbox.dial()
        await until(lambda: self.ours.link is not None)


class _Gate:
    """Lets everybody pass to a relay."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    def admit(
        self, charger_id: str, _peer: str, _shown: Shown = NOTHING_SHOWN
    ) -> Relay | None:
        return self._relay if charger_id == "GARAGE" else None


@asynccontextmanager
async def a_house(protocol: str = "ocpp1.6", **manners: float) -> AsyncIterator[House]:
    """Return a relay between a wallbox and a backend of a version."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(ClientSession())
        backend = RawBackend(protocol)
        await backend.start()
        stack.push_async_callback(backend.stop)
        ours = Ours()

        async def by(version: Version) -> object:
            address = Address(url=backend.url, identity="BILLED1")
            return await dial(http, address, f"ocpp{version}")

        relay = Relay("GARAGE", ours, by, pauses_s=(0.05, 0.2))  # type: ignore[arg-type]  # a WebSocket

        server = Server(_Gate(relay), "127.0.0.1", 0)
        server.treat("GARAGE", Manners(**manners))  # type: ignore[arg-type]  # seconds
        await server.start()
        stack.push_async_callback(server.stop)
        stack.push_async_callback(relay.close)
        wallbox = RawWallbox(http, f"ws://127.0.0.1:{server.port}/GARAGE", protocol)
        stack.push_async_callback(wallbox.hang_up)
        yield House(wallbox, backend, relay, ours)


@pytest.fixture
async def house(socket_enabled: None) -> AsyncIterator[House]:
    """Return a house of OCPP 1.6."""
    async with a_house() as house:
        yield house


async def test_frames_pass_as_they_come(house: House) -> None:
    """Calls, answers, refusals and what is no OCPP arrive letter by letter."""
    await house.open()
    said = [
        BOOT,
        '[2,"m", "MeterValues",{"connectorId":1 ,"x":1.10,"y":1e-0,"z":"\\u00e4\\/"}]',
        '[4,"q","NotSupported","no",{"why":[1, 2 ]}]',
        '[3,"nobody asked",{ }]',
        "[9, true]",
        "no JSON at all ä",
    ]
    for text in said:
        await house.wallbox.say(text)
    await until(lambda: len(house.backend.took) == len(said))
    assert house.backend.took == said
    told = [
        BOOTED,
        '[3,"m",{}  ]',
        '[4,"x","InternalError","",{"a":"\\uD83D\\uDE00"}]',
        "[7]",
    ]
    for text in told:
        await house.backend.send(text)
    await until(lambda: len(house.wallbox.took) == len(told))
    assert house.wallbox.took == told


async def test_the_backend_hears_the_version_of_the_wallbox(
    socket_enabled: None,
) -> None:
    """OCPP 2.0.1 passes without being understood; a backend without it is refused."""
    async with a_house("ocpp2.0.1") as house:
        await house.open()
        text = '[2,"1","TransactionEvent",{"eventType":"Started", "seqNo":0}]'
        await house.wallbox.say(text)
        await until(lambda: house.backend.took == [text])
        assert house.backend.chosen == ["ocpp2.0.1"]
        await house.wallbox.hang_up()
        house.backend.protocols = ("ocpp1.6",)
        await house.wallbox.dial()
        await until(lambda: house.relay.line.failure is Failure.VERSION)
        await until(lambda: not house.wallbox.connected)


async def test_our_calls_come_between(house: House) -> None:
    """One is asked after the other; what answers ours never reaches the backend."""
    await house.open()
    link = house.ours.link
    assert link is not None
    await house.backend.send('[2,"theirs","GetConfiguration",{ "key":["A"]}]')
    await until(lambda: len(house.wallbox.took) == 1)
    ours = asyncio.create_task(link.call("ClearCache", {}))
    await house.backend.send('[2,"next","ClearCache",{}]')
    await house.wallbox.say('[2,"h","Heartbeat",{}]')
    await until(lambda: house.backend.took)
    # It has one question at a time.
    assert len(house.wallbox.took) == 1
    await house.wallbox.say('[3,"theirs", {"unknownKey":["A"]}]')
    await until(lambda: len(house.wallbox.took) == 2)
    number = json.loads(house.wallbox.took[1])[1]
    assert number not in ("theirs", "next")
    await house.wallbox.say(f'[3,"{number}",{{"status":"Accepted"}}]')
    assert await ours == {"status": "Accepted"}
    await until(lambda: len(house.wallbox.took) == 3)
    assert house.wallbox.took[2] == '[2,"next","ClearCache",{}]'
    await house.wallbox.say('[4,"next","NotSupported","",{}]')
    await until(lambda: len(house.backend.took) == 3)
    assert not any(number in text for text in house.backend.took)
    assert house.ours.asked == [("GetConfiguration", {"unknownKey": ["A"]})]


async def test_a_late_or_refusing_answer_to_our_call_stays_here(
    socket_enabled: None,
) -> None:
    """Nobody waits for it any more, and the backend has never asked."""
    async with a_house(timeout_s=0.05) as house:
        await house.open()
        link = house.ours.link
        assert link is not None
        with pytest.raises(Silent):
            await link.call("ClearCache", {})
        await until(lambda: house.wallbox.took)
        first = json.loads(house.wallbox.took[0])[1]
        await house.wallbox.say(f'[3,"{first}",{{"status":"Accepted"}}]')
        asking = asyncio.create_task(link.call("ClearCache", {}))
        await until(lambda: len(house.wallbox.took) == 2)
        second = json.loads(house.wallbox.took[1])[1]
        await house.wallbox.say(f'[4,"{second}","NotSupported","",{{}}]')
        await asyncio.wait({asking})
        assert isinstance(asking.exception(), (CallError, Silent))
        await house.wallbox.say(BOOT)
        await until(lambda: house.backend.took)
        assert house.backend.took == [BOOT]


async def test_we_see_what_passes(house: House) -> None:
    """What the backend decides is seen with its answer, the rest at once."""
    house.backend.answer = lambda text: BOOTED if text == BOOT else None
    await house.open()
    await house.wallbox.say(BOOT)
    await until(lambda: house.ours.heard)
    await house.wallbox.say('[2,"s","StatusNotification",{"connectorId":1}]')
    await house.wallbox.say('[2,"a","Authorize",{"idTag":"A"}]')
    await until(lambda: len(house.backend.took) == 3)
    await until(lambda: len(house.ours.heard) == 2)
    await house.backend.send('[4,"a","InternalError","",{}]')
    await until(lambda: len(house.wallbox.took) == 2)
    assert house.ours.heard == [
        ("BootNotification", json.loads(BOOTED)[2]),
        ("StatusNotification", None),
    ]
    assert house.relay.line.connected


async def test_reports_that_we_asked_for_stay_here(house: House) -> None:
    """They are answered here; those of the backend's own requests pass."""
    await house.open()
    await house.wallbox.say('[2,"r1","NotifyReport",{"requestId":7000000}]')
    await house.wallbox.say('[2,"r2","NotifyReport",{"requestId":7}]')
    await until(lambda: house.wallbox.took == ['[3,"r1",{}]'])
    await until(lambda: len(house.ours.heard) == 2)
    assert house.backend.took == ['[2,"r2","NotifyReport",{"requestId":7}]']


async def test_a_backend_that_is_away_closes_the_wallbox(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """It keeps what it has to say and dials again; one line is logged each way."""
    caplog.set_level(logging.INFO)
    house.backend.answer = lambda text: BOOTED if text == BOOT else None
    await house.open()
    await house.wallbox.say(BOOT)
    await until(lambda: house.relay.line.connected)
    await house.backend.stop()
    await until(lambda: not house.wallbox.connected)
    await until(lambda: house.relay.line.failure is Failure.CLOSED)
    assert house.ours.link is None
    for _ in range(3):
        await house.wallbox.dial()
        await until(lambda: not house.wallbox.connected)
        await asyncio.sleep(0.1)
    assert house.relay.line.failure in (Failure.UNREACHABLE, Failure.CLOSED)
    assert house.ours.opens == 1
    await house.backend.start()
    house.relay.hurry()
    await house.open()
    await house.wallbox.say(BOOT)
    await until(lambda: house.relay.line.connected)
    lines = [record.getMessage() for record in caplog.records]
    said = [line for line in lines if line.startswith("GARAGE: ")]
    assert said == ["GARAGE: no backend: closed", "GARAGE: the backend is back"]


async def test_who_is_not_taken_is_not_connected(house: House) -> None:
    """A backend that rejects the wallbox has no billing; a later one that does has."""
    house.backend.answer = lambda _: BOOTED.replace("Accepted", "Rejected")
    await house.open()
    await house.wallbox.say(BOOT)
    await until(lambda: house.relay.line.failure is Failure.REJECTED)
    house.backend.answer = lambda _: BOOTED
    await house.wallbox.say(BOOT)
    await until(lambda: house.relay.line.connected)


async def test_a_wallbox_that_leaves_is_gone_at_the_backend(house: House) -> None:
    """Its backend sees it leave; that is no failure of the backend."""
    await house.open()
    await house.wallbox.hang_up()
    await until(lambda: not house.backend.sockets)
    await until(lambda: house.ours.link is None)
    assert house.relay.line.failure is None


async def test_a_wallbox_that_dials_anew_has_one_line(house: House) -> None:
    """The older one is closed at the backend before the newer is opened there."""
    await house.open()
    first = house.ours.link
    await house.wallbox.dial()
    await until(lambda: house.ours.link not in (None, first))
    await house.wallbox.say(BOOT)
    await until(lambda: house.backend.took == [BOOT])
    await until(lambda: len(house.backend.sockets) == 1)


async def test_a_backend_that_asks_without_waiting_is_left(house: House) -> None:
    """A wallbox is asked one thing at a time, and no heap of questions is kept."""
    await house.open()
    for number in range(1000):
        if not house.backend.sockets:
            break
        with suppress(ConnectionError):
            await house.backend.send(f'[2,"{number}","ClearCache",{{}}]')
        await asyncio.sleep(0)
    await until(lambda: not house.wallbox.connected)
    assert len(house.wallbox.took) == 1
