"""Our own small certificate authority: for OCPP servers, and for wallboxes.

Everything here blocks: it runs in the executor. Keys lie in files that Home Assistant
alone can read. The root is an RSA one, which old wallboxes can verify as well; a server
has a certificate of either kind of key. Sources: [SEC] 5 and A02 (keys, subject),
RFC 5280 (extensions).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
import ssl
import threading
from uuid import uuid4

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from . import certificates
from .certificates import CERTIFICATE, KEY, RSA_BITS, Key, Kind, Unusable

_ROOT = "root"
_ROOT_BITS = 3072
_ROOT_VALID = timedelta(days=20 * 365)
_VALID = timedelta(days=2 * 365)
RENEW = timedelta(days=60)
"""How long before its end a certificate of ours is made anew."""
_DAY = timedelta(days=1)
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AES:!SHA1:!AESCCM"
"""Of TLS 1.2, those with forward secrecy: what Python adds depends on who built it."""
_STATIC_RSA = ":AES256-GCM-SHA384:AES128-GCM-SHA256"
"""Those without; they come last, and need an RSA certificate."""
_MAX_NAME_CHARACTERS = 64
_MAKING = threading.Lock()
"""Two servers that start at once make one root."""
_SHOWING = threading.Lock()
"""Two who look at once do not read a pair that is half written."""


@dataclass(frozen=True, slots=True)
class Served:
    """What a server shows: its context, when the first of its certificates ends."""

    context: ssl.SSLContext
    ends: datetime


@dataclass(frozen=True, slots=True)
class Signed:
    """A certificate for a wallbox; ``serial`` as Python shows that of a peer."""

    pem: str
    name: str
    serial: str
    ends: datetime


@dataclass(frozen=True, slots=True)
class Root:
    """The certificate which a wallbox has to trust."""

    pem: str
    name: str
    serial: str
    fingerprint: str
    ends: datetime


def root(folder: Path) -> Root:
    """Return the root's certificate; it is made at the first time."""
    certificate, _ = _loaded(folder)
    stored = certificates.load(folder, _ROOT)
    pem = (folder / _ROOT / CERTIFICATE).read_text()
    serial = f"{certificate.serial_number:X}"
    return Root(pem, stored.name, serial, stored.fingerprint, stored.ends)


def served(
    folder: Path,
    server: str,
    names: Iterable[str],
    own: str | None,
    *,
    old_ciphers: bool = False,
) -> Served:
    """Return what a server with these names and addresses shows.

    Ours are made anew when names have changed or their end is near; each ``server``
    has its own. ``own`` is a pair of the owner's, shown instead of ours.
    ``old_ciphers`` takes those as well that [SEC] asks for and that are no longer
    usual. Raises `OSError` when a file is gone.
    """
    with _SHOWING:
        return _served(folder, server, tuple(dict.fromkeys(names)), own, old_ciphers)


def forget(folder: Path, server: str) -> None:
    """Delete the certificates that we made for a server."""
    for home in _homes(server):
        certificates.remove(folder, home)


def _homes(server: str) -> list[str]:
    return [f"server_{server}_{kind}" for kind in Kind]


def _served(
    folder: Path,
    server: str,
    wanted: tuple[str, ...],
    own: str | None,
    old_ciphers: bool,  # noqa: FBT001 - as above
) -> Served:
    issuer, signing = _loaded(folder)
    if own is not None:
        homes = [own]
    else:
        homes = _homes(server)
        for kind, home in zip(Kind, homes, strict=True):
            _take_over(folder / f"server_{kind}", folder / home)
            _keep_fresh(folder, home, kind, wanted, issuer, signing)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS + _STATIC_RSA if old_ciphers else _CIPHERS)
    for home in homes:
        context.load_cert_chain(folder / home / CERTIFICATE, folder / home / KEY)
    context.load_verify_locations(folder / _ROOT / CERTIFICATE)
    context.verify_mode = ssl.CERT_OPTIONAL
    # A session that is taken up again would not show its certificate anew.
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION
    context.num_tickets = 0
    ends = min(certificates.load(folder, home).ends for home in homes)
    return Served(context, ends)


@dataclass(frozen=True, slots=True)
class Files:
    """A certificate of ours and its key, as files."""

    certificate: Path
    key: Path
    ends: datetime


def server_files(folder: Path, names: Iterable[str], home: str) -> Files:
    """Return what a server of another library shows; it has ``home`` to itself.

    Its key is an RSA one of 2048 bits. It is made anew as in `served`.
    """
    with _SHOWING:
        issuer, signing = _loaded(folder)
        wanted = tuple(dict.fromkeys(names))
        _keep_fresh(folder, home, Kind.RSA, wanted, issuer, signing)
        ends = certificates.load(folder, home).ends
    return Files(folder / home / CERTIFICATE, folder / home / KEY, ends)


def _keep_fresh(
    folder: Path,
    home: str,
    kind: Kind,
    wanted: tuple[str, ...],
    issuer: x509.Certificate,
    signing: Key,
) -> None:
    """Make a server's certificate anew where it does not hold."""
    if not _holds(folder / home / CERTIFICATE, wanted, issuer):
        key = certificates.new_key(kind)
        made = _server(wanted, key, issuer, signing)
        certificates.store(folder, certificates.as_pair(made, key), home)


def sign(folder: Path, request: str, fits: Callable[[str], bool]) -> Signed:
    """Sign what a wallbox asks for, if its name fits; raises `Unusable`."""
    try:
        asked = x509.load_pem_x509_csr(request.replace("\\n", "\n").encode())
        valid = asked.is_signature_valid
        key = asked.public_key()
    except (ValueError, InvalidSignature, UnsupportedAlgorithm) as err:
        raise Unusable("csr_unreadable") from err
    named = asked.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = str(named[0].value) if named else ""
    if not valid or not fits(name):
        raise Unusable("csr_wrong_name" if valid else "csr_unreadable")
    if not (
        isinstance(key, ec.EllipticCurvePublicKey)
        or (isinstance(key, rsa.RSAPublicKey) and key.key_size >= RSA_BITS)
    ):
        raise Unusable("csr_wrong_key")
    issuer, signing = _loaded(folder)
    builder = _builder(asked.subject, key, issuer.subject, _VALID, issuer)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    made = builder.add_extension(usage, critical=False).sign(signing, hashes.SHA256())
    serial = f"{made.serial_number:X}"
    return Signed(
        made.public_bytes(serialization.Encoding.PEM).decode(),
        name,
        serial.zfill(len(serial) + len(serial) % 2),
        made.not_valid_after_utc,
    )


def _loaded(folder: Path) -> tuple[x509.Certificate, Key]:
    """Return the root and its key; it is made at the first time."""
    home = folder / _ROOT
    with _MAKING:
        if not (home / CERTIFICATE).exists():
            certificates.store(folder, _new_root(), _ROOT)
    certificate = x509.load_pem_x509_certificate((home / CERTIFICATE).read_bytes())
    key = serialization.load_pem_private_key((home / KEY).read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise OSError("the authority's key is not one of ours")
    return certificate, key


def _new_root() -> certificates.Pair:
    key = certificates.new_key(Kind.RSA, _ROOT_BITS)
    name = _named(f"Home Assistant wallboxes {uuid4().hex[:6].upper()}")
    usage = _usage(signs=True)
    builder = _builder(name, key.public_key(), name, _ROOT_VALID, None)
    made = builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())
    return certificates.as_pair(made, key)


def _server(
    names: tuple[str, ...], key: Key, issuer: x509.Certificate, signing: Key
) -> x509.Certificate:
    subject = _named(next((n for n in names if not _is_address(n)), names[0]))
    builder = _builder(subject, key.public_key(), issuer.subject, _VALID, issuer)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return (
        builder.add_extension(_general(names), critical=False)
        .add_extension(usage, critical=False)
        .add_extension(
            _usage(encipher=isinstance(key, rsa.RSAPrivateKey)), critical=True
        )
        .sign(signing, hashes.SHA256())
    )


def _builder(
    subject: x509.Name,
    key: CertificatePublicKeyTypes,
    issuer: x509.Name,
    valid: timedelta,
    root_: x509.Certificate | None,
) -> x509.CertificateBuilder:
    # A day early: the clock of a wallbox may be slow.
    start = datetime.now(UTC) - _DAY
    end = start + valid
    constraints = x509.BasicConstraints(
        ca=root_ is None, path_length=0 if root_ is None else None
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end if root_ is None else min(end, root_.not_valid_after_utc))
        .add_extension(constraints, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )
    if root_ is None:
        return builder
    known = root_.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    issued = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known)
    return builder.add_extension(issued, critical=False)


def _usage(*, signs: bool = False, encipher: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=encipher,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _take_over(shared: Path, home: Path) -> None:
    """Give the pair that all servers shared once to the first that asks."""
    if shared.exists() and not home.exists():
        shared.rename(home)


def _holds(path: Path, names: tuple[str, ...], issuer: x509.Certificate) -> bool:
    """Say whether a server's certificate is still right."""
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
        shown = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except OSError, ValueError, x509.ExtensionNotFound:
        return False
    return (
        found.issuer == issuer.subject
        and shown.value == _general(names)
        and found.not_valid_after_utc - datetime.now(UTC) > RENEW
    )


def _general(names: tuple[str, ...]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName(
        [
            x509.IPAddress(ip_address(name))
            if _is_address(name)
            else x509.DNSName(name)
            for name in names
        ]
    )


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _named(name: str) -> x509.Name:
    short = name[:_MAX_NAME_CHARACTERS]
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, short)])
