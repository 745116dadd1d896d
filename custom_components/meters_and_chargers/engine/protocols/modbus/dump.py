"""What a device answers now, word by word, without its serial: it can be replayed."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from ...model import DeviceError, Identity, Unsupported

FORMAT = 1
_SURE_LENGTH = 6
"""A shorter text may stand in a device without being its serial."""


class Dumped(TypedDict, total=False):
    """One request as it stands in a dump; ``words`` in hexadecimal, or ``error``.

    ``unit`` is whom it went to, where several answer behind one gateway.
    """

    unit: int
    part: str
    start: int
    count: int
    words: str
    error: str


class Dump(TypedDict):
    """All that a device answered; ``serial`` is the one it has in a replay."""

    format: int
    protocol: str
    family: str | None
    serial: str | None
    error: str | None
    answers: list[Dumped]


@dataclass(frozen=True, slots=True)
class Answer:
    """One request for ``count`` words, and what came; None with the error's name."""

    start: int
    count: int
    words: tuple[int, ...] | None
    error: str | None = None
    part: str = ""
    """``identity``, or the group it was asked for."""
    unit: int | None = None
    """Who was asked, of several units behind one gateway."""

    @property
    def addresses(self) -> range:
        """The wire addresses asked for."""
        return range(self.start, self.start + self.count)


def name_of(err: DeviceError) -> str:
    """Return what went wrong without a word that could name a device."""
    names = "".join(f"_{c.lower()}" if c.isupper() else c for c in type(err).__name__)
    return names.lstrip("_")


class Played:
    """Stands in for a link: answers reads from a dump, as the device did."""

    def __init__(self, answers: Iterable[Answer]) -> None:
        """Know the words of these answers."""
        self._words = words_of(answers)

    async def read(self, address: int, count: int) -> list[int]:
        """Return the words that were read; raises `Unsupported` for others."""
        try:
            return [self._words[at] for at in range(address, address + count)]
        except KeyError as err:
            raise Unsupported(f"register {err} was not read") from err


def words_of(answers: Iterable[Answer]) -> dict[int, int]:
    """Return the newest word of each address."""
    words: dict[int, int] = {}
    for answer in answers:
        words |= zip(answer.addresses, answer.words or (), strict=False)
    return words


async def dump(
    answers: Sequence[Answer],
    identity: Identity | None,
    error: str | None,
    identify: Callable[[Played], Awaitable[Identity]],
) -> Dump:
    """Put a dump together; words that could hold the serial are replaced or left out.

    The serial is looked for as text and as a number. That what replaces it is found
    again by the family's own identification is the proof that nothing was missed.
    """
    told = {at for a in answers if a.part == "identity" for at in a.addresses}
    family = serial = None
    if identity is not None:
        family, serial = identity.family, stand_in(identity.serial)
        answers = _replaced(answers, told, identity.serial, serial)
        try:
            found = (await identify(Played(answers))).serial
        except DeviceError:
            found = None
        if found == serial:
            told = set()
    return Dump(
        format=FORMAT,
        protocol="modbus",
        family=family,
        serial=serial,
        error=error,
        answers=[written(_without(answer, told)) for answer in answers],
    )


def stand_in(serial: str) -> str:
    """Return a serial of the same form that belongs to nobody."""
    return "".join(
        "1" if c.isdigit() else ("A" if c.isupper() else "a") if c.isalpha() else c
        for c in serial
    )


def _replaced(
    answers: Sequence[Answer], told: set[int], serial: str, other: str
) -> list[Answer]:
    """Replace a serial in all words, as a number only where it was read as such."""
    words = words_of(answers)
    everywhere = set(words) if len(serial) >= _SURE_LENGTH else set(words) & told
    _replace(words, everywhere, serial.encode(), other.encode())
    if serial.isdecimal():
        size = 4 if int(serial) < 1 << 32 else 8
        number, instead = int(serial).to_bytes(size), int(other).to_bytes(size)
        _replace(words, set(words) & told, number, instead)
    return [
        answer
        if answer.words is None
        else replace(answer, words=tuple(words[at] for at in answer.addresses))
        for answer in answers
    ]


def _replace(words: dict[int, int], where: set[int], old: bytes, new: bytes) -> None:
    """Replace bytes in every unbroken row of the given addresses."""
    row: list[int] = []
    for address in [*sorted(where), -1]:
        if row and address != row[-1] + 1:
            raw = b"".join(words[at].to_bytes(2) for at in row).replace(old, new)
            words |= {
                at: int.from_bytes(raw[2 * n : 2 * n + 2]) for n, at in enumerate(row)
            }
            row = []
        row.append(address)


def _without(answer: Answer, hidden: set[int]) -> Answer:
    if answer.words is None or hidden.isdisjoint(answer.addresses):
        return answer
    return replace(answer, words=None, error="left_out")


def written(answer: Answer) -> Dumped:
    """Return a request with its answer as it stands in a dump."""
    one = Dumped(part=answer.part, start=answer.start, count=answer.count)
    if answer.unit is not None:
        one["unit"] = answer.unit
    if answer.words is not None:
        one["words"] = " ".join(f"{word:04X}" for word in answer.words)
    if answer.error is not None:
        one["error"] = answer.error
    return one
