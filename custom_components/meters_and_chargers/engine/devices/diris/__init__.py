"""SOCOMEC DIRIS Digiware gateways: modules behind them, circuits behind those."""

from ...model import Answers, Device, Family, ModbusTcp, Probe
from ...protocols.bacnet import PORT as BACNET_PORT
from ...protocols.modbus import ModbusDevice, ModbusLink
from ...protocols.snmp.smi import BadMib
from .alarms import Alarm, AlarmKind, AlarmTable
from .bacnet import MAIN as BACNET_MAIN
from .bacnet import BacnetPath
from .bacnet_values import Extra, Key
from .columns import DOCUMENTED, PROPOSED_SCALE, BadFile, Column, Evidence, read_file
from .dump import dump_gateway
from .gateway import Gateway, is_counted, name_of
from .mib import Mib, Output, as_text, columns_of_mib, mib_of, read_mib, stored_mib
from .modbus import AlarmPlace, ModbusPath, OpenUnit
from .nameplate import FAMILY_KEY, identify
from .outputs import (
    BinaryOutput,
    NotTaken,
    Place,
    find_outputs,
    read_outputs,
    switch_output,
)
from .registers import alarms_of, points_of
from .snmp import SnmpPath
from .tree import Load, Module, Path, Topology

__all__ = [
    "BACNET_MAIN",
    "BACNET_PORT",
    "DOCUMENTED",
    "FAMILY",
    "PROPOSED_SCALE",
    "Alarm",
    "AlarmKind",
    "AlarmPlace",
    "AlarmTable",
    "BacnetPath",
    "BadFile",
    "BadMib",
    "BinaryOutput",
    "Column",
    "Evidence",
    "Extra",
    "Gateway",
    "Key",
    "Load",
    "Mib",
    "ModbusPath",
    "Module",
    "NotTaken",
    "OpenUnit",
    "Output",
    "Path",
    "Place",
    "SnmpPath",
    "Topology",
    "alarms_of",
    "as_text",
    "columns_of_mib",
    "dump_gateway",
    "find_outputs",
    "is_counted",
    "mib_of",
    "name_of",
    "points_of",
    "read_file",
    "read_mib",
    "read_outputs",
    "stored_mib",
    "switch_output",
]


def open_device(link: ModbusLink, _answers: Answers) -> Device:
    """Return the gateway alone: what is behind it, a path reads."""
    return ModbusDevice(link, identify)


FAMILY: Family[ModbusLink] = Family(
    key=FAMILY_KEY,
    maker="SOCOMEC",
    name="SOCOMEC DIRIS Digiware",
    # Its firewall bans who asks too often.
    transport=ModbusTcp(spacing_s=0.02),
    open=open_device,
    intervals_s=(10, 20, 30, 60),
    paths=("modbus", "snmp", "both", "files"),
    # The first half of SOCOMEC's hardware addresses, by the IEEE's list.
    probe=Probe(identify=identify, mac="00174A*"),
)
