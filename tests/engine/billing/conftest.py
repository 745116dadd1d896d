"""This part needs no Home Assistant: the fixtures of the gateway are its own."""

from tests.engine.gateway.conftest import (  # noqa: F401  # fixtures
    backend,
    http,
    journal,
    no_unexpected_logs,
    path,
)
