"""A wallbox that talks nonsense gets its answer, and nobody else notices."""

import asyncio
from contextlib import suppress
import json
from typing import Any

import aiohttp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ocpp_wallbox import Doors, dialling, knock, serving
import pytest

from custom_components.meters_and_chargers.engine.protocols.ocpp import CallError

DEEP = "[" * 10_000 + "]" * 10_000


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(socket_enabled: None) -> None:
    """Start no Home Assistant; these need sockets alone."""


@pytest.fixture
def expected_logs() -> list[str]:
    """Bad frames are logged; big messages are slow where asyncio debugs."""
    return ["CP1 sent a frame that can't be used", "Executing <"]


FORMATION = "FormationViolation"


@pytest.mark.parametrize(
    ("text", "code", "message_id"),
    [
        pytest.param("not JSON", None, "", id="no JSON"),
        pytest.param('{"a":1}', None, "", id="no array"),
        pytest.param("[]", None, "", id="empty array"),
        pytest.param("[2]", None, "", id="type alone"),
        pytest.param('["2","1","Heartbeat",{}]', None, "", id="type is text"),
        pytest.param('[2,"1",["Heartbeat"],{}]', FORMATION, "1", id="action is a list"),
        pytest.param('[2,"1",{"a":1},{}]', FORMATION, "1", id="action is an object"),
        pytest.param('[2,"1","Heartbeat"]', FORMATION, "1", id="no payload"),
        pytest.param('[2,"1","Heartbeat",7]', FORMATION, "1", id="payload is a number"),
        pytest.param('[2,"1","Heartbeat",{}', FORMATION, "1", id="cut off"),
        pytest.param(f'[2,"1","X",{DEEP}]', FORMATION, "1", id="deep"),
        pytest.param(DEEP, None, "", id="nothing but deep"),
        pytest.param(
            f'[2,"1","X",{{"a":{"7" * 5000}}}]', FORMATION, "1", id="5,000 digits"
        ),
        pytest.param('[2,"1","X",{"a":NaN}]', FORMATION, "1", id="NaN"),
        pytest.param('[2,"1","NoSuchAction",{}]', "NotImplemented", "1", id="unknown"),
        pytest.param('[2,"1","",{}]', "NotImplemented", "1", id="empty action"),
        pytest.param(
            f'[2,"{"i" * 300}","Heartbeat",{{}}]', None, "", id="id of 300 characters"
        ),
        pytest.param('[2,17,"Heartbeat",{}]', None, "", id="numeric id"),
        pytest.param('[2,null,"Heartbeat",{}]', None, "", id="no id"),
        pytest.param('[9,"1","Heartbeat",{}]', None, "", id="unknown message type"),
        pytest.param('[3,"1",{}]', None, "", id="answer to nothing"),
        pytest.param('[3,"1"]', None, "", id="answer without payload"),
        pytest.param('[4,"1"]', None, "", id="refusal of nothing"),
        pytest.param('[4,"1",{},[],7]', None, "", id="refusal of wrong types"),
        pytest.param(b"\x00\xff", None, "", id="binary"),
        pytest.param(b'[2,"1","Heartbeat",{}]', None, "", id="frame as binary"),
    ],
)
async def test_bad_frame(text: str | bytes, code: str | None, message_id: str) -> None:
    """It is answered or dropped as defined, and everything else goes on."""
    async with (
        serving(Doors()) as server,
        dialling(server) as wallbox,
        dialling(server, "CP2") as other,
    ):
        if isinstance(text, bytes):
            await wallbox.socket.send_bytes(text)
        else:
            await wallbox.say(text)
        if code is not None:
            answer = await wallbox.hear()
            assert answer[:3] == [4, message_id, code]
            assert len(answer) == 5
        assert (await wallbox.ask())[:2] == [3, "ask"]
        assert (await other.ask())[:2] == [3, "ask"]


@pytest.mark.parametrize("message_id", ["a/b/c", "", "ä \u2603", "i" * 37, "i" * 255])
async def test_unusual_ids_come_back_as_they_are(message_id: str) -> None:
    """An id is the wallbox's own business."""
    async with serving(Doors()) as server, dialling(server) as wallbox:
        assert (await wallbox.ask(message_id=message_id))[:2] == [3, message_id]


@pytest.mark.parametrize("compress", [0, 15])
async def test_too_long(compress: int, caplog: pytest.LogCaptureFixture) -> None:
    """2 MB, compressed or not, end the connection with 1009 and no other."""
    async with (
        serving(Doors()) as server,
        dialling(server, "CP2") as other,
        dialling(server, compress=compress) as wallbox,
    ):
        # What is still on its way when the connection closes may make the other
        # end's system report a reset instead.
        with suppress(ConnectionError):
            await wallbox.say([2, "1", "DataTransfer", {"data": "x" * 2_000_000}])
        message = await wallbox.socket.receive()
        assert message.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
        if compress:
            assert message.data == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
        assert (await other.ask())[:2] == [3, "ask"]
        async with dialling(server) as again:
            assert (await again.ask())[:2] == [3, "ask"]
    assert caplog.text.count("WebSocket error 1009") == 1
    assert "Error handling request" not in caplog.text


async def test_text_that_is_no_text(caplog: pytest.LogCaptureFixture) -> None:
    """Bytes that are not UTF-8 in a text frame end the connection with 1007."""
    async with serving(Doors()) as server:
        _, reader, writer = await knock(
            server, "/CP1", "Sec-WebSocket-Protocol: ocpp1.6"
        )
        writer.write(b"\x81\x82\0\0\0\0\xff\xff")
        assert (await reader.read())[2:4] == (1007).to_bytes(2)
        writer.close()
    assert caplog.text.count("WebSocket error 1007") == 1


async def test_only_the_first_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The others are counted, also those of a connection that it dials afterwards."""
    async with serving(Doors()) as server:
        for _ in range(2):
            async with dialling(server) as wallbox:
                for _ in range(5):
                    await wallbox.say("nonsense")
                await wallbox.ask()
        assert server.trace("CP1").malformed == 10
    assert caplog.text.count("can't be used") == 1
    assert "nonsense" not in caplog.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda part: st.lists(part) | st.dictionaries(st.text(), part),
    max_leaves=10,
)
FRAME_LIKE = st.tuples(st.sampled_from([2, 3, 4, 5]), st.text() | JSON, JSON, JSON)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(JSON | FRAME_LIKE | st.text(), max_size=5))
async def test_random_json_never_ends_the_session(messages: list[Any]) -> None:
    """Whatever was sent, the next sound call is answered."""
    async with serving(Doors()) as server, dialling(server) as wallbox:
        for message in messages:
            await wallbox.say(message)
        await wallbox.say(json.dumps([2, "the last", "Heartbeat", {}]))
        while (answer := await wallbox.hear())[1] != "the last":
            assert answer[0] == 4
        assert answer[0] == 3


@pytest.mark.parametrize(
    ("text", "code", "message_id"),
    [
        ("not JSON", "RpcFrameworkError", "-1"),
        ("[2]", "RpcFrameworkError", "-1"),
        ('[2,17,"Heartbeat",{}]', "RpcFrameworkError", "-1"),
        ('[2,"1","Heartbeat",{}', "FormatViolation", "1"),
        ('[2,"1",["Heartbeat"],{}]', "FormatViolation", "1"),
        ('[9,"1","Heartbeat",{}]', "MessageTypeNotSupported", "1"),
        ("[9]", "MessageTypeNotSupported", "-1"),
        ('[6,"1","NotifyPeriodicEventStream",{}]', None, ""),
        ('[3,"1"]', None, ""),
    ],
)
async def test_one_bad_frame_of_version_2(
    text: str, code: str | None, message_id: str
) -> None:
    """It is told in the words of its version that it wasn't understood."""
    async with (
        serving(Doors()) as server,
        dialling(server, protocol="ocpp2.0.1") as wallbox,
    ):
        await wallbox.say(text)
        if code is not None:
            refusal = await wallbox.hear()
            assert refusal[:3] == [4, message_id, code]
        assert (await wallbox.ask())[:2] == [3, "ask"]


async def test_a_wallbox_that_cannot_read_our_call() -> None:
    """Whoever waits for its answer is told at once, though the refusal has no id."""
    doors = Doors()
    async with (
        serving(doors) as server,
        dialling(server, protocol="ocpp2.0.1") as wallbox,
    ):
        await wallbox.ask()
        assert doors.desk.link is not None
        asked = asyncio.create_task(doors.desk.link.call("Reset", {"type": "OnIdle"}))
        await wallbox.hear()
        await wallbox.say([4, "-1", "RpcFrameworkError", "", {}])
        with pytest.raises(CallError, match="RpcFrameworkError"):
            await asked
