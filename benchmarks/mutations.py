"""OCPP 1.6 frames that are wrong in every way one can think of."""

from copy import deepcopy
import json
import random
from typing import Any

_AT = "2026-11-20T12:00:00Z"
_SOUND: tuple[tuple[str, dict[str, Any]], ...] = (
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
_ANSWERS: dict[str, dict[str, Any]] = {
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

    def __init__(self, seed: str) -> None:
        """Begin."""
        self.chance = random.Random(seed)  # noqa: S311 - no secret
        self._number = 0

    def frame(self) -> bytes:
        """Return a wallbox's call, mutated in one to three ways."""
        self._number += 1
        action, payload = self.chance.choice(_SOUND)
        return self._mutated([2, str(self._number), action, deepcopy(payload)])

    def answer(self, message_id: str, action: str) -> bytes:
        """Return an answer to a call, most of them mutated."""
        sound = deepcopy(_ANSWERS.get(action, {"status": "Accepted"}))
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
                other = json.dumps(self.chance.choice(_SOUND))
                return text[:begin] + other[self.chance.randrange(len(other)) :]
            case _:
                return text[:begin] + self.chance.choice(_PIECES) + text[end:]
