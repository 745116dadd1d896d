"""How bytes are exchanged; knows no device."""
