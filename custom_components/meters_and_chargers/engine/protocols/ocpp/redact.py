"""What of a frame may be shown: known fields of OCPP that name nobody."""

from collections.abc import Mapping
import json
import re

from . import frame
from .types import Json

REDACTED = "REDACTED"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NUMBERS = _names(
    """
    chargingProfileId connectorId duration heartbeatInterval interval limit listVersion
    meterStart meterStop minChargingRate numberPhases requestId reservationId retries
    retryInterval stackLevel startPeriod transactionId value
    cableMaxCurrent evseId multiplier numberOfPhasesUsed
    configurationSlot messageTimeout phaseToUse remoteStartId requestId
    securityProfile seqNo timeSpentCharging versionNumber
    """
)
_WORDS = _names(
    """
    availabilityType chargePointModel chargePointVendor chargingProfileKind
    chargingProfilePurpose chargingRateUnit context errorCode firmwareVersion format
    measurand meterType phase reason recurrencyKind requestedMessage status type unit
    updateType
    attributeStatus attributeType chargingLimitSource chargingState connectorStatus
    eventType logType model name operationalStatus reportBase stoppedReason
    triggerReason vendorName
    certificateType hashAlgorithm ocppInterface ocppTransport ocppVersion
    """
)
_TIMES = _names(
    """
    currentTime expiryDate retrieveDate startSchedule startTime stopTime timestamp
    validFrom validTo
    expiryDateTime generatedAt retrieveDateTime scheduleStart
    installDateTime latestTimestamp oldestTimestamp
    """
)
_NESTED = _names(
    """
    chargingProfile chargingSchedule chargingSchedulePeriod configurationKey
    csChargingProfiles idTagInfo localAuthorizationList meterValue sampledValue
    transactionData
    chargingProfileCriteria chargingStation component getVariableData
    getVariableResult idTokenInfo reportData schedule setVariableData
    setVariableResult transactionInfo unitOfMeasure variable
    certificateHashData connectionData firmware log
    """
)
_HIDDEN = _names(
    """
    chargeBoxSerialNumber chargePointSerialNumber data iccid idTag imsi info
    meterSerialNumber parentIdTag vendorErrorCode vendorId
    attributeValue groupIdToken idToken instance serialNumber signedMeterValue
    variableAttribute
    certificate certificateChain csr fileName filename issuerKeyHash issuerNameHash
    ocppCsmsUrl remoteLocation signature signingCertificate techInfo
    """
)
"""Fields that are named and not shown: people, cards and devices, or free text."""
_SETTINGS = _names(
    """
    AllowOfflineTxForUnknownId AuthorizationCacheEnabled AuthorizeRemoteTxRequests
    ChargeProfileMaxStackLevel ChargingScheduleAllowedChargingRateUnit
    ChargingScheduleMaxPeriods ClockAlignedDataInterval ConnectionTimeOut
    ConnectorPhaseRotation ConnectorSwitch3to1PhaseSupported GetConfigurationMaxKeys
    HeartbeatInterval LocalAuthListEnabled LocalAuthorizeOffline LocalPreAuthorize
    MaxChargingProfilesInstalled MaxEnergyOnInvalidId MeterValueSampleInterval
    MeterValuesAlignedData MeterValuesSampledData MinimumStatusDuration
    NumberOfConnectors ResetRetries StopTransactionOnEVSideDisconnect
    StopTransactionOnInvalidId StopTxnAlignedData StopTxnSampledData
    SupportedFeatureProfiles TransactionMessageAttempts
    TransactionMessageRetryInterval UnlockConnectorOnEVSideDisconnect
    WebSocketPingInterval
    """
)
"""Settings of the standard whose values are shown; AuthorizationKey isn't one."""
_ACTIONS = _names(
    """
    Authorize BootNotification CancelReservation CertificateSigned ChangeAvailability
    ChangeConfiguration ClearCache ClearChargingProfile DataTransfer DeleteCertificate
    DiagnosticsStatusNotification ExtendedTriggerMessage FirmwareStatusNotification
    GetCompositeSchedule GetConfiguration GetDiagnostics GetInstalledCertificateIds
    GetLocalListVersion GetLog Heartbeat InstallCertificate LogStatusNotification
    MeterValues RemoteStartTransaction RemoteStopTransaction ReserveNow Reset
    SecurityEventNotification SendLocalList SetChargingProfile
    SignedFirmwareStatusNotification StartTransaction StatusNotification
    StopTransaction TriggerMessage UnlockConnector UpdateFirmware
    GetBaseReport GetChargingProfiles GetLog GetTransactionStatus GetVariables
    NotifyEvent NotifyReport ReportChargingProfiles RequestStartTransaction
    RequestStopTransaction SetNetworkProfile SetVariables TransactionEvent
    SignCertificate SignedUpdateFirmware
    """
)
_WORD = re.compile(r"[A-Za-z0-9 ._,()/+\-]{0,50}")
_NUMBER = re.compile(r"[+-]?\d{1,15}([.,]\d{1,9})?")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
_SETTING = re.compile(r"[A-Za-z0-9 .,_\-]{0,500}")
_CODES = frozenset({*frame.Code, *frame.CODES_SINCE_2})
_FORMS: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(_WORDS, _WORD),
    **dict.fromkeys(_NUMBERS, _NUMBER),
    **dict.fromkeys(_TIMES, _TIME),
    # Where a value is measured; elsewhere it is an address.
    "location": re.compile("Body|Cable|EV|Inlet|Outlet"),
}


class Redaction:
    """Redacts the frames of one wallbox, the same message id alike in all of them."""

    def __init__(self, *secrets: str) -> None:
        """Leave these texts out wherever they stand."""
        self._secrets = tuple(secret.casefold() for secret in secrets if secret)
        self._ids: dict[tuple[bool, str], str] = {}
        self._transactions: dict[str, str] = {}

    def text(self, text: str, *, incoming: bool) -> str:
        """Return a frame that can be shown and, if it was sound, sent again."""
        shown: list[Json]
        match frame.parse(text):
            case frame.CallFrame(message_id, action, payload):
                named = action if action in _ACTIONS else REDACTED
                number = self._id(message_id, ours=not incoming)
                shown = [2, number, named, self._object(payload)]
            case frame.ResultFrame(message_id, payload):
                number = self._id(message_id, ours=incoming)
                shown = [3, number, self._value("", payload)]
            case frame.ErrorFrame(message_id, code, _):
                number = self._id(message_id, ours=incoming)
                code = code if code in _CODES else REDACTED
                shown = [4, number, code, "", {}]
            case frame.Malformed(cause):
                return f"unusable: {cause}, {len(text)} characters"
            case frame.Unknown():
                return f"of an unknown kind, {len(text)} characters"
        return json.dumps(shown, separators=(",", ":"))

    def _id(self, message_id: str, *, ours: bool) -> str:
        """Return another message id: some wallboxes put their serial number in it."""
        by = "s" if ours else "w"
        return self._ids.setdefault((ours, message_id), f"{by}{len(self._ids) + 1}")

    def _evse(self, value: Json) -> Json:
        """Show which one it is; elsewhere an id may be anything."""
        if not isinstance(value, dict):
            return REDACTED
        known = {name: value.get(name) for name in ("id", "connectorId")}
        return {name: one for name, one in known.items() if isinstance(one, int)}

    def _transaction(self, name: str) -> str:
        """Return another name for a transaction of OCPP 2, always the same."""
        if _NUMBER.fullmatch(name):
            return name  # a number of 1.6 in quotes
        return self._transactions.setdefault(name, f"t{len(self._transactions) + 1}")

    def _object(self, payload: Mapping[str, Json]) -> dict[str, Json]:
        if isinstance(key := payload.get("key"), str):
            return self.setting(key, payload)
        shown: dict[str, Json] = {}
        for name, value in payload.items():
            if name in ("key", "unknownKey"):
                shown[name] = self._keys(value)
            elif name in _NESTED:
                shown[name] = self._value("", value)
            elif name == "evse":
                shown[name] = self._evse(value)
            elif name == "transactionId" and isinstance(value, str):
                shown[name] = self._transaction(value)
            elif name in _HIDDEN:
                shown[name] = REDACTED
            elif name in _FORMS:
                shown[name] = self._value(name, value)
            else:
                shown[f"{REDACTED} {len(shown) + 1}"] = REDACTED
        return shown

    def setting(self, key: str, payload: Mapping[str, Json]) -> dict[str, Json]:
        """Show a setting; its value only if the standard says what it is."""
        shown: dict[str, Json] = {"key": self._plain(key, _WORD)}
        if "readonly" in payload:
            shown["readonly"] = payload["readonly"] is True
        if isinstance(value := payload.get("value"), str) and key in _SETTINGS:
            shown["value"] = self._plain(value, _SETTING)
        elif "value" in payload:
            shown["value"] = REDACTED
        return shown

    def _keys(self, value: Json) -> Json:
        if not isinstance(value, list):
            return REDACTED
        return [self._plain(name, _WORD) for name in value if isinstance(name, str)]

    def _value(self, name: str, value: Json) -> Json:
        shown: Json = REDACTED
        match value:
            case dict():
                shown = self._object(value)
            case list():
                shown = [self._value(name, one) for one in value]
            case bool() | None:
                shown = value
            case int() | float() if name in _NUMBERS:
                shown = value
            case str() if name in _FORMS:
                shown = self._plain(value, _FORMS[name])
        return shown

    def _plain(self, text: str, form: re.Pattern[str]) -> str:
        folded = text.casefold()
        if form.fullmatch(text) and not any(one in folded for one in self._secrets):
            return text
        return REDACTED
