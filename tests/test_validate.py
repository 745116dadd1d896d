"""The offline checker finds each kind of mistake, and nothing else."""

import json
from pathlib import Path
import subprocess
import sys

from homeassistant import components
from homeassistant.util.yaml import load_yaml_dict
import pytest

from validation.files import shape
from validation.quality import QUALITY, RULES
from validation.texts import ICONS, TRANSLATIONS

from .defects import (
    MANIFEST,
    OURS,
    ROOT,
    Defect,
    action,
    another_folder,
    manifest,
    paint,
    problems_of,
    put,
    remove,
    renamed,
    swapped,
    write,
)

BUILT_IN = Path(components.__path__[0])
ORDER = ", ".join(json.loads((ROOT / MANIFEST).read_text()))
DEFECTS: dict[str, tuple[Defect, str, str]] = {
    # The repository.
    "no licence": (remove("LICENSE"), "LICENSE", "is missing or empty: write it"),
    "empty readme": (
        write("README.md", " \n"),
        "README.md",
        "is missing or empty: write it",
    ),
    "two integrations": (
        another_folder,
        "custom_components",
        (
            "holds another, meters_and_chargers, but only one folder is installed: keep"
            " exactly one"
        ),
    ),
    "stray manifest": (
        write("tests/manifest.json", "{}"),
        "tests/manifest.json",
        "hassfest takes every manifest.json for an integration: rename it",
    ),
    # The manifest.
    "no manifest": (remove(MANIFEST), MANIFEST, "is missing: add it"),
    "not JSON": (
        write(MANIFEST, "{"),
        MANIFEST,
        "can't be read, correct it: unexpected end of data: line 1 column 2 (char 1)",
    ),
    "unknown key": (
        manifest("colour", "red"),
        MANIFEST,
        "colour is not known here: remove it",
    ),
    "key missing": (
        put(MANIFEST, "issue_tracker", None),
        MANIFEST,
        "issue_tracker is missing: add it",
    ),
    "order": (swapped, MANIFEST, f"keys are not in order, write them so: {ORDER}"),
    "another domain": (
        renamed,
        "custom_components/meters/manifest.json",
        (
            "domain meters_and_chargers is not its folder's name meters: rename one of"
            " them"
        ),
    ),
    "iot class": (
        manifest("iot_class", "local"),
        MANIFEST,
        (
            "iot_class value must be one of ['assumed_state', 'calculated',"
            " 'cloud_polling', 'cloud_push', 'local_polling', 'local_push']"
        ),
    ),
    "version": (
        manifest("version", "one"),
        MANIFEST,
        "version is no version that Home Assistant accepts: write 1.2.3",
    ),
    "not https": (
        manifest("documentation", "http://example.com/docs"),
        MANIFEST,
        "documentation must be an https address outside home-assistant.io",
    ),
    "core's page": (
        manifest("documentation", "https://www.home-assistant.io/integrations/ours"),
        MANIFEST,
        "documentation must be an https address outside home-assistant.io",
    ),
    "code owner": (
        manifest("codeowners", ["somebody"]),
        MANIFEST,
        "codeowners.0 must begin with @",
    ),
    "requirement": (
        manifest("requirements", ["ocpp == 2.1.0"]),
        MANIFEST,
        "requirements.0 is no requirement: write name>=1.2 without blanks",
    ),
    "another pymodbus": (
        manifest("requirements", ["pymodbus==3.16.1"]),
        MANIFEST,
        (
            "pymodbus==3.16.1 excludes 3.13.1, which Home Assistant pins: allow that"
            " one or drop the requirement"
        ),
    ),
    "hostname": (
        manifest("dhcp", [{"hostname": "KSEM*"}]),
        MANIFEST,
        "dhcp.0.hostname must be in lower case",
    ),
    "MAC address": (
        manifest("dhcp", [{"macaddress": "00156a*"}]),
        MANIFEST,
        "dhcp.0.macaddress must be in upper case and hold a *",
    ),
    "zeroconf name": (
        manifest("zeroconf", [{"type": "_http._tcp.local.", "name": "KSEM*"}]),
        MANIFEST,
        "zeroconf.0.name must be in lower case",
    ),
    "zeroconf type": (
        manifest("zeroconf", ["_http._tcp"]),
        MANIFEST,
        "zeroconf.0 must end with .local., as in _http._tcp.local.",
    ),
    "empty ssdp": (
        manifest("ssdp", [{}]),
        MANIFEST,
        "ssdp.0 length of value must be at least 1",
    ),
    "unknown dependency": (
        manifest("after_dependencies", ["modbuss"]),
        MANIFEST,
        "modbuss is no integration of Home Assistant: remove it",
    ),
    "twice a dependency": (
        manifest("after_dependencies", ["modbus"]),
        MANIFEST,
        "modbus stands in both lists of dependencies: keep one",
    ),
    "no flow": (
        manifest("config_flow", value=False),
        MANIFEST,
        "config_flow must be true exactly when config_flow.py exists",
    ),
    # hacs.json and the brand.
    "hacs key": (
        put("hacs.json", "domains", ["sensor"]),
        "hacs.json",
        "domains is not known here: remove it",
    ),
    "hacs name": (
        put("hacs.json", "name", None),
        "hacs.json",
        "name is missing: add it",
    ),
    "hacs version": (
        put("hacs.json", "homeassistant", "newest"),
        "hacs.json",
        "homeassistant is no version that Home Assistant accepts: write 1.2.3",
    ),
    "zip without name": (
        put("hacs.json", "filename", None),
        "hacs.json",
        "zip_release needs filename: add it",
    ),
    "another zip": (
        put("hacs.json", "filename", "ours.zip"),
        "hacs.json",
        ".github/workflows/release.yml builds no file ours.zip: use one name",
    ),
    "no icon": (
        remove(f"{OURS}/brand/icon.png"),
        f"{OURS}/brand/icon.png",
        "is missing: add it",
    ),
    "small icon": (
        paint("icon.png", 200, 256),
        f"{OURS}/brand/icon.png",
        "has 200 x 256 pixels: make it 256 x 256",
    ),
    "large logo": (
        paint("dark_logo.png", 900, 257),
        f"{OURS}/brand/dark_logo.png",
        "has 900 x 257 pixels: make it 128 to 256 on its shortest side",
    ),
    "not a PNG": (
        write(f"{OURS}/brand/icon.png", "GIF89a"),
        f"{OURS}/brand/icon.png",
        "is no PNG: save it as one",
    ),
    "stray image": (
        paint("banner.png", 256, 256),
        f"{OURS}/brand/banner.png",
        "Home Assistant shows no such image: remove it",
    ),
}


def test_this_tree_is_valid() -> None:
    """Nothing is wrong with what is here, and the program says so."""
    ran = subprocess.run(
        [sys.executable, "-m", "validation"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr, ran.returncode) == ("valid\n", "", 0)


@pytest.mark.parametrize(("defect", "file", "problem"), DEFECTS.values(), ids=DEFECTS)
def test_one_defect_is_one_problem(
    tmp_path: Path, defect: Defect, file: str, problem: str
) -> None:
    """A copy with one mistake has exactly that problem."""
    assert problems_of(defect, tmp_path) == [f"{file}: {problem}"]


@pytest.mark.parametrize(
    "code",
    [
        "if TYPE_CHECKING:\n    from homeassistant.components import mqtt\n",
        "from homeassistant.components.sensor import SensorEntity\n",
        "from homeassistant.components.modbus import async_get_unit\n",
    ],
    ids=["for types", "a platform", "a dependency"],
)
def test_allowed_imports(tmp_path: Path, code: str) -> None:
    """What is imported for types, always there, or in the manifest is no problem."""
    assert problems_of(write(f"{OURS}/extra.py", code), tmp_path) == []


def test_action_with_all_its_words_is_valid(tmp_path: Path) -> None:
    """Fields in sections, their words and an icon: nothing is asked for twice."""
    selector = {"selector": {"number": {"min": 6, "max": 32}}}
    texts = {"name": "A", "description": "B"}
    said = {
        "charge": texts
        | {"fields": {"current": texts, "hours": texts}, "sections": {"more": texts}}
    }
    fields = {"current": selector, "more": {"fields": {"hours": selector}}}
    assert problems_of(action({"fields": fields}, said=said), tmp_path) == []


@pytest.mark.parametrize(
    "domain", ["brother", "fronius", "openevse", "peblar", "solaredge_modbus"]
)
def test_core_integrations_pass(domain: str) -> None:
    """The rules are not stricter than Home Assistant: its best integrations pass."""
    folder = BUILT_IN / domain
    read = [
        (name, schema, json.loads((folder / name).read_text()))
        for name, schema in (
            ("translations/en.json", TRANSLATIONS),
            ("icons.json", ICONS),
        )
    ]
    scale = load_yaml_dict(str(folder / "quality_scale.yaml"))
    assert scale["rules"].keys() == {rule for tier in RULES.values() for rule in tier}
    for name, schema, content in (*read, ("quality_scale.yaml", QUALITY, scale)):
        assert list(shape(name, schema, content)) == []
