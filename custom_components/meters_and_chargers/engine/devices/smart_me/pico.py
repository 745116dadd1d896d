"""smart-me Pico: currents to write, and no measurement register documented."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
import time
from typing import override

from ...model import (
    PHASES,
    Answers,
    BadAnswer,
    Device,
    DeviceError,
    Family,
    Identity,
    ModbusTcp,
    OutOfRange,
    Question,
    Refused,
    Silent,
    TellingCharger,
)
from ...protocols.modbus import ModbusDevice, ModbusLink
from . import registers
from .currents import PhaseCurrents
from .identity import MAKER, read_identity
from .limits import PhaseMemory
from .station import Station
from .steering import Keeping, local_day

MODEL = "Pico"
_WORDS = registers.CURRENT_ENCODING.words


async def identify(link: ModbusLink) -> Identity:
    """Read the serial number; raises `WrongDevice` when there is none."""
    return await read_identity(link, FAMILY.key, MODEL)


class Pico(Station, ModbusDevice):
    """A single Pico by Modbus."""

    def __init__(
        self,
        link: ModbusLink,
        answers: Answers,
        keeping: Keeping | None = None,
        *,
        by_phase: bool = False,
        reads_back: bool = False,
        who: Callable[[ModbusLink], Awaitable[Identity]] = identify,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], int] = local_day,
    ) -> None:
        """Open the station; ``reads_back`` is what `try_read_back` found."""
        ModbusDevice.__init__(self, link, who)
        Station.__init__(
            self,
            answers,
            self._put,
            keeping,
            by_phase=by_phase,
            prepare=self.assure,
            clock=clock,
            today=today,
        )
        self._tells_phases = False
        """Whether it was ever told by phase: which of both ways wins is not known, so
        that it always is from then on."""
        self._one_by_one = False
        """Whether it refuses six words together."""
        self._reads_back = reads_back
        self._proven: dict[int, bool] = {}
        """For each address that was asked after a write, whether it said the same."""

    @property
    @override
    def limit_is_assumed(self) -> bool:
        """False once it has proved that it can be asked."""
        return not self._proven.get(self._block[0])

    @override
    def recall(self, memory: PhaseMemory) -> None:
        super().recall(memory)
        last = memory.in_use
        self._tells_phases = last is not None and not last.are_alike

    async def try_read_back(self) -> bool:
        """Ask once whether it says its limit; no documentation does.

        Writes nothing. Raises `Unreachable` when there is nobody to ask.
        """
        try:
            await self._link.read(*self._block)
        except Refused, BadAnswer, Silent:
            return False
        self._reads_back = True
        return True

    @override
    async def identify(self) -> Identity:
        """Ask who it is, and, where it is known to say it, what its limit is."""
        identity = await super().identify()
        if not self.limit_is_assumed:
            with suppress(Refused, BadAnswer):
                await self.steering.look(self._say)
        return identity

    @override
    async def assure(self) -> None:
        """After a lost connection, make sure that the same station came back."""
        if self._link.lost:
            await super().identify()

    @property
    def _block(self) -> tuple[int, int]:
        """Where its limit stands: wire address and number of words."""
        if self._tells_phases:
            return registers.PHASE_CURRENTS, 3 * _WORDS
        return registers.CHARGING_CURRENT, _WORDS

    async def _put(self, currents: PhaseCurrents) -> None:
        if self._tells_phases or not currents.are_alike:
            await self._put_phases(currents)
        else:
            await self._link.write(registers.CHARGING_CURRENT, _words(currents.l1_ma))
        if self._reads_back:
            await self._compare(currents)

    async def _put_phases(self, currents: PhaseCurrents) -> None:
        """Write each phase; a station that refuses them all is told as before."""
        before, self._tells_phases = self._tells_phases, True
        try:
            await self._put_together(currents)
        except Refused:
            self._tells_phases = before
            raise

    async def _put_together(self, currents: PhaseCurrents) -> None:
        """Write six words together; where they are refused, one phase at a time."""
        if not self._one_by_one:
            words = [word for value in currents for word in _words(value)]
            try:
                await self._link.write(registers.PHASE_CURRENTS, words)
            except Refused:
                pass
            else:
                return
        before = tuple(self.currents or PhaseCurrents.alike(0))
        wanted = tuple(currents)
        # What falls is written first: at no time may more flow than before or after.
        falling_first = sorted(
            range(len(PHASES)), key=lambda phase: wanted[phase] - before[phase]
        )
        for done, phase in enumerate(falling_first):
            try:
                await self._link.write(
                    registers.PHASE_CURRENTS + _WORDS * phase, _words(wanted[phase])
                )
            except Refused as err:
                if not done:
                    raise
                raise BadAnswer("it took the current of some phases only") from err
        self._one_by_one = True

    async def _compare(self, currents: PhaseCurrents) -> None:
        """See whether it says what it was just told; if it never did, ask no more."""
        address, _ = self._block
        if self._proven.get(address) is False:
            return
        with suppress(DeviceError):
            if await self._say() == currents:
                self._proven[address] = True
        self._proven.setdefault(address, False)

    async def _say(self) -> PhaseCurrents | None:
        """Return what it says of its limit; None for what it can't have been told."""
        return _currents(await self._link.read(*self._block))


def _words(value_ma: int) -> Sequence[int]:
    return registers.CURRENT_ENCODING.encode(value_ma)


def _currents(words: Sequence[int]) -> PhaseCurrents | None:
    """Return the currents in one number or three; None for impossible ones."""
    values = [
        registers.CURRENT_ENCODING.decode(words[at : at + _WORDS])
        for at in range(0, len(words), _WORDS)
    ]
    one, *others = values
    try:
        return PhaseCurrents(one, *others) if others else PhaseCurrents.alike(one)
    except OutOfRange:
        return None


def open_device(link: ModbusLink, answers: Answers) -> TellingCharger:
    """Return the station behind this link; `by_phase` and `reads_back` are 0 or 1."""
    return Pico(
        link,
        answers,
        by_phase=bool(answers.get("by_phase")),
        reads_back=bool(answers.get("reads_back")),
    )


async def learn(device: Device) -> Answers:
    """Ask once whether a station says its limit."""
    if not isinstance(device, Pico):
        return {}
    return {"reads_back": int(await device.try_read_back())}


FAMILY: Family[ModbusLink] = Family(
    key="smart_me_pico",
    maker=MAKER,
    name="smart-me Pico",
    # "Queries should not be made more frequently than every 2 seconds."
    transport=ModbusTcp(port=502, unit_id=1, spacing_s=2.0),
    open=open_device,
    questions=(
        Question(key="minimum_current", options=(6, 8), default=8),
        Question(key="maximum_current", options=(16, 32), default=16),
        Question(key="by_phase"),
    ),
    learn=learn,
)
