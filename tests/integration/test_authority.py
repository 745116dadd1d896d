"""Our authority: what it signs, for whom, and what OpenSSL thinks of it."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.meters_and_chargers import authority, certificates
from custom_components.meters_and_chargers.certificates import Kind, Unusable

SERVER = "one"
NAMES = ("house.example.org", "192.168.1.10", "fd00::1")


@pytest.fixture(autouse=True)
def small_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a shorter root key: the machine may be slow."""
    monkeypatch.setattr(authority, "_ROOT_BITS", 2048)


def shaken(
    server: ssl.SSLContext, client: ssl.SSLContext, name: str
) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Shake hands in memory; return both ends."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = server.wrap_bio(to_server, to_client, server_side=True)
    theirs = client.wrap_bio(to_client, to_server, server_hostname=name)
    for _ in range(6):
        for end in (theirs, ours):
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()
    return ours, theirs


def trusting(folder: Path) -> ssl.SSLContext:
    """Return a wallbox's context that trusts the root, and is strict about it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=authority.root(folder).pem)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def csr(name: str, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    """Return what a wallbox asks for."""
    names = [
        x509.NameAttribute(NameOID.COMMON_NAME, name),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Home"),
    ]
    asked = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names))
    signed = asked.sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["RSA", "ECDSA"])
def test_every_name_is_served_with_both_keys(
    tmp_path: Path, name: str, kind: str
) -> None:
    """Verified strictly, by name and by address, with either kind of key."""
    served = authority.served(tmp_path, SERVER, NAMES, None)
    client = trusting(tmp_path)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ciphers(f"ECDHE-{kind}-AES128-GCM-SHA256")
    _, theirs = shaken(served.context, client, name)
    assert theirs.version() == "TLSv1.2"
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken(served.context, trusting(tmp_path), "elsewhere.example.org")


def test_files_are_private_and_kept(tmp_path: Path) -> None:
    """Keys are for their owner alone; a second look makes nothing new."""
    folder = tmp_path / "authority"
    authority.served(folder, SERVER, NAMES, None)
    files = {path: path.read_bytes() for path in folder.rglob("*.pem")}
    assert len(files) == 6
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    authority.served(folder, SERVER, NAMES, None)
    assert files == {path: path.read_bytes() for path in folder.rglob("*.pem")}


def test_renewal(tmp_path: Path, freezer: FrozenDateTimeFactory) -> None:
    """Another name, or 60 days to go: new certificates of the same root."""
    first = authority.served(tmp_path, SERVER, NAMES, None)
    root = authority.root(tmp_path)
    certificate = (tmp_path / f"server_{SERVER}_rsa" / "certificate.pem").read_bytes()
    authority.served(tmp_path, SERVER, (*NAMES, "new.example.org"), None)
    renamed = (tmp_path / f"server_{SERVER}_rsa" / "certificate.pem").read_bytes()
    assert renamed != certificate
    freezer.move_to(first.ends - timedelta(days=59))
    later = authority.served(tmp_path, SERVER, (*NAMES, "new.example.org"), None)
    assert later.ends > first.ends
    assert authority.root(tmp_path) == root
    freezer.move_to(root.ends - timedelta(days=10))
    assert authority.served(tmp_path, SERVER, NAMES, None).ends == root.ends


def test_each_server_has_its_own(tmp_path: Path) -> None:
    """Servers of other names leave each other's files alone; each goes with its own."""
    for server, name in ((SERVER, "one.example.org"), ("two", "two.example.org")):
        authority.served(tmp_path, server, [name], None)
    files = {path: path.read_bytes() for path in tmp_path.rglob("*.pem")}
    assert len(files) == 10
    authority.served(tmp_path, SERVER, ["one.example.org"], None)
    assert files == {path: path.read_bytes() for path in tmp_path.rglob("*.pem")}
    authority.forget(tmp_path, "two")
    left = {path.parent.name for path in tmp_path.rglob("*.pem")}
    assert left == {"root", f"server_{SERVER}_rsa", f"server_{SERVER}_ecdsa"}


def test_the_one_that_was_shared_is_taken_over(tmp_path: Path) -> None:
    """The first server shows on what all showed once; the next makes its own."""
    authority.served(tmp_path, SERVER, NAMES, None)
    shared = {}
    for kind in Kind:
        home = tmp_path / f"server_{SERVER}_{kind}"
        shared[kind] = (home / "certificate.pem").read_bytes()
        home.rename(tmp_path / f"server_{kind}")
    for server in (SERVER, "two"):
        authority.served(tmp_path, server, NAMES, None)
    for kind in Kind:
        assert not (tmp_path / f"server_{kind}").exists()
        mine = tmp_path / f"server_{SERVER}_{kind}" / "certificate.pem"
        assert mine.read_bytes() == shared[kind]
        other = tmp_path / f"server_two_{kind}" / "certificate.pem"
        assert other.read_bytes() != shared[kind]


def test_the_owners_own_is_shown_instead(tmp_path: Path) -> None:
    """Theirs is served; what wallboxes show is still ours to verify."""
    key = certificates.new_key(Kind.ECDSA)
    own = certificates.make(Kind.ECDSA)
    stored = certificates.store(tmp_path, own)
    served = authority.served(tmp_path, SERVER, NAMES, stored.id)
    assert served.ends == stored.ends
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.load_verify_locations(cadata=own.certificate.decode())
    signed = authority.sign(tmp_path, csr("BOX", key), "BOX".__eq__)
    both = tmp_path / "both.pem"
    both.write_bytes(
        certificates.as_pair(
            x509.load_pem_x509_certificate(signed.pem.encode()), key
        ).key
        + signed.pem.encode()
    )
    client.load_cert_chain(both)
    ours, _ = shaken(served.context, client, "any")
    shown = ours.getpeercert()
    assert shown is not None
    assert shown["serialNumber"] == signed.serial
    certificates.remove(tmp_path, stored.id)
    with pytest.raises(OSError, match="No such file"):
        authority.served(tmp_path, SERVER, NAMES, stored.id)


@pytest.mark.parametrize("key", [certificates.new_key(kind) for kind in Kind])
def test_signing(tmp_path: Path, key: certificates.Key) -> None:
    """For the key and the subject that were asked for, two years, clients only."""
    signed = authority.sign(tmp_path, csr("SN-1", key), lambda name: name == "SN-1")
    found = x509.load_pem_x509_certificate(signed.pem.encode())
    assert found.public_key() == key.public_key()
    assert found.subject.rfc4514_string() == "O=Home,CN=SN-1"
    assert signed.name == "SN-1"
    assert signed.ends - datetime.now(UTC) > timedelta(days=700)
    usage = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    root = x509.load_pem_x509_certificate(authority.root(tmp_path).pem.encode())
    found.verify_directly_issued_by(root)


def test_refused_requests(tmp_path: Path) -> None:
    """Another name, garbage, or too short a key."""

    def problem(request: str) -> str:
        with pytest.raises(Unusable) as err:
            authority.sign(tmp_path, request, "BOX".__eq__)
        return err.value.key

    assert problem("hello") == "csr_unreadable"
    key = certificates.new_key(Kind.ECDSA)
    assert problem(csr("OTHER", key)) == "csr_wrong_name"
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505 - it is to be refused
    assert problem(csr("BOX", short)) == "csr_wrong_key"
    good = csr("BOX", key)
    lines = good.splitlines()
    lines[2] = lines[2][::-1]
    assert problem("\n".join(lines)) == "csr_unreadable"
    escaped = good.replace("\n", "\\n")
    assert authority.sign(tmp_path, escaped, "BOX".__eq__).name == "BOX"
