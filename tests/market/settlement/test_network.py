"""Network fees and levies fall on what the metering point took from the grid, and on nothing else."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from market.model.money import GRID_OPERATOR, LEVIES, TransferKind
from market.model.participant import VoltageLevel
from market.model.rules import DayKind, NetworkBand, NetworkTariff
from market.settlement.network import day_charges, network_transfers, withdrawal_wh
from tests.builders import MIDNIGHT_S, PARTICIPANTS, RULES, UNITS

UNITS_BY_ID = {item.unit_id: item for item in UNITS}
MEMBERS = {item.participant_id: item for item in PARTICIPANTS}


def charged(energy_wh: dict[str, int]) -> dict[tuple[str, str], int]:
    transfers = network_transfers(
        withdrawal_wh=energy_wh, rules=RULES, participants=MEMBERS, start_s=MIDNIGHT_S
    )
    assert all(move.start_s == MIDNIGHT_S for move in transfers)
    return {(move.debit_account, move.credit_account): move.amount_quanta for move in transfers}


def test_own_supply_used_on_the_spot_is_not_withdrawn() -> None:
    metered = {"ann-load": -1_000, "ann-solar": 700, "ann-battery": 100, "ben-load": -50}
    assert withdrawal_wh(UNITS_BY_ID, metered) == {"ann": 200, "ben": 50, "retailer": 0}


def test_who_gives_to_the_grid_has_withdrawn_nothing() -> None:
    assert withdrawal_wh(UNITS_BY_ID, {"ann-solar": 5, "ben-load": -1})["ann"] == 0


def test_without_a_reading_nothing_was_withdrawn() -> None:
    assert withdrawal_wh(UNITS_BY_ID, {}) == {"ann": 0, "ben": 0, "retailer": 0}


def test_fee_and_levies_per_wh_and_none_for_the_last_resort() -> None:
    assert charged({"ann": 200, "ben": 0, "retailer": 9_000}) == {
        ("participant:ann", GRID_OPERATOR): 7_000 * 200,
        ("participant:ann", LEVIES): 5_000 * 200,
    }


def test_each_metering_point_pays_the_fee_of_its_voltage_level_at_the_hour() -> None:
    """At midnight of a working day; the levies are the same for all."""

    def by_hour(level: VoltageLevel, night_ticks: int) -> NetworkTariff:
        bands = ((0, 6, night_ticks), (6, 24, 10 * night_ticks))
        return NetworkTariff(
            voltage_level=level,
            from_day="2016-06-15",
            bands=tuple(
                NetworkBand(days=DayKind.ALL, from_hour=begin, to_hour=end, ticks=ticks)
                for begin, end, ticks in bands
            ),
        )

    levels = (by_hour(VoltageLevel.LOW, 800), by_hour(VoltageLevel.MEDIUM, 300))
    rules = replace(RULES, tariff=replace(RULES.tariff, by_level=levels))
    members = {**MEMBERS, "ben": replace(MEMBERS["ben"], voltage_level=VoltageLevel.MEDIUM)}
    for start_s, times in ((MIDNIGHT_S, 1), (MIDNIGHT_S + 6 * 3_600, 10)):
        transfers = network_transfers(
            withdrawal_wh={"ann": 100, "ben": 100},
            rules=rules,
            participants=members,
            start_s=start_s,
        )
        fees = {
            move.debit_account: move.amount_quanta
            for move in transfers
            if move.credit_account == GRID_OPERATOR
        }
        assert fees == {"participant:ann": 80_000 * times, "participant:ben": 30_000 * times}
        assert {move.amount_quanta for move in transfers if move.credit_account == LEVIES} == {
            500_000
        }


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(UNITS_BY_ID)), st.integers(-9_999, 9_999)), max_size=8
    )
)
def test_withdrawal_is_the_connections_net_and_never_negative(
    metered: list[tuple[str, int]],
) -> None:
    measured_wh = dict(metered)
    taken_wh = withdrawal_wh(UNITS_BY_ID, measured_wh)
    for participant_id, energy_wh in taken_wh.items():
        net_wh = sum(
            measured_wh.get(item.unit_id, 0)
            for item in UNITS
            if item.participant_id == participant_id
        )
        assert energy_wh == (0 if net_wh >= 0 else -net_wh)


def test_each_metering_point_of_a_day_pays_the_charge_of_its_level_and_the_last_resort_none() -> (
    None
):
    def by_day(level: VoltageLevel, quanta: int, from_day: str = "2016-06-15") -> NetworkTariff:
        return NetworkTariff(
            voltage_level=level, from_day=from_day, bands=(), day_charge_quanta=quanta
        )

    levels = (by_day(VoltageLevel.LOW, 77), by_day(VoltageLevel.MEDIUM, 500))
    rules = replace(RULES, tariff=replace(RULES.tariff, by_level=levels))
    members = {**MEMBERS, "ben": replace(MEMBERS["ben"], voltage_level=VoltageLevel.MEDIUM)}

    def charges(points: set[str], day: str) -> dict[str, tuple[str, int, TransferKind, str]]:
        return {
            move.debit_account: (
                move.credit_account,
                move.amount_quanta,
                move.kind,
                move.reference,
            )
            for move in day_charges(points=points, rules=rules, participants=members, day=day)
        }

    of_a_day = TransferKind.DAY_CHARGE
    assert charges({"ann", "ben", "retailer"}, "2016-06-15") == {
        "participant:ann": (GRID_OPERATOR, 77, of_a_day, "ann"),
        "participant:ben": (GRID_OPERATOR, 500, of_a_day, "ben"),
    }
    assert charges({"ben"}, "2016-06-16").keys() == {"participant:ben"}
    assert charges({"ann", "ben"}, "2016-06-14") == {}
