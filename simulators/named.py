"""Runs Home Assistant where a name server knows the simulated devices' names.

A program of its own: `named.py NAMES ...`, with names and addresses as JSON, and then
Home Assistant's own arguments. No other name of the maker's domain is known, so that
nobody outside is asked for one, let alone for a device that has it. Its network is a
small part of loopback, so that a search of it asks few addresses.
"""

from collections.abc import Iterable
import json
import runpy
import socket
import sys
from typing import Any
from unittest.mock import patch

import ifaddr

_DOMAIN = ".dns-me.com"
_OWN = "127.0.0.1"
_PREFIX = 28
_real = socket.getaddrinfo
_real_adapters = ifaddr.get_adapters


def main() -> None:
    """Run Home Assistant; it ends by `SystemExit`."""
    names: dict[str, str] = json.loads(sys.argv.pop(1))

    def getaddrinfo(host: str | bytes | None, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and name.endswith(_DOMAIN):
            if name not in names:
                raise socket.gaierror(socket.EAI_NONAME, "no such name")
            name = names[name]
        return _real(name, *args, **options)

    def get_adapters() -> Iterable[ifaddr.Adapter]:
        for adapter in _real_adapters():
            for ours in adapter.ips:
                if ours.ip == _OWN:
                    ours.network_prefix = _PREFIX
            yield adapter

    with (
        patch("socket.getaddrinfo", getaddrinfo),
        patch("ifaddr.get_adapters", get_adapters),
    ):
        runpy.run_module("homeassistant", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
