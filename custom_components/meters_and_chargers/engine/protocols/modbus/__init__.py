"""Modbus: rows of tables, a reader that plans requests, a link that bounds them."""

from .device import ModbusDevice, TableGroup
from .dump import Dump
from .link import ModbusLink, Spacing
from .rows import Block, Derived, Encoding, Row, Table, per_phase, total

__all__ = [
    "Block",
    "Derived",
    "Dump",
    "Encoding",
    "ModbusDevice",
    "ModbusLink",
    "Row",
    "Spacing",
    "Table",
    "TableGroup",
    "per_phase",
    "total",
]
