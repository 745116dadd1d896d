"""A browser for stories that are told before one."""

import os
from pathlib import Path
import subprocess

import pytest

from tests.end_to_end.household import ROOT


@pytest.fixture(scope="module")
def chromium() -> str:
    """Return the path of a headless Chromium."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    ran = subprocess.run(  # noqa: S603 - our own script
        [ROOT / "scripts" / "chromium", cache / "meters_and_chargers"],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if ran.returncode:
        pytest.skip(f"no Chromium: {ran.stderr.strip()}")
    path = ran.stdout.strip()
    tried = subprocess.run(  # noqa: S603 - what our script has found
        [path, "--version"], check=False, capture_output=True, text=True, timeout=60
    )
    if tried.returncode:
        pytest.skip(f"Chromium does not run here: {tried.stderr.strip()}")
    return path
