"""A simulated DIRIS gateway by BACnet/IP, in a process of its own, by bacpypes3.

The gateway is a router: its modules are devices of a virtual network behind it, as the
maker's manual describes them (annex on BACnet), from which the numbers of objects and
their units are typed. The process takes its modules from its command line, prints its
port, and is told other values line by line.
"""

import asyncio
from collections.abc import Mapping
import json
from pathlib import Path
import socket
import subprocess
import sys
from typing import Self

from bacpypes3.app import Application
from bacpypes3.appservice import ApplicationServiceAccessPoint
from bacpypes3.basetypes import EngineeringUnits
from bacpypes3.comm import bind
from bacpypes3.ipv4.link import NormalLinkLayer
from bacpypes3.local.analog import AnalogInputObject
from bacpypes3.local.device import DeviceObject
from bacpypes3.netservice import NetworkServiceAccessPoint, NetworkServiceElement
from bacpypes3.pdu import IPv4Address, LocalStation
from bacpypes3.primitivedata import ObjectIdentifier
from bacpypes3.service.device import WhoIsIAmServices
from bacpypes3.service.object import (
    ReadWritePropertyMultipleServices,
    ReadWritePropertyServices,
)
from bacpypes3.vlan import VirtualNetwork
from bacpypes3.vlan.link import VirtualLinkLayer

HOST = "127.0.0.1"
MAIN = 100
_REPOSITORY = Path(__file__).resolve().parent.parent
_NETWORK, _LAN, _ROUTER = 8474, "modules", 254
_KEEP_S = 600
"""Longest life: a test that was killed leaves nothing behind."""
_UNITS = {
    "volts": (0, 1, *range(4, 11)),
    "amperes": (2, *range(11, 15), *range(16, 19)),
    "hertz": (3,),
    "percent": (15, 19, *range(46, 56)),
    "watts": (21, *range(26, 29), 41, 42),
    "volt-amperes-reactive": (22, *range(29, 32), 43, 44),
    "volt-amperes": (20, 23, *range(32, 35), 45),
    "no-units": (24, 25, *range(35, 41), 61),
    "watt-hours": (56, 57),
    "volt-ampere-hours-reactive": (58, 59),
    "volt-ampere-hours": (60,),
}
UNITS = {index: unit for unit, indices in _UNITS.items() for index in indices}
"""Of the 62 values of a circuit; object 204 is number 4 of the second circuit."""
_NO_FACTORS = (24, 35, 37, 39)


def value(module: int, circuit: int, index: int) -> float:
    """Return a value that stands in one place only."""
    if index in _NO_FACTORS:
        return (module + circuit) / 256 + index / 2048
    return module * 100 + circuit + index / 128


class _Device(
    Application,  # type: ignore[misc]  # the library has no types
    WhoIsIAmServices,  # type: ignore[misc]  # same
    ReadWritePropertyServices,  # type: ignore[misc]  # same
    ReadWritePropertyMultipleServices,  # type: ignore[misc]  # same
):
    """A device without any link yet."""

    def __init__(self, instance: int, model: str) -> None:
        super().__init__()
        device = DeviceObject(
            objectIdentifier=f"device,{instance}",
            objectName=f"{model} {instance}",
            modelName=model,
            vendorName="SOCOMEC",
            maxApduLengthAccepted=480,
            segmentationSupported="no-segmentation",
        )
        self.asap = ApplicationServiceAccessPoint(device, self.device_info_cache)
        self.nsap = NetworkServiceAccessPoint()
        self.nse = NetworkServiceElement()
        bind(self.nse, self.nsap)
        bind(self, self.asap, self.nsap)
        self.add_object(device)

    def join(self, number: int) -> None:
        """Stand in the virtual network."""
        station = LocalStation(bytes([number]))
        self.nsap.bind(VirtualLinkLayer(station, _LAN), address=station)

    def measure(self, module: int, circuits: int) -> None:
        """Have all objects of some circuits."""
        for circuit in range(1, circuits + 1):
            for index, unit in UNITS.items():
                self.add_object(
                    AnalogInputObject(
                        objectIdentifier=f"analog-input,{100 * circuit + index}",
                        objectName=f"{circuit}.{index}",
                        presentValue=value(module, circuit, index),
                        units=EngineeringUnits(unit),
                        statusFlags=[0, 0, 0, 0],
                        eventState="normal",
                        outOfService=False,
                    )
                )


async def _serve(modules: Mapping[int, tuple[str, int]], port: int) -> None:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.setblocking(False)
    bound.bind((HOST, port))
    port = bound.getsockname()[1]
    VirtualNetwork(_LAN)
    gateway = _Device(MAIN, "DIRIS M-70")
    own = IPv4Address(f"{HOST}/32:{port}")
    gateway.nsap.bind(NormalLinkLayer(own, bind_socket=bound), net=1, address=own)
    router = LocalStation(bytes([_ROUTER]))
    gateway.nsap.bind(VirtualLinkLayer(router, _LAN), net=_NETWORK)
    devices = {}
    for address, (model, circuits) in modules.items():
        devices[address] = _Device(MAIN + address, model)
        devices[address].join(address)
        devices[address].measure(address, circuits)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while line := await asyncio.to_thread(sys.stdin.readline):
        address, thing, name, new = json.loads(line)
        found = devices[address].get_object_id(ObjectIdentifier(thing))
        setattr(found, name, EngineeringUnits(new) if name == "units" else new)
        sys.stdout.write("\n")
        sys.stdout.flush()


class BacnetGateway:
    """The process: by address a module's product and how many circuits it has."""

    def __init__(self, modules: Mapping[int, tuple[str, int]]) -> None:
        """Describe the modules; the process runs from `start` on."""
        self.port = 0
        self._modules = json.dumps(modules)
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Begin to answer; after a stop, on the same port."""
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            (sys.executable, "-m", __name__, self._modules, str(self.port)),
            cwd=_REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self._hear())

    def change(self, module: int, number: int, **properties: float | str) -> None:
        """Give an object of a module another present value, or another unit."""
        for name, new in properties.items():
            line = json.dumps([module, f"analog-input,{number}", name, new])
            if self._process is not None and self._process.stdin is not None:
                self._process.stdin.write(f"{line}\n")
                self._process.stdin.flush()
            self._hear()

    def _hear(self) -> str:
        if self._process is None or self._process.stdout is None:
            raise RuntimeError("not started")
        if not (line := self._process.stdout.readline()):
            raise RuntimeError("the process has ended by itself")
        return line

    def stop(self) -> None:
        """Answer nothing any more."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate()
        self._process = None


def main() -> None:
    """Serve until stdin ends."""
    told = json.loads(sys.argv[1])
    modules = {int(address): (model, many) for address, (model, many) in told.items()}
    asyncio.run(asyncio.wait_for(_serve(modules, int(sys.argv[2])), _KEEP_S))


if __name__ == "__main__":
    main()
