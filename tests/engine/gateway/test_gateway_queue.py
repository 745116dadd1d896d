"""The queue of a billing backend: nothing lost, nothing doubled, in order, bounded."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from random import Random

import pytest

from custom_components.meters_and_chargers.engine.gateway import queue as queue_module
from custom_components.meters_and_chargers.engine.gateway.queue import (
    MAX_BYTES,
    METER,
    START,
    STOP,
    UNKNOWN,
    Message,
    Queue,
    Waiting,
)
from custom_components.meters_and_chargers.engine.journal import Journal

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
OCMF = 'OCMF|{"FV":"1.0","RD":[{"RV":1.100,"RU":"kWh"}]}|{"SD":"30450221"}'


def start(session: int = 7) -> Message:
    """Return a beginning."""
    text = (
        '{"connectorId":1,"idTag":"04AABBCC","meterStart":1000,'
        f'"timestamp":"2026-06-01T12:00:{session:02}Z"}}'
    )
    return Message(action=START, session=session, text=text)


def values(number: int, session: int | None = 7, *, kept: bool = False) -> Message:
    """Return meter values; each text is another one, and oddly written."""
    own = "" if session is None else f'"transactionId" :{session}, '
    text = f'{{ {own}"connectorId":1, "meterValue":[{{"value":"{number}.10"}}]}}'
    return Message(action=METER, session=session, text=text, kept=kept)


def stop(session: int = 7) -> Message:
    """Return an end with what the meter has signed."""
    data = json.dumps(OCMF)
    text = f'{{"transactionId":{session},"meterStop":2000,"transactionData":[{data}]}}'
    return Message(action=STOP, session=session, text=text)


async def queue_of(journal: Journal, name: str = "GARAGE", **changes: int) -> Queue:
    """Return a loaded queue."""
    queue = Queue(journal, name, now=lambda: NOON, **changes)
    await queue.load()
    return queue


async def drain(queue: Queue, backend_id: int | None = 501) -> list[Waiting]:
    """Send everything to a backend that calls each transaction the same."""
    sent = []
    while (one := await queue.first()) is not None:
        sent.append(one)
        await queue.sent(one, backend_id if one.action == START else None)
    return sent


async def test_messages_wait_in_their_order(journal: Journal) -> None:
    """The beginning comes first, the end last, whatever was put between them."""
    queue = await queue_of(journal)
    put = [start(), values(1), values(2, None), stop(), start(8)]
    for one in put:
        assert await queue.put(one)
    assert queue.standing.length == 5
    assert queue.standing.oldest == NOON
    sent = await drain(queue)
    assert [one.action for one in sent] == [one.action for one in put]
    assert (queue.standing.length, queue.standing.size) == (0, 0)
    assert queue.standing.oldest is None


async def test_the_backend_hears_its_own_number_and_else_the_same_text(
    journal: Journal,
) -> None:
    """Blanks, decimals and signed texts are those that came, to the letter."""
    queue = await queue_of(journal)
    for one in (start(), values(1), stop()):
        await queue.put(one)
    first, second, third = await drain(queue, 90210)
    assert first.text == start().text
    assert second.text == values(1).text.replace(":7,", ":90210,")
    assert third.text == stop().text.replace(":7,", ":90210,")
    assert json.loads(third.text)["transactionData"] == [OCMF]


async def test_a_transaction_without_a_number_is_told_as_unknown(
    journal: Journal,
) -> None:
    """Who never learnt a number says -1, as the errata want (3.18)."""
    queue = await queue_of(journal)
    await queue.put(start())
    await queue.put(stop())
    first = await queue.first()
    assert first is not None
    await queue.refused(first)
    assert queue.standing.refused == 1
    second = await queue.first()
    assert second is not None
    assert json.loads(second.text)["transactionId"] == UNKNOWN
    assert [one.action for one in await queue.export()] == [START, STOP]


async def test_what_comes_twice_is_kept_once(journal: Journal) -> None:
    """A wallbox repeats what was answered late: also after it was delivered."""
    queue = await queue_of(journal)
    assert await queue.put(start())
    assert not await queue.put(start())
    assert await queue.put(values(1))
    assert not await queue.put(values(1))
    await drain(queue)
    assert not await queue.put(start())
    assert not await queue.put(values(1))
    assert await queue.put(stop())
    await drain(queue)
    assert not await queue.put(stop())
    assert queue.standing.length == 0


async def test_all_is_there_after_a_restart(path: Path) -> None:
    """The same message is sent again with the same id, and numbers are still known."""
    journal = await Journal.open(path)
    queue = await queue_of(journal)
    for one in (start(), values(1), stop()):
        await queue.put(one)
    first = await queue.first()
    assert first is not None
    await queue.sent(first, 501)
    under_way = await queue.first()
    standing = queue.standing
    await journal.close()

    journal = await Journal.open(path)
    queue = await queue_of(journal)
    assert queue.standing == standing
    assert await queue.first() == under_way
    assert await queue.transactions() == {7: 501}
    assert not await queue.put(start())
    assert len(await drain(queue)) == 2
    assert await queue.transactions() == {}
    await journal.close()


async def test_gateways_know_nothing_of_each_other(journal: Journal) -> None:
    """Of two wallboxes in one journal each backend hears its own."""
    garage, street = await queue_of(journal), await queue_of(journal, "STREET")
    await garage.put(start(1))
    await street.put(start(2))
    await street.put(stop(2))
    assert [one.session for one in await drain(garage)] == [1]
    await street.forget()
    assert street.standing.length == 0
    assert await street.export() == ()
    assert await garage.transactions() == {1: 501}


async def test_the_oldest_samples_go_first_and_nothing_else(journal: Journal) -> None:
    """Out of room, beginnings, ends and signed values stay, and losses are counted."""
    queue = await queue_of(journal, max_bytes=4000)
    await queue.put(start())
    await queue.put(values(0, kept=True))
    for number in range(1, 200):
        await queue.put(values(number))
    await queue.put(stop())
    standing = queue.standing
    assert standing.size <= 4000
    assert standing.lost == 202 - standing.length > 0
    left = await drain(queue)
    assert left[0].action == START
    assert left[-1].action == STOP
    numbers = [
        int(float(json.loads(one.text)["meterValue"][0]["value"])) for one in left[1:-1]
    ]
    assert numbers == [0, *range(200 - len(numbers) + 1, 200)]
    again = await queue_of(journal)
    assert again.standing.lost == standing.lost


async def test_what_may_not_go_stays_beyond_the_bound(journal: Journal) -> None:
    """A bound that beginnings and ends alone exceed drops none of them."""
    queue = await queue_of(journal, max_bytes=100)
    for session in range(1, 21):
        await queue.put(start(session))
        await queue.put(stop(session))
    assert queue.standing.lost == 0
    assert len(await drain(queue)) == 40


async def test_a_sample_that_is_dropped_while_it_is_sent(journal: Journal) -> None:
    """The count stays right when the one under way had to make room."""
    queue = await queue_of(journal, max_bytes=2000)
    await queue.put(values(0))
    under_way = await queue.first()
    assert under_way is not None
    for number in range(1, 100):
        await queue.put(values(number))
    await queue.sent(under_way)
    assert queue.standing.length == len(await queue.export())
    again = await queue_of(journal)
    assert again.standing == queue.standing


async def test_it_is_exported_page_by_page(journal: Journal) -> None:
    """Each page begins behind the last message of the one before."""
    queue = await queue_of(journal)
    for number in range(5):
        await queue.put(values(number))
    whole = await queue.export()
    pages = []
    after = 0
    while page := await queue.export(after=after, limit=2):
        pages.append(page)
        after = page[-1].number
    assert [len(page) for page in pages] == [2, 2, 1]
    assert tuple(one for page in pages for one in page) == whole


async def test_what_was_refused_waits_for_its_owner(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can be read however much was delivered since; deleted, all else stays."""
    monkeypatch.setattr(queue_module, "_KEPT_DONE", 2)
    queue = await queue_of(journal)
    await queue.put(start())
    aside = await queue.first()
    assert aside is not None
    await queue.refused(aside)
    for number in range(6):
        await queue.put(values(number))
    await drain(queue)
    await queue.put(stop())
    assert [one.action for one in await queue.export()] == [START, STOP]
    other = await queue_of(journal, "CARPORT")
    assert await other.discard_refused() == 0
    assert await queue.discard_refused() == 1
    assert [one.action for one in await queue.export()] == [STOP]
    assert (queue.standing.refused, queue.standing.length) == (0, 1)
    assert (await queue_of(journal)).standing == queue.standing
    assert not await queue.put(start())  # it is still known


async def test_many_at_once_are_all_counted(journal: Journal) -> None:
    """Messages that share a commit each count once, and keep their order."""
    queue = await queue_of(journal)
    await asyncio.gather(*(queue.put(values(number % 50)) for number in range(100)))
    assert queue.standing.length == 50
    assert (await queue_of(journal)).standing == queue.standing
    assert len(await drain(queue)) == 50


def day(session: int) -> Iterator[Message]:
    """Yield what a wallbox says in a day of charging, measured each ten seconds."""
    random = Random(session)  # noqa: S311  # the same day each time
    energy = 4_711_000.0
    for second in range(0, 86_400, 10):
        currents = [round(random.uniform(5.9, 16), 2) for _ in range(3)]
        volts = [round(random.uniform(225, 240), 1) for _ in range(3)]
        watts = sum(one * two for one, two in zip(currents, volts, strict=True))
        energy += watts / 360
        sampled = [
            {
                "value": f"{energy:.0f}",
                "context": "Sample.Periodic",
                "format": "Raw",
                "measurand": "Energy.Active.Import.Register",
                "location": "Outlet",
                "unit": "Wh",
            },
            {"value": f"{watts:.1f}", "measurand": "Power.Active.Import", "unit": "W"},
        ]
        for phase, (current, volt) in enumerate(zip(currents, volts, strict=True), 1):
            for value, name, unit in (
                (current, "Current.Import", "A"),
                (volt, "Voltage", "V"),
            ):
                sampled.append(
                    {
                        "value": str(value),
                        "context": "Sample.Periodic",
                        "format": "Raw",
                        "measurand": name,
                        "phase": f"L{phase}",
                        "location": "Outlet",
                        "unit": unit,
                    }
                )
        time = (NOON + timedelta(seconds=second)).isoformat()
        text = {
            "connectorId": 1,
            "transactionId": session,
            "meterValue": [{"timestamp": time, "sampledValue": sampled}],
        }
        yield Message(action=METER, session=session, text=json.dumps(text), kept=False)


async def test_30_days_without_the_backend_fit(journal: Journal) -> None:
    """A day around the clock, eight values each ten seconds, fits thirty times."""
    queue = await queue_of(journal)
    put = [start(), *day(7), stop()]
    await asyncio.gather(*(queue.put(one) for one in put))
    assert queue.standing.length == 8642
    assert queue.standing.lost == 0
    assert 30 * queue.standing.size < MAX_BYTES
