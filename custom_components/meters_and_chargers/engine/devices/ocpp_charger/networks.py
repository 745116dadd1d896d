"""Where a wallbox of OCPP 2 dials, told to it: its network profiles.

Messages and variables of OCPP 2.0.1 (A05 security profile, B09 network profile, B10
priority), by the standard's schemas and by what independent charging stations do. A
slot that is in use is never written: a wallbox goes back to it if another fails.
"""

from contextlib import suppress
import logging

from ...model import DeviceError, Refused, Unsupported
from ...protocols.ocpp.types import Json, Version
from .reading import integer
from .requests import Requests
from .v201.variables import Key

_LOGGER = logging.getLogger(__name__)

_PRIORITY = Key("OCPPCommCtrlr", "NetworkConfigurationPriority")
_ACTIVE = Key("OCPPCommCtrlr", "ActiveNetworkProfile")
_SLOTS = (1, 2, 3)
"""Those that are tried where a wallbox does not say which it has."""
_INTERFACES: tuple[str, ...] = ("Wired0", "Wireless0")
_TIMEOUT_S = 30
"""The schema's own proposal."""
_ENCRYPTED = 2


class Networks:
    """Of one wallbox; its requests raise `DeviceError`."""

    def __init__(self, requests: Requests) -> None:
        """Ask by the requests of a wallbox."""
        self._requests = requests
        self._interfaces = _INTERFACES
        """Nobody can ask which one it has: after a failure another is the first."""
        self._before: str | None = None

    async def use_profile(self, profile: int, address: str) -> None:
        """Let it dial by a security profile after a restart, else as before.

        ``address`` is what it dials now: a host, a port and perhaps a path. Raises
        `Unsupported` for one that has no slot to spare, or no such thing.
        """
        found = await self._requests.get_configuration([str(_PRIORITY), str(_ACTIVE)])
        before = found.get(str(_PRIORITY)) or ""
        used = _numbers(before)
        active = integer(found.get(str(_ACTIVE)))
        if active is None and len(used) == 1:
            (active,) = used
        if not (used and address):
            raise Unsupported("SetNetworkProfile: not known where it dials now")
        scheme = "wss" if profile >= _ENCRYPTED else "ws"
        slot = await self._write(
            self._free(used, active), profile, f"{scheme}://{address}"
        )
        order = [slot, *(one for one in used if one != slot)]
        await self._requests.change_configuration(
            str(_PRIORITY), ",".join(map(str, order))
        )
        self._before = before

    async def take_back(self) -> None:
        """Let it dial as before from the next restart on; best effort."""
        before, self._before = self._before, None
        *others, last = self._interfaces
        self._interfaces = (last, *others)
        if before is not None:
            with suppress(DeviceError):
                await self._requests.change_configuration(str(_PRIORITY), before)

    def _free(self, used: list[int], active: int | None) -> list[int]:
        """Return the slots that may be written, those without a use first.

        One that is in the list but not in use may be its owner's second way out, so
        it is the last; and none of them where the wallbox does not say which it uses.
        """
        dialect = self._requests.dialect
        known = None if dialect is None else dialect.variables.known.get(_PRIORITY)
        offered = _numbers(",".join(known.choices)) if known is not None else []
        unused = [one for one in offered or _SLOTS if one not in used]
        spare = [] if active is None else [one for one in used if one != active]
        return [*unused, *reversed(spare)]

    async def _write(self, slots: list[int], profile: int, url: str) -> int:
        """Write it into the first slot that takes it."""
        for interface in self._names():
            for slot in slots:
                data: dict[str, Json] = {
                    "ocppCsmsUrl": url,
                    "ocppInterface": interface,
                    "ocppTransport": "JSON",
                    "messageTimeout": _TIMEOUT_S,
                    "securityProfile": profile,
                }
                if self._is(Version.V201):
                    data["ocppVersion"] = "OCPP20"
                try:
                    await self._requests.demand(
                        "SetNetworkProfile",
                        {"configurationSlot": slot, "connectionData": data},
                    )
                except Unsupported:
                    raise
                except Refused as err:
                    _LOGGER.debug("slot %s, %s: %s", slot, interface, err)
                    continue
                return slot
        raise Refused("SetNetworkProfile: no slot takes it")

    def _names(self) -> tuple[str, ...]:
        return tuple(self._interfaces) if self._is(Version.V201) else ("Any",)

    def _is(self, version: Version) -> bool:
        link = self._requests.link
        return link is not None and link.version is version


def _numbers(text: str) -> list[int]:
    """Read a list of slots, without what is none."""
    found = [integer(part.strip()) for part in text.split(",")]
    return [one for one in found if one is not None]
