"""Parts of frames as the text they came in."""

import json

from hypothesis import given
from hypothesis import strategies as st
import pytest

from custom_components.meters_and_chargers.engine.protocols.ocpp.raw import (
    exchange,
    payload_of,
)

json_ = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
objects = st.dictionaries(st.text(), json_, max_size=4)


@pytest.mark.parametrize(
    ("frame", "payload"),
    [
        ('[2,"1","DataTransfer",{"data":"1.10"}]', '{"data":"1.10"}'),
        (
            '[2, "1", "DataTransfer", { "b" : 1.10,\n"a":1e2 } ]',
            '{ "b" : 1.10,\n"a":1e2 }',
        ),
        ('[3,"1",{"status":"Accepted"}]', '{"status":"Accepted"}'),
        ('[3,"]{",{"x":"]}"},7]', '{"x":"]}"}'),
        ('[3,"1"]', "{}"),
        ('[3,"1",null]', "{}"),
        ('\t[ 2,"a\\"b","X",{}]', "{}"),
    ],
)
def test_a_payload_is_cut_out_as_it_came(frame: str, payload: str) -> None:
    """Numbers, blanks and order stay as they were sent."""
    assert payload_of(frame) == payload


@pytest.mark.parametrize("frame", ["", "{}", "[2]", '[3,"1",[1]]', '[3,"1",{]'])
def test_what_holds_no_payload_is_refused(frame: str) -> None:
    """Nothing is cut out of what was never read."""
    with pytest.raises(ValueError, match=r".+"):
        payload_of(frame)


@given(objects, st.sampled_from([None, 2]))
def test_any_payload_comes_out_whole(
    payload: dict[str, object], indent: int | None
) -> None:
    """Whatever it holds, and however it is written."""
    text = json.dumps(payload, indent=indent)
    assert payload_of(f'[2,"1","X",{text}]') == text
    assert payload_of(f'[3,"1", {text} ]') == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"transactionId":7,"x":1.0}', '{"transactionId":12,"x":1.0}'),
        ('{ "x":1.0, "transactionId" :  -1 }', '{ "x":1.0, "transactionId" :  12 }'),
        ('{"x":{"transactionId":7}}', '{"x":{"transactionId":7}}'),
        ('{"x":"\\"transactionId\\":7"}', '{"x":"\\"transactionId\\":7"}'),
        ('{"transactionId":"7"}', '{"transactionId":12}'),
        (
            '{"transactionId":1,"transactionId":2}',
            '{"transactionId":1,"transactionId":12}',
        ),
        ("{}", "{}"),
    ],
)
def test_only_the_number_is_exchanged(before: str, after: str) -> None:
    """The rest of the text is the same to the letter, also what only looks alike."""
    assert exchange(before, "transactionId", 12) == after


@given(objects, objects, st.integers())
def test_any_object_keeps_its_text_around_the_number(
    first: dict[str, object], second: dict[str, object], number: int
) -> None:
    """What stands before and behind does not change."""
    parts = [json.dumps(part)[1:-1] for part in (first, second)]
    before, after = (
        "{"
        + ", ".join(
            part for part in (parts[0], f'"transactionId": {one}', parts[1]) if part
        )
        + "}"
        for one in (7, number)
    )
    if "transactionId" not in second:
        assert exchange(before, "transactionId", number) == after
