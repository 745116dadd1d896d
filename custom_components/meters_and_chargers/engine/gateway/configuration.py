"""The settings that a backend sees: those of our own leg to it, never the charger's.

OCPP 1.6 edition 2, chapter 9. What would break the steering here can't be set.
"""

from collections.abc import Callable, Mapping
import json

from ..protocols.ocpp.scalars import text
from ..protocols.ocpp.types import Json, Payload
from .profiles import MAX_PROFILES
from .schedule import MAX_LEVEL, MAX_PERIODS

HEARTBEAT = "HeartbeatInterval"
SAMPLES = "MeterValueSampleInterval"
CLOCK = "ClockAlignedDataInterval"
STOP_INVALID = "StopTransactionOnInvalidId"
PING = "WebSocketPingInterval"

_MOST_S = 86_400
_ALIGNED = "MeterValuesAlignedData"
_FEATURES = "SupportedFeatureProfiles"
_MOST_KEYS = 50
_FIXED: Mapping[str, str] = {
    "AllowOfflineTxForUnknownId": "false",
    "AuthorizeRemoteTxRequests": "false",
    "ChargeProfileMaxStackLevel": str(MAX_LEVEL),
    "ChargingScheduleAllowedChargingRateUnit": "Current,Power",
    "ChargingScheduleMaxPeriods": str(MAX_PERIODS),
    CLOCK: "0",
    "ConnectionTimeOut": "120",
    "GetConfigurationMaxKeys": str(_MOST_KEYS),
    "LocalAuthorizeOffline": "true",
    "LocalPreAuthorize": "false",
    "MaxChargingProfilesInstalled": str(MAX_PROFILES),
    _ALIGNED: "",
    "MeterValuesSampledData": "Energy.Active.Import.Register",
    "ResetRetries": "0",
    "StopTransactionOnEVSideDisconnect": "true",
    "StopTxnAlignedData": "",
    "StopTxnSampledData": "",
    _FEATURES: "Core,SmartCharging,RemoteTrigger",
    "TransactionMessageAttempts": "5",
    "TransactionMessageRetryInterval": "60",
    "UnlockConnectorOnEVSideDisconnect": "true",
}


def _seconds(value: str) -> bool:
    return value.isdecimal() and int(value) <= _MOST_S


def _ping(value: str) -> bool:
    """Say whether a line may be asked for life so seldom; never is too seldom."""
    return _seconds(value) and int(value) > 0


def _yes_or_no(value: str) -> bool:
    return value in ("true", "false")


_SETTABLE: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    HEARTBEAT: ("300", _seconds),
    SAMPLES: ("60", _seconds),
    STOP_INVALID: ("true", _yes_or_no),
    PING: ("60", _ping),
}


class Configuration:
    """Keeps what a backend has set."""

    def __init__(self, connectors: int, *, aligns: bool = False) -> None:
        """Begin with the usual values; who ``aligns`` says some by the clock."""
        self._fixed = {**_FIXED, "NumberOfConnectors": str(connectors)}
        self._settable = {**_SETTABLE}
        if aligns:
            self._fixed[_ALIGNED] = self._fixed["MeterValuesSampledData"]
            self._settable[CLOCK] = self._fixed.pop(CLOCK), _seconds
        self._values = {key: usual for key, (usual, _) in self._settable.items()}

    def __getitem__(self, key: str) -> str:
        """Return the value of a key that can be set."""
        return self._values[key]

    def offer_reservations(self, *, offered: bool) -> None:
        """Say that the charger can be kept for a card, or no more."""
        self._fixed[_FEATURES] = _FIXED[_FEATURES] + ",Reservation" * offered

    def seconds(self, key: str) -> int:
        """Return an interval."""
        return int(self._values[key])

    def get(self, request: Payload) -> Payload:
        """Answer a GetConfiguration."""
        every: dict[str, str] = {**self._fixed, **self._values}
        named = request.get("key")
        wanted = [text(one) for one in named] if isinstance(named, list) else []
        known = [key for key in wanted if key in every] if wanted else sorted(every)
        unknown: list[Json] = [key for key in wanted if key not in every]
        answer: dict[str, Json] = {
            "configurationKey": [
                {"key": key, "readonly": key in self._fixed, "value": every[key]}
                for key in known[:_MOST_KEYS]
            ]
        }
        if unknown:
            answer["unknownKey"] = unknown[:_MOST_KEYS]
        return answer

    def change(self, request: Payload) -> str:
        """Set a key; returns the status of a ChangeConfiguration's answer."""
        key, value = text(request.get("key")), text(request.get("value"))
        if key in self._fixed:
            return "Rejected"
        if key not in self._settable:
            return "NotSupported"
        value = value.lower()
        if not self._settable[key][1](value):
            return "Rejected"
        self._values[key] = value
        return "Accepted"

    def dump(self) -> str:
        """Return what was set as one text."""
        return json.dumps(self._values)

    def load(self, dumped: str) -> None:
        """Take over what `dump` has returned."""
        for key, value in (json.loads(dumped) if dumped else {}).items():
            self.change({"key": key, "value": value})
