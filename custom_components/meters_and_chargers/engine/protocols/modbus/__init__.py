"""Modbus: rows of tables, a reader that plans requests, a link that bounds them."""

from .device import ModbusDevice, TableGroup
from .dump import Dump
from .link import ModbusLink, Spacing
from .push import Pushed, SampleBuilder, Source
from .push_server import PushServer, Requests, load_requests
from .reader import ModbusReader
from .rows import Block, Derived, Encoding, Row, Table, per_phase, total
from .tls import look

__all__ = [
    "Block",
    "Derived",
    "Dump",
    "Encoding",
    "ModbusDevice",
    "ModbusLink",
    "ModbusReader",
    "PushServer",
    "Pushed",
    "Requests",
    "Row",
    "SampleBuilder",
    "Source",
    "Spacing",
    "Table",
    "TableGroup",
    "load_requests",
    "look",
    "per_phase",
    "total",
]
