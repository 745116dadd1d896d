"""Runs Home Assistant where a name server knows the simulated devices' names.

A program of its own: `named.py NAMES ...`, with names and addresses as JSON, and then
Home Assistant's own arguments. No other name of the maker's domain is known, so that
nobody outside is asked for one, let alone for a device that has it.
"""

import json
import runpy
import socket
import sys
from typing import Any
from unittest.mock import patch

_DOMAIN = ".dns-me.com"
_real = socket.getaddrinfo


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

    with patch("socket.getaddrinfo", getaddrinfo):
        runpy.run_module("homeassistant", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
