"""What a month says of units comes back as it was, whatever its size."""

from dataclasses import asdict

from market.model.balance_group import ALONE
from market.settlement.band import UnitMonth
from market.store.month_details import month_bytes, month_rows


def unit(unit_id: str, group_id: str, size: int = 1) -> UnitMonth:
    return UnitMonth(
        group_id=group_id,
        unit_id=unit_id,
        carried_wh=1 * size,
        metered_wh=2 * size,
        adder_quanta=3 * size,
        netted_quanta=4 * size,
        waived_quanta=5 * size,
        group_carried_wh=6 * size,
        band_wh=7 * size,
    )


# The last one is beyond 64 bits, as sums of a month may be.
MONTH = (unit("a", "one"), unit("b", "one", 0), unit("c", "two"), unit("c", ALONE, 10**24))


def test_every_row_comes_back() -> None:
    detail, rows = month_bytes(MONTH)
    assert rows == 4
    assert month_rows(detail, None) == [asdict(item) for item in MONTH]
    empty, none = month_bytes(())
    assert (month_rows(empty, None), none) == ([], 0)


def test_rows_of_some_units_and_groups() -> None:
    detail, _ = month_bytes(MONTH)
    assert month_rows(detail, ["a"]) == [asdict(MONTH[0])]
    assert month_rows(detail, ["a"], ["two"]) == [asdict(MONTH[0]), asdict(MONTH[2])]
    assert month_rows(detail, ["c"]) == [asdict(MONTH[2]), asdict(MONTH[3])]
    assert month_rows(detail, []) == []
