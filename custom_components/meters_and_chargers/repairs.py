"""What Home Assistant can mend itself, after a person has said yes."""

from typing import override

from homeassistant.components.repairs import (
    ConfirmRepairFlow,
    RepairsFlow,
    RepairsFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from . import diris_snmp, ocpp_limits, tls_watch
from .const import CONF_INTERVAL, DOMAIN
from .ocpp import wallboxes_of


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


class RemoveWallboxes(ConfirmRepairFlow):
    """Asks once, then removes the wallboxes of an OCPP server that is gone."""

    def __init__(self, server_id: str) -> None:
        """Remove those of one server."""
        self._server_id = server_id

    @override
    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        if user_input is not None:
            for entry in wallboxes_of(self.hass, self._server_id):
                await self.hass.config_entries.async_remove(entry.entry_id)
        return await super().async_step_confirm(user_input)


class TrustCertificate(ConfirmRepairFlow):
    """Asks once, then trusts the certificate which a device shows now."""

    def __init__(self, entry_id: str, shown: str) -> None:
        """Trust the certificate with this fingerprint."""
        self._entry_id = entry_id
        self._shown = shown

    @override
    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        if user_input is not None and not await tls_watch.trust(
            self.hass, self._entry_id, self._shown
        ):
            return self.async_abort(reason="not_shown_now")
        return await super().async_step_confirm(user_input)


class ClearProfiles(ConfirmRepairFlow):
    """Removes all charging profiles of a wallbox but ours, or lets them be."""

    def __init__(self, entry_id: str, issue_id: str) -> None:
        """Clear one wallbox."""
        self._entry_id = entry_id
        self._issue_id = issue_id

    @override
    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self._issue_id)
        return self.async_show_menu(
            menu_options=["confirm", "ignore"],
            description_placeholders=None
            if issue is None
            else issue.translation_placeholders,
        )

    async def async_step_ignore(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Speak of them no more, until they are gone and others come."""
        del user_input
        ir.async_ignore_issue(self.hass, DOMAIN, self._issue_id, ignore=True)
        return self.async_abort(reason="ignored")

    @override
    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        if user_input is not None and not await ocpp_limits.clear_profiles(
            self.hass, self._entry_id
        ):
            return self.async_abort(reason="not_cleared")
        return await super().async_step_confirm(user_input)


class HideColumns(ConfirmRepairFlow):
    """Asks once, then hides columns that are 0 on every circuit of a gateway."""

    def __init__(self, entry_id: str, columns: str) -> None:
        """Hide these, which are listed with commas."""
        self._entry_id = entry_id
        self._columns = [int(one) for one in columns.split(",")]

    @override
    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        if user_input is not None and (
            entry := self.hass.config_entries.async_get_entry(self._entry_id)
        ):
            diris_snmp.hide_columns(self.hass, entry, self._columns)
        return await super().async_step_confirm(user_input)


class AskForCommunity(ConfirmRepairFlow):
    """Asks once, then has another community of a gateway's SNMP be entered."""

    def __init__(self, entry_id: str) -> None:
        """Ask for that of one gateway."""
        self._entry_id = entry_id

    @override
    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        if user_input is not None and (
            entry := self.hass.config_entries.async_get_entry(self._entry_id)
        ):
            entry.async_start_reauth(self.hass)
        return await super().async_step_confirm(user_input)


async def async_create_fix_flow(
    hass: HomeAssistant,
    issue_id: str,
    data: dict[str, str | int | float | None] | None,
) -> RepairsFlow:
    """Return what mends an issue."""
    del hass
    match data:
        case {"entry_id": str(entry_id), "interval": int(interval)}:
            return PollFaster(entry_id, interval)
        case {"server_id": str(server_id)}:
            return RemoveWallboxes(server_id)
        case {"entry_id": str(entry_id), "shown": str(shown)}:
            return TrustCertificate(entry_id, shown)
        case {"entry_id": str(entry_id), "clears": "profiles"}:
            return ClearProfiles(entry_id, issue_id)
        case {"entry_id": str(entry_id), "hide": str(columns)}:
            return HideColumns(entry_id, columns)
        case {"entry_id": str(entry_id), "asks": "community"}:
            return AskForCommunity(entry_id)
    raise ValueError("an issue that nobody can mend from here")
