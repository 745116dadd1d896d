"""A fake smart-me Telstar, plain Modbus TCP: it measures one car, or what is set."""

import asyncio
from collections.abc import Sequence
import time

from pymodbus.constants import ExcCodes

from .car import Car
from .grid import PHASES, Grid
from .modbus_device import HOST, ModbusDevice
from .proxy import Proxy

# The numbers of the registers as published; on the wire each is one less.
_POWER = 0x2004
_REACTIVE = 0x200C
_VOLTAGE = 0x2014
_CURRENT = 0x201A
_FACTOR = 0x2020
_TARIFF = 0x2023
_ENERGY = 0x204C
_REACTIVE_ENERGY = 0x2058
_BLOCKS = ((0x1FFF, 0x60),)
# What of the counters ran during the second tariff, Wh.
_IMPORT_T2_WH = 4_100_200
_EXPORT_T2_WH = 1_000_300


class _Pausing(Proxy):
    """Drops requests that come too soon after the one before, or that are named."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self.pause_s = 0.0
        self.lost: set[int] = set()

    async def _answer(
        self,
        frame: bytes,
        server_reader: asyncio.StreamReader,
        server_writer: asyncio.StreamWriter,
    ) -> bytes:
        if self.request_count in self.lost:
            return b""
        if len(self.requests) > 1:
            before, now = self.requests[-2].monotonic, self.requests[-1].monotonic
            if now - before < self.pause_s:
                return b""
        return await super()._answer(frame, server_reader, server_writer)


class SmartMeMeter(ModbusDevice):
    """A meter for 80 A behind which a car charges, or what is set by hand flows.

    `longest` is how many registers it sends at once. `module` counts W and 0.01 A
    and knows no power of a phase, as smart-me's module for Kamstrup meters does.
    """

    def __init__(
        self,
        car: Car | None = None,
        *,
        serial: int = 7_907_952,
        module: bool = False,
        port: int = 0,
    ) -> None:
        """Put the meter before a car's station, or leave it alone."""
        super().__init__(_BLOCKS, port)
        self._proxy = self._pausing = _Pausing(HOST, port)
        self.car = car
        self.serial = serial
        self.module = module
        self.longest = 125
        self.grid = Grid()
        self._start_wh = self.grid.counters["energy_import"][0]

    @property
    def pause_s(self) -> float:
        """A request that comes sooner after another gets no answer, s."""
        return self._pausing.pause_s

    @pause_s.setter
    def pause_s(self, seconds: float) -> None:
        self._pausing.pause_s = seconds

    def lose(self, number: int) -> None:
        """Leave one request without an answer; the first ever is number 1."""
        self._pausing.lost.add(number)

    def set_power(self, l1: float, l2: float, l3: float) -> None:
        """Set the power of each phase, W; positive is import."""
        self.grid.power_w[:] = l1, l2, l3

    def set_reactive(self, l1: float, l2: float, l3: float) -> None:
        """Set the reactive power of each phase, var; positive is import."""
        self.grid.reactive_var[:] = l1, l2, l3

    def set_counter(self, name: str, values: Sequence[float]) -> None:
        """Set a counter such as `energy_import`: total, L1, L2, L3; Wh, varh, VAh."""
        self.grid.counters[name][:] = values

    def refresh(self) -> None:
        """Write what flows now into the registers."""
        if self.car is not None:
            self.grid.set(self.car.phase_power_w, (0, 0, 0))
            counter = self.grid.counters["energy_import"]
            counter[0] = self._start_wh + self.car.energy_wh
        values = dict(self.grid.values())
        self._put(0x2000, self.serial)
        self._put(0x2002, int(time.time()))
        watt, ampere = (1, 100) if self.module else (1000, 1000)
        for index, end in enumerate(("", *(f"_{name}" for name in PHASES))):
            unknown = self.module and end
            power = 0 if unknown else round(values[f"power{end}"] * watt)
            self._put(_POWER + 2 * index, power)
            reactive = (
                values[f"reactive_power_import{end}"]
                - values[f"reactive_power_export{end}"]
            )
            self._put(_REACTIVE + 2 * index, round(reactive * watt))
        for index, name in enumerate(PHASES):
            self._put(_VOLTAGE + 2 * index, round(values[f"voltage_{name}"] * 1000))
            self._put(_CURRENT + 2 * index, round(values[f"current_{name}"] * ampere))
            factor = round(abs(values[f"power_factor_{name}"]) * 1000)
            self._put(_FACTOR + index, factor, 1)
        self._put(_TARIFF, 1, 1)
        self._count()

    def _count(self) -> None:
        counters = self.grid.counters
        imported = round(counters["energy_import"][0])
        exported = round(counters["energy_export"][0])
        energies = (
            imported,
            exported,
            imported - _IMPORT_T2_WH,
            _IMPORT_T2_WH,
            exported - _EXPORT_T2_WH,
            _EXPORT_T2_WH,
        )
        for index, energy in enumerate(energies):
            self._put(_ENERGY + 2 * index, energy)
        for quadrant in range(4):
            self._put(_REACTIVE_ENERGY + 2 * quadrant, 1000 * (quadrant + 1))

    def _put(self, number: int, value: int, words: int = 2) -> None:
        """Write to a published number."""
        self.put(number - 1, value, words)

    async def _act(
        self,
        function: int,
        first: int,
        address: int,
        count: int,
        current: list[int],
        values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        if count > self.longest:
            return ExcCodes.ILLEGAL_VALUE
        return await super()._act(function, first, address, count, current, values)
