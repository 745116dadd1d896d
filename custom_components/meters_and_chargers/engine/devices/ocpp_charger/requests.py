"""What a wallbox can be asked to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
import re

from ...model import Health, OutOfRange, Refused, Unreachable, Unsupported
from ...protocols.ocpp.redact import Redaction
from ...protocols.ocpp.strict import InvalidMessage, check
from ...protocols.ocpp.types import CallError, Json, Link, Payload
from .profile import PURPOSE
from .reading import integer, moment, number, snake, text
from .v201 import Dialect
from .v201.variables import key as variable_of

_NOT_THERE = frozenset({"NotSupported", "NotImplemented"})
_UNSUPPORTED = frozenset({"not_supported", "not_implemented"})
_DONE = frozenset(
    {"accepted", "accepted_canceled", "scheduled", "reboot_required", "unlocked"}
)
_MAX_CODE = 40
_SECRET = re.compile(
    r"passw|passphrase|masterpass|secret|token|psk|credential|identifier|id_?tag|"
    r"authorizationkey|(tag|(?<!public)key|(pin|puk)(code)?)\d*(\[[^\]]*\])?$",
    re.IGNORECASE,
)
_OURS = frozenset({"authorizationkey", "basicauthpassword", "securityprofile"})
_IDENTITY = "identity"
"""By what it dials; other components have one that means something else."""
_NAMES_IT = frozenset({"securityctrlr", "networkconfiguration"})
_LISTED = 50
"""How many keys an answer names that were asked for and that nobody knows."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A configuration key's value, and whether it can be changed."""

    value: str | None
    read_only: bool
    choices: tuple[str, ...] = ()
    """What it may be made of; empty where the wallbox does not say."""


@dataclass(frozen=True, slots=True)
class Period:
    """A part of a schedule: from when, how much, on how many phases if it says so."""

    start_s: int
    limit: float
    phases: int | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a wallbox allows from a time on; without periods nothing bounds it."""

    unit: str
    start: datetime | None
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """Configuration keys as they were read."""

    known: Mapping[str, Setting]
    unknown: tuple[str, ...] = ()


OWN_TAG = "HomeAssistant"
"""The card of what is started by us."""


class Requests:
    """Asks the wallbox behind the open link; all of them raise `DeviceError`."""

    def __init__(self) -> None:
        """Start without a link."""
        self.link: Link | None = None
        """The open connection; None while there is none."""
        self.dialect: Dialect | None = None
        """What translates for a wallbox that speaks OCPP 2; None for one of 1.6."""
        self.health = Health()

    async def ask(self, action: str, payload: Payload) -> Payload:
        """Ask in the words of OCPP 1.6, whatever the wallbox speaks."""
        if self.link is not None and self.dialect is not None:
            return await self.dialect.ask(action, payload)
        return await self.say(action, payload)

    async def say(self, action: str, payload: Payload) -> Payload:
        """Send what fits the standard's schema and return the answer."""
        if self.link is None:
            raise Unreachable("the wallbox is not connected")
        try:
            check(action, payload, version=self.link.version)
        except InvalidMessage as err:
            raise OutOfRange(str(err)) from err
        with self.health.asking():
            try:
                return await self.link.call(action, payload)
            except CallError as err:
                # Not its description: a wallbox may quote an id tag in it.
                kind = Unsupported if err.code in _NOT_THERE else Refused
                raise kind(f"{action}: {err.code[:_MAX_CODE]}") from err

    async def demand(self, action: str, payload: Payload) -> str:
        """Send a request whose answer is a status; raise `Refused` for a no."""
        return snake((await self.obtain(action, payload)).get("status"))

    async def obtain(self, action: str, payload: Payload) -> Payload:
        """Send a request and return what comes with a yes; raise `Refused` for a no."""
        answer = await self.ask(action, payload)
        status = snake(answer.get("status"))
        if status in _DONE:
            return answer
        kind = Unsupported if status in _UNSUPPORTED else Refused
        raise kind(f"{action}: {status.replace('_', ' ') or 'no status'}")

    async def remote_start(self, connector: int, id_tag: str = OWN_TAG) -> None:
        """Start a transaction."""
        await self.demand(
            "RemoteStartTransaction", {"connectorId": connector, "idTag": id_tag}
        )

    async def remote_stop_transaction(self, transaction: int) -> None:
        """Stop a transaction by the wallbox's own number."""
        await self.demand("RemoteStopTransaction", {"transactionId": transaction})

    async def set_charging_profile(self, payload: Payload) -> None:
        """Send a charging profile as it is."""
        await self.demand("SetChargingProfile", payload)

    async def clear_charging_profile(
        self, connector: int | None = None, purpose: str = PURPOSE
    ) -> None:
        """Remove our limits, of one connector or of all; none there is fine."""
        payload: dict[str, Json] = {"chargingProfilePurpose": purpose}
        if connector is not None:
            payload["connectorId"] = connector
        await self.ask("ClearChargingProfile", payload)

    async def clear_profile(self, number: int) -> None:
        """Remove a charging profile by its number; none there is fine."""
        await self.ask("ClearChargingProfile", {"id": number})

    async def change_availability(self, connector: int, operative: bool) -> str:  # noqa: FBT001  # one switch, two positions
        """Open or close a connector; ``scheduled`` is after the transaction."""
        return await self.demand(
            "ChangeAvailability",
            {
                "connectorId": connector,
                "type": "Operative" if operative else "Inoperative",
            },
        )

    async def reset(self, hard: bool = False) -> None:  # noqa: FBT001, FBT002  # as the standard: Soft or Hard
        """Restart the wallbox."""
        await self.demand("Reset", {"type": "Hard" if hard else "Soft"})

    async def unlock(self, connector: int) -> None:
        """Release the cable."""
        await self.demand("UnlockConnector", {"connectorId": connector})

    async def trigger(self, message: str, connector: int | None = None) -> None:
        """Ask for a message, by its name in the standard."""
        payload: dict[str, Json] = {"requestedMessage": message}
        if connector is not None:
            payload["connectorId"] = connector
        await self.demand("TriggerMessage", payload)

    async def get_configuration(
        self, keys: list[str] | None = None
    ) -> Mapping[str, str | None]:
        """Return configuration keys, all of them unless some are named."""
        known = (await self.read_settings(keys)).known
        return {key: setting.value for key, setting in known.items()}

    async def read_settings(self, keys: list[str] | None = None) -> Settings:
        """Return configuration keys with what may be done to them."""
        payload: dict[str, Json] = {"key": list[Json](keys)} if keys else {}
        answer = await self.ask("GetConfiguration", payload)
        listed, unknown = answer.get("configurationKey"), answer.get("unknownKey")
        known = {
            key: Setting(_value(item.get("value")), item.get("readonly") is True)
            for item in (listed if isinstance(listed, list) else ())
            if isinstance(item, dict) and (key := text(item.get("key")))
        }
        others = unknown[:_LISTED] if isinstance(unknown, list) else ()
        return Settings(known, tuple(text(key) for key in others))

    async def composite_schedule(
        self, connector: int, duration_s: int, unit: str | None = None
    ) -> Schedule:
        """Return what it allows from now on, all its profiles taken together.

        The unit is ``A`` or ``W``, the wallbox's own unless one is named.
        """
        payload: dict[str, Json] = {"connectorId": connector, "duration": duration_s}
        if unit is not None:
            payload["chargingRateUnit"] = unit
        answer = await self.obtain("GetCompositeSchedule", payload)
        start = moment(answer.get("scheduleStart"))
        return schedule_of(answer.get("chargingSchedule"), start)

    async def change_configuration(self, key: str, value: str) -> str:
        """Set a configuration key; returns ``accepted`` or ``reboot_required``."""
        return await self.demand("ChangeConfiguration", {"key": key, "value": value})


def schedule_of(schedule: Json, start: datetime | None = None) -> Schedule:
    """Return a charging schedule as it was sent, without what can't be read."""
    if not isinstance(schedule, dict):
        return Schedule("", None, ())
    listed = schedule.get("chargingSchedulePeriod")
    found = map(_period, listed if isinstance(listed, list) else ())
    return Schedule(
        text(schedule.get("chargingRateUnit")),
        start,
        tuple(period for period in found if period is not None),
    )


def shown(settings: Mapping[str, Setting], *secrets: str) -> list[dict[str, Json]]:
    """Return configuration keys as somebody who helps may see them.

    A value is shown only where the standard says what it is.
    """
    redaction = Redaction(*secrets)
    return [
        redaction.setting(
            key,
            {"readonly": one.read_only}
            | ({} if one.value is None else {"value": one.value}),
        )
        for key, one in sorted(settings.items())
    ]


def is_secret(key: str) -> bool:
    """Say whether the name of a configuration key promises a secret, or a card."""
    return _SECRET.search(key.strip()) is not None


def locks_out(key: str) -> bool:
    """Say whether a wallbox that is told another value would no longer be let in.

    By the names of 1.6 and of 2.0.1; in both no case counts.
    """
    component, _, variable = key.rpartition(".")
    if (found := variable_of(key.strip())) is not None:
        component, variable = found.component, found.variable
    name = variable.strip().casefold()
    return name in _OURS or (
        name == _IDENTITY and component.strip().casefold() in _NAMES_IT
    )


def _period(period: Json) -> Period | None:
    if not isinstance(period, dict):
        return None
    start_s, limit = integer(period.get("startPeriod")), number(period.get("limit"))
    if start_s is None or limit is None:
        return None
    return Period(start_s, limit, integer(period.get("numberPhases")))


def _value(value: Json) -> str | None:
    if isinstance(value, str):
        return value.strip()
    return None if value is None else str(value)
