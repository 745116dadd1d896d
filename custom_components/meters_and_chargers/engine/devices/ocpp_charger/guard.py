"""Whether a wallbox has proved who it is: the security profile it is held to.

Profiles of the OCPP 1.6 security whitepaper ([SEC] A00): 0 nothing (unofficial),
1 a password, 2 a password over TLS, 3 a client certificate over TLS. The profile which
a wallbox has once proved is the least from then on; only its owner lowers it.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
import hashlib
import hmac
import secrets
from typing import Any, Self

from ...protocols.ocpp.types import Shown, Unauthorised
from .waiting import is_local

PASSWORD, ENCRYPTED, CERTIFICATE = 1, 2, 3
"""The profiles above 0."""

WRONG_PASSWORD = "its password or its user name is wrong"  # noqa: S105 - a reason
_HEX_CHARACTERS = 40
_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Password:
    """A password that can be recognised, but not read."""

    salt: str
    digests: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """Take a password as its owner types it.

        One of 40 hexadecimal digits may come as they are or as the 20 bytes for which
        they stand: an AuthorizationKey is sent as bytes, what is typed into a
        wallbox's page often as text.
        """
        salt = secrets.token_hex(_SALT_BYTES)
        forms = [text.encode()]
        if len(text) == _HEX_CHARACTERS:
            with suppress(ValueError):
                forms.append(bytes.fromhex(text))
        return cls(salt, tuple(_digest(salt, form) for form in forms))

    def fits(self, *given: bytes) -> bool:
        """Say whether one of what came is it, in a time that tells nothing."""
        found = [_digest(self.salt, raw) for raw in given]
        # All of them: the first that fits must not end it.
        fits = [hmac.compare_digest(a, b) for a in found for b in self.digests]
        return any(fits)


@dataclass(frozen=True, slots=True)
class Issued:
    """A client certificate that we have made for a wallbox."""

    serial: str
    name: str
    ends: str
    """ISO date and time."""


@dataclass(frozen=True, slots=True)
class Security:
    """What a wallbox is held to, and by what it can prove itself; the newest is last.

    Of two passwords the older one holds until the newer was used.
    """

    profile: int = 0
    passwords: tuple[Password, ...] = ()
    certificates: tuple[Issued, ...] = ()

    @classmethod
    def by_password(cls, text: str) -> Self:
        """Return what a wallbox is held to that was given a password to begin with."""
        return cls(PASSWORD, (Password.of(text),))

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Return what `as_data` has made; empty data are profile 0."""
        return cls(
            int(data.get("profile", 0)),
            tuple(
                Password(one["salt"], tuple(one["digests"]))
                for one in data.get("passwords", ())
            ),
            tuple(Issued(**one) for one in data.get("certificates", ())),
        )

    def as_data(self) -> dict[str, Any]:
        """Return it for JSON; nothing in it can be used to connect."""
        return {
            "profile": self.profile,
            "passwords": [
                {"salt": one.salt, "digests": list(one.digests)}
                for one in self.passwords
            ],
            "certificates": [
                {"serial": one.serial, "name": one.name, "ends": one.ends}
                for one in self.certificates
            ],
        }


@dataclass(frozen=True, slots=True)
class Rejection:
    """Somebody with a wallbox's name who was not let in."""

    peer: str
    wrong_passwords: int
    """How many have come one after the other; 0 where it was something else."""


class Guard:
    """Stands before one wallbox."""

    def __init__(self) -> None:
        """Hold it to nothing yet."""
        self.security = Security()
        self.on_change: Callable[[Security], None] | None = None
        """Hears of what has to be remembered."""
        self.on_answer: Callable[[Rejection | None], None] | None = None
        """Hears of each refusal, and with None of an admission."""
        self.proved: int | None = None
        """The profile of the newest connection."""
        self.address = ""
        """What the wallbox has dialled for it; empty if unknown."""
        self.awaits_request = False
        """Whether it was just told to ask for a certificate."""
        self._refusals: set[str] = set()
        self._wrong_passwords = 0
        """Both since it was let in last."""

    def admit(self, peer: str, shown: Shown) -> None:
        """Let it in, or raise `Unauthorised`; a higher profile is kept."""
        try:
            proved = self._proved(shown)
            self._compare(proved, peer, shown)
        except Unauthorised as err:
            wrong = err.reason is WRONG_PASSWORD
            self._wrong_passwords = self._wrong_passwords + 1 if wrong else 0
            if self.on_answer is not None:
                self.on_answer(Rejection(peer, self._wrong_passwords))
            raise
        self.proved, self._wrong_passwords = proved, 0
        self._refusals.clear()
        self.address = "" if shown.forwarded else shown.address
        if self.on_answer is not None:
            self.on_answer(None)

    def is_news(self, reason: str) -> bool:
        """Say once of each reason of a refusal that it is new, until it is let in."""
        known = reason in self._refusals
        self._refusals.add(reason)
        return not known

    @property
    def may_request(self) -> bool:
        """Whether it may have a certificate: when it was told to, or shows one."""
        return self.awaits_request or self.proved == CERTIFICATE

    def add_password(self, text: str) -> None:
        """Take one more password; those before hold until it is used."""
        kept = _in_use_and_newest(self.security.passwords)
        self._change(replace(self.security, passwords=(*kept, Password.of(text))))

    def add_certificate(self, issued: Issued) -> None:
        """Take one more certificate; those before hold until it is used."""
        kept = _in_use_and_newest(self.security.certificates)
        self._change(replace(self.security, certificates=(*kept, issued)))

    def hold_to(self, profile: int) -> None:
        """Hold it to a profile, also a lower one: its owner's word."""
        changed = replace(self.security, profile=profile)
        if not profile:
            changed = Security()
        self._change(changed)

    def _proved(self, shown: Shown) -> int:
        """Return the profile of what it shows, and remember what proved it."""
        security = self.security
        found = shown.certificate
        for number, one in enumerate(security.certificates):
            if found is not None and (one.serial, one.name) == (
                found.serial,
                found.name,
            ):
                self._raise_to(CERTIFICATE, certificates=security.certificates[number:])
                return CERTIFICATE
        if shown.password is not None:
            given = (shown.password, *shown.others)
            fitting = [one.fits(*given) for one in security.passwords]
            if any(fitting):
                profile = ENCRYPTED if shown.encrypted else PASSWORD
                if profile >= security.profile:
                    newer = security.passwords[fitting.index(True) :]
                    self._raise_to(profile, passwords=newer)
                return profile
        if security.profile and shown.password is not None:
            raise Unauthorised(WRONG_PASSWORD)
        if security.profile and found is not None:
            raise Unauthorised("its certificate is not one that was made for it")
        return 0

    def _compare(self, proved: int, peer: str, shown: Shown) -> None:
        needed = self.security.profile
        if needed > proved:
            if needed == CERTIFICATE:
                raise Unauthorised("it shows no certificate")
            if needed == ENCRYPTED and not shown.encrypted:
                raise Unauthorised("it does not encrypt")
            raise Unauthorised("it gives no password")
        if not proved and (shown.forwarded or not is_local(peer)):
            raise Unauthorised("from outside it needs a password")

    def _raise_to(self, profile: int, **kept: Any) -> None:
        profile = max(profile, self.security.profile)
        changed = replace(self.security, profile=profile, **kept)
        if changed != self.security:
            self._change(changed)

    def _change(self, security: Security) -> None:
        self.security = security
        if self.on_change is not None:
            self.on_change(security)


def _in_use_and_newest[T](known: tuple[T, ...]) -> tuple[T, ...]:
    """Leave out attempts between: what was used last is the first."""
    return tuple(dict.fromkeys((*known[:1], *known[-1:])))


def _digest(salt: str, raw: bytes) -> str:
    # Fast on purpose: it is asked before anybody has proved anything, and the
    # password is at least 16 characters long.
    return hmac.new(salt.encode(), raw, hashlib.sha256).hexdigest()
