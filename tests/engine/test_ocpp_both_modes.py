"""Signed values and terminals' data through both modes: byte by byte, over sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from enum import StrEnum
import json
import logging
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import ClientSession, ClientWebSocketResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
import pytest

from custom_components.meters_and_chargers.engine.billing import (
    BilledWallbox,
    RelayedWallbox,
)
from custom_components.meters_and_chargers.engine.gateway.relay import Relay
from custom_components.meters_and_chargers.engine.gateway.virtual import VirtualPoint
from custom_components.meters_and_chargers.engine.protocols.ocpp import Version
from custom_components.meters_and_chargers.engine.protocols.ocpp.client import (
    Backend as Address,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp.client import dial
from tests.ocpp_here import CARD, IDENTITY, NAME, known_here
from tests.raw_ocpp import RawBackend, RawWallbox, until

BACKENDS = 900_001
OCMF = (
    r'"OCMF|{\"FV\":\"1.0\",\"GI\":\"Ma\u00dfwerk\",\"RD\":[{\"TM\":'
    r"\"2026-06-01T12:00:00,000+0000 S\",\"RV\":1.100,\"RI\":\"1-b:1.8.0\","
    r'\"RU\":\"kWh\"}]}|{\"SA\":\"ECDSA-secp256k1-SHA256\",\"SD\":\"3045\/AA==\"}"'
)


class Mode(StrEnum):
    """How a wallbox is shown to its backend."""

    VIRTUAL = "virtual"
    RELAY = "relay"


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(socket_enabled: None) -> None:
    """Start no Home Assistant here."""


class Street:
    """A raw wallbox and a raw backend, and us between them."""

    def __init__(self, wallbox: RawWallbox, backend: RawBackend) -> None:
        """Hold both ends."""
        self.wallbox, self.backend = wallbox, backend
        self._calls = 0

    async def ask(self, action: str, payload: str) -> str:
        """Let the wallbox call, and return what it is answered."""
        self._calls += 1
        number = f"c{self._calls}"
        await self.wallbox.say(f'[2,"{number}","{action}",{payload}]')
        answers = self._answers
        await until(lambda: any(number == found[1] for found in answers()))
        [text] = [one[0] for one in answers() if one[1] == number]
        return text

    def _answers(self) -> list[tuple[str, str]]:
        return [
            (text, json.loads(text)[1])
            for text in self.wallbox.took
            if text.startswith("[3")
        ]

    def payloads(self, action: str) -> list[str]:
        """Return the payloads of the calls of an action, as the backend got them."""
        head = f'"{action}",'
        return [
            text.partition(head)[2][:-1]
            for text in self.backend.took
            if head in text[:80]
        ]


def _answer(text: str) -> str | None:
    kind, number, *rest = json.loads(text)
    if kind != 2:
        return None
    found: dict[str, object] = {}
    match rest[0]:
        case "BootNotification" | "Heartbeat":
            found = {
                "status": "Accepted",
                "currentTime": "2026-06-01T12:00:00Z",
                "interval": 300,
            }
        case "StartTransaction":
            found = {
                "transactionId": BACKENDS,
                "idTagInfo": {"status": "Accepted"},
            }
        case "DataTransfer":
            found = {"status": "Accepted", "data": rest[1].get("data")}
        case "RemoteStartTransaction":
            found = {"status": "Accepted"}
    return json.dumps([3, number, found])


@asynccontextmanager
async def a_street(mode: Mode, folder: Path) -> AsyncIterator[Street]:
    """Return both ends of a wallbox at a backend in one of the modes."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(ClientSession())
        backend = RawBackend("ocpp1.6")
        backend.answer = _answer
        await backend.start()
        stack.push_async_callback(backend.stop)
        here = await known_here(stack, folder)
        address = Address(url=backend.url, identity=IDENTITY)

        async def by(_: Version) -> ClientWebSocketResponse:
            return await dial(http, address)

        wallbox = RawWallbox(http, f"{here.url}/{NAME}", "ocpp1.6")
        if mode is Mode.RELAY:
            relayed = RelayedWallbox(here.charger, here.journal)
            await relayed.load()
            relayed.join()
            stack.push_async_callback(relayed.leave)
            relay = Relay(NAME, relayed, by, pauses_s=(0.02, 0.08))
            stack.push_async_callback(relay.close)
            await here.central.lead(NAME, relay)
        else:
            billed = BilledWallbox(here.charger)
            point = VirtualPoint(
                NAME,
                here.journal,
                billed,
                lambda: dial(http, address),
                pauses_s=(0.02, 0.08),
                again_s=0.02,
            )
            await point.load()
            billed.join(point)
            point.start()
            stack.push_async_callback(point.close)
            stack.callback(billed.leave)
            await until(lambda: point.uplink.line.connected)
        await wallbox.dial()
        stack.push_async_callback(wallbox.hang_up)
        yield Street(wallbox, backend)


async def _begin(street: Street) -> int:
    """Let a transaction begin; returns the number that the wallbox has for it."""
    await street.ask(
        "BootNotification", '{"chargePointVendor":"M","chargePointModel":"X"}'
    )
    answer = await street.ask(
        "StartTransaction",
        f'{{"connectorId":1,"idTag":"{CARD}","meterStart":0,'
        '"timestamp":"2026-06-01T12:00:00Z"}',
    )
    number = json.loads(answer)[2]["transactionId"]
    assert isinstance(number, int)
    return number


def _values(number: int, value: str) -> str:
    return (
        f'{{"transactionId": {number},  "connectorId":1,"meterValue":[{{"timestamp":'
        '"2026-06-01T12:00:00.10Z","sampledValue":[{"format":"SignedData",\t"context":'
        f'"Transaction.Begin","value":{value},"unit":"Wh"}}]}}]\r\n}}'
    )


@pytest.mark.parametrize("mode", Mode)
async def test_signed_values_and_data_arrive_letter_by_letter(
    mode: Mode, tmp_path: Path
) -> None:
    """In mode A with another number of the transaction, in mode B with nothing else."""
    async with a_street(mode, tmp_path) as street:
        number = await _begin(street)
        await street.ask("MeterValues", _values(number, OCMF))
        paid = '{ "vendorId":"giro-e","messageId":"4711","data":"{\\"eur\\":1.10}" }'
        answer = await street.ask("DataTransfer", paid)
        end = (
            f'{{"meterStop":1100 ,"transactionId":{number},"timestamp":'
            '"2026-06-01T13:00:00Z","transactionData":[{"timestamp":'
            f'"2026-06-01T13:00:00Z","sampledValue":[{{"value":{OCMF},"format":'
            '"SignedData","context":"Transaction.End"}]}]}'
        )
        await street.ask("StopTransaction", end)
        await until(lambda: street.payloads("StopTransaction"))
        assert (number == BACKENDS) == (mode is Mode.RELAY)
        [values] = street.payloads("MeterValues")
        assert values == _values(BACKENDS, OCMF)
        [data] = street.payloads("DataTransfer")
        assert data == paid
        [stop] = street.payloads("StopTransaction")
        assert stop == end.replace(f":{number},", f":{BACKENDS},")
        assert json.loads(answer)[2] == {"status": "Accepted", "data": '{"eur":1.10}'}


@pytest.mark.parametrize("mode", Mode)
async def test_what_the_wallbox_says_of_its_security_arrives(
    mode: Mode, tmp_path: Path
) -> None:
    """In mode A it waits in the queue as well; the text is the wallbox's own."""
    async with a_street(mode, tmp_path) as street:
        await _begin(street)
        event = (
            '{ "type":"InvalidCentralSystemCertificate",'
            '"timestamp":"2026-06-01T12:00:00.1Z", "techInfo":"\u00e4"}'
        )
        assert json.loads(await street.ask("SecurityEventNotification", event))[2] == {}
        await until(lambda: street.payloads("SecurityEventNotification"))
        assert street.payloads("SecurityEventNotification") == [event]


@pytest.mark.parametrize("mode", Mode)
async def test_no_card_and_nothing_signed_is_ever_logged(
    mode: Mode, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even where all is logged that can be: cards, signed values, payments."""
    caplog.set_level(logging.DEBUG)
    async with a_street(mode, tmp_path) as street:
        street.wallbox.answer = _answer
        number = await _begin(street)
        await street.ask("Authorize", f'{{"idTag":"{CARD}"}}')
        await street.ask("MeterValues", _values(number, OCMF))
        await street.ask("DataTransfer", '{"vendorId":"giro-e","data":"PAN 67034200"}')
        end = (
            f'{{"meterStop":1100,"transactionId":{number},"idTag":"{CARD}",'
            '"timestamp":"2026-06-01T13:00:00Z"}'
        )
        await street.ask("StopTransaction", end)
        await street.backend.send(
            f'[2,"b1","RemoteStartTransaction",{{"idTag":"{CARD}","connectorId":1}}]'
        )
        await until(lambda: street.payloads("StopTransaction"))
        asked = '"RemoteStartTransaction"'
        await until(lambda: any(asked in text for text in street.wallbox.took))
        await street.backend.stop()
        await until(lambda: any("no backend" in one for one in _ours(caplog)))
        if mode is Mode.VIRTUAL:
            await street.ask("Authorize", '{"idTag":"04DDEEFF"}')
            assert any("not asked for" in one for one in _ours(caplog))
    for secret in (CARD, "04DDEEFF", "OCMF", "3045", "67034200"):
        assert not any(secret.lower() in one.lower() for one in _ours(caplog))


def _ours(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the product has logged."""
    return [
        record.getMessage() + (record.exc_text or "")
        for record in caplog.records
        if record.name.startswith("custom_components")
    ]


_BLANKS = st.text(" \t\r\n", max_size=3)
_SPELT = st.sampled_from(
    ["0", "-0", "1.10", "1e2", "1E+2", "0.1e-1", "1.000", "123456789012345678901"]
)
_SIGNS = st.sampled_from(
    [
        *(
            "a",
            "Z",
            "0",
            " ",
            "|",
            "ä",
            "€",
            "😀",
            "/",
            "'",
            "\x7f",
            "[",
            "}",
            ",",
            ":",
        ),
        *(r"\u00e4", r"\u00E4", r"\ud83d\ude00", r"\/", r"\"", r"\\", r"\n", r"\t"),
    ]
)
_TEXTS = st.lists(_SIGNS, max_size=12).map(lambda signs: f'"{"".join(signs)}"')


def _within(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return lists and objects in any spelling."""

    def spelt(bracket: str) -> Callable[[list[tuple[str, str]]], str]:
        def joined(parts: list[tuple[str, str]]) -> str:
            inside = ",".join(f"{blank}{part}{blank}" for blank, part in parts)
            return f"{bracket[0]}{inside}{bracket[1]}"

        return joined

    item = st.tuples(_BLANKS, inner)
    field = st.tuples(_BLANKS, st.builds("{}:{}".format, _TEXTS, inner))
    return st.lists(item, max_size=3).map(spelt("[]")) | st.lists(
        field, max_size=3
    ).map(spelt("{}"))


_JSON = st.recursive(
    _SPELT | _TEXTS | st.sampled_from(["true", "false", "null"]),
    _within,
    max_leaves=8,
)


@pytest.mark.parametrize("mode", Mode)
@given(texts=st.lists(st.tuples(_TEXTS, _JSON, _BLANKS), min_size=3, max_size=6))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_json_passes_as_it_is_spelt(
    mode: Mode, texts: list[tuple[str, str, str]]
) -> None:
    """Escapes, spellings of numbers and blanks of values and data are never touched."""

    async def live() -> None:
        with TemporaryDirectory() as folder:
            async with a_street(mode, Path(folder)) as street:
                number = await _begin(street)
                sent, paid = [], []
                for index, (value, other, blank) in enumerate(texts):
                    values = _values(number, value)[:-1]
                    values += f'{blank},{blank}"more{index}"{blank}:{other}}}'
                    await street.ask("MeterValues", values)
                    sent.append(values.replace(f": {number},", f": {BACKENDS},", 1))
                    paid.append(f'{{{blank}"vendorId":{value},"data":{other}{blank}}}')
                    await street.ask("DataTransfer", paid[-1])
                await until(lambda: len(street.payloads("MeterValues")) == len(sent))
                assert street.payloads("MeterValues") == sent
                assert street.payloads("DataTransfer") == paid

    asyncio.run(live())
