"""A fake load group of Picos: only its master has an address, and it may move."""

from collections.abc import Sequence

from .car import Car
from .pico import Currents, Pico, shares

SERIALS = (7_002_702, 7_005_567, 7_006_411)


class PicoGroup:
    """Stations that share what their master is told among the cars plugged in.

    Each has an address of its own on the loopback network, at the same port, but
    listens only while it is the master.
    """

    def __init__(
        self,
        cars: Sequence[Car] | None = None,
        *,
        serials: Sequence[int] = SERIALS,
        by_phase: bool = True,
        minimum_ma: int = 6000,
    ) -> None:
        """Put a car at each station; the first station is the master."""
        if cars is None:
            cars = tuple(Car(f"car_{serial}") for serial in serials)
        self.stations = tuple(
            Pico(car, serial=serial, minimum_ma=minimum_ma, by_phase=by_phase)
            for car, serial in zip(cars, serials, strict=True)
        )
        self.minimum_ma = minimum_ma
        self.master = self.stations[0]
        for index, station in enumerate(self.stations):
            station.host = f"127.0.0.{index + 1}"
            station.took = self.share

    @property
    def currents_ma(self) -> Currents | None:
        """What the group was last told; mA."""
        return self.master.currents_ma

    @property
    def host(self) -> str:
        """Where the master listens."""
        return self.master.host

    @property
    def port(self) -> int:
        """The port, the same with every master."""
        return self.master.port

    @port.setter
    def port(self, port: int) -> None:
        for station in self.stations:
            station.port = port

    @property
    def hosts(self) -> tuple[str, ...]:
        """Where each of the stations would listen as master."""
        return tuple(station.host for station in self.stations)

    @property
    def names(self) -> dict[str, str]:
        """The stations' names on the network, where DNS is switched on, with hosts."""
        return {
            f"smart-me_{station.serial}.dns-me.com": station.host
            for station in self.stations
        }

    async def start(self) -> None:
        """Begin to answer at the master."""
        await self.master.start()
        self.port = self.master.port

    async def stop(self) -> None:
        """Close every socket and refuse new ones; the cars charge on."""
        await self.master.stop()

    async def move(self, index: int) -> None:
        """Make another station the master; the group keeps what it was told."""
        before, after = self.master, self.stations[index]
        await before.stop()
        after.currents_ma = before.currents_ma
        self.master = after
        await after.start()

    def plug(self, *connected: bool) -> None:
        """Say for each station whether a car is plugged in, and share anew."""
        for station, there in zip(self.stations, connected, strict=True):
            station.car.connected = there
        self.share()

    def share(self) -> None:
        """Give each active car its part of what the group was told."""
        active = [one for one in self.stations if one.car.connected]
        for station in self.stations:
            if station not in active:
                station.offer(None)
        if self.currents_ma is None:
            return
        given = shares(self.currents_ma, len(active), self.minimum_ma)
        for station, share in zip(active, given, strict=True):
            station.offer(share)
