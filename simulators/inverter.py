"""A fake solar inverter with meters for the household and for one car's wallbox.

It is a made-up device: Home Assistant's own Modbus integration reads it, so that the
demo's sun and household come from a real source that is not ours.
"""

from collections.abc import Mapping
import json

from .house import House
from .modbus_device import ModbusDevice

UNIQUE_ID = "demo_inverter_"
_POWER = {
    "unit_of_measurement": "W",
    "device_class": "power",
    "state_class": "measurement",
}
_ENERGY = {
    "unit_of_measurement": "kWh",
    "device_class": "energy",
    "state_class": "total_increasing",
    "scale": 0.001,
    "precision": 3,
}
# In the order of the registers, two each: unsigned, W and Wh.
_VALUES: Mapping[str, Mapping[str, object]] = {
    "sun_power": _POWER,
    "house_power": _POWER,
    "sun_energy": _ENERGY,
    "house_energy": _ENERGY,
    "garage_meter_power": _POWER,
    "garage_meter_energy": _ENERGY,
}


class Inverter(ModbusDevice):
    """Shows what the sun, the household without cars and the first car do."""

    def __init__(self, house: House, port: int = 0) -> None:
        """Stand in a house."""
        super().__init__([(0, 2 * len(_VALUES))], port)
        self._house = house

    def refresh(self) -> None:
        """Show this second of the house."""
        house = self._house
        values = [house.sun_w, house.house_w, house.sun_wh, house.house_wh]
        # A house may be empty.
        for car in house.cars[:1]:
            values += [car.power_w, car.energy_wh]
        for number, value in enumerate(values):
            high, low = divmod(round(value), 0x10000)
            self.registers |= {2 * number: high, 2 * number + 1: low}

    def configuration(self) -> str:
        """Give the section of a configuration.yaml that reads it (JSON is YAML)."""
        sensors = [
            {
                "name": name.replace("_", " ").capitalize(),
                "unique_id": UNIQUE_ID + name,
                "address": 2 * number,
                "data_type": "uint32",
                "scan_interval": 5,  # oftener is warned of
                **kind,
            }
            for number, (name, kind) in enumerate(_VALUES.items())
        ]
        hub = {"name": "inverter", "type": "tcp", "host": self.host, "port": self.port}
        return f"modbus: {json.dumps([{**hub, 'sensors': sensors}])}\n"
