"""What goes wrong by scenario: read from its file, the same twice, each fault where it belongs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from market.model.participant import Unit, UnitKind
from market.model.power import Setpoint
from sim.devices import Device, Reading, devices_of
from sim.faults import Fault, FaultRule, LostContact, faults_by_unit, read_faults
from sim.physics import Storage
from sim.profiles import Battery, Household, UnitProfile
from wattmarket import UsageError
from wattmarket.market_file import read_market_file

DAY_S = 1_465_945_200
INTERVAL_S = 900
NOON = 'from = "2016-06-15T12:00:00+01:00"\nuntil = "2016-06-15T14:00:00+01:00"'
NOON_INDEX = 48
FRAGMENT = "[[devices.faults]]\n"


def rules(folder: Path, *lines: str) -> tuple[FaultRule, ...]:
    path = folder / "scenario.toml"
    path.write_text("".join(f"{FRAGMENT}{line}\n" for line in lines), encoding="utf-8")
    return read_faults(path)


def fault(folder: Path, line: str) -> Fault:
    (rule,) = rules(folder, f"{line}\n{NOON}")
    return rule.fault


def device(kind: str, *faults: Fault, seed: int = 1) -> Device:
    """A battery half full, a roof that makes 500 Wh in every interval, or a load that takes them."""
    battery = Battery(
        capacity_wh=40_000, start_wh=20_000, power_w=4_000,
        efficiency_charge_ppm=1_000_000, efficiency_discharge_ppm=1_000_000,
    )  # fmt: skip
    profile = UnitProfile(
        unit_id=f"RUR-P0001-{kind}", kind=kind,
        injection_max_w=0 if kind == "load" else 4_000,
        withdrawal_max_w=0 if kind == "solar" else 4_000,
        controllable=kind == "storage",
        energy_wh=np.full(96, 500, dtype=np.int64),
        before_wh=np.zeros(8, dtype=np.int64), after_wh=np.zeros(8, dtype=np.int64),
        battery=battery if kind == "storage" else None,
    )  # fmt: skip
    home = Household(
        participant_id="RUR-P0001", area_id="RUR", name="Home", is_business=False, units=(profile,)
    )
    (made,) = devices_of(
        home, day_start_s=DAY_S, interval_s=INTERVAL_S,
        faults={profile.unit_id: faults}, seed=seed,
    )  # fmt: skip
    return made


def lived(made: Device, intervals: int = 96, target_w: int | None = None) -> list[Reading]:
    """A day, each interval with a set-point that arrives when the one before begins."""
    readings = []
    for index in range(intervals):
        start_s = DAY_S + index * INTERVAL_S
        made.hear(start_s - INTERVAL_S)
        if target_w is not None:
            setpoint = Setpoint(
                unit_id=made.unit.unit_id, start_s=start_s, until_s=start_s + INTERVAL_S,
                target_w=target_w, fallback_w=0, sequence=index + 1,
            )  # fmt: skip
            assert made.accept(setpoint, start_s - INTERVAL_S) is None
        readings.append(made.step(start_s))
    return readings


def energies(readings: Sequence[Reading]) -> list[int]:
    return [reading.injection_wh for reading in readings]


# --- the file -----------------------------------------------------------------------------


def test_without_lines_nothing_goes_wrong(tmp_path: Path) -> None:
    assert read_faults(None) == ()
    assert rules(tmp_path) == ()


def test_a_line_says_what_whom_and_when(tmp_path: Path) -> None:
    (rule,) = rules(
        tmp_path,
        f'fault = "lost_contact"\narea_id = "SEM"\nkind = "storage"\nsays = true\nshare_ppm = 250000\n{NOON}',
    )

    assert isinstance(rule.fault, LostContact)
    assert (rule.fault.hears, rule.fault.says) == (False, True)
    assert (rule.area_id, rule.kind, rule.share_ppm) == ("SEM", UnitKind.STORAGE, 250_000)
    assert rule.fault.window.until_s - rule.fault.window.from_s == 7_200
    assert rule.fault.window.from_s == DAY_S + NOON_INDEX * INTERVAL_S


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('fault = "gremlins"', "one of lag, drift"),
        (f'fault = "lag"\n{NOON}', "time_constant_s is missing"),
        (f'fault = "lag"\ntime_constant_s = 0\n{NOON}', "not above zero"),
        (f'fault = "lag"\ntime_constant_s = 60\ncolour = "red"\n{NOON}', "colour is not known"),
        (f'fault = "drift"\nppm_per_hour = 1.5\n{NOON}', "ppm_per_hour is not a int"),
        (f'fault = "drift"\nppm_per_hour = 1\nof = "mood"\n{NOON}', "output or meter"),
        (f'fault = "lost_contact"\nhears = true\nsays = true\n{NOON}', "is not lost"),
        (f'fault = "lie"\n{NOON}', "it says the truth"),
        (f'fault = "lie"\nscale_ppm = 2\nkind = "tree"\n{NOON}', "not a kind of unit"),
        (f'fault = "lie"\nscale_ppm = 2\nshare_ppm = 0\n{NOON}', "share_ppm"),
        (f'fault = "lie"\nscale_ppm = 2\nunits = [1]\n{NOON}', "not a list of texts"),
        (f'fault = "terminals"\n{NOON}', "is missing"),
        (f'fault = "terminals"\nvoltage_ppm = [1]\nsource = "area"\n{NOON}', "either"),
        (f'fault = "terminals"\nvoltage_ppm = ["1"]\n{NOON}', "whole numbers"),
        ('fault = "lie"\nscale_ppm = 2\nfrom = "noon"\nuntil = "later"', "is no time"),
        ('fault = "lie"\nscale_ppm = 2\nfrom = "2016-06-15T12:00:00"', "no offset"),
        (
            'fault = "lie"\nscale_ppm = 2\nfrom = "2016-06-15T12:00:00Z"\nuntil = "2016-06-15T12:00:00Z"',
            "ends before",
        ),
    ],
)
def test_a_line_that_is_not_understood_is_refused_with_its_number(
    tmp_path: Path, line: str, words: str
) -> None:
    good = f'fault = "lag"\ntime_constant_s = 60\n{NOON}'
    with pytest.raises(UsageError, match=words) as told:
        rules(tmp_path, good, line)
    assert "devices.faults[1]" in str(told.value)


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.toml"):
        read_faults(tmp_path / "nowhere.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("[[devices", encoding="utf-8")
    with pytest.raises(UsageError, match=r"broken\.toml"):
        read_faults(broken)
    broken.write_text("devices.faults = [1]", encoding="utf-8")
    with pytest.raises(UsageError, match="is not a table"):
        read_faults(broken)


def test_faults_may_stand_in_the_markets_own_file(tmp_path: Path) -> None:
    village = Path("sim/scenarios/village.toml").resolve()
    copy = tmp_path / "village.toml"
    for path in village.parent.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with copy.open("a", encoding="utf-8") as file:
        file.write(f'\n{FRAGMENT}fault = "lost_contact"\narea_id = "SEM"\n{NOON}\n')

    assert read_market_file(copy) == read_market_file(village)
    assert len(read_faults(copy)) == 1
    assert read_faults(village) == ()


# --- whom -------------------------------------------------------------------------------------


def unit(number: int, area_id: str = "RUR", kind: UnitKind = UnitKind.LOAD) -> Unit:
    return Unit(
        unit_id=f"{area_id}-{number:03d}", participant_id="p", area_id=area_id, kind=kind,
        injection_max_w=0, withdrawal_max_w=1_000, controllable=False, storage=None,
    )  # fmt: skip


def test_a_share_is_drawn_by_the_seed_and_the_same_twice(tmp_path: Path) -> None:
    units = [unit(number, area_id) for number in range(40) for area_id in ("RUR", "SEM")]
    lines = rules(
        tmp_path,
        f'fault = "lie"\nscale_ppm = -1000000\narea_id = "SEM"\nshare_ppm = 240000\n{NOON}',
    )

    hit = faults_by_unit(lines, units, 7)

    assert hit == faults_by_unit(lines, reversed(units), 7)
    assert len(hit) == 10, "9.6 of 40, rounded up"
    assert all(unit_id.startswith("SEM") for unit_id in hit)
    assert hit.keys() != faults_by_unit(lines, units, 8).keys()


def test_faults_add_up_and_a_line_that_hits_nobody_is_refused(tmp_path: Path) -> None:
    units = [unit(1), unit(2, kind=UnitKind.STORAGE)]
    one = f'fault = "lag"\ntime_constant_s = 60\nunits = ["RUR-001"]\n{NOON}'
    every = f'fault = "lie"\nfrozen = true\n{NOON}'

    hit = faults_by_unit(rules(tmp_path, one, every), units, 1)

    assert {unit_id: len(faults) for unit_id, faults in hit.items()} == {"RUR-001": 2, "RUR-002": 1}
    with pytest.raises(UsageError, match="no such unit: RUR-009"):
        faults_by_unit(rules(tmp_path, one.replace("RUR-001", "RUR-009")), units, 1)
    with pytest.raises(UsageError, match="hits no unit"):
        faults_by_unit(rules(tmp_path, f'{every}\nkind = "solar"'), units, 1)


# --- what ---------------------------------------------------------------------------------------


def test_a_device_without_faults_does_what_it_is_asked_from_the_first_interval() -> None:
    assert energies(lived(device("storage"), 8, 4_000)) == [1_000] * 8
    assert energies(lived(device("solar"), 8)) == [500] * 8
    assert energies(lived(device("load"), 8)) == [-500] * 8
    healthy = device("storage")
    lived(healthy, 8, 400)
    assert not healthy.has_something_to_tell
    assert healthy.diary.alarms == {}


def test_a_lagging_output_goes_to_its_target_gradually(tmp_path: Path) -> None:
    slow = device("storage", fault(tmp_path, 'fault = "lag"\ntime_constant_s = 1800'))
    before = lived(slow, NOON_INDEX)
    assert set(energies(before)) == {0}

    for index in range(NOON_INDEX, NOON_INDEX + 10):
        start_s = DAY_S + index * INTERVAL_S
        slow.accept(
            Setpoint(
                unit_id=slow.unit.unit_id, start_s=start_s, until_s=start_s + INTERVAL_S,
                target_w=4_000, fallback_w=0, sequence=index,
            ),
            start_s - INTERVAL_S,
        )  # fmt: skip
    energy = [slow.step(DAY_S + i * INTERVAL_S).injection_wh for i in range(48, 58)]

    assert energy[0] == 213, "1,000 Wh less what a time constant of two intervals holds back"
    assert energy[:8] == sorted(energy[:8])
    assert energy[7] < 1_000
    assert energy[8:] == [1_000, 1_000], "the fault is over"
    assert slow.diary.alarms["device_fault"] >= 1, "its controller notices that it does not follow"


def test_an_output_that_drifts_is_measured_and_a_meter_that_drifts_is_believed(
    tmp_path: Path,
) -> None:
    output = device("storage", fault(tmp_path, 'fault = "drift"\nppm_per_hour = 100000'))
    meter = device(
        "storage", fault(tmp_path, 'fault = "drift"\nof = "meter"\nppm_per_hour = 100000')
    )

    drifted, counted = lived(output, 60, 0), lived(meter, 60, 0)

    # 4 kW nameplate, a tenth of it more each hour: 50 W in the middle of the first quarter.
    expected = [0] * 48 + [12, 37, 62, 87, 112, 137, 162, 187] + [0] * 4
    assert energies(drifted) == expected
    assert energies(counted) == expected
    assert output.physics.stored_wh == 20_000 - sum(expected)
    assert meter.physics.stored_wh == 20_000


def test_a_device_that_hears_nothing_falls_back_and_says_so(tmp_path: Path) -> None:
    deaf = device("storage", fault(tmp_path, 'fault = "lost_contact"\nsays = true'))

    readings = lived(deaf, 60, 400)

    # What was told an interval before the cut still holds; what was told during it is never heard.
    assert energies(readings) == [100] * 49 + [0] * 8 + [100] * 3
    assert all(reading.is_told for reading in readings)
    assert deaf.has_something_to_tell
    assert deaf.told() == {
        "unit_id": "RUR-P0001-storage", "area_id": "RUR", "faults": ["lost_contact"],
        "intervals_by_state": {"normal": 60}, "alarms": {}, "unsteered_intervals": 8,
        "minutes_off": 0,
    }  # fmt: skip


def test_a_device_that_hears_nothing_for_long_knows_that_the_market_is_away(
    tmp_path: Path,
) -> None:
    real_ms = 0
    made = device("storage", fault(tmp_path, 'fault = "lost_contact"'))
    deaf = Device(
        made.unit, Storage(made.physics._battery), day_start_s=DAY_S, interval_s=INTERVAL_S,  # type: ignore[attr-defined]  # noqa: SLF001
        faults=(fault(tmp_path, 'fault = "lost_contact"'),), real_ms=lambda: real_ms,
    )  # fmt: skip
    states = []
    for index in range(60):
        deaf.hear(DAY_S + index * INTERVAL_S)
        real_ms += 10_000
        deaf.step(DAY_S + index * INTERVAL_S)
        states.append(dict(deaf.diary.states))

    assert states[47] == {"normal": 48}
    assert deaf.diary.states == {"normal": 52, "stale": 8}
    assert deaf.diary.alarms == {"contact_lost": 1}


def test_a_device_that_says_nothing_follows_and_reports_later(tmp_path: Path) -> None:
    mute = device("storage", fault(tmp_path, 'fault = "lost_contact"\nhears = true'))

    readings = lived(mute, 60, 400)

    assert energies(readings) == [100] * 60
    silent = [index for index, reading in enumerate(readings) if not reading.is_told]
    assert silent == list(range(47, 55)), "told at the end of its interval, or not"


def test_a_liar_reports_another_scale_another_sign_or_the_same_for_ever(tmp_path: Path) -> None:
    double = device("solar", fault(tmp_path, 'fault = "lie"\nscale_ppm = 2000000'))
    wrong_way = device("load", fault(tmp_path, 'fault = "lie"\nscale_ppm = -1000000'))
    frozen = device("storage", fault(tmp_path, 'fault = "lie"\nfrozen = true'))

    assert energies(lived(double, 58)) == [500] * 48 + [1_000] * 8 + [500] * 2
    assert energies(lived(wrong_way, 58)) == [-500] * 48 + [500] * 8 + [-500] * 2
    told = lived(frozen, 58, -400)
    assert {reading.state_of_charge_wh for reading in told[47:56]} == {20_000 + 48 * 100}
    assert told[57].state_of_charge_wh == 20_000 + 58 * 100 == frozen.physics.stored_wh


def test_a_roof_trips_on_high_voltage_and_comes_back_by_its_whole_delay(tmp_path: Path) -> None:
    high = device("solar", fault(tmp_path, 'fault = "terminals"\nvoltage_ppm = [1120000]'))

    energy = energies(lived(high, 62))

    assert energy[:48] == [500] * 48
    assert 0 < energy[48] < 50, "seen, looked at again, tripped"
    assert energy[49:56] == [0] * 7
    assert 0 < energy[56] < 500, "a quiet minute and its turn"
    assert energy[57:] == [500] * 5
    assert high.diary.alarms["tripped"] == 1
    assert high.diary.states["tripped"] == 8
    assert high.diary.off_s > 7_200


def test_another_seed_comes_back_at_another_moment_and_the_same_at_the_same(
    tmp_path: Path,
) -> None:
    high = fault(tmp_path, 'fault = "terminals"\nvoltage_ppm = [1120000]')

    def minutes_off(seed: int) -> int:
        made = device("solar", high, seed=seed)
        lived(made, 62)
        return made.diary.off_s

    assert minutes_off(1) == minutes_off(1)
    assert len({minutes_off(seed) for seed in range(8)}) > 1


def test_a_load_that_nobody_steers_is_never_cut_by_its_controller(tmp_path: Path) -> None:
    load = device("load", fault(tmp_path, 'fault = "terminals"\nvoltage_ppm = [1300000]'))

    assert energies(lived(load, 62)) == [-500] * 62


def test_a_series_goes_on_step_by_step_and_the_area_can_be_its_source(tmp_path: Path) -> None:
    series = device(
        "solar",
        fault(tmp_path, 'fault = "terminals"\nvoltage_ppm = [1050000, 1120000]\nevery_s = 3600'),
    )
    worst = device("solar", fault(tmp_path, 'fault = "terminals"\nsource = "area"'))
    worst.troubles.area_voltage_ppm = 1_130_000

    assert energies(lived(series, 56))[48:53] == [500] * 4 + [energies(lived(worst, 56))[48]]
    assert worst.diary.alarms["tripped"] == 1


def test_a_frequency_out_of_range_takes_a_roof_off_after_the_profiles_delay(
    tmp_path: Path,
) -> None:
    fast = device("solar", fault(tmp_path, 'fault = "terminals"\nfrequency_mhz = 50600'))

    lived(fast, 62)

    assert fast.diary.alarms["tripped"] == 1


def test_the_same_scenario_and_seed_make_the_same_day(tmp_path: Path) -> None:
    faults = [
        fault(tmp_path, 'fault = "lag"\ntime_constant_s = 1800'),
        fault(tmp_path, 'fault = "drift"\nppm_per_hour = -50000'),
        fault(tmp_path, 'fault = "lie"\nscale_ppm = 900000'),
        fault(tmp_path, 'fault = "terminals"\nvoltage_ppm = [1120000, 1000000]'),
    ]

    def day() -> tuple[list[Reading], dict[str, object]]:
        made = device("storage", *faults)
        return lived(made, 96, -300), made.told()

    assert day() == day()
