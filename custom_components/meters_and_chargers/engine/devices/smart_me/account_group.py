"""A load group of Picos that is told through its owner's account, not by Modbus.

The maker recommends it for groups. It takes the Internet and the maker's service, and
is slow: nobody documents how often the account may be told.
"""

from collections.abc import Callable, Sequence
import time

from ...model import (
    Answers,
    BadAnswer,
    Group,
    Identity,
    Point,
    Readings,
    Unreachable,
    Unsupported,
)
from .currents import PhaseCurrents
from .group import FAMILY_KEY, MODEL
from .identity import MAKER
from .rest import Account
from .rest_answers import State
from .station import Station
from .steering import Keeping, local_day


class AccountGroup(Station):
    """A group as one charger, by the account."""

    shares = True
    groups: Sequence[Group] = ()
    off_by_default: frozenset[Point] = frozenset()

    def __init__(
        self,
        account: Account,
        group_id: str,
        serials: Sequence[int],
        answers: Answers,
        keeping: Keeping | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], int] = local_day,
    ) -> None:
        """Name the group by its id and its stations; the first one names it to us."""
        super().__init__(
            answers,
            self._put,
            keeping,
            by_phase=bool(answers.get("by_phase")),
            clock=clock,
            today=today,
        )
        self._account = account
        self._group_id = group_id
        self._serials = tuple(serials)

    async def identify(self) -> Identity:
        """Find its stations in the account.

        Raises `Unreachable` while the account has lost them all.
        """
        states = [
            one.state
            for one in await self._account.stations()
            if one.serial in self._serials
        ]
        if not states:
            raise BadAnswer("the stations are not in this account")
        if all(state is State.OFFLINE for state in states):
            raise Unreachable("the account has lost all stations")
        return Identity(
            family=FAMILY_KEY, serial=str(self._serials[0]), maker=MAKER, model=MODEL
        )

    async def read(self, group: Group) -> Readings:
        """Read nothing: it has no readings."""
        raise NotImplementedError(group.key)

    def set_read_timeout(self, seconds: float) -> None:
        """Keep the account's own time limit."""

    async def _put(self, currents: PhaseCurrents) -> None:
        # Which of both ways wins is not known, so that it is always the same one.
        if self.by_phase:
            await self._account.tell_phases(self._group_id, currents)
        elif currents.are_alike:
            await self._account.tell(self._serials[0], currents.l1_ma)
        else:
            raise Unsupported("the group takes one current for all phases")
