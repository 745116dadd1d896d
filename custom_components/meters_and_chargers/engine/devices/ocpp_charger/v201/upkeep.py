"""Firmware, logs and certificates, asked for in the words of OCPP 2.0.1."""

from collections.abc import Iterator, Mapping

from ....protocols.ocpp.types import Json, Payload
from .. import reading
from . import words
from .words import Say, Translation

_CERTIFICATES: Mapping[str, str] = {
    "CentralSystemRootCertificate": "CSMSRootCertificate"
}


class Upkeep:
    """Translates what is asked of a wallbox apart from charging."""

    def __init__(self, say: Say, numbers: Iterator[int]) -> None:
        """Send by ``say``; ``numbers`` gives each request one of its own."""
        self._say = say
        self._numbers = numbers
        self.translations: Mapping[str, Translation] = {
            "UpdateFirmware": self._update_firmware,
            "SignedUpdateFirmware": self._update_signed,
            "GetDiagnostics": self._diagnostics,
            "InstallCertificate": self._install_certificate,
            "GetInstalledCertificateIds": self._certificate_ids,
        }

    async def _update_firmware(self, payload: Payload) -> Payload:
        answer = await self._update_signed(
            {
                **payload,
                "firmware": words.present(
                    location=payload.get("location"),
                    retrieveDateTime=payload.get("retrieveDate"),
                ),
            }
        )
        return words.agreed("UpdateFirmware", answer)

    async def _update_signed(self, payload: Payload) -> Payload:
        return await self._say(
            "UpdateFirmware",
            {
                **_repeated(payload),
                "requestId": payload.get("requestId", next(self._numbers)),
                "firmware": payload.get("firmware"),
            },
        )

    async def _diagnostics(self, payload: Payload) -> Payload:
        answer = await self._say(
            "GetLog",
            {
                **_repeated(payload),
                "logType": "DiagnosticsLog",
                "requestId": next(self._numbers),
                "log": words.present(
                    remoteLocation=payload.get("location"),
                    oldestTimestamp=payload.get("startTime"),
                    latestTimestamp=payload.get("stopTime"),
                ),
            },
        )
        return words.present(fileName=words.agreed("GetLog", answer).get("filename"))

    async def _install_certificate(self, payload: Payload) -> Payload:
        return await self._say(
            "InstallCertificate",
            {**payload, "certificateType": _certificate(payload)},
        )

    async def _certificate_ids(self, payload: Payload) -> Payload:
        answer = await self._say(
            "GetInstalledCertificateIds", {"certificateType": [_certificate(payload)]}
        )
        chains = words.items(answer.get("certificateHashDataChain"))
        hashes = [chain.get("certificateHashData") for chain in chains]
        return words.present(
            status=answer.get("status"), certificateHashData=hashes or None
        )


def _certificate(payload: Payload) -> str:
    name = reading.text(payload.get("certificateType"))
    return _CERTIFICATES.get(name, name)


def _repeated(payload: Payload) -> dict[str, Json]:
    return words.present(
        retries=payload.get("retries"), retryInterval=payload.get("retryInterval")
    )
