"""Where a Digiware module's counters are, by what they do while a circuit draws."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from custom_components.meters_and_chargers.engine.devices.diris import (
    Load,
    ModbusPath,
    Module,
    points_of,
)
from custom_components.meters_and_chargers.engine.devices.diris.energy import (
    Sample,
    Verdict,
    disputed,
    judge,
    sample,
)
from custom_components.meters_and_chargers.engine.model import (
    Mark,
    Point,
    Quantity,
    Unreachable,
)
from simulators.diris import Circuit, Diris, LoadModule
from tests.links import behind_gateway as opened

IMPORT, EXPORT = Point(Quantity.ENERGY_IMPORT), Point(Quantity.ENERGY_EXPORT)
PLACES = ("19843", "19841")


@asynccontextmanager
async def behind(*modules: LoadModule) -> AsyncIterator[ModbusPath]:
    """Read modules at the addresses from 3 on."""
    gateway = Diris(dict(enumerate(modules, start=3)))
    await gateway.start()
    try:
        async with opened(gateway) as path:
            await path.look_for(range(3, 3 + len(modules)))
            yield path
    finally:
        await gateway.stop()


async def verdicts(path: ModbusPath, *modules: LoadModule) -> dict[str, Verdict]:
    """Let ten seconds pass between two readings."""
    found = disputed(path.known.modules)
    before = await sample(path, found, lambda: 100.0)
    for module in modules:
        for circuit in module.circuits:
            circuit.import_wh += max(circuit.power_w, 0) / 360
            circuit.export_wh += max(-circuit.power_w, 0) / 360
    return judge(found, before, await sample(path, found, lambda: 110.0))


@pytest.mark.parametrize("place", PLACES)
async def test_the_place_that_moves_is_the_counters(
    socket_enabled: None, place: str
) -> None:
    """Of either layout; then import and export are read there."""
    board = LoadModule(
        "Digiware I-35",
        [Circuit(4000, import_wh=7_654_321), Circuit(1100), Circuit(0)],
        import_at=int(place),
    )
    async with behind(board) as path:
        found = await verdicts(path, board)
        assert found["Digiware I-35"].place == place
        assert [one[:4] for one in found["Digiware I-35"].evidence] == [
            "3.1:",
            "3.2:",
            "3.3:",
        ]
        board.circuits[1].export_wh = 5000
        path.energies = {"Digiware I-35": place}
        wanted = {Load(3, number): {IMPORT, EXPORT} for number in (1, 2)}
        read = await path.read(wanted)
    assert read[Load(3, 1)][IMPORT] == pytest.approx(7_654_332.1)
    assert read[Load(3, 2)][EXPORT] == 5000


async def test_the_second_circuit_has_its_counters_further_on(
    socket_enabled: None,
) -> None:
    """An I-60 whose sixth circuit alone draws."""
    circuits = [Circuit(0) for _ in range(5)]
    board = LoadModule("Digiware I-60", [*circuits, Circuit(9000)], import_at=19841)
    async with behind(board) as path:
        assert (await verdicts(path, board))["Digiware I-60"].place == "19841"


@pytest.mark.parametrize("power_w", [0, 200, -5000])
async def test_without_a_load_it_can_not_tell(
    socket_enabled: None, power_w: int
) -> None:
    """Nothing, too little, and what only flows back."""
    board = LoadModule("Digiware I-35", [Circuit(power_w)])
    async with behind(board) as path:
        found = (await verdicts(path, board))["Digiware I-35"]
    assert (found.place, found.idle) == (None, True)


async def test_products_are_judged_apart(socket_enabled: None) -> None:
    """One finds its place, one has no load; others are not asked."""
    boards = (
        LoadModule("Digiware I-35", [Circuit(4000)]),
        LoadModule("Digiware I-60", [Circuit(0)], import_at=19841),
        LoadModule("DIRIS B30 RS485", [Circuit(4000)], most=4),
    )
    async with behind(*boards) as path:
        found = await verdicts(path, *boards)
    assert {product: one.place for product, one in found.items()} == {
        "Digiware I-35": "19843",
        "Digiware I-60": None,
    }


async def test_a_gateway_that_falls_silent_ends_it(socket_enabled: None) -> None:
    """A test that nobody answers is none."""
    gateway = Diris({3: LoadModule("Digiware I-35", [Circuit(4000)])})
    await gateway.start()
    async with opened(gateway) as path:
        await path.look_for([3])
        await gateway.stop()
        with pytest.raises(Unreachable):
            await sample(path, path.known.modules, lambda: 0.0)


MODULE = Module(address=3, loads=(Load(3, 1), Load(3, 2)), product="Digiware I-35")


def seen(power_w: float, *moved: float) -> tuple[Sample, Sample]:
    """Return two samples of a circuit, 10 s apart."""
    return (
        Sample(at=0, power_w=power_w, counters_wh=dict.fromkeys(PLACES, 100)),
        Sample(
            at=10,
            power_w=power_w,
            counters_wh={
                place: 100 + by for place, by in zip(PLACES, moved, strict=True)
            },
        ),
    )


@pytest.mark.parametrize(
    "pairs",
    [
        [seen(3600, 0, 0)],
        [seen(3600, 10, 10)],
        [seen(3600, 10, 500), seen(3600, 500, 10)],
        [seen(3600, 10, 500), seen(3600, 0, 500)],
    ],
    ids=["neither", "both", "circuits differ", "one of two"],
)
def test_what_contradicts_itself_decides_nothing(
    pairs: list[tuple[Sample, Sample]],
) -> None:
    """Neither place, both, or another one for each circuit."""
    before, after = (
        dict(zip(MODULE.loads, side, strict=False)) for side in zip(*pairs, strict=True)
    )
    found = judge([MODULE], before, after)["Digiware I-35"]
    assert (found.place, found.idle) == (None, False)


def test_a_power_that_jumps_shows_nothing() -> None:
    """What a circuit drew in between is not known then."""
    before, _ = seen(3600, 10, 500)
    _, after = seen(1800, 7.5, 500)
    found = judge([MODULE], {Load(3, 1): before}, {Load(3, 1): after})
    assert found["Digiware I-35"].idle


def test_energies_are_offered_only_after_a_test() -> None:
    """By default none; then import and export, marked so; others are as they were."""
    assert IMPORT not in points_of("Digiware I-60", 6)
    for place in PLACES:
        found = points_of("Digiware I-60", 6, place)
        assert {point for point, mark in found.items() if mark is Mark.TESTED} == {
            IMPORT,
            EXPORT,
        }
        assert found[Point(Quantity.POWER)] is Mark.SINGLE_SOURCE
        assert points_of("DIRIS B30", 1, place) == points_of("DIRIS B30", 1)
