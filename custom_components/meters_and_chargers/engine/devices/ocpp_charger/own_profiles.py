"""The charging profiles that are ours in a wallbox: which, and how often written."""

from collections.abc import Callable
from typing import override

from ...model import Unreachable
from ...protocols.ocpp.types import Payload
from .profile import (
    MAXIMUM,
    PURPOSE,
    TRANSACTION,
    carries_limit,
    is_of_transaction,
)
from .reading import integer, text
from .station import Station
from .upkeep import Upkeep


class OwnProfiles(Upkeep):
    """Counts what a wallbox may have stored, and knows what of ours lies in it."""

    _station: Station

    def __init__(self) -> None:
        """Nothing was written yet."""
        super().__init__()
        self.profile_writes = 0
        """Profiles that outlive a restart of the wallbox, sent since ours."""
        self.on_profile_write: Callable[[], None] | None = None

    @override
    async def set_charging_profile(self, payload: Payload) -> None:
        """Send a charging profile as it is, and count it where it may be stored."""
        sent = self.link is not None
        try:
            await super().set_charging_profile(payload)
        except Unreachable:
            if sent:  # it may have come, or not: nobody knows
                self._written(payload)
                await self._keep_number(payload)
            raise
        self._written(payload)
        await self._keep_number(payload)

    @override
    async def clear_charging_profile(
        self, connector: int | None = None, purpose: str = PURPOSE
    ) -> None:
        """Remove our limits, of one connector or of all; none there is fine."""
        await super().clear_charging_profile(connector, purpose)
        numbers = self._station.by_number if connector is None else (connector,)
        for number in (0,) if purpose == MAXIMUM else tuple(numbers):
            await self._station.keep(_lies_in(number), "")

    async def release(self) -> None:
        """Take back every limit of ours; raises `DeviceError`."""
        for number in self._station.connectors:
            if self.has_left(number):
                await self.clear_charging_profile(number)

    def left_purposes(self, connector: int | None = None) -> frozenset[str]:
        """Return the rare purposes of our profiles in it, also of an earlier run."""
        found = set[str]()
        if self._station.facts.get(_lies_in(0)):
            found.add(MAXIMUM)
        if any(map(is_of_transaction, self.numbers(connector))):
            found.add(TRANSACTION)
        return frozenset(found)

    def has_left(self, connector: int) -> bool:
        """Say whether a profile of ours lies in a connector, also of an earlier run."""
        return any(self._station.facts.get(_lies_in(one)) for one in (0, connector))

    def is_ours(self, connector: int, number: int | None) -> bool:
        """Say whether we put a profile of this number, also in an earlier run."""
        return str(number) in self._station.facts.get(_lies_in(connector), "").split()

    def numbers(self, connector: int | None = None) -> tuple[int, ...]:
        """Return which profiles of ours may lie in it, of one connector or of all."""
        numbers = self._station.by_number if connector is None else (0, connector)
        return tuple(
            int(number)
            for one in numbers
            for number in self._station.facts.get(_lies_in(one), "").split()
        )

    def limits_left(self, connector: int) -> tuple[int, ...]:
        """Return which profiles may limit a connector, also of an earlier run."""
        left = {one for one in self.numbers(connector) if carries_limit(one, connector)}
        return tuple(sorted(left | {connector}))

    async def clear_all_profiles(self) -> None:
        """Remove every charging profile, whoever put it; none there is fine."""
        await self.ask("ClearChargingProfile", {})
        for number in tuple(self._station.by_number):
            await self._station.keep(_lies_in(number), "")

    async def _keep_number(self, payload: Payload) -> None:
        """Remember which profile lies where."""
        connector = integer(payload.get("connectorId")) or 0
        number = _profile(payload).get("chargingProfileId")
        if not self.is_ours(connector, integer(number)):
            kept = self._station.facts.get(_lies_in(connector), "")
            await self._station.keep(_lies_in(connector), f"{kept} {number}".strip())

    def _written(self, payload: Payload) -> None:
        if text(_profile(payload).get("chargingProfilePurpose")) != TRANSACTION:
            self.profile_writes += 1
            if self.on_profile_write is not None:
                self.on_profile_write()


def _profile(payload: Payload) -> Payload:
    profile = payload.get("csChargingProfiles")
    return profile if isinstance(profile, dict) else {}


def _lies_in(connector: int | None) -> str:
    return f"profile {connector}"
