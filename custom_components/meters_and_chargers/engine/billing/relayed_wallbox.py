"""A wallbox that its backend sees itself, and that is steered here as well (mode B).

What the backend puts into it is followed, and our own profile allows the lowest of all:
whichever profile of a wallbox prevails, both limits hold.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
import logging
import time

from ..devices.ocpp_charger import OcppCharger
from ..devices.ocpp_charger.v201.words import reported_profile
from ..gateway.limits import Effective, effective, left_ma
from ..gateway.lookout import Lookout
from ..gateway.profiles import Allowed, Profiles
from ..gateway.schedule import Unusable
from ..journal import Journal, JournalError
from ..model import DeviceError
from ..protocols.ocpp import Call, CallError, Link, Payload, Version
from ..protocols.ocpp.scalars import integer, text
from ..protocols.ocpp.types import Json
from .ocpp_wallbox import bounded_by, bounds_of

_LOGGER = logging.getLogger(__name__)

BEYOND = 0x4D430000
"""Our profiles and requests have numbers from here on: a backend begins low."""
_FACT = "relay"
CLEAR_S = 5.0
"""How long a wallbox may take to be without its backend's profiles."""
_PROMISED_S = 300
_REPORTS = frozenset({"NotifyReport", "ReportChargingProfiles"})
_REQUESTS = frozenset({"GetBaseReport", "GetReport", "GetChargingProfiles"})
_BACKENDS = frozenset({"SignCertificate"})
"""What only the backend answers, and what may have no effect here."""


@dataclass(frozen=True, slots=True)
class _Promise:
    """A profile for the transaction that a backend has just asked for."""

    connector: int | None
    profile: Payload
    until_s: float


class RelayedWallbox:
    """Follows what passes between a wallbox and its backend, and bounds its limits."""

    def __init__(
        self,
        charger: OcppCharger,
        journal: Journal,
        *,
        phases: int = 3,
        house_ma: Callable[[int], int | None] = lambda _: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Stand beside a relay; see `load` and `join`."""
        self._charger = charger
        self._journal = journal
        self._phases = phases
        self._house_ma = house_ma
        self._now = now
        self.profiles = Profiles(len(charger.connectors), phases=phases)
        self._lookout = Lookout(self.profiles, now, self._looked)
        self._links: dict[Link, _Inserting] = {}
        self._running: dict[int, int] = {}
        """The journal's numbers of transactions, by connector."""
        self._promises: list[_Promise] = []
        self._joined = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.on_change: Callable[[], None] = lambda: None
        """Hears that a limit stands otherwise."""

    async def load(self) -> None:
        """Take over what the backend has put before; raises `JournalError`."""
        self._follow_transactions()
        facts = await self._journal.facts(self._charger.charger_id)
        self.profiles.load(facts.get(_FACT, ""))

    def join(self) -> None:
        """Begin to bound its limits."""
        self._joined = True
        self._charger.wishes.witness = self
        self._charger.share_profiles(shared=True)
        self._lookout.look()

    async def close(self) -> None:
        """Follow nothing any more; what the wallbox was told it keeps."""
        self._joined = False
        self._lookout.stop()
        self._charger.wishes.witness = None
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def leave(self) -> None:
        """Bound nothing any more; what was asked for here alone holds."""
        self._joined = False
        self._charger.share_profiles(shared=False)
        self._charger.obey()
        await self.close()

    async def clear(self) -> None:
        """Take what the backend has put out of the wallbox, if it is connected."""
        try:
            async with asyncio.timeout(CLEAR_S):
                for link in tuple(self._links):
                    for number in self.profiles.numbers:
                        key = _number_key(link)
                        await link.call("ClearChargingProfile", {key: number})
        except (CallError, DeviceError, TimeoutError) as err:
            name = type(err).__name__
            _LOGGER.debug("%s: not cleared: %s", self._charger.charger_id, name)

    async def forget(self) -> None:
        """Forget what the backend has put; raises `JournalError`."""
        await self._journal.keep_fact(self._charger.charger_id, _FACT, "")

    def limit(self, connector: int) -> Effective:
        """Return what a connector may draw now, and whose limit that is."""
        house_ma = self._house_ma(connector)
        bounds = bounds_of(self._charger, connector, self._phases, house_ma)
        return effective(self._allowed(connector), bounds)

    def ceiling_ma(self, connector: int) -> int | None:
        """Return what the backend alone leaves a connector, 0 for a pause; mA."""
        return left_ma(self._allowed(connector), self._charger.setpoint.minimum_ma)

    # What the wallbox asks of a witness

    async def heard(self, _call: Call, answer: Payload | None) -> Payload | None:
        """Leave it: what is answered here stays here."""
        return answer

    def bounded(self, connector: int, value_ma: int) -> int:
        """Return how much the backend leaves; all where nobody here asks for less."""
        if not self._joined or self._charger.wishes.wanted_ma(connector) is None:
            return value_ma
        return bounded_by(self.limit(connector), value_ma, self._charger)

    # What the relay shows

    def opened(self, link: Link) -> None:
        """Let our side of the wallbox ask between the backend's calls."""
        self._links[link] = _Inserting(link, self._charger.numbers)
        self._charger.opened(self._links[link])

    def closed(self, link: Link) -> None:
        """Note that a connection has ended."""
        if (ours := self._links.pop(link, None)) is not None:
            self._charger.closed(ours)

    def is_ours(self, call: Call) -> bool:
        """Say whether a call only brings a report that we have asked for."""
        number = integer(call.payload.get("requestId"))
        return call.action in _REPORTS and number is not None and number >= BEYOND

    async def said(self, call: Call, answer: Payload | None) -> None:
        """Know what the wallbox says, as far as the backend takes it."""
        link = self._charger.link
        refused = call.action == "BootNotification" and _status(answer) == "Rejected"
        if link is None or refused or call.action in _BACKENDS:
            return
        if self.is_ours(call):
            number = integer(call.payload.get("requestId")) or 0
            call = replace(call, payload={**call.payload, "requestId": number - BEYOND})
        try:
            await self._charger.called(link, replace(call, answered=answer))
        except (CallError, DeviceError) as err:
            _LOGGER.debug("%s: passed: %s", self._charger.charger_id, err)
        if self._follow_transactions():
            self._otherwise()

    async def told(self, call: Call, answer: Payload) -> None:
        """Follow the profiles that the wallbox has taken from its backend."""
        if _status(answer) != "Accepted":
            return
        said = call.payload
        match call.action:
            case "SetChargingProfile":
                connector, profile = _profile_of(said)
                self._put(connector or 0, profile)
                self._otherwise(again=self._is_like_ours(profile))
            case "ClearChargingProfile":
                wanted = _criteria_of(said)
                self.profiles.clear(wanted)
                self._otherwise(again="id" not in wanted)
            case "RemoteStartTransaction" | "RequestStartTransaction":
                connector, profile = _profile_of(said)
                if profile:
                    until_s = self._now() + _PROMISED_S
                    self._promises.append(_Promise(connector, profile, until_s))

    # Inside

    def _allowed(self, connector: int) -> Allowed | None:
        return self.profiles.allowed(connector, int(self._now()))

    def _put(self, connector: int, profile: Payload) -> None:
        try:
            self.profiles.put(connector, profile, int(self._now()))
        except Unusable as err:
            _LOGGER.debug("%s: a profile: %s", self._charger.charger_id, err)

    def _is_like_ours(self, profile: Payload) -> bool:
        """Say whether a profile takes the place of one of ours, or of its fallback."""
        level = integer(profile.get("stackLevel"))
        purpose = profile.get("chargingProfilePurpose")
        forms = [
            self._charger.limits.sender.form(one) for one in self._charger.connectors
        ]
        return any(
            form is not None
            and purpose in (form.purpose, form.outside.purpose)
            and level in (form.stack_level, form.stack_level - 1)
            for form in forms
        )

    def _follow_transactions(self) -> bool:
        """Note which transactions run; say whether that is otherwise than before."""
        before = dict(self._running)
        for number in self._charger.connectors:
            session = self._charger.connector(number).session
            if session is None:
                if self._running.pop(number, None) is not None:
                    self.profiles.end(number)
                continue
            running = session.transaction
            if self._running.get(number) == running.id:
                continue
            self._running[number] = running.id
            now_s = self._now()
            start = running.start_time
            began_s = now_s if start is None else min(start.timestamp(), now_s)
            self.profiles.begin(number, int(began_s), running.wire_id)
            self._keep_promise(number)
        return self._running != before

    def _keep_promise(self, connector: int) -> None:
        """Let a transaction have the profile that its start came with."""
        now_s = self._now()
        left = [one for one in self._promises if one.until_s > now_s]
        self._promises = []
        for one in left:
            if one.connector in (None, connector):
                self._put(connector, one.profile)
            else:
                self._promises.append(one)

    def _looked(self) -> None:
        self._charger.obey()
        self.on_change()

    def _otherwise(self, *, again: bool = False) -> None:
        """Let the wallbox obey what holds now; ``again`` where ours may be gone."""
        if not self._joined:
            return
        self._looked()
        if again:
            self._charger.put_again()
        self._lookout.look()
        self._spawn(self._keep())

    async def _keep(self) -> None:
        try:
            await self._journal.keep_fact(
                self._charger.charger_id, _FACT, self.profiles.dump()
            )
        except JournalError as err:
            _LOGGER.debug("%s: not kept: %s", self._charger.charger_id, err)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Inserting:
    """A connection on which our calls come between a backend's."""

    def __init__(
        self, link: Link, numbers: Callable[[int | None], tuple[int, ...]]
    ) -> None:
        """Take a connection; ``numbers`` are those of our profiles on it."""
        self._link = link
        self._numbers = numbers

    @property
    def charger_id(self) -> str:
        """The identity from the address the wallbox dialled."""
        return self._link.charger_id

    @property
    def peer(self) -> str:
        """The socket's own peer address."""
        return self._link.peer

    @property
    def version(self) -> Version:
        """What the two have agreed to speak."""
        return self._link.version

    async def call(self, action: str, payload: Payload) -> Payload:
        """Ask with numbers that a backend does not use; raises as `Link.call`."""
        if action == "ClearChargingProfile":
            return await self._clear(payload)
        return await self._link.call(action, _beyond(action, payload))

    async def close(self) -> None:
        """Close the connection."""
        await self._link.close()

    async def _clear(self, payload: Payload) -> Payload:
        """Clear profiles of ours alone, whatever else would fit what is asked."""
        key = _number_key(self._link)
        number = integer(payload.get(key))
        numbers: tuple[int, ...] = () if number is None else (number,)
        if number is None:
            meant = _criteria_of(payload)
            numbers = self._numbers(integer(meant.get("connectorId")))
        answer: Payload = {"status": "Unknown"}
        for one in numbers:
            answer = await self._link.call("ClearChargingProfile", {key: one + BEYOND})
        return answer


def _number_key(link: Link) -> str:
    """Return how a ClearChargingProfile names a profile by its number."""
    return "id" if link.version is Version.V16 else "chargingProfileId"


def _beyond(action: str, payload: Payload) -> Payload:
    """Return a request of ours with its own number far from a backend's."""
    if action in _REQUESTS:
        return _raised(payload, "requestId")
    if action != "SetChargingProfile":
        return payload
    old, new = payload.get("csChargingProfiles"), payload.get("chargingProfile")
    if isinstance(old, dict):
        return {**payload, "csChargingProfiles": _raised(old, "chargingProfileId")}
    if isinstance(new, dict):
        return {**payload, "chargingProfile": _raised(new, "id")}
    return payload


def _raised(payload: Mapping[str, Json], name: str) -> dict[str, Json]:
    return {**payload, name: (integer(payload.get(name)) or 0) + BEYOND}


def _status(answer: Payload | None) -> str:
    return text((answer or {}).get("status"))


def _profile_of(said: Payload) -> tuple[int | None, Payload]:
    """Return where a profile goes, and the profile in the words of OCPP 1.6."""
    connector = integer(said.get("connectorId", said.get("evseId")))
    found = said.get("csChargingProfiles", said.get("chargingProfile"))
    if not isinstance(found, dict):
        return connector, {}
    if isinstance(found.get("chargingSchedule"), list):
        found = reported_profile(connector or 0, found)
        found.pop("transactionId", None)  # a text; one runs on a connector
    return connector, found


def _criteria_of(said: Payload) -> Payload:
    """Return what a ClearChargingProfile means, in the words of OCPP 1.6."""
    if (number := integer(said.get("id", said.get("chargingProfileId")))) is not None:
        return {"id": number}
    found = said.get("chargingProfileCriteria")
    if not isinstance(found, dict):
        return said
    words = reported_profile(0, found)
    wanted: dict[str, Json] = {}
    if "evseId" in found:
        wanted["connectorId"] = found["evseId"]
    if "stackLevel" in found:
        wanted["stackLevel"] = found["stackLevel"]
    if "chargingProfilePurpose" in found:
        wanted["chargingProfilePurpose"] = words["chargingProfilePurpose"]
    return wanted
