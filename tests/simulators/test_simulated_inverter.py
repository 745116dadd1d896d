"""The fake inverter shows the house's sun and household."""

import struct

from raw_modbus import Connect

from simulators.house import House
from simulators.inverter import Inverter


async def test_shows_the_house_of_now(connect: Connect) -> None:
    """Power of sun and household, W, and what they have counted, Wh."""
    house = House("clear", 12 * 3600)
    client = await connect(Inverter(house))
    for _ in range(600):
        house.step()
    truth = (house.sun_w, house.house_w, house.sun_wh, house.house_wh)
    assert min(truth) > 0
    assert struct.unpack(">4I", await client.read(0, 8)) == tuple(map(round, truth))
