"""What MIB files say: objects with their units, notifications; read by pysmi's parser.

Sources: RFC 2578 (SMIv2), RFC 2579 (textual conventions, DISPLAY-HINT), RFC 1212 and
RFC 1215 (SMIv1). Nothing is added to what the files say.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

REQUIREMENT: Final = "pysmi==2.0.0"
"""Installed when the first file is read."""
_LONGEST: Final = 2_000_000
"""Characters of all files together."""
_MOST_ARCS: Final = 128
_WRITABLE: Final = frozenset({"read-write", "read-create"})
_TRUTH: Final = {1: "true", 2: "false"}

_KNOWN: Final[Mapping[str, str]] = {
    "iso": "1",
    "org": "1.3",
    "dod": "1.3.6",
    "internet": "1.3.6.1",
    "directory": "1.3.6.1.1",
    "mgmt": "1.3.6.1.2",
    "mib-2": "1.3.6.1.2.1",
    "transmission": "1.3.6.1.2.1.10",
    "experimental": "1.3.6.1.3",
    "private": "1.3.6.1.4",
    "enterprises": "1.3.6.1.4.1",
    "security": "1.3.6.1.5",
    "snmpV2": "1.3.6.1.6",
    "snmpModules": "1.3.6.1.6.3",
}
"""The names that the standard's own modules give."""

type _Node = tuple[Any, ...]
"""A clause of a file as the parser returns it: its kind, then its parts."""


class BadMib(ValueError):
    """Files that can't be read; ``where`` is the parser's word, without their text."""

    def __init__(self, where: str) -> None:
        """Say where reading ended."""
        super().__init__(where)
        self.where = where


@dataclass(frozen=True, slots=True, kw_only=True)
class SmiObject:
    """A managed object; ``row`` says whether each row of a table has its own."""

    name: str
    oid: str
    writable: bool = False
    row: bool = False
    units: str | None = None
    hint: str | None = None
    labels: Mapping[int, str] = field(default_factory=dict)
    """Names of its values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A kind of trap."""

    name: str
    oid: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Smi:
    """Objects and notifications by their OIDs."""

    objects: Mapping[str, SmiObject] = field(default_factory=dict)
    notifications: Mapping[str, Notification] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    """Modules without which some of them have no OID."""


@dataclass(frozen=True, slots=True)
class _Syntax:
    """A type, as far as it matters here."""

    name: str
    labels: Mapping[int, str] = field(default_factory=dict)
    hint: str | None = None


@dataclass(slots=True)
class _Module:
    """One module of a file, by the names in it."""

    name: str
    imports: dict[str, str]
    """Name -> the module it comes from."""
    places: dict[str, Iterable[Any]] = field(default_factory=dict)
    """Name -> its parent and the numbers below that."""
    types: dict[str, _Syntax] = field(default_factory=dict)
    objects: list[_Node] = field(default_factory=list)
    notifications: list[_Node] = field(default_factory=list)
    rows: set[str] = field(default_factory=set)


def read_smi(texts: Iterable[str]) -> Smi:
    """Read MIB files that may need each other; takes seconds, so call it in a thread.

    Raises `BadMib` for what is no MIB or too long, ImportError without its library.
    """
    from pysmi.error import PySmiError  # noqa: PLC0415 - installed when first used
    from pysmi.parser import SmiV1CompatParser  # noqa: PLC0415 - same

    files = list(texts)
    if sum(map(len, files)) > _LONGEST:
        raise BadMib(f"> {_LONGEST} characters")
    parser = SmiV1CompatParser()
    modules: dict[str, _Module] = {}
    for number, text in enumerate(files, start=1):
        try:
            found = parser.parse(text)
        except (PySmiError, RecursionError) as err:
            raise BadMib(f"{number}: {str(err)[:80]}") from err
        for name, _, imports, clauses in found:
            modules[name] = _module(name, imports or {}, clauses or ())
    if not modules:
        raise BadMib("0")
    return _Reader(modules).smi()


def _module(
    name: str, imports: Mapping[str, Iterable[str]], clauses: Iterable[_Node]
) -> _Module:
    """Sort what a module declares."""
    module = _Module(
        name, {one: source for source, names in imports.items() for one in names}
    )
    for clause in filter(None, clauses):
        kind, named = clause[:2]
        place = clause[-1]
        if kind == "trapTypeClause":
            # RFC 3584, 3.1: the same as a notification below its enterprise's 0.
            module.places[named] = (*clause[2][1], 0, place)
            module.notifications.append(clause)
        elif kind == "typeDeclaration":
            module.types[named] = _declared(clause[2])
        elif isinstance(place, tuple) and place[0] == "objectIdentifier":
            module.places[named] = place[1]
            if kind == "notificationTypeClause":
                module.notifications.append(clause)
            elif kind == "objectTypeClause":
                module.objects.append(clause)
                if clause[8] or clause[9]:  # AUGMENTS or INDEX
                    module.rows.add(named)
    return module


def _declared(declared: _Node) -> _Syntax:
    """Return a type, or a textual convention with its hint."""
    syntax = _syntax(declared[-1])
    hints = (one[1] for one in declared if one and one[0] == "DISPLAY-HINT")
    return _Syntax(syntax.name, syntax.labels, next(hints, None))


def _syntax(node: _Node) -> _Syntax:
    labels = {
        number: label
        for part in node[2:]
        if part and part[0] == "enumSpec"
        for label, number in part[1]
    }
    name = node[1] if isinstance(node[1], str) else ""
    return _Syntax(name, labels)


class _Reader:
    """Finds out what names of modules stand for."""

    def __init__(self, modules: Mapping[str, _Module]) -> None:
        self._modules = modules
        self._missing: set[str] = set()

    def smi(self) -> Smi:
        """Return all that has an OID."""
        objects: dict[str, SmiObject] = {}
        notifications: dict[str, Notification] = {}
        for module in self._modules.values():
            for node in module.objects:
                if oid := self._oid(module, node[1]):
                    objects[oid] = self._object(module, node, oid)
            for node in module.notifications:
                if oid := self._oid(module, node[1]):
                    notifications[oid] = Notification(
                        name=node[1], oid=oid, description=_said(node, "DESCRIPTION")
                    )
        return Smi(objects, notifications, frozenset(self._missing))

    def _object(self, module: _Module, node: _Node, oid: str) -> SmiObject:
        syntax = self._resolved(module, _syntax(node[2]))
        parent = next(iter(module.places[node[1]]))
        return SmiObject(
            name=node[1],
            oid=oid,
            writable=_said(node, "MaxAccessPart") in _WRITABLE,
            row=parent in module.rows,
            units=_said(node, "UNITS") or None,
            hint=syntax.hint,
            labels=syntax.labels,
        )

    def _resolved(self, module: _Module, syntax: _Syntax) -> _Syntax:
        """Return the type behind a name, with the first labels and hint on the way."""
        labels, hint, seen = syntax.labels, syntax.hint, set[str]()
        while (name := syntax.name) not in seen:
            seen.add(name)
            home = self._home(module, name, "types")
            if home is None:
                break
            module, syntax = home, home.types[name]
            labels, hint = labels or syntax.labels, hint or syntax.hint
        return _Syntax(name, labels or (_TRUTH if name == "TruthValue" else {}), hint)

    def _home(self, module: _Module, name: str, kind: str) -> _Module | None:
        """Return the module that declares a name as this one understands it."""
        if name in getattr(module, kind):
            return module
        source = self._modules.get(module.imports.get(name, ""))
        return source if source and name in getattr(source, kind) else None

    def _oid(self, module: _Module, name: str) -> str | None:
        """Return a name's OID; None where a module is missing."""
        arcs: list[str] = []
        home: _Module | None = module
        while home is not None and len(arcs) < _MOST_ARCS:
            parent, *below = home.places[name]
            # Names on the way stand with their numbers: "org(3)".
            numbers = (one[1] if isinstance(one, tuple) else one for one in below)
            arcs[:0] = map(str, numbers)
            if isinstance(parent, int | tuple):
                arcs.insert(0, str(parent if isinstance(parent, int) else parent[1]))
                return ".".join(arcs)
            name, child = parent, home
            home = self._home(child, name, "places")
            if home is None and name in _KNOWN:
                return ".".join((_KNOWN[name], *arcs))
            if home is None:
                self._missing.add(child.imports.get(name, name))
        return None


def _said(node: _Node, kind: str) -> str:
    """Return the text of a clause's part, on one line."""
    parts = chain((one for one in node[2:] if isinstance(one, tuple)), ((kind, ""),))
    found = next(one[1] for one in parts if one[0] == kind)
    return " ".join(str(found).split())
