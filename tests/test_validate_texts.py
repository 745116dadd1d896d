"""The offline checker reads texts, icons, actions, imports and the quality scale."""

from itertools import chain
from pathlib import Path
import shutil

from homeassistant.util.yaml import dump, load_yaml_dict
import pytest

from validation import check

from .defects import (
    ACTIONS,
    ENGLISH,
    GERMAN,
    ICON_FILE,
    OURS,
    QUALITY_FILE,
    ROOT,
    Defect,
    action,
    both,
    copied,
    everywhere,
    german,
    manifest,
    no_actions,
    problems_of,
    put,
    remove,
    rules,
    words,
    write,
)

DEFECTS: dict[str, tuple[Defect, str, str]] = {
    # Texts.
    "no English": (remove(ENGLISH), ENGLISH, "is missing: add it"),
    "twice": (
        write(ENGLISH, '{"config": {"abort": {"a": "One.", "a": "Two."}}}'),
        ENGLISH,
        "can't be read, correct it: a stands in one object twice",
    ),
    "unknown section": (
        put(ENGLISH, "services_of_ours", {}),
        ENGLISH,
        "services_of_ours is not known here: remove it",
    ),
    "unknown part of a step": (
        put(ENGLISH, "config/step/ksem/hint", "Look."),
        ENGLISH,
        "config.step.ksem.hint is not known here: remove it",
    ),
    "no button": (
        put(ENGLISH, "config_subentries/charger/initiate_flow/user", None),
        ENGLISH,
        "config_subentries.charger.initiate_flow.user is missing: add it",
    ),
    "address": (
        words("See https://example.com/help"),
        ENGLISH,
        "exceptions.no_link.message holds an address: pass it as a placeholder",
    ),
    "HTML": (
        words("<b>No</b> answer"),
        ENGLISH,
        "exceptions.no_link.message the string should not contain HTML",
    ),
    "blank": (
        words("No answer "),
        ENGLISH,
        "exceptions.no_link.message begins or ends with a blank: remove it",
    ),
    "quoted": (
        words("No answer of '{name}': {error}"),
        ENGLISH,
        (
            "exceptions.no_link.message quotes a placeholder with ': use another quote"
            " or none"
        ),
    ),
    "brace": (
        words("No answer of {name: {error"),
        ENGLISH,
        (
            "exceptions.no_link.message has a brace without partner: unmatched '{' in"
            " format spec"
        ),
    ),
    "no name": (
        words("No answer of {0}"),
        ENGLISH,
        (
            "exceptions.no_link.message has a placeholder that is no name: use a-z, 0-9"
            " and _"
        ),
    ),
    "reference": (
        words("[%key:common::config_flow::error::cannot_connect%]"),
        ENGLISH,
        (
            "exceptions.no_link.message refers to another text, which only core can:"
            " write it out"
        ),
    ),
    "placeholder in a state": (
        put(ENGLISH, "entity/select/charge_mode/state/off", "Off {name}"),
        ENGLISH,
        (
            "entity.select.charge_mode.state.off is shown without placeholders: remove"
            " them"
        ),
    ),
    "key": (
        put(ENGLISH, "entity/select/charge_mode/state/Off", "Off"),
        ENGLISH,
        (
            "entity.select.charge_mode.state has the key Off: use a-z, 0-9 and single _"
            " or - between"
        ),
    ),
    "stale description": (
        put(ENGLISH, "config/step/ksem/data_description/colour", "Of the meter."),
        ENGLISH,
        "config.step.ksem describes colour in data_description but not in data",
    ),
    "stale description in a section": (
        put(
            ENGLISH, "config/step/ksem/sections/more/data_description/colour", "Of it."
        ),
        ENGLISH,
        (
            "config.step.ksem.sections.more describes colour in data_description but"
            " not in data"
        ),
    ),
    "strings.json": (
        write(f"{OURS}/strings.json", "{}"),
        f"{OURS}/strings.json",
        "only core has it: move it to translations/",
    ),
    "no language": (
        write(f"{OURS}/translations/xx.json", "{}"),
        f"{OURS}/translations/xx.json",
        "Home Assistant has no such language: rename or remove it",
    ),
    "language missing": (
        remove(f"{OURS}/translations/it.json"),
        f"{OURS}/translations/it.json",
        "is missing: add it",
    ),
    "not translated": (
        german("exceptions/no_link", None),
        GERMAN,
        "exceptions.no_link.message is missing: translate it from en.json",
    ),
    "translated in vain": (
        german("exceptions/old", {"message": "Alt"}),
        GERMAN,
        "exceptions.old.message is not in en.json: remove it",
    ),
    "lost placeholder": (
        german("exceptions/no_link/message", "{name} fehlt"),
        GERMAN,
        (
            "exceptions.no_link.message has other placeholders than en.json: use error,"
            " name"
        ),
    ),
    "German blank": (
        german("exceptions/no_link/message", " {name}: {error}"),
        GERMAN,
        "exceptions.no_link.message begins or ends with a blank: remove it",
    ),
    "straight apostrophe": (
        german("exceptions/no_server/message", "So geht's nicht."),
        GERMAN,
        "exceptions.no_server.message has a straight apostrophe: use a curly one",
    ),
    "still English": (
        both(
            put(
                ENGLISH, "config/error/invalid_host", "Type the address, as 192.0.2.1."
            ),
            german("config/error/invalid_host", "Type the address, as 192.0.2.1."),
        ),
        GERMAN,
        "config.error.invalid_host is still English: translate it",
    ),
    # Texts and the code.
    "error without words": (
        everywhere("config/error/in_use", None),
        f"{OURS}/config_flow.py",
        "error in_use has no words: add it to en.json",
    ),
    "abort without words": (
        everywhere("config/abort/another_device", None),
        f"{OURS}/config_flow.py",
        "abort another_device has no words: add it to en.json",
    ),
    "abort of Home Assistant without words": (
        everywhere("config/abort/already_configured", None),
        f"{OURS}/config_flow.py",
        "abort already_configured has no words: add it to en.json",
    ),
    "step without words": (
        everywhere("config/step/knock", None),
        f"{OURS}/ocpp_flow.py",
        "step knock has no words: add it to en.json",
    ),
    "form field without words": (
        both(
            both(
                everywhere("options/step/init/data/interval", None),
                everywhere("options/step/init/data_description/interval", None),
            ),
            both(
                everywhere("options/step/diris/data/interval", None),
                everywhere("options/step/diris/data_description/interval", None),
            ),
        ),
        f"{OURS}/device_form.py",
        "data interval has no words: add it to en.json",
    ),
    "exception without words": (
        everywhere("exceptions/write_failed", None),
        f"{OURS}/coordinator.py",
        "write_failed has no words: add it to en.json",
    ),
    "issue without words": (
        everywhere("issues/slow_meter", None),
        f"{OURS}/site_watch.py",
        "slow_meter has no words: add it to en.json",
    ),
    "entity without a name": (
        both(
            everywhere("entity/button/unlock", None),
            put(ICON_FILE, "entity/button/unlock", None),
        ),
        f"{OURS}/button.py",
        "entity unlock has no words: add it to en.json",
    ),
    "words of an exception that is gone": (
        everywhere("exceptions/gone", {"message": "A"}),
        ENGLISH,
        "exceptions.gone is named nowhere in the code: remove it",
    ),
    "words of a field that is gone": (
        everywhere("config/step/knock/data/colour", "A"),
        ENGLISH,
        "config.step.knock.data.colour is named nowhere in the code: remove it",
    ),
    "words of a state that is gone": (
        everywhere("entity/sensor/reason/state/bored", "A"),
        ENGLISH,
        "entity.sensor.reason.state.bored is named nowhere in the code: remove it",
    ),
    "words of a family that is gone": (
        everywhere("config/error/port_closed_acme", "A"),
        ENGLISH,
        "config.error.port_closed_acme is named nowhere in the code: remove it",
    ),
    "words of an entity that is gone": (
        everywhere("entity/sensor/warmth_phase", {"name": "A"}),
        ENGLISH,
        "entity.sensor.warmth_phase is named nowhere in the code: remove it",
    ),
    # Icons.
    "not mdi": (
        put(ICON_FILE, "entity/number/charging_current/default", "hass:flash"),
        ICON_FILE,
        "entity.number.charging_current.default must be an icon's name, as mdi:flash",
    ),
    "no such icon": (
        put(ICON_FILE, "entity/number/charging_current/default", "mdi:flahs"),
        ICON_FILE,
        (
            "entity.number.charging_current.default: there is no icon mdi:flahs: choose"
            " another"
        ),
    ),
    "icon's part": (
        put(ICON_FILE, "entity/number/charging_current/colour", "red"),
        ICON_FILE,
        "entity.number.charging_current.colour is not known here: remove it",
    ),
    "stale icon": (
        put(ICON_FILE, "entity/number/old/default", "mdi:flash"),
        ICON_FILE,
        "entity.number.old has no name in en.json: remove it",
    ),
    "stale state": (
        put(ICON_FILE, "entity/select/charge_mode/state/old", "mdi:flash"),
        ICON_FILE,
        "entity.select.charge_mode.state.old is no state in en.json: remove it",
    ),
    "stale icon of a trigger": (
        put(ICON_FILE, "triggers/old/trigger", "mdi:flash"),
        ICON_FILE,
        "triggers.old has no name in en.json: remove it",
    ),
    # Actions.
    "unknown part of an action": (
        action({"colour": "red"}),
        ACTIONS,
        "charge.colour is not known here: remove it",
    ),
    "unknown selector": (
        action({"fields": {"current": {"selector": {"colours": None}}}}),
        ACTIONS,
        "charge.fields.current.selector Unknown selector type colours found",
    ),
    "no words": (
        action({}, said={}),
        ACTIONS,
        "charge has no words: add services.charge to en.json",
    ),
    "no icon of an action": (
        action({}, icon={}),
        ACTIONS,
        "charge has no icon: add services.charge to icons.json",
    ),
    "field without words": (
        action({"fields": {"current": {"required": True}}}),
        ACTIONS,
        (
            "charge: current stands only here or only in en.json under"
            " services.charge.fields: make them equal"
        ),
    ),
    "words without action": (
        both(
            no_actions,
            everywhere("services/old", {"name": "A", "description": "B"}),
        ),
        ENGLISH,
        "services.old is not in services.yaml: remove it",
    ),
    "action without form": (
        both(
            no_actions,
            write(f"{OURS}/extra.py", "hass.services.async_register('a', 'b', c)\n"),
        ),
        f"{OURS}/extra.py",
        "registers actions: describe them in services.yaml",
    ),
    # Python files.
    "import": (
        write(f"{OURS}/extra.py", "from homeassistant.components import mqtt\n"),
        f"{OURS}/extra.py",
        (
            "imports mqtt, which the manifest does not name: add it to dependencies or"
            " after_dependencies"
        ),
    ),
    "import of a part": (
        write(f"{OURS}/extra.py", "import homeassistant.components.mqtt.client as a\n"),
        f"{OURS}/extra.py",
        (
            "imports mqtt, which the manifest does not name: add it to dependencies or"
            " after_dependencies"
        ),
    ),
    "no schema": (
        write(f"{OURS}/__init__.py", "async def async_setup(hass, config): ...\n"),
        f"{OURS}/__init__.py",
        (
            "has async_setup but no CONFIG_SCHEMA: add"
            " cv.config_entry_only_config_schema(DOMAIN)"
        ),
    ),
    # The quality scale.
    "no answer": (
        rules(strict_typing=None),
        QUALITY_FILE,
        "rules.strict-typing is missing: add it",
    ),
    "unknown rule": (
        rules(beauty="done"),
        QUALITY_FILE,
        "rules.beauty is not known here: remove it",
    ),
    "bare todo": (
        rules(strict_typing="todo"),
        QUALITY_FILE,
        "rules.strict-typing is todo without a comment: say what is missing or why",
    ),
    "exempt without reason": (
        rules(strict_typing={"status": "exempt"}),
        QUALITY_FILE,
        "rules.strict-typing.comment is missing: add it",
    ),
    "another answer": (
        rules(strict_typing="perhaps"),
        QUALITY_FILE,
        "rules.strict-typing must be done, or a status (todo, exempt) with a comment",
    ),
    "claim": (
        both(
            manifest("quality_scale", "silver"),
            rules(brands={"status": "todo", "comment": "a"}, devices="done"),
        ),
        QUALITY_FILE,
        "rules.brands is todo, but the manifest claims silver: do it or claim less",
    ),
}


@pytest.mark.parametrize(("defect", "file", "problem"), DEFECTS.values(), ids=DEFECTS)
def test_one_defect_is_one_problem(
    tmp_path: Path, defect: Defect, file: str, problem: str
) -> None:
    """A copy with one mistake has exactly that problem."""
    found = problems_of(defect, tmp_path)
    assert f"{file}: {problem}" in found
    # A text that several files name is missed in each of them.
    assert all(one.endswith(f": {problem}") for one in found)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", "brands is missing: name what shows that it is done"),
        ("brands: []", "brands is missing: name what shows that it is done"),
        ("brands: [gone.py]", "brands rests on gone.py, which is missing"),
        (
            "brands: ['README.md: test_of_nobody']",
            "brands rests on test_of_nobody, missing in README.md",
        ),
    ],
)
def test_done_needs_what_shows_it(tmp_path: Path, text: str, missing: str) -> None:
    """An answer without its file or test is refused, and the real ones have theirs."""
    file = ROOT / "validation" / "evidence.yaml"
    rests = {key: on for key, on in load_yaml_dict(file).items() if key != "brands"}
    tree = copied(tmp_path)
    for one in chain.from_iterable(rests.values()):
        name = one.partition(": ")[0]
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)
    (tree / "validation").mkdir(exist_ok=True)
    (tree / "validation" / file.name).write_text(f"{dump(rests)}\n{text}")
    assert check(tree) == [f"validation/evidence.yaml: {missing}"]
