"""What the documents promise is tried, and what they quote is looked up."""

import ast
from collections.abc import Iterator
from functools import cache, partialmethod
import json
from pathlib import Path
import re
import sys
from types import ModuleType
from typing import cast

from homeassistant.core import HomeAssistant
from homeassistant.helpers import update_coordinator
import pytest
import yaml

from custom_components.meters_and_chargers.config_flow import MetersAndChargersFlow
from custom_components.meters_and_chargers.const import DOMAIN, FAMILY_DIRIS
from custom_components.meters_and_chargers.describe import SENSORS
from custom_components.meters_and_chargers.diris_entities import FIRST
from custom_components.meters_and_chargers.engine.charging import Reason
from custom_components.meters_and_chargers.engine.devices import FAMILIES
from custom_components.meters_and_chargers.engine.devices.ocpp_charger import STATUSES
from custom_components.meters_and_chargers.engine.model import (
    Charger,
    Family,
    Phase,
    Quantity,
)
from custom_components.meters_and_chargers.engine.protocols.modbus import ModbusLink
from custom_components.meters_and_chargers.site_options import DEFAULTS, FIGURES
from simulators.modbus_device import ModbusDevice

from .links import connected

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "custom_components" / DOMAIN
DOCS = ROOT / "docs"
ALL = sorted(ROOT.glob("*.md")) + sorted(DOCS.rglob("*.md"))
DEVICES = [f"devices/{path.stem}" for path in sorted((DOCS / "devices").glob("*.md"))]
FOR_OWNERS = (
    *("installing", "charging", "automations", "entities", "gateway"),
    "troubleshooting",
    *DEVICES,
)

# What stands in italics without being a text of ours: words of Home Assistant, of a
# device's own pages, and of what replaces a name.
FOREIGN = {
    *("Settings", "Marketplace", "HACS", "Custom repositories", "Set up", "Dashboards"),
    *("Devices & services", "Add integration", "Meters & Chargers", "Discovered"),
    *("Add dashboard", "Community dashboards", "Edit dashboard"),
    *("Raw configuration editor",),
    *("Energy", "System", "Repairs", "Submit", "Reconfigure", "System information"),
    *("Download diagnostics", "Enable debug logging", "Enable TCP slave"),
    *("Smart Charging", "italics", "site", "negative", "Current"),
    *("Automations & scenes", "Blueprints", "Import", "What to do"),
}


def page(name: str) -> str:
    """Return the text of a document."""
    return (DOCS / f"{name}.md").read_text()


def flat(tree: object, path: str = "") -> dict[str, str]:
    """Return texts by their dotted keys."""
    if not isinstance(tree, dict):
        return {path: str(tree)}
    return {
        key: text
        for name, part in tree.items()
        for key, text in flat(part, f"{path}.{name}" if path else name).items()
    }


@cache
def english() -> dict[str, str]:
    """Return all English texts by their dotted keys, those of the cards too."""
    texts = json.loads((PACKAGE / "translations" / "en.json").read_text())
    cards = json.loads((PACKAGE / "texts" / "en.json").read_text())["cards"]
    return flat({**texts, "cards": cards})


def plain(text: str) -> str:
    """Return a text with "…" for each placeholder, whatever it is, in one line."""
    text = re.sub(
        r"\{[^}]*\}|%\w", "…", text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    )
    return re.sub(r"\s*…\s*", "…", " ".join(text.split()))


def _literals(source: str) -> Iterator[str]:
    """Yield the texts in a program; what is put into an f-string becomes "…"."""
    nodes = list(ast.walk(ast.parse(source)))
    comments = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if id(node) in comments:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "…"
                for part in node.values
            )


@cache
def said() -> tuple[str, ...]:
    """Return all that the integration, and Home Assistant for it, can say."""
    sources = [path.read_text() for path in PACKAGE.rglob("*.py")]
    sources.append(Path(str(update_coordinator.__file__)).read_text())
    texts = [*english().values()]
    for source in sources:
        texts += _literals(source)
    return tuple(plain(text) for text in texts)


def row_of(text: str, first: str) -> list[list[str]]:
    """Return the cells of the table rows that begin with a text."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line]
    return [row for row in rows if len(row) > 1 and row[0].strip() == first]


# The worked example


def _blocks() -> dict[str, str]:
    """Return the code of the worked example by the path it is said to have."""
    found = re.findall(
        r"`([\w/]+\.(?:py|json))`[^`]*?\n\n   ```\w+\n(.*?)\n   ```",
        page("adding-a-device"),
        re.DOTALL,
    )
    return {path: re.sub(r"(?m)^   ", "", code) for path, code in found}


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """Build the example's modules from the page, each under its own name."""
    built = {}
    for path, code in _blocks().items():
        if path.endswith(".json"):
            continue
        where = f"custom_components/{DOMAIN}/{path}" if "engine/d" in path else path
        where = path if path.startswith("tests/") else where
        name = where.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        module = ModuleType(name)
        is_package = path.endswith("__init__.py")
        module.__package__ = name if is_package else name.rpartition(".")[0]
        monkeypatch.setitem(sys.modules, name, module)
        exec(compile(code, path, "exec"), vars(module))  # noqa: S102 - our own document's example
        built[".".join(name.split(".")[-2:])] = module
    return built


async def test_worked_example_passes_its_own_tests(
    acme: dict[str, ModuleType], socket_enabled: None
) -> None:
    """Table, simulator and tests on docs/adding-a-device.md fit each other."""
    tests = [
        value
        for name, value in vars(acme["acme.test_acme_device"]).items()
        if name.startswith("test_")
    ]
    assert len(tests) == 2
    for test in tests:
        await test(socket_enabled)


async def test_worked_example_appears_in_home_assistant(
    hass: HomeAssistant,
    acme: dict[str, ModuleType],
    socket_enabled: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The folder and its line in the registry suffice: flow, entities, values."""
    families = cast("dict[str, Family[ModbusLink]]", FAMILIES)
    monkeypatch.setitem(families, "acme", acme["devices.acme"].FAMILY)
    # What the flow does for each family of the registry when it is imported.
    step = partialmethod(MetersAndChargersFlow._step_family, "acme")
    monkeypatch.setattr(MetersAndChargersFlow, "async_step_acme", step, raising=False)
    meter: ModbusDevice = acme["simulators.acme"].Acme()
    await meter.start()
    try:
        flows = hass.config_entries.flow
        result = await flows.async_init(DOMAIN, context={"source": "user"})
        more = {"port": meter.port, "unit_id": 1}
        for answer in (
            {"next_step_id": "acme"},
            {"host": meter.host, "more": more},
            {"name": "Cellar"},
        ):
            result = await flows.async_configure(result["flow_id"], answer)
        await hass.async_block_till_done()
        states = {
            name: hass.states.get(f"sensor.cellar_{name}")
            for name in ("power_import", "energy_import")
        }
        assert {k: v and float(v.state) for k, v in states.items()} == {
            "power_import": 2300,
            "energy_import": 12.345,
        }
        await hass.config_entries.async_unload(result["result"].entry_id)
    finally:
        await meter.stop()


def test_words_of_the_worked_example_are_complete() -> None:
    """The example's texts have the keys that a meter's form has."""
    (words,) = (json.loads(c) for p, c in _blocks().items() if p.endswith(".json"))
    keys = {re.sub(r"\bacme\b|_acme$", "*", key) for key in flat(words)}
    assert keys == {
        re.sub(r"\bksem\b|_ksem$", "*", key)
        for key in english()
        # The example's meter has no encryption to be asked about.
        if re.search(r"\bksem\b|_ksem$", key) and not key.endswith("encryption")
    }


# What pages point to


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_links_named_in_documents_exist(path: Path) -> None:
    """A document that points to no file, or to no heading of it, is refused."""
    for target in re.findall(r"\]\((?!http)([^)]+)\)", path.read_text()):
        name, _, anchor = target.partition("#")
        file = path.parent / name if name else path
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"(?m)^#+ (.*)$", file.read_text())
            slugs = [re.sub(r"[^\w\- ]", "", h.lower()) for h in headings]
            assert anchor in [slug.replace(" ", "-") for slug in slugs], target


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_commands_named_in_documents_exist(path: Path) -> None:
    """A script, its family, or its option, that does not exist is refused."""
    text = path.read_text()
    for name in re.findall(r"\bscripts/(\w+)", text):
        assert (ROOT / "scripts" / name).is_file(), name
    for family in re.findall(r"scripts/query (\w+) HOST", text):
        assert family in {*FAMILIES, "FAMILY", "acme"}, family
    programs = "\n".join(
        file.read_text()
        for folder in ("scripts", "simulators", "benchmarks")
        for file in (ROOT / folder).iterdir()
        if file.is_file()
    )
    calls = " ".join(re.findall(r"scripts/\w+[^`|\n]*|`--[a-z][^`]*", text))
    for option in re.findall(r"--[a-z][a-z-]+", calls):
        assert f'"{option}"' in programs, option


def test_the_site_has_every_page() -> None:
    """What is written can be reached; scripts/docs refuses the rest."""
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert pages == set(
        re.findall(r"\S+\.md$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    )


def test_architecture_names_every_file_of_the_root() -> None:
    """The tree on the page is the tree there is."""
    text = page("architecture")
    tree = text.split("```")[3]
    named = set(re.findall(r"\b\w+\.py\b", tree.partition("engine/")[0]))
    assert named == {path.name for path in PACKAGE.glob("*.py")}
    folders = {p.parent for p in (PACKAGE / "engine").glob("*/__init__.py")}
    folders |= {p.parent for p in (PACKAGE / "engine").glob("*/*/__init__.py")}
    for folder in folders:
        assert re.search(rf"\b{folder.name}/", tree), folder.name
    for path in re.findall(r"`((?:engine|protocols|devices)/[\w/]+\.py)`", text):
        below = PACKAGE if path.startswith("engine") else PACKAGE / "engine"
        assert (below / path).is_file(), path


# What pages say about the product


@pytest.mark.parametrize("key", FAMILIES)
async def test_default_entities_of_a_family_are_listed(
    key: str, socket_enabled: None
) -> None:
    """The table of what appears is that of the code, no more and no less."""
    family = FAMILIES[key]
    idle = ModbusDevice([(0, 1)])
    await idle.start()
    try:
        async with connected(idle) as link:
            device = family.open(
                link, {one.key: one.default for one in family.questions}
            )
    finally:
        await idle.stop()
    shown = {
        english()[f"entity.sensor.{point.quantity}.name"]
        for group in device.groups
        for point in group.points
        if point.phase is Phase.TOTAL
        and SENSORS[point.quantity].enabled
        and point not in device.off_by_default
    }
    if key == FAMILY_DIRIS:
        # Its circuits have the entities, it has none of its own.
        shown = {english()[f"entity.sensor.{quantity}.name"] for quantity in FIRST}
    if isinstance(device, Charger):
        shown.add(english()["entity.number.charging_current.name"])
    title = english()[f"config.step.user.menu_options.{key}"]
    _, _, table = page("installing").partition("### What appears")
    listed = [row[1] for row in row_of(table, title)]
    assert [set(cell.split(", ")) for cell in listed] == [shown]
    assert f"| {title}" in (ROOT / "README.md").read_text()


def test_every_entity_that_is_no_measurement_is_explained() -> None:
    """An entity whose name the owner finds nowhere is refused."""
    text = "\n".join(page(name) for name in ("installing", "gateway", *DEVICES))
    quantities = {quantity.value for quantity in Quantity}
    for key, name in english().items():
        found = re.fullmatch(r"entity\.\w+\.(\w+)\.name", key)
        if found and found[1].removesuffix("_phase") not in quantities:
            assert re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text), name


def test_every_action_is_explained() -> None:
    """An action, a trigger and a condition are found by name and key, with fields."""
    text = " ".join((page("installing") + page("gateway")).split())
    for key, name in english().items():
        kind, one, *rest = key.split(".")
        if kind in ("services", "triggers", "conditions") and rest == ["name"]:
            assert f"*{name}* (`{one}`" in text, key
        elif kind == "services" and rest[0] == "fields" and rest[-1] == "name":
            assert f"`{rest[1]}`" in text, key


def test_every_option_of_a_site_is_listed_with_its_default() -> None:
    """The table of options has the names and figures of the form."""
    text = page("installing")
    for key, figure in FIGURES.items():
        name = english()[f"options.step.site.sections.{figure.section}.data.{key}"]
        default = (getattr(DEFAULTS, figure.field) or 0) / figure.factor
        ((_, shown, _),) = row_of(text, f"*{name}*")
        assert shown.strip() == f"{default:g} {figure.unit}".strip(), name


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_explained(reason: Reason) -> None:
    """Why a wallbox does not charge is answered for each reason there is."""
    name = english()[f"entity.sensor.reason.state.{reason}"]
    ((_, meaning, advice),) = row_of(page("troubleshooting"), f"*{name}* (`{reason}`)")
    assert meaning
    assert advice


def test_every_status_of_a_wallbox_is_explained() -> None:
    """Each state of a connector stands in the table, but those that charge."""
    text = page("troubleshooting")
    for status in set(STATUSES) - {"charging", "unknown"}:
        name = english()[f"entity.sensor.connector_status.state.{status}"]
        assert f"*{name}*" in text, name


def test_every_issue_is_explained() -> None:
    """Each issue has its row, with the title that its owner sees."""
    keys = {key.split(".")[1] for key in english() if key.startswith("issues.")}
    rows = {
        row[1]: row[0]
        for line in page("troubleshooting").splitlines()
        if len(row := line.strip("| ").split(" | ")) == 3
    }
    for key in keys:
        assert plain(rows[f"`{key}`"]) == plain(english()[f"issues.{key}.title"])


def test_every_error_is_explained() -> None:
    """What a form, a command or the log says is found on the page by its words."""
    text = page("troubleshooting")
    quotes = [plain(quote) for quote in re.findall(r"(?m)^ *> (.*?)\.?$", text)]
    logged = plain(" ".join(re.findall(r"(?s)```log\n(.*?)```", text)))
    for key, error in english().items():
        if key.startswith(("config.error.", "exceptions.")):
            found = any(plain(error).startswith(quote) for quote in quotes)
            assert found or plain(error).strip("…") in logged, key


@pytest.mark.parametrize("name", FOR_OWNERS)
def test_quoted_texts_are_those_of_the_product(name: str) -> None:
    """A text in a quotation, or a line of the log, is one that can appear."""
    text = page(name)
    shown = [plain(text) for text in english().values()]
    for quote in re.findall(r"(?m)^ *> (.*)$", text):
        assert any(plain(quote) in one for one in shown), quote
    lines = [
        line
        for block in re.findall(r"(?s)```log\n(.*?)```", text)
        for line in block.splitlines()
    ]
    lines += re.findall(r"`(… [^`]+)`", text)
    for line in lines:
        # What one text puts into another stands behind a colon.
        for part in re.split(r"…|:", plain(line)):
            words = part.strip(" ().,")
            assert any(words in one for one in said()), line


@pytest.mark.parametrize("name", FOR_OWNERS)
def test_words_in_italics_stand_on_the_screens(name: str) -> None:
    """A field, an entity or a button that the owner looks for has that name."""
    shown = [plain(text) for text in english().values()]
    text = re.sub(r"(?s)```.*?```|`[^`]*`", "", page(name))
    for found in re.findall(r"(?<![*\w])\*(?!\*)([^*|]+)\*(?![*\w])", text):
        for words in " ".join(found.split()).split(" → "):
            stands = words in FOREIGN or any(plain(words) in one for one in shown)
            assert stands, words


def test_issue_form_asks_for_the_diagnostics() -> None:
    """Who reports that something is wrong must send the file that is played again."""
    form = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE/bug.yml").read_text())
    (asked,) = [one for one in form["body"] if one.get("id") == "diagnostics"]
    assert asked["validations"]["required"]
    assert "Download diagnostics" in " ".join(
        asked["attributes"]["description"].split()
    )


def test_what_the_checklist_rests_on_is_there() -> None:
    """Each test, file and picture that the checklist names is there."""
    text = page("ux-checklist")
    gallery = (ROOT / "simulators" / "gallery.py").read_text()
    for picture in re.findall(r"picture `(\w+)`", text):
        # The views of the wallboxes and of cards are made in loops.
        stem = re.sub(r"_\d$", "_{n}", picture)
        assert f'"{picture}"' in gallery or f'"{stem}"' in gallery, picture
    for file, _, name in re.findall(r"`((?:tests|frontend)/[\w/.]+)(: (\w+))?`", text):
        source = (ROOT / file).read_text()
        assert f"def {name}(" in source if name else source
    for row in re.findall(r"(?m)^\| ☑ \|.*$", text):
        assert "`" in row or "#screens" in row, row
    for row in re.findall(r"(?m)^\| ☐ \|.*$", text):
        assert "Open: " in row, row
