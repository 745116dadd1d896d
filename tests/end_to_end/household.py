"""A house with a meter and a Pico, as two stories begin."""

from pathlib import Path

from simulators.hass import DOMAIN, HomeAssistant

ROOT = Path(__file__).parent.parent.parent
NEWEST = ROOT / ".venv-newest" / "bin" / "python"


async def make_site(home: HomeAssistant, fuse_a: int) -> None:
    """Let a house charge fast with the Pico."""
    site = await home.flow(
        DOMAIN,
        {"next_step_id": "site"},
        {"name": "House", "grid_meter": "ksem_72345678", "fuse_current": fuse_a},
        {"sign": "yes"},
    )
    await home.subentry_flow(
        site["result"]["entry_id"],
        "charger",
        {"charger": "smart_me_pico_7002702", "mode": "fast"},
    )
