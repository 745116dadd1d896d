"""What we ask in the words of OCPP 1.6, asked in those of OCPP 2.0.1."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import count

from ....model import Refused
from ....protocols.ocpp.types import Json, Payload
from .. import reading
from ..profile import MAXIMUM, PURPOSE, TRANSACTION
from . import words
from .incoming import Incoming
from .reports import Reports
from .running import Names
from .upkeep import Upkeep
from .variables import Key, Variable, key
from .words import Say, Translation

_AT_ONCE = 4
"""Variables asked for in one message; some wallboxes take few."""
_START_BITS = 0x3FFF_FFFF

_TRIGGERS: Mapping[str, str] = {
    "DiagnosticsStatusNotification": "LogStatusNotification",
    "SignChargePointCertificate": "SignChargingStationCertificate",
}
_THERE = frozenset({"Accepted", "Rejected"})
"""The second is the answer of a variable that can only be written."""
_UNKNOWN = frozenset({"UnknownComponent", "UnknownVariable"})
_TAKEN = frozenset({"Accepted", "RebootRequired"})


class Requests:
    """Translates each request, and its answer back; all of them raise `DeviceError`."""

    def __init__(
        self,
        say: Say,
        incoming: Incoming,
        names: Names,
        reports: Reports,
        now: Callable[[], datetime],
    ) -> None:
        """Send by ``say`` what fits the standard's schema."""
        self._say = say
        self._incoming = incoming
        self._names = names
        self._reports = reports
        self._numbers: Iterator[int] = count(1)
        # Not from 1: a start of before a restart of ours may yet come from a queue.
        self._starts = count(int(now().timestamp()) & _START_BITS)
        self._translations: Mapping[str, Translation] = {
            "RemoteStartTransaction": self._start,
            "RemoteStopTransaction": self._stop,
            "SetChargingProfile": self._set_profile,
            "ClearChargingProfile": self._clear_profile,
            "GetCompositeSchedule": self._composite_schedule,
            "ChangeAvailability": self._availability,
            "Reset": self._reset,
            "UnlockConnector": self._unlock,
            "TriggerMessage": self._trigger,
            "ExtendedTriggerMessage": self._trigger,
            "GetConfiguration": self._get,
            "ChangeConfiguration": self._set,
            "SendLocalList": self._local_list,
            "GetLocalListVersion": self._local_list_version,
            "ReserveNow": self._reserve,
            **Upkeep(say, self._numbers).translations,
        }

    async def ask(self, action: str, payload: Payload) -> Payload:
        """Ask in either version's words; the answer is in the words of the question."""
        if action in self._translations:
            return await self._translations[action](payload)
        return await self._say(action, payload)

    # Charging

    async def _start(self, payload: Payload) -> Payload:
        number = next(self._starts)
        await self._names.begun.asked(number, reading.text(payload.get("idTag")))
        profile = payload.get("chargingProfile")
        return await self._say(
            "RequestStartTransaction",
            words.present(
                idToken=self._id_token(payload.get("idTag")),
                remoteStartId=number,
                evseId=payload.get("connectorId"),
                chargingProfile=None
                if profile is None
                else words.charging_profile(profile, None),
            ),
        )

    async def _stop(self, payload: Payload) -> Payload:
        name = await self._name(payload)
        if name is None:
            raise Refused("RequestStopTransaction: the transaction has no name")
        return await self._say("RequestStopTransaction", {"transactionId": name})

    async def _name(self, payload: Payload) -> str | None:
        return await self._names.name(reading.integer(payload.get("transactionId")))

    async def _set_profile(self, payload: Payload) -> Payload:
        profile = words.mapping(payload.get("csChargingProfiles"))
        name = await self._name(profile)
        return await self._say(
            "SetChargingProfile",
            {
                "evseId": payload.get("connectorId"),
                "chargingProfile": words.charging_profile(dict(profile), name),
            },
        )

    async def _clear_profile(self, payload: Payload) -> Payload:
        if payload:
            return await self._clear_those(payload)
        # Something must be named here: each purpose that is not the grid's.
        answers = [
            await self._clear_those({"chargingProfilePurpose": one})
            for one in (MAXIMUM, PURPOSE, TRANSACTION)
        ]
        return next((one for one in answers if one.get("status") == "Accepted"), {})

    async def _clear_those(self, payload: Payload) -> Payload:
        purpose = payload.get("chargingProfilePurpose")
        criteria = words.present(
            evseId=payload.get("connectorId"),
            chargingProfilePurpose=None if purpose is None else words.purpose(purpose),
            stackLevel=payload.get("stackLevel"),
        )
        return await self._say(
            "ClearChargingProfile",
            words.present(
                chargingProfileId=payload.get("id"),
                chargingProfileCriteria=criteria or None,
            ),
        )

    async def _composite_schedule(self, payload: Payload) -> Payload:
        answer = await self._say(
            "GetCompositeSchedule",
            words.present(
                evseId=payload.get("connectorId"),
                duration=payload.get("duration"),
                chargingRateUnit=payload.get("chargingRateUnit"),
            ),
        )
        found = dict(words.mapping(answer.get("schedule")))
        if not found:
            return answer
        start = found.pop("scheduleStart", None)
        return words.present(
            status=answer.get("status"),
            connectorId=found.pop("evseId", None),
            scheduleStart=start,
            chargingSchedule={**found, "startSchedule": start},
        )

    async def charging_profiles(self, evse: int | None = None) -> list[Payload]:
        """Return the profiles a wallbox has, of one EVSE or of all, in 1.6's words."""
        number = next(self._numbers)
        with self._reports.expect("ReportChargingProfiles", number) as report:
            answer = await self._say(
                "GetChargingProfiles",
                words.present(
                    requestId=number,
                    evseId=evse,
                    # A criterion must be named: this one leaves none out.
                    chargingProfile={
                        "chargingLimitSource": ["EMS", "Other", "SO", "CSO"]
                    },
                ),
            )
            if answer.get("status") != "Accepted":
                return []
            parts = await report.wait()
        return [
            words.reported_profile(reading.integer(part.get("evseId")) or 0, profile)
            for part in parts
            for profile in words.items(part.get("chargingProfile"))
        ]

    async def transaction_status(self, name: str) -> Payload:
        """Return whether a transaction goes on, and whether messages of it wait."""
        return await self._say("GetTransactionStatus", {"transactionId": name})

    # The wallbox

    async def _availability(self, payload: Payload) -> Payload:
        return await self._say(
            "ChangeAvailability",
            words.present(
                operationalStatus=payload.get("type"),
                evse=_evse(payload.get("connectorId")),
            ),
        )

    async def _reset(self, payload: Payload) -> Payload:
        kind = "Immediate" if payload.get("type") == "Hard" else "OnIdle"
        return await self._say("Reset", {"type": kind})

    async def _unlock(self, payload: Payload) -> Payload:
        number = reading.integer(payload.get("connectorId")) or 0
        return await self._say(
            "UnlockConnector",
            {
                "evseId": number,
                "connectorId": self._incoming.evse(number).used_connector,
            },
        )

    async def _trigger(self, payload: Payload) -> Payload:
        wanted = reading.text(payload.get("requestedMessage"))
        wanted = _TRIGGERS.get(wanted, wanted)
        number = reading.integer(payload.get("connectorId"))
        if wanted != "StatusNotification" or not number:
            return await self._ask_for(wanted, _evse(number))
        evse = self._incoming.evse(number)
        answer: Payload = {}
        for connector in sorted(evse.connectors) or [1]:
            answer = await self._ask_for(
                wanted, {"id": number, "connectorId": connector}
            )
        if answer.get("status") == "Accepted":
            # Whether a car charges is only in the transaction; one may run or not.
            with suppress(Refused):
                await self._ask_for("TransactionEvent", {"id": number})
        return answer

    async def _ask_for(self, message: str, evse: dict[str, Json] | None) -> Payload:
        return await self._say(
            "TriggerMessage", words.present(requestedMessage=message, evse=evse)
        )

    # Variables

    async def _get(self, payload: Payload) -> Payload:
        names = payload.get("key")
        if not isinstance(names, list) or not names:
            return await self._get_all()
        wanted = {reading.text(name): key(reading.text(name)) for name in names}
        asked = [found for found in wanted.values() if found is not None]
        values: dict[Key, Variable] = {}
        for first in range(0, len(asked), _AT_ONCE):
            values |= await self._values(asked[first : first + _AT_ONCE])
        return {
            "configurationKey": [
                _configuration_key(name, values[found])
                for name, found in wanted.items()
                if found in values
            ],
            "unknownKey": [
                name for name, found in wanted.items() if found not in values
            ],
        }

    async def _get_all(self) -> Payload:
        await self.inventory()
        known = self._reports.variables.known
        return {
            "configurationKey": [
                _configuration_key(str(name), variable)
                for name, variable in known.items()
            ]
        }

    async def _values(self, keys: list[Key]) -> dict[Key, Variable]:
        answer = await self._say(
            "GetVariables", {"getVariableData": [found.payload() for found in keys]}
        )
        known = self._reports.variables.known
        return {
            name: Variable(
                reading.text(item.get("attributeValue"))
                if item.get("attributeStatus") == "Accepted"
                else None,
                name in known and known[name].readonly,
            )
            for item in words.items(answer.get("getVariableResult"))
            if item.get("attributeStatus") in _THERE
            for name in (Key.read(item),)
        }

    async def _set(self, payload: Payload) -> Payload:
        found = key(reading.text(payload.get("key")))
        if found is None:
            return {"status": "NotSupported"}
        value = reading.text(payload.get("value"))
        answer = await self._say(
            "SetVariables",
            {"setVariableData": [{**found.payload(), "attributeValue": value}]},
        )
        results = words.items(answer.get("setVariableResult"))
        status = reading.text(results[0].get("attributeStatus")) if results else ""
        if status in _TAKEN:
            self._reports.variables.changed(found, value)
        return {"status": "NotSupported" if status in _UNKNOWN else status}

    async def inventory(self) -> None:
        """Have all variables reported; returns when they are there, or no more come."""
        number = next(self._numbers)
        with self._reports.expect("NotifyReport", number) as report:
            answer = await self._say(
                "GetBaseReport", {"requestId": number, "reportBase": "FullInventory"}
            )
            words.agreed("GetBaseReport", answer)
            await report.wait()

    # Cards

    def _id_token(self, tag: Json) -> dict[str, Json]:
        return words.id_token(tag, self._incoming.kind_of)

    async def _local_list(self, payload: Payload) -> Payload:
        entries: list[Json] = [
            words.present(
                idToken=self._id_token(entry.get("idTag")),
                idTokenInfo=words.id_token_info(entry, self._incoming.kind_of)
                if "idTagInfo" in entry
                else None,
            )
            for entry in words.items(payload.get("localAuthorizationList"))
        ]
        return await self._say(
            "SendLocalList",
            words.present(
                versionNumber=payload.get("listVersion"),
                updateType=payload.get("updateType"),
                localAuthorizationList=entries or None,
            ),
        )

    async def _local_list_version(self, payload: Payload) -> Payload:
        answer = await self._say("GetLocalListVersion", payload)
        return words.present(listVersion=answer.get("versionNumber"))

    async def _reserve(self, payload: Payload) -> Payload:
        parent = payload.get("parentIdTag")
        return await self._say(
            "ReserveNow",
            words.present(
                id=payload.get("reservationId"),
                expiryDateTime=payload.get("expiryDate"),
                idToken=self._id_token(payload.get("idTag")),
                evseId=payload.get("connectorId") or None,
                groupIdToken=None if parent is None else self._id_token(parent),
            ),
        )


def _evse(number: Json) -> dict[str, Json] | None:
    """Return an EVSE for a message; the wallbox itself is none."""
    return {"id": number} if number else None


def _configuration_key(name: str, variable: Variable) -> dict[str, Json]:
    return words.present(key=name, readonly=variable.readonly, value=variable.value)
