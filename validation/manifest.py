"""The manifest, hacs.json, the brand's images and what stands beside them."""

from collections.abc import Iterator
from pathlib import Path
import re
from urllib.parse import urlsplit

from awesomeversion import (
    AwesomeVersion,
    AwesomeVersionException,
    AwesomeVersionStrategy,
)
from homeassistant import components
from packaging.requirements import InvalidRequirement, Requirement
from PIL import Image
import voluptuous as vol

from .files import Tree, parts, shape, text

BUILT_IN = Path(components.__path__[0])
WORKFLOW = ".github/workflows/release.yml"
# Pixels of width and height; the brands rules.
ICON_SIZES = {"icon.png": 256, "icon@2x.png": 512}
# Shortest side: at least, at most.
LOGO_SIZES = {"logo.png": (128, 256), "logo@2x.png": (256, 512)}


def _is_version(value: str) -> bool:
    try:
        # The loader's own list; it loads nothing else.
        AwesomeVersion(
            value,
            ensure_strategy=[
                AwesomeVersionStrategy.CALVER,
                AwesomeVersionStrategy.SEMVER,
                AwesomeVersionStrategy.SIMPLEVER,
                AwesomeVersionStrategy.BUILDVER,
                AwesomeVersionStrategy.PEP440,
            ],
        )
    except AwesomeVersionException:
        return False
    return True


def _is_own_page(value: str) -> bool:
    url = urlsplit(value)
    host = url.hostname or ""
    ours = not f".{host}".endswith(".home-assistant.io")
    return url.scheme == "https" and "." in host and ours


def _is_requirement(value: str) -> bool:
    try:
        Requirement(value)
    except InvalidRequirement:
        return False
    return value == "".join(value.split())


TEXT = text()
VERSION = text("is no version that Home Assistant accepts: write 1.2.3", _is_version)
PAGE = text("must be an https address outside home-assistant.io", _is_own_page)
DOMAIN = text("must be a domain: a-z, 0-9 and _", re.compile(r"[a-z0-9_]+").fullmatch)
REQUIREMENT = text("is no requirement: write name>=1.2 without blanks", _is_requirement)
LOWER = text("must be in lower case", lambda value: value == value.lower())
UPPER = text("must be in upper case", lambda value: value == value.upper())
MAC = text(
    "must be in upper case and hold a *",
    lambda value: value == value.upper() and "*" in value,
)
SERVICE_TYPE = text(
    "must end with .local., as in _http._tcp.local.",
    lambda value: value.endswith(".local."),
)
MATCHERS = {
    "bluetooth": [
        parts(
            connectable=bool,
            local_name=TEXT,
            manufacturer_data_start=[int],
            manufacturer_id=int,
            service_data_uuid=LOWER,
            service_uuid=LOWER,
        )
    ],
    "dhcp": [parts(hostname=LOWER, macaddress=MAC, registered_devices=bool)],
    "homekit": parts(models=[TEXT]),
    "mqtt": [TEXT],
    "ssdp": [vol.All({str: str}, vol.Length(min=1))],
    "usb": [
        parts(
            description=LOWER,
            known_devices=[TEXT],
            manufacturer=LOWER,
            pid=UPPER,
            serial_number=LOWER,
            vid=UPPER,
        )
    ],
    "zeroconf": [
        vol.Any(
            SERVICE_TYPE,
            {
                vol.Required("type"): SERVICE_TYPE,
                **parts(name=LOWER, properties={str: LOWER}),
            },
        )
    ],
}
MANIFEST = vol.Schema(
    {
        vol.Required("domain"): DOMAIN,
        vol.Required("name"): TEXT,
        vol.Required("codeowners"): vol.All(
            [text("must begin with @", lambda value: value.startswith("@"))],
            vol.Length(min=1),
        ),
        vol.Required("documentation"): PAGE,
        vol.Required("iot_class"): vol.In(
            [
                "assumed_state",
                "calculated",
                "cloud_polling",
                "cloud_push",
                "local_polling",
                "local_push",
            ]
        ),
        vol.Required("issue_tracker"): PAGE,
        vol.Required("version"): VERSION,
        **parts(
            after_dependencies=[DOMAIN],
            config_flow=bool,
            dependencies=[DOMAIN],
            import_executor=bool,
            integration_type=vol.In(["device", "helper", "hub", "service"]),
            loggers=[TEXT],
            preview_features={DOMAIN: dict},
            quality_scale=vol.In(
                [
                    "bronze",
                    "silver",
                    "gold",
                    "platinum",
                    "custom",
                    "internal",
                    "legacy",
                    "no_score",
                ]
            ),
            requirements=[REQUIREMENT],
            single_config_entry=bool,
            # New in 2026.11, and not yet seen in a custom manifest.
            categories=[TEXT],
            connectivity=[DOMAIN],
        ),
        **parts(**MATCHERS),
    }
)
HACS = vol.Schema(
    {
        vol.Required("name"): TEXT,
        **parts(
            # Ours is in custom_components/.
            content_in_root=vol.In([False]),
            country=[UPPER],
            filename=text("must end with .zip", lambda value: value.endswith(".zip")),
            hacs=VERSION,
            hide_default_branch=bool,
            homeassistant=VERSION,
            persistent_directory=TEXT,
            render_readme=bool,
            zip_release=bool,
        ),
    }
)


def repository(tree: Tree) -> Iterator[str]:
    """Look for what HACS asks of a repository, and for a second manifest."""
    for name in ("LICENSE", "README.md"):
        path = tree.root / name
        if not path.is_file() or not path.read_text(encoding="utf-8").strip():
            yield f"{name}: is missing or empty: write it"
    for folder, folders, files in tree.root.walk():
        folders[:] = [name for name in folders if name[0] not in "._"]
        path = folder / "manifest.json"
        if path.name in files and folder != tree.folder:
            yield (
                f"{tree.name(path)}: hassfest takes every manifest.json for an"
                " integration: rename it"
            )


def integration(tree: Tree) -> Iterator[str]:
    """Check the manifest's keys, values and order."""
    name = tree.name(tree.folder / "manifest.json")
    content = tree.manifest
    problems = list(shape(name, MANIFEST, content))
    if problems:
        yield from problems
        return
    order = sorted(content, key=lambda key: (key != "domain", key != "name", key))
    if list(content) != order:
        yield f"{name}: keys are not in order, write them so: {', '.join(order)}"
    if content["domain"] != tree.folder.name:
        yield (
            f"{name}: domain {content['domain']} is not its folder's name"
            f" {tree.folder.name}: rename one of them"
        )
    if content.get("config_flow", False) != (tree.folder / "config_flow.py").exists():
        yield f"{name}: config_flow must be true exactly when config_flow.py exists"
    after = content.get("after_dependencies", [])
    for domain in (*(needs := content.get("dependencies", [])), *after):
        if not (BUILT_IN / domain / "manifest.json").exists():
            yield f"{name}: {domain} is no integration of Home Assistant: remove it"
    for domain in sorted({*needs} & {*after}):
        yield f"{name}: {domain} stands in both lists of dependencies: keep one"


def hacs(tree: Tree) -> Iterator[str]:
    """Check hacs.json and that the release builds the file it names."""
    content = tree.json(tree.root / "hacs.json")
    problems = list(shape("hacs.json", HACS, content))
    if problems:
        yield from problems
        return
    filename = content.get("filename")
    if content.get("zip_release") and filename is None:
        yield "hacs.json: zip_release needs filename: add it"
    workflow = tree.root / WORKFLOW
    if filename is not None and (
        not workflow.exists() or filename not in workflow.read_text("utf-8").split()
    ):
        yield f"hacs.json: {WORKFLOW} builds no file {filename}: use one name"


def brand(tree: Tree) -> Iterator[str]:
    """Check the images that Home Assistant shows for the integration."""
    folder = tree.folder / "brand"
    if not (folder / "icon.png").exists():
        yield f"{tree.name(folder / 'icon.png')}: is missing: add it"
    for path in sorted(folder.glob("*")):
        plain = path.name.removeprefix("dark_")
        if plain not in (*ICON_SIZES, *LOGO_SIZES):
            yield f"{tree.name(path)}: Home Assistant shows no such image: remove it"
            continue
        try:
            with Image.open(path, formats=["PNG"]) as image:
                size = image.size
        except OSError:
            yield f"{tree.name(path)}: is no PNG: save it as one"
            continue
        if plain in ICON_SIZES:
            side = ICON_SIZES[plain]
            fits, wanted = size == (side, side), f"{side} x {side}"
        else:
            least, most = LOGO_SIZES[plain]
            fits = least <= min(size) <= most
            wanted = f"{least} to {most} on its shortest side"
        if not fits:
            found = " x ".join(map(str, size))
            yield f"{tree.name(path)}: has {found} pixels: make it {wanted}"
