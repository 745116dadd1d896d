"""Build the file that a release attaches: `scripts/release VERSION FILE`."""

import json
from pathlib import Path
import shutil
import sys
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

from . import check
from .files import Tree

# What the checks look at, and nothing that a working copy may hold besides.
PARTS = ("LICENSE", "README.md", "hacs.json", ".github", "custom_components")


def build(root: Path, version: str, file: Path) -> list[str]:
    """Zip the integration as this version, or return what is wrong with it.

    HACS and the Marketplace unpack the file into the integration's folder, so the
    manifest stands at its root. The tree itself is not changed.
    """
    with TemporaryDirectory() as folder:
        copy = Tree(Path(folder))
        for name in PARTS:
            if (root / name).is_dir():
                ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
                shutil.copytree(root / name, copy.root / name, ignore=ignore)
            else:
                shutil.copy(root / name, copy.root)
        content = copy.manifest | {"version": version}
        manifest = copy.folder / "manifest.json"
        manifest.write_text(
            json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        problems = check(copy.root)
        if not problems:
            with ZipFile(file, "w", ZIP_DEFLATED) as archive:
                for path in sorted(copy.folder.rglob("*")):
                    archive.write(path, path.relative_to(copy.folder))
    return problems


def main() -> int:
    """Take the version or its tag (1.2.3, v1.2.3) and the file to write."""
    version, file = sys.argv[1:]
    root = Path(__file__).parent.parent
    problems = build(root, version.removeprefix("v"), Path(file))
    print(*problems or [f"{file} is version {version.removeprefix('v')}"], sep="\n")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
