"""What the integration's Python files say about its manifest."""

import ast
from collections.abc import Iterator
from pathlib import Path

import homeassistant
from homeassistant.const import Platform
from homeassistant.requirements import DISCOVERY_INTEGRATIONS
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .files import Tree

# What hassfest lets everybody import without naming it: it is always there.
ALWAYS_THERE = {platform.value for platform in Platform} | {
    "alert",
    "automation",
    "conversation",
    "default_config",
    "device_automation",
    "frontend",
    "group",
    "homeassistant",
    "input_boolean",
    "input_button",
    "input_datetime",
    "input_number",
    "input_select",
    "input_text",
    "media_source",
    "mjpeg",
    "onboarding",
    "panel_custom",
    "persistent_notification",
    "person",
    "script",
    "shopping_list",
    "stream",
    "sun",
    "system_health",
    "system_log",
    "timer",
    "webhook",
    "websocket_api",
    "zone",
}
COMPONENTS = "homeassistant.components"
REGISTER = {
    "async_register_admin_service",
    "async_register_entity_service",
    "async_register_platform_entity_service",
}


def nodes(tree: Tree, pattern: str = "**/*.py") -> Iterator[tuple[Path, ast.AST]]:
    """Yield what the files consist of, without what is there for types alone."""
    for path in sorted(tree.folder.glob(pattern)):
        waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
        while waiting:
            node = waiting.pop()
            yield path, node
            for child in ast.iter_child_nodes(node):
                types_only = isinstance(child, ast.If) and (
                    ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
                )
                if not types_only:
                    waiting.append(child)


def _imported(node: ast.AST) -> Iterator[str]:
    """Yield the integrations that an import names."""
    if isinstance(node, ast.Import):
        modules = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module == COMPONENTS:
        modules = [f"{COMPONENTS}.{alias.name}" for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        modules = [node.module or ""]
    else:
        return
    for module in modules:
        if module.startswith(f"{COMPONENTS}."):
            yield module.split(".")[2]


def imports(tree: Tree) -> Iterator[str]:
    """Check that the manifest names the integrations whose code is used."""
    named = ALWAYS_THERE | {
        *tree.manifest.get("dependencies", ()),
        *tree.manifest.get("after_dependencies", ()),
    }
    for domain, keys in DISCOVERY_INTEGRATIONS.items():
        if any(key in tree.manifest for key in keys):
            named.add(domain)
    for path, node in nodes(tree):
        for domain in _imported(node):
            # A diagnostics.py is loaded by diagnostics, so that is there.
            own_platform = tree.folder / f"{domain}.py"
            if domain not in named and not own_platform.exists():
                yield (
                    f"{tree.name(path)}: imports {domain}, which the manifest does not"
                    " name: add it to dependencies or after_dependencies"
                )


def config_schema(tree: Tree) -> Iterator[str]:
    """Check that an integration that sets itself up refuses YAML."""
    path = tree.folder / "__init__.py"
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        match node:
            case ast.AsyncFunctionDef(name=name) | ast.FunctionDef(name=name):
                found.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]):
                found.add(name)
            case ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found |= {alias.asname or alias.name for alias in names}
    if found & {"async_setup", "setup"} and "CONFIG_SCHEMA" not in found:
        yield (
            f"{tree.name(path)}: has async_setup but no CONFIG_SCHEMA: add"
            " cv.config_entry_only_config_schema(DOMAIN)"
        )


def actions(tree: Tree) -> Iterator[str]:
    """Check that an integration that registers actions describes them."""
    if tree.services:
        return
    for path, node in nodes(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ast.unparse(node.func)
            plainly = called.endswith("services.async_register")
            if plainly or node.func.attr in REGISTER:
                name = tree.name(path)
                yield f"{name}: registers actions: describe them in services.yaml"


def requirements(tree: Tree) -> Iterator[str]:
    """Check that no requirement excludes the version that Home Assistant pins."""
    constraints = Path(homeassistant.__path__[0]) / "package_constraints.txt"
    name = tree.name(tree.folder / "manifest.json")
    pinned = {}
    for line in constraints.read_text(encoding="utf-8").splitlines():
        if "==" in line and not line.startswith("#"):
            pin = Requirement(line)
            pinned[canonicalize_name(pin.name)] = next(iter(pin.specifier)).version
    for wanted in map(Requirement, tree.manifest.get("requirements", ())):
        version = pinned.get(canonicalize_name(wanted.name))
        if version is not None and not wanted.specifier.contains(version):
            yield (
                f"{name}: {wanted} excludes {version}, which Home Assistant pins:"
                " allow that one or drop the requirement"
            )
