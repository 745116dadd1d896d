"""In which forms a limit is tried, what was refused, what acts, what is remembered."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ...model import Identity, Refused
from .profile import (
    ABSOLUTE,
    ALL_PHASES,
    AMPERE,
    LASTS_S,
    PURPOSE,
    RELATIVE,
    TRANSACTION,
    WATT,
    Configuration,
    Form,
)
from .quirks import Quirk
from .reading import integer, text

MOST_TRIES = 10
"""Two units on two levels each, and each unit with three other words."""


_ANY = Form("", 0)


def forms(
    configuration: Configuration,
    quirk: Quirk | None = None,
    *,
    phases: int = ALL_PHASES,
    transaction: bool = False,
    wrong_clock: bool = False,
) -> tuple[Form, ...]:
    """Return what to try, in this order.

    Of equal profiles the highest level counts, also above what an app or another
    central system left behind; some wallboxes take level 0 only. After that each
    unit with and without a number of phases, from a time that is not named, and, in
    a transaction, for this one alone. No time is named first to a wrong clock.
    """
    quirk = quirk or Quirk()
    highest = integer(configuration.get("ChargeProfileMaxStackLevel")) or 0
    levels = _first([highest, 0] if highest > 0 else [0], quirk.stack_level)[:2]
    units = _first(list(_units(configuration)), quirk.unit)
    base = Form(
        "",
        0,
        kind=quirk.kind or (RELATIVE if wrong_clock else ABSOLUTE),
        purpose=quirk.purpose or PURPOSE,
        says_phases=quirk.phases,
    )
    found = [
        replace(base, unit=unit, stack_level=level)
        for unit in units
        for level in levels
    ]
    for unit in units:
        usual = replace(base, unit=unit, stack_level=levels[0])
        other = RELATIVE if usual.kind == ABSOLUTE else ABSOLUTE
        found += [
            replace(usual, says_phases=not usual.says(phases)),
            replace(usual, kind=other),
        ]
    purposes = [PURPOSE, *([TRANSACTION] if transaction else [])]
    found += [
        replace(base, unit=unit, stack_level=levels[0], purpose=purpose)
        for unit in units
        for purpose in purposes
        if purpose != base.purpose
    ]
    return tuple(found[:MOST_TRIES])


def guarded_forms(configuration: Configuration, like: Form = _ANY) -> tuple[Form, ...]:
    """Return what to try above a fallback, in this order: high up, then low down.

    What a wallbox is known to need otherwise is taken from a form it took.
    """
    highest = integer(configuration.get("ChargeProfileMaxStackLevel")) or 1
    levels = (highest, 1) if highest > 1 else (1,)
    units = _first(list(_units(configuration)), like.unit or None)
    return tuple(
        replace(like, unit=unit, stack_level=level, lasts_s=LASTS_S)
        for unit in units
        for level in levels
    )


def obstacle(configuration: Configuration, quirk: Quirk | None = None) -> str:
    """Return what leaves no room for two profiles that begin now, or nothing.

    The standard counts levels from 0, and profiles from 1.
    """
    if quirk is not None and quirk.kind == RELATIVE:
        return f"chargingProfileKind {RELATIVE}"
    if quirk is not None and quirk.stack_level == 0:
        return "stackLevel 0"
    least = {"ChargeProfileMaxStackLevel": 1, "MaxChargingProfilesInstalled": 2}
    for key, wanted in least.items():
        found = integer(configuration.get(key))
        if found is not None and found < wanted:
            return f"{key} {found}"
    return ""


def _first[Item](items: list[Item], one: Item | None) -> list[Item]:
    return items if one is None else [one, *(item for item in items if item != one)]


def _units(configuration: Configuration) -> Iterator[str]:
    allowed = text(configuration.get("ChargingScheduleAllowedChargingRateUnit"))
    words = {word.strip().lower() for word in allowed.split(",")}
    current = bool(words & {"current", "a"})
    power = bool(words & {"power", "w"})
    if current or not power:
        yield AMPERE
    if power or not current:
        yield WATT


class Learnt:
    """Which forms wallboxes took, over restarts: of each, and of each kind of them."""

    def __init__(
        self,
        known: Mapping[str, Any] | None = None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin with what `as_data` returned; ``changed`` is to keep it."""
        self._changed = changed
        self._known: dict[str, dict[str, Any]] = {}
        for key, one in (known or {}).items():
            if isinstance(one, dict) and _form(one) is not None:
                self._known[key] = one

    def as_data(self) -> Mapping[str, Any]:
        """Return all of it as JSON."""
        return self._known

    def of(self, identity: Identity, quirk: Quirk) -> tuple[Form | None, bool]:
        """Return the form to begin with, and whether it was seen to act.

        What was learnt while its entries said otherwise does not count.
        """
        own = self._known.get(_own(identity.serial), {})
        if own.get("told") == _told(quirk) and own.get("firmware") == identity.firmware:
            return _form(own), bool(own.get("acts"))
        kind = self._known.get(_kind(identity), {})
        return (_form(kind) if kind.get("told") == _told(quirk) else None), False

    def keep(self, identity: Identity, quirk: Quirk, form: Form, *, acts: bool) -> None:
        """Remember what a wallbox took, and for its kind what acts."""
        data = {name: getattr(form, name) for name in _KEPT} | {"told": _told(quirk)}
        own = {**data, "firmware": identity.firmware, "acts": acts}
        new = {_own(identity.serial): own}
        if acts and identity.model:
            new[_kind(identity)] = data
        if any(self._known.get(key) != one for key, one in new.items()):
            self._known |= new
            self._changed()

    def forget(self, charger_id: str) -> None:
        """Let one wallbox begin anew; its kind stays known."""
        if self._known.pop(_own(charger_id), None) is not None:
            self._changed()


_KEPT = ("unit", "stack_level", "kind", "purpose", "says_phases")


def _told(quirk: Quirk) -> str:
    said = (quirk.unit, quirk.stack_level, quirk.kind, quirk.purpose, quirk.phases)
    return " ".join(map(str, said))


def _own(charger_id: str) -> str:
    return f"wallbox {charger_id}"


def _kind(identity: Identity) -> str:
    return f"kind {identity.maker}|{identity.model}|{identity.firmware or ''}"


def _form(data: Mapping[str, Any]) -> Form | None:
    level = data.get("stack_level")
    if data.get("unit") not in (AMPERE, WATT) or not isinstance(level, int):
        return None
    return Form(**{name: data[name] for name in _KEPT if name in data})


class Ladder:
    """How far one wallbox was tried; never asks anything itself."""

    def __init__(self, learnt: Learnt, who: Callable[[], Identity]) -> None:
        """Begin at the first form, or at the one that is remembered."""
        self.quirk = Quirk()
        self.taken: Form | None = None
        """How a limit was accepted, in the ordinary way."""
        self.trouble = ""
        """What was tried when nothing acts; empty while something may."""
        self._learnt = learnt
        self._who = who
        self._firmware: str | None = None
        self._ignored: list[Form] = []
        """Accepted, and not obeyed."""
        self._refused: list[Form] = []
        self._acts: set[Form] = set()
        self._turn: int | None = None
        """Whose turn it is, where all were refused."""

    @property
    def in_doubt(self) -> bool:
        """Whether it is still being found out, or was found out that nothing acts."""
        return bool(self.trouble or self._ignored) and not self._acts

    @property
    def took_before(self) -> bool:
        """Whether it is remembered which form this wallbox, or its kind, takes."""
        return self._known()[0] is not None

    def use(self, quirk: Quirk) -> None:
        """Take what is known of it; begin anew where that is something else."""
        if quirk != self.quirk:
            self.quirk = quirk
            self.begin()
        if self._firmware is None:
            self._firmware = self._who().firmware

    def booted(self) -> None:
        """Try again what failed; with another firmware all."""
        firmware = self._who().firmware
        if self.trouble or firmware != self._firmware:
            self.begin()
        self._firmware = firmware

    def begin(self) -> None:
        """Try all anew."""
        self.taken = None
        self.trouble = ""
        self._ignored, self._refused, self._turn = [], [], None
        self._acts.clear()

    def candidates(
        self,
        configuration: Configuration,
        phases: int,
        *,
        transaction: bool,
        wrong_clock: bool = False,
    ) -> tuple[Form, ...]:
        """Return what to try now; the last resort is what was at least accepted."""
        if self.taken is not None:
            timeless = replace(self.taken, kind=self.quirk.kind or RELATIVE)
            if wrong_clock and timeless not in (self.taken, *self._gone):
                return timeless, self.taken
            return (self.taken,)
        left = self._left(
            configuration, phases, transaction=transaction, wrong_clock=wrong_clock
        )
        if self._turn is not None and left:
            # All were refused before: one at a time from then on.
            self._turn += 1
            return (left[self._turn % len(left)],)
        return left or tuple(self._ignored[:1])

    @property
    def takes_phases(self) -> bool:
        """Whether a limit can say on how many phases it is: a current alone.

        A power on more phases than the car uses would be too much for one of them.
        Before a limit was ever taken nobody knows which it will be.
        """
        form = self.taken or self._known()[0]
        return (
            form is not None
            and form.unit == AMPERE
            and form.says_phases is not False
            and self.quirk.unit in (None, "", AMPERE)
            and self.quirk.phases is not False
        )

    def like(self) -> Form:
        """Return a form whose words suit this wallbox also above a fallback."""
        taken = self.taken or self._known()[0]
        if taken is not None and taken.kind == ABSOLUTE:
            return taken
        quirk = self.quirk
        return Form(
            quirk.unit or "",
            0,
            purpose=quirk.purpose or PURPOSE,
            says_phases=quirk.phases,
        )

    def is_usual(self, form: Form) -> bool:
        """Say whether its words are those of most wallboxes, or known of this one."""
        quirk, known = self.quirk, self._known()[0]
        told = quirk.kind or ABSOLUTE, quirk.purpose or PURPOSE, quirk.phases
        said = (form.kind, form.purpose, form.says_phases)
        usual = {(ABSOLUTE, PURPOSE, None), told}
        if known is not None:
            usual.add((known.kind, known.purpose, known.says_phases))
        return said in usual

    def may_act(self, form: Form) -> bool:
        """Say whether a form was not found to be ignored."""
        return form.bare not in self._ignored

    def took(self, form: Form, tried: tuple[Form, ...]) -> None:
        """Note which of those tried was accepted."""
        form = form.bare
        for one in tried:
            if one.bare == form:
                break
            self._refused.append(one.bare)
        self._turn = None
        known, acts = self._known()
        if known == form and acts:
            self._acts.add(form)
        if form not in self._ignored:
            self.trouble = ""
            self._keep(form)

    def refused(self, tried: tuple[Form, ...], refusal: Refused) -> None:
        """Note that none was accepted."""
        if len(tried) > 1 or self._turn is not None:
            if self._turn is None:
                self._turn = -1
                self.trouble = _words(tried)
            return
        if self.taken is None or not tried:
            self.trouble = str(refusal)

    def needs_proof(self, form: Form) -> bool:
        """Say whether it is to be found out that a form acts."""
        return form.bare not in self._acts and form.bare not in self._ignored

    def acts(self, form: Form) -> None:
        """Note that a limit in this form is obeyed."""
        self._acts.add(form.bare)
        self.trouble = ""
        self._keep(form.bare)

    def ignores(self, form: Form, configuration: Configuration, phases: int) -> bool:
        """Note that a form was accepted and not obeyed; say whether another is left."""
        form = form.bare
        self._ignored.append(form)
        self._acts.discard(form)
        self.taken = None
        self._learnt.forget(self._who().serial)
        if self._left(configuration, phases, transaction=True):
            return True
        self.taken = self._ignored[0]
        self.trouble = _words((*self._ignored, *self._refused))
        return False

    def _known(self) -> tuple[Form | None, bool]:
        return self._learnt.of(self._who(), self.quirk)

    def _keep(self, form: Form) -> None:
        acts = form in self._acts
        self._learnt.keep(self._who(), self.quirk, form, acts=acts)

    def _left(
        self,
        configuration: Configuration,
        phases: int,
        *,
        transaction: bool,
        wrong_clock: bool = False,
    ) -> tuple[Form, ...]:
        found = forms(
            configuration,
            self.quirk,
            phases=phases,
            transaction=transaction,
            wrong_clock=wrong_clock,
        )
        known, _ = self._known()
        if known is not None and not (wrong_clock and known.kind == ABSOLUTE):
            if known.stack_level not in {form.stack_level for form in found}:
                # It was learnt above a fallback.
                known = replace(known, stack_level=found[0].stack_level)
            found = tuple(_first(list(found), known))[:MOST_TRIES]
        return tuple(form for form in found if form not in self._gone)

    @property
    def _gone(self) -> tuple[Form, ...]:
        """What is not tried again."""
        return (*self._ignored, *self._refused)


def _words(tried: tuple[Form, ...]) -> str:
    return "; ".join(map(str, tried))
