"""How a wallbox of OCPP 2 calls its transactions survives a restart."""

from pathlib import Path
import sqlite3

from custom_components.meters_and_chargers.engine.journal import Journal, schema


async def test_a_name_keeps_its_number(tmp_path: Path) -> None:
    """Each way, over a restart, and whatever number comes later for it."""
    path = tmp_path / "journal.db"
    journal = await Journal.open(path)
    assert await journal.named_transaction("GARAGE", "a-1") is None
    assert await journal.name_transaction("GARAGE", "a-1", 7) == 7
    await journal.close()
    journal = await Journal.open(path)
    assert await journal.named_transaction("GARAGE", "a-1") == 7
    assert await journal.name_transaction("GARAGE", "a-1", 8) == 7
    assert await journal.transaction_name("GARAGE", 7) == "a-1"
    assert await journal.transaction_name("CARPORT", 7) is None
    await journal.close()


async def test_a_name_without_a_number_gets_a_free_one(tmp_path: Path) -> None:
    """Above every number that a beginning gets, and its own for each."""
    journal = await Journal.open(tmp_path / "journal.db")
    numbers = [
        await journal.name_transaction(charger, name, None)
        for charger in ("GARAGE", "CARPORT")
        for name in ("a", "b")
    ]
    assert len(set(numbers)) == 4
    assert min(numbers) > 2**40
    assert await journal.transaction_name("CARPORT", numbers[3]) == "b"
    await journal.close()


async def test_a_file_of_the_first_version_is_taken_over(tmp_path: Path) -> None:
    """What it holds stays, and names can be kept."""
    path = tmp_path / "journal.db"
    db = sqlite3.connect(path)
    db.executescript(schema._STEPS[0] + "PRAGMA user_version=1;")
    db.execute(
        "INSERT INTO transactions (charger, wire_id, id_tag) VALUES ('G', 3, '')"
    )
    db.commit()
    db.close()
    journal = await Journal.open(path)
    (kept,) = await journal.transactions("G")
    assert kept.wire_id == 3
    assert await journal.name_transaction("G", "a", 3) == 3
    await journal.close()
