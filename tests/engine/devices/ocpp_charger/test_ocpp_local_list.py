"""The copy of the cards in a wallbox: whole, in parts, what changed, and not at all."""

from collections.abc import AsyncIterator, Callable
import logging
from typing import Any

from ocpp_fakes import Clock, Wallbox, Wallbox2, idle
import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    Card,
    Gate,
    OcppCharger,
    Policy,
    Rules,
    Token,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp import Call, CallError

ANNA = Token(tag="AA", label="Anna", parent="Family")
BEN = Token(tag="BB", label="Ben", blocked=True)
CARL = Token(tag="CC", label="Carl")


class Kept:
    """The list of a wallbox, as the standard has it."""

    def __init__(self, version: int = 0) -> None:
        """Begin with an empty list."""
        self.version = version
        self.cards: dict[str, Any] = {}
        self.kinds: list[str] = []
        self.failures: list[Any] = []

    def take(self, payload: Any) -> dict[str, str]:
        """Take a SendLocalList."""
        self.kinds.append(payload["updateType"])
        if self.failures:
            failure = self.failures.pop(0)
            if isinstance(failure, Exception):
                raise failure
            return {"status": failure}
        if payload["updateType"] == "Full":
            self.cards = {}
        elif payload["listVersion"] <= self.version:
            return {"status": "VersionMismatch"}
        self.version = payload["listVersion"]
        for entry in payload.get("localAuthorizationList", ()):
            if "idTagInfo" in entry:
                self.cards[entry["idTag"]] = entry["idTagInfo"]
            else:
                del self.cards[entry["idTag"]]
        return {"status": "Accepted"}


@pytest.fixture
def gate() -> Gate:
    """Return a gate with two cards which wallboxes keep."""
    gate = Gate()
    gate.take(Rules(tokens=(ANNA, BEN), lists=True))
    return gate


@pytest.fixture
async def keeper(
    gate: Gate, new_charger: Callable[..., OcppCharger], clock: Clock
) -> AsyncIterator[Wallbox]:
    """Return a wallbox behind that gate."""
    charger = new_charger(gate=gate)
    await charger.load()
    yield Wallbox(charger, clock)
    await charger.close()


async def connect(wallbox: Wallbox, kept: Kept, **keys: str) -> None:
    """Connect a wallbox that keeps this list."""
    link = wallbox.connect()
    settings = {"SupportedFeatureProfiles": "Core, LocalAuthListManagement", **keys}
    listed = [
        {"key": key, "value": value, "readonly": False}
        for key, value in settings.items()
    ]
    link.reply("GetConfiguration", {"configurationKey": listed})

    async def version() -> Any:
        return {"listVersion": kept.version}

    async def take() -> Any:
        return kept.take(link.sent("SendLocalList")[-1])

    link.reply("GetLocalListVersion", *[version] * 20)
    link.reply("SendLocalList", *[take] * 20)
    await wallbox.boots()
    wallbox.clock.advance(1)
    await idle(wallbox.charger)


async def test_list_is_sent_once(keeper: Wallbox) -> None:
    """Each card with what it may; nothing is sent again after a reconnect."""
    kept = Kept()
    await connect(keeper, kept)
    assert kept.cards == {
        "AA": {"status": "Accepted", "parentIdTag": "Family"},
        "BB": {"status": "Blocked"},
    }
    await connect(keeper, kept)
    assert kept.kinds == ["Full"]


async def test_list_is_known_again_after_a_restart(
    keeper: Wallbox, gate: Gate, new_charger: Callable[..., OcppCharger], clock: Clock
) -> None:
    """By its version alone; another one that was sent since is replaced."""
    kept = Kept(version=7)
    await connect(keeper, kept)
    again = Wallbox(new_charger(gate=gate), clock)
    await connect(again, kept)
    assert kept.kinds == ["Full"]
    await again.charger.close()
    gate.take(Rules(tokens=(CARL,), lists=True))
    other = Wallbox(new_charger(gate=gate), clock)
    before = kept.version
    await connect(other, kept)
    assert set(kept.cards) == {"CC"}
    assert kept.version > before
    await other.charger.close()


async def test_change_is_sent_alone(keeper: Wallbox, gate: Gate) -> None:
    """A new card, a changed one and a removed one, at once and without the others."""
    kept = Kept()
    await connect(keeper, kept)
    gate.take(Rules(tokens=(ANNA, CARL), lists=True))
    await idle(keeper.charger)
    assert kept.kinds == ["Full", "Differential"]
    assert set(kept.cards) == {"AA", "CC"}
    sent = keeper.link.sent("SendLocalList")[-1]
    assert sent["localAuthorizationList"] == [
        {"idTag": "CC", "idTagInfo": {"status": "Accepted"}},
        {"idTag": "BB"},
    ]


async def test_change_that_does_not_fit_is_followed_by_all(
    keeper: Wallbox, gate: Gate
) -> None:
    """A wallbox that knows another version gets the whole list."""
    kept = Kept()
    await connect(keeper, kept)
    kept.failures = ["VersionMismatch"]
    gate.take(Rules(tokens=(ANNA, CARL), lists=True))
    await idle(keeper.charger)
    assert kept.kinds == ["Full", "Differential", "Full"]
    assert set(kept.cards) == {"AA", "CC"}


async def test_parts_and_room(
    keeper: Wallbox, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    """As many at once as it takes, no more than it has room for, blocked ones last."""
    many = tuple(Token(tag=f"T{number}", label="") for number in range(6))
    gate.take(Rules(tokens=(BEN, *many, Token(tag="x" * 21, label="")), lists=True))
    kept = Kept()
    await connect(keeper, kept, SendLocalListMaxLength="2", LocalAuthListMaxLength="5")
    assert sorted(kept.cards) == ["T0", "T1", "T2", "T3", "T4"]
    assert kept.kinds == ["Full", "Differential", "Differential"]
    assert "room for 5 of 7 cards" in caplog.text
    await connect(keeper, kept, LocalAuthListMaxLength="5")
    assert len(kept.kinds) == 3


async def test_longer_cards_of_ocpp_2(
    gate: Gate, new_charger: Callable[..., OcppCharger], clock: Clock
) -> None:
    """They are left out for a wallbox of 1.6 alone."""
    long = Token(tag="y" * 36, label="")
    gate.take(Rules(tokens=(long, Token(tag="z" * 37, label="")), lists=True))
    charger = new_charger(gate=gate)
    await charger.load()
    link = Wallbox2(charger, clock).connect()
    listed = {
        "component": {"name": "LocalAuthListCtrlr"},
        "variable": {"name": "Enabled"},
        "variableAttribute": [{"value": "true"}],
    }

    async def report() -> dict[str, str]:
        payload = {
            "requestId": link.sent("GetBaseReport")[-1]["requestId"],
            "generatedAt": clock.ago(0),
            "seqNo": 0,
            "reportData": [listed],
        }
        await charger.called(link, Call("NotifyReport", payload, ""))
        return {"status": "Accepted"}

    link.reply("GetBaseReport", report)
    link.reply("GetLocalListVersion", {"versionNumber": 0})
    clock.advance(5)
    await idle(charger)
    (sent,) = link.sent("SendLocalList")
    (entry,) = sent["localAuthorizationList"]
    assert entry["idToken"]["idToken"] == long.tag
    await charger.close()


async def test_part_that_fails_is_sent_again(
    keeper: Wallbox, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Later, and said once; an error's words, which may hold a card, are not said."""
    caplog.set_level(logging.INFO)
    kept = Kept()
    kept.failures = ["Failed", CallError("InternalError", "card AA")]
    await connect(keeper, kept)
    assert not kept.cards
    for pause_s in (61, 301):
        clock.advance(pause_s)
        await idle(keeper.charger)
    assert len(kept.cards) == 2
    assert caplog.text.count("could not be set: SendLocalList: failed") == 1
    assert "card AA" not in caplog.text


async def test_disabled_list_is_enabled(keeper: Wallbox) -> None:
    """A list that is kept and not looked at would be of no use."""
    await connect(keeper, Kept(), LocalAuthListEnabled="False")
    assert keeper.link.sent("ChangeConfiguration") == [
        {"key": "LocalAuthListEnabled", "value": "true"}
    ]


async def test_no_list_without_the_choice(keeper: Wallbox, gate: Gate) -> None:
    """Never asked for: nothing is asked. Taken back: the wallbox forgets the cards."""
    kept = Kept()
    gate.take(Rules(tokens=(ANNA,)))
    await connect(keeper, kept)
    assert not keeper.link.sent("GetLocalListVersion")
    gate.take(Rules(tokens=(ANNA,), lists=True))
    await idle(keeper.charger)
    assert set(kept.cards) == {"AA"}
    gate.take(Rules(tokens=(ANNA,), lists=False))
    await idle(keeper.charger)
    assert not kept.cards


async def test_refused_setting_does_not_hold_the_list_up(
    keeper: Wallbox, gate: Gate, clock: Clock
) -> None:
    """A key that can only be read; it is tried three times more, then at a boot."""
    gate.take(Rules(tokens=(ANNA,), lists=True, policy=Policy.KNOWN))
    kept = Kept()
    link = keeper.connect()
    link.reply("ChangeConfiguration", *[{"status": "Rejected"}] * 10)
    keeper.connect = lambda: link  # type: ignore[method-assign]  # the same once more
    await connect(keeper, kept, AuthorizeRemoteTxRequests="true")
    assert set(kept.cards) == {"AA"}
    for _ in range(6):
        clock.advance(2000)
        await idle(keeper.charger)
    assert len(link.sent("ChangeConfiguration")) == 4
    assert kept.kinds == ["Full"]


async def test_list_that_was_switched_off_is_no_fault(
    keeper: Wallbox, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    """A wallbox that never kept one has nothing to forget."""
    gate.take(Rules(tokens=(ANNA,), lists=False))
    await connect(keeper, Kept(), SupportedFeatureProfiles="Core")
    assert not keeper.link.sent("GetLocalListVersion")
    assert not caplog.text


async def test_wallbox_without_lists(
    keeper: Wallbox, caplog: pytest.LogCaptureFixture
) -> None:
    """It is not asked, which is said once; also one that says -1 gets nothing."""
    kept = Kept()
    await connect(keeper, kept, SupportedFeatureProfiles="Core")
    assert not keeper.link.sent("GetLocalListVersion")
    kept.version = -1
    await connect(keeper, kept)
    assert not keeper.link.sent("SendLocalList")
    assert caplog.text.count("it keeps no list") == 1


async def test_list_given_by_hand_has_one_owner(keeper: Wallbox, gate: Gate) -> None:
    """Ours replaces it; while ours was only switched off, it stays."""
    kept = Kept()
    gate.take(Rules(tokens=(ANNA,), lists=False))
    await connect(keeper, kept)
    assert await keeper.charger.give_cards([Card(id_tag="ZZ")]) == 1
    await connect(keeper, kept)
    assert set(kept.cards) == {"ZZ"}
    gate.take(Rules(tokens=(ANNA,), lists=True))
    await idle(keeper.charger)
    assert set(kept.cards) == {"AA"}
    gate.take(Rules(tokens=(ANNA,), lists=False))
    await idle(keeper.charger)
    assert not kept.cards
    ours = kept.version
    assert await keeper.charger.give_cards([Card(id_tag="YY")]) < ours
    await connect(keeper, kept)
    assert set(kept.cards) == {"YY"}
