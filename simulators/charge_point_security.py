"""How a simulated wallbox proves who it is: security profiles 0 to 3 of OCPP 1.6."""

import base64
from pathlib import Path
import ssl
from tempfile import TemporaryDirectory
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

ATTEMPTS = 3
PASSWORD, TLS, CERTIFICATE = 1, 2, 3


class Dialling(NamedTuple):
    """How to dial: the address, headers, and what of TLS."""

    address: str
    headers: dict[str, str]
    tls: ssl.SSLContext | None


class Security:
    """Credentials of a wallbox; a profile that does not work is given up again."""

    def __init__(self, identity: str, address: str, name: str) -> None:
        """Prove nothing at first; ``name`` is for its certificate."""
        self.profile = 0
        self.password = b""
        self.roots: list[str] = []
        self.certificate = ""
        self.operator = ""
        self._identity = identity
        self._address = address
        self._name = name
        self._before: int | None = None
        self._failures = 0
        self._key = ec.generate_private_key(ec.SECP256R1())

    def try_profile(self, profile: int) -> bool:
        """Use another profile from the next connection on; never a lower one."""
        ready = (
            profile >= self.profile
            and (bool(self.password) or profile == CERTIFICATE)
            and (bool(self.roots) or profile < TLS)
            and (bool(self.certificate) or profile < CERTIFICATE)
        )
        if ready and profile != self.profile:
            self._before, self.profile, self._failures = self.profile, profile, 0
        return ready

    def dialled(self, *, success: bool) -> None:
        """Note how it went; after three failures the profile before is used."""
        if success:
            self._before = None
            return
        self._failures += 1
        if self._before is not None and self._failures >= ATTEMPTS:
            self.profile, self._before = self._before, None

    def dialling(self) -> Dialling:
        """Return how to dial now; reads and writes files."""
        headers = {}
        if self.profile in (PASSWORD, TLS):
            both = self._identity.encode() + b":" + self.password
            headers["Authorization"] = f"Basic {base64.b64encode(both).decode()}"
        if self.profile < TLS:
            return Dialling(self._address, headers, None)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata="\n".join(self.roots))
        if self.profile == CERTIFICATE:
            with TemporaryDirectory() as folder:
                file = Path(folder) / "both.pem"
                file.write_bytes(self._key_pem() + self.certificate.encode())
                context.load_cert_chain(file)
        return Dialling(self._address.replace("ws://", "wss://"), headers, context)

    def request(self) -> str:
        """Make a new key and ask for its certificate."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.NameAttribute(NameOID.COMMON_NAME, self._name)]
        if self.operator:
            owner = x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.operator)
            names.append(owner)
        asked = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names))
        signed = asked.sign(self._key, hashes.SHA256())
        return signed.public_bytes(Encoding.PEM).decode()

    def take(self, chain: str) -> bool:
        """Take a certificate, if it is for the key that was made last."""
        try:
            found = x509.load_pem_x509_certificate(chain.encode())
        except ValueError:
            return False
        if found.public_key() != self._key.public_key():
            return False
        self.certificate = chain
        return True

    def trust(self, certificate: str) -> bool:
        """Trust the certificate of a central system."""
        try:
            x509.load_pem_x509_certificate(certificate.encode())
        except ValueError:
            return False
        self.roots.append(certificate)
        return True

    def _key_pem(self) -> bytes:
        return self._key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
