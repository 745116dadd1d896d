"""By what a wallbox is to prove itself, told to it over OCPP.

Messages of the security extension of 1.6 ([SEC] A01 password, A02 certificate of the
wallbox, A05 profile, M05 root certificate), which OCPP 2 has as well but for the
profile. A wallbox without the extension knows none of them but perhaps the password.
"""

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
import logging
from typing import Final

from ...model import DeviceError, Unsupported
from ...protocols.ocpp.types import Call, Json, Payload
from .networks import Networks
from .reading import text
from .upkeep import Upkeep

_LOGGER = logging.getLogger(__name__)

type Signer = Callable[[str], Awaitable[str | None]]
"""Signs a request, both as PEM; None refuses it."""

OPERATOR = "Home Assistant"
_ROOT: Final = "CentralSystemRootCertificate"
_STATION = "ChargingStationCertificate"
"""What OCPP 2 calls that of the wallbox; others are for cars."""
_MAX_REQUEST = 5500
"""Characters of a request, by the standard's schema."""


class Credentials:
    """Of one wallbox; its requests raise `DeviceError`."""

    def __init__(
        self,
        requests: Upkeep,
        spawn: Callable[[Coroutine[None, None, None]], None],
    ) -> None:
        """Ask by the requests of a wallbox; nothing is signed before there is who."""
        self.signer: Signer | None = None
        self.given = 0
        """Certificates it has taken."""
        self.not_given = ""
        """Why it has not taken the last one."""
        self._requests = requests
        self._networks = Networks(requests)
        self._spawn = spawn

    @property
    def restarts_at_once(self) -> bool:
        """Whether a restart has to be a hard one to come before the next idle hour."""
        return self._requests.dialect is not None

    async def give_password(self, key: str) -> bool:
        """Give it a password of hexadecimal digits; True if it has to restart."""
        return await self._set("AuthorizationKey", key)

    async def trust(self, certificate: str, serial: str) -> None:
        """Give it the root certificate by which it knows us, if it lacks it; PEM.

        ``serial`` is that of the certificate, in hexadecimal digits.
        """
        with suppress(DeviceError):
            # Its memory holds few: none of them twice.
            known = await self._requests.installed_certificates(_ROOT)
            if any(_same(one.get("serialNumber"), serial) for one in known):
                return
        await self._requests.demand(
            "InstallCertificate",
            {
                "certificateType": _ROOT,
                "certificate": certificate,
            },
        )

    async def request_request(self) -> None:
        """Let it ask for a certificate; `given` counts when it has taken it."""
        with suppress(DeviceError):
            # What its request has to name as the owner; some have it fixed.
            await self._set("CpoName", OPERATOR)
        await self._requests.demand(
            "ExtendedTriggerMessage",
            {"requestedMessage": "SignChargePointCertificate"},
        )

    async def use_profile(self, profile: int, address: str) -> bool:
        """Let it connect by a security profile; True if it has to restart.

        ``address`` is what it dials now, without its identity: OCPP 2 wants it said.
        """
        try:
            if self._requests.dialect is None:
                return await self._set("SecurityProfile", str(profile))
            await self._networks.use_profile(profile, address)
        except Unsupported:
            if profile > 1:
                raise
            # Without the extension: whoever has a password uses it.
            return False
        return True

    async def take_back(self) -> None:
        """Let it dial as before a profile with which it has not come back."""
        if self._requests.dialect is not None:
            await self._networks.take_back()

    async def answer(self, call: Call) -> Payload:
        """Answer its request for a certificate, and give it afterwards."""
        request = call.payload.get("csr")
        use = text(call.payload.get("certificateType"))
        signed = None
        if self.signer is None or not isinstance(request, str):
            pass
        elif use in ("", _STATION) and len(request) <= _MAX_REQUEST:
            signed = await self.signer(request)
        if signed is None:
            self.not_given = "its request was refused"
            return {"status": "Rejected"}
        self._spawn(self._give(signed, use))
        return {"status": "Accepted"}

    async def _give(self, certificate: str, use: str) -> None:
        payload: dict[str, Json] = {"certificateChain": certificate}
        if use and self._requests.dialect is not None:
            payload["certificateType"] = use  # named in the request: in the answer too
        try:
            await self._requests.demand("CertificateSigned", payload)
        except DeviceError as err:
            self.not_given = str(err)
            _LOGGER.warning("A certificate was not taken: %s", err)
        else:
            self.given += 1
            self.not_given = ""

    async def _set(self, key: str, value: str) -> bool:
        done = await self._requests.demand(
            "ChangeConfiguration", {"key": key, "value": value}
        )
        return done == "reboot_required"


def _same(found: Json, serial: str) -> bool:
    """Compare serial numbers: some are written with zeros in front, or small."""
    return text(found).lstrip("0").upper() == serial.lstrip("0").upper()
