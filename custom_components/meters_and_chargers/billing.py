"""A charger at its owner's billing service: a charge point of its own there."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from homeassistant.const import CONF_CLIENT_ID, CONF_PASSWORD, CONF_URL
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.util.hass_dict import HassKey

from . import billing_certificates, links, ocpp_tls
from .billing_certificates import Trust
from .const import (
    CONF_BILLING_MODE,
    CONF_CERTIFIED,
    CONF_FILES,
    CONF_FIXED_TAG,
    CONF_OFFLINE,
    CONF_PASSED_ON,
    CONF_TRUST,
    DOMAIN,
)
from .engine.billing import (
    AsItself,
    AsPoint,
    Billed,
    Lead,
    Mode,
    RelayedWallbox,
    Shown,
    StandIn,
)
from .engine.gateway import (
    Failure,
    Line,
    Offline,
    Relay,
    Settings,
    Standing,
    VirtualPoint,
)
from .engine.gateway.line import PAUSES_S
from .engine.gateway.uplink import AGAIN_S
from .engine.journal import Journal

FLUSH_S = 30.0
"""How long is waited for what a flush delivers."""
TELL_S = 1.0
"""What changes within it is told at once: a message comes and goes in no time."""
_DAY = timedelta(days=1)
_IDENTITY = (CONF_URL, CONF_CLIENT_ID)
"""With another one it is another account: nothing of the former belongs there."""
_DIALLED = (*_IDENTITY, CONF_PASSWORD, CONF_TRUST, CONF_CERTIFIED, CONF_FILES)
REJECTED = frozenset({Failure.IDENTITY, Failure.PASSWORD, Failure.REJECTED})
"""What its owner has to clear up with the service."""
PASSED_ON: Mapping[str, frozenset[str]] = {
    "availability": frozenset({"ChangeAvailability"}),
    "reservations": frozenset({"ReserveNow", "CancelReservation"}),
    "restart": frozenset({"Reset"}),
    "hard_restart": frozenset({"Reset", "HardReset"}),
    "unlock": frozenset({"UnlockConnector"}),
    "vendor_messages": frozenset({"DataTransfer"}),
}
"""What a billing service may ask of the charger itself."""


type Show = Callable[[links.BackendLine], Shown]
"""Shows a charger on a line."""


def account_of(data: Mapping[str, Any]) -> str:
    """Return a short name of an account."""
    words = "\n".join(str(data.get(key, "")) for key in _IDENTITY)
    return blake2b(words.encode(), digest_size=4).hexdigest()


def gateway_name(name: str, data: Mapping[str, Any]) -> str:
    """Return under which name the journal keeps what waits for an account."""
    return f"{name} at {account_of(data)}"


def is_same_account(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two options name one charge point at one billing service."""
    return all(one.get(key) == other.get(key) for key in _IDENTITY)


def mode_of(data: Mapping[str, Any]) -> Mode:
    """Return what the billing service sees by some options."""
    return Mode(data.get(CONF_BILLING_MODE, Mode.VIRTUAL))


def is_same_gateway(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two options need no other gateway, so that what waits may go on."""
    return is_same_account(one, other) and mode_of(one) is mode_of(other)


def as_point(
    name: str, journal: Journal, charger: Billed, data: Mapping[str, Any]
) -> Show:
    """Let a charge point of ours stand for a charger.

    The journal keeps what waits under ``name``, which is unique, and its account: what
    waits for one must never reach another.
    """

    def show(line: links.BackendLine) -> Shown:
        point = VirtualPoint(
            gateway_name(name, data),
            journal,
            charger,
            line,
            pauses_s=PAUSES_S,
            again_s=AGAIN_S,
        )
        return AsPoint(point, charger)

    return show


def as_itself(name: str, wallbox: RelayedWallbox, lead: Lead) -> Show:
    """Let a wallbox be seen itself; ``name`` is for the log."""

    def show(line: links.BackendLine) -> Shown:
        relay = Relay(name, wallbox, line.by, pauses_s=PAUSES_S)
        return AsItself(wallbox, relay, lead)

    return show


class BillingGateway:
    """One charger at its billing service, whatever entry it belongs to."""

    def __init__(
        self,
        hass: HomeAssistant,
        owner: ocpp_tls.Titled,
        data: Mapping[str, Any],
        show: Show,
        *,
        stand_in: StandIn | None = None,
    ) -> None:
        """Show a charger as the options of its owner say; `start` comes first."""
        self.hass = hass
        self.owner = owner
        self.data = data
        self.stand_in = stand_in
        """What speaks for a charger without OCPP."""
        self._backend = links.BackendLine(hass)
        self.shown = show(self._backend)
        self.last_failure: Failure | None = None
        self._listeners: list[Callable[[], None]] = []
        self._ends: list[CALLBACK_TYPE] = []
        self._telling: CALLBACK_TYPE | None = None

    async def start(self) -> None:
        """Go on where it was left, and dial; raises `JournalError`."""
        await self._backend.take(self.data)
        self.shown.use(_settings_of(self.data))
        self.shown.follow(self._changed)
        await self.shown.start()
        self.hass.data.setdefault(_GATEWAYS, {})[self.owner.entry_id] = self
        self._ends.append(
            async_track_time_interval(self.hass, self._look_at_certificates, _DAY)
        )
        await self._look_at_certificates()
        self._look()

    async def take(self, data: Mapping[str, Any]) -> None:
        """Go by other options of the same account from now on."""
        before, self.data = self.data, data
        self.shown.use(_settings_of(data))
        if any(before.get(key) != data.get(key) for key in _DIALLED):
            await self._backend.take(data)
            self.shown.redial()
            await self._look_at_certificates()
            self._look()

    async def stop(self) -> None:
        """Hang up; what waits is kept, and the charger still tells what it does."""
        await self.shown.close()
        self._withdraw()

    async def leave(self, *, forget: bool) -> None:
        """Stop for good, or until its entry is enabled again; raises `JournalError`."""
        try:
            await self.shown.leave(forget=forget)
        finally:
            self._withdraw()

    # How it stands

    @property
    def line(self) -> Line:
        """How the connection stands."""
        return self.shown.line

    @property
    def standing(self) -> Standing:
        """What waits."""
        return self.shown.standing

    @callback
    def listen(self, update: Callable[[], None]) -> CALLBACK_TYPE:
        """Follow how it stands; returns the function that ends it."""
        self._listeners.append(update)
        return lambda: self._listeners.remove(update)

    async def flush(self) -> int:
        """Deliver what waits, without pauses; returns how much still does."""
        empty = self.hass.loop.create_future()

        @callback
        def look() -> None:
            if not self.standing.length and not empty.done():
                empty.set_result(None)

        end = self.listen(look)
        self.shown.flush()
        look()
        cancel = async_call_later(
            self.hass,
            FLUSH_S,
            callback(lambda _now: None if empty.done() else empty.set_result(None)),
        )
        try:
            await empty
        finally:
            cancel()
            end()
        return self.standing.length

    def figures(self) -> dict[str, Any]:
        """Return how it stands for diagnostics: no address, no name, no card."""
        standing, line = self.standing, self.line
        return {
            "mode": self.shown.mode,
            "connected": line.connected,
            "failure": line.failure,
            "since": None if line.since is None else line.since.isoformat(),
            "last_failure": self.last_failure,
            "waiting": standing.length,
            "bytes": standing.size,
            "oldest": standing.oldest and standing.oldest.isoformat(),
            "lost": standing.lost,
            "set_aside": standing.refused,
        }

    # Inside

    def _withdraw(self) -> None:
        """Be no more: no timer, no issue, nothing for actions."""
        for end in self._ends:
            end()
        if self._telling is not None:
            self._telling()
        gateways = self.hass.data.get(_GATEWAYS, {})
        if gateways.get(self.owner.entry_id) is self:
            del gateways[self.owner.entry_id]
        for key in (_LOST, _REFUSED, _SET_ASIDE, _UNVERIFIED, _ENDS):
            ir.async_delete_issue(self.hass, DOMAIN, f"{key}_{self.owner.entry_id}")

    def _changed(self) -> None:
        if (failure := self.line.failure) is not None:
            self.last_failure = failure
        if self._telling is None:
            self._telling = async_call_later(self.hass, TELL_S, self._tell)

    @callback
    def _tell(self, _now: datetime) -> None:
        self._telling = None
        self._look()
        for update in tuple(self._listeners):
            update()

    def _look(self) -> None:
        """Make issues of what its owner has to see to, and take them back."""
        standing = self.standing
        lost = bool(standing.lost and standing.length)
        self._say(_LOST, so=lost, count=str(standing.lost))
        self._say(_REFUSED, so=self.line.failure in REJECTED)
        refused = standing.refused
        self._say(_SET_ASIDE, so=bool(refused), count=str(refused))
        unsafe = self.data[CONF_TRUST] == Trust.NOTHING
        encrypts = self.data[CONF_URL].lower().startswith("wss:")
        self._say(_UNVERIFIED, so=unsafe and encrypts)

    def _say(self, key: str, *, so: bool, **names: str) -> None:
        issue_id = f"{key}_{self.owner.entry_id}"
        if not so:
            ir.async_delete_issue(self.hass, DOMAIN, issue_id)
            return
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=key,
            translation_placeholders={"name": self.owner.title, **names},
        )

    async def _look_at_certificates(self, _now: datetime | None = None) -> None:
        folder = links.billing_folder(self.hass)
        try:
            ends = await self.hass.async_add_executor_job(
                billing_certificates.ends, folder, self.data
            )
        except OSError:
            return  # the line says that it can't encrypt
        ocpp_tls.tell_end(self.hass, self.owner, _ENDS, ends)


_LOST, _REFUSED = "billing_lost", "billing_refused"
_SET_ASIDE, _ENDS = "billing_set_aside", "billing_certificate_ends"
_UNVERIFIED = "billing_unverified"
_GATEWAYS: HassKey[dict[str, BillingGateway]] = HassKey(f"{DOMAIN}_billing")


@callback
def gateway_of(hass: HomeAssistant, entry_id: str) -> BillingGateway | None:
    """Return the gateway of the charger of an entry, if it is billed."""
    return hass.data.get(_GATEWAYS, {}).get(entry_id)


@callback
def stand_ins(hass: HomeAssistant) -> Iterator[StandIn]:
    """Yield what speaks for chargers without OCPP that are billed."""
    for gateway in hass.data.get(_GATEWAYS, {}).values():
        if gateway.stand_in is not None:
            yield gateway.stand_in


def _settings_of(data: Mapping[str, Any]) -> Settings:
    return Settings(
        offline=Offline(data[CONF_OFFLINE]),
        fixed_tag=data.get(CONF_FIXED_TAG, ""),
        passed_on=frozenset().union(*(PASSED_ON[one] for one in data[CONF_PASSED_ON])),
    )
