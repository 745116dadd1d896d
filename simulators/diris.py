"""A fake SOCOMEC DIRIS gateway: modules under unit ids of their own at one port."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
import time
from typing import cast, override

from pymodbus.server import ModbusTcpServer

from .modbus_device import HOST, ModbusDevice
from .proxy import Proxy

_READ = 3
_TARGET_FAILED = 11
_SPAN = 2048
_BESIDES = (
    *((10240 + 31 * at, 23) for at in range(10)),
    (11248, 14),
    *((11696 + at, 1) for at in range(4)),
)
# First word, words, step and number of a B-30's system, inrush, EN 50160, analogue,
# logical and combination alarms.
_ALARMS = (
    *((38496, 23, 24, 4), (38688, 11, 16, 4), (38752, 11, 16, 3)),
    *((39248, 23, 24, 8), (39456, 11, 16, 4), (39536, 11, 16, 4)),
)


@dataclass(slots=True)
class Circuit:
    """What flows through a circuit: three equal phases, W, V, and counters in Wh."""

    power_w: int = 0
    voltage_v: float = 230.5
    power_factor: float = 0.9
    import_wh: float = 0
    export_wh: float = 0
    on: bool = True
    follows: Callable[[], float] | None = None
    """Where its power comes from instead, W."""
    counts: bool = False
    """Whether its counters follow its power, by the real time."""
    looked_at: float = field(default_factory=time.monotonic)

    def look(self) -> None:
        """Take over what flows now, and count what has flown."""
        if self.follows is not None:
            self.power_w = round(self.follows())
        passed, self.looked_at = time.monotonic() - self.looked_at, time.monotonic()
        if self.counts:
            self.import_wh += max(self.power_w, 0) * passed / 3600
            self.export_wh += max(-self.power_w, 0) * passed / 3600

    @property
    def current_ma(self) -> int:
        """The current of a phase."""
        return round(abs(self.power_w) / 3 / self.voltage_v / self.power_factor * 1000)

    @property
    def apparent_va(self) -> int:
        """The apparent power of all phases."""
        return round(abs(self.power_w) / self.power_factor)


class Module(ModbusDevice):
    """A product behind a gateway: it says who it is, and nothing else by itself."""

    _identity_words = 69

    def __init__(
        self,
        product: str,
        blocks: Iterable[tuple[int, int]] = (),
        *,
        net_id: int = 0,
        order: int = 1,
    ) -> None:
        """Let it call itself by its extended name."""
        super().__init__(sorted([*blocks, (50000, self._identity_words)]))
        self.product = product
        self.order = order
        for at, letter in enumerate("SOCO"):
            self.put(50000 + at, ord(letter), 1)
        self.put(50004, 400, 1)
        self.put(50006, 153, 1)
        self.put(50007, 142, 1)
        self.put(50008, 0x2331, 1)
        self.put(50009, 0x1203, 1)
        self.put(50018, 1, 1)
        self.put(50019, 42, 1)
        self.say(50042, "SOCOMEC")
        self.say(50050, product.rsplit(maxsplit=1)[-1])
        if self._identity_words > 66:
            self.put(50067, net_id, 2)

    def say(self, address: int, text: str) -> None:
        """Write a text of up to sixteen characters, two a word."""
        raw = text.encode("ascii").ljust(16, b"\0")
        for at in range(8):
            self.put(address + at, int.from_bytes(raw[2 * at : 2 * at + 2]), 1)

    @override
    def refresh(self) -> None:
        """Say who it is now: its owner may put another product at its address."""
        self.put(50010, self.order, 1)
        self.say(50058, self.product)


class LoadModule(Module):
    """A DIRIS B-30 or a Digiware current module: a span of blocks for each circuit."""

    def __init__(
        self,
        product: str,
        circuits: Iterable[Circuit],
        *,
        most: int = 6,
        net_id: int = 0,
        order: int = 1,
        import_at: int = 19843,
    ) -> None:
        """Measure some circuits; there is room for others, which are off.

        ``import_at`` is where the first one's counter of import stands: there, or two
        words before, where no hours of operation are counted.
        """
        self.circuits = [*circuits]
        self._import_at = import_at
        self._began = time.monotonic()
        starts = [_SPAN * index for index in range(most)]
        blocks = [
            (first + by, count)
            for by in starts
            for first, count in ((18432, 92), (19840, 66))
        ]
        if product.startswith("DIRIS B"):
            blocks += [
                (first + step * index, words)
                for first, words, step, number in _ALARMS
                for index in range(number)
            ]
        super().__init__(product, [*blocks, *_BESIDES], net_id=net_id, order=order)
        self.inputs: list[bool] = []
        """Those that are there, and whether they are active."""
        self.temperatures: list[float] = []
        """°C."""
        self.counts: list[int] = []

    def alarm(self, address: int, *words: int) -> None:
        """Let an alarm say this from its status on, which is its second word."""
        for at, word in enumerate(words):
            self.put(address + 1 + at, word, 1)

    @override
    def refresh(self) -> None:
        """Write what flows into the blocks of each circuit, and what is besides."""
        super().refresh()
        self.put(11249, (1 << len(self.inputs)) - 1, 1)
        self.put(11250, sum(on << at for at, on in enumerate(self.inputs)), 1)
        for at, degrees in enumerate(self.temperatures):
            self.put(11696 + at, round(degrees * 100), 1)
        for at, count in enumerate(self.counts):
            self.put(10256 + 31 * at, count, 4)
        for index, circuit in enumerate(self.circuits):
            self._show(circuit, _SPAN * index)

    def _show(self, circuit: Circuit, by: int) -> None:
        circuit.look()
        power = circuit.power_w
        self.put(18432 + by, int(circuit.on), 1)
        self.put(18442 + by, 50_010)
        for phase in range(3):
            self.put(18444 + 2 * phase + by, round(circuit.voltage_v * 100))
            self.put(18458 + 2 * phase + by, circuit.current_ma)
            self.put(18488 + 2 * phase + by, round(power / 3))
            self.put(18512 + 2 * phase + by, round(circuit.apparent_va / 3))
            self.put(18518 + phase + by, round(circuit.power_factor * 1000), 1)
        self.put(18476 + by, power)
        self.put(18484 + by, circuit.apparent_va)
        self.put(18486 + by, round(circuit.power_factor * 1000), 1)
        self.put(19840 + by, int(circuit.on), 1)
        first = self._import_at
        if first > 19841:
            self.put(19841 + by, 3_456_789 + int(time.monotonic() - self._began))
        for at, energy in ((first, circuit.import_wh), (first + 3, circuit.export_wh)):
            whole, rest = divmod(round(energy * 10), 10_000)
            self.put(at + by, whole)
            self.put(at + 2 + by, rest, 1)


class Countis(Module):
    """A Countis E34: one circuit, powers and energies in tens, no Net ID."""

    _identity_words = 66

    def __init__(
        self, circuit: Circuit, product: str = "Countis E34", order: int = 7
    ) -> None:
        """Measure a circuit."""
        super().__init__(product, ((50512, 62), (50944, 65)), order=order)
        self.circuit = circuit

    @override
    def refresh(self) -> None:
        """Write what flows."""
        super().refresh()
        circuit = self.circuit
        circuit.look()
        for phase in range(3):
            self.put(50520 + 2 * phase, round(circuit.voltage_v * 100))
            self.put(50528 + 2 * phase, circuit.current_ma)
            self.put(50544 + 2 * phase, round(circuit.power_w / 30))
        self.put(50526, 5_001)
        self.put(50536, round(circuit.power_w / 10))
        self.put(50540, round(circuit.apparent_va / 10))
        self.put(50542, round(circuit.power_factor * 1000))
        self.put(50946, round(circuit.import_wh / 10))
        self.put(50952, round(circuit.export_wh / 10))


class _Bus(Proxy):
    """Hands requests to modules one after the other; some don't answer."""

    gone: frozenset[int] = frozenset()
    says_so = True
    bus_s = 0.0

    async def _answer(
        self,
        frame: bytes,
        server_reader: asyncio.StreamReader,
        server_writer: asyncio.StreamWriter,
    ) -> bytes:
        if self.bus_s:
            await asyncio.sleep(self.bus_s)
        unit, function = frame[6], frame[7]
        if unit in self.gone:
            if not self.says_so:
                return b""
            error = bytes((unit, function | 0x80, _TARGET_FAILED))
            return frame[:4] + len(error).to_bytes(2) + error
        return await super()._answer(frame, server_reader, server_writer)


class Diris(ModbusDevice):
    """A gateway with modules by their unit ids; at its own, 1, it says who it is.

    `gone` are unit ids that do not answer: the gateway says so, or nothing when
    `says_so` is off. `bus_s` is how long each request takes on the modules' bus.
    """

    def __init__(
        self,
        modules: dict[int, Module],
        *,
        net_id: int = 0x7E229C,
        product: str = "DIRIS M-70",
        port: int = 0,
    ) -> None:
        """Put modules behind a gateway."""
        super().__init__([], port)
        self._proxy = self._bus = _Bus(HOST, port)
        self.modules: dict[int, ModbusDevice] = {
            1: Module(product, net_id=net_id),
            **modules,
        }
        self.gone: set[int] = set()

    @property
    def bus_s(self) -> float:
        """How long a request takes on the modules' bus, s."""
        return self._bus.bus_s

    @bus_s.setter
    def bus_s(self, seconds: float) -> None:
        self._bus.bus_s = seconds

    @property
    def says_so(self) -> bool:
        """Whether the gateway answers for a module that does not."""
        return self._bus.says_so

    @says_so.setter
    def says_so(self, says_so: bool) -> None:
        self._bus.says_so = says_so

    def lose(self, *units: int) -> None:
        """Let modules vanish from the bus."""
        self.gone.update(units)
        self._tell()

    def find(self, *units: int) -> None:
        """Let modules come back."""
        self.gone.difference_update(units)
        self._tell()

    def _tell(self) -> None:
        nobody = set(range(256)) - set(self.modules)
        self._bus.gone = frozenset(nobody | self.gone)

    @override
    async def start(self) -> None:
        """Begin to answer; after a stop, on the same port, with the modules of now."""
        if self._server is not None:
            return
        self._tell()
        served = [module.served(unit) for unit, module in self.modules.items()]
        server = ModbusTcpServer(served, address=(HOST, 0))
        await server.serve_forever(background=True)
        self._server = server
        listener = cast("asyncio.Server", server.transport)
        await self._bus.start(listener.sockets[0].getsockname()[:2])
