"""What the decisions explain in all stories can be said in every language."""

from collections.abc import Iterator
import json
from types import SimpleNamespace
from typing import cast

from homeassistant.util import dt as dt_util
import pytest
from test_charging_scenarios import STORIES, change, house_of
import yaml

from custom_components.meters_and_chargers import reason_text
from custom_components.meters_and_chargers.controller import SiteController
from custom_components.meters_and_chargers.engine.charging import (
    FIGURES,
    Explanation,
    Figure,
    Reason,
)
from custom_components.meters_and_chargers.reason_text import (
    LANGUAGES,
    Sentences,
    shown_figures,
)

# What no story tells; tests of their own do.
ELSEWHERE = {
    Reason.PRIORITY: {"charger"},
    Reason.PRICE_HIGH: {"start"},
    Reason.PLAN_LATER: {"start", "ready"},
    Reason.PLAN: {"ready"},
    Reason.FUSE_FULL: {"circuit", "phase", "free", "need"},
    Reason.FINISHED: {"energy"},
    Reason.OBSERVE: {"limit", "reason"},
}
SITE = cast(
    "SiteController",
    SimpleNamespace(
        name_of=lambda key: f"<{key}>",
        hass=SimpleNamespace(loop=SimpleNamespace(time=lambda: 0.0)),
    ),
)
EXAMPLES: dict[Figure, int | str] = {
    **dict.fromkeys((Figure.POWER, Figure.CURRENT, Figure.LIMIT), 11_250),
    **dict.fromkeys((Figure.ENERGY, Figure.PRICE), 28_400),
    Figure.DURATION: 61_000,
    Figure.TIME: 1_800_000_000_000,
    Figure.PERCENT: 80,
    Figure.COUNT: 12,
    Figure.PHASES: 3,
    Figure.PHASE: "L3",
    Figure.NAME: "key",
    Figure.REASON: Reason.FAST.value,
}


def explanations() -> Iterator[Explanation]:
    """Yield all that the decisions of all stories tell."""
    for path in STORIES:
        story = yaml.safe_load(path.read_text())
        house = house_of(story)
        for chapter in story["states"]:
            change(house, chapter)
            while house.second < chapter["until_s"]:
                yield from house.tick().reasons.values()


@pytest.fixture(scope="module")
def told() -> list[Explanation]:
    """Return one explanation for each set of figures that a reason comes with."""
    found = {
        (one.reason, *sorted(one.figures), one.until_ms is None): one
        for one in explanations()
    }
    return list(found.values())


def sentences(language: str) -> Sentences:
    """Return a language's sentences, read without Home Assistant."""
    texts = reason_text._read(language)
    path = reason_text._TEXTS.parent / "translations" / f"{language}.json"
    words = json.loads(path.read_text())["entity"]["sensor"]["reason"]["state"]
    return Sentences(words, texts, "CHF")


def say(language: str, explanation: Explanation) -> str:
    """Make a sentence of an explanation."""
    figures = shown_figures(SITE, explanation)
    return sentences(language).sentence(explanation.reason, figures, dt_util.now())


def is_whole(sentence: str) -> bool:
    """Whether nothing is left over of a sentence's making."""
    return (
        sentence.endswith(".")
        and not set("{}") & set(sentence)
        and not any(
            part in sentence for part in ("  ", " ,", ",,", ", .", ": .", "..", "None")
        )
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_explanation_of_a_story_makes_a_sentence(
    told: list[Explanation], language: str
) -> None:
    """No placeholder, blank or comma is left over."""
    assert {one.reason for one in told} >= set(Reason) - ELSEWHERE.keys()
    for one in told:
        assert is_whole(say(language, one)), (one, say(language, one))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_told_with_all_and_with_no_figures(
    reason: Reason, language: str
) -> None:
    """All of what may be known, or nothing of it; the first says more."""
    kinds = FIGURES.get(reason, {})
    figures = {name: EXAMPLES[kind] for name, kind in kinds.items() if name != "until"}
    full = say(language, Explanation(reason, 60_000, figures))
    bare = say(language, Explanation(reason))
    assert is_whole(full)
    assert is_whole(bare)
    tail = sentences(language).texts["tails"].get(reason, "")
    assert (full != bare) is ("{" in tail)


def test_declared_figures_are_those_that_are_given(told: list[Explanation]) -> None:
    """A sentence waits for no figure that never comes."""
    given: dict[Reason, set[str]] = {key: set(had) for key, had in ELSEWHERE.items()}
    for one in told:
        names = set(one.figures) | ({"until"} if one.until_ms is not None else set())
        given.setdefault(one.reason, set()).update(names)
    for reason, kinds in FIGURES.items():
        assert kinds.keys() <= given[reason], reason
