"""What stands behind a DIRIS gateway, whatever path it is read by."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol

from ...model import Identity, Point, Readings


@dataclass(frozen=True, slots=True, order=True)
class Load:
    """One circuit.

    ``module`` is its module's Modbus address in the gateway's network (1 to 247),
    ``number`` counts from 1 within that module; 0 is the module itself.
    """

    module: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A device in the gateway's network, with its circuits."""

    address: int
    loads: tuple[Load, ...]
    product: str | None = None
    name: str | None = None
    net_id: int | None = None
    firmware: str | None = None
    serial: str | None = None
    """What tells it from others of its kind; None where the path does not say."""
    table: int | None = None
    """The version of its Modbus table: what its registers mean may depend on it."""

    @property
    def itself(self) -> Load:
        """What it has besides its circuits, such as inputs, as if it were one."""
        return Load(self.address, 0)


@dataclass(frozen=True, slots=True)
class Topology:
    """All modules of a gateway, by their addresses."""

    modules: tuple[Module, ...]

    @property
    def loads(self) -> frozenset[Load]:
        """The circuits of all modules."""
        return frozenset(load for module in self.modules for load in module.loads)

    def module(self, address: int) -> Module | None:
        """Return the module at an address."""
        return next((one for one in self.modules if one.address == address), None)


class Path(Protocol):
    """How a gateway is read; raises `DeviceError` subclasses and nothing else."""

    async def identify(self) -> Identity:
        """Ask who the gateway is; raises `WrongDevice` for another kind."""

    async def topology(self) -> Topology:
        """Find the modules and their circuits."""

    async def read(
        self, wanted: Mapping[Load, AbstractSet[Point]]
    ) -> Mapping[Load, Readings]:
        """Read these points; a circuit whose module or row fails is missing."""
