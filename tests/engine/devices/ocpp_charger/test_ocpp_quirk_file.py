"""The files of kinds of wallboxes, ours and an owner's, and the page about them."""

from pathlib import Path
import re

import pytest

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import (
    SHIPPED,
    Pause,
    Quirk,
    Quirks,
    QuirksError,
    read_quirks,
)
from custom_components.meters_and_chargers.engine.devices.ocpp_charger.quirks import (
    FIELDS,
    NAMES,
    parse,
)
from custom_components.meters_and_chargers.engine.model import Identity

PAGE = (Path(__file__).parents[4] / "docs" / "ocpp-wallboxes.md").read_text()


def _of(maker: str, model: str, firmware: str | None = None) -> Quirk:
    identity = Identity(
        family="ocpp_charger", serial="X", maker=maker, model=model, firmware=firmware
    )
    return Quirks(read_quirks(SHIPPED)).of(identity)


def test_each_shipped_entry_names_its_source() -> None:
    """Nothing is shipped that nobody has reported."""
    entries = read_quirks(SHIPPED)
    assert len(entries) > 5
    for entry in entries:
        assert len(entry.source) > 20, entry
        assert entry.quirk != Quirk(), entry


@pytest.mark.parametrize(
    ("maker", "model", "firmware", "known"),
    [
        ("ABB", "CDT_TACW22::NET_WIFI", "V1.8.21", Quirk(stack_level=0)),
        ("Wall Box Chargers", "Any", "6.4.14", Quirk(kind="Relative")),
        (
            "wallbox",
            "Any",
            "5.17.87",
            Quirk(
                kind="Relative",
                stack_level=0,
                leave_out=frozenset({"Current.Offered", "Power.Offered", "SoC"}),
            ),
        ),
        ("", "ACChargePoint", None, Quirk(unit="W")),
        ("", "Another", None, Quirk()),
        ("NEcharge", "", None, Quirk(steps=(6_000, 8_000, 10_000, 13_000, 16_000))),
        ("Maker", "Box", "5.1", Quirk()),
    ],
)
def test_what_is_shipped(
    maker: str, model: str, firmware: str | None, known: Quirk
) -> None:
    """By what wallboxes say of themselves; others are treated like most."""
    assert _of(maker, model, firmware) == known


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("vendor: X", 1, ""),
        ("- text", 1, ""),
        ("- model: X", 1, "vendor"),
        ("- vendor: X\n  unit: V", 2, "unit"),
        ("- vendor: X\n\n  colour: red", 3, "colour"),
        ("- vendor: X\n  phases: 3", 2, "phases"),
        ("- vendor: X\n- vendor: Y\n  purpose: Any", 3, "purpose"),
        ("- vendor: X\n  kind: relative", 2, "kind"),
        ("- vendor: X\n  stack_level: -1", 2, "stack_level"),
        ("- vendor: X\n  stack_level: high", 2, "stack_level"),
        ("- vendor: X\n  steps: 6", 2, "steps"),
        ("- vendor: X\n  steps: []", 2, "steps"),
        ("- vendor: X\n  steps: [8, 6]", 2, "steps"),
        ("- vendor: X\n  steps: [0, 6]", 2, "steps"),
        ("- vendor: X\n  steps: [6, 100]", 2, "steps"),
        ("- vendor: X\n  steps: [nan]", 2, "steps"),
        ("- vendor: X\n  steps: [inf]", 2, "steps"),
        ("- vendor: X\n  pause: never", 2, "pause"),
        ("- vendor: X\n  leave_out: SoC", 2, "leave_out"),
        ("- vendor: X\n  leave_out: [{a: b}]", 2, "leave_out"),
        ("- vendor: X\n  reply_delay: soon", 2, "reply_delay"),
        ("- vendor: X\n  ping_interval: 301", 2, "ping_interval"),
        ("- vendor: X\n  call_timeout: nan", 2, "call_timeout"),
        ("- vendor: X\n  call_timeout: 0", 2, "call_timeout"),
        ("- vendor: X\n  reply_delay: 6", 2, "reply_delay"),
        ("- vendor: X\n  vendor: Y", 2, "vendor"),
        ("- vendor: [X]", 1, "vendor"),
        ("- vendor: X\n  ? [a]\n  : b", 2, ""),
        ("- vendor: X\n\tunit: A", 2, ""),
        ("- vendor: X\n  unit: 'A", 2, ""),
        ("- vendor: X\n  unit: !x &a *a", 2, ""),
        ("- " * 3000, 1, ""),
    ],
)
def test_errors_name_their_place(text: str, line: int, field: str) -> None:
    """Where the file is wrong, and in which field, whatever is in it."""
    with pytest.raises(QuirksError) as caught:
        parse(text)
    if text.startswith("- - "):
        return  # as deep as the reader goes
    assert (caught.value.line, caught.value.field) == (line, field)


@pytest.mark.parametrize("text", ["", "# nothing\n", "[]"])
def test_an_empty_file_says_nothing(text: str) -> None:
    """That is no error."""
    assert parse(text) == ()


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    """Is an error of the file."""
    path = tmp_path / "quirks.yaml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(QuirksError):
        read_quirks(path)


def test_the_page_explains_each_field() -> None:
    """All that an entry can say, and nothing else, with the example it shows."""
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert tuple(rows) == (*NAMES, *FIELDS)
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    first, second = parse(example)
    assert first.quirk == Quirk(
        unit="W",
        phases=True,
        stack_level=0,
        steps=(6_000, 8_000, 10_000, 13_000, 16_000),
    )
    assert second.quirk == Quirk(
        kind="Relative",
        pause=Pause.MINIMUM,
        leave_out=frozenset({"Current.Offered", "SoC"}),
        reply_delay=1,
        ping_interval=0,
        call_timeout=90,
    )


@pytest.mark.parametrize("field", ["unit", "phases", "purpose", "kind", "pause"])
def test_each_word_on_the_page_is_taken(field: str) -> None:
    """And none that the page does not name."""
    (row,) = re.findall(rf"^\| `{field}` \| (.*?) \|", PAGE, re.MULTILINE)
    words = re.findall(r"`(\w+)`", row)
    assert len(words) > 1
    for word in words:
        parse(f"- vendor: X\n  {field}: {word}")
