"""The stack of bacpypes3: it asks, and serves nothing to anybody."""

from collections.abc import Sequence
from math import isfinite
import socket

from bacpypes3.apdu import (
    APDU,
    AbortPDU,
    AbortReason,
    ErrorPDU,
    ErrorRejectAbortNack,
    IAmRequest,
)
from bacpypes3.app import Application
from bacpypes3.appservice import ApplicationServiceAccessPoint
from bacpypes3.basetypes import ErrorType
from bacpypes3.comm import bind
from bacpypes3.ipv4.link import NormalLinkLayer
from bacpypes3.local.device import DeviceObject
from bacpypes3.netservice import NetworkServiceAccessPoint, NetworkServiceElement
from bacpypes3.pdu import PDU, IPv4Address
from bacpypes3.primitivedata import Enumerated
from bacpypes3.service.device import WhoIsIAmServices
from bacpypes3.service.object import ReadWritePropertyMultipleServices
from bacpypes3.vendor import get_vendor_info

from ...model import Refused, Silent, Unsupported
from .session import Asked, Found, TooLong, Value

_NOBODY = 4_194_303
"""The instance number of a device that has none."""
_UNKNOWN = {"unknown-object", "unknown-property"}
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
        try:
            answer = await self.read_property_multiple(
                address, wanted, vendor_info=get_vendor_info(0)
            )
        except ErrorRejectAbortNack as err:
            if isinstance(err, AbortPDU):
                if err.apduAbortRejectReason == AbortReason.noResponse:
                    raise Silent("no answer by BACnet") from None
                if err.apduAbortRejectReason in _TOO_LONG:
                    raise TooLong("the answer does not fit") from None
            if isinstance(err, ErrorPDU) and str(err.errorCode) in _UNKNOWN:
                raise Unsupported(f"BACnet: {err.errorCode}") from None
            raise Refused(f"BACnet: {type(err).__name__} {err.reason}") from None
        if answer is None or len(answer) != len(asked):
            raise Refused("BACnet: another answer than was asked for")
        return [_value(value) for *_, value in answer]

    def close(self) -> None:
        """Let go of the socket."""
        self._link.close()


def _value(found: object) -> Value | None:
    if found is None or isinstance(found, ErrorType):
        return None
    # One of several is a number as well, and its name tells more.
    if isinstance(found, float | int) and not isinstance(found, Enumerated):
        return float(found) if isfinite(found) else None
    return str(found)
