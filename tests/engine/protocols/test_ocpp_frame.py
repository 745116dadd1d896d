"""Frames are read with bounds and written as the standard has it."""

import json

from hypothesis import given
from hypothesis import strategies as st
import pytest

from custom_components.meters_and_chargers.engine.protocols.ocpp import Code, frame


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[2,"1","Heartbeat",{}]', frame.CallFrame("1", "Heartbeat", {})),
        ('[2,"","Heartbeat",null]', frame.CallFrame("", "Heartbeat", {})),
        (' [ 2.0 ,"a/b","X",{"y":"a\nb"}]', frame.CallFrame("a/b", "X", {"y": "a\nb"})),
        ('[3,"1",{"a":1}]', frame.ResultFrame("1", {"a": 1})),
        ('[3,"1",null,"more"]', frame.ResultFrame("1", {})),
        ('[3,"1","Accepted"]', frame.ResultFrame("1", "Accepted")),
        (
            '[4,"1","InternalError","no",{}]',
            frame.ErrorFrame("1", "InternalError", "no"),
        ),
        ('[4,"1"]', frame.ErrorFrame("1", "GenericError", "")),
        ('[4,"1",{},[]]', frame.ErrorFrame("1", "GenericError", "")),
        ('[5,"1",{}]', frame.Unknown()),
        ('[6,"1","SendAction",{}]', frame.Unknown()),
        ("[true]", frame.Unknown("-1")),
        ("[1e300]", frame.Unknown("-1")),
        ('[9,"1",{}]', frame.Unknown("1")),
    ],
)
def test_usable_frames(text: str, expected: frame.Frame) -> None:
    """What can be understood is understood."""
    assert frame.parse(text) == expected


DEEP = "[" * 10_000 + "]" * 10_000


@pytest.mark.parametrize(
    ("text", "call_id", "answer_id"),
    [
        ("", None, None),
        ("hello", None, None),
        ("{}", None, None),
        ('"text"', None, None),
        ("null", None, None),
        ("[]", None, None),
        ('["2","1","Heartbeat",{}]', None, None),
        ("[2]", None, None),
        ('[2,7,"Heartbeat",{}]', None, None),
        ('[2,null,"Heartbeat",{}]', None, None),
        (f'[2,"{"i" * 256}","Heartbeat",{{}}]', None, None),
        (f'[2,"{"i" * 256}","Heartbeat",{{"a":NaN}}]', None, None),
        ('[2,"1"]', "1", None),
        ('[2,"1","Heartbeat"]', "1", None),
        ('[2,"1","Heartbeat",{},{}]', "1", None),
        ('[2,"1",["Heartbeat"],{}]', "1", None),
        ('[2,"1",{},{}]', "1", None),
        ('[2,"1","Heartbeat",[]]', "1", None),
        ('[2,"1","Heartbeat","{}"]', "1", None),
        ('[2,"1","Heartbeat",{]', "1", None),
        ('[2,"1","Heartbeat",{"a":NaN}]', "1", None),
        ('[2,"1","Heartbeat",{"a":-Infinity}]', "1", None),
        ('[2,"1","Heartbeat",{"a":1e999}]', "1", None),
        ('[2,"1","Heartbeat",{"a":"\\ud800"}]', "1", None),
        (f'[2,"1","Heartbeat",{{"a":{"9" * 5000}}}]', "1", None),
        (f'[2,"1","Heartbeat",{DEEP}]', "1", None),
        (f'[3,"1",{DEEP}]', None, "1"),
        ('[3,"1",{]', None, "1"),
        ('[3,"1"]', None, "1"),
        ('[4,"1","InternalError",]', None, "1"),
        (DEEP, None, None),
        ("[" * 1_000_000, None, None),
        (" " * 1_000_001, None, None),
    ],
)
def test_unusable_frames(text: str, call_id: str | None, answer_id: str | None) -> None:
    """What can't be used names the call it belongs to, if it can be read."""
    found = frame.parse(text)
    assert isinstance(found, frame.Malformed)
    assert (found.call_id, found.answer_id) == (call_id, answer_id)
    assert len(found.cause) < 50


@pytest.mark.parametrize(("depth", "fits"), [(30, True), (31, False)])
def test_nesting_bound(depth: int, fits: bool) -> None:  # noqa: FBT001 - a table's column
    """The frame's own brackets count: 32 levels pass, 33 do not."""
    text = f'[2,"1","X",{{"a":{"[" * depth}{"]" * depth}}}]'
    assert isinstance(frame.parse(text), frame.CallFrame) is fits


def test_brackets_inside_strings_are_no_nesting() -> None:
    """Only real brackets count, however strings are written."""
    text = json.dumps([2, "1", "X", {"a": '[{"\\' * 100, "b": [[]] * 100}])
    assert isinstance(frame.parse(text), frame.CallFrame)


@pytest.mark.parametrize("unit", ['"', '\\"', '"\\', '[],"', '"\\"['])
def test_the_bound_is_found_in_one_pass(unit: str) -> None:
    """Strings that never end are no trap: this would take hours if quadratic."""
    text = "[" * 33 + unit * (900_000 // len(unit))
    assert isinstance(frame.parse(text), frame.Malformed)
    text = '["' + "[" * 40 + unit * (900_000 // len(unit))
    assert isinstance(frame.parse(text), frame.Malformed)


def test_long_numbers_can_be_calculated_with() -> None:
    """An integer beyond 64 bits is kept as a float, never as a huge int."""
    found = frame.parse(f'[2,"1","X",{{"a":{"9" * 300},"b":123456789012345678}}]')
    assert isinstance(found, frame.CallFrame)
    assert found.payload == {"a": pytest.approx(1e300), "b": 123456789012345678}


def test_written_frames() -> None:
    """Frames are compact, and a description is shortened to what is allowed."""
    assert (
        frame.call("1", "Reset", {"type": "Soft"}) == '[2,"1","Reset",{"type":"Soft"}]'
    )
    assert frame.result("1", {}) == '[3,"1",{}]'
    refusal = json.loads(frame.error("1", Code.FORMATION_VIOLATION, "x" * 300))
    assert refusal == [4, "1", "FormationViolation", "x" * 255, {}]


def test_error_codes_are_spelt_as_in_1_6() -> None:
    """Two of them differ from later versions."""
    assert {"FormationViolation", "OccurenceConstraintViolation"} < set(Code)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=[])),
    lambda part: st.lists(part) | st.dictionaries(st.text(), part),
)
FRAME_LIKE = st.tuples(
    st.sampled_from([2, 3, 4, 5]) | JSON, st.text() | JSON, st.text() | JSON, JSON
)


@given(st.text() | (JSON | FRAME_LIKE).map(json.dumps))
def test_reading_never_fails(text: str) -> None:
    """Whatever comes, something defined is made of it, which can be written again."""
    found = frame.parse(text)
    if isinstance(found, frame.CallFrame):
        frame.call(found.id, found.action, found.payload).encode()


NUMBERS = st.integers(-(10**16), 10**16)


@given(st.text(max_size=255), st.text(), st.dictionaries(st.text(), NUMBERS))
def test_what_is_written_can_be_read(
    message_id: str, action: str, payload: dict[str, int]
) -> None:
    """A frame survives the way there."""
    text = frame.call(message_id, action, payload)
    assert frame.parse(text) == frame.CallFrame(message_id, action, payload)
