"""The last frames of a wallbox: bounded, in order, and without a name in them."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from ocpp_wallbox import Doors
import pytest

from custom_components.meters_and_chargers.engine.protocols.ocpp import (
    Server,
    Trace,
    server,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp.redact import (
    Redaction,
)
from custom_components.meters_and_chargers.engine.protocols.ocpp.trace import (
    MAX_CHARACTERS,
    MAX_FRAMES,
)

WHO = "Q7xSomebodyq7"

ACTIONS = ("Authorize", "StartTransaction", "MeterValues", "DataTransfer", "Vendor")
HIDDEN = (
    "idTag",
    "parentIdTag",
    "chargePointSerialNumber",
    "chargeBoxSerialNumber",
    "meterSerialNumber",
    "iccid",
    "imsi",
    "data",
    "info",
    "vendorId",
    "location",
    "uploadUrl",
    "password",
    "AuthorizationKey",
)
NESTED = ("idTagInfo", "meterValue", "sampledValue", "csChargingProfiles", "other")


def shown(*frame: Any, incoming: bool = True) -> str:
    """Return a frame as diagnostics show it."""
    return Redaction().text(json.dumps(frame), incoming=incoming)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (
            [2, "SN1234-7", "StartTransaction", {"connectorId": 1, "idTag": "04AF"}],
            '[2,"w1","StartTransaction",{"connectorId":1,"idTag":"REDACTED"}]',
        ),
        (
            [3, "1", {"idTagInfo": {"status": "Accepted", "parentIdTag": "04AF"}}],
            '[3,"s1",{"idTagInfo":{"status":"Accepted","parentIdTag":"REDACTED"}}]',
        ),
        ([4, "1", "GenericError", "card 04AF", {"card": 1}], None),
        ([4, "1", "04AF", "", {}], '[4,"s1","REDACTED","",{}]'),
        (
            [2, "1", "ChangeConfiguration", {"key": "AuthorizationKey", "value": "pw"}],
            '[2,"w1","ChangeConfiguration",{"key":"AuthorizationKey","value":"REDACTED"}]',
        ),
        (
            [2, "1", "ChangeConfiguration", {"key": "HeartbeatInterval", "value": "6"}],
            '[2,"w1","ChangeConfiguration",{"key":"HeartbeatInterval","value":"6"}]',
        ),
        (
            [3, "1", {"configurationKey": [{"key": "WifiPsk", "readonly": True}]}],
            '[3,"s1",{"configurationKey":[{"key":"WifiPsk","readonly":true}]}]',
        ),
        (
            [2, "1", "GetConfiguration", {"key": ["NumberOfConnectors", 3]}],
            '[2,"w1","GetConfiguration",{"key":["NumberOfConnectors"]}]',
        ),
        (
            [2, "1", "StatusNotification", {"errorCode": "NoError", "id": 7}],
            (
                '[2,"w1","StatusNotification",'
                '{"errorCode":"NoError","REDACTED 2":"REDACTED"}]'
            ),
        ),
        (
            [2, "1", "MeterValues", {"sampledValue": [{"value": "-3.5", "unit": "A"}]}],
            '[2,"w1","MeterValues",{"sampledValue":[{"value":"-3.5","unit":"A"}]}]',
        ),
        (
            [2, "1", "MeterValues", {"sampledValue": [{"value": "signed 04AF"}]}],
            '[2,"w1","MeterValues",{"sampledValue":[{"value":"REDACTED"}]}]',
        ),
        (
            [2, "1", "GetDiagnostics", {"location": "ftp://me:pw@host"}],
            '[2,"w1","GetDiagnostics",{"location":"REDACTED"}]',
        ),
        (
            [2, "1", "MeterValues", {"location": "Outlet", "key": 5}],
            '[2,"w1","MeterValues",{"location":"Outlet","key":"REDACTED"}]',
        ),
        (
            [2, "1", "GetLog", {"log": {"remoteLocation": "ftp://04AF"}}],
            '[2,"w1","GetLog",{"log":{"remoteLocation":"REDACTED"}}]',
        ),
        (
            [2, "1", "SignCertificate", {"csr": "04AF"}],
            '[2,"w1","SignCertificate",{"csr":"REDACTED"}]',
        ),
        (
            [
                2,
                "1",
                "SignedUpdateFirmware",
                {"requestId": 5, "firmware": {"signature": "04AF"}},
            ],
            (
                '[2,"w1","SignedUpdateFirmware",'
                '{"requestId":5,"firmware":{"signature":"REDACTED"}}]'
            ),
        ),
        ([2, "1", "My Garage", {}], '[2,"w1","REDACTED",{}]'),
    ],
)
def test_what_is_shown(frame: list[Any], expected: str | None) -> None:
    """Known fields of known form; everything else only that it was there."""
    text = shown(*frame)
    assert "04AF" not in text
    if expected is not None:
        assert text == expected


def test_a_known_secret_is_nowhere() -> None:
    """A model that holds the serial number, or the id the wallbox dials with."""
    payload = {"chargePointModel": "Box garage1 S", "chargePointVendor": "Maker"}
    text = json.dumps([2, "1", "BootNotification", payload])
    found = Redaction("GARAGE1", "").text(text, incoming=True)
    assert "garage1" not in found
    assert "Maker" in found


@pytest.mark.parametrize("text", ["04AF", "[2,", '[9,"04AF"]', '[2,"1",5,{}]'])
def test_an_unusable_frame_is_told_by_its_length(text: str) -> None:
    """Nobody knows what stands where in it."""
    found = Redaction().text(text, incoming=True)
    assert "04AF" not in found
    assert f"{len(text)} characters" in found


def test_an_answer_keeps_the_id_of_its_call() -> None:
    """A call of ours and one of the wallbox with the same id are two."""
    redaction = Redaction()
    texts = [
        redaction.text(json.dumps(frame), incoming=incoming)
        for frame, incoming in (
            ([2, "7", "Heartbeat", {}], True),
            ([3, "7", {}], False),
            ([2, "7", "Reset", {"type": "Soft"}], False),
            ([3, "7", {"status": "Accepted"}], True),
        )
    ]
    assert [json.loads(text)[1] for text in texts] == ["w1", "w1", "s2", "s2"]


LEAVES = st.sampled_from((WHO, f" {WHO}", 1, 2.5, True, None, "Accepted"))
PAYLOADS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from((*HIDDEN, *NESTED, WHO, "vendor field")),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@given(
    kind=st.sampled_from((2, 3, 4)),
    action=st.sampled_from((*ACTIONS, WHO)),
    payload=PAYLOADS,
    incoming=st.booleans(),
)
def test_a_secret_never_appears(
    kind: int,
    action: str,
    payload: Any,
    *,
    incoming: bool,
) -> None:
    """At any depth, under any name that is not known, as a name, in an error."""
    rest = [payload] if kind == 3 else [action, payload]
    text = json.dumps([kind, WHO, *rest])
    assert WHO.casefold() not in Redaction().text(text, incoming=incoming).casefold()


def test_the_last_frames_are_kept_in_order() -> None:
    """As many each way as are kept, whoever sends more."""
    trace = Trace()
    for number in range(200):
        trace.took(f'[2,"{number}","Heartbeat",{{}}]')
        if number < 3:
            trace.gave(f'[3,"{number}",{{}}]')
    frames = trace.frames()
    ways = [one["way"] for one in frames]
    assert (ways.count("in"), ways.count("out")) == (MAX_FRAMES, 3)
    assert ways[:3] == ["out"] * 3
    assert (trace.received, trace.sent) == (200, 3)
    times = [one["at_s"] for one in frames]
    assert times == sorted(times)


def test_any_text_is_kept() -> None:
    """Also one that is no Unicode, and one of which nothing is known in advance."""
    trace = Trace()
    for text in ("", "\ud800", "\0ü€" * 1000, '[3,"1",{"status":"Accepted"}]'):
        trace.took(text)
    assert len(trace.frames()) == 4
    assert '"Accepted"' in str(trace.frames()[-1]["frame"])


def test_long_frames_leave_room() -> None:
    """The memory of a wallbox is bounded by characters too."""
    trace = Trace()
    for _ in range(20):
        trace.took("x" * (MAX_CHARACTERS // 4))
    assert len(trace.frames()) == 4
    trace.took("x" * (MAX_CHARACTERS + 1))
    assert trace.frames() == []


def test_who_is_gone_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server keeps the frames of so many wallboxes, the connected ones first."""
    monkeypatch.setattr(server, "_MAX_TRACED", 2)
    listener = Server(Doors(), "127.0.0.1", 0)
    for charger_id in ("one", "two", "three"):
        listener._begin_trace(charger_id).took("[]")
    assert [listener.trace(key).received for key in ("one", "two", "three")] == [
        *(0, 1, 1),
    ]
    assert listener._begin_trace("three").connections == 2
