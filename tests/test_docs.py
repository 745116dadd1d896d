"""What the documents promise is tried."""

from collections.abc import Sequence
from pathlib import Path
import re
from types import ModuleType

import pytest

from custom_components.meters_and_chargers.engine import devices
from custom_components.meters_and_chargers.engine.model import Point, Quantity
from simulators.modbus_device import ModbusDevice

from .links import connected

ROOT = Path(__file__).parent.parent


def _words(value: int, count: int) -> Sequence[int]:
    raw = value.to_bytes(2 * count)
    return [int.from_bytes(raw[at : at + 2]) for at in range(0, 2 * count, 2)]


async def test_worked_example_of_adding_a_device(socket_enabled: None) -> None:
    """The code of docs/adding-a-device.md reads the meter it describes."""
    text = (ROOT / "docs" / "adding-a-device.md").read_text()
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert found
    acme = ModuleType(f"{devices.__name__}.acme")
    acme.__package__ = acme.__name__
    code = re.sub(r"^   ", "", found[1], flags=re.MULTILINE)
    exec(code, vars(acme))  # noqa: S102 - our own document's example

    meter = ModbusDevice([(0, 8), (100, 2), (110, 4)])
    values = {
        0: (int.from_bytes(b"M1-0000000000042"), 8),
        100: (12345, 2),
        110: (99, 4),
    }
    for address, (value, count) in values.items():
        meter.registers |= dict(enumerate(_words(value, count), address))
    await meter.start()
    try:
        async with connected(meter) as link:
            device = acme.FAMILY.open(link, {})
            identity = await device.identify()
            readings = {}
            for group in device.groups:
                readings |= await device.read(group)
    finally:
        await meter.stop()
    assert identity.key == "acme_M1-0000000000042"
    assert readings == {
        Point(Quantity.POWER_IMPORT): 1234.5,
        Point(Quantity.ENERGY_IMPORT): 99,
    }


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/*"))
)
def test_links_and_files_named_in_documents_exist(path: Path) -> None:
    """A document that points nowhere is refused."""
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", path.read_text()):
        assert (path.parent / target).exists(), target
