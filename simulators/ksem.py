"""A fake KOSTAL Smart Energy Meter, plain Modbus TCP."""

from collections.abc import Sequence
import time

from .grid import PHASES, Grid
from .house import House
from .modbus_device import ModbusDevice

# Addresses are those on the wire, by hand from the meter's published register lists.
_BLOCKS = ((0, 148), (512, 280), (8192, 58))
_ENERGY_FLOW = ((40972, 41),)
_WALLBOX = ((41160, 30), (49206, 4), (49218, 2), (49246, 4), (49254, 4), (49258, 4))
# Where total, L1, L2, L3 begin, and how the names of their values end.
BASES = ((0, ""), *((40 * n, f"_{name}") for n, name in enumerate(PHASES, 1)))

# Offset inside total (0), L1 (40), L2 (80), L3 (120): name, counts a unit, signed.
INSTANT = {
    0: ("power_import", 10),
    2: ("power_export", 10),
    4: ("reactive_power_import", 10),
    6: ("reactive_power_export", 10),
    16: ("apparent_power_import", 10),
    18: ("apparent_power_export", 10),
    20: ("current", 1000),
    22: ("voltage", 1000),
    24: ("power_factor", 1000),
    26: ("frequency", 1000),
}
# Offset inside total (512), L1 (592), L2 (672), L3 (752); 0.1 Wh, varh, VAh.
ENERGY = {
    0: "energy_import",
    4: "energy_export",
    8: "reactive_energy_import",
    12: "reactive_energy_export",
    32: "apparent_energy_import",
    36: "apparent_energy_export",
}


class Ksem(ModbusDevice):
    """A meter of product id 18530; it shows a house's grid, or what is set by hand.

    With `energy_flow` and `wallbox` it has the blocks of an energy manager and of a
    wallbox behind it, with fixed values; a KSEM without answers exception 2 there.
    """

    def __init__(
        self,
        house: House | None = None,
        *,
        serial: str = "72345678",
        port: int = 0,
        energy_flow: bool = False,
        wallbox: bool = False,
    ) -> None:
        """Hang the meter into a house, or leave it alone for values set by hand."""
        if len(serial) != 8 or not serial.isascii():
            raise ValueError("a KSEM's serial has 8 ASCII characters")
        blocks = [*_BLOCKS, *_ENERGY_FLOW * energy_flow, *_WALLBOX * wallbox]
        super().__init__(blocks, port)
        self.serial = serial
        self.grid = house.grid if house else Grid()
        self._identify()
        if energy_flow:
            self._manage()
        if wallbox:
            self._charge()

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
        """Write what the grid shows now into the registers."""
        values = dict(self.grid.values())
        for base, end in BASES:
            for offset, (name, scale) in INSTANT.items():
                value = values.get(name + end)
                if value is not None:
                    self.put(base + offset, round(value * scale))
            for offset, name in ENERGY.items():
                self.put(512 + 2 * base + offset, round(values[name + end] * 10), 4)
        self.put(8245, time.time_ns() // 1_000_000, 4)

    def _identify(self) -> None:
        # Manufacturer id, hardware and firmware version: their coding isn't known.
        self.registers |= {8192: 1, 8193: 18530, 8194: 1, 8195: 0x0260}
        self._text(8196, "KOSTAL")
        self._text(8212, "KOSTAL Smart Energy Meter")
        self._text(8228, self.serial)
        self.registers |= {8244: 500, 8249: 7}

    def _manage(self) -> None:
        """Show a day on which sun and battery feed the house and its wallbox."""
        for address, value in {
            40972: -120,
            40974: 4_200,
            40976: 4_350,
            40982: 640,
            40984: -587,
            40988: 600,
            40990: 30,
            40992: 10,
            40996: 3_440,
            40998: 3_000,
            41000: 400,
            41002: 40,
            41010: 5_000,
        }.items():
            self.put(address, value)
        # The words between two values are not zero, so that a shifted read is noticed.
        self.registers |= {40986: 55, 40987: 9, 40994: 4, 40995: 0, 41012: 1}

    def _charge(self) -> None:
        """Show a wallbox that charges with 16 A on L1."""
        self.put(49206, 5, 4)
        self.put(49218, 16_000)
        self.put(49246, 3_680_000, 4)
        self.put(49254, 12_345_678, 4)
        self.put(49258, 5_400, 4)
        self.registers |= {41168: 4, 41170: 50, 41172: 20}

    def _text(self, address: int, text: str) -> None:
        """Write a text of up to 32 characters, filled up with zero bytes."""
        data = text.encode("ascii").ljust(32, b"\0")
        for index in range(16):
            word = data[2 * index : 2 * index + 2]
            self.registers[address + index] = int.from_bytes(word)
