"""What a wallbox can be asked besides charging: upkeep, cards, reservations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ...model import BadAnswer, Unsupported
from ...protocols.ocpp.types import Json, Payload
from .profile import zulu
from .reading import integer, text
from .requests import Requests

type CertificateUse = Literal[
    "CentralSystemRootCertificate", "ManufacturerRootCertificate"
]
_OF_SERVERS: CertificateUse = "CentralSystemRootCertificate"

_SECURITY_TRIGGERS = frozenset({"LogStatusNotification", "SignChargePointCertificate"})
"""Messages that only the security extension can ask for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firmware:
    """Where a firmware lies; with both texts the wallbox checks its signature."""

    url: str
    signing_certificate: str = ""
    signature: str = ""

    @property
    def is_signed(self) -> bool:
        """Whether the wallbox is to check the signature."""
        return bool(self.signing_certificate and self.signature)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card of the list that a wallbox keeps."""

    id_tag: str
    parent: str = ""
    expires: datetime | None = None
    accepted: bool = True

    def written(self) -> dict[str, Json]:
        """Return it as the standard has it."""
        info: dict[str, Json] = {"status": "Accepted" if self.accepted else "Blocked"}
        if self.parent:
            info["parentIdTag"] = self.parent
        if self.expires is not None:
            info["expiryDate"] = zulu(self.expires)
        return {"idTag": self.id_tag, "idTagInfo": info}


class Upkeep(Requests):
    """Asks the wallbox behind the open link; all of them raise `DeviceError`."""

    async def ask_for(self, message: str, connector: int | None = None) -> None:
        """Ask for a message, also for one of the security extension."""
        if message not in _SECURITY_TRIGGERS:
            await self.trigger(message, connector)
            return
        await self.demand("ExtendedTriggerMessage", {"requestedMessage": message})

    async def transfer_data(
        self, vendor: str, message: str | None = None, data: str | None = None
    ) -> tuple[str, Json]:
        """Send a maker's own message; returns its status as sent and its data.

        That is a text in 1.6, and anything in OCPP 2.
        """
        parts = {"vendorId": vendor, "messageId": message, "data": data}
        answer = await self.ask("DataTransfer", _without_none(parts))
        return text(answer.get("status")), answer.get("data")

    async def clear_cache(self) -> None:
        """Let it forget the cards it remembers by itself."""
        await self.demand("ClearCache", {})

    # Firmware and logs

    async def update_firmware(self, firmware: Firmware, at: datetime) -> None:
        """Let it fetch and install a firmware from this time on."""
        if not firmware.is_signed:
            payload: Payload = {"location": firmware.url, "retrieveDate": zulu(at)}
            await self.ask("UpdateFirmware", payload)
            return
        await self.demand(
            "SignedUpdateFirmware",
            {
                "requestId": _number(at),
                "firmware": {
                    "location": firmware.url,
                    "retrieveDateTime": zulu(at),
                    "signingCertificate": firmware.signing_certificate,
                    "signature": firmware.signature,
                },
            },
        )

    async def upload_log(
        self,
        url: str,
        now: datetime,
        *,
        security: bool = False,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> str:
        """Let it upload its log; returns the file's name, empty if it tells none."""
        start, stop = (None if at is None else zulu(at) for at in (since, until))
        if not security:
            parts = {"location": url, "startTime": start, "stopTime": stop}
            try:
                answer = await self.ask("GetDiagnostics", _without_none(parts))
            except Unsupported:
                pass  # newer ones know only the message that follows
            else:
                return text(answer.get("fileName"))
        log = {
            "remoteLocation": url,
            "oldestTimestamp": start,
            "latestTimestamp": stop,
        }
        answer = await self.obtain(
            "GetLog",
            {
                "logType": "SecurityLog" if security else "DiagnosticsLog",
                "requestId": _number(now),
                "log": _without_none(log),
            },
        )
        return text(answer.get("filename"))

    # Cards and reservations

    async def local_list_version(self) -> int:
        """Return which list of cards it keeps: 0 for an empty one, -1 for none."""
        answer = await self.ask("GetLocalListVersion", {})
        version = integer(answer.get("listVersion"))
        if version is None:
            raise BadAnswer("GetLocalListVersion: no version")
        return version

    async def send_local_list(
        self, version: int, cards: Sequence[Card], *, full: bool = True
    ) -> None:
        """Replace its list of cards, or change those that are named."""
        payload: dict[str, Json] = {
            "listVersion": version,
            "updateType": "Full" if full else "Differential",
        }
        if cards:
            payload["localAuthorizationList"] = [card.written() for card in cards]
        await self.demand("SendLocalList", payload)

    async def reserve(
        self, connector: int, id_tag: str, until: datetime, parent: str = ""
    ) -> None:
        """Keep a connector for a card; 0 is any of them. A new one replaces the old."""
        payload: dict[str, Json] = {
            "connectorId": connector,
            "expiryDate": zulu(until),
            "idTag": id_tag,
            "reservationId": _reservation(connector),
        }
        if parent:
            payload["parentIdTag"] = parent
        await self.demand("ReserveNow", payload)

    async def cancel_reservation(self, connector: int) -> None:
        """Keep a connector for nobody any more."""
        number = _reservation(connector)
        await self.demand("CancelReservation", {"reservationId": number})

    # Certificates

    async def installed_certificates(self, use: CertificateUse) -> list[Payload]:
        """Return the hash data of the certificates that it trusts."""
        answer = await self.ask("GetInstalledCertificateIds", {"certificateType": use})
        found = answer.get("certificateHashData")
        listed = found if isinstance(found, list) else ()
        return [one for one in listed if isinstance(one, dict)]

    async def delete_certificate(self, hash_data: Payload) -> None:
        """Let it trust a certificate no more, by its hash data."""
        await self.demand("DeleteCertificate", {"certificateHashData": dict(hash_data)})

    async def trusted_servers(self) -> list[str]:
        """Return the serial numbers of the roots by which it trusts servers."""
        found = await self.installed_certificates(_OF_SERVERS)
        return [text(one.get("serialNumber")) for one in found]

    async def distrust_server(self, serial: str) -> bool:
        """Delete one of these; returns whether the wallbox has it."""
        for one in await self.installed_certificates(_OF_SERVERS):
            if same_serial(text(one.get("serialNumber")), serial):
                await self.delete_certificate(one)
                return True
        return False


def same_serial(one: str, other: str) -> bool:
    """Say whether two serial numbers are the same, in hexadecimal, however written."""
    return _bare(one) == _bare(other)


def _bare(serial: str) -> str:
    return serial.replace(":", "").replace(" ", "").lstrip("0").casefold()


def _number(at: datetime) -> int:
    """Return what a request is called in the messages that follow it."""
    return int(at.timestamp())


def _reservation(connector: int) -> int:
    """Return what the reservation of a connector is called; none is called 0."""
    return connector + 1


def _without_none(parts: Mapping[str, str | None]) -> dict[str, Json]:
    return {name: part for name, part in parts.items() if part is not None}
