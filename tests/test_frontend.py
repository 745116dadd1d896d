"""The dashboard's source: checked, tested, and what is shipped is made of it."""

from pathlib import Path
import shutil
import subprocess

import pytest

FRONTEND = Path(__file__).parent.parent / "frontend"
PACKAGES = FRONTEND / "node_modules"

pytestmark = [
    pytest.mark.skipif(shutil.which("npm") is None, reason="there is no npm"),
    pytest.mark.skipif(
        not (PACKAGES / "esbuild").exists(),
        reason="npm reached no registry: scripts/setup tells more",
    ),
]


@pytest.mark.parametrize("script", ["lint", "types", "test", "check"])
def test_source_of_the_dashboard(script: str) -> None:
    """Lint, types and unit tests find nothing; the build gives the shipped files.

    The last also holds the sizes against their budget.
    """
    run = subprocess.run(  # noqa: S603 - our own scripts
        ["npm", "run", "--silent", script],  # noqa: S607 - wherever npm is
        cwd=FRONTEND,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_lock_names_no_registry() -> None:
    """Whoever fetches the packages does so from where they are told to."""
    lock = (FRONTEND / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert "http" not in "".join(
        line for line in lock.splitlines() if '"url":' not in line
    )
