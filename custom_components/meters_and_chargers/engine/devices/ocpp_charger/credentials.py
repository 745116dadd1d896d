"""By what a wallbox is to prove itself, told to it over OCPP 1.6.

Messages of its security extension ([SEC] A01 password, A02 certificate of the wallbox,
A05 profile, M05 root certificate). A wallbox without the extension knows none of them
but perhaps the password.
"""

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
import logging

from ...model import DeviceError, Unsupported
from ...protocols.ocpp.types import Call, Payload
from .requests import Requests

_LOGGER = logging.getLogger(__name__)

type Signer = Callable[[str], Awaitable[str | None]]
"""Signs a request, both as PEM; None refuses it."""

OPERATOR = "Home Assistant"
_MAX_REQUEST = 5500
"""Characters of a request, by the standard's schema."""


class Credentials:
    """Of one wallbox; its requests raise `DeviceError`."""

    def __init__(
        self,
        requests: Requests,
        spawn: Callable[[Coroutine[None, None, None]], None],
    ) -> None:
        """Ask by the requests of a wallbox; nothing is signed before there is who."""
        self.signer: Signer | None = None
        self.given = 0
        """Certificates it has taken."""
        self.not_given = ""
        """Why it has not taken the last one."""
        self._requests = requests
        self._spawn = spawn

    async def give_password(self, key: str) -> bool:
        """Give it a password of hexadecimal digits; True if it has to restart."""
        return await self._set("AuthorizationKey", key)

    async def trust(self, certificate: str) -> None:
        """Give it the root certificate by which it knows us; PEM."""
        await self._requests.demand(
            "InstallCertificate",
            {
                "certificateType": "CentralSystemRootCertificate",
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

    async def use_profile(self, profile: int) -> bool:
        """Let it connect by a security profile; True if it has to restart."""
        try:
            return await self._set("SecurityProfile", str(profile))
        except Unsupported:
            if profile > 1:
                raise
            # Without the extension: whoever has a password uses it.
            return False

    async def answer(self, call: Call) -> Payload:
        """Answer its request for a certificate, and give it afterwards."""
        request = call.payload.get("csr")
        signed = None
        if self.signer is None or not isinstance(request, str):
            pass
        elif len(request) <= _MAX_REQUEST:
            signed = await self.signer(request)
        if signed is None:
            self.not_given = "its request was refused"
            return {"status": "Rejected"}
        self._spawn(self._give(signed))
        return {"status": "Accepted"}

    async def _give(self, certificate: str) -> None:
        try:
            await self._requests.demand(
                "CertificateSigned", {"certificateChain": certificate}
            )
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
