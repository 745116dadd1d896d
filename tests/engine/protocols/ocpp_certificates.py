"""An authority and what it signs, for tests; none of it is the product's."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

type Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

DAY = timedelta(days=1)


class TestAuthority:
    """Signs what it is told to, and keeps it as files."""

    __test__ = False

    def __init__(self, folder: Path, name: str = "Authority") -> None:
        """Make a key and a certificate of its own."""
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = name
        self.path = folder / f"{name}.pem"
        public = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._issuer = public
        certificate = self._built(public, self._key, days=10, ca=True)
        self.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(
        self, name: str, *, days: int = 10, key: Key | None = None, ip: str = ""
    ) -> tuple[Path, str]:
        """Return a file with key and certificate, and the serial as Python shows it."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._built(subject, key, days=days, ip=ip)
        kind = type(key).__name__
        path = self._folder / f"{self._name}_{name}_{days}_{kind}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        serial = f"{certificate.serial_number:X}"
        return path, serial.zfill(len(serial) + len(serial) % 2)

    def _built(
        self, subject: x509.Name, key: Key, *, days: int, ca: bool = False, ip: str = ""
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 20 * DAY)
            .not_valid_after(now + days * DAY)
            .add_extension(
                x509.BasicConstraints(ca=ca, path_length=None), critical=True
            )
        )
        if ip:
            names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(ip))])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, hashes.SHA256())


def server_context(authority: TestAuthority) -> ssl.SSLContext:
    """Return what a server needs that knows this authority's clients."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue("house", ip="127.0.0.1")[0])
    context.load_verify_locations(authority.path)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


def client_context(
    authority: TestAuthority, shown: Path | None = None
) -> ssl.SSLContext:
    """Return what a wallbox needs that trusts an authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority.path)
    if shown is not None:
        context.load_cert_chain(shown)
    return context
