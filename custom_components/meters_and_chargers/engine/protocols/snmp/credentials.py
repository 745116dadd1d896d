"""As whom an agent is asked; nothing of it ever shows in a text."""

from dataclasses import dataclass, field
from enum import StrEnum


class Auth(StrEnum):
    """How SNMPv3 proves who asks; the names are those of the gateway's pages."""

    NONE = "none"
    MD5 = "md5"
    SHA1 = "sha1"


class Privacy(StrEnum):
    """How SNMPv3 encrypts; AES with 128 bits, as RFC 3826 has it."""

    NONE = "none"
    DES = "des"
    AES128 = "aes128"


@dataclass(frozen=True, slots=True)
class Community:
    """SNMP v1 or v2c: a word in plain text, its case matters."""

    name: str = field(repr=False)
    v1: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """SNMP v3: a user with one passphrase for both proof and encryption.

    Raises ValueError for encryption without proof, which the standard does not know,
    and for a passphrase below its 8 characters.
    """

    name: str = field(repr=False)
    password: str = field(default="", repr=False)
    auth: Auth = Auth.SHA1
    privacy: Privacy = Privacy.AES128

    def __post_init__(self) -> None:
        """Refuse what no agent could take."""
        if self.auth is Auth.NONE:
            if self.privacy is not Privacy.NONE:
                raise ValueError("privacy without authentication")
        elif len(self.password) < 8:  # noqa: PLR2004 - RFC 3414, 11.2
            raise ValueError("a passphrase of less than 8 characters")


type Credentials = Community | User
