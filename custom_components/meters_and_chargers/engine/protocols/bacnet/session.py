"""The devices behind one gateway, asked in turn and within its budget."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
import socket
from typing import Final, Protocol, cast

from ...model import BadAnswer, DeviceError, Silent, Unsupported
from ..budget import Budget

PORT: Final = 47808
_WAIT_S = 2.0
"""For devices that say who they are."""
_MOST = 20
"""Values of one request: the answer fits the 480 bytes that any device takes."""
_MOST_OBJECTS = 4000
"""Of one device; a list that says it is longer is not read to its end."""
_BITS_REQUEST, _BITS_VALUE = 8 * 130, 8 * 45
"""Both ways together, with the headers of IP and UDP."""
LOWEST_PRIORITY: Final = 16
"""Whatever else commands an object is stronger (ASHRAE 135, clause 19.2)."""

type Value = float | str
type Asked = tuple[str, str]
"""An object such as ``analog-input,204``, and the name of a property."""


@dataclass(frozen=True, slots=True)
class Found:
    """A device that said who it is; its address means something to the stack alone."""

    instance: int
    address: object


class TooLong(BadAnswer):
    """More was asked than fits one answer."""


class Stack(Protocol):
    """A BACnet stack on a socket of its own; raises `DeviceError` subclasses."""

    async def find(self, first: int, last: int, wait_s: float) -> list[Found]:
        """Ask who has an instance number in this range."""

    async def read(self, address: object, asked: Sequence[Asked]) -> list[Value | None]:
        """Read properties; None for one that the device does not have.

        Raises `TooLong` when the answer does not fit, and may raise `Unsupported` when
        the device has none of them.
        """

    async def write(
        self, address: object, thing: str, state: str, priority: int
    ) -> None:
        """Command a binary object; raises `NotAllowed` when it may not be written."""

    def close(self) -> None:
        """Let go of the socket."""


type OpenSocket = Callable[[], Awaitable[socket.socket]]
"""Binds the socket on which answers come; raises `DeviceError`."""


class BacnetSession:
    """Reads from the devices behind one gateway; writes what `write` is called for.

    All methods raise `DeviceError` subclasses and nothing else: `Silent` when nobody
    answers, `TooOften` while the budget's gateway is left alone.
    """

    def __init__(
        self,
        opened: Callable[[], Awaitable[Stack]],
        budget: Budget,
        wait_s: float = _WAIT_S,
    ) -> None:
        """Take what opens the stack; nothing is opened or asked yet."""
        self._open = opened
        self._lane = budget.lane()
        self._wait_s = wait_s
        self._stack: Stack | None = None
        self._turn = asyncio.Lock()
        self._found: dict[int, Found] = {}
        self._most = _MOST
        self._closed = False

    async def find(self, first: int, last: int) -> list[int]:
        """Ask which devices there are; returns their instance numbers, sorted."""
        async with self._turn:
            stack = await self._opened()
            await self._lane.take(_BITS_REQUEST * 2)
            found = await stack.find(first, last, self._wait_s)
            if found:
                self._lane.answered()
            self._found |= {one.instance: one for one in found}
        return sorted(one.instance for one in found)

    async def read(self, instance: int, asked: Sequence[Asked]) -> list[Value | None]:
        """Read properties of a device, in as few requests as fit.

        None stands for what the device does not have.
        """
        await self._meet(instance)
        values: list[Value | None] = []
        while len(values) < len(asked):
            group = asked[len(values) : len(values) + self._most]
            try:
                values += await self._group(instance, group)
            except TooLong:
                if len(group) == 1:
                    raise
                self._most = len(group) // 2
        return values

    async def objects(self, instance: int) -> list[str]:
        """Return which objects a device has, such as ``binary-output,3``.

        Its list is read piece by piece: whole it fits no answer of a device that can't
        cut answers into segments.
        """
        device = f"device,{instance}"
        (many,) = await self.read(instance, [(device, "object-list[0]")])
        if not isinstance(many, float):
            raise BadAnswer("a BACnet device without a list of its objects")
        places = range(1, min(int(many), _MOST_OBJECTS) + 1)
        listed = await self.read(
            instance, [(device, f"object-list[{place}]") for place in places]
        )
        return [one for one in listed if isinstance(one, str)]

    async def write(self, instance: int, thing: str, state: str) -> None:
        """Command a binary object's Present_Value, ``active`` or ``inactive``.

        It may be sent twice, and stays below every other command. Raises `NotAllowed`
        when the device refuses it.
        """
        await self._meet(instance)
        await self._ask(
            instance,
            _BITS_REQUEST + _BITS_VALUE,
            lambda stack, to: stack.write(to, thing, state, LOWEST_PRIORITY),
        )

    async def _meet(self, instance: int) -> None:
        """Find a device that is not known yet, or was silent."""
        if instance not in self._found and not await self.find(instance, instance):
            raise Silent(f"no BACnet device {instance}")

    async def _group(self, instance: int, asked: Sequence[Asked]) -> list[Value | None]:
        """Read some values; in halves what a device refuses as a whole.

        It may do so when it has none of them.
        """
        try:
            return await self._read(instance, asked)
        except Unsupported:
            if len(asked) == 1:
                return [None]
        half = len(asked) // 2
        first = await self._group(instance, asked[:half])
        return first + await self._group(instance, asked[half:])

    async def _read(self, instance: int, asked: Sequence[Asked]) -> list[Value | None]:
        bits = _BITS_REQUEST + len(asked) * _BITS_VALUE
        return await self._ask(instance, bits, lambda stack, to: stack.read(to, asked))

    async def _ask[T](
        self, instance: int, bits: int, ask: Callable[[Stack, object], Awaitable[T]]
    ) -> T:
        """Ask one device when it is its turn, and the budget's."""
        async with self._turn:
            stack = await self._opened()
            if (device := self._found.get(instance)) is None:
                raise Silent(f"no BACnet device {instance}")
            await self._lane.take(bits)
            try:
                answer = await ask(stack, device.address)
            except Silent:
                # Behind its gateway it may be at another address when it is back.
                self._found.pop(instance, None)
                raise
            except DeviceError:
                self._lane.answered()
                raise
            self._lane.answered()
            return answer

    def silent(self) -> None:
        """Take note that the gateway itself did not answer."""
        self._lane.silent()

    def close(self) -> None:
        """Let go of the socket and of the budget."""
        self._closed = True
        if self._stack is not None:
            self._stack.close()
            self._stack = None
        self._lane.close()

    async def _opened(self) -> Stack:
        if self._closed:
            raise Silent("closed")
        if self._stack is None:
            self._stack = await self._open()
        return self._stack


async def open_stack(
    bound: OpenSocket, gateway: tuple[str, int], broadcast: str, timeout_s: float = 2.0
) -> Stack:
    """Open bacpypes3 on a socket; it is imported in a thread, which takes a while."""
    module = await asyncio.to_thread(import_module, ".stack", __package__)
    opened = module.Bacpypes(await bound(), gateway, broadcast, timeout_s)
    return cast("Stack", opened)
