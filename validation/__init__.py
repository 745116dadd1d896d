"""The rules of hassfest, HACS and the Marketplace, as far as they need no network.

Sources: Home Assistant's developer documents and its script/hassfest, HACS'
documents and its validate folder; what they leave open is checked by
.github/workflows/validate.yml.
"""

from pathlib import Path

from .files import Tree, Unreadable
from .keys import asked, unasked
from .manifest import brand, hacs, integration, repository
from .quality import answers, claim, evidence
from .sentences import forms_of_sentences, named_figures, told_alike
from .services import forms, forms_have_words
from .sources import actions, config_schema, imports, requirements
from .texts import icons, icons_belong, icons_exist, languages, translations

# Each file by itself, then what files say of each other: that is only asked when
# every file by itself is right, so that one mistake is one problem.
ALONE = (
    repository,
    integration,
    hacs,
    brand,
    translations,
    forms_of_sentences,
    icons,
    forms,
    answers,
)
TOGETHER = (
    requirements,
    imports,
    config_schema,
    actions,
    languages,
    told_alike,
    icons_belong,
    icons_exist,
    forms_have_words,
    claim,
    evidence,
)
# Any mistake in a Python file may take texts' names away.
CODE = (asked, unasked, named_figures)


def check(root: Path) -> list[str]:
    """Return what is wrong in a tree, one line a problem: "file: what, what to do"."""
    tree = Tree(root)
    problems: dict[str, None] = {}
    for stage in (ALONE, TOGETHER, CODE):
        for rule in stage:
            try:
                for problem in rule(tree):
                    problems[problem] = None
            except Unreadable as error:
                problems[str(error)] = None
        if problems:
            break
    return list(problems)
