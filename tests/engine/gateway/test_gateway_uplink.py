"""The line to a billing backend, over sockets, with a backend on the `ocpp` library."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
import json
from pathlib import Path
import ssl
from typing import Any

from aiohttp import ClientSession
from ocpp.v16 import call
import pytest

from custom_components.meters_and_chargers.engine.gateway import line
from custom_components.meters_and_chargers.engine.gateway.line import JITTER, Pauses
from custom_components.meters_and_chargers.engine.gateway.queue import (
    METER,
    SECURITY,
    START,
    STOP,
    Message,
    Queue,
)
from custom_components.meters_and_chargers.engine.gateway.uplink import Uplink, probe
from custom_components.meters_and_chargers.engine.journal import Journal
from custom_components.meters_and_chargers.engine.model import Unreachable
from custom_components.meters_and_chargers.engine.protocols.ocpp import (
    Call,
    CallError,
    Payload,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp.client import (
    Backend as Address,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp.client import (
    Failure,
    NotConnected,
    dial,
)
from simulators.backend import Backend
from tests.engine.protocols.ocpp_certificates import TestAuthority

IDENTITY = "CP 1ä"
PASSWORD = "pässword:1"  # noqa: S105  # of nothing
PAUSES_S = (0.02, 0.08)
BOOT = {"chargePointVendor": "Maker", "chargePointModel": "Model"}


class Point:
    """A charge point that notes what it hears."""

    def __init__(self) -> None:
        """Hear nothing yet."""
        self.accepted_times = 0
        self.boots = 0
        self.starts: list[tuple[int, int | None, str]] = []
        self.calls: list[Call] = []
        self.changes = asyncio.Event()

    def boot(self) -> Payload:
        """Say who it is."""
        return BOOT

    def accepted(self, *, booted: bool) -> None:
        """Count, also how often after a boot."""
        self.accepted_times += 1
        self.boots += booted

    def changed(self) -> None:
        """Wake who waits."""
        self.changes.set()

    async def started(self, session: int, backend_id: int | None, status: str) -> None:
        """Note."""
        self.starts.append((session, backend_id, status))

    async def called(self, call: Call) -> Payload:
        """Answer one action, refuse the others."""
        self.calls.append(call)
        if call.action != "ClearCache":
            raise CallError("NotSupported")
        return {"status": "Accepted"}


class House:
    """An uplink that runs, with all that belongs to it."""

    def __init__(self, http: ClientSession, journal: Journal, address: Address) -> None:
        """Prepare a line to an address."""
        self.http = http
        self.address = address
        self.point = Point()
        self.queue = Queue(journal, "GARAGE")
        self.uplink = Uplink(
            lambda: dial(self.http, self.address),
            "GARAGE",
            self.point,
            self.queue,
            pauses_s=PAUSES_S,
            again_s=0.02,
        )
        self.task = asyncio.create_task(self.uplink.run())

    async def stop(self) -> None:
        """End the line."""
        self.task.cancel()
        await asyncio.wait({self.task})

    async def until(self, true: Callable[[], object]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(60):
            while not true():  # noqa: ASYNC110  # of anything
                await asyncio.sleep(0.005)

    async def online(self) -> None:
        """Wait for the line."""
        await self.until(lambda: self.uplink.line.connected)

    async def put(self, *messages: Message) -> None:
        """Queue messages and wake the line."""
        for message in messages:
            await self.queue.put(message)
        self.uplink.deliver()

    async def empty(self) -> None:
        """Wait until nothing waits."""
        await self.until(lambda: self.queue.standing.length == 0)


@pytest.fixture
async def house(
    backend: Backend, http: ClientSession, journal: Journal
) -> AsyncIterator[House]:
    """Return a line to the backend that is about to connect."""
    house = House(http, journal, Address(url=backend.url, identity=IDENTITY))
    await house.queue.load()
    yield house
    await house.stop()


def start(session: int = 7, tag: str = "04AABBCC") -> Message:
    """Return a beginning."""
    text = {
        "connectorId": 1,
        "idTag": tag,
        "meterStart": session,
        "timestamp": "2026-06-01T12:00:00Z",
    }
    return Message(action=START, session=session, text=json.dumps(text))


def values(number: int, session: int = 7) -> Message:
    """Return meter values."""
    text = (
        f'{{"connectorId":1, "transactionId":{session},"meterValue":[{{"timestamp":'
        f'"2026-06-01T12:00:00Z","sampledValue":[{{"value":"{number}.10"}}]}}]}}'
    )
    return Message(action=METER, session=session, text=text, kept=False)


def stop(session: int = 7) -> Message:
    """Return an end."""
    text = {
        "transactionId": session,
        "meterStop": 9,
        "timestamp": "2026-06-01T13:00:00Z",
    }
    return Message(action=STOP, session=session, text=json.dumps(text))


async def test_it_dials_the_path_and_its_identity_boots_and_delivers(
    backend: Backend, house: House
) -> None:
    """The path is kept, the identity is one segment, all arrives under one number."""
    await house.put(start(), values(1), values(2), stop())
    await house.empty()
    assert backend.paths == ["/cpo/ocpp/CP%201%C3%A4"]
    assert len(backend.boots) == 1
    [booked] = backend.booked
    assert (booked.starts, len(booked.values), len(booked.stops)) == (1, 2, 1)
    assert house.point.starts == [(7, booked.number, "Accepted")]
    sent = values(1).text.replace(":7,", f":{booked.number},")
    assert backend.frames(METER)[0].endswith(f',"MeterValues",{sent}]')


async def test_a_line_that_is_cut_comes_back_and_tells_only_once(
    backend: Backend, house: House
) -> None:
    """After a cut there is no second boot, and all that waited arrives in order."""
    await house.online()
    backend.drop()
    await house.until(lambda: not house.uplink.line.connected)
    with pytest.raises(Unreachable):
        await house.uplink.call("Authorize", {"idTag": "X"})
    await house.put(start(), *(values(number) for number in range(5)), stop())
    await house.empty()
    assert len(backend.boots) == 1
    [booked] = backend.booked
    assert [
        one["meter_value"][0]["sampled_value"][0]["value"] for one in booked.values
    ] == [f"{number}.10" for number in range(5)]


async def test_an_answer_that_gets_lost_makes_no_second_transaction(
    backend: Backend, house: House
) -> None:
    """The repeat has the id and the text of the first: the backend counts one."""
    await house.online()
    backend.drop_after = 0
    await house.put(start(), stop())
    await house.empty()
    first, second = backend.frames(START)
    assert first == second
    [booked] = backend.booked
    assert len(booked.stops) == 1


async def test_what_the_backend_can_not_process_comes_again_then_is_set_aside(
    backend: Backend, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """An error is no answer; after five the others have their turn."""
    backend.errors = {START: 2, METER: 5}
    await house.put(start(), values(1), values(2), stop())
    await house.empty()
    [booked] = backend.booked
    assert len(backend.frames(START)) == 3
    assert [
        one["meter_value"][0]["sampled_value"][0]["value"] for one in booked.values
    ] == ["2.10"]
    assert len(booked.stops) == 1
    assert house.queue.standing.refused == 1
    ours = [one.getMessage() for one in caplog.records if "custom_" in one.name]
    assert any("does not take a MeterValues" in one for one in ours)
    assert not any("04AABBCC" in one for one in ours)


async def test_a_flush_does_not_wait(
    backend: Backend, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an error what waits is sent when somebody asks for it."""
    monkeypatch.setattr(house.uplink, "_again_s", 600)
    await house.online()
    backend.errors = {START: 1}
    await house.put(start())
    await house.until(lambda: len(backend.frames(START)) == 1)
    await asyncio.sleep(0.1)
    assert len(backend.frames(START)) == 1
    house.uplink.flush()
    await house.empty()
    assert len(backend.booked) == 1


async def test_a_line_that_is_made_anew_is_no_failure(
    backend: Backend, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """It hangs up, dials at once, boots no second time, and logs nothing."""
    caplog.set_level("INFO")
    await house.online()
    dialled = len(backend.paths)
    house.uplink.redial()
    await house.until(lambda: len(backend.paths) == dialled + 1)
    await house.until(lambda: house.uplink.line.connected)
    assert len(backend.boots) == 1
    assert not [one for one in caplog.records if "backend" in one.getMessage()]


async def test_who_is_just_dialling_dials_anew(
    backend: Backend, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection to where it should no longer go is not used."""
    await house.online()
    real, dialled = house.uplink._dial, asyncio.Event()

    async def slow() -> Any:
        socket = await real()
        if not dialled.is_set():
            dialled.set()
            await asyncio.sleep(0.2)
        return socket

    monkeypatch.setattr(house.uplink, "_dial", slow)
    backend.drop()
    await dialled.wait()
    before = len(backend.paths)
    house.uplink.redial()
    await house.until(lambda: len(backend.paths) > before)
    await house.online()
    assert len(backend.hubs) == 1


async def test_the_verdict_on_a_card_is_told(backend: Backend, house: House) -> None:
    """A card that the backend does not take is known with the transaction's number."""
    backend.refused_tags = {"LOST"}
    await house.put(start(tag="LOST"))
    await house.empty()
    assert house.point.starts == [(7, backend.booked[0].number, "Invalid")]


async def test_the_backend_may_ask(backend: Backend, house: House) -> None:
    """What it asks is answered by the point, also by a refusal."""
    await house.online()
    answer = await backend.ask(IDENTITY, call.ClearCache())
    assert answer.status == "Accepted"
    assert await backend.ask(IDENTITY, call.Reset("Soft")) is None
    assert [one.action for one in house.point.calls] == ["ClearCache", "Reset"]


async def test_a_boot_that_is_not_accepted_is_told_and_repeated(
    backend: Backend, house: House
) -> None:
    """Nothing is delivered until the backend has accepted the charge point."""
    await house.stop()
    backend.boot_status, backend.interval_s = "Pending", 0
    fresh = House(house.http, house.queue._journal, house.address)
    await fresh.put(start())
    await fresh.until(lambda: fresh.uplink.line.failure is Failure.PENDING)
    assert not backend.frames(START)
    backend.boot_status = "Accepted"
    await fresh.online()
    await fresh.empty()
    assert fresh.point.accepted_times == fresh.point.boots == 1
    await fresh.stop()


async def test_who_has_not_accepted_us_may_ask_little(
    backend: Backend, house: House
) -> None:
    """Settings alone; all the rest is a matter of security until it has."""
    await house.stop()
    backend.boot_status, backend.interval_s = "Pending", 0
    fresh = House(house.http, house.queue._journal, house.address)
    await fresh.until(lambda: fresh.uplink.line.failure is Failure.PENDING)
    assert await backend.ask(IDENTITY, call.ClearCache()) is None
    assert '"SecurityError"' in backend.took[-1]
    assert not fresh.point.calls
    await backend.ask(IDENTITY, call.GetConfiguration())
    assert [one.action for one in fresh.point.calls] == ["GetConfiguration"]
    backend.boot_status = "Accepted"
    await fresh.online()
    assert (await backend.ask(IDENTITY, call.ClearCache())).status == "Accepted"
    await fresh.stop()


async def test_a_backend_without_security_events_keeps_nothing_back(
    backend: Backend, house: House
) -> None:
    """What it does not know is no error of ours: the others follow at once."""
    await house.online()
    event = '{"type":"MemoryExhaustion","timestamp":"2026-06-01T12:00:00Z"}'
    await house.put(Message(action=SECURITY, text=event, kept=False), start())
    await house.empty()
    assert len(backend.frames(SECURITY)) == 1
    assert house.queue.standing.refused == 0
    assert len(backend.booked) == 1


def test_pauses_grow_and_are_never_like_clockwork() -> None:
    """5 s at first, 5 minutes at last, each a fifth more or less; short again then."""
    pauses = Pauses(*line.PAUSES_S)
    for expected_s in (5, 10, 20, 40, 80, 160, 300, 300):
        assert pauses.take() == pytest.approx(expected_s, rel=JITTER)
    assert len({Pauses(*line.PAUSES_S).take() for _ in range(20)}) > 1
    assert pauses.take(17.0) == pytest.approx(17, rel=JITTER)
    pauses.answered()
    assert pauses.take() == pytest.approx(5, rel=JITTER)


async def test_a_charger_that_starts_anew_boots_anew(
    backend: Backend, house: House
) -> None:
    """The backend hears of a restart of the charger by another boot."""
    await house.online()
    house.uplink.reboot()
    await house.until(lambda: len(backend.boots) == 2)
    await house.online()


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (401, Failure.PASSWORD),
        (403, Failure.PASSWORD),
        (404, Failure.IDENTITY),
        (429, Failure.BUSY),
        (503, Failure.BUSY),
        (500, Failure.HANDSHAKE),
        (200, Failure.HANDSHAKE),
    ],
)
async def test_a_refusal_is_told_plainly(
    backend: Backend, http: ClientSession, status: int, failure: Failure
) -> None:
    """Each answer to the handshake has its own reason."""
    backend.http_status = status
    address = Address(url=backend.url, identity=IDENTITY)
    assert await probe(lambda: dial(http, address), BOOT) is failure


async def test_a_busy_backend_says_how_long(
    backend: Backend, http: ClientSession
) -> None:
    """Retry-After is kept to, within an hour."""
    address = Address(url=backend.url, identity=IDENTITY)
    for said, pause_s in (("7", 7.0), ("86400", 3600.0), ("soon", None)):
        backend.http_status, backend.retry_after = 429, said
        with pytest.raises(NotConnected) as caught:
            await dial(http, address)
        assert caught.value.pause_s == pause_s


async def test_the_password_proves_the_identity(
    backend: Backend, http: ClientSession
) -> None:
    """Basic authentication, in UTF-8, as the identity; another password is refused."""
    backend.identities = {IDENTITY: PASSWORD}
    address = Address(url=backend.url, identity=IDENTITY, password=PASSWORD)
    assert await probe(lambda: dial(http, address), BOOT) is None
    wrong = replace(address, password=f"{PASSWORD}2")
    assert await probe(lambda: dial(http, wrong), BOOT) is Failure.PASSWORD
    nobody = replace(address, identity="CP2")
    assert await probe(lambda: dial(http, nobody), BOOT) is Failure.IDENTITY
    assert PASSWORD not in repr(address)


@pytest.mark.parametrize(
    ("boot_status", "failure"),
    [("Pending", Failure.PENDING), ("Rejected", Failure.REJECTED), ("Accepted", None)],
)
async def test_a_test_of_the_connection_boots(
    backend: Backend, http: ClientSession, boot_status: str, failure: Failure | None
) -> None:
    """The test ends with what the backend thinks of the charge point."""
    backend.boot_status = boot_status
    address = Address(url=f"{backend.url}/", identity=IDENTITY)
    assert await probe(lambda: dial(http, address), BOOT) is failure
    assert backend.paths == ["/cpo/ocpp/CP%201%C3%A4"]


@pytest.mark.parametrize(
    "url", ["", "http://127.0.0.1/x", "ws://", "127.0.0.1:80", "ws://[::1"]
)
async def test_what_is_no_address_is_told(http: ClientSession, url: str) -> None:
    """Nothing is dialled that is no WebSocket's address."""
    address = Address(url=url, identity=IDENTITY)
    assert await probe(lambda: dial(http, address), BOOT) is Failure.ADDRESS


async def test_nobody_listens(backend: Backend, http: ClientSession) -> None:
    """A closed port is unreachable; another subprotocol is another version."""
    address = Address(url=backend.url, identity=IDENTITY)
    backend.protocols = ("ocpp2.0.1",)
    assert await probe(lambda: dial(http, address), BOOT) is Failure.VERSION
    await backend.stop()
    assert await probe(lambda: dial(http, address), BOOT) is Failure.UNREACHABLE


async def test_a_query_is_kept(http: ClientSession) -> None:
    """The identity goes to the end of the path, before a query."""
    address = Address(url="wss://host.example:444/a/b/?key=1%2F2", identity="A?B")
    assert str(address.address) == "wss://host.example:444/a/b/A%3FB?key=1%2F2"


def _server(path: Path, ca: Path | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    if ca is not None:
        context.load_verify_locations(ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


async def test_certificates_are_verified_both_ways(
    http: ClientSession, tmp_path: Path
) -> None:
    """Security profiles 2 and 3: its authority must be known, and ours is shown."""
    ours, theirs = TestAuthority(tmp_path, "Ours"), TestAuthority(tmp_path, "Theirs")
    shown, _ = theirs.issue("backend", ip="127.0.0.1")
    mine, _ = ours.issue("CP1")

    async def outcome(tls: ssl.SSLContext | None, ca: Path | None = None) -> Any:
        backend = Backend(_server(shown, ca))
        await backend.start()
        try:
            address = Address(url=backend.url, identity="CP1", tls=tls)
            return await probe(lambda: dial(http, address), BOOT)
        finally:
            await backend.stop()

    trusting = ssl.create_default_context(cafile=theirs.path)
    # As private authorities are: without the extensions that Python insists on.
    trusting.verify_flags &= ~ssl.VERIFY_X509_STRICT
    assert await outcome(None) is Failure.UNTRUSTED
    assert await outcome(ssl.create_default_context(cafile=ours.path)) is (
        Failure.UNTRUSTED
    )
    assert await outcome(trusting) is None
    assert await outcome(trusting, ours.path) is not None
    trusting.load_cert_chain(mine)
    assert await outcome(trusting, ours.path) is None
