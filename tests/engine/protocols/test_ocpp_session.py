"""Questions both ways over one connection."""

import asyncio
from typing import Any

import aiohttp
from ocpp_wallbox import Desk, Doors, dialling, serving, settled
import pytest

from custom_components.meters_and_chargers.engine.model import (
    BadAnswer,
    Refused,
    Silent,
    Unreachable,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp import (
    Call,
    CallError,
    Link,
    Manners,
    Payload,
    Session,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp import (
    session as sessions,
)


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(socket_enabled: None) -> None:
    """Start no Home Assistant; these need sockets alone."""


@pytest.fixture
def expected_logs() -> list[str]:
    """Bad frames are logged; big messages are slow where asyncio debugs."""
    return ["sent a frame that can't be used", "Executing <"]


def link_of(doors: Doors) -> Link:
    """Return the open link."""
    assert doors.desk.link is not None
    return doors.desk.link


async def test_both_ask_at_once() -> None:
    """Questions cross on the wire and find their answers."""
    doors = Doors()
    async with serving(doors) as server, dialling(server) as wallbox:
        asked = asyncio.create_task(link_of(doors).call("Reset", {"type": "Soft"}))
        await wallbox.say([2, "mine", "Heartbeat", {}])
        heard = [await wallbox.hear(), await wallbox.hear()]
        (question,) = [frame for frame in heard if frame[0] == 2]
        (answer,) = [frame for frame in heard if frame[0] == 3]
        assert answer[1] == "mine"
        assert question[2:] == ["Reset", {"type": "Soft"}]
        assert len(question[1]) == 36
        await wallbox.say([3, question[1], {"status": "Accepted"}])
        assert await asked == {"status": "Accepted"}
        assert (link_of(doors).charger_id, link_of(doors).peer) == ("CP1", "127.0.0.1")


async def test_calls_go_out_one_at_a_time_in_order() -> None:
    """The next question leaves when the one before is answered."""
    doors = Doors()
    async with serving(doors) as server, dialling(server) as wallbox:
        asked = [
            asyncio.create_task(link_of(doors).call(action, {})) for action in "abc"
        ]
        for action in "abc":
            question = await wallbox.hear()
            assert question[2] == action
            # An answer to a question of ours comes first if more were in flight.
            assert (await wallbox.ask())[1] == "ask"
            await wallbox.say([3, question[1], {"to": action}])
        assert await asyncio.gather(*asked) == [{"to": action} for action in "abc"]


async def test_a_handler_may_ask_the_wallbox() -> None:
    """Answers are read while a call is being handled."""

    async def ask_back(link: Link, call: Call) -> Payload:
        return await link.call("GetConfiguration", {})

    doors = Doors()
    doors.desk = Desk(ask_back)
    async with serving(doors) as server, dialling(server) as wallbox:
        await wallbox.say([2, "boot", "BootNotification", {}])
        question = await wallbox.hear()
        await wallbox.say([3, question[1], {"deep": 1}])
        assert await wallbox.hear() == [3, "boot", {"deep": 1}]


async def test_calls_are_handled_in_order() -> None:
    """A slow one holds back the next, which is not lost; None answers nothing."""
    gate = asyncio.Event()

    async def slow(link: Link, call: Call) -> Payload | None:
        await gate.wait()
        return {} if call.action != "silent" else None

    doors = Doors()
    doors.desk = Desk(slow)
    async with serving(doors) as server, dialling(server) as wallbox:
        for action in ("a", "silent", "b"):
            await wallbox.say([2, action, action, {}])
        await settled(lambda: doors.desk.calls)
        assert len(doors.desk.calls) == 1
        gate.set()
        assert [(await wallbox.hear())[1] for _ in range(2)] == ["a", "b"]
        assert doors.desk.calls[1].raw == '[2, "silent", "silent", {}]'


async def test_time_out_and_late_answer() -> None:
    """A late answer is not taken for the next one's; it is dropped and counted."""
    doors = Doors()
    async with serving(doors, timeout_s=0.05) as server, dialling(server) as wallbox:
        with pytest.raises(Silent):
            await link_of(doors).call("Reset", {})
        late = await wallbox.hear()
        server.treat("CP1", Manners(timeout_s=60))
        asked = asyncio.create_task(link_of(doors).call("GetConfiguration", {}))
        question = await wallbox.hear()
        await wallbox.say([3, late[1], {"late": True}])
        await wallbox.say([3, question[1], {"late": False}])
        assert await asked == {"late": False}
        await wallbox.say([3, question[1], {"twice": True}])
        assert (await wallbox.ask())[0] == 3
        assert server.trace("CP1").unasked == 2


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        ('[3,"{}",[]]', BadAnswer, "no object"),
        ('[3,"{}"]', BadAnswer, "without a payload"),
        ('[3,"{}",{{"a":}}]', BadAnswer, "not JSON"),
        ('[4,"{}","NotSupported","sorry",{{}}]', CallError, "NotSupported: sorry"),
        ('[4,"{}"]', CallError, "^GenericError$"),
    ],
)
async def test_answers_that_are_none(
    answer: str, error: type[Exception], text: str
) -> None:
    """Who asked hears at once what went wrong."""
    doors = Doors()
    async with serving(doors) as server, dialling(server) as wallbox:
        asked = asyncio.create_task(link_of(doors).call("Reset", {}))
        await wallbox.say(answer.format((await wallbox.hear())[1]))
        with pytest.raises(error, match=text):
            await asked


@pytest.mark.parametrize("by_wallbox", [True, False])
async def test_close_while_calls_wait(by_wallbox: bool) -> None:  # noqa: FBT001 - a table's column
    """The one in flight and those behind it fail, and so does a new one."""
    doors = Doors()
    async with serving(doors) as server, dialling(server) as wallbox:
        link = link_of(doors)
        asked = [asyncio.create_task(link.call("Reset", {})) for _ in range(3)]
        await wallbox.hear()
        if by_wallbox:
            await wallbox.socket.close()
        else:
            closing = asyncio.create_task(link.close())
            assert (
                await wallbox.socket.receive()
            ).data == aiohttp.WSCloseCode.GOING_AWAY
            await closing
        for task in asked:
            with pytest.raises(Unreachable):
                await task
        with pytest.raises(Unreachable):
            await link.call("Reset", {})
        assert doors.desk.events == ["opened CP1", "closed CP1"]
        assert not server.links
        await link.close()


async def test_a_cancelled_call_leaves_the_next_alone() -> None:
    """Nobody waits for its answer any more."""
    doors = Doors()
    async with serving(doors) as server, dialling(server) as wallbox:
        given_up = asyncio.create_task(link_of(doors).call("Reset", {}))
        first = await wallbox.hear()
        given_up.cancel()
        asked = asyncio.create_task(link_of(doors).call("Reset", {}))
        second = await wallbox.hear()
        await wallbox.say([3, first[1], {"n": 1}])
        await wallbox.say([3, second[1], {"n": 2}])
        assert await asked == {"n": 2}


async def test_a_repeated_frame_is_handled_once() -> None:
    """The same frame gets the same answer; the same id alone proves nothing."""
    count = 0

    async def start(link: Link, call: Call) -> Payload:
        nonlocal count
        count += 1
        return {"transactionId": count}

    doors = Doors()
    doors.desk = Desk(start)
    async with serving(doors) as server, dialling(server) as wallbox:
        first = await wallbox.ask("StartTransaction", "7")
        assert await wallbox.ask("StartTransaction", "7") == first
        assert (await wallbox.ask("StopTransaction", "7"))[2] == {"transactionId": 2}
        for number in range(10):
            await wallbox.ask("StartTransaction", f"n{number}")
        # Not remembered for ever.
        assert (await wallbox.ask("StopTransaction", "7"))[2] == {"transactionId": 13}


async def test_a_refused_call_may_be_repeated() -> None:
    """A device's failure is an InternalError, and asking again asks again."""
    failures: list[Exception] = [Refused("full"), CallError("SecurityError", "who?")]

    async def fail(link: Link, call: Call) -> Payload:
        if failures:
            raise failures.pop(0)
        return {}

    doors = Doors()
    doors.desk = Desk(fail)
    async with serving(doors) as server, dialling(server) as wallbox:
        assert await wallbox.ask() == [4, "ask", "InternalError", "", {}]
        assert await wallbox.ask() == [4, "ask", "SecurityError", "who?", {}]
        assert await wallbox.ask() == [3, "ask", {}]


async def test_a_defect_ends_its_own_session(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged with a traceback, and the other wallboxes go on."""

    async def defect(link: Link, call: Call) -> Payload:
        if link.charger_id == "CP1":
            raise ZeroDivisionError
        return {}

    doors = Doors()
    doors.desk = Desk(defect)
    async with (
        serving(doors) as server,
        dialling(server) as wallbox,
        dialling(server, "CP2") as other,
    ):
        await wallbox.say([2, "1", "Heartbeat", {}])
        await wallbox.say([2, "2", "Heartbeat", {}])
        message = await wallbox.socket.receive()
        assert message.data == aiohttp.WSCloseCode.INTERNAL_ERROR
        assert await other.ask() == [3, "ask", {}]
        assert list(server.links) == ["CP2"]
        assert len(doors.desk.calls) == 2
        async with dialling(server) as again:
            assert not again.socket.closed
    (logged,) = [record for record in caplog.records if record.exc_info]
    assert logged.exc_info is not None
    assert logged.exc_info[0] is ZeroDivisionError


async def test_too_many_calls_at_once() -> None:
    """A flood is refused call by call; an answer still comes through."""

    async def ask_back(link: Link, call: Call) -> Payload:
        return await link.call("Reset", {}) if call.action == "first" else {}

    doors = Doors()
    doors.desk = Desk(ask_back)
    async with serving(doors) as server, dialling(server) as wallbox:
        await wallbox.say([2, "0", "first", {}])
        question = await wallbox.hear()
        for number in range(1, sessions.MAX_WAITING + 3):
            await wallbox.say([2, f"{number}", "more", {}])
        refused = [await wallbox.hear() for _ in range(2)]
        assert [answer[2] for answer in refused] == ["GenericError"] * 2
        await wallbox.say([3, question[1], {}])
        answered = [(await wallbox.hear())[1] for _ in range(sessions.MAX_WAITING + 1)]
        assert answered == [f"{number}" for number in range(sessions.MAX_WAITING + 1)]


@pytest.mark.parametrize("patient", [True, False])
async def test_a_connection_ends_while_a_call_is_handled(
    patient: bool,  # noqa: FBT001 - a table's column
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The handler may finish, but not for ever; its answer is dropped."""
    monkeypatch.setattr(sessions, "GRACE_S", 1.0 if patient else 0.01)
    gate, ends = asyncio.Event(), []

    async def commit(link: Link, call: Call) -> Payload:
        try:
            await gate.wait()
            ends.append("finished")
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise
        return {}

    doors = Doors()
    doors.desk = Desk(commit)
    async with serving(doors) as server:
        async with dialling(server) as wallbox:
            await wallbox.say([2, "0", "StartTransaction", {}])
            await settled(lambda: doors.desk.calls)
        await settled(lambda: not server.links)
        if patient:
            gate.set()
        await settled(lambda: ends)
    assert ends == ["finished" if patient else "cancelled"]


async def test_a_line_that_breaks_while_sending() -> None:
    """The call fails as any other on a closed connection."""
    doors = Doors()
    async with serving(doors) as server, dialling(server) as wallbox:
        link = link_of(doors)
        big: Any = {"data": "x" * 20_000_000}
        asked = asyncio.create_task(link.call("DataTransfer", big))
        await asyncio.sleep(0)
        response = wallbox.socket._response
        assert response.connection is not None
        assert response.connection.transport is not None
        response.connection.transport.abort()
        with pytest.raises(Unreachable):
            await asked


async def test_the_other_end_may_use_a_session_too() -> None:
    """A session serves a client's socket just as well."""
    doors, desk = Doors(), Desk()
    async with serving(doors) as server, dialling(server) as wallbox:
        session = Session(wallbox.socket, "house", "here", desk)
        running = asyncio.create_task(session.run())
        assert "currentTime" in await session.call("Heartbeat", {})
        with pytest.raises(CallError, match="NotImplemented"):
            await link_of(doors).call("Reset", {})
        await session.close()
        await running
    assert desk.events == ["opened house", "closed house"]


async def test_an_answer_that_waits() -> None:
    """It is held back as long as the wallbox needs; others are asked meanwhile."""
    doors = Doors()
    async with serving(doors) as server, dialling(server) as wallbox:
        server.treat("CP1", Manners(reply_delay_s=0.05))
        assert (await wallbox.ask())[1] == "ask"
        server.treat("CP1", Manners(reply_delay_s=600))
        await wallbox.say([2, "slow", "Heartbeat", {}])
        await settled(lambda: len(doors.desk.calls) == 2)
        asking = asyncio.create_task(link_of(doors).call("Reset", {}))
        _, message_id, *_ = await wallbox.hear()
        await wallbox.say([3, message_id, {}])
        assert await asking == {}
        assert server.trace("CP1").sent == 2


async def test_manners_of_an_open_connection() -> None:
    """They change without a new connection: first it is not pinged, then it is."""
    async with (
        serving(Doors(), ping_s=None) as server,
        dialling(server, autoping=False) as wallbox,
    ):
        await settled(lambda: server.links)
        # Half of it is the time that the wallbox has for an answer.
        server.treat("CP1", Manners(ping_s=2.0, timeout_s=0.05))
        assert (await wallbox.socket.receive()).type is aiohttp.WSMsgType.PING
        server.treat("CP1", Manners(ping_s=None, timeout_s=0.05))
        with pytest.raises(Silent):
            await server.links["CP1"].call("Reset", {})
        server.treat("CP1", Manners(ping_s=None))
        assert "CP1" in server.links
