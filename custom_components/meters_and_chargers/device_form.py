"""The form of a family: where it is, what only the owner knows, the rest folded."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_DEVICE, CONF_HOST, CONF_PORT
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    SerialPortSelector,
    TextSelector,
    TextSelectorConfig,
)
import voluptuous as vol

from .const import (
    CONF_BAUD_RATE,
    CONF_ENCRYPTED,
    CONF_FAMILY,
    CONF_FORMAT,
    CONF_INTERVAL,
    CONF_MAXIMUM_CURRENT,
    CONF_MEMBERS,
    CONF_MINIMUM_CURRENT,
    CONF_MORE,
    CONF_PATH,
    CONF_UNIT_ID,
)
from .engine.devices import FAMILIES
from .engine.model import PHASES, Phase, Point, Quantity, Question, Readings
from .figures import Figures
from .serial_line import BAUD_RATES, FORMATS
from .tls_flow import AUTOMATIC, CONF_ENCRYPTION, ENCRYPTION, ON

type Input = dict[str, Any]


def schema(
    family_key: str, known: Mapping[str, Any] | None = None, *, serial: bool = False
) -> vol.Schema:
    """Return the form of a family, in the network or at a serial port.

    Figures known from an account stay a choice.
    """
    family = FAMILIES[family_key]
    fields: dict[vol.Marker, object] = {}
    more: dict[vol.Marker, object] = {}
    if serial:
        fields[vol.Required(CONF_DEVICE)] = SerialPortSelector()
        # Its owner has set it in the device: none is proposed.
        fields[vol.Required(CONF_BAUD_RATE)] = choice(BAUD_RATES, "Bd")
        more[vol.Required(CONF_FORMAT, default=FORMATS[0])] = SelectSelector(
            SelectSelectorConfig(options=[*FORMATS], mode=SelectSelectorMode.DROPDOWN)
        )
    else:
        fields[vol.Required(CONF_HOST)] = TextSelector()
        port = vol.Required(CONF_PORT, default=family.transport.port)
        more[port] = integer(1, 65535)
        if family.paths:
            fields[vol.Required(CONF_PATH, default=family.paths[0])] = SelectSelector(
                SelectSelectorConfig(
                    options=[*family.paths], translation_key=f"{family_key}_path"
                )
            )
    if family.members:
        fields[vol.Required(CONF_MEMBERS)] = TextSelector(
            TextSelectorConfig(multiple=True)
        )
    fields |= question_fields(family_key, known or {})
    unit_id = vol.Required(CONF_UNIT_ID, default=family.transport.unit_id)
    more[unit_id] = integer(1, 247) if serial else integer(0, 255)
    if family.transport.tls is not None:
        more[vol.Required(CONF_ENCRYPTION, default=AUTOMATIC)] = ENCRYPTION
    fields[vol.Required(CONF_MORE)] = section(vol.Schema(more), {"collapsed": True})
    return vol.Schema(fields)


def question_fields(
    family_key: str, known: Mapping[str, Any]
) -> dict[vol.Marker, object]:
    """Return what only the owner, or an account, knows of a device."""
    fields: dict[vol.Marker, object] = {}
    for one in FAMILIES[family_key].questions:
        answer = known.get(one.key, one.default)
        fields[vol.Required(one.key, default=_typed(one, answer))] = (
            choice(sorted({*one.options, answer}), "A")
            if one.options
            else BooleanSelector()
        )
    return fields


def answered(family_key: str, user_input: Mapping[str, Any]) -> dict[str, int]:
    """Return the answers to a family's questions."""
    questions = FAMILIES[family_key].questions
    return {one.key: int(user_input[one.key]) for one in questions}


def in_words(readings: Readings, written: Figures) -> str:
    """Say what a device measures now, so that a wrong one is noticed.

    Without signs where the text around it says which way power flows.
    """
    points: dict[Point, Callable[[float], str]] = {
        Point(Quantity.POWER): written.watts,
        **{
            Point(Quantity.CURRENT, phase): partial(_current, written, phase)
            for phase in PHASES
        },
        Point(Quantity.VOLTAGE, Phase.L1): lambda value: written.number(value, 0, "V"),
    }
    said = (
        text(value)
        for point, text in points.items()
        if (value := readings.get(point)) is not None
    )
    return " · ".join(said)


def bounds_in_words(data: Mapping[str, Any]) -> str:
    """Say what a station may be told that says nothing of itself."""
    lowest, highest = data[CONF_MINIMUM_CURRENT], data[CONF_MAXIMUM_CURRENT]
    return f"{lowest}\N{EN DASH}{highest}\N{NO-BREAK SPACE}A"


def _current(written: Figures, phase: Phase, value: float) -> str:
    return f"{phase.upper()} {written.number(value, 1, 'A')}"


def choice(values: Iterable[int], unit: str) -> SelectSelector:
    """Return a choice of figures in a unit."""
    return SelectSelector(
        SelectSelectorConfig(
            options=_figures(values, unit), mode=SelectSelectorMode.DROPDOWN
        )
    )


def choice_of(*options: str, key: str) -> SelectSelector:
    """Return a choice whose words are in the translations."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[*options],
            translation_key=key,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def _figures(values: Iterable[int], unit: str) -> list[SelectOptionDict]:
    return [
        SelectOptionDict(value=str(value), label=f"{value} {unit}") for value in values
    ]


def interval_field(
    entry: ConfigEntry, intervals_s: Sequence[int]
) -> dict[vol.Marker, object]:
    """Return the question how often a device is read; s.

    Automatic is offered where a fuse may ask for more than is proposed.
    """
    options = _figures(sorted(intervals_s), "s")
    if min(intervals_s) < intervals_s[0]:
        # Its label is in the translations.
        options.insert(0, SelectOptionDict(value=AUTOMATIC, label=AUTOMATIC))
    chosen = entry.options.get(CONF_INTERVAL)
    default = options[0]["value"] if chosen is None else str(chosen)
    return {
        vol.Required(CONF_INTERVAL, default=default): SelectSelector(
            SelectSelectorConfig(
                options=options,
                mode=SelectSelectorMode.DROPDOWN,
                translation_key=CONF_INTERVAL,
            )
        )
    }


def take_interval(user_input: Mapping[str, Any], options: Input) -> None:
    """Put the chosen interval into the options; automatic is none."""
    options.pop(CONF_INTERVAL, None)
    if user_input[CONF_INTERVAL] != AUTOMATIC:
        options[CONF_INTERVAL] = int(user_input[CONF_INTERVAL])


def flat(family_key: str, user_input: Mapping[str, Any]) -> Input:
    """Turn what was typed into entry data."""
    family = FAMILIES[family_key]
    data = {
        CONF_FAMILY: family_key,
        **_place(user_input),
        CONF_UNIT_ID: user_input[CONF_MORE][CONF_UNIT_ID],
        **answered(family_key, user_input),
    }
    if family.members:
        typed = " ".join(user_input[CONF_MEMBERS]).replace(",", " ").split()
        # What stands behind a dash on the label is not part of the number.
        data[CONF_MEMBERS] = list(dict.fromkeys(one.split("-")[0] for one in typed))
    return data


def _place(user_input: Mapping[str, Any]) -> Input:
    """Return where a device is; a host has one spelling."""
    more = user_input[CONF_MORE]
    if CONF_DEVICE in user_input:
        return {
            CONF_DEVICE: user_input[CONF_DEVICE].strip(),
            CONF_BAUD_RATE: int(user_input[CONF_BAUD_RATE]),
            CONF_FORMAT: more[CONF_FORMAT],
        }
    host: str = user_input[CONF_HOST].strip().lower()
    host = host.removeprefix("http://").removeprefix("https://").split("/")[0]
    return {CONF_HOST: host, CONF_PORT: more[CONF_PORT]}


def place_of(data: Mapping[str, Any]) -> str:
    """Return where a device is, as its owner named it."""
    place: str = data.get(CONF_DEVICE) or data.get(CONF_HOST, "")
    return place


def members_are_named(data: Mapping[str, Any]) -> bool:
    """Whether there are serial numbers where a family needs them."""
    if not FAMILIES[data[CONF_FAMILY]].members:
        return True
    named: list[str] = data[CONF_MEMBERS]
    return bool(named) and all(one.isascii() and one.isdigit() for one in named)


def nested(data: Mapping[str, Any]) -> Input:
    """Turn entry data back into the form's fields."""
    questions = FAMILIES[data[CONF_FAMILY]].questions
    asked = (CONF_HOST, CONF_MEMBERS, CONF_DEVICE)
    folded = (CONF_PORT, CONF_UNIT_ID, CONF_FORMAT)
    return {
        **{key: data[key] for key in asked if key in data},
        CONF_BAUD_RATE: str(data.get(CONF_BAUD_RATE, "")),
        **{one.key: _typed(one, data.get(one.key, one.default)) for one in questions},
        CONF_MORE: {
            **{key: data[key] for key in folded if key in data},
            CONF_ENCRYPTION: ON if data.get(CONF_ENCRYPTED) else AUTOMATIC,
        },
    }


def _typed(question: Question, answer: int) -> str | bool:
    """Return an answer as it stands in the form."""
    return str(answer) if question.options else bool(answer)


def integer(lowest: int, highest: int) -> vol.All:
    """Return the field of a whole number."""
    return vol.All(
        NumberSelector(
            NumberSelectorConfig(
                min=lowest, max=highest, step=1, mode=NumberSelectorMode.BOX
            )
        ),
        vol.Coerce(int),
    )
