"""How a simulated wallbox of OCPP 2 answers what its central system asks of it."""

from collections import deque
from collections.abc import Callable
from functools import partial
import json
from typing import TYPE_CHECKING, Any

from ocpp import v21  # type: ignore[import-untyped]  # has no types
from ocpp.v201 import ChargePoint as Ocpp  # type: ignore[import-untyped]
from ocpp.v201 import call_result

from .charge_point_2_security import ORDER, SECRETS, SecurityAnswers
from .charge_point_meter import MEASURANDS
from .charge_point_profiles import DEFAULT, MAXIMUM, TRANSACTION
from .charge_point_upkeep import answers

if TYPE_CHECKING:
    from .charge_point_2 import ChargePoint2
    from .charge_point_line import Connection

VARIABLES = {
    ("OCPPCommCtrlr", "HeartbeatInterval"): "HeartbeatInterval",
    ("SampledDataCtrlr", "TxUpdatedInterval"): "MeterValueSampleInterval",
    ("SampledDataCtrlr", "TxUpdatedMeasurands"): "MeterValuesSampledData",
    ("SmartChargingCtrlr", "ProfileStackLevel"): "ChargeProfileMaxStackLevel",
    ("SmartChargingCtrlr", "RateUnit"): "ChargingScheduleAllowedChargingRateUnit",
    ("TxCtrlr", "EVConnectionTimeOut"): "ConnectionTimeOut",
    ("TxCtrlr", "StopTxOnInvalidId"): "StopTransactionOnInvalidId",
}
_WRITABLE = {
    "ConnectionTimeOut",
    "HeartbeatInterval",
    "MeterValueSampleInterval",
    "MeterValuesSampledData",
    "StopTransactionOnInvalidId",
    ORDER,
}
_ACCEPTED, _REJECTED = "Accepted", "Rejected"
_STATION_MAXIMUM = "ChargingStationMaxProfile"
_CALL = 2
_IN_A_PART = 5


class Session2(SecurityAnswers, Ocpp):  # type: ignore[misc]  # no types
    """The central system's calls on one connection."""

    def __init__(
        self, box: ChargePoint2, connection: Connection, answer_s: float
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
        while self._after:
            self._after.popleft()()

    def _then(self, act: Callable[..., object], *values: object, **more: object) -> str:
        self._after.append(partial(act, *values, **more))
        return _ACCEPTED

    # -- charging -------------------------------------------------------------

    @answers("RequestStartTransaction")
    def request_start(
        self, id_token: dict[str, Any], remote_start_id: int, **more: Any
    ) -> Any:
        """Start as soon as a car is there, unless one charges already."""
        box, profile = self._box, more.get("charging_profile")
        status = _REJECTED
        if box.ready and (profile is None or self._fits(1, _old(profile), starts=True)):
            box.remote_start = remote_start_id
            kept = None if profile is None else _old(profile)
            status = self._then(box.use, id_token["id_token"], kept)
        return call_result.RequestStartTransaction(status=status)

    @answers("RequestStopTransaction")
    def request_stop(self, transaction_id: str) -> Any:
        """Stop the transaction of this name."""
        status = _REJECTED
        if self._box.transaction_name == transaction_id:
            status = self._then(self._box.end, "Remote")
        return call_result.RequestStopTransaction(status=status)

    @answers("SetChargingProfile")
    def set_charging_profile(
        self, evse_id: int, charging_profile: dict[str, Any]
    ) -> Any:
        """Keep a profile that fits, and obey it."""
        profile = _old(charging_profile)
        status = _REJECTED
        if self._fits(evse_id, profile):
            status = self._then(self._box.limit, evse_id, profile)
        return call_result.SetChargingProfile(status=status)

    def _fits(
        self, evse: int, profile: dict[str, Any], *, starts: bool = False
    ) -> bool:
        box, schedule = self._box, profile["charging_schedule"]
        unit = {"A": "Current", "W": "Power"}[schedule["charging_rate_unit"]]
        if (
            box.reject_profiles
            or box.profiles.refuses(profile)
            or unit not in box.configuration["ChargingScheduleAllowedChargingRateUnit"]
            or profile["stack_level"]
            > int(box.configuration["ChargeProfileMaxStackLevel"])
        ):
            return False
        purpose = profile["charging_profile_purpose"]
        if purpose != TRANSACTION:
            evses = {MAXIMUM: (0,), DEFAULT: (0, 1)}[purpose]
            return not starts and evse in evses
        named = profile.get("transaction_id") == box.transaction_name
        return starts or (evse == 1 and box.transaction is not None and named)

    @answers("ClearChargingProfile")
    def clear_charging_profile(self, **which: Any) -> Any:
        """Forget profiles, and obey what is left."""
        box, criteria = self._box, which.get("charging_profile_criteria", {})
        purpose = criteria.get("charging_profile_purpose")
        cleared = box.profiles.clear(
            which.get("charging_profile_id"),
            criteria.get("evse_id"),
            MAXIMUM if purpose == _STATION_MAXIMUM else purpose,
            criteria.get("stack_level"),
        )
        status = self._then(box.obey) if cleared else "Unknown"
        return call_result.ClearChargingProfile(status=status)

    @answers("GetCompositeSchedule")
    def get_composite_schedule(self, duration: int, evse_id: int, **_: object) -> Any:
        """Tell what all profiles allow now."""
        box = self._box
        began = None if box.transaction is None else box.transaction.began
        limit = min(box.profiles.limit_a(box.now, began, box.car.phases), box.maximum_a)
        schedule = {
            "evse_id": evse_id,
            "duration": duration,
            "schedule_start": box.now.isoformat(),
            "charging_rate_unit": "A",
            "charging_schedule_period": [{"start_period": 0, "limit": limit}],
        }
        return call_result.GetCompositeSchedule(status=_ACCEPTED, schedule=schedule)

    @answers("GetChargingProfiles")
    def get_charging_profiles(self, request_id: int, **_: object) -> Any:
        """Report the profiles there are."""
        if not (kept := [_new(dict(one.profile)) for one in self._box.profiles.kept]):
            return call_result.GetChargingProfiles(status="NoProfiles")
        status = self._then(self._box.tell_profiles, request_id, kept)
        return call_result.GetChargingProfiles(status=status)

    @answers("GetTransactionStatus")
    def get_transaction_status(self, transaction_id: str | None = None) -> Any:
        """Say whether a transaction goes on, and whether anything waits."""
        goes_on = None
        if transaction_id is not None:
            goes_on = transaction_id == self._box.transaction_name
        return call_result.GetTransactionStatus(
            ongoing_indicator=goes_on, messages_in_queue=self._box.line.waiting > 0
        )

    # -- the wallbox ----------------------------------------------------------

    @answers("ChangeAvailability")
    def change_availability(self, operational_status: str, **_: object) -> Any:
        """Go out of service or into it; a running transaction goes on first."""
        box = self._box
        operative = operational_status == "Operative"
        later = box.transaction is not None and not operative
        self._then(box.set_operative, operative)
        return call_result.ChangeAvailability(
            status="Scheduled" if later else _ACCEPTED
        )

    @answers("Reset")
    def reset(self, type: str, **_: object) -> Any:  # noqa: A002 - OCPP's word
        """Boot anew."""
        return call_result.Reset(
            status=self._then(self._box.reset, hard=type == "Immediate")
        )

    @answers("UnlockConnector")
    def unlock_connector(self, evse_id: int, connector_id: int) -> Any:
        """Let the cable go, and end a transaction by it."""
        if (evse_id, connector_id) != (1, 1):
            return call_result.UnlockConnector(status="UnknownConnector")
        self._then(self._box.end, "UnlockCommand")
        return call_result.UnlockConnector(status="Unlocked")

    @answers("TriggerMessage")
    def trigger_message(
        self, requested_message: str, evse: dict[str, int] | None = None
    ) -> Any:
        """Send what is asked for; a status only of a connector that is named."""
        box = self._box
        triggers: dict[str, Callable[[], object]] = {
            "BootNotification": box.line.boot,
            "Heartbeat": box.beat,
            "MeterValues": box.tell_meter,
            "TransactionEvent": box.tell_transaction,
        }
        if box.secure:
            triggers["SignChargingStationCertificate"] = box.ask_for_certificate
        if evse is not None and "connector_id" in evse:
            triggers["StatusNotification"] = partial(box.tell_status, 1)
        if box.no_trigger or requested_message not in triggers:
            return call_result.TriggerMessage(status="NotImplemented")
        status = self._then(triggers[requested_message])
        return call_result.TriggerMessage(status=status)

    @answers("GetVariables")
    def get_variables(self, get_variable_data: list[dict[str, Any]]) -> Any:
        """Tell the values of some variables."""
        results = []
        for asked in get_variable_data:
            value = self._value(_name(asked))
            told = {"component": asked["component"], "variable": asked["variable"]}
            if value is None:
                told["attribute_status"] = "UnknownVariable"
            else:
                told |= {"attribute_status": _ACCEPTED, "attribute_value": value}
            results.append(told)
        return call_result.GetVariables(get_variable_result=results)

    @answers("SetVariables")
    def set_variables(self, set_variable_data: list[dict[str, Any]]) -> Any:
        """Take values for variables that may be written."""
        results = []
        for asked in set_variable_data:
            status = self._take(_name(asked), asked["attribute_value"])
            results.append(
                {
                    "attribute_status": status,
                    "component": asked["component"],
                    "variable": asked["variable"],
                }
            )
        return call_result.SetVariables(set_variable_result=results)

    def _value(self, name: tuple[str, str]) -> str | None:
        if name in SECRETS:
            return self._box.security.variable(SECRETS[name])
        known = VARIABLES.get(name)
        return None if known is None else self._box.configuration[known]

    def _take(self, name: tuple[str, str], value: str) -> str:
        box, known = self._box, VARIABLES.get(name)
        if name in SECRETS and box.secure:
            good = box.security.set_variable(SECRETS[name], value)
            return self._then(box.use_password, name) if good else _REJECTED
        if known is None:
            return "UnknownVariable"
        if known not in _WRITABLE or not self._good(known, value):
            return _REJECTED
        return self._then(box.configure, known, value)

    def _good(self, known: str, value: str) -> bool:
        if known == "MeterValuesSampledData":
            return set(value.split(",")) <= set(MEASURANDS)
        if self._box.configuration[known].isdecimal():
            return value.isdecimal()
        return value in ("true", "false")

    @answers("GetBaseReport")
    def get_base_report(self, request_id: int, report_base: str) -> Any:
        """Report all variables, in parts."""
        if report_base == "SummaryInventory":
            return call_result.GetBaseReport(status="NotSupported")
        box = self._box
        told: list[Any] = [
            _reported(component, variable, box.configuration[known], known)
            for (component, variable), known in VARIABLES.items()
        ]
        told.append(
            {
                **_reported(
                    "OCPPCommCtrlr", ORDER, box.security.variable(ORDER), ORDER
                ),
                "variable_characteristics": {
                    "data_type": "SequenceList",
                    "supports_monitoring": False,
                    "values_list": ",".join(map(str, box.security.choices)),
                },
            }
        )
        evse = {"name": "EVSE", "evse": {"id": 1}}
        told.append(
            {
                **_reported("EVSE", "AvailabilityState", "Available", ""),
                "component": evse,
            }
        )
        parts = [told[n : n + _IN_A_PART] for n in range(0, len(told), _IN_A_PART)]
        status = self._then(self._box.tell_report, request_id, parts)
        return call_result.GetBaseReport(status=status)

    # -- cards, firmware, logs, words -----------------------------------------

    @answers("SendLocalList")
    def send_local_list(self, version_number: int, **_: object) -> Any:
        """Take a list of cards, which it does not ask for anything."""
        self._box.local_list = version_number
        return call_result.SendLocalList(status=_ACCEPTED)

    @answers("GetLocalListVersion")
    def get_local_list_version(self) -> Any:
        """Tell which list it has."""
        return call_result.GetLocalListVersion(version_number=self._box.local_list)

    @answers("ClearCache")
    def clear_cache(self) -> Any:
        """Have nothing to forget."""
        return call_result.ClearCache(status=_ACCEPTED)

    @answers("ReserveNow")
    def reserve_now(self, **_: object) -> Any:
        """Take any reservation."""
        return call_result.ReserveNow(status=_ACCEPTED)

    @answers("CancelReservation")
    def cancel_reservation(self, reservation_id: int) -> Any:  # noqa: ARG002 - the library's call
        """Forget a reservation."""
        return call_result.CancelReservation(status=_ACCEPTED)

    @answers("UpdateFirmware")
    def update_firmware(self, **_: object) -> Any:
        """Say that it will."""
        return call_result.UpdateFirmware(status=_ACCEPTED)

    @answers("GetLog")
    def get_log(self, **_: object) -> Any:
        """Say that it will."""
        return call_result.GetLog(status=_ACCEPTED, filename="log.txt")

    @answers("CostUpdated")
    def cost_updated(self, **_: object) -> Any:
        """Take note."""
        return call_result.CostUpdated()

    @answers("SetDisplayMessage")
    def set_display_message(self, **_: object) -> Any:
        """Show it to nobody."""
        return call_result.SetDisplayMessage(status=_ACCEPTED)

    @answers("DataTransfer")
    def data_transfer(self, **_: object) -> Any:
        """Know no maker's own messages."""
        return call_result.DataTransfer(status="UnknownVendorId")


class Session21(Session2):
    """The same in OCPP 2.1: what both know."""

    _call = v21.call
    _call_result = v21.call_result
    _ocpp_version = "2.1"


def _old(profile: dict[str, Any]) -> dict[str, Any]:
    """Return a profile in the words in which the 1.6 wallbox keeps them."""
    purpose = profile["charging_profile_purpose"]
    return {
        **profile,
        "charging_profile_id": profile["id"],
        "charging_profile_purpose": MAXIMUM if purpose == _STATION_MAXIMUM else purpose,
        "charging_schedule": profile["charging_schedule"][0],
    }


def _new(kept: dict[str, Any]) -> dict[str, Any]:
    """Return a kept profile in the words in which it came."""
    kept.pop("charging_profile_id")
    purpose = kept["charging_profile_purpose"]
    return {
        **kept,
        "charging_profile_purpose": _STATION_MAXIMUM if purpose == MAXIMUM else purpose,
        "charging_schedule": [kept["charging_schedule"]],
    }


def _name(asked: dict[str, Any]) -> tuple[str, str]:
    return asked["component"]["name"], asked["variable"]["name"]


def _reported(component: str, variable: str, value: Any, known: str) -> dict[str, Any]:
    mutability = "ReadWrite" if known in _WRITABLE else "ReadOnly"
    return {
        "component": {"name": component},
        "variable": {"name": variable},
        "variable_attribute": [{"value": value, "mutability": mutability}],
    }
