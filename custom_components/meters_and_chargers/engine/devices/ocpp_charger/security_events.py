"""What happens to a wallbox's security, by its own word and by ours.

Documents: OCPP 1.6 security whitepaper, edition 2; OCPP 2.0.1 part 2, appendix 1.
Both name the same events, some by other words.
"""

from collections.abc import Mapping
from datetime import date

from .change import Kind, Occurrence

DOOR_REFUSED = "door_refused"
PASSWORD_FAILED = "password_failed"  # noqa: S105 - a kind of event
CERTIFICATE_EXPIRING = "certificate_expiring"
OTHER = "other"
"""An event of the wallbox that no standard names."""

_OLD: Mapping[str, str] = {
    "failed_to_authenticate_at_central_system": "failed_to_authenticate_at_csms",
    "central_system_failed_to_authenticate": "csms_failed_to_authenticate",
    "invalid_central_system_certificate": "invalid_csms_certificate",
    "invalid_charge_point_certificate": "invalid_charging_station_certificate",
}
"""What 2.0.1 calls the events of 1.6."""

_THEIRS = (
    "tamper_detection_activated",
    "maintenance_login_accepted",
    "maintenance_login_failed",
    "failed_to_authenticate_at_csms",
    "csms_failed_to_authenticate",
    "invalid_csms_certificate",
    "invalid_charging_station_certificate",
    "invalid_tls_version",
    "invalid_tls_cipher_suite",
    "invalid_firmware_signature",
    "invalid_firmware_signing_certificate",
    "firmware_updated",
    "reconfiguration_of_security_parameters",
    "security_log_was_cleared",
    "attempted_replay_attacks",
    "invalid_messages",
    "memory_exhaustion",
    "setting_system_time",
    "startup_of_the_device",
    "reset_or_reboot",
)
SECURITY_EVENTS = (
    DOOR_REFUSED,
    PASSWORD_FAILED,
    CERTIFICATE_EXPIRING,
    *_THEIRS,
    OTHER,
)


def reported(word: str, time: str) -> Occurrence:
    """Return what a wallbox reports; a word that is no standard's becomes `OTHER`."""
    named = _OLD.get(word, word)
    kind = named if named in _THEIRS else OTHER
    return Occurrence(Kind.SECURITY, 0, {"event": kind, "time": time})


def refused(*, password: bool) -> Occurrence:
    """Return that somebody under its name was refused, for its password or without."""
    kind = PASSWORD_FAILED if password else DOOR_REFUSED
    return Occurrence(Kind.SECURITY, 0, {"event": kind})


def expiring(day: date) -> Occurrence:
    """Return that the certificate by which it proves itself ends soon."""
    return Occurrence(
        Kind.SECURITY, 0, {"event": CERTIFICATE_EXPIRING, "date": day.isoformat()}
    )
