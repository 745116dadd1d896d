"""Writing to one agent: needs `FALLBACK`, the fast library only reads."""

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Self, cast

from ..budget import Budget
from .credentials import Credentials
from .session import PORT, Open, SnmpSession

if TYPE_CHECKING:
    from .pysnmp_backend import PysnmpBackend


class WritingSession(SnmpSession):
    """A session that also sets numbers; `open` makes one."""

    @classmethod
    async def open(
        cls, host: str, credentials: Credentials, budget: Budget, port: int = PORT
    ) -> Self:
        """Load the library; raises ImportError where there is none."""
        module = await asyncio.to_thread(import_module, ".pysnmp_backend", __package__)
        backend = cast("Open", module.PysnmpBackend)
        return cls(host, credentials, budget, port=port, backend=backend)

    async def set(self, oid: str, number: int) -> None:
        """Write an integer; it may be written twice, so it must be a state.

        Raises `DeviceError` subclasses, `NotAllowed` when the agent refuses it.
        """
        await self._request(
            lambda backend: cast("PysnmpBackend", backend).set(oid, number), 1
        )
