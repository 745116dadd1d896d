"""A fake cFos Power Brain wallbox and its S0 meters, plain Modbus TCP."""

from collections.abc import Sequence
import time

from pymodbus.constants import ExcCodes

from .car import VOLTAGE_V, Car
from .modbus_device import ModbusDevice

# Addresses as the maker's page and its readers name them.
_VENDOR, _SERIAL, _NAME, _UNIT = 8000, 8008, 8016, 8040
_METER_FLAGS, _ENERGY, _POWER, _CURRENTS = 8057, 8058, 8062, 8064
_DEFAULT_LIMIT, _DEFAULT_ENABLE = 8081, 8082
_FAILSAFE_S, _FAILSAFE_CURRENT, _RELAY = 8083, 8085, 8087
_CABLE, _FIXED, _PILOT, _LIMIT, _ENABLE, _OFFERED = 8090, 8091, 8092, 8093, 8094, 8095
_CARD, _CARDS, _HAS_METER, _FEATURES = 8096, 8111, 8112, 8113
_BLOCKS = ((8000, 32), (8040, 1), (8057, 15), (8080, 9), (8090, 24), (8120, 2))
_METER = (_ENERGY, 12)
_KEPT_IN_MEMORY = {8086, _RELAY, 8088, _FIXED, _LIMIT, _ENABLE}
_KEPT_IN_FLASH = {_UNIT, *range(8080, 8086), 8120}
_LOWEST, _HIGHEST = 60, 630


def _put_text(device: ModbusDevice, address: int, text: str, words: int) -> None:
    raw = text.encode("ascii").ljust(2 * words, b"\0")
    for index in range(words):
        device.registers[address + index] = int.from_bytes(raw[2 * index :][:2])


class PowerBrain(ModbusDevice):
    """A wallbox that offers its car a limit, in steps of 0.1 A, while it is enabled.

    `solar` is the model with a contactor for one phase, `meter` the attached one, and
    `knows_phases` whether that one does. `model_a` is what the model carries at most,
    whatever it is told. What is written to flash is counted.
    """

    def __init__(
        self,
        car: Car,
        *,
        serial: str = "PB-4711-0042",
        solar: bool = False,
        meter: bool = True,
        knows_phases: bool = True,
        model_a: float = 16.0,
        enabled: bool = True,
        port: int = 0,
    ) -> None:
        """Plug a car into a wallbox as it leaves the factory: it charges at once.

        Not `enabled` is one whose owner has set that it waits to be told.
        """
        super().__init__(_BLOCKS, port)
        self.car = car
        self.serial = serial
        self.solar = solar
        self.meter = meter
        self.knows_phases = knows_phases
        self.model_a = model_a
        self.pilot: int | None = None
        """What it says of its pilot, instead of what its car does."""
        self.starting = False
        """Its energy is 0 for a while after a start."""
        self.flash_writes = 0
        self.cards = 0
        self.put(_VENDOR, 0xCF05)
        self.registers |= {8002: 1, 8003: 0x100, _UNIT: 1}
        _put_text(self, _SERIAL, serial, 8)
        _put_text(self, _NAME, "cFos Power Brain", 16)
        self.registers |= {
            _DEFAULT_LIMIT: round(model_a * 10),
            _DEFAULT_ENABLE: int(enabled),
        }
        self.put(_FAILSAFE_S, 300)
        self.registers[_FAILSAFE_CURRENT] = _LOWEST
        self.registers[_RELAY] = 0
        self._refuse_what_it_has_not()
        self._fall_back()

    @property
    def limit_a(self) -> float:
        """What it offers while it is enabled, A."""
        return self.registers[_LIMIT] / 10

    @property
    def enabled(self) -> bool:
        """Whether its car may charge."""
        return self.registers[_ENABLE] == 1

    def present_card(self, number: str) -> None:
        """Hold a card against the reader; its number in hexadecimal."""
        self.cards += 1
        _put_text(self, _CARD, number, 15)

    def restart(self) -> None:
        """Forget what is not in flash, as after a power cut."""
        self.registers[_RELAY] = 0
        self.car.set_phases(3)
        self._fall_back()
        self.close_clients()

    def look(self) -> None:
        """Fall back to the defaults when nobody has asked for too long."""
        patience_s = self.registers[_FAILSAFE_S] << 16 | self.registers[_FAILSAFE_S + 1]
        asked_at = self.requests[-1].monotonic if self.requests else time.monotonic()
        if time.monotonic() - asked_at > patience_s:
            self._fall_back()

    def clear_faults(self) -> None:
        """End every fault; what the model has not it still refuses."""
        super().clear_faults()
        self._refuse_what_it_has_not()

    def refresh(self) -> None:
        """Write how it stands now into the registers."""
        car = self.car
        charging = car.current_a > 0
        pilot = (2 if charging else 1) if car.connected else 0
        self.registers |= {
            _PILOT: pilot if self.pilot is None else self.pilot,
            _OFFERED: self.registers[_LIMIT] if charging else 0,
            _CABLE: 320 if car.connected else 0,
            _CARDS: self.cards,
            _HAS_METER: int(self.meter),
            _METER_FLAGS: int(self.knows_phases),
            _FEATURES: 256 if self.solar else 0,
        }
        energy_wh = 0 if self.starting else 1_234_567 + round(car.energy_wh)
        self.put(_ENERGY, energy_wh, 4)
        self.put(_POWER, round(car.power_w) if charging else -1)
        for phase, watts in enumerate(car.phase_power_w):
            self.put(_CURRENTS + 2 * phase, round(10 * watts / VOLTAGE_V))

    def written(self, address: int, values: Sequence[int]) -> ExcCodes | None:
        """Take a write; what the model can't do is refused, what is kept is counted."""
        for at, value in enumerate(values, address):
            if (problem := self._take(at, value)) is not None:
                return problem
        self._offer()
        return None

    def _take(self, address: int, value: int) -> ExcCodes | None:
        if address in _KEPT_IN_FLASH:
            self.flash_writes += 1
        elif address not in _KEPT_IN_MEMORY:
            return ExcCodes.ILLEGAL_ADDRESS
        elif address == _LIMIT:
            if not _LOWEST <= value <= _HIGHEST:
                return ExcCodes.ILLEGAL_VALUE
            value = min(value, round(self.model_a * 10))
        elif address == _ENABLE and value not in (0, 1):
            return ExcCodes.ILLEGAL_VALUE
        elif address == _RELAY:
            if not self.solar or value not in (0, 1):
                return ExcCodes.ILLEGAL_VALUE
            self.car.set_phases(1 if value else 3)
        self.registers[address] = value
        return None

    def _fall_back(self) -> None:
        self.registers[_LIMIT] = self.registers[_DEFAULT_LIMIT]
        self.registers[_ENABLE] = self.registers[_DEFAULT_ENABLE]
        self._offer()

    def _offer(self) -> None:
        self.car.set_limit(self.limit_a)
        self.car.set_enabled(self.enabled)

    def _refuse_what_it_has_not(self) -> None:
        if not self.meter:
            self.refuse(*_METER)


class S0Meter(ModbusDevice):
    """One of the two S0 inputs of a Power Brain: unit 2 on port 4702, 3 on 4703."""

    def __init__(
        self, *, serial: str = "PB-4711-0042", unit: int = 2, port: int = 0
    ) -> None:
        """Have counted 77 kWh, and count 1500 W now."""
        super().__init__(((8000, 32), (8040, 17), (8057, 15)), port)
        self.put(_VENDOR, 0xCF05)
        self.registers |= {8002: 1, 8003: 0x100 + unit - 1, _UNIT: unit}
        _put_text(self, _SERIAL, serial, 8)
        _put_text(self, _NAME, "cFos Power Brain", 16)
        self.put(_ENERGY, 77_000, 4)
        self.put(_POWER, 1_500)
