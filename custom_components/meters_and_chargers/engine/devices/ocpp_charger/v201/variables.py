"""The device model of a wallbox: its variables, which 1.6 has as configuration keys.

Sources: the JSON schemas of OCPP 2.0.1; the names of standard variables as two or more
independent charging stations declare them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
import re
from typing import Self

from ....protocols.ocpp.types import Json
from ..reading import integer, text
from .words import items, mapping, present

_MAX_VARIABLES = 10_000
_ACTUAL = "Actual"

_KEY = re.compile(
    r"(?P<component>[^.\[\]@]+)(\[(?P<instance>[^\]]*)\])?"
    r"(@(?P<evse>\d{1,9})(:(?P<connector>\d{1,9}))?)?"
    r"\.(?P<variable>[^.\[\]@]+)(\[(?P<variable_instance>[^\]]*)\])?"
)


@dataclass(frozen=True, slots=True)
class Key:
    """The name of a variable.

    ``Component[instance]@evse:connector.Variable[instance]``, most of it optional.
    """

    component: str
    variable: str
    instance: str = ""
    evse: int | None = None
    connector: int | None = None
    variable_instance: str = ""

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Read what `__str__` writes; None for everything else."""
        if (found := _KEY.fullmatch(name)) is None:
            return None
        return cls(
            component=found["component"],
            variable=found["variable"],
            instance=found["instance"] or "",
            evse=integer(found["evse"]),
            connector=integer(found["connector"]),
            variable_instance=found["variable_instance"] or "",
        )

    @classmethod
    def read(cls, item: Mapping[str, Json]) -> Self:
        """Read the component and the variable of a message."""
        component, variable = (
            mapping(item.get("component")),
            mapping(item.get("variable")),
        )
        evse = mapping(component.get("evse"))
        return cls(
            component=text(component.get("name")),
            variable=text(variable.get("name")),
            instance=text(component.get("instance")),
            evse=integer(evse.get("id")),
            connector=integer(evse.get("connectorId")),
            variable_instance=text(variable.get("instance")),
        )

    def __str__(self) -> str:
        """Write it in one word."""
        place = "" if self.evse is None else f"@{self.evse}"
        if self.connector is not None:
            place += f":{self.connector}"
        return (
            f"{self.component}{_instance(self.instance)}{place}"
            f".{self.variable}{_instance(self.variable_instance)}"
        )

    def payload(self) -> dict[str, Json]:
        """Return the component and the variable for a message."""
        evse = None
        if self.evse is not None:
            evse = present(id=self.evse, connectorId=self.connector)
        return {
            "component": present(
                name=self.component, instance=self.instance or None, evse=evse
            ),
            "variable": present(
                name=self.variable, instance=self.variable_instance or None
            ),
        }


@dataclass(frozen=True, slots=True)
class Variable:
    """What a wallbox reported of a variable; ``value`` None where it does not say."""

    value: str | None
    readonly: bool
    choices: tuple[str, ...] = ()
    """What it may be, or be made of; empty where the wallbox does not say."""
    highest: int | None = None
    """What it may be at most, where the wallbox says so."""


ALIASES: Mapping[str, Key] = {
    "AllowOfflineTxForUnknownId": Key("AuthCtrlr", "OfflineTxForUnknownIdEnabled"),
    "AuthorizationCacheEnabled": Key("AuthCacheCtrlr", "Enabled"),
    "AuthorizeRemoteTxRequests": Key("AuthCtrlr", "AuthorizeRemoteStart"),
    "AuthorizationKey": Key("SecurityCtrlr", "BasicAuthPassword"),
    "ChargeProfileMaxStackLevel": Key("SmartChargingCtrlr", "ProfileStackLevel"),
    "ChargingScheduleAllowedChargingRateUnit": Key("SmartChargingCtrlr", "RateUnit"),
    "ChargingScheduleMaxPeriods": Key("SmartChargingCtrlr", "PeriodsPerSchedule"),
    "ConnectorSwitch3to1PhaseSupported": Key("SmartChargingCtrlr", "Phases3to1"),
    "CpoName": Key("SecurityCtrlr", "OrganizationName"),
    "ConnectionTimeOut": Key("TxCtrlr", "EVConnectionTimeOut"),
    "HeartbeatInterval": Key("OCPPCommCtrlr", "HeartbeatInterval"),
    "LocalAuthListEnabled": Key("LocalAuthListCtrlr", "Enabled"),
    "LocalAuthorizeOffline": Key("AuthCtrlr", "LocalAuthorizeOffline"),
    "MeterValueSampleInterval": Key("SampledDataCtrlr", "TxUpdatedInterval"),
    "MeterValuesSampledData": Key("SampledDataCtrlr", "TxUpdatedMeasurands"),
    "SendLocalListMaxLength": Key("LocalAuthListCtrlr", "ItemsPerMessage"),
    "StopTransactionOnEVSideDisconnect": Key("TxCtrlr", "StopTxOnEVSideDisconnect"),
    "StopTransactionOnInvalidId": Key("TxCtrlr", "StopTxOnInvalidId"),
    "WebSocketPingInterval": Key("OCPPCommCtrlr", "WebSocketPingInterval"),
}
"""What 1.6 calls a variable that every wallbox has under one name."""

_LIST_AVAILABLE = Key("LocalAuthListCtrlr", "Available")
_LIST_ENTRIES = Key("LocalAuthListCtrlr", "Entries")
"""How many cards the list has; at most so many as it has room for."""

FOR_LIMITS = (
    "ChargeProfileMaxStackLevel",
    "ChargingScheduleAllowedChargingRateUnit",
    "ConnectorSwitch3to1PhaseSupported",
)
"""What must be known before a limit is sent: no more than one message takes."""


def key(name: str) -> Key | None:
    """Return the variable that a name of 1.6, or one of ours, means."""
    return ALIASES.get(name) or Key.parse(name)


class Variables:
    """What a wallbox has reported, in memory."""

    def __init__(self) -> None:
        """Start without any."""
        self.known: dict[Key, Variable] = {}

    def take(self, report: Json) -> None:
        """Take the reportData of a NotifyReport."""
        for item in items(report):
            name = Key.read(item)
            if not name.component or not name.variable:
                continue
            for attribute in items(item.get("variableAttribute")):
                if attribute.get("type", _ACTUAL) == _ACTUAL:
                    says = mapping(item.get("variableCharacteristics"))
                    self._keep(name, attribute, says)

    def _keep(
        self, name: Key, attribute: Mapping[str, Json], says: Mapping[str, Json]
    ) -> None:
        if name not in self.known and len(self.known) >= _MAX_VARIABLES:
            return
        value, choices = attribute.get("value"), text(says.get("valuesList"))
        self.known[name] = Variable(
            None if value is None else text(value),
            attribute.get("mutability") == "ReadOnly",
            tuple(choice.strip() for choice in choices.split(",") if choice.strip()),
            integer(says.get("maxLimit")),
        )

    @property
    def named(self) -> Mapping[str, Variable]:
        """Those that 1.6 has a name for."""
        return {
            name: self.known[key] for name, key in ALIASES.items() if key in self.known
        }

    def changed(self, name: Key, value: str) -> None:
        """Take a value that the wallbox has accepted; not one that it keeps secret."""
        known = self.known.get(name)
        if known is not None and known.value is not None:
            self.known[name] = replace(known, value=value)

    @property
    def configuration(self) -> Mapping[str, str | None]:
        """What 1.6 has a name for, with the profile for lists where one is kept."""
        found = {name: variable.value for name, variable in self.named.items()}
        available = self.known.get(_LIST_AVAILABLE)
        if "LocalAuthListEnabled" in found and (
            available is None or available.value != "false"
        ):
            found["SupportedFeatureProfiles"] = "LocalAuthListManagement"
        entries = self.known.get(_LIST_ENTRIES)
        if entries is not None and entries.highest is not None:
            found["LocalAuthListMaxLength"] = str(entries.highest)
        return found

    @property
    def highest_evse(self) -> int:
        """The highest number of an EVSE that any variable names; 0 without."""
        return max((name.evse or 0 for name in self.known), default=0)


def _instance(name: str) -> str:
    return f"[{name}]" if name else ""
