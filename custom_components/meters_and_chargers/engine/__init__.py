"""Everything that works without Home Assistant: devices, protocols, decisions."""
