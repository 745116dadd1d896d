"""Who is let in: profiles that only rise, passwords, certificates, places."""

import json

import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    Guard,
    Issued,
    Rejection,
    Security,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp import (
    Certificate,
    Shown,
    Unauthorised,
)

HOME, AWAY = "192.168.1.20", "8.8.8.8"
OLD, NEW = "an old password!", "0123456789abcdef0123456789abcdef01234567"
PLAIN = Shown()
ISSUED = Issued("0A", "GARAGE", "2028-01-01T00:00:00+00:00")
CERTIFIED = Shown(encrypted=True, certificate=Certificate("GARAGE", "0A"))


def gives(password: str | bytes, *, encrypted: bool = False) -> Shown:
    """Show a password."""
    raw = password.encode() if isinstance(password, str) else password
    return Shown(encrypted=encrypted, password=raw)


def refused(guard: Guard, shown: Shown, peer: str = HOME) -> str:
    """Return why somebody is not let in."""
    with pytest.raises(Unauthorised) as err:
        guard.admit(peer, shown)
    return err.value.reason


@pytest.fixture
def guard() -> Guard:
    """Return who guards a wallbox that has proved nothing yet."""
    return Guard()


def test_nothing_is_enough_at_home(guard: Guard) -> None:
    """Profile 0: any from the house itself, nobody else and nobody in between."""
    guard.admit(HOME, PLAIN)
    guard.admit(HOME, gives("whatever"))
    guard.admit(HOME, Shown(encrypted=True, certificate=Certificate("X", "01")))
    assert guard.proved == 0
    assert "outside" in refused(guard, PLAIN, AWAY)
    assert "outside" in refused(guard, Shown(forwarded=True))


def test_the_profile_only_rises(guard: Guard) -> None:
    """What was proved once is the least from then on, and every step is told."""
    told: list[Security] = []
    guard.on_change = told.append
    guard.add_password(NEW)
    guard.admit(HOME, PLAIN)
    guard.admit(AWAY, gives(NEW))
    assert guard.proved == 1
    assert refused(guard, PLAIN) == "it gives no password"
    assert "wrong" in refused(guard, gives(OLD))
    guard.admit(HOME, gives(bytes.fromhex(NEW), encrypted=True))
    assert refused(guard, gives(NEW)) == "it does not encrypt"
    assert refused(guard, Shown(encrypted=True)) == "it gives no password"
    guard.add_certificate(ISSUED)
    guard.admit(HOME, CERTIFIED)
    assert refused(guard, gives(NEW, encrypted=True)) == "it shows no certificate"
    assert [one.profile for one in told] == [0, 1, 2, 2, 3]


def test_its_owner_may_lower_it(guard: Guard) -> None:
    """Down to nothing, where all that proved something is forgotten."""
    guard.add_password(OLD)
    guard.admit(HOME, gives(OLD, encrypted=True))
    guard.hold_to(1)
    guard.admit(HOME, gives(OLD))
    guard.hold_to(0)
    assert guard.security == Security()
    guard.admit(HOME, gives(OLD))
    assert guard.security.profile == 0


def test_the_old_password_holds_until_the_new_one_is_used(guard: Guard) -> None:
    """A change that the wallbox has not taken locks nobody out."""
    guard.add_password(OLD)
    guard.admit(HOME, gives(OLD))
    for attempt in ("never arrived...", "never arrived either", NEW):
        guard.add_password(attempt)
    assert "wrong" in refused(guard, gives("never arrived..."))
    guard.admit(HOME, gives(OLD))
    guard.admit(HOME, gives(NEW))
    assert "wrong" in refused(guard, gives(OLD))
    assert len(guard.security.passwords) == 1


@pytest.mark.parametrize("given", [(OLD, "x"), ("x", OLD), ("x", "y", OLD)])
def test_a_password_by_any_name_that_fits(guard: Guard, given: tuple[str, ...]) -> None:
    """Where one name begins like another, each reading of the header is tried."""
    guard.add_password(OLD)
    guard.hold_to(1)
    first, *others = (one.encode() for one in given)
    guard.admit(AWAY, Shown(password=first, others=tuple(others)))
    assert guard.proved == 1
    wrong = Shown(password=b"x", others=(b"y", b""))
    assert "wrong" in refused(guard, wrong)
    assert OLD not in repr(Shown(password=b"x", others=(OLD.encode(),)))


@pytest.mark.parametrize(
    "found", [Certificate("GARAGE", "0B"), Certificate("OTHER", "0A")]
)
def test_certificates_are_one_wallboxs(guard: Guard, found: Certificate) -> None:
    """Another serial number or name is refused, though our authority signed it."""
    guard.add_certificate(ISSUED)
    guard.admit(HOME, CERTIFIED)
    reason = refused(guard, Shown(encrypted=True, certificate=found))
    assert reason == "its certificate is not one that was made for it"


def test_a_renewed_certificate(guard: Guard) -> None:
    """Both hold until the newer is shown."""
    newer = Issued("0C", "GARAGE", "2030-01-01T00:00:00+00:00")
    guard.add_certificate(ISSUED)
    guard.add_certificate(newer)
    guard.admit(HOME, CERTIFIED)
    guard.admit(HOME, Shown(encrypted=True, certificate=Certificate("GARAGE", "0C")))
    assert guard.security.certificates == (newer,)
    assert "not one" in refused(guard, CERTIFIED)


def test_what_is_kept_is_no_password(guard: Guard) -> None:
    """As JSON and back it still recognises, and reveals nothing."""
    guard.add_password(NEW)
    guard.add_certificate(ISSUED)
    guard.admit(HOME, gives(NEW))
    kept = json.dumps(guard.security.as_data())
    assert NEW not in kept
    other = Guard()
    other.security = Security.of(json.loads(kept))
    assert other.security == guard.security
    other.admit(HOME, gives(NEW))


def test_answers_are_told(guard: Guard) -> None:
    """A refusal with who it was and how many passwords were wrong; an admission."""
    told: list[Rejection | None] = []
    guard.on_answer = told.append
    guard.add_password(OLD)
    guard.admit(HOME, gives(OLD))
    refused(guard, PLAIN)
    guard.admit(HOME, gives(OLD))
    for _ in range(2):
        refused(guard, gives(NEW))
    refused(guard, PLAIN)
    refused(guard, gives(NEW), AWAY)
    guard.admit(HOME, gives(OLD))
    refused(guard, gives(NEW))
    assert told == [
        None,
        Rejection(HOME, 0),
        None,
        Rejection(HOME, 1),
        Rejection(HOME, 2),
        Rejection(HOME, 0),
        Rejection(AWAY, 1),
        None,
        Rejection(HOME, 1),
    ]
