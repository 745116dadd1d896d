"""A bad network between a client and a UDP service, on loopback."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import override

HOST = "127.0.0.1"

type Address = tuple[str, int]
type Send = Callable[[bytes], None]


@dataclass(slots=True, kw_only=True)
class Trouble:
    """What share of the datagrams, of either direction, meets with what."""

    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    """Held back, so that others overtake it: by ``late_s`` at most."""
    garbled: float = 0.0
    """Cut off, or followed by bytes that are no answer at all."""
    late_s: float = 0.3
    happened: int = field(default=0, init=False)


class UdpRelay:
    """Passes datagrams on, and what is in `trouble` not as they came."""

    def __init__(self, port: int, trouble: Trouble, seed: int = 1) -> None:
        """Stand in front of a service on loopback; the same seed, the same fate."""
        self.trouble = trouble
        self.port = 0
        self.passed = 0
        """Datagrams that came from clients."""
        self._service = (HOST, port)
        self._random = Random(seed)  # noqa: S311 - a network's whims, no secret
        self._front: asyncio.DatagramTransport | None = None
        self._held: list[asyncio.TimerHandle] = []
        self._backs: dict[Address, asyncio.DatagramTransport] = {}

    async def start(self) -> None:
        """Listen on a free port."""
        loop = asyncio.get_running_loop()
        self._front, _ = await loop.create_datagram_endpoint(
            lambda: _Ear(self._from_client), local_addr=(HOST, 0)
        )
        self.port = self._front.get_extra_info("sockname")[1]

    def stop(self) -> None:
        """Close every socket."""
        for held in self._held:
            held.cancel()
        for transport in (self._front, *self._backs.values()):
            if transport is not None:
                transport.close()
        self._backs.clear()

    def _from_client(self, data: bytes, client: Address) -> None:
        self.passed += 1
        if client in self._backs:
            self._to_service(data, client)
        else:
            opening = asyncio.ensure_future(self._open(client))
            opening.add_done_callback(lambda _: self._to_service(data, client))

    def _to_service(self, data: bytes, client: Address) -> None:
        if back := self._backs.get(client):
            self._pass_on(data, back.sendto)

    async def _open(self, client: Address) -> None:
        loop = asyncio.get_running_loop()
        self._backs[client], _ = await loop.create_datagram_endpoint(
            lambda: _Ear(lambda data, _: self._from_service(data, client)),
            remote_addr=self._service,
        )

    def _from_service(self, data: bytes, client: Address) -> None:
        front = self._front
        if front is not None and not front.is_closing():
            self._pass_on(data, lambda data: front.sendto(data, client))

    def _pass_on(self, data: bytes, send: Send) -> None:
        trouble, chance = self.trouble, self._random.random
        if chance() < trouble.lost:
            trouble.happened += 1
            return
        if chance() < trouble.garbled:
            trouble.happened += 1
            send(data[: len(data) // 2] if chance() < 0.5 else b"\x30\x82\xff" + data)
        if chance() < trouble.doubled:
            trouble.happened += 1
            send(data)
        if chance() < trouble.late:
            trouble.happened += 1
            loop = asyncio.get_running_loop()
            delay = chance() * trouble.late_s
            self._held.append(loop.call_later(delay, send, data))
        else:
            send(data)


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, heard: Callable[[bytes, Address], None]) -> None:
        self._heard = heard

    @override
    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._heard(data, addr)
