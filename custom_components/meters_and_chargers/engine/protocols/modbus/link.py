"""One Modbus unit, asked in turn, with every failure in our own words."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from modbus_connection import (
    GatewayPathUnavailableError,
    GatewayTargetError,
    IllegalDataAddressError,
    IllegalFunctionError,
    ModbusConnectionError,
    ModbusError,
    ModbusExceptionError,
    ModbusTimeoutError,
    ModbusUnit,
)

from ...model import (
    BadAnswer,
    DeviceError,
    PortClosed,
    Refused,
    Silent,
    Unreachable,
    Unsupported,
)
from .dump import Answer, name_of

DEFAULT_TIMEOUT_S = 2.8
"""Leaves a silent device's poll some time to recycle the link within 3 s."""


@dataclass(slots=True)
class Spacing:
    """How long a device must be left alone between two requests, over all its links."""

    seconds: float = 0.0
    last_at: float = float("-inf")
    """When the last request ended, in the event loop's time."""


class ModbusLink:
    """Requests to one unit, one at a time, each bounded in time."""

    def __init__(
        self,
        unit: ModbusUnit,
        spacing: Spacing | None = None,
        *,
        recycles: bool = True,
    ) -> None:
        """Take a unit on a shared connection, never a host.

        ``recycles`` closes the connection of a device that falls silent: not where
        other devices hang on it, as on a serial line.
        """
        self._unit = unit
        self._recycles = recycles
        self._spacing = spacing or Spacing()
        self._timeout_s = DEFAULT_TIMEOUT_S
        self._turn = asyncio.Lock()
        self._lost = True
        self._attempt: asyncio.Task[Any] | None = None
        """A request that still waits for a connection."""
        self._observers: list[Callable[[Answer], None]] = []
        self._forget = unit.on_connection_lost(self._on_lost)
        if self._spacing.seconds:
            # Ours lasts from one connection to the next; this one also holds
            # back other integrations that share the connection.
            unit.set_message_spacing(self._spacing.seconds)

    def set_timeout(self, seconds: float) -> None:
        """Give up on a request after this long, at most the default."""
        self._timeout_s = min(seconds, DEFAULT_TIMEOUT_S)

    def close(self) -> None:
        """Let go of the shared connection."""
        self._forget()

    @property
    def lost(self) -> bool:
        """Whether another device may be at the other end than the one identified."""
        return self._lost or not self._unit.connected

    def trust(self) -> None:
        """Take the device at the other end for the right one until it is lost."""
        self._lost = False

    async def read(self, address: int, count: int) -> list[int]:
        """Read holding registers (function code 3) at a wire address."""
        try:
            words = await self.read_secret(address, count)
        except DeviceError as err:
            self._tell(Answer(address, count, None, name_of(err)))
            raise
        self._tell(Answer(address, count, tuple(words)))
        return words

    async def read_secret(self, address: int, count: int) -> list[int]:
        """Read what no dump may hold."""
        words = await self._ask(
            lambda: self._unit.read_holding_registers(address, count)
        )
        if len(words) != count:
            raise BadAnswer(f"{len(words)} of {count} registers at {address}")
        return words

    async def write(self, address: int, words: Sequence[int]) -> None:
        """Write registers together (function code 16) at a wire address."""
        await self._ask(
            lambda: self._unit.write_registers(address, list(words)), write=True
        )

    @contextmanager
    def observed(self, observe: Callable[[Answer], None]) -> Iterator[None]:
        """Have every answer to a read told, whoever asked."""
        self._observers.append(observe)
        try:
            yield
        finally:
            self._observers.remove(observe)

    def _tell(self, answer: Answer) -> None:
        for observe in self._observers:
            observe(answer)

    async def _ask[T](
        self, ask: Callable[[], Coroutine[Any, Any, T]], *, write: bool = False
    ) -> T:
        """Wait for our turn, bound the time, translate what goes wrong."""
        clock = asyncio.get_running_loop().time
        async with self._turn:
            pause = self._spacing.last_at + self._spacing.seconds - clock()
            if pause > 0:
                await asyncio.sleep(pause)
            try:
                return await self._bounded(ask, write=write)
            except (IllegalDataAddressError, IllegalFunctionError) as err:
                raise Unsupported(str(err)) from err
            except (GatewayPathUnavailableError, GatewayTargetError) as err:
                # A gateway says so of a device behind it, on its other side.
                self._lost = True
                raise Silent(str(err)) from err
            except ModbusExceptionError as err:
                raise Refused(str(err)) from err
            except ModbusConnectionError as err:
                self._lost = True
                raise _unreachable(err) from err
            except ModbusTimeoutError as err:
                self._lost = True
                raise Unreachable(str(err)) from err
            except ModbusError as err:
                raise BadAnswer(str(err)) from err
            finally:
                self._spacing.last_at = clock()

    async def _bounded[T](
        self, ask: Callable[[], Coroutine[Any, Any, T]], *, write: bool
    ) -> T:
        """Wait for the answer to one request, at most for our time-out.

        A request that still waits for the shared connection to come about is left
        alone: cancelled, it would make the connection log its late failure. Such a
        read does no harm when it goes out late; a write is cancelled all the same.
        """
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        if self._attempt is not None and not await _done(self._attempt, deadline):
            raise Unreachable("no connection came about in time")
        self._attempt = None
        request = asyncio.ensure_future(ask())
        # Whoever waits for it may be gone, or the link closed, before it fails.
        request.add_done_callback(_look_at)
        try:
            if await _done(request, deadline):
                return request.result()
        finally:
            connected = self._unit.connected
            if not request.done():
                self._lost = True
                if connected or write:
                    request.cancel()
                else:
                    self._attempt = request
        if not connected:
            raise Unreachable("no connection came about in time")
        await asyncio.wait({request})
        if self._recycles:
            # A connection whose other end has vanished looks like this too; a new one
            # is the only way to find out.
            with suppress(ModbusError):
                await self._unit.disconnect()
        raise Silent(f"no answer within {self._timeout_s:g} s")

    def _on_lost(self) -> None:
        self._lost = True


def _look_at(task: asyncio.Task[Any]) -> None:
    """Take note of a forgotten request's failure, so that nobody complains."""
    if not task.cancelled():
        task.exception()


async def _done(task: asyncio.Task[Any], deadline: float) -> bool:
    """Wait for a task, which goes on if it isn't done by then."""
    left = deadline - asyncio.get_running_loop().time()
    done, _ = await asyncio.wait({task}, timeout=left)
    for finished in done:
        _look_at(finished)
    return bool(done)


def _unreachable(err: ModbusConnectionError) -> Unreachable:
    """Tell a closed port from a host that is not there."""
    cause: BaseException | None = err
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return PortClosed(str(err))
        cause = cause.__cause__ or cause.__context__
    return Unreachable(str(err))
