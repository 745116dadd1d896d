"""Every oddity of a real wallbox that is known of, played as a script over a socket."""

from collections.abc import Mapping
from pathlib import Path
import re
from typing import Any

import pytest
from quirk_player import VERBS, Player
import yaml

from custom_components.meters_and_chargers.engine.devices.ocpp_charger import OWN_TAG
from custom_components.meters_and_chargers.engine.protocols.ocpp import Manners

FOLDER = Path(__file__).parent / "quirks"
SCRIPTS = sorted(FOLDER.glob("*.yaml"))
TOLD = {script.stem: yaml.safe_load(script.read_text()) for script in SCRIPTS}
TRIES = [
    pytest.param(one, id=f"{name}-{number}")
    for name, told in TOLD.items()
    for number, one in enumerate(told["tries"], 1)
]
KNOWN = 36
"""Rows of the table of oddities; a script is named by its row."""
OPEN = {
    4: "the issue that names it is shown by test_ocpp_manners.py",
    8: "the option that chooses measurands is shown by test_ocpp_sampling.py",
    9: "the issue that asks for the restart is shown by test_ocpp_measuring.py",
    20: "the lowest current in the place of 0 A is shown by test_ocpp_pause.py",
    21: "what is cleared when it is deleted is shown by test_ocpp_leave.py, "
    "the issue about a profile that is not ours by test_ocpp_foreign_profile.py",
    29: "how long it may be away is shown by test_ocpp_manners.py",
    33: "AuthorizeRemoteTxRequests is set where only known cards may charge, "
    "as test_ocpp_admission.py shows",
}
"""What of a row no script shows, because other tests do."""


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(socket_enabled: None) -> None:
    """Start no Home Assistant; these need sockets alone."""


@pytest.mark.parametrize("script", TRIES)
async def test_quirk(
    script: Mapping[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The scripted wallbox gets and makes known what its script says."""
    await Player(tmp_path / "journal.db", caplog).play(script)


def test_every_row_has_its_script() -> None:
    """None is forgotten, and the checklist in the documents names what is open."""
    assert [int(script.stem[:2]) for script in SCRIPTS] == [*range(1, KNOWN + 1)]
    page = (Path(__file__).parents[4] / "docs" / "ocpp-checklist.md").read_text()
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", page, re.MULTILINE)
    assert {int(row): what for row, what in rows} == OPEN


def test_what_is_usual() -> None:
    """Rows 26, 27 and 32 hold for wallboxes of which nobody has said anything."""
    assert Manners().timeout_s == 60
    assert Manners().ping_s == 20
    assert len(OWN_TAG) <= 16


@pytest.mark.parametrize("name", TOLD)
def test_scripts_say_what_they_show(name: str) -> None:
    """Each names its oddity, what it shows, and only steps there are."""
    told = TOLD[name]
    assert set(told) == {"quirk", "tries"}
    for one in told["tries"]:
        assert set(one) <= {"does", "server", "chargers", "manners", "quirks", "steps"}
        assert one["does"].endswith(".")
        for step in one["steps"]:
            assert len(set(step) - {"box"}) == 1
            assert set(step) - {"box"} <= VERBS
