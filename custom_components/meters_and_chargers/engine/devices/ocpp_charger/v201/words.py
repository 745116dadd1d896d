"""The same things in OCPP 2.0.1 and in OCPP 1.6."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
import json

from ....model import Refused, Unsupported
from ....protocols.ocpp.types import Json, Payload
from ..kinds import KIND, kind_said
from ..reading import SIGNED, number, snake, text

type Say = Callable[[str, Payload], Awaitable[Payload]]
"""Asks a wallbox, by an action and its payload."""
type Translation = Callable[[Payload], Awaitable[Payload]]
"""Answers a request of 1.6."""
type KindOf = Callable[[str], str]
"""Returns of which kind a card is to be taken."""

_AGREED = frozenset({"Accepted", "AcceptedCanceled"})
"""The second takes the place of what was under way."""
_PURPOSES: Mapping[str, str] = {"ChargePointMaxProfile": "ChargingStationMaxProfile"}
_PURPOSES_BACK = {new: old for old, new in _PURPOSES.items()}


def mapping(value: Json) -> Mapping[str, Json]:
    """Return an object, an empty one for everything else."""
    return value if isinstance(value, dict) else {}


def items(value: Json) -> list[Mapping[str, Json]]:
    """Return the objects of a list."""
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, dict)]


def present(**fields: Json) -> dict[str, Json]:
    """Return the fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def agreed(action: str, answer: Payload) -> Payload:
    """Return an answer if it is a yes: that of 1.6 has no status to say no by.

    Raises `Refused`, or `Unsupported`.
    """
    status = text(answer.get("status"))
    if status in _AGREED:
        return answer
    kind = Unsupported if status == "NotSupported" else Refused
    raise kind(f"{action}: {snake(status).replace('_', ' ') or 'no status'}")


def id_token(tag: Json, kind_of: KindOf) -> dict[str, Json]:
    """Return a 1.6 id tag as an IdTokenType: a card's, or one of ours."""
    token = text(tag)
    return {"idToken": token, "type": kind_of(token)}


def token(payload: Payload) -> str | None:
    """Return the card of a message of 2.0.1; None where it has none."""
    shown = payload.get("idToken")
    return text(shown.get("idToken")) if isinstance(shown, dict) else None


def kind(payload: Payload) -> dict[str, Json]:
    """Return what a message of 2.0.1 says of its card that 1.6 has no word for."""
    said = kind_said(mapping(payload.get("idToken")).get("type"))
    return {KIND: said} if said else {}


def id_token_info(answer: Payload, kind_of: KindOf) -> dict[str, Json]:
    """Return what we say of a tag as an IdTokenInfoType."""
    info = mapping(answer.get("idTagInfo"))
    parent = info.get("parentIdTag")
    return present(
        status=info.get("status", "Accepted"),
        cacheExpiryDateTime=info.get("expiryDate"),
        groupIdToken=None if parent is None else id_token(parent, kind_of),
    )


def meter_values(value: Json) -> list[Json]:
    """Return MeterValueTypes as 1.6 has them: with a unit of its own each."""
    return [
        {
            **item,
            "sampledValue": [
                said for one in items(item["sampledValue"]) for said in _said(one)
            ],
        }
        for item in items(value)
        if "sampledValue" in item
    ]


def signed_alone(values: list[Json]) -> list[Json]:
    """Return what of these meter values of 1.6 the meter has signed."""
    found: list[Json] = []
    for item in items(values):
        signed: list[Json] = [
            dict(one)
            for one in items(item["sampledValue"])
            if one.get("format") == SIGNED
        ]
        if signed:
            found.append({**item, "sampledValue": signed})
    return found


def _said(entry: Mapping[str, Json]) -> Iterator[Json]:
    """Yield a value, and what the meter has signed of it, which 1.6 has apart."""
    yield _sampled(entry)
    if signed := mapping(entry.get("signedMeterValue")):
        # Whole: its verifier needs the key and the methods that stand beside it.
        value = json.dumps(signed, ensure_ascii=False, separators=(",", ":"))
        yield present(value=value, format=SIGNED, context=entry.get("context"))


def _sampled(entry: Mapping[str, Json]) -> Json:
    unit = mapping(entry.get("unitOfMeasure"))
    if not unit:
        return dict(entry)
    value = entry.get("value")
    exponent, measured = number(unit.get("multiplier")), number(value)
    if exponent and measured is not None and abs(exponent) <= 12:  # noqa: PLR2004  # pico to tera
        value = round(measured * 10.0 ** round(exponent), 6)
    return {**entry, "value": value, "unit": unit.get("unit", "")}


def charging_profile(profile: Json, transaction: str | None) -> dict[str, Json]:
    """Return a 1.6 charging profile as 2.0.1 has it."""
    old = dict(mapping(profile))
    number_of = old.pop("chargingProfileId", None)
    schedule = mapping(old.pop("chargingSchedule", None))
    old.pop("transactionId", None)
    purpose = text(old.get("chargingProfilePurpose"))
    return {
        **old,
        "id": number_of,
        "chargingProfilePurpose": _PURPOSES.get(purpose, purpose),
        "chargingSchedule": [{"id": number_of, **schedule}],
        **present(transactionId=transaction),
    }


def reported_profile(evse: int, profile: Mapping[str, Json]) -> dict[str, Json]:
    """Return a reported 2.0.1 charging profile with the words of 1.6."""
    old = dict(profile)
    number_of = old.pop("id", None)
    schedules = items(old.pop("chargingSchedule", None))
    return {
        **old,
        "connectorId": evse,
        "chargingProfileId": number_of,
        "chargingProfilePurpose": purpose_back(old.get("chargingProfilePurpose")),
        "chargingSchedule": dict(schedules[0]) if schedules else {},
    }


def purpose(old: Json) -> str:
    """Return the purpose of a 1.6 profile in the words of 2.0.1."""
    return _PURPOSES.get(text(old), text(old))


def purpose_back(new: Json) -> str:
    """Return the purpose of a 2.0.1 profile in the words of 1.6."""
    return _PURPOSES_BACK.get(text(new), text(new))
