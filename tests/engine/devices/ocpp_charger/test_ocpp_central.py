"""Who may connect, who waits, and how a waiting one is accepted."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from ocpp_fakes import Clock, FakeLink, rest
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    Central,
    Knock,
    OcppCharger,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger.waiting import (
    is_local,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp import (
    Call,
    CallError,
    Handler,
    Shown,
    Unauthorised,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp.strict import check

HOME = "192.168.1.20"
BOOT = Call(
    "BootNotification",
    {
        "chargePointVendor": "Maker",
        "chargePointModel": "Box",
        "chargePointSerialNumber": "SN1",
    },
    "",
)


class FakeServer:
    """Keeps connections and moves them as the server does."""

    def __init__(self, clock: Clock) -> None:
        """Start with a gate and no connection."""
        self.knocks: list[Knock] = []
        self.central = Central(
            self.knocks.append, now=clock.now, call_later=clock.call_later
        )
        self.central.move = self.move
        self.open: dict[str, tuple[FakeLink, Handler]] = {}

    def dial(self, charger_id: str, peer: str = HOME) -> FakeLink | None:
        """Let a wallbox connect; None when it is refused."""
        handler = self.central.admit(charger_id, peer)
        return handler and self.finish(charger_id, peer, handler)

    def finish(self, charger_id: str, peer: str, handler: Handler) -> FakeLink:
        """Finish the handshake of one that was admitted."""
        link = FakeLink(charger_id, peer)
        self.open[charger_id] = link, handler
        handler.opened(link)
        return link

    def drop(self, charger_id: str) -> None:
        """Let a connection end."""
        link, handler = self.open.pop(charger_id)
        handler.closed(link)

    def move(self, charger_id: str, handler: Handler) -> bool:
        """Hand a connection over."""
        if charger_id not in self.open:
            return False
        link, before = self.open[charger_id]
        self.open[charger_id] = link, handler
        before.closed(link)
        handler.opened(link)
        return True

    async def call(self, charger_id: str, call: Call) -> Any:
        """Let a wallbox say something."""
        link, handler = self.open[charger_id]
        answer = await handler.called(link, call)
        if answer is not None:
            check(call.action, answer, answer=True)
        return answer


@pytest.fixture
async def server(clock: Clock) -> AsyncIterator[FakeServer]:
    """Return a server that knows nobody."""
    server = FakeServer(clock)
    yield server
    await server.central.close()


@pytest.mark.parametrize(
    ("peer", "local"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("10.1.2.3", True),
        ("172.16.0.1", True),
        ("172.32.0.1", False),
        ("192.168.7.7", True),
        ("::ffff:192.168.7.7", True),
        ("::ffff:8.8.8.8", False),
        ("169.254.1.1", True),
        ("fe80::1%eth0", True),
        ("fd00::1", True),
        ("100.64.0.1", False),
        ("8.8.8.8", False),
        ("2001:db8::1", False),
        ("", False),
        ("somewhere", False),
    ],
)
def test_local_addresses(peer: str, *, local: bool) -> None:
    """Only this machine and private networks are local."""
    assert is_local(peer) is local


async def test_a_new_wallbox(server: FakeServer, clock: Clock) -> None:
    """Its boot is pending and tells who it is; nothing else is answered."""
    assert server.dial("NEW")
    assert await server.call("NEW", Call("Heartbeat", {}, "")) is None
    assert await server.call("NEW", BOOT) == {
        "status": "Pending",
        "currentTime": "2026-06-01T12:00:00Z",
        "interval": 30,
    }
    knock = Knock(
        charger_id="NEW",
        peer=HOME,
        maker="Maker",
        model="Box",
        serial="SN1",
        first_seen=clock.now(),
    )
    assert server.knocks == [knock]
    assert server.central.knocks == (knock,)
    clock.advance(60)
    assert server.knocks == [knock]


async def test_one_that_does_not_say_who_it_is(
    server: FakeServer, clock: Clock
) -> None:
    """After 10 s its id is all there is."""
    server.dial("NEW")
    clock.advance(9)
    assert server.knocks == []
    clock.advance(2)
    (knock,) = server.knocks
    assert (knock.charger_id, knock.maker) == ("NEW", "")


async def test_one_that_comes_again(server: FakeServer) -> None:
    """Its attempts are counted; who is not connected does not wait."""
    server.dial("NEW")
    link, handler = server.open["NEW"]
    server.drop("NEW")
    assert server.central.knocks == ()
    handler.closed(link)
    server.dial("NEW", "192.168.1.21")
    (knock,) = server.central.knocks
    assert (knock.attempts, knock.peer) == (2, "192.168.1.21")
    assert await handler.called(link, BOOT) is None


@pytest.mark.parametrize("peer", ["8.8.8.8", "", "100.64.0.1"])
async def test_strangers(server: FakeServer, peer: str) -> None:
    """From elsewhere nobody waits."""
    assert server.dial("NEW", peer) is None


async def test_a_listener_with_credentials(
    clock: Clock, new_charger: Callable[..., OcppCharger]
) -> None:
    """A new one is refused and shown, once a minute; ten of them at most."""
    knocks: list[Knock] = []
    central = Central(
        knocks.append, has_credentials=True, now=clock.now, call_later=clock.call_later
    )
    for _ in range(3):
        with pytest.raises(Unauthorised):
            central.admit("NEW", HOME)
    assert [knock.charger_id for knock in knocks] == ["NEW"]
    assert central.knocks[0].attempts == 3
    clock.advance(61)
    with pytest.raises(Unauthorised):
        central.admit("NEW", HOME)
    assert len(knocks) == 2
    for number in range(9):
        with pytest.raises(Unauthorised):
            central.admit(f"NEW{number}", HOME)
    assert central.admit("ONE TOO MANY", HOME) is None
    assert central.admit("NEW", HOME, Shown(forwarded=True)) is None
    charger = new_charger("NEW")
    central.accept("NEW", charger)
    central.guard("NEW").add_password("sixteen letters!")
    central.guard("NEW").hold_to(1)
    with pytest.raises(Unauthorised):
        central.admit("NEW", HOME)
    shown = Shown(password=b"sixteen letters!")
    assert central.admit("NEW", HOME, shown) is charger
    await central.remove("NEW")
    with pytest.raises(Unauthorised, match="accepted"):
        central.admit("NEW", HOME, shown)
    await central.close()


async def test_who_is_refused_is_told_once(
    clock: Clock, new_charger: Callable[..., OcppCharger]
) -> None:
    """Once for each kind of refusal, however often it dials, until it is let in."""
    central = Central(lambda _: None, now=clock.now, call_later=clock.call_later)
    charger = new_charger("BOX")
    central.accept("BOX", charger)
    central.guard("BOX").add_password("sixteen letters!")
    central.guard("BOX").hold_to(1)
    told: list[Any] = []
    charger.subscribe(
        lambda change: told.extend(one.data["event"] for one in change.occurrences)
    )
    wrong = Shown(password=b"sixteen LETTERS!")
    for shown in (wrong, Shown(), wrong, Shown()):
        with pytest.raises(Unauthorised):
            central.admit("BOX", HOME, shown)
    assert told == ["password_failed", "door_refused"]
    assert central.admit("BOX", HOME, Shown(password=b"sixteen letters!")) is charger
    with pytest.raises(Unauthorised):
        central.admit("BOX", HOME, wrong)
    assert told[2:] == ["password_failed"]
    await central.close()


async def test_ten_may_wait(server: FakeServer) -> None:
    """The eleventh is refused until one has gone."""
    for number in range(10):
        assert server.dial(f"NEW{number}")
    assert server.dial("NEW10") is None
    assert server.dial("NEW3") is not None
    server.drop("NEW5")
    assert server.dial("NEW10") is not None
    assert server.dial("NEW5") is None


async def test_accepting_a_waiting_one(
    server: FakeServer, new_charger: Callable[..., OcppCharger]
) -> None:
    """Its connection is handed over, and it is asked to boot again."""
    link = server.dial("NEW")
    assert link is not None
    await server.call("NEW", BOOT)
    charger = new_charger("NEW")
    server.central.accept("NEW", charger)
    assert charger.online
    assert charger.identity.maker == "Maker"
    assert server.central.knocks == ()
    assert server.central.charger("NEW") is charger
    await rest()
    assert link.asked == [("TriggerMessage", {"requestedMessage": "BootNotification"})]
    assert (await server.call("NEW", BOOT))["status"] == "Accepted"
    assert server.central.admit("NEW", HOME) is charger


async def test_a_boot_that_cannot_be_asked_for(
    server: FakeServer, new_charger: Callable[..., OcppCharger]
) -> None:
    """It comes by itself after the interval."""
    link = server.dial("NEW")
    assert link is not None
    link.reply("TriggerMessage", CallError("NotImplemented"))
    server.central.accept("NEW", new_charger("NEW"))
    await rest()
    assert len(link.asked) == 1


async def test_accepting_one_that_is_away(
    server: FakeServer, new_charger: Callable[..., OcppCharger]
) -> None:
    """It is let in when it comes, and not asked for a boot."""
    charger = new_charger("KNOWN")
    server.central.accept("KNOWN", charger)
    link = server.dial("KNOWN")
    assert link is not None
    assert charger.online
    await rest()
    assert link.asked == []


async def test_replacing_a_charger(
    server: FakeServer, new_charger: Callable[..., OcppCharger]
) -> None:
    """With new settings the connection stays open, and no boot is asked for."""
    before, after = new_charger("KNOWN"), new_charger("KNOWN")
    server.central.accept("KNOWN", before)
    link = server.dial("KNOWN")
    assert link is not None
    server.central.accept("KNOWN", after)
    await rest()
    assert (before.online, after.online) == (False, True)
    assert not link.closed
    assert link.asked == []


async def test_who_leads_keeps_its_connection(
    server: FakeServer, new_charger: Callable[..., OcppCharger]
) -> None:
    """Another charger below does not take it over; one that waited dials anew."""
    leader, after = new_charger("KNOWN"), new_charger("KNOWN")
    server.central.accept("KNOWN", new_charger("KNOWN"))
    await server.central.lead("KNOWN", leader)
    link = server.dial("KNOWN")
    assert link is not None
    server.central.accept("KNOWN", after)
    await rest()
    assert (leader.online, after.online, link.closed) == (True, False, False)
    waits, other = server.dial("NEW"), new_charger("NEW")
    assert waits is not None
    await server.central.lead("NEW", other)
    server.central.accept("NEW", new_charger("NEW"))
    await rest()
    assert waits.closed
    server.drop("NEW")
    server.dial("NEW")
    assert other.online


async def test_accepted_during_the_handshake(
    server: FakeServer, new_charger: Callable[..., OcppCharger]
) -> None:
    """It does not stay with who was to let it wait."""
    handler = server.central.admit("NEW", HOME)
    assert handler is not None
    charger = new_charger("NEW")
    server.central.accept("NEW", charger)
    server.finish("NEW", HOME, handler)
    assert charger.online
    assert server.central.knocks == ()


async def test_pushed_out_during_the_handshake(server: FakeServer) -> None:
    """One whose place was taken meanwhile is closed."""
    handlers = [server.central.admit(f"NEW{number}", HOME) for number in range(11)]
    assert handlers[0] is not None
    link = server.finish("NEW0", HOME, handlers[0])
    await rest()
    assert link.closed


async def test_removing_a_charger(
    server: FakeServer, new_charger: Callable[..., OcppCharger]
) -> None:
    """Its connection is closed, and it knocks like a new one."""
    await server.central.remove("KNOWN")
    server.central.accept("KNOWN", new_charger("KNOWN"))
    await server.central.remove("KNOWN")
    charger = new_charger("KNOWN")
    server.central.accept("KNOWN", charger)
    link = server.dial("KNOWN")
    assert link is not None
    await server.central.remove("KNOWN")
    assert link.closed
    assert server.central.charger("KNOWN") is None
    server.drop("KNOWN")
    server.dial("KNOWN")
    assert [knock.charger_id for knock in server.central.knocks] == ["KNOWN"]


async def test_closing(
    server: FakeServer, new_charger: Callable[..., OcppCharger], clock: Clock
) -> None:
    """After the close nobody is told anything."""
    charger = new_charger("KNOWN")
    server.central.accept("KNOWN", charger)
    server.dial("KNOWN")
    server.dial("NEW")
    server.central.accept("NEW", new_charger("NEW"))
    server.dial("OTHER")
    await server.central.close()
    clock.advance(60)
    assert server.knocks == []
    assert not charger.online
