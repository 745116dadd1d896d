"""The waiting room after a server was added: what to enter, and who knocks."""

import asyncio
from collections.abc import Sequence
from typing import override

from homeassistant.components import network
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigFlow,
    ConfigFlowResult,
    FlowType,
)
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.util import dt as dt_util

from .const import CONF_FAMILY, CONF_SERVER, DOMAIN, FAMILY_OCPP_SERVER
from .ocpp import OcppServer, ServerEntry
from .ocpp_knocks import Attempt, flows_of_knocks

_ALL_ADDRESSES = "0.0.0.0"  # noqa: S104 - as the form of a server has it
PATIENCE_S = 600.0
"""Nobody keeps a dialog open longer; a wallbox may still come later."""
_LOOK_S = 1.0


class ListenSteps(ConfigFlow):
    """The steps of the waiting room in the integration's flow."""

    _server: OcppServer
    _addresses: str
    _ends_at = 0.0
    _waiting: asyncio.Task[None] | None = None

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Go on in the waiting room once there is a server."""
        entry = result["result"]
        if entry.data[CONF_FAMILY] == FAMILY_OCPP_SERVER and hasattr(
            entry, "runtime_data"
        ):
            flow = await self.hass.config_entries.flow.async_init(
                DOMAIN,
                context={"source": SOURCE_USER},
                data={CONF_SERVER: entry.entry_id},
            )
            result["next_flow"] = FlowType.CONFIG_FLOW, flow["flow_id"]
            return result
        return await super().async_on_create_entry(result)

    async def _open_room(self, server_id: str) -> ConfigFlowResult:
        """Wait for the wallboxes of a server."""
        entry: ServerEntry | None = self.hass.config_entries.async_get_entry(server_id)
        server = getattr(entry, "runtime_data", None)
        if entry is None or not isinstance(server, OcppServer):
            return self.async_abort(reason="nobody_knocked")
        self._server = server
        hosts = [entry.data[CONF_HOST]]
        if hosts == [_ALL_ADDRESSES]:
            hosts = [
                ours["address"]
                for adapter in await network.async_get_adapters(self.hass)
                if adapter["enabled"]
                for ours in adapter["ipv4"]
            ]
        port = entry.data[CONF_PORT]
        self._addresses = "\n".join(f"- `ws://{host}:{port}/`" for host in hosts)
        self._ends_at = self.hass.loop.time() + PATIENCE_S
        return await self.async_step_listen()

    async def async_step_listen(
        self,
        user_input: dict[str, object] | None = None,  # noqa: ARG002 - nothing is asked
    ) -> ConfigFlowResult:
        """Show what to enter in a wallbox, and who has tried, until one knocks."""
        left = max(0.0, self._ends_at - self.hass.loop.time())
        if self._waiting is None or self._waiting.done():
            # It is cancelled when Home Assistant stops.
            ended = self._waiting is not None and self._waiting.cancelled()
            if ended or flows_of_knocks(self.hass) or not left:
                return self.async_show_progress_done(next_step_id="listened")
            self._waiting = self.hass.async_create_background_task(
                self._change(), f"{DOMAIN} waits for a wallbox"
            )
        self.async_update_progress(1 - left / PATIENCE_S)
        tried = self._server.tried
        return self.async_show_progress(
            step_id="listen",
            progress_action=tried[-1].key if tried else "listen",
            progress_task=self._waiting,
            description_placeholders={
                "addresses": self._addresses,
                "tried": _in_lines(tried),
            },
        )

    async def _change(self) -> None:
        """Wait until somebody has tried, or nobody will."""
        seen = tuple(self._server.tried)
        while self.hass.loop.time() < self._ends_at:
            await asyncio.sleep(_LOOK_S)
            if flows_of_knocks(self.hass) or tuple(self._server.tried) != seen:
                return

    async def async_step_listened(
        self,
        user_input: dict[str, object] | None = None,  # noqa: ARG002 - nothing is asked
    ) -> ConfigFlowResult:
        """Go on with the wallbox that knocks."""
        knocks = flows_of_knocks(self.hass)
        if not knocks:
            return self.async_abort(reason="nobody_knocked")
        return self.async_abort(
            reason="knocked", next_flow=(FlowType.CONFIG_FLOW, knocks[0])
        )


def _in_lines(tried: Sequence[Attempt]) -> str:
    """Return a line for each attempt, the newest first."""
    return "\n".join(
        f"- {dt_util.as_local(one.at):%H:%M:%S} {one.peer} {one.charger_id}".rstrip()
        for one in reversed(tried)
    )
