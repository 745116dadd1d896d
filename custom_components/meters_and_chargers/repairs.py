"""What Home Assistant can mend itself: the polling interval of a grid meter."""

from typing import override

from homeassistant.components.repairs import (
    ConfirmRepairFlow,
    RepairsFlow,
    RepairsFlowResult,
)
from homeassistant.core import HomeAssistant

from .const import CONF_INTERVAL


class PollFaster(ConfirmRepairFlow):
    """Asks once, then polls a meter as often as a fuse needs it."""

    def __init__(self, entry_id: str, interval_s: int) -> None:
        """Change the entry of a meter."""
        self._entry_id = entry_id
        self._interval_s = interval_s

    @override
    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        entries = self.hass.config_entries
        if user_input is not None and (
            entry := entries.async_get_entry(self._entry_id)
        ):
            options = {**entry.options, CONF_INTERVAL: self._interval_s}
            entries.async_update_entry(entry, options=options)
            entries.async_schedule_reload(entry.entry_id)
        return await super().async_step_confirm(user_input)


async def async_create_fix_flow(
    hass: HomeAssistant,
    issue_id: str,
    data: dict[str, str | int | float | None] | None,
) -> RepairsFlow:
    """Return what mends an issue; only the polling interval can be."""
    del hass, issue_id
    if data is None:
        raise ValueError("an issue that nobody can mend from here")
    return PollFaster(str(data["entry_id"]), int(data["interval"] or 0))
