"""A simulated wallbox's upkeep: firmware, logs, its list of cards, reservations."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from ocpp.exceptions import NotImplementedError as NotThere  # type: ignore[import-untyped]
from ocpp.routing import on  # type: ignore[import-untyped]  # has no types
from ocpp.v16 import call, call_result  # type: ignore[import-untyped]

from .charge_point_line import Message

if TYPE_CHECKING:
    from .charge_point import ChargePoint

_ACCEPTED, _REJECTED = "Accepted", "Rejected"
_INSTALLED = ("Downloaded", "Installing", "Installed")


def answers[F: Callable[..., Any]](action: str) -> Callable[[F], F]:
    """Mark a method as what answers an action; gives the library's mark a type."""
    return cast("Callable[[F], F]", on(action))


@dataclass(slots=True)
class Upkeep:
    """What a wallbox keeps besides its transactions."""

    version: str = "1.6.0"
    """Its firmware; a new one is called as the file it came in."""
    download_fails: bool = False
    acts_after_restart: bool = False
    """Whether it says of a setting that it acts only after a restart."""
    knows_diagnostics: bool = True
    """Whether it knows the older of the two messages that ask for a log."""
    uploads: list[str] = field(default_factory=list)
    """Where it put its logs."""
    list_version: int = 0
    cards: dict[str, Any] = field(default_factory=dict)
    """Its list of cards: tag to what is known of it."""
    cache_cleared: int = 0
    reservations: dict[int, tuple[int, str]] = field(default_factory=dict)
    """Connector and tag by number."""
    certificates: dict[str, list[str]] = field(default_factory=dict)
    """PEM by use; its own is under an empty text."""


class UpkeepAnswers:
    """Answers what is asked of a wallbox besides charging."""

    _box: ChargePoint

    def _then(self, act: Callable[..., object], *values: object, **more: object) -> str:
        """Do something after the answer, which is yes."""
        raise NotImplementedError

    # -- firmware and logs ----------------------------------------------------

    @answers("UpdateFirmware")
    def update_firmware(self, location: str, **_: object) -> Any:
        """Fetch and install a firmware."""
        self._then(self._install, location, call.FirmwareStatusNotification)
        return call_result.UpdateFirmware()

    @answers("SignedUpdateFirmware")
    def signed_update_firmware(
        self, firmware: dict[str, Any], request_id: int, **_: object
    ) -> Any:
        """Fetch and install a firmware whose certificate looks like one."""
        if "BEGIN CERTIFICATE" not in firmware["signing_certificate"]:
            return call_result.SignedUpdateFirmware("InvalidCertificate")

        def notification(status: str) -> Any:
            return call.SignedFirmwareStatusNotification(status, request_id)

        status = self._then(self._install, firmware["location"], notification)
        return call_result.SignedUpdateFirmware(status)

    def _install(self, location: str, notification: Callable[[str], Any]) -> None:
        box = self._box
        fails = box.upkeep.download_fails
        steps = ["Downloading", *(["DownloadFailed"] if fails else _INSTALLED)]
        for step in steps:
            self._say(notification, step)
        if not fails:
            box.upkeep.version = PurePosixPath(urlsplit(location).path).stem
            box.line.reboot(at_once=False)

    @answers("GetDiagnostics")
    def get_diagnostics(self, location: str, **_: object) -> Any:
        """Upload a log."""
        if not self._box.upkeep.knows_diagnostics:
            raise NotThere
        self._then(self._upload, location, call.DiagnosticsStatusNotification)
        return call_result.GetDiagnostics("diagnostics.zip")

    @answers("GetLog")
    def get_log(self, log: dict[str, Any], log_type: str, request_id: int) -> Any:
        """Upload a log of one kind."""

        def notification(status: str) -> Any:
            return call.LogStatusNotification(status, request_id)

        location = log["remote_location"]
        status = self._then(self._upload, location, notification)
        return call_result.GetLog(status, f"{log_type}.zip")

    def _upload(self, location: str, notification: Callable[[str], Any]) -> None:
        self._box.upkeep.uploads.append(location)
        for step in ("Uploading", "Uploaded"):
            self._say(notification, step)

    def _say(self, notification: Callable[[str], Any], status: str) -> None:
        self._box.line.say(Message(lambda: notification(status), kept=True))

    # -- cards and reservations -----------------------------------------------

    @answers("GetLocalListVersion")
    def get_local_list_version(self) -> Any:
        """Tell which list of cards is kept."""
        return call_result.GetLocalListVersion(self._box.upkeep.list_version)

    @answers("SendLocalList")
    def send_local_list(
        self,
        list_version: int,
        update_type: str,
        local_authorization_list: list[dict[str, Any]] | None = None,
    ) -> Any:
        """Take a list of cards, or changes to it that are newer."""
        upkeep = self._box.upkeep
        if update_type == "Full":
            upkeep.cards.clear()
        elif list_version <= upkeep.list_version:
            return call_result.SendLocalList("VersionMismatch")
        for card in local_authorization_list or ():
            upkeep.cards[card["id_tag"]] = card.get("id_tag_info")
        upkeep.list_version = list_version
        return call_result.SendLocalList(_ACCEPTED)

    @answers("ClearCache")
    def clear_cache(self) -> Any:
        """Forget the cards that were accepted before."""
        self._box.upkeep.cache_cleared += 1
        return call_result.ClearCache(_ACCEPTED)

    @answers("ReserveNow")
    def reserve_now(
        self,
        connector_id: int,
        expiry_date: str,
        id_tag: str,
        reservation_id: int,
        **_: object,
    ) -> Any:
        """Keep the connector for a card as long as nobody charges."""
        box = self._box
        if datetime.fromisoformat(expiry_date) <= datetime.now(UTC):
            return call_result.ReserveNow(_REJECTED)
        if box.transaction is not None:
            return call_result.ReserveNow("Occupied")
        box.upkeep.reservations[reservation_id] = connector_id, id_tag
        self._then(box.report)
        return call_result.ReserveNow(_ACCEPTED)

    @answers("CancelReservation")
    def cancel_reservation(self, reservation_id: int) -> Any:
        """Keep the connector for nobody."""
        found = self._box.upkeep.reservations.pop(reservation_id, None)
        status = _REJECTED if found is None else self._then(self._box.report)
        return call_result.CancelReservation(status)

    @answers("GetCompositeSchedule")
    def get_composite_schedule(
        self, connector_id: int, duration: int, charging_rate_unit: str = "A"
    ) -> Any:
        """Tell what the car may have now, as if nothing changed."""
        box = self._box
        factor = 1 if charging_rate_unit == "A" else 230 * box.car.phases
        limit = round(box.allowed_a * factor, 1)
        return call_result.GetCompositeSchedule(
            _ACCEPTED,
            connector_id,
            box.now.isoformat(),
            {
                "duration": duration,
                "charging_rate_unit": charging_rate_unit,
                "charging_schedule_period": [{"start_period": 0, "limit": limit}],
            },
        )

    # -- certificates ---------------------------------------------------------

    @answers("GetInstalledCertificateIds")
    def get_installed_certificate_ids(self, certificate_type: str) -> Any:
        """Tell what is trusted."""
        kept = self._box.upkeep.certificates.get(certificate_type)
        if not kept:
            return call_result.GetInstalledCertificateIds("NotFound")
        known = [
            {
                "hash_algorithm": "SHA256",
                "issuer_name_hash": "00",
                "issuer_key_hash": "00",
                "serial_number": f"{number}",
            }
            for number in range(len(kept))
        ]
        return call_result.GetInstalledCertificateIds(_ACCEPTED, known)

    @answers("DeleteCertificate")
    def delete_certificate(self, certificate_hash_data: dict[str, Any]) -> Any:
        """Trust a certificate no more."""
        number = int(certificate_hash_data["serial_number"])
        for kept in self._box.upkeep.certificates.values():
            if number < len(kept):
                del kept[number]
                return call_result.DeleteCertificate(_ACCEPTED)
        return call_result.DeleteCertificate("NotFound")
