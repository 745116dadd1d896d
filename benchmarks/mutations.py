"""Frames of OCPP 1.6 and 2.0.1 that are wrong in every way one can think of."""

from copy import deepcopy
import json
import random
from typing import Any

_AT = "2026-11-20T12:00:00Z"
type _Frames = tuple[tuple[str, dict[str, Any]], ...]
type _Answers = dict[str, dict[str, Any]]

_SOUND: _Frames = (
    ("BootNotification", {"chargePointVendor": "Maker", "chargePointModel": "One"}),
    ("Heartbeat", {}),
    ("Authorize", {"idTag": "04AABBCC"}),
    (
        "StatusNotification",
        {
            "connectorId": 1,
            "errorCode": "NoError",
            "status": "Charging",
            "timestamp": _AT,
        },
    ),
    (
        "StartTransaction",
        {"connectorId": 1, "idTag": "04AABBCC", "meterStart": 5, "timestamp": _AT},
    ),
    (
        "MeterValues",
        {
            "connectorId": 1,
            "transactionId": 3,
            "meterValue": [
                {
                    "timestamp": _AT,
                    "sampledValue": [
                        {"value": "1234.5"},
                        {
                            "value": "16.0",
                            "measurand": "Current.Import",
                            "phase": "L1",
                            "unit": "A",
                            "context": "Sample.Periodic",
                        },
                        {"value": "AB", "format": "SignedData"},
                    ],
                }
            ],
        },
    ),
    # Without their times these are of now.
    ("StartTransaction", {"connectorId": 2, "idTag": "04AABBCC", "meterStart": 5}),
    (
        "MeterValues",
        {"connectorId": 1, "meterValue": [{"sampledValue": [{"value": "1234.5"}]}]},
    ),
    (
        "StopTransaction",
        {"transactionId": 3, "meterStop": 9, "timestamp": _AT, "reason": "Local"},
    ),
    ("DataTransfer", {"vendorId": "Maker", "messageId": "M", "data": "{}"}),
    ("FirmwareStatusNotification", {"status": "Idle"}),
    ("DiagnosticsStatusNotification", {"status": "Idle"}),
    ("SecurityEventNotification", {"type": "SettingSystemTime", "timestamp": _AT}),
)
_ANSWERS: _Answers = {
    "GetConfiguration": {
        "configurationKey": [
            {"key": "MeterValueSampleInterval", "readonly": False, "value": "10"},
            {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
            {"key": "ChargeProfileMaxStackLevel", "readonly": True, "value": "8"},
        ],
        "unknownKey": ["Nothing"],
    },
    "GetCompositeSchedule": {
        "status": "Accepted",
        "connectorId": 1,
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0}],
        },
    },
}
_MEASURED = {
    "timestamp": _AT,
    "sampledValue": [
        {"value": 1234.5, "unitOfMeasure": {"unit": "Wh", "multiplier": 0}},
        {
            "value": 16.0,
            "measurand": "Current.Import",
            "phase": "L1",
            "context": "Sample.Periodic",
            "signedMeterValue": {
                "signedMeterData": "AB",
                "signingMethod": "",
                "encodingMethod": "OCMF",
                "publicKey": "",
            },
        },
    ],
}
_CARD = {"idToken": "04AABBCC", "type": "ISO14443"}
_EVSE = {"id": 1, "connectorId": 1}


def _event(kind: str, trigger: str, number: int, state: str) -> dict[str, Any]:
    return {
        "eventType": kind,
        "timestamp": _AT,
        "triggerReason": trigger,
        "seqNo": number,
        "offline": True,
        "transactionInfo": {
            "transactionId": "tx-1",
            "chargingState": state,
            "remoteStartId": 1,
        },
        "evse": _EVSE,
        "idToken": _CARD,
        "meterValue": [_MEASURED],
    }


_SOUND_2: _Frames = (
    (
        "BootNotification",
        {
            "reason": "PowerUp",
            "chargingStation": {"vendorName": "Maker", "model": "Two"},
        },
    ),
    ("Heartbeat", {}),
    ("Authorize", {"idToken": _CARD}),
    (
        "StatusNotification",
        {
            "timestamp": _AT,
            "connectorStatus": "Occupied",
            "evseId": 1,
            "connectorId": 1,
        },
    ),
    ("TransactionEvent", _event("Started", "CablePluggedIn", 0, "EVConnected")),
    ("TransactionEvent", _event("Updated", "Authorized", 1, "Charging")),
    ("TransactionEvent", _event("Updated", "MeterValuePeriodic", 2, "SuspendedEV")),
    ("TransactionEvent", _event("Ended", "EVDeparted", 3, "Idle")),
    ("MeterValues", {"evseId": 1, "meterValue": [_MEASURED]}),
    (
        "NotifyReport",
        {
            "requestId": 1,
            "generatedAt": _AT,
            "seqNo": 0,
            "tbc": True,
            "reportData": [
                {
                    "component": {"name": "SmartChargingCtrlr", "evse": _EVSE},
                    "variable": {"name": "ProfileStackLevel"},
                    "variableAttribute": [{"type": "Actual", "value": "8"}],
                    "variableCharacteristics": {
                        "dataType": "integer",
                        "supportsMonitoring": False,
                    },
                }
            ],
        },
    ),
    (
        "NotifyEvent",
        {
            "generatedAt": _AT,
            "seqNo": 0,
            "eventData": [
                {
                    "eventId": 1,
                    "timestamp": _AT,
                    "trigger": "Alerting",
                    "actualValue": "true",
                    "eventNotificationType": "HardWiredNotification",
                    "component": {"name": "Connector", "evse": _EVSE},
                    "variable": {"name": "Problem"},
                }
            ],
        },
    ),
    ("DataTransfer", {"vendorId": "Maker", "messageId": "M", "data": {"a": [1]}}),
    ("FirmwareStatusNotification", {"status": "Idle", "requestId": 1}),
    ("LogStatusNotification", {"status": "Idle", "requestId": 1}),
    ("SecurityEventNotification", {"type": "SettingSystemTime", "timestamp": _AT}),
    (
        "ReportChargingProfiles",
        {
            "requestId": 1,
            "chargingLimitSource": "CSO",
            "evseId": 1,
            "chargingProfile": [
                {
                    "id": 1,
                    "stackLevel": 0,
                    "chargingProfilePurpose": "TxDefaultProfile",
                    "chargingProfileKind": "Absolute",
                    "chargingSchedule": [
                        {
                            "id": 1,
                            "chargingRateUnit": "A",
                            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 9}],
                        }
                    ],
                }
            ],
        },
    ),
)
_ANSWERS_2: _Answers = {
    "GetVariables": {
        "getVariableResult": [
            {
                "attributeStatus": "Accepted",
                "attributeType": "Actual",
                "attributeValue": value,
                "component": {"name": component},
                "variable": {"name": variable},
            }
            for component, variable, value in (
                ("SmartChargingCtrlr", "ProfileStackLevel", "8"),
                ("SmartChargingCtrlr", "RateUnit", "A,W"),
                ("SmartChargingCtrlr", "PeriodsPerSchedule", "24"),
            )
        ]
    },
    "SetVariables": {
        "setVariableResult": [
            {
                "attributeStatus": "Accepted",
                "component": {"name": "SampledDataCtrlr"},
                "variable": {"name": "TxUpdatedInterval"},
            }
        ]
    },
    "GetTransactionStatus": {"ongoingIndicator": True, "messagesInQueue": False},
}
_KNOWN: dict[str, tuple[_Frames, _Answers]] = {
    "ocpp1.6": (_SOUND, _ANSWERS),
    "ocpp2.0.1": (_SOUND_2, _ANSWERS_2),
}
PROTOCOLS = tuple(_KNOWN)
_ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 3, 4, 99, 2**31, 2**53 + 1, -(2**63), 10**40),
    *(0.1, -0.0, 1e308, 5e-324, "", " ", "-1", "NaN", "1e999", "١٢", "\x00", "\n"),
    *("x" * 300, "\ud800", "😀", "Infinity", "0x10", "2026-11-20", "9999-12-31T23:59Z"),
    *("0001-01-01T00:00:00+14:00", "2026-02-30T12:00:00Z", _AT),
    *([], {}, [[]], {"": {}}, [None] * 50, {"value": []}, [{"sampledValue": {}}]),
)
_PIECES = (
    *("[", "]", "{", "}", '"', ",", ":", "\\", "\\u", "\\ud800", "\\u0000", "NaN"),
    *("-", "e9999", "9" * 30, "null", "true", "\t", "\x00", "\x7f", "é", "😀", "//"),
    *("[" * 40, '{"a":' * 40, '"' * 3, "Infinity", "1e", "'", "\ufeff", "0" * 5000),
)


class Mutations:
    """Makes nonsense of sound frames, the same for the same seed."""

    def __init__(self, seed: str, protocol: str) -> None:
        """Begin with the sound frames of a version."""
        self._sound, self._answers = _KNOWN[protocol]
        self.chance = random.Random(seed)  # noqa: S311 - no secret
        self._number = 0

    def frame(self) -> bytes:
        """Return a wallbox's call, mutated in one to three ways."""
        self._number += 1
        action, payload = self.chance.choice(self._sound)
        return self._mutated([2, str(self._number), action, deepcopy(payload)])

    def answer(self, message_id: str, action: str) -> bytes:
        """Return an answer to a call, most of them mutated."""
        sound = deepcopy(self._answers.get(action, {"status": "Accepted"}))
        message = [3, message_id, sound]
        kind = self.chance.randrange(10)
        if kind == 0:
            return json.dumps(message).encode()
        if kind == 1:
            return self._mutated([4, message_id, "InternalError", "no", {}])
        return self._mutated(message)

    def broken(self, frame: bytes) -> bytes:
        """Return a WebSocket frame with wrong bytes in its head or its text."""
        wrong = bytearray(frame)
        for _ in range(self.chance.randint(1, 4)):
            wrong[self.chance.randrange(min(len(wrong), 16))] = self.chance.randrange(
                256
            )
        return bytes(wrong)

    def _mutated(self, message: list[Any]) -> bytes:
        for _ in range(self.chance.randint(0, 2)):
            self._change(message)
        text = json.dumps(message, ensure_ascii=self.chance.choice((True, False)))
        if self.chance.randrange(2):
            for _ in range(self.chance.randint(1, 3)):
                text = self._edit(text)
        return text.encode(errors="replace")

    def _change(self, message: list[Any]) -> None:
        """Change one value, name or item somewhere in it."""
        node: Any = message
        while True:
            keys = [*node] if isinstance(node, dict) else [*range(len(node))]
            if not keys:
                return
            key = self.chance.choice(keys)
            # The whole frame is the outermost node: its payload is its last item.
            if node is message and self.chance.randrange(4):
                key = keys[-1]
            inner = node[key]
            if not isinstance(inner, (dict, list)) or not self.chance.randrange(4):
                break
            node = inner
        match self.chance.randrange(6):
            case 0:
                del node[key]
            case 1 if isinstance(node, dict):
                node[f"{key}{self.chance.choice(_PIECES)}"] = node.pop(key)
            case 1 | 2 if isinstance(node, list):
                node.extend([deepcopy(inner)] * self.chance.choice((1, 2, 100)))
            case _:
                node[key] = deepcopy(self.chance.choice(_ODD))

    def _edit(self, text: str) -> str:
        """Cut, double or insert something in the text."""
        begin, end = sorted(self.chance.randrange(len(text) + 1) for _ in range(2))
        end = min(end, begin + 50)
        match self.chance.randrange(5):
            case 0:
                return text[:begin] + text[end:] or "["
            case 1:
                return text[:end] + text[begin:]
            case 2:
                return text[: max(begin, 1)]
            case 3:
                other = json.dumps(self.chance.choice(self._sound))
                return text[:begin] + other[self.chance.randrange(len(other)) :]
            case _:
                return text[:begin] + self.chance.choice(_PIECES) + text[end:]
