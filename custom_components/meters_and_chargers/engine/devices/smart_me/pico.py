"""smart-me Pico: one number to write, and no measurement register documented."""

from ...model import (
    Answers,
    Charger,
    Family,
    Identity,
    ModbusTcp,
    Question,
    Setpoint,
)
from ...protocols.modbus import ModbusDevice, ModbusLink
from . import registers
from .identity import MAKER, read_identity

MODEL = "Pico"


async def identify(link: ModbusLink) -> Identity:
    """Read the serial number; raises `WrongDevice` when there is none."""
    return await read_identity(link, FAMILY.key, MODEL)


class Pico(ModbusDevice):
    """A single Pico; what it was last told is all that can be known of its limit."""

    limit_is_assumed = True

    def __init__(self, link: ModbusLink, answers: Answers) -> None:
        """Open the station with the bounds its owner gave, in A."""
        super().__init__(link, identify)
        self.setpoint = Setpoint(
            minimum_ma=answers["minimum_current"] * 1000,
            maximum_ma=answers["maximum_current"] * 1000,
            step_ma=1000,
        )
        self._limit_ma: int | None = None

    @property
    def limit_ma(self) -> int | None:
        """The limit last written; None before the first write."""
        return self._limit_ma

    def assume_limit(self, value_ma: int) -> None:
        """Take over the limit known from before a restart; mA."""
        self._limit_ma = value_ma

    async def set_limit(self, value_ma: int) -> None:
        """Write the charging current of all phases; mA."""
        self.setpoint.check(value_ma)
        await self.assure()
        await self._link.write(
            registers.CHARGING_CURRENT, registers.CURRENT_ENCODING.encode(value_ma)
        )
        self._limit_ma = value_ma


def open_device(link: ModbusLink, answers: Answers) -> Charger:
    """Return the station behind this link."""
    return Pico(link, answers)


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
    ),
)
