"""Adds a card to an OCPP server, by its number or by holding it to a wallbox."""

import asyncio
from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigFlowResult,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import (
    BooleanSelector,
    DateSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import voluptuous as vol

from .const import (
    CONF_ALONE,
    CONF_BLOCKED,
    CONF_CARD_KIND,
    CONF_CHARGER_ID,
    CONF_ENERGY_LIMIT,
    CONF_EXPIRY,
    CONF_GROUP,
    CONF_LOCAL_LIST,
    CONF_OFFLINE,
    CONF_POLICY,
    CONF_TAG,
    CONF_WALLBOXES,
    DOMAIN,
    SUBENTRY_CARD,
)
from .engine.devices.ocpp_charger import LONGEST_TAG, Held, Offline, Policy
from .ocpp import OcppServer, wallboxes_of
from .session_options import SessionOptions

LEARN_S = 60
"""How long a card may take to be held to a wallbox."""
POLICIES = (Policy.EVERYBODY, Policy.KNOWN)
"""Those that are a choice; the third follows from a billing service."""
_LONGEST_GROUP = 20
_ANY = "any"

_ENERGY = NumberSelector(
    NumberSelectorConfig(
        min=0,
        max=200,
        step=0.1,
        unit_of_measurement="kWh",
        mode=NumberSelectorMode.BOX,
    )
)


class CardFlow(ConfigSubentryFlow):
    """A card: its number, what it is called and what it may."""

    def __init__(self) -> None:
        """Begin without a card."""
        self._held: Held | None = None
        self._where: str | None = None
        self._learning: asyncio.Task[None] | None = None

    async def async_step_user(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - a menu
    ) -> SubentryFlowResult:
        """Hold the card to a wallbox, or enter its number."""
        return self.async_show_menu(step_id="user", menu_options=["where", "card"])

    # Holding it to a wallbox

    async def async_step_where(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the wallbox if there is a choice; only those that are connected."""
        self._learning = None
        wallboxes = self._connected()
        if not wallboxes:
            return await self.async_step_none_connected()
        if user_input is not None:
            chosen = user_input[CONF_WALLBOXES]
            self._where = None if chosen == _ANY else chosen
        if user_input is not None or len(wallboxes) == 1:
            return await self.async_step_hold()
        options = [SelectOptionDict(value=_ANY, label=_ANY), *wallboxes]
        choice = SelectSelector(
            SelectSelectorConfig(options=options, translation_key="learn_at")
        )
        return self.async_show_form(
            step_id="where",
            data_schema=vol.Schema(
                {vol.Required(CONF_WALLBOXES, default=_ANY): choice}
            ),
        )

    async def async_step_none_connected(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - a menu
    ) -> SubentryFlowResult:
        """Say that there is nothing to hold it to; again, or by its number."""
        return self.async_show_menu(
            step_id="none_connected", menu_options=["where", "card"]
        )

    async def async_step_hold(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - nothing is asked
    ) -> SubentryFlowResult:
        """Wait for a card that is not known yet."""
        if self._learning is None:
            self._learning = self.hass.async_create_background_task(
                self._learn(), f"{DOMAIN} learn a card"
            )
        if self._learning.done():
            self._learning.result()
            return self.async_show_progress_done(
                next_step_id="not_held" if self._held is None else "card"
            )
        return self.async_show_progress(
            step_id="hold",
            progress_action="hold_card",
            description_placeholders={"seconds": str(LEARN_S)},
            progress_task=self._learning,
        )

    async def async_step_not_held(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - a menu
    ) -> SubentryFlowResult:
        """Say that no card came; again, or by its number."""
        return self.async_show_menu(step_id="not_held", menu_options=["where", "card"])

    async def _learn(self) -> None:
        server = self._server
        if server is None:
            return
        try:
            async with asyncio.timeout(LEARN_S):
                self._held = await server.gate.learn(self._where)
        except TimeoutError:
            self._held = None

    @property
    def _server(self) -> OcppServer | None:
        entry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return None
        server: OcppServer = entry.runtime_data
        return server

    def _connected(self) -> list[SelectOptionDict]:
        if self._server is None:
            return []
        central = self._server.central
        return [
            one
            for one in self._wallboxes()
            if (charger := central.charger(one["value"])) is not None and charger.online
        ]

    # The form

    async def async_step_card(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what the card is called and what it may."""
        held = self._held
        known = {} if held is None else {CONF_TAG: held.tag, CONF_CARD_KIND: held.kind}
        return self._step("card", user_input, known)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a card."""
        subentry = self._get_reconfigure_subentry()
        before = {**subentry.data, CONF_NAME: subentry.title}
        return self._step("reconfigure", user_input, before)

    def _step(
        self, step: str, user_input: dict[str, Any] | None, before: Mapping[str, Any]
    ) -> SubentryFlowResult:
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = self._errors(user_input)
            if not errors:
                return self._keep(user_input, before)
        schema = vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                vol.Required(CONF_TAG): TextSelector(),
                vol.Optional(CONF_EXPIRY): DateSelector(),
                vol.Optional(CONF_WALLBOXES): SelectSelector(
                    SelectSelectorConfig(
                        options=self._wallboxes(before.get(CONF_WALLBOXES, ())),
                        multiple=True,
                        mode=SelectSelectorMode.LIST,
                    )
                ),
                vol.Optional(CONF_ENERGY_LIMIT, default=0): _ENERGY,
                vol.Optional(CONF_GROUP): TextSelector(),
                vol.Optional(CONF_ALONE, default=False): BooleanSelector(),
                vol.Optional(CONF_BLOCKED, default=False): BooleanSelector(),
            }
        )
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(
                schema, user_input or before
            ),
            errors=errors,
        )

    def _wallboxes(self, chosen: tuple[str, ...] = ()) -> list[SelectOptionDict]:
        """Return the wallboxes of the server, also those that are gone but chosen."""
        found = {
            one.data[CONF_CHARGER_ID]: one.title
            for one in wallboxes_of(self.hass, self._get_entry().entry_id)
        }
        names = {**dict(zip(chosen, chosen, strict=True)), **found}
        return [
            SelectOptionDict(value=charger_id, label=name)
            for charger_id, name in names.items()
        ]

    def _errors(self, typed: Mapping[str, Any]) -> dict[str, str]:
        tag = typed[CONF_TAG].strip()
        if not (0 < len(tag) <= LONGEST_TAG and tag.isascii() and tag.isprintable()):
            return {CONF_TAG: "tag_form"}
        if len(typed.get(CONF_GROUP, "").strip()) > _LONGEST_GROUP:
            return {CONF_GROUP: "group_too_long"}
        ours = (
            self._get_reconfigure_subentry().subentry_id
            if self.source == SOURCE_RECONFIGURE
            else None
        )
        taken = {
            one.data[CONF_TAG].casefold()
            for one in self._get_entry().get_subentries_of_type(SUBENTRY_CARD)
            if one.subentry_id != ours
        }
        return {CONF_TAG: "card_exists"} if tag.casefold() in taken else {}

    def _keep(
        self, typed: dict[str, Any], before: Mapping[str, Any]
    ) -> SubentryFlowResult:
        title = typed.pop(CONF_NAME)
        typed[CONF_TAG] = tag = typed[CONF_TAG].strip()
        if tag.casefold() == before.get(CONF_TAG, "").strip().casefold():
            typed[CONF_CARD_KIND] = before.get(CONF_CARD_KIND)
        typed[CONF_GROUP] = typed.get(CONF_GROUP, "").strip()
        # What is empty or off is not chosen.
        data = {key: value for key, value in typed.items() if value}
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_and_abort(
                self._get_entry(),
                self._get_reconfigure_subentry(),
                data=data,
                title=title,
            )
        return self.async_create_entry(title=title, data=data)


class ServerOptions(SessionOptions):
    """Who may charge at the wallboxes of a server, and what their sessions cost."""

    async def async_step_init(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - a menu
    ) -> ConfigFlowResult:
        """Go to the menu: the first step's words are those of a device."""
        return await self.async_step_server()

    async def async_step_server(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - a menu
    ) -> ConfigFlowResult:
        """Choose what to change."""
        return self.async_show_menu(
            step_id="server", menu_options=["who_may_charge", "sessions"]
        )

    async def async_step_who_may_charge(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask who may charge, and what wallboxes do that don't hear us."""
        options = {**self.config_entry.options}
        if user_input is not None:
            # Wallboxes that never got a list have none to forget.
            never = CONF_LOCAL_LIST not in options
            options |= user_input
            if never and not user_input[CONF_LOCAL_LIST]:
                del options[CONF_LOCAL_LIST]
            return self.async_create_entry(data=options)
        form = vol.Schema(
            {
                vol.Required(CONF_POLICY, default=Policy.EVERYBODY.value): one_of(
                    CONF_POLICY, *POLICIES
                ),
                vol.Required(CONF_OFFLINE, default=Offline.UNCHANGED.value): one_of(
                    CONF_OFFLINE, *Offline
                ),
                vol.Required(CONF_LOCAL_LIST, default=False): BooleanSelector(),
            }
        )
        return self.async_show_form(
            step_id="who_may_charge",
            data_schema=self.add_suggested_values_to_schema(form, options),
        )


def one_of(key: str, *options: str) -> SelectSelector:
    """Return a field for one of some words."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[str(option) for option in options], translation_key=key
        )
    )
