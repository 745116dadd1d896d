"""One Modbus unit, asked in turn, with every failure in our own words."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from modbus_connection import (
    IllegalDataAddressError,
    IllegalFunctionError,
    ModbusConnectionError,
    ModbusError,
    ModbusExceptionError,
    ModbusUnit,
)

from ...model import BadAnswer, PortClosed, Refused, Silent, Unreachable, Unsupported

DEFAULT_TIMEOUT_S = 2.8
"""Leaves a silent device's poll some time to recycle the link within 3 s."""


@dataclass(slots=True)
class Spacing:
    """How long a device must be left alone between two requests, over all its links."""

    seconds: float = 0.0
    free_at: float = 0.0
    """The event loop's time at which the next request may go out."""


class ModbusLink:
    """Requests to one unit, one at a time, each bounded in time."""

    def __init__(self, unit: ModbusUnit, spacing: Spacing | None = None) -> None:
        """Take a unit on a shared connection, never a host."""
        self._unit = unit
        self._spacing = spacing or Spacing()
        self._timeout_s = DEFAULT_TIMEOUT_S
        self._turn = asyncio.Lock()
        self.lost = False
        """The connection was lost since the device was last identified."""
        self._forget = unit.on_connection_lost(self._on_lost)
        if self._spacing.seconds:
            # Ours lasts from one connection to the next; this one also holds
            # back other integrations that share the connection.
            unit.set_message_spacing(self._spacing.seconds)

    def set_timeout(self, seconds: float) -> None:
        """Give up on a request after this long, at most the default."""
        self._timeout_s = min(seconds, DEFAULT_TIMEOUT_S)

    def close(self) -> None:
        """Let go of the shared connection's news."""
        self._forget()

    async def read(self, address: int, count: int) -> list[int]:
        """Read holding registers (function code 3) at a wire address."""
        async with self._request():
            words = await self._unit.read_holding_registers(address, count)
        if len(words) != count:
            raise BadAnswer(f"{len(words)} of {count} registers at {address}")
        return words

    async def write(self, address: int, words: Sequence[int]) -> None:
        """Write registers together (function code 16) at a wire address."""
        async with self._request():
            await self._unit.write_registers(address, list(words))

    @asynccontextmanager
    async def _request(self) -> AsyncIterator[None]:
        """Wait for our turn, bound the time, translate what goes wrong."""
        clock = asyncio.get_running_loop().time
        async with self._turn:
            if (wait := self._spacing.free_at - clock()) > 0:
                await asyncio.sleep(wait)
            try:
                async with asyncio.timeout(self._timeout_s):
                    yield
            except TimeoutError as err:
                # Also a connection whose other end has vanished looks like this;
                # a new one is the only way to find out.
                self.lost = True
                await self._recycle()
                raise Silent(f"no answer within {self._timeout_s:g} s") from err
            except (IllegalDataAddressError, IllegalFunctionError) as err:
                raise Unsupported(str(err)) from err
            except ModbusExceptionError as err:
                raise Refused(str(err)) from err
            except ModbusConnectionError as err:
                self.lost = True
                raise _unreachable(err) from err
            except ModbusError as err:
                raise BadAnswer(str(err)) from err
            finally:
                self._spacing.free_at = clock() + self._spacing.seconds

    def _on_lost(self) -> None:
        self.lost = True

    async def _recycle(self) -> None:
        if self._unit.connected:
            with suppress(ModbusError):
                await self._unit.disconnect()


def _unreachable(err: ModbusConnectionError) -> Unreachable:
    """Tell a closed port from a host that is not there."""
    cause: BaseException | None = err
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return PortClosed(str(err))
        cause = cause.__cause__ or cause.__context__
    return Unreachable(str(err))
