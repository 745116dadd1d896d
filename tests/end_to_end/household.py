"""A house with a meter and a Pico, as two stories begin."""

from pathlib import Path
from zipfile import ZipFile

from simulators.hass import DOMAIN, HomeAssistant
from validation.release import build

ROOT = Path(__file__).parent.parent.parent
NEWEST = ROOT / ".venv-newest" / "bin" / "python"


def install(config: Path) -> None:
    """Unpack a release where HACS and the Marketplace do."""
    file = config / "release.zip"
    assert not build(ROOT, "12.3.4", file)
    with ZipFile(file) as archive:
        archive.extractall(config / "custom_components" / DOMAIN)


async def make_site(home: HomeAssistant, fuse_a: int, mode: str = "fast") -> None:
    """Let a house charge with the Pico."""
    site = await home.flow(
        DOMAIN,
        {"next_step_id": "site"},
        {"name": "House", "grid_meter": "ksem_72345678", "fuse_current": fuse_a},
        {"sign": "yes"},
    )
    await home.subentry_flow(
        site["result"]["entry_id"],
        "charger",
        {"charger": "smart_me_pico_7002702", "mode": mode},
    )
