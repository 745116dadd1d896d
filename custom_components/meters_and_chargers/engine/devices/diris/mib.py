"""The user's MIB files: what they say of a gateway's columns, traps and outputs.

SOCOMEC's own file is not public: what stands in it is taken from nowhere else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
import re
from typing import Any, Final

from ...model import Unit
from ...protocols.snmp import Trap, Value
from ...protocols.snmp.smi import Notification, SmiObject, read_smi
from .columns import DOCUMENTED, Column, Evidence
from .snmp import TABLE

_PREFIXES: Final = {
    "": 1.0,
    "m": 0.001,
    "k": 1e3,
    "M": 1e6,
    "milli": 0.001,
    "kilo": 1e3,
    "mega": 1e6,
}
_NO_UNITS: Final = {Unit.NONE, Unit.ORDINAL}
_UNITS: Final = {
    **{unit.value.lower(): unit for unit in Unit if unit not in _NO_UNITS},
    **dict.fromkeys(("amp", "amps", "ampere", "amperes"), Unit.AMPERE),
    **dict.fromkeys(("volt", "volts"), Unit.VOLT),
    **dict.fromkeys(("watt", "watts"), Unit.WATT),
    "hertz": Unit.HERTZ,
}
_WRITTEN: Final = re.compile(
    r"(?:(?P<factor>\d+(?:\.\d+)?)(?:/(?P<of>[1-9]\d*))?[ *]*)?"
    r"(?P<prefix>milli|kilo|mega|[mkM]?)(?P<unit>[a-zA-Z%]+)"
    r"(?: ?/ ?(?P<by>[1-9]\d*))?"
)
"""Such as "A", "mA", "0.1 A", "1/1000 A" and, as in the maker's tables, "A / 1000"."""
_DECIMALS: Final = re.compile(r"d(?:-(?P<places>\d))?")
"""RFC 2579, 3.1: an integer, with its decimal point so many places from the right."""

_LONGEST: Final = 200
"""Characters of a text in a trap."""
_ON_AND_OFF: Final = (
    *(("on", "off"), ("active", "inactive"), ("enabled", "disabled")),
    *(("true", "false"), ("closed", "open")),
)
"""Names of two values of which it is plain which one is on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """An object that may be written and is on or off; its values on the wire."""

    name: str
    oid: str
    """Without what names an instance: 0, or a row of its table."""
    row: bool
    on: int
    off: int


@dataclass(frozen=True, slots=True)
class Mib:
    """What a gateway's user has given; empty without any file."""

    objects: Mapping[str, SmiObject] = field(default_factory=dict)
    notifications: Mapping[str, Notification] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    """Modules that the files need and that are not among them."""

    @property
    def columns(self) -> dict[int, SmiObject]:
        """The columns of the gateway's table by their service ids."""
        below = f"{TABLE}."
        return {
            int(oid.removeprefix(below)): one
            for oid, one in self.objects.items()
            if oid.startswith(below) and oid.removeprefix(below).isdecimal()
        }

    @property
    def outputs(self) -> tuple[Output, ...]:
        """Whatever can be written and switched, by their names."""
        found = (_output(one) for one in self.objects.values() if one.writable)
        return tuple(sorted((one for one in found if one), key=lambda one: one.name))

    def object_of(self, oid: str) -> tuple[SmiObject, str] | None:
        """Return the object to which an instance belongs, and what names that."""
        parts = oid.split(".")
        for length in range(len(parts), 0, -1):
            if (one := self.objects.get(".".join(parts[:length]))) is not None:
                return one, ".".join(parts[length:])
        return None

    def said(self, trap: Trap) -> dict[str, int | float | str]:
        """Return a trap's values in the files' words; by OID what they don't name."""
        return dict(self._said(oid, value) for oid, value in trap.values)

    def _said(self, oid: str, value: Value) -> tuple[str, int | float | str]:
        text = as_text(value)
        if (found := self.object_of(oid)) is None:
            return oid, text
        one, instance = found
        name = one.name if instance in ("", "0") else f"{one.name}.{instance}"
        if isinstance(text, int):
            text = one.labels.get(text, text)
        return name, text


def as_text(value: Value) -> int | float | str:
    """Return a trap's value as a number or a text; hexadecimal what isn't readable."""
    if not isinstance(value, bytes):
        return value
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = ""
    return (text if text.isprintable() and text else value.hex())[:_LONGEST]


def read_mib(texts: Iterable[str]) -> Mib:
    """Read the user's files, as `read_smi` does and with the errors that it raises."""
    found = read_smi(texts)
    return Mib(found.objects, found.notifications, tuple(sorted(found.missing)))


def stored_mib(mib: Mib) -> dict[str, Any]:
    """Return what is kept, so that files are read once; made of JSON's types."""
    return {
        "objects": [
            # JSON knows texts alone as names.
            {**asdict(one), "labels": [*one.labels.items()]}
            for one in mib.objects.values()
        ],
        "notifications": [asdict(one) for one in mib.notifications.values()],
        "missing": [*mib.missing],
    }


def mib_of(stored: Mapping[str, Any]) -> Mib:
    """Return what `stored_mib` made."""
    objects = (
        SmiObject(**{**one, "labels": dict(map(tuple, one["labels"]))})
        for one in stored["objects"]
    )
    notifications = (Notification(**one) for one in stored["notifications"])
    return Mib(
        {one.oid: one for one in objects},
        {one.oid: one for one in notifications},
        tuple(stored["missing"]),
    )


def columns_of_mib(mib: Mib) -> dict[int, Column]:
    """Return the columns whose unit and scale the files state.

    What a column measures, only the manual says: for others than it names the scale
    alone is known. One whose unit isn't that of its quantity is left out.
    """
    columns = {}
    for service, one in mib.columns.items():
        if (written := _written(one)) is None:
            continue
        unit, scale = written
        column = DOCUMENTED.get(service, Column(service=service))
        if column.quantity is not None and column.quantity.unit is not unit:
            continue
        columns[service] = replace(
            column,
            scale=scale,
            evidence=Evidence.FILE,
            proof=f"MIB: {one.name}, UNITS {one.units}, DISPLAY-HINT {one.hint}",
        )
    return columns


def _written(one: SmiObject) -> tuple[Unit, float] | None:
    """Return the unit and scale that an object states; None for what isn't plain."""
    said = _WRITTEN.fullmatch(one.units or "")
    hint = _DECIMALS.fullmatch(one.hint or "d")
    if said is None or hint is None:
        return None
    unit = _UNITS.get(said["unit"].lower())
    if unit is None:
        return None
    scale = _PREFIXES[said["prefix"]] * float(said["factor"] or 1)
    scale /= int(said["of"] or 1) * int(said["by"] or 1)
    return unit, round(scale * 10.0 ** -int(hint["places"] or 0), 15)


def _output(one: SmiObject) -> Output | None:
    """Return the output that an object is; None where on and off aren't plain."""
    values = {label.lower(): number for number, label in one.labels.items()}
    for on, off in _ON_AND_OFF:
        if values.keys() == {on, off}:
            return Output(
                name=one.name, oid=one.oid, row=one.row, on=values[on], off=values[off]
            )
    return None
