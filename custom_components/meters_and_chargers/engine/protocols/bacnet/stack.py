"""The stack of bacpypes3: it asks, and serves nothing to anybody."""

from collections.abc import Awaitable, Sequence
from math import isfinite
import socket

from bacpypes3.apdu import (
    APDU,
    AbortPDU,
    AbortReason,
    ErrorPDU,
    ErrorRejectAbortNack,
    IAmRequest,
    WritePropertyRequest,
)
from bacpypes3.app import Application
from bacpypes3.appservice import ApplicationServiceAccessPoint
from bacpypes3.basetypes import BinaryPV, ErrorType, PropertyIdentifier
from bacpypes3.comm import bind
from bacpypes3.ipv4.link import NormalLinkLayer
from bacpypes3.local.device import DeviceObject
from bacpypes3.netservice import NetworkServiceAccessPoint, NetworkServiceElement
from bacpypes3.pdu import PDU, IPv4Address
from bacpypes3.primitivedata import Enumerated, ObjectIdentifier
from bacpypes3.service.device import WhoIsIAmServices
from bacpypes3.service.object import ReadWritePropertyMultipleServices
from bacpypes3.vendor import get_vendor_info

from ...model import DeviceError, NotAllowed, Refused, Silent, Unsupported
from .session import Asked, Found, TooLong, Value

_NOBODY = 4_194_303
"""The instance number of a device that has none."""
_UNKNOWN = {"unknown-object", "unknown-property"}
_DENIED = "write-access-denied"
_TOO_LONG = {
    AbortReason.bufferOverflow,
    AbortReason.segmentationNotSupported,
    AbortReason.apduTooLong,
}


class Bacpypes(
    Application,  # type: ignore[misc]  # the library has no types
    WhoIsIAmServices,  # type: ignore[misc]  # same
    ReadWritePropertyMultipleServices,  # type: ignore[misc]  # same
):
    """One socket and one gateway; what comes from elsewhere is not looked at."""

    def __init__(
        self,
        bound: socket.socket,
        gateway: tuple[str, int],
        broadcast: str,
        timeout_s: float,
    ) -> None:
        """Take a bound socket, the gateway's address in digits, and its network's."""
        super().__init__()
        host, port = gateway
        device = DeviceObject(
            objectIdentifier=f"device,{_NOBODY}",
            objectName="reader",
            apduTimeout=round(timeout_s * 1000),
            numberOfApduRetries=1,
        )
        self.asap = ApplicationServiceAccessPoint(device, self.device_info_cache)
        self.nsap = NetworkServiceAccessPoint()
        self.nse = NetworkServiceElement()
        bind(self.nse, self.nsap)
        bind(self, self.asap, self.nsap)
        own = IPv4Address(f"{bound.getsockname()[0]}/32:{bound.getsockname()[1]}")
        self._link = NormalLinkLayer(own, bind_socket=bound)
        self.nsap.bind(self._link, address=own)
        self.add_object(device)
        server = self._link.server
        server.broadcast_address = (broadcast, port)
        received = server.confirmation

        async def from_gateway(pdu: PDU) -> None:
            if pdu.pduSource.addrTuple[0] == host:
                await received(pdu)

        server.confirmation = from_gateway

    async def indication(self, apdu: APDU) -> None:
        """Hear who is there, and answer nothing that is asked of us."""
        if isinstance(apdu, IAmRequest):
            await super().indication(apdu)

    async def find(self, first: int, last: int, wait_s: float) -> list[Found]:
        """Ask who has an instance number in this range."""
        told = await self.who_is(first, last, timeout=wait_s)
        return [Found(one.iAmDeviceIdentifier[1], one.pduSource) for one in told]

    async def read(self, address: object, asked: Sequence[Asked]) -> list[Value | None]:
        """Read properties; None for one that the device does not have."""
        wanted: list[object] = []
        for thing, name in asked:
            wanted += [thing, [name]]
        answer = await _answer(
            self.read_property_multiple(address, wanted, vendor_info=get_vendor_info(0))
        )
        if answer is None or len(answer) != len(asked):
            raise Refused("BACnet: another answer than was asked for")
        return [_value(value) for *_, value in answer]

    async def write(
        self, address: object, thing: str, state: str, priority: int
    ) -> None:
        """Command a binary object; raises `NotAllowed` when it may not be written."""
        request = WritePropertyRequest(
            objectIdentifier=ObjectIdentifier(thing),
            propertyIdentifier=PropertyIdentifier("present-value"),
            propertyValue=BinaryPV(state),
            priority=priority,
            destination=address,
        )
        await _answer(self.request(request))

    def close(self) -> None:
        """Let go of the socket."""
        self._link.close()


async def _answer[T](asked: Awaitable[T]) -> T:
    """Wait for an answer; what the library raises becomes an error of ours."""
    try:
        return await asked
    except ErrorRejectAbortNack as err:
        raise _as_ours(err) from None


def _as_ours(err: ErrorRejectAbortNack) -> DeviceError:
    if isinstance(err, AbortPDU):
        if err.apduAbortRejectReason == AbortReason.noResponse:
            return Silent("no answer by BACnet")
        if err.apduAbortRejectReason in _TOO_LONG:
            return TooLong("the answer does not fit")
    if isinstance(err, ErrorPDU):
        if str(err.errorCode) in _UNKNOWN:
            return Unsupported(f"BACnet: {err.errorCode}")
        if str(err.errorCode) == _DENIED:
            return NotAllowed(f"BACnet: {err.errorCode}")
    return Refused(f"BACnet: {type(err).__name__} {err.reason}")


def _value(found: object) -> Value | None:
    if found is None or isinstance(found, ErrorType):
        return None
    # One of several is a number as well, and its name tells more.
    if isinstance(found, float | int) and not isinstance(found, Enumerated):
        return float(found) if isfinite(found) else None
    return str(found)
