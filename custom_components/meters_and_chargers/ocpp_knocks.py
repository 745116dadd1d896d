"""Who knocks at an OCPP server: shown as discovered, or said not to get in."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import discovery_flow
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.dt import utcnow

from .const import CONF_CHARGER_ID, CONF_SERVER, DOMAIN, FAMILY_OCPP_CHARGER
from .engine.devices.ocpp_charger import Knock, is_local
from .engine.protocols.ocpp import Refusal

if TYPE_CHECKING:
    # It shows who knocks by this.
    from .ocpp import ServerEntry

_SHOWN = 5
_MAX_PINNED = 50
_MAX_REFUSED = 5
"""Wallboxes of which Repairs says that they can't connect."""
_REFUSALS: Mapping[Refusal, str] = {
    Refusal.NO_IDENTITY: "refused_identity",
    Refusal.HANDSHAKE: "refused_handshake",
    Refusal.NO_VERSION: "refused_version",
    Refusal.OTHER_VERSION: "refused_version",
}
_IN_THE_ROOM: Mapping[Refusal, str] = {
    Refusal.NO_IDENTITY: "listen_identity",
    Refusal.HANDSHAKE: "listen_handshake",
    Refusal.NO_VERSION: "listen_version",
    Refusal.OTHER_VERSION: "listen_version",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody has tried to connect; ``key`` names what the waiting room says of it."""

    at: datetime
    peer: str
    charger_id: str
    key: str


def flows_of_knocks(hass: HomeAssistant) -> list[str]:
    """Return the flows in which a wallbox waits to be accepted."""
    return [
        flow["flow_id"]
        for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        if flow.get("step_id") in ("knock", "knock_password")
    ]


class Knocks:
    """What the user sees of those that are not in yet."""

    def __init__(
        self, hass: HomeAssistant, entry: ServerEntry, knows: Callable[[str], bool]
    ) -> None:
        """Belong to a server, which says by ``knows`` whom it lets in."""
        self._hass = hass
        self._entry = entry
        self._knows = knows
        self._issues: set[str] = set()
        """Of wallboxes that can't connect."""
        self._pinned: dict[str, Knock] = {}
        """Unknown ones that name no OCPP version, which the server never let in."""
        self.tried: deque[Attempt] = deque(maxlen=_SHOWN)
        """Who tried to connect last."""

    @callback
    def settle(self, aliases: Iterable[str]) -> None:
        """Show nobody any more under what turns out to be an alias of another one."""
        flows = self._hass.config_entries.flow
        theirs = {f"{FAMILY_OCPP_CHARGER}_{alias}" for alias in aliases}
        for flow in flows.async_progress_by_handler(DOMAIN):
            if flow["context"].get("unique_id") in theirs:
                flows.async_abort(flow["flow_id"])

    @callback
    def stop(self) -> None:
        """Say of nobody any more that it can't connect."""
        for issue_id in self._issues:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)

    @callback
    def refused(self, charger_id: str, peer: str, why: Refusal | None) -> None:
        """Say in Repairs that a wallbox can't connect, as long as it can't."""
        wallbox = charger_id or peer
        issue_id = f"refused_{self._entry.entry_id}_{wallbox}"
        known = self._knows(charger_id)
        if why is not None and is_local(peer):
            attempt = Attempt(utcnow(), peer, charger_id, _IN_THE_ROOM[why])
            self.tried.append(attempt)
        if why is None:
            self._issues.discard(issue_id)
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
        elif why is Refusal.NO_VERSION and not known:
            # Who accepts it lets it in as one that speaks 1.6.
            self.knocked(self._again(charger_id, peer), pinned=True)
        elif known or (is_local(peer) and len(self._issues) < _MAX_REFUSED):
            self._issues.add(issue_id)
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                issue_id,
                is_fixable=False,
                severity=ir.IssueSeverity.WARNING,
                translation_key=_REFUSALS[why],
                translation_placeholders={"wallbox": wallbox, "peer": peer},
            )

    def pinned(self, charger_id: str) -> Knock | None:
        """Return what is known of one that names no OCPP version."""
        return self._pinned.get(charger_id)

    def _again(self, charger_id: str, peer: str) -> Knock:
        """Count another attempt; of the first fifty that come, not of a flood."""
        before = self._pinned.get(charger_id)
        if before is not None:
            knock = replace(before, peer=peer, attempts=before.attempts + 1)
        else:
            knock = Knock(charger_id=charger_id, peer=peer, first_seen=utcnow())
        if before is not None or len(self._pinned) < _MAX_PINNED:
            self._pinned[charger_id] = knock
        return knock

    @callback
    def knocked(self, knock: Knock, *, pinned: bool = False) -> None:
        """Show an unknown wallbox to the user; ``pinned`` names no OCPP version."""
        discovery_flow.async_create_flow(
            self._hass,
            DOMAIN,
            context={"source": SOURCE_INTEGRATION_DISCOVERY},
            data={
                CONF_SERVER: self._entry.entry_id,
                CONF_CHARGER_ID: knock.charger_id,
                "peer": knock.peer,
                "maker": knock.maker,
                "model": knock.model,
                "serial": knock.serial,
                "pinned": pinned,
            },
        )
