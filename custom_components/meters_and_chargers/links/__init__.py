"""Turns entry data into sessions: the one place that opens sockets."""

from ..engine.protocols.snmp import PORT as SNMP_PORT
from ..engine.protocols.snmp import TRAP_PORT, Trap, TrapListener, WritingSession
from .bacnet import NoLibrary, PortTaken, open_diris_bacnet
from .billing import BackendLine, billing_folder, forget_gateway, try_backend
from .diris import GatewayBudget, budget_of, open_diris, temporary_diris
from .export import FtpListener, open_ftp, passive_ports
from .mib import load_mib, open_traps, open_writer, trap_source
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
from .ocpp import OcppListener, authority_folder, open_journal, open_ocpp
from .push import NoAddress, PushListener, addresses_of, open_push, push_source
from .snmp import credentials_of, open_diris_snmp, temporary_diris_snmp
from .web import open_account, open_emobility, open_power_brain

__all__ = [
    "SNMP_PORT",
    "TRAP_PORT",
    "BackendLine",
    "FtpListener",
    "GatewayBudget",
    "NoAddress",
    "NoLibrary",
    "OcppListener",
    "PortTaken",
    "PushListener",
    "Trap",
    "TrapListener",
    "WritingSession",
    "addresses_of",
    "authority_folder",
    "billing_folder",
    "budget_of",
    "certificate_folder",
    "credentials_of",
    "dump",
    "family_of",
    "find_master",
    "forget_gateway",
    "load_mib",
    "look_at",
    "open_account",
    "open_device",
    "open_diris",
    "open_diris_bacnet",
    "open_diris_snmp",
    "open_emobility",
    "open_ftp",
    "open_journal",
    "open_ocpp",
    "open_power_brain",
    "open_push",
    "open_traps",
    "open_writer",
    "passive_ports",
    "prepare",
    "push_source",
    "search",
    "temporary_device",
    "temporary_diris",
    "temporary_diris_snmp",
    "trap_source",
    "try_backend",
]
