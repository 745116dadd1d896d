"""How a simulated wallbox of OCPP 2 dials: by network profiles that it is given."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from ocpp.exceptions import NotImplementedError as NotThere  # type: ignore[import-untyped]
from ocpp.v201 import call_result  # type: ignore[import-untyped]  # has no types

from .charge_point_security import ATTEMPTS, CERTIFICATE, TLS, Dialling, Security
from .charge_point_upkeep import answers

if TYPE_CHECKING:
    from .charge_point_2 import ChargePoint2

PASSWORD, ORDER = "BasicAuthPassword", "NetworkConfigurationPriority"
OPERATOR, ACTIVE = "OrganizationName", "ActiveNetworkProfile"
SECRETS = {
    ("SecurityCtrlr", PASSWORD): PASSWORD,
    ("SecurityCtrlr", OPERATOR): OPERATOR,
    ("OCPPCommCtrlr", ORDER): ORDER,
    ("OCPPCommCtrlr", ACTIVE): ACTIVE,
}
"""The variables of what is here."""
_ACCEPTED, _REJECTED = "Accepted", "Rejected"
_ROOT = "CSMSRootCertificate"
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class _Network:
    url: str
    profile: int
    interface: str


class NetworkProfiles(Security):
    """Slots with an address and a security profile each, and the order they are in.

    What is chosen holds after the next restart; a slot that does not work is given up
    for the next one of the order, until it restarts again.
    """

    choices = (1, 2, 3)

    def __init__(self, identity: str, address: str, name: str) -> None:
        """Have one slot, with the address from its owner."""
        super().__init__(identity, address, name)
        self.interface = "Wired0"
        """What it is connected by: another name in a slot leads nowhere."""
        self.active = 1
        self.order = [1]
        self._own = address.removesuffix(f"/{quote(identity, safe='')}")
        self._slots = {1: _Network(self._own, 0, self.interface)}
        self._running = [1]
        self._failures = 0

    @property
    def slots(self) -> dict[int, int]:
        """The security profile of each slot."""
        return {number: network.profile for number, network in self._slots.items()}

    def variable(self, name: str) -> str | None:
        """Return a variable's value; None of one that nobody may read."""
        return {
            OPERATOR: self.operator,
            ORDER: ",".join(map(str, self.order)),
            ACTIVE: str(self.active),
        }.get(name)

    def set_variable(self, name: str, value: str) -> bool:
        """Take a variable's value, if it is a good one."""
        if name == ORDER:
            return self.set_order(value)
        if name == PASSWORD and 16 <= len(value) <= _LONGEST:
            self.password = value.encode()
            return True
        if name == OPERATOR:
            self.operator = value
        return name == OPERATOR

    def plug_in(self, interface: str) -> None:
        """Be connected by another interface from now on."""
        self.interface = interface
        for number, network in self._slots.items():
            self._slots[number] = replace(network, interface=interface)

    def set_slot(self, number: int, data: Mapping[str, Any]) -> bool:
        """Take a network profile, if it is one of its slots and not a lower one."""
        profile = data["security_profile"]
        if number not in self.choices or profile < self.profile:
            return False
        network = _Network(data["ocpp_csms_url"], profile, data["ocpp_interface"])
        self._slots[number] = network
        return True

    def set_order(self, text: str) -> bool:
        """Take an order of slots that are all ready to be used."""
        found = [int(one) for one in text.split(",") if one.isdecimal()]
        for number in found:
            network = self._slots.get(number)
            if network is None or not self._ready(network.profile):
                return False
        self.order = found or self.order
        return bool(found)

    def _ready(self, profile: int) -> bool:
        return (
            (bool(self.password) or profile in (0, CERTIFICATE))
            and (bool(self.roots) or profile < TLS)
            and (bool(self.certificate) or profile < CERTIFICATE)
        )

    def restart(self) -> None:
        """Begin with the first slot of the order."""
        self._running = list(self.order)
        self._use(self._running[0])

    def _use(self, number: int) -> None:
        self.active, self._failures = number, 0
        self.profile = self._slots[number].profile

    def dialled(self, *, success: bool) -> None:
        """Note how it went; a higher profile that works ends the lower ones."""
        if success:
            self._failures = 0
            self.order = [
                one for one in self.order if self._slots[one].profile >= self.profile
            ]
            return
        self._failures += 1
        if self._failures >= ATTEMPTS:
            at = self._running.index(self.active)
            self._use(self._running[(at + 1) % len(self._running)])

    def dialling(self) -> Dialling:
        """Return how to dial now; reads and writes files."""
        network = self._slots[self.active]
        if network.interface not in (self.interface, "Any"):
            raise OSError("no such interface")
        self._address = f"{network.url}/{quote(self._identity, safe='')}"
        return super().dialling()


class SecurityAnswers:
    """The central system's calls about networks and certificates."""

    _box: ChargePoint2

    @answers("SetNetworkProfile")
    def set_network_profile(
        self, configuration_slot: int, connection_data: dict[str, Any]
    ) -> Any:
        """Keep where to dial; it acts when it is chosen."""
        if not self._box.secure:
            raise NotThere
        good = self._box.security.set_slot(configuration_slot, connection_data)
        return call_result.SetNetworkProfile(status=_ACCEPTED if good else _REJECTED)

    @answers("InstallCertificate")
    def install_certificate(self, certificate_type: str, certificate: str) -> Any:
        """Trust a root certificate."""
        good = certificate_type == _ROOT and self._box.security.trust(certificate)
        return call_result.InstallCertificate(status=_ACCEPTED if good else _REJECTED)

    @answers("GetInstalledCertificateIds")
    def get_installed_certificate_ids(self, **_: object) -> Any:
        """Tell what it trusts."""
        chains = [
            {"certificate_hash_data": _hashes(root), "certificate_type": _ROOT}
            for root in self._box.security.roots
        ]
        return call_result.GetInstalledCertificateIds(
            status=_ACCEPTED if chains else "NotFound",
            certificate_hash_data_chain=chains or None,
        )

    @answers("DeleteCertificate")
    def delete_certificate(self, certificate_hash_data: dict[str, Any]) -> Any:
        """Trust a root certificate no more."""
        roots = self._box.security.roots
        found = [one for one in roots if _hashes(one) == certificate_hash_data]
        for root in found:
            roots.remove(root)
        return call_result.DeleteCertificate(status=_ACCEPTED if found else "NotFound")

    @answers("CertificateSigned")
    def certificate_signed(self, certificate_chain: str, **_: object) -> Any:
        """Take the certificate of its key."""
        good = self._box.security.take(certificate_chain)
        return call_result.CertificateSigned(status=_ACCEPTED if good else _REJECTED)


def _hashes(pem: str) -> dict[str, str]:
    root = x509.load_pem_x509_certificate(pem.encode())
    key = root.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    return {
        "hash_algorithm": "SHA256",
        "issuer_name_hash": hashlib.sha256(root.issuer.public_bytes()).hexdigest(),
        "issuer_key_hash": hashlib.sha256(key).hexdigest(),
        "serial_number": f"{root.serial_number:x}",
    }
