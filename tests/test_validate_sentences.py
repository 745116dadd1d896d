"""The offline checker reads the texts of the sentences of reasons."""

from pathlib import Path

import pytest

from .defects import OURS, Defect, both, problems_of, put, remove, write

ENGLISH, GERMAN, FRENCH, ITALIAN = (
    f"{OURS}/texts/{language}.json" for language in ("en", "de", "fr", "it")
)


def in_all(place: str, value: object) -> Defect:
    """Write the same into every language."""
    return both(
        *(put(name, place, value) for name in (ENGLISH, GERMAN, FRENCH, ITALIAN))
    )


DEFECTS: dict[str, tuple[Defect, str, str]] = {
    "language missing": (remove(FRENCH), FRENCH, "is missing: add it"),
    "language that nobody reads": (
        write(f"{OURS}/texts/nl.json", "{}"),
        f"{OURS}/texts/nl.json",
        "is read by nobody: remove it",
    ),
    "unit missing": (
        put(GERMAN, "units/kW", None),
        GERMAN,
        "units.kW is missing: add it",
    ),
    "unknown table": (
        put(GERMAN, "heads", {}),
        GERMAN,
        "heads is not known here: remove it",
    ),
    "brace": (
        put(GERMAN, "tails/solar", "{power"),
        GERMAN,
        "tails.solar has a brace without partner: expected '}' before end of string",
    ),
    "not translated": (
        put(GERMAN, "tails/solar", None),
        GERMAN,
        "tails.solar is missing: translate it from en.json",
    ),
    "translated in vain": (
        put(ITALIAN, "tails/fault", "{power}"),
        ITALIAN,
        "tails.fault is not in en.json: remove it",
    ),
    "lost placeholder": (
        put(GERMAN, "tails/surplus_low", "{have} Überschuss"),
        GERMAN,
        "tails.surplus_low has other placeholders than en.json: use have, need",
    ),
    "straight apostrophe": (
        put(FRENCH, "still/min_off", "jusqu'à {until}"),
        FRENCH,
        "still.min_off has a straight apostrophe: use a curly one",
    ),
    "still English": (
        put(GERMAN, "tails/off", "choose Solar or Fast to charge"),
        GERMAN,
        "tails.off is still English: translate it",
    ),
    "reason without tail": (
        in_all("tails/fast", None),
        ENGLISH,
        "tails.fast is missing: add it, empty for a reason without tail",
    ),
    "stale reason": (
        in_all("tails/schedule", ""),
        ENGLISH,
        "tails.schedule is no reason of the engine: remove it",
    ),
    "figure of another reason": (
        in_all("tails/solar", "{power}, {price}"),
        ENGLISH,
        "tails.solar names price, which its reason does not give",
    ),
    "countdown without end": (
        in_all("tails/solar", "{left}"),
        ENGLISH,
        "tails.solar names until, which its reason does not give",
    ),
    "countdown without time": (
        in_all("still/stop_delay", None),
        ENGLISH,
        "still.stop_delay is missing: tell the time of tails.stop_delay",
    ),
    "time without countdown": (
        in_all("still/boost", "{until}"),
        ENGLISH,
        "still.boost is of a tail that counts nothing: remove it",
    ),
}


@pytest.mark.parametrize(("defect", "file", "problem"), DEFECTS.values(), ids=DEFECTS)
def test_one_defect_is_found(
    tmp_path: Path, defect: Defect, file: str, problem: str
) -> None:
    """A copy with one mistake in a sentence has that problem."""
    assert f"{file}: {problem}" in problems_of(defect, tmp_path)
