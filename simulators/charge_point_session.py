"""How a simulated wallbox answers what its central system asks of it."""

from collections import deque
from collections.abc import Callable
from functools import partial
import json
from typing import TYPE_CHECKING, Any

from ocpp.exceptions import NotSupportedError  # type: ignore[import-untyped]
from ocpp.v16 import ChargePoint as Ocpp  # type: ignore[import-untyped]  # no types
from ocpp.v16 import call, call_result
from ocpp.v16.datatypes import KeyValue  # type: ignore[import-untyped]
from ocpp.v16.enums import Reason  # type: ignore[import-untyped]

from .charge_point_line import Message
from .charge_point_meter import MEASURANDS
from .charge_point_profiles import DEFAULT, MAXIMUM, TRANSACTION, Kept
from .charge_point_upkeep import UpkeepAnswers, answers

if TYPE_CHECKING:
    from .charge_point import ChargePoint
    from .charge_point_line import Connection

SWITCHES_PHASES = "ConnectorSwitch3to1PhaseSupported"
CONFIGURATION = {
    "AuthorizeRemoteTxRequests": "false",
    "ChargeProfileMaxStackLevel": "8",
    "ChargingScheduleAllowedChargingRateUnit": "Current,Power",
    "ChargingScheduleMaxPeriods": "24",
    "ConnectionTimeOut": "60",
    SWITCHES_PHASES: "false",
    "CpoName": "",
    "HeartbeatInterval": "60",
    "MaxChargingProfilesInstalled": "10",
    "MeterValueSampleInterval": "10",
    "MeterValuesSampledData": ",".join(MEASURANDS),
    "NumberOfConnectors": "1",
    "StopTransactionOnEVSideDisconnect": "true",
    "StopTransactionOnInvalidId": "true",
    "SupportedFeatureProfiles": "Core,RemoteTrigger,SmartCharging",
}
_WRITABLE = {
    "CpoName",
    "ConnectionTimeOut",
    "HeartbeatInterval",
    "MeterValueSampleInterval",
    "MeterValuesSampledData",
    "StopTransactionOnInvalidId",
}
_ACCEPTED, _REJECTED = "Accepted", "Rejected"
_CALL = 2


def _no_firmware() -> Message:
    return Message(lambda: call.FirmwareStatusNotification("Idle"), asked=True)


def _no_log() -> Message:
    return Message(lambda: call.LogStatusNotification("Idle", 0), asked=True)


class Session(UpkeepAnswers, Ocpp):  # type: ignore[misc]  # no types
    """The central system's calls on one connection."""

    def __init__(
        self, box: ChargePoint, connection: Connection, answer_s: float
    ) -> None:
        """Answer for a wallbox; what it asks itself is waited for `answer_s`."""
        super().__init__(box.identity, connection, answer_s)
        self._box = box
        self._after: deque[Callable[[], object]] = deque()

    async def route_message(self, raw_msg: str) -> None:
        """Answer a call, then do what it leads to."""
        if self._box.silent and json.loads(raw_msg)[0] == _CALL:
            return
        await super().route_message(raw_msg)
        # Now, not in the answer: nothing is to overtake it.
        while self._after:
            self._after.popleft()()

    def _then(self, act: Callable[..., object], *values: object, **more: object) -> str:
        self._after.append(partial(act, *values, **more))
        return _ACCEPTED

    @answers("RemoteStartTransaction")
    def remote_start(self, id_tag: str, **more: Any) -> Any:
        """Start as soon as a car is there, unless one charges already."""
        box, profile = self._box, more.get("charging_profile")
        status = _REJECTED
        if box.ready and (profile is None or self._fits(1, profile, starts=True)):
            status = self._then(box.use, id_tag, profile)
        return call_result.RemoteStartTransaction(status)

    @answers("RemoteStopTransaction")
    def remote_stop(self, transaction_id: int) -> Any:
        """Stop the transaction of this number."""
        running = self._box.transaction
        status = _REJECTED
        if running is not None and running.number == transaction_id:
            status = self._then(self._box.end, Reason.remote)
        return call_result.RemoteStopTransaction(status)

    @answers("SetChargingProfile")
    def set_charging_profile(
        self, connector_id: int, cs_charging_profiles: dict[str, Any]
    ) -> Any:
        """Keep a profile that fits, and obey it."""
        status = _REJECTED
        if self._fits(connector_id, cs_charging_profiles):
            status = self._then(self._box.limit, connector_id, cs_charging_profiles)
        return call_result.SetChargingProfile(status)

    def _fits(
        self, connector: int, profile: dict[str, Any], *, starts: bool = False
    ) -> bool:
        box, schedule = self._box, profile["charging_schedule"]
        unit = {"A": "Current", "W": "Power"}[schedule["charging_rate_unit"]]
        highest = int(box.configuration["ChargeProfileMaxStackLevel"])
        most = int(box.configuration["MaxChargingProfilesInstalled"])
        new = Kept(connector, profile, box.now)
        if (
            box.reject_profiles
            or box.profiles.refuses(profile)
            or (box.reject_durations and "duration" in schedule)
            or unit not in box.configuration["ChargingScheduleAllowedChargingRateUnit"]
            or profile["stack_level"] > highest
            # The key of the levels bounds the profiles of a purpose too.
            or not box.profiles.has_room(new, most, max(1, highest))
        ):
            return False
        purpose = profile["charging_profile_purpose"]
        if purpose != TRANSACTION:
            connectors = {MAXIMUM: (0,), DEFAULT: (0, 1)}[purpose]
            return not starts and connector in connectors
        if starts:
            return True
        number = profile.get("transaction_id")
        return (
            connector == 1
            and box.transaction is not None
            and number in (None, box.transaction.number)
        )

    @answers("ClearChargingProfile")
    def clear_charging_profile(self, **which: Any) -> Any:
        """Forget profiles, and obey what is left."""
        box = self._box
        cleared = box.profiles.clear(
            which.get("id"),
            which.get("connector_id"),
            which.get("charging_profile_purpose"),
            which.get("stack_level"),
        )
        status = self._then(box.obey) if cleared else "Unknown"
        return call_result.ClearChargingProfile(status)

    @answers("ChangeAvailability")
    def change_availability(self, type: str, **_: object) -> Any:  # noqa: A002 - OCPP's word
        """Go out of service or into it; a running transaction goes on first."""
        box = self._box
        operative = type == "Operative"
        later = box.transaction is not None and not operative
        self._then(box.set_operative, operative)
        return call_result.ChangeAvailability("Scheduled" if later else _ACCEPTED)

    @answers("Reset")
    def reset(self, type: str) -> Any:  # noqa: A002 - OCPP's word
        """Boot anew, with a proper end of the transaction or without."""
        return call_result.Reset(self._then(self._box.reset, hard=type == "Hard"))

    @answers("UnlockConnector")
    def unlock_connector(self, connector_id: int) -> Any:
        """Let the cable go, and end a transaction by it."""
        if connector_id != 1:
            return call_result.UnlockConnector("NotSupported")
        self._then(self._box.end, Reason.unlock_command)
        return call_result.UnlockConnector("Unlocked")

    @answers("TriggerMessage")
    def trigger_message(
        self, requested_message: str, connector_id: int | None = None
    ) -> Any:
        """Send what is asked for, right after the answer."""
        box = self._box
        triggers: dict[str, Callable[[], object]] = {
            "BootNotification": box.line.boot,
            "FirmwareStatusNotification": lambda: box.line.say(_no_firmware()),
            "Heartbeat": box.beat,
            "MeterValues": box.tell_meter,
            "StatusNotification": partial(box.tell_status, connector_id),
        }
        if box.no_trigger or requested_message not in triggers:
            return call_result.TriggerMessage("NotImplemented")
        return call_result.TriggerMessage(self._then(triggers[requested_message]))

    @answers("GetConfiguration")
    def get_configuration(self, key: list[str] | None = None) -> Any:
        """Tell all keys, or those asked for."""
        known = self._box.configuration
        return call_result.GetConfiguration(
            configuration_key=[
                KeyValue(name, name not in _WRITABLE, known[name])
                for name in key or known
                if name in known
            ],
            unknown_key=[name for name in key or () if name not in known],
        )

    @answers("ChangeConfiguration")
    def change_configuration(self, key: str, value: str) -> Any:
        """Take a value for a key that may be written."""
        box = self._box
        if key == "AuthorizationKey" and box.secure:
            return call_result.ChangeConfiguration(self._password(value))
        if key == "SecurityProfile" and box.secure:
            return call_result.ChangeConfiguration(self._profile(value))
        if key not in box.configuration:
            return call_result.ChangeConfiguration("NotSupported")
        if key == "MeterValuesSampledData":
            good = set(value.split(",")) <= set(MEASURANDS)
        elif key == "CpoName":
            good = True
        elif box.configuration[key].isdecimal():
            good = value.isdecimal()
        else:
            good = value in ("true", "false")
        if key not in _WRITABLE or not good:
            return call_result.ChangeConfiguration(_REJECTED)
        status = self._then(box.configure, key, value)
        if box.upkeep.acts_after_restart:
            status = "RebootRequired"
        return call_result.ChangeConfiguration(status)

    def _password(self, value: str) -> str:
        try:
            bytes.fromhex(value)
        except ValueError:
            return _REJECTED
        # Its present line stays; the next one needs it.
        return self._then(self._box.configure, "AuthorizationKey", value)

    def _profile(self, value: str) -> str:
        box = self._box
        if not value.isdecimal() or not box.security.try_profile(int(value)):
            return _REJECTED
        if box.stays:
            return "RebootRequired"
        return self._then(box.line.drop)

    @answers("InstallCertificate")
    def install_certificate(self, certificate_type: str, certificate: str) -> Any:
        """Trust whom a new central system is known by."""
        box = self._box
        if not box.secure:
            raise NotSupportedError
        known = certificate_type == "CentralSystemRootCertificate"
        good = known and box.security.trust(certificate)
        return call_result.InstallCertificate(_ACCEPTED if good else _REJECTED)

    @answers("ExtendedTriggerMessage")
    def extended_trigger(self, requested_message: str, **_: object) -> Any:
        """Ask for a certificate."""
        box = self._box
        if requested_message == "LogStatusNotification":
            status = self._then(box.line.say, _no_log())
            return call_result.ExtendedTriggerMessage(status)
        if not box.secure or requested_message != "SignChargePointCertificate":
            return call_result.ExtendedTriggerMessage("NotImplemented")
        return call_result.ExtendedTriggerMessage(self._then(box.ask_for_certificate))

    @answers("CertificateSigned")
    def certificate_signed(self, certificate_chain: str) -> Any:
        """Take the certificate of its key."""
        good = self._box.security.take(certificate_chain)
        return call_result.CertificateSigned(_ACCEPTED if good else _REJECTED)

    @answers("DataTransfer")
    def data_transfer(self, **_: object) -> Any:
        """Know no maker's own messages."""
        return call_result.DataTransfer("UnknownVendorId")
