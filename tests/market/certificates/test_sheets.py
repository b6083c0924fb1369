"""A day's certificates as columns: never more retired than used, no share twice, differences exact."""

from typing import Any

import numpy as np
import pytest

from market.certificates.errors import CertificateError
from market.certificates.issuing import Purpose, Shares
from market.certificates.sheets import (
    DaySheet,
    IntervalSheet,
    UseColumns,
    difference,
    retired_of,
    use_of,
)
from market.model.certificate import IssuedCertificates

ANN, BEN, CEM = range(3)
NAMES = ["ann", "ben", "cem"]
ALL = range(3)


def column(values: Any) -> Any:  # noqa: ANN401 - an array
    return np.array(values, dtype=np.int64)


def shares_of(*rows: tuple[int, int, Purpose, int]) -> Shares:
    """Shares from (unit, holder, purpose, energy)."""
    ordered = sorted(rows, key=lambda row: (row[1], row[0], row[2]))
    return Shares(
        unit=column([row[0] for row in ordered]),
        holder=column([row[1] for row in ordered]),
        purpose=column([int(row[2]) for row in ordered]),
        energy_wh=column([row[3] for row in ordered]),
    )


def use(*rows: tuple[int, int]) -> UseColumns:
    ordered = sorted(rows)
    return UseColumns(
        participant=column([who for who, _ in ordered]), energy_wh=column([wh for _, wh in ordered])
    )


def test_certificates_are_never_retired_for_more_than_was_used() -> None:
    with pytest.raises(CertificateError, match="more than was used"):
        retired_of(shares_of((0, BEN, Purpose.USED, 5)), use((BEN, 4)))
    with pytest.raises(CertificateError, match="used nothing"):
        retired_of(shares_of((0, BEN, Purpose.OWN_USE, 5)), use((ANN, 9)))
    with pytest.raises(CertificateError, match="used nothing"):
        retired_of(shares_of((0, ANN, Purpose.USED, 5)), use())
    twice = shares_of((0, ANN, Purpose.HELD, 1), (0, ANN, Purpose.HELD, 2))
    with pytest.raises(CertificateError, match="twice"):
        retired_of(twice, use())


def test_what_came_with_energy_and_own_use_count_together() -> None:
    shares = shares_of(
        (0, ANN, Purpose.OWN_USE, 4), (1, ANN, Purpose.USED, 3), (1, BEN, Purpose.HELD, 9)
    )

    assert retired_of(shares, use((ANN, 8), (BEN, 1))).tolist() == [7, 0]


def test_use_is_the_withdrawal_of_every_unit_by_its_own_meter() -> None:
    found = use_of(owner=column([CEM, ANN, ANN, BEN]), metered_wh=column([-3, -4, 6, 2]))

    assert found.participant.tolist() == [ANN, CEM]
    assert found.energy_wh.tolist() == [4, 3]


def sheet() -> DaySheet:
    return DaySheet(
        intervals=[
            IntervalSheet.of(shares_of((2, ANN, Purpose.HELD, 1)), use()),
            IntervalSheet.of(
                shares_of((0, ANN, Purpose.OWN_USE, 4), (0, BEN, Purpose.USED, 2)),
                use((ANN, 5), (BEN, 2)),
            ),
            IntervalSheet.of(shares_of(), use((CEM, 9))),
            IntervalSheet.of(shares_of((2, ANN, Purpose.HELD, 6)), use()),
        ]
    )


def test_a_day_stands_in_order_of_time_and_holder() -> None:
    shares, green = sheet().shares(ALL), sheet().green(ALL)

    assert shares.holder.tolist() == [ANN, ANN, BEN, ANN]
    assert shares.interval.tolist() == [0, 1, 1, 3]
    assert shares.unit.tolist() == [2, 0, 0, 2]
    assert shares.energy_wh.tolist() == [1, 4, 2, 6]
    assert green.participant.tolist() == [ANN, BEN, CEM]
    assert green.interval.tolist() == [1, 1, 2]
    assert green.retired_wh.tolist() == [4, 2, 0]


def test_parts_of_a_day_are_together_the_day() -> None:
    ann, others = (sheet().shares(people) for people in (range(1), range(1, 3)))

    assert ann.energy_wh.tolist() == [1, 4, 6]
    assert ann.interval.tolist() == [0, 1, 3]
    assert others.holder.tolist() == [BEN]
    assert [sheet().green(people).used_wh.tolist() for people in (range(1), range(1, 3))] == [
        [5],
        [2, 9],
    ]


def test_a_day_in_sum_and_what_a_version_changes() -> None:
    before = sheet().issued(NAMES)
    assert before == IssuedCertificates(
        issued_wh=13, own_use_wh=4, used_wh=2, held_wh=(("ann", 7),)
    )
    after = IssuedCertificates(issued_wh=11, own_use_wh=3, used_wh=4, held_wh=(("ben", 4),))

    assert difference(before, after) == IssuedCertificates(
        issued_wh=-2, own_use_wh=-1, used_wh=2, held_wh=(("ben", 4), ("ann", -7))
    )
    nothing = difference(after, after)
    assert (nothing.issued_wh, nothing.held_wh) == (0, ())
