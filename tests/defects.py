"""Mistakes to make in a copy of the tree, for the tests of the checker."""

from collections.abc import Callable
import json
from pathlib import Path
import shutil

from homeassistant.util.yaml import save_yaml
from PIL import Image

from validation import check
from validation.quality import RULES

OURS = "custom_components/meters_and_chargers"
MANIFEST = f"{OURS}/manifest.json"
ENGLISH = f"{OURS}/translations/en.json"
GERMAN = f"{OURS}/translations/de.json"
ICON_FILE = f"{OURS}/icons.json"
TEXTS = f"{OURS}/translations"
ACTIONS = f"{OURS}/services.yaml"
QUALITY_FILE = f"{OURS}/quality_scale.yaml"

ROOT = Path(__file__).parent.parent

type Defect = Callable[[Path], object]


def copied(to: Path) -> Path:
    """Copy the tree."""
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("custom_components", ".github"):
        shutil.copytree(ROOT / name, to / name, ignore=ignore)
    for name in ("LICENSE", "README.md", "hacs.json"):
        shutil.copy(ROOT / name, to)
    return to


def problems_of(defect: Defect, to: Path) -> list[str]:
    """Return what is wrong with a copy after a mistake."""
    tree = copied(to)
    defect(tree)
    return check(tree)


def put(name: str, place: str, value: object) -> Defect:
    """Write a value at a dotted place of a JSON file; None takes the key away."""

    def write(root: Path) -> None:
        content = part = json.loads((root / name).read_text())
        *parents, key = place.split("/")
        for parent in parents:
            part = part.setdefault(parent, {})
        if value is None:
            del part[key]
        else:
            part[key] = value
        (root / name).write_text(json.dumps(content))

    return write


def manifest(key: str, value: object) -> Defect:
    """Write a value into the manifest, with its keys in order."""

    def write(root: Path) -> None:
        content = json.loads((root / MANIFEST).read_text()) | {key: value}
        head = {key: content.pop(key) for key in ("domain", "name")}
        (root / MANIFEST).write_text(json.dumps(head | dict(sorted(content.items()))))

    return write


def words(text: str) -> Defect:
    """Write another text for an error."""
    return put(ENGLISH, "exceptions/no_link/message", text)


def write(name: str, text: str) -> Defect:
    """Write a whole file."""

    def do(root: Path) -> None:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)

    return do


def remove(name: str) -> Defect:
    """Remove a file."""
    return lambda root: (root / name).unlink()


def paint(name: str, width: int, height: int) -> Defect:
    """Draw an image."""

    def do(root: Path) -> None:
        Image.new("RGB", (width, height)).save(root / OURS / "brand" / name)

    return do


def german(place: str, value: object) -> Defect:
    """Write a German text; None takes it away."""
    return put(GERMAN, place, value)


def everywhere(place: str, value: object) -> Defect:
    """Write the same into every language."""

    def do(root: Path) -> None:
        for path in (root / TEXTS).iterdir():
            put(f"{TEXTS}/{path.name}", place, value)(root)

    return do


def rules(**changes: object) -> Defect:
    """Answer all rules with done, but for some."""

    def do(root: Path) -> None:
        answers = {rule: "done" for tier in RULES.values() for rule in tier} | {
            rule.replace("_", "-"): answer for rule, answer in changes.items()
        }
        given = {rule: answer for rule, answer in answers.items() if answer}
        save_yaml(str(root / QUALITY_FILE), {"rules": given})

    return do


def action(
    form: object,
    said: dict[str, object] | None = None,
    icon: dict[str, object] | None = None,
) -> Defect:
    """Make "charge" the only action: its form, its words and its icon."""

    def do(root: Path) -> None:
        save_yaml(str(root / ACTIONS), {"charge": form})
        default = {"name": "Charge", "description": "Charge once."}
        texts = {"charge": default} if said is None else said
        everywhere("services", texts)(root)
        # The words of a choice that no form but the real ones' shows.
        for path in (root / TEXTS).iterdir():
            content = json.loads(path.read_text())
            content["selector"].pop("ocpp_message", None)
            path.write_text(json.dumps(content, ensure_ascii=False))
        default_icon = {"charge": {"service": "mdi:flash"}}
        put(ICON_FILE, "services", default_icon if icon is None else icon)(root)

    return do


def both(*defects: Defect) -> Defect:
    """Do one after the other."""

    def do(root: Path) -> None:
        for defect in defects:
            defect(root)

    return do


def no_actions(root: Path) -> None:
    """Take all actions away."""
    sources = (
        "billing_actions.py",
        "ocpp_actions.py",
        "services.py",
        "session_actions.py",
    )
    for path in (root / ACTIONS, *(root / OURS / name for name in sources)):
        path.unlink(missing_ok=True)
    everywhere("services", {})(root)
    put(ICON_FILE, "services", {})(root)


def another_folder(root: Path) -> None:
    """Add a second integration."""
    (root / "custom_components" / "another").mkdir()


def renamed(root: Path) -> None:
    """Rename the integration's folder, not its domain."""
    (root / OURS).rename(root / "custom_components" / "meters")


def swapped(root: Path) -> None:
    """Put the manifest's keys in another order."""
    content = json.loads((root / MANIFEST).read_text())
    (root / MANIFEST).write_text(json.dumps(dict(reversed(content.items()))))
