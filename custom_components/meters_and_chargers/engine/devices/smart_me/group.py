"""A load group of Picos, told through its master, whichever station that is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
import time
from typing import override

from ...model import (
    Answers,
    DeviceError,
    Family,
    Identity,
    Question,
    TellingCharger,
    WrongDevice,
)
from ...protocols.modbus import ModbusLink
from . import pico
from .identity import MAKER, read_identity
from .pico import Pico
from .steering import Keeping, local_day

FAMILY_KEY = "smart_me_pico_group"
MODEL = "Pico group"


class Members:
    """The stations of a group by serial number: only its master has an address.

    The group chooses its master, and may choose another at any time ("Modbus TCP",
    section on load management groups; newer edition).
    """

    def __init__(self, first: int, *others: int) -> None:
        """Name all stations; the group keeps the first one's number for its own."""
        self.serials = (first, *others)

    @property
    def names(self) -> tuple[str, ...]:
        """The stations' names on the network, where the owner switched DNS on.

        Source: "Modbus TCP", section on DNS.
        """
        return tuple(f"smart-me_{serial}.dns-me.com" for serial in self.serials)

    async def identify(self, link: ModbusLink) -> Identity:
        """Find the group behind a link; raises `WrongDevice` for any other station.

        The identity is the group's, the same with every master.
        """
        found = await read_identity(link, pico.FAMILY.key, pico.MODEL)
        if int(found.serial) not in self.serials:
            raise WrongDevice(f"{found.maker} {found.model} {found.serial}")
        return replace(
            found, family=FAMILY_KEY, serial=str(self.serials[0]), model=MODEL
        )

    async def find(self, links: Mapping[str, ModbusLink]) -> str | None:
        """Return the first host at which the master is, asked one after the other."""
        for host, link in links.items():
            try:
                await self.identify(link)
            except DeviceError:
                continue
            return host
        return None


class PicoGroup(Pico):
    """A group as one charger, by Modbus to its master."""

    shares = True

    def __init__(
        self,
        link: ModbusLink,
        answers: Answers,
        members: Members,
        keeping: Keeping | None = None,
        *,
        by_phase: bool = False,
        reads_back: bool = False,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], int] = local_day,
    ) -> None:
        """Open the group at the host of its present master."""
        super().__init__(
            link,
            answers,
            keeping,
            by_phase=by_phase,
            reads_back=reads_back,
            who=members.identify,
            clock=clock,
            today=today,
        )

    @override
    async def piece(self, link: ModbusLink) -> Identity:
        """Find out which station is the master; its number is not the group's."""
        return await read_identity(link, FAMILY_KEY, MODEL)


def open_device(
    link: ModbusLink, answers: Mapping[str, int | Sequence[str]]
) -> TellingCharger:
    """Return the group behind this link; ``members`` are texts, its serial numbers."""
    named = answers.get("members", ())
    serials = () if isinstance(named, int) else tuple(map(int, named))
    numbers = {key: one for key, one in answers.items() if isinstance(one, int)}
    return PicoGroup(
        link,
        numbers,
        # Without names it is nobody's group, and no station is taken for its master.
        Members(*(serials or (0,))),
        by_phase=bool(numbers.get("by_phase")),
        reads_back=bool(numbers.get("reads_back")),
    )


FAMILY: Family[ModbusLink] = Family(
    key=FAMILY_KEY,
    maker=MAKER,
    name="smart-me Pico group",
    transport=pico.FAMILY.transport,
    open=open_device,
    questions=(
        Question(key="minimum_current", options=(6, 8), default=8),
        Question(
            key="maximum_current",
            options=(16, 20, 25, 32, 40, 50, 63, 80, 100, 125, 160),
            default=32,
        ),
        Question(key="by_phase"),
    ),
    learn=pico.learn,
    members=True,
)
