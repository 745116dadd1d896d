"""Many wallboxes from one, in the storage of a Home Assistant that does not run.

The one was added by its form; two thousand forms would take longer than all that is to
be measured.
"""

import json
from pathlib import Path
from uuid import uuid4

from .server import Json

FIRST = "BENCH0000"
"""The identity and the name of the wallbox that is copied."""


def copy_charger(config: Path, number: int) -> None:
    """Let there be so many wallboxes, with all entities of the first turned on."""
    storage = config / ".storage"
    entries_file = storage / "core.config_entries"
    entities_file = storage / "core.entity_registry"
    entries = json.loads(entries_file.read_text(encoding="utf-8"))
    entities = json.loads(entities_file.read_text(encoding="utf-8"))
    first = next(one for one in entries["data"]["entries"] if one["title"] == FIRST)
    its = [
        one
        for one in entities["data"]["entities"]
        if one["config_entry_id"] == first["entry_id"]
    ]
    for index in range(1, number):
        entry_id = f"{first['entry_id'][:-4]}{index:04}"
        entries["data"]["entries"].append(
            {**_renamed(first, index), "entry_id": entry_id}
        )
        entities["data"]["entities"] += (
            {
                **_renamed(one, index),
                "id": uuid4().hex,
                "config_entry_id": entry_id,
                # Its page is made when it is set up.
                "device_id": None,
            }
            for one in its
        )
    entries_file.write_text(json.dumps(entries), encoding="utf-8")
    entities_file.write_text(json.dumps(entities), encoding="utf-8")


def _renamed(record: Json, index: int) -> Json:
    """Return a record of the first wallbox as another one's."""
    name = f"{FIRST[:-4]}{index:04}"
    text = json.dumps(record).replace(FIRST, name)
    renamed: Json = json.loads(text.replace(FIRST.lower(), name.lower()))
    return renamed
