"""Days that go through the charging decisions at once, and the plant they run in."""

from importlib import import_module
from pathlib import Path
import subprocess
import sys
from types import ModuleType

from PIL import Image
import pytest

from custom_components.meters_and_chargers.engine.charging import Mode
from simulators.__main__ import main
from simulators.car import Car
from simulators.charging_day import DAYS, ChargingDay, Film, load, run, table
from simulators.day import load_day
from simulators.plant import Plant, Station, rows

REPOSITORY = Path(__file__).parents[2]
HALF_AN_HOUR = 'from: "00:00"\nto: "00:30"\n'
SITE = "settings: {fuse_ma: [25000, 25000, 25000], residual_w: 0}\n"
GARAGE = "chargers: [{key: garage, step_ma: 100}]\n"


@pytest.fixture
def bench() -> ModuleType:
    """The benchmark: imported late, so that it finds the package with its parents."""
    return import_module("benchmarks.charging_day")


def described(folder: Path, text: str, sun_w: int = 6_900) -> ChargingDay:
    """Load a day whose sun and household never change."""
    sun = "\n".join(["pv_w,wind", *[f"{sun_w},1"] * 1_800])
    (folder / "sun.csv").write_text(sun)
    house = "\n".join(["house_l3_w,house_l2_w,house_l1_w", *["0,100,200"] * 1_800])
    (folder / "house.csv").write_text(house)
    file = folder / "day.yaml"
    file.write_text(f"sun: sun.csv\nhouse: house.csv\n{text}")
    return load(file)


def test_plant_without_management_is_as_published() -> None:
    """A car at 16 A all day loads a fuse of 25 A as the traces' own figures say."""
    station = Station()
    station.tell(16_000)
    plant = Plant((25.0, 25.0, 25.0), {"car": station})
    for row in rows(load_day("cloud")):
        plant.live(row)
    fuse = plant.fuse
    assert plant.car_wh == pytest.approx(264_900, abs=100)
    assert fuse.seconds_over == pytest.approx(1_472, abs=2)
    assert fuse.longest_s == plant.longest_by_car_s == 162
    assert fuse.largest_a == pytest.approx(11.2, abs=0.05)
    assert fuse.square_a2s == pytest.approx(47_004, abs=1)
    assert plant.house_fuse.seconds_over == 0


@pytest.mark.parametrize(
    "case", ["day_clear_solar_1p3p_mA_30s", "day_cloud_fast_fuse20_30s"]
)
def test_replayed_commands_reproduce_the_published_figures(
    bench: ModuleType, case: str
) -> None:
    """The plant finds evcc's figures again, phase changes and fuse included."""
    replayed, told = bench.replay(case), dict(bench.published())[case]
    assert bench.differences(case, replayed, told) == []
    late = replayed | {"over_a2s": replayed["over_a2s"] + 100, "starts": 9}
    assert len(bench.differences(case, late, told)) == 1


def test_goals_are_missed_by_worse_figures(bench: ModuleType) -> None:
    """A figure that is worse than evcc's by the wrong amount misses its goal."""
    peer = dict.fromkeys(("starts", "phase_changes"), 3.0) | {
        "sun_used_percent": 90.0,
        "car_from_grid_kwh": 1.0,
        "writes": 400.0,
        "over_a2s": 3_010.0,
        "house_a2s": 10.0,
        "car_kwh": 100.0,
    }
    good = peer | {"writes": 300.0, "car_from_grid_kwh": 1.15}
    assert all(goal.met for goal in bench.goals_of("solar_mA", good, peer))
    bad = {name: figure + 1 for name, figure in good.items()}
    bad["sun_used_percent"] = 89.9
    for case in ("solar_mA", "solar_1A"):
        assert not any(goal.met for goal in bench.goals_of(case, bad, peer))
    good = peer | {"over_a2s": 1_010.0, "car_kwh": 95.0, "longest_by_car_s": 12}
    assert all(goal.met for goal in bench.goals_of("fuse25", good, peer))
    bad = good | {"over_a2s": 1_011.0, "car_kwh": 94.9, "longest_by_car_s": 13}
    assert not any(goal.met for goal in bench.goals_of("fuse25", bad, peer))


def test_one_phase_car_loads_the_phase_it_is_wired_to() -> None:
    """On one phase the first wired one carries the current, on three all wired."""
    station = Station(Car(phases=1, current_a=10), (False, True, True))
    assert station.currents_a == (0, 10, 0)
    station.car.phases = 3
    assert station.currents_a == (0, 10, 10)
    assert Station(Car(phases=1, current_a=10)).currents_a == (10, 0, 0)


def test_station_that_switches_obeys_its_car() -> None:
    """It goes to one phase and back as told; a small car never takes more than one."""
    station = Station(switches=True)
    station.tell(6_000, 1)
    assert station.car.phases == 1
    station.tell(0)
    assert station.car.phases == 1
    station.tell(6_000, 3)
    assert (station.car.phases, station.car.phase_changes) == (3, 2)
    small = Station(Car(phases=1), switches=True)
    small.tell(6_000, 3)
    assert (small.car.phases, small.car.phase_changes) == (1, 0)
    fixed = Station()
    fixed.tell(6_000, 1)
    assert fixed.car.phases == 3


def test_day_on_one_phase(tmp_path: Path) -> None:
    """With 2 kW of sun a charger that switches charges on one phase."""
    switching = "chargers: [{key: garage, step_ma: 100, switches_phases: true}]\n"
    plant = run(described(tmp_path, HALF_AN_HOUR + SITE + switching, 2_500)).plant
    assert plant.phase_changes == 1
    assert plant.stations["garage"].currents_a == (9.5, 0, 0)


def test_described_day_is_lived(tmp_path: Path) -> None:
    """Constant sun: the car takes the surplus, and the books say where it came from."""
    day = described(tmp_path, HALF_AN_HOUR + SITE + GARAGE)
    film = Film(day.begin_s)
    plant = run(day, film).plant
    assert (plant.second, plant.starts, plant.phase_changes) == (1_800, 1, 0)
    assert plant.stations["garage"].car.current_a == 9.5
    assert film.grid_w[-1] == pytest.approx(300 + 3 * 230 * 9.5 - 6_900)
    assert film.limits_a["garage"][-1] == 9.5
    assert film.currents_a["garage"][-1] == (9.5, 9.5, 9.5)
    assert plant.sun_wh == pytest.approx(3_450)
    house_wh = 150
    assert plant.car_wh == pytest.approx(3_450 - house_wh - plant.export_wh)
    assert plant.car_from_grid_wh == 0
    text = table(plant)
    assert f"{plant.car_wh / 1000:.2f} kWh" in text
    assert f"{plant.writes}\n" in text


def test_people_change_things(tmp_path: Path) -> None:
    """A car that comes at 00:10 charges from then on, at full power from 00:20 on."""
    away = "chargers: [{key: garage, step_ma: 100, car: {connected: false}}]\n"
    changes = (
        'changes: [{at: "00:20", charger: garage, mode: fast},'
        ' {at: "00:10", charger: garage, connected: true}]'
    )
    film = Film(0)
    plant = run(described(tmp_path, HALF_AN_HOUR + SITE + away + changes), film).plant
    current = [one[0] for one in film.currents_a["garage"]]
    assert max(current[:600]) == 0
    assert current[1_190] == pytest.approx(9.5)
    assert current[-1] == 16
    assert plant.stations["garage"].mode is Mode.FAST
    assert plant.car_from_grid_wh > 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[", "not YAML"),
        ("- 1", "the day is not a list of names"),
        ("moon: full", "can't have moon"),
        ("sun: house.csv", "no column pv_w"),
        ("house: cloud", "the sun has 1800 seconds, the house 86400"),
        ("from: noon", "a time is HH:MM, not 'noon'"),
        ("settings: {fuse_ma: [1, 2]}", "three whole figures"),
        ("settings: {fuse_ma: [1, 2, 3], volts: 3}", "can't have volts"),
        ("settings: {fuse_ma: [1, 2, 3.5]}", "three whole figures"),
        ("chargers: [{step_ma: 1}]", "a charger needs a key"),
        ("chargers: [{key: a, step_ma: 0.1}]", "step_ma is a whole number, not 0.1"),
        ("chargers: [{key: a, phases: [true]}]", "three of true and false"),
        ("chargers: [{key: a, switches_phases: 1}]", "switches_phases is true or"),
        ("chargers: [{key: a, phase_use: 2}]", "phase_use is one of auto, 1, 3"),
        ("chargers: [{key: a, mode: full}]", "no mode 'full'"),
        ("chargers: [{key: a, car: {phases: 2}}]", "phases are 1 or the charger's 3"),
        ("changes: [{at: 9:30, charger: b}]", "'b', which is not there"),
    ],
)
def test_wrong_descriptions_are_refused(tmp_path: Path, text: str, words: str) -> None:
    """What can't be understood is named, not skipped."""
    described(tmp_path, SITE)
    given = (
        text
        if text[0] in "[-"
        else "".join(
            f"{line}\n"
            for line in ("sun: sun.csv", "house: house.csv", SITE.strip(), text)
            if line == text or line.partition(":")[0] != text.partition(":")[0]
        )
    )
    file = tmp_path / "wrong.yaml"
    file.write_text(given)
    with pytest.raises(ValueError, match=words):
        load(file)


@pytest.mark.parametrize(
    "path", sorted(DAYS.glob("*.yaml")), ids=lambda path: path.stem
)
def test_shipped_days_are_understood(path: Path) -> None:
    """Every day in the folder loads, with a reason and a car."""
    day = load(path)
    assert day.why.endswith(".")
    assert day.stations()
    assert day.end_s > day.begin_s


def test_times_that_yaml_reads_as_minutes_are_times(tmp_path: Path) -> None:
    """17:45 without quotes is a number to YAML, and a quarter to six to us."""
    day = described(tmp_path, "to: 17:45\nfrom: 0:20\n" + SITE)
    assert (day.begin_s, day.end_s) == (1_200, 1_800)


_RUN = """
import sys
from simulators.__main__ import main
main(sys.argv[1:])
assert "homeassistant" not in sys.modules
"""


def test_day_is_lived_and_drawn_from_the_command_line(tmp_path: Path) -> None:
    """A table is printed and a picture drawn, without Home Assistant."""
    described(tmp_path, HALF_AN_HOUR + SITE + GARAGE)
    picture = tmp_path / "day.png"
    arguments = ("--day", str(tmp_path / "day.yaml"), "--plot", str(picture))
    told = subprocess.run(  # noqa: S603 - our own interpreter and text
        (sys.executable, "-c", _RUN, *arguments),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cars, from the sun" in told.stdout
    with Image.open(picture) as drawn:
        assert drawn.format == "PNG"
        assert drawn.width == 1_600
        colours = {colour for _, colour in drawn.convert("RGB").getcolors(1 << 24)}
    sun, grid, limit, phase_three = "#d39b00", "#b3261e", "#c3b1e8", "#2e8b57"
    for colour in (sun, grid, limit, phase_three):
        assert tuple(bytes.fromhex(colour[1:])) in colours


def test_mistakes_end_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistake in the file or on the command line is said in one line."""
    (tmp_path / "day.yaml").write_text("moon: full")
    with pytest.raises(SystemExit, match="can't have moon"):
        main(["--day", str(tmp_path / "day.yaml")])
    with pytest.raises(SystemExit, match="not be read"):
        main(["--day", str(tmp_path / "none.yaml")])
    with pytest.raises(SystemExit):
        main(["--day", "cloud", "--plot", "day.png"])
    assert "--plot draws a day of" in capsys.readouterr().err
