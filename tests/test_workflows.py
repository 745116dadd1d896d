"""What runs elsewhere: the workflows, and the file that a release attaches."""

from itertools import chain
import json
import os
from pathlib import Path
import re
import subprocess
import sys
from types import ModuleType
from typing import Any
from zipfile import ZipFile

from homeassistant import components
from homeassistant.const import __version__ as oldest
from homeassistant.core import HomeAssistant
from homeassistant.loader import Integration
from homeassistant.util.yaml import load_yaml_dict
from packaging.requirements import Requirement
import pytest

ROOT = Path(__file__).parent.parent
OURS = ROOT / "custom_components" / "meters_and_chargers"
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*"))
FORMS = sorted((GITHUB / "ISSUE_TEMPLATE").glob("[!c]*.yml"))
SETUP = GITHUB / "actions" / "setup" / "action.yml"


def read(path: Path) -> dict[str, Any]:
    """Read a YAML file; its key "on" is read as true."""
    return load_yaml_dict(str(path))


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all steps of a workflow, or of an action."""
    jobs = workflow.get("jobs", {}).values() or [workflow["runs"]]
    return [*chain.from_iterable(job["steps"] for job in jobs)]


def newest() -> str:
    """Return the Home Assistant of the demo."""
    found = re.search(
        r"^homeassistant==(\S+)",
        (ROOT / "requirements_demo.txt").read_text(),
        re.MULTILINE,
    )
    assert found
    return found[1]


@pytest.mark.parametrize("path", [*WORKFLOWS, SETUP], ids=lambda path: path.stem)
def test_steps_run_what_exists(path: Path) -> None:
    """Each step runs a script of this tree, GitHub's own program, or an action."""
    for step in steps(read(path)):
        if "run" in step:
            (line,) = step["run"].strip().splitlines()
            program = line.split()[0]
            assert program == "gh" or os.access(ROOT / program, os.X_OK), line
        elif step["uses"].startswith("./"):
            assert (ROOT / step["uses"] / "action.yml").exists()
        else:
            # A tag of a major version, or the branch of those that have none.
            assert re.fullmatch(r"[\w/-]+@(v\d+|master|main)", step["uses"]), step


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_jobs_are_bounded(path: Path) -> None:
    """No job runs for hours, and only the release may write."""
    workflow = read(path)
    assert workflow["permissions"] == {
        "contents": "write" if path.stem == "release" else "read"
    }
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 40
        assert "permissions" not in job


def test_checks_run_all_of_ci_run() -> None:
    """What a person runs before a push is what is run after it."""
    ci = set(
        re.findall(r"^scripts/\w+", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    )
    checks = read(GITHUB / "workflows" / "checks.yml")
    run = {step["run"].split()[0] for step in steps(checks) if "run" in step}
    assert ci - {"scripts/setup"} == run
    assert steps(read(SETUP))[-1]["run"] == "scripts/setup"


def test_matrix_names_the_versions_that_run() -> None:
    """The end-to-end jobs show the versions that the environments hold."""
    jobs = read(GITHUB / "workflows" / "checks.yml")["jobs"]
    shown = [
        job["home-assistant"]
        for job in jobs["end-to-end"]["strategy"]["matrix"]["include"]
    ]
    month = [version.rsplit(".", 1)[0] for version in (oldest, newest())]
    assert shown == month
    assert jobs["test"]["name"].endswith(month[0])
    assert jobs["demo"]["name"].endswith(month[1])


def test_cache_is_keyed_by_what_setup_compares() -> None:
    """A changed input makes a new cache, as it makes new environments."""
    stamp = re.search(r"want=\$\(cat (.*?) \|", (ROOT / "scripts/setup").read_text())
    key = re.search(r"hashFiles\((.*?)\)", SETUP.read_text())
    assert stamp
    assert key
    assert re.findall(r"'(.*?)'", key[1]) == stamp[1].split()


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_issue_forms_have_their_parts(path: Path) -> None:
    """A form has a name, a description, and fields with own ids and labels."""
    form = read(path)
    assert form["name"]
    assert form["description"]
    ids = [field["id"] for field in form["body"]]
    assert len(set(ids)) == len(ids)
    for field in form["body"]:
        assert field["type"] in ("input", "textarea", "dropdown", "checkboxes")
        assert field["attributes"]["label"]
        assert field.get("validations", {}).keys() <= {"required"}


def test_what_home_assistant_pins_is_left_alone() -> None:
    """Dependabot proposes no version that Home Assistant would not load."""
    built_in = Path(components.__path__[0])
    wanted = chain.from_iterable(
        json.loads(path.read_text()).get("requirements", ())
        for path in built_in.glob("*/manifest.json")
    )
    pinned = {Requirement(line).name.lower() for line in wanted}
    ours = {
        Requirement(line).name
        for path in ROOT.glob("requirements_*.txt")
        for line in path.read_text().splitlines()
        if "==" in line
    }
    updates = read(GITHUB / "dependabot.yml")["updates"]
    (pip,) = (update for update in updates if update["package-ecosystem"] == "pip")
    ignored = {entry["dependency-name"] for entry in pip["ignore"]}
    assert ours & pinned <= ignored


def release(version: str, file: Path) -> subprocess.CompletedProcess[str]:
    """Build the file that a release attaches."""
    return subprocess.run(  # noqa: S603 - our own script with the test's words
        [ROOT / "scripts" / "release", version, file],
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Return a folder into which a release was unpacked as an installation does it."""
    before = (OURS / "manifest.json").read_text()
    file = tmp_path / json.loads((ROOT / "hacs.json").read_text())["filename"]
    ran = release("v12.3.4", file)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (OURS / "manifest.json").read_text() == before
    with ZipFile(file) as archive:
        archive.extractall(tmp_path / "custom_components" / OURS.name)
    return tmp_path


async def test_release_is_loaded_with_its_tag(
    hass: HomeAssistant, installed: Path
) -> None:
    """Home Assistant's loader takes the unpacked file for the tag's version."""
    module = ModuleType("custom_components")
    module.__path__ = [str(installed / "custom_components")]
    integration = Integration.resolve_from_root(hass, module, OURS.name)
    assert integration is not None
    assert integration.version == "12.3.4"
    assert integration.domain == OURS.name


def test_release_is_whole(installed: Path) -> None:
    """All our modules and nothing else are in it, and they can be imported."""
    folder = installed / "custom_components" / OURS.name
    assert {path.relative_to(folder) for path in folder.rglob("*")} == {
        path.relative_to(OURS)
        for path in OURS.rglob("*")
        if "__pycache__" not in path.parts
    }
    ran = subprocess.run(  # noqa: S603 - the interpreter of this test
        [sys.executable, "-c", f"import custom_components.{OURS.name}.config_flow"],
        cwd=installed,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_release_with_a_bad_version_is_refused(tmp_path: Path) -> None:
    """A tag that is no version makes no file."""
    ran = release("soon", tmp_path / "ours.zip")
    assert ran.returncode == 1
    assert "version is no version that Home Assistant accepts" in ran.stdout
    assert not (tmp_path / "ours.zip").exists()
