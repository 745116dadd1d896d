"""A simulated DIRIS gateway by BACnet/IP, in a process of its own, by bacpypes3.

The gateway is a router: its modules are devices of a virtual network behind it, as the
maker's manual describes them (annex on BACnet), from which the numbers of objects and
their units are typed. The process takes its modules and their outputs from its command
line, prints its port, and is told other values line by line.
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
from bacpypes3.basetypes import BinaryPV, EngineeringUnits, PriorityValue
from bacpypes3.comm import bind
from bacpypes3.errors import PropertyError
from bacpypes3.ipv4.link import NormalLinkLayer
from bacpypes3.local.analog import AnalogInputObject
from bacpypes3.local.binary import BinaryOutputObject
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


class _Output(BinaryOutputObject):  # type: ignore[misc]  # the library has no types
    """An output; one that is locked refuses commands."""

    _locked = False

    async def write_property(self, *args: object) -> None:
        """Take a command at its priority."""
        if self._locked:
            raise PropertyError(errorCode="writeAccessDenied")
        await super().write_property(*args)


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

    def switch(self, outputs: Mapping[int, str]) -> None:
        """Have outputs, by their numbers and names; they are off."""
        for number, name in outputs.items():
            self.add_object(
                _Output(
                    objectIdentifier=f"binary-output,{number}",
                    objectName=name,
                    presentValue="inactive",
                    statusFlags=[0, 0, 0, 0],
                    eventState="normal",
                    outOfService=False,
                    polarity="normal",
                )
            )


def _change(found: object, name: str, new: float | str | bool) -> str:  # noqa: FBT001 - as it came
    """Change an object; returns, by their priorities, the commands it has."""
    if name.startswith("priority"):
        found.priorityArray[int(name.removeprefix("priority")) - 1] = (  # type: ignore[attr-defined]  # the library has no types
            PriorityValue(null=()) if new == "" else PriorityValue(BinaryPV(new))
        )
    elif name:
        setattr(found, name, EngineeringUnits(new) if name == "units" else new)
    commands = getattr(found, "priorityArray", ())
    return json.dumps(
        {
            place: str(one.enumerated)
            for place, one in enumerate(commands, start=1)
            if one.null is None
        }
    )


async def _serve(
    modules: Mapping[int, tuple[str, int]],
    outputs: Mapping[int, Mapping[int, str]],
    port: int,
) -> None:
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
    for address, some in outputs.items():
        (devices[address] if address else gateway).switch(some)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while line := await asyncio.to_thread(sys.stdin.readline):
        address, thing, name, new = json.loads(line)
        device = devices[address] if address else gateway
        found = device.get_object_id(ObjectIdentifier(thing))
        sys.stdout.write(f"{_change(found, name, new)}\n")
        sys.stdout.flush()


class BacnetGateway:
    """The process: by address a module's product and how many circuits it has.

    ``outputs`` are names by numbers, by address; the gateway itself has address 0.
    """

    def __init__(
        self,
        modules: Mapping[int, tuple[str, int]],
        outputs: Mapping[int, Mapping[int, str]] | None = None,
    ) -> None:
        """Describe the modules; the process runs from `start` on."""
        self.port = 0
        self._told = (json.dumps(modules), json.dumps(outputs or {}))
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
            (sys.executable, "-m", __name__, *self._told, str(self.port)),
            cwd=_REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self._hear())

    def change(self, module: int, number: int, **properties: float | str) -> None:
        """Give an object of a module another present value, or another unit."""
        for name, new in properties.items():
            self._say(module, f"analog-input,{number}", name, new)

    def command(self, module: int, number: int, priority: int, state: str) -> None:
        """Command an output at a priority, as others may; "" takes that back."""
        self._say(module, f"binary-output,{number}", f"priority{priority}", state)

    def lock(self, module: int, number: int) -> None:
        """Let an output refuse every command from now on."""
        self._say(module, f"binary-output,{number}", "_locked", new=True)

    def commands(self, module: int, number: int) -> dict[int, str]:
        """Return which commands an output has, by their priorities."""
        told = json.loads(self._say(module, f"binary-output,{number}", "", ""))
        return {int(priority): state for priority, state in told.items()}

    def _say(self, module: int, thing: str, name: str, new: float | str) -> str:
        line = json.dumps([module, thing, name, new])
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
        return self._hear()

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
    outputs = {
        int(address): {int(number): name for number, name in some.items()}
        for address, some in json.loads(sys.argv[2]).items()
    }
    serve = _serve(modules, outputs, int(sys.argv[3]))
    asyncio.run(asyncio.wait_for(serve, _KEEP_S))


if __name__ == "__main__":
    main()
