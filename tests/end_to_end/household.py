"""A house with a meter and a Pico, as two stories begin."""

from simulators.hass import DOMAIN, HomeAssistant


async def make_site(home: HomeAssistant) -> None:
    """Let a house charge fast with the Pico, on a fuse of 25 A."""
    site = await home.flow(
        DOMAIN,
        {"next_step_id": "site"},
        {"name": "House", "grid_meter": "ksem_72345678", "fuse_current": 25},
        {"sign": "yes"},
    )
    await home.subentry_flow(
        site["result"]["entry_id"],
        "charger",
        {"charger": "smart_me_pico_7002702", "mode": "fast"},
    )
