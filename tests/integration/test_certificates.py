"""Certificates that are made, uploaded, kept and forgotten."""

from datetime import UTC, datetime, timedelta
import os
from pathlib import Path
import ssl
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID
import pytest

from custom_components.meters_and_chargers import certificates
from custom_components.meters_and_chargers.certificates import Kind, Pair, Unusable

type Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def pair(key: Key, *, begins: int = -1, ends: int = 1, locked: bool = False) -> Pair:
    """Make a pair as an owner might upload it; validity in days from now."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "own")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=begins))
        .not_valid_after(now + timedelta(days=ends))
        .sign(
            key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
        )
    )
    secret: serialization.KeySerializationEncryption = (
        serialization.BestAvailableEncryption(b"x")
        if locked
        else serialization.NoEncryption()
    )
    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL
            if not isinstance(key, ed25519.Ed25519PrivateKey)
            else serialization.PrivateFormat.PKCS8,
            secret,
        ),
    )


def problem(wrong: Pair) -> str:
    """Return the key of what is wrong with a pair."""
    with pytest.raises(Unusable) as caught:
        certificates.check(wrong)
    return caught.value.key


def elliptic() -> ec.EllipticCurvePrivateKey:
    """Return a new ECDSA key."""
    return ec.generate_private_key(ec.SECP256R1())


def test_unusable_uploads_are_told_apart() -> None:
    """Each kind of wrong upload has its own words."""
    good, other = pair(elliptic()), pair(elliptic())
    assert certificates.check(good) == good
    assert problem(Pair(good.certificate, other.key)) == "tls_wrong_pair"
    assert problem(pair(elliptic(), locked=True)) == "tls_key_encrypted"
    assert problem(pair(elliptic(), begins=-2, ends=-1)) == "tls_expired"
    assert problem(pair(elliptic(), begins=1, ends=2)) == "tls_expired"
    assert problem(Pair(b"\x30\x82", good.key)) == "tls_not_a_certificate"
    assert problem(Pair(good.key, good.key)) == "tls_not_a_certificate"
    assert problem(Pair(good.certificate, b"hello")) == "tls_not_a_key"
    assert problem(Pair(good.certificate, good.certificate)) == "tls_not_a_key"
    assert problem(pair(ed25519.Ed25519PrivateKey.generate())) == "tls_key_kind"


def test_short_rsa_keys_are_refused() -> None:
    """1024 bits are too few, 2048 suffice."""
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505 - it is to be refused
    assert problem(pair(short)) == "tls_key_short"
    good = pair(rsa.generate_private_key(65537, 2048))
    assert certificates.check(good) == good


@pytest.mark.parametrize("kind", Kind)
def test_made_pairs_are_usable(kind: Kind) -> None:
    """What is made passes what is asked of uploads, for ten years, and names itself."""
    made = certificates.make(kind)
    assert certificates.check(made) == made
    certificate = x509.load_pem_x509_certificate(made.certificate)
    key = certificate.public_key()
    if kind is Kind.RSA:
        assert isinstance(key, rsa.RSAPublicKey)
        assert key.key_size == 2048
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    assert timedelta(days=3640) < left < timedelta(days=3660)
    assert certificate.subject.rfc4514_string().startswith("CN=Home Assistant ")
    assert "PRIVATE" not in repr(made)


def test_fingerprint_is_that_of_openssl() -> None:
    """Upper case, colons: as `openssl x509 -fingerprint -sha256` prints it."""
    assert certificates.fingerprint(b"abc").startswith("BA:78:16:BF:8F:01:CF:EA:")


def test_files_are_for_us_alone_and_old_ones_go(tmp_path: Path) -> None:
    """Modes hold under any umask; a pair nobody uses goes after a day, others stay."""
    folder = tmp_path / "tls"
    before = os.umask(0)
    try:
        used, fresh, old = (
            certificates.store(folder, certificates.make(Kind.ECDSA)) for _ in range(3)
        )
        certificates.pin(folder, used.id, b"whatever")
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in folder.rglob("*.pem")}
    assert modes == {0o600}
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o700}
    yesterday = time.time() - 25 * 3600
    for stored in (used, old):
        os.utime(folder / stored.id, (yesterday, yesterday))
    certificates.prune(folder, {used.id})
    assert {path.name for path in folder.iterdir()} == {used.id, fresh.id}
    certificates.remove(folder, used.id)
    certificates.remove(folder, used.id)
    with pytest.raises(FileNotFoundError):
        certificates.load(folder, used.id)


def test_contexts_take_nothing_below_tls_1_2(tmp_path: Path) -> None:
    """TLS 1.2 at least; values only from a verified device, though under any name."""
    stored = certificates.store(tmp_path, certificates.make(Kind.ECDSA))
    device = x509.load_pem_x509_certificate(certificates.make(Kind.ECDSA).certificate)
    pinned = certificates.pin(
        tmp_path, stored.id, device.public_bytes(serialization.Encoding.DER)
    )
    looking = certificates.looking(tmp_path, stored.id)
    trusting = certificates.trusting(tmp_path, stored.id, pinned)
    for context in (looking, trusting):
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
        assert not context.check_hostname
    assert looking.verify_mode is ssl.CERT_NONE
    assert trusting.verify_mode is ssl.CERT_REQUIRED
    assert len(trusting.get_ca_certs()) == 1
