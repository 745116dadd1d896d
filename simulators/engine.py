"""Lets programs import the engine without loading Home Assistant."""

from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
import sys

_REPOSITORY = Path(__file__).resolve().parent.parent
_PARENTS = ("custom_components", "custom_components.meters_and_chargers")


def load_engine() -> None:
    """Make the engine importable by its one name, without its parents' code.

    Importing a submodule runs the `__init__` of every parent, and the domain's
    needs Home Assistant. Empty packages stand in for the parents; parents that
    are imported already stay as they are.
    """
    for name in _PARENTS:
        if name in sys.modules:
            continue
        spec = ModuleSpec(name, loader=None, is_package=True)
        folder = _REPOSITORY.joinpath(*name.split("."))
        spec.submodule_search_locations = [str(folder)]
        package = module_from_spec(spec)
        sys.modules[name] = package
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, package)
