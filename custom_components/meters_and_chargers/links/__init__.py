"""Turns entry data into sessions: the one place that opens sockets."""

from .diris import open_diris, temporary_diris
from .modbus import (
    certificate_folder,
    dump,
    family_of,
    find_master,
    look_at,
    open_device,
    prepare,
    temporary_device,
)
from .network import search
from .ocpp import OcppListener, authority_folder, open_ocpp
from .push import NoAddress, PushListener, addresses_of, open_push, push_source
from .web import open_account, open_emobility, open_power_brain

__all__ = [
    "NoAddress",
    "OcppListener",
    "PushListener",
    "addresses_of",
    "authority_folder",
    "certificate_folder",
    "dump",
    "family_of",
    "find_master",
    "look_at",
    "open_account",
    "open_device",
    "open_diris",
    "open_emobility",
    "open_ocpp",
    "open_power_brain",
    "open_push",
    "prepare",
    "push_source",
    "search",
    "temporary_device",
    "temporary_diris",
]
