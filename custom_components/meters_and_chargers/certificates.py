"""Certificates of encrypted connections: made, checked, and kept in files of our own.

Everything here blocks: it runs in the executor. The folder lies in Home Assistant's
storage; keys in it are readable by Home Assistant alone and appear nowhere else.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
import hashlib
import os
from pathlib import Path
import shutil
import ssl
import time
from uuid import uuid4

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

CERTIFICATE, KEY = "certificate.pem", "key.pem"
RSA_BITS = 2048
_VALID = timedelta(days=3650)
_KEPT_S = 24 * 3600
"""How long the pair of an abandoned set-up is kept: the owner may have accepted it."""
_NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, to which Python gives no name."""

type Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Kind(StrEnum):
    """How a pair's key is made."""

    RSA = "rsa"
    ECDSA = "ecdsa"


class Unusable(Exception):
    """A certificate and key that can't be used; ``key`` is that of the text."""

    def __init__(self, key: str) -> None:
        """Remember what is wrong."""
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Pair:
    """A client certificate and its key, as PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stored:
    """A pair in the folder: its id, what the device shows of it, when it ends."""

    id: str
    name: str
    fingerprint: str
    ends: datetime


def fingerprint(der: bytes) -> str:
    """Return a certificate's SHA-256 fingerprint as web pages show it."""
    return hashlib.sha256(der).digest().hex(":").upper()


def make(kind: Kind) -> Pair:
    """Make a self-signed pair that lasts ten years; RSA takes some tenths of a second.

    It has the extensions which `openssl req -x509` gives, the way the KSEM's manual
    names: older OpenSSL takes no other form for self-signed.
    """
    key = new_key(kind)
    public = key.public_key()
    name = x509.Name(
        [
            x509.NameAttribute(
                NameOID.COMMON_NAME, f"Home Assistant {uuid4().hex[:6].upper()}"
            )
        ]
    )
    # A day early: the clock of a meter may be slow.
    start = datetime.now(UTC) - timedelta(days=1)
    subject = x509.SubjectKeyIdentifier.from_public_key(public)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _VALID)
        .add_extension(subject, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return as_pair(certificate, key)


def new_key(kind: Kind, rsa_bits: int = RSA_BITS) -> Key:
    """Make a key; RSA takes some tenths of a second."""
    if kind is Kind.RSA:
        return rsa.generate_private_key(65537, rsa_bits)
    return ec.generate_private_key(ec.SECP256R1())


def as_pair(certificate: x509.Certificate, key: Key) -> Pair:
    """Return both as PEM."""
    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def check(pair: Pair) -> Pair:
    """Return an uploaded pair if it can be used; raises `Unusable`."""
    try:
        certificate = x509.load_pem_x509_certificate(pair.certificate)
    except ValueError as err:
        raise Unusable("tls_not_a_certificate") from err
    try:
        key = serialization.load_pem_private_key(pair.key, password=None)
    except TypeError as err:
        raise Unusable("tls_key_encrypted") from err
    except (ValueError, UnsupportedAlgorithm) as err:
        raise Unusable("tls_not_a_key") from err
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise Unusable("tls_key_kind")
    if certificate.public_key() != key.public_key():
        raise Unusable("tls_wrong_pair")
    now = datetime.now(UTC)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise Unusable("tls_expired")
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < RSA_BITS:
        raise Unusable("tls_key_short")
    return pair


def store(folder: Path, pair: Pair, pair_id: str | None = None) -> Stored:
    """Keep a pair in files which nobody else can read; one of that id is replaced."""
    pair_id = pair_id or uuid4().hex
    home = folder / pair_id
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.mkdir(mode=0o700, exist_ok=True)
    write(home / KEY, pair.key)
    write(home / CERTIFICATE, pair.certificate)
    return load(folder, pair_id)


def load(folder: Path, pair_id: str) -> Stored:
    """Look a kept pair up; raises `OSError` when it is gone."""
    certificate = x509.load_pem_x509_certificate(
        (folder / pair_id / CERTIFICATE).read_bytes()
    )
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return Stored(
        pair_id,
        str(names[0].value) if names else certificate.subject.rfc4514_string(),
        fingerprint(certificate.public_bytes(serialization.Encoding.DER)),
        certificate.not_valid_after_utc,
    )


def pin(folder: Path, pair_id: str, der: bytes) -> str:
    """Keep a device's own certificate beside a pair; return its fingerprint."""
    shown = fingerprint(der)
    write(_pinned(folder, pair_id, shown), ssl.DER_cert_to_PEM_cert(der).encode())
    return shown


def remove(folder: Path, pair_id: str) -> None:
    """Delete a pair and what was pinned with it."""
    shutil.rmtree(folder / pair_id, ignore_errors=True)


def prune(folder: Path, used: Collection[str | None]) -> None:
    """Delete pairs of set-ups that were abandoned more than a day ago."""
    with suppress(FileNotFoundError):
        for home in folder.iterdir():
            if home.name not in used and time.time() - home.stat().st_mtime > _KEPT_S:
                shutil.rmtree(home, ignore_errors=True)


def looking(folder: Path, pair_id: str | None) -> ssl.SSLContext:
    """Return a context that verifies nothing; for a look, never for values."""
    return _context(folder, pair_id)


def trusting(folder: Path, pair_id: str, pinned: str) -> ssl.SSLContext:
    """Return a context that trusts one certificate alone, whatever its name and date.

    The clock of the device may be wrong, its certificate long past its end: it is still
    the one which the owner trusts. Raises `OSError` when a file is gone.
    """
    context = _context(folder, pair_id)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(_pinned(folder, pair_id, pinned))
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    return context


def _context(folder: Path, pair_id: str | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if pair_id is not None:
        home = folder / pair_id
        context.load_cert_chain(home / CERTIFICATE, home / KEY)
    return context


def _pinned(folder: Path, pair_id: str, shown: str) -> Path:
    return folder / pair_id / f"device_{shown.replace(':', '')[:16].lower()}.pem"


def write(path: Path, content: bytes) -> None:
    """Write a file at once or not at all; never readable by others."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "wb") as file:
        file.write(content)
    draft.replace(path)
