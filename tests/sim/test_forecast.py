"""Forecasts: worse the further ahead, honest in their quantiles, clouds shared, never the truth."""

import numpy as np
import pytest

from sim.forecast import SPREADS, Forecaster
from sim.profiles import UnitProfile, load_village

SEED = 5


@pytest.fixture(scope="module")
def units() -> list[UnitProfile]:
    return [u for h in load_village(seed=SEED).households for u in h.units]


def off(unit: UnitProfile, index: int, ended: int, seed: int = SEED) -> float:
    """Logarithm of forecast over truth."""
    forecast = Forecaster(unit, seed=seed).median_wh(ended)[index]
    return float(np.log(forecast / unit.energy_wh[index]))


def of(units: list[UnitProfile], kind: str, at: int, count: int = 200) -> list[UnitProfile]:
    return [u for u in units if u.kind == kind and u.energy_wh[at] > 50][:count]


def test_the_same_seed_makes_the_same_forecast_another_seed_another(
    units: list[UnitProfile],
) -> None:
    unit = units[0]
    first = Forecaster(unit, seed=1).median_wh(10)
    assert (first == Forecaster(unit, seed=1).median_wh(10)).all()
    assert (first[10:] != Forecaster(unit, seed=2).median_wh(10)[10:]).any()


def test_what_has_ended_is_metered(units: list[UnitProfile]) -> None:
    unit = units[0]
    assert (Forecaster(unit, seed=SEED).median_wh(50)[:50] == unit.energy_wh[:50]).all()


def test_an_agent_is_never_given_the_true_profile(units: list[UnitProfile]) -> None:
    for unit in of(units, "load", 60) + of(units, "solar", 48):
        forecast = Forecaster(unit, seed=SEED).median_wh(40)[40:]
        truth = unit.energy_wh[40:]
        assert (forecast[truth > 0] != truth[truth > 0]).mean() > 0.95


@pytest.mark.parametrize("kind", ["load", "solar"])
def test_the_error_grows_with_the_horizon(units: list[UnitProfile], kind: str) -> None:
    errors = {
        ahead: np.mean(
            [
                off(u, 48, 48 - ahead, seed) ** 2
                for u in of(units, kind, 48, 40)
                for seed in range(12)
            ]
        )
        for ahead in (0, 4, 40)
    }
    assert errors[0] < errors[4] < errors[40]


def test_a_later_forecast_follows_from_the_earlier_one(units: list[UnitProfile]) -> None:
    """What is learnt in an interval changes the next ones by the same factor, fading."""
    unit = of(units, "load", 60, 1)[0]
    forecaster = Forecaster(unit, seed=SEED)
    learnt = np.log(forecaster.median_wh(41)[41:] / forecaster.median_wh(40)[41:])
    ratios = learnt[1:] / learnt[:-1]
    assert ratios == pytest.approx(np.full(len(ratios), SPREADS["load"].persistence))


def test_the_median_is_missed_to_either_side_equally_and_a_quarter_passes_the_upper_step(
    units: list[UnitProfile],
) -> None:
    passed = {0.5: 0, 0.75: 0}
    count = 0
    for number, unit in enumerate(of(units, "load", 60)):
        forecaster = Forecaster(unit, seed=number)
        for index in range(2, 96):
            steps = forecaster.quantiles_wh(index, index - 2, (0.5, 0.75))
            count += 1
            for p, step in zip((0.5, 0.75), steps, strict=True):
                passed[p] += unit.energy_wh[index] > step
    assert passed[0.5] / count == pytest.approx(0.5, abs=0.06)
    assert passed[0.75] / count == pytest.approx(0.25, abs=0.06)


def test_quantiles_rise_with_their_probability(units: list[UnitProfile]) -> None:
    for unit in of(units, "solar", 48):
        steps = Forecaster(unit, seed=SEED).quantiles_wh(48, 46, (0.1, 0.5, 0.9))
        assert steps == sorted(steps)


def test_the_same_clouds_pass_over_all_panels_but_kitchens_differ(units: list[UnitProfile]) -> None:
    def correlation(kind: str) -> float:
        group = of(units, kind, 48, 12)
        rows = [[off(u, 48, 40, seed) for seed in range(60)] for u in group]
        matrix = np.corrcoef(rows)
        return float(matrix[np.triu_indices(len(group), 1)].mean())

    assert correlation("solar") > 0.5 > correlation("load")


def test_it_is_dark_in_the_forecast_too(units: list[UnitProfile]) -> None:
    for unit in of(units, "solar", 48):
        assert Forecaster(unit, seed=SEED).quantiles_wh(2, 0, (0.5, 0.75)) == [0, 0]


def test_there_is_no_forecast_of_what_has_been_metered(units: list[UnitProfile]) -> None:
    with pytest.raises(ValueError, match="meter"):
        Forecaster(units[0], seed=SEED).quantiles_wh(10, 11, (0.5,))
