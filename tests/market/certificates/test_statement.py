"""A statement says of every Wh from which unit, where and when; a share says of how much use."""

from market.certificates.acts import BUNDLE_WH, Export, Lot, Move, Retire
from market.certificates.issuing import Purpose
from market.certificates.registry import Registry
from market.certificates.statement import (
    GreenShare,
    Source,
    StatementLine,
    green_shares,
    market_share,
    statement,
)
from tests.market.certificates.test_registry import ANN, BEN, CEM, LATER, NOON, held, settle

ROOF = Source(unit_id="roof", kind="solar", area_id="RUR")
MILL = Source(unit_id="mill", kind="wind", area_id="SEM")


def lines(
    registry: Registry, holder: int, *, from_s: int = NOON, until_s: int = LATER + 900
) -> list[StatementLine]:
    return list(statement(registry, holder, (ROOF, MILL), from_s=from_s, until_s=until_s))


def line(source: Source, start_s: int, **energies_wh: int) -> StatementLine:
    nothing = dict.fromkeys(
        ("own_use_wh", "used_wh", "retired_wh", "exported_wh", "held_wh", "owed_wh"), 0
    )
    return StatementLine(source=source, start_s=start_s, **{**nothing, **energies_wh})


def test_every_wh_stands_with_source_place_and_time() -> None:
    registry = Registry()
    settle(
        registry, (0, ANN, Purpose.OWN_USE, 3), held(0, ANN, 20), (1, ANN, Purpose.USED, 5), ann=15
    )
    settle(registry, held(1, ANN, BUNDLE_WH), start_s=LATER)
    registry.retire(Retire(reference="r1", lot=Lot(NOON, 0), holder=ANN, energy_wh=7))
    registry.move(Move(reference="m1", lot=Lot(NOON, 0), giver=ANN, receiver=BEN, energy_wh=13))
    registry.export(Export(reference="e1", holder=ANN))

    assert lines(registry, ANN) == [
        line(ROOF, NOON, own_use_wh=3, retired_wh=7),
        line(MILL, NOON, used_wh=5),
        line(MILL, LATER, exported_wh=BUNDLE_WH),
    ]
    assert lines(registry, BEN) == [line(ROOF, NOON, held_wh=13)]
    assert lines(registry, ANN, from_s=LATER) == [line(MILL, LATER, exported_wh=BUNDLE_WH)]


def test_what_a_correction_took_back_is_said() -> None:
    registry = Registry()
    settle(registry, held(0, ANN, 9))
    registry.move(Move(reference="m1", lot=Lot(NOON, 0), giver=ANN, receiver=BEN, energy_wh=9))
    settle(registry, held(0, ANN, 6), version=2)

    assert lines(registry, ANN) == [line(ROOF, NOON, owed_wh=3)]
    assert lines(registry, BEN) == [line(ROOF, NOON, held_wh=9)]


def test_green_shares_of_participants_and_of_the_market() -> None:
    registry = Registry()
    settle(registry, (0, ANN, Purpose.OWN_USE, 4), (0, BEN, Purpose.USED, 3), ann=4, ben=9, cem=7)

    assert green_shares(registry, NOON) == {
        ANN: GreenShare(used_wh=4, green_wh=4),
        BEN: GreenShare(used_wh=9, green_wh=3),
        CEM: GreenShare(used_wh=7, green_wh=0),
    }
    assert [share.share_ppm for share in green_shares(registry, NOON).values()] == [
        1_000_000,
        333_333,
        0,
    ]
    assert market_share(registry, NOON) == GreenShare(used_wh=20, green_wh=7)


def test_a_night_is_not_green_with_noons_sun() -> None:
    registry = Registry()
    settle(registry, held(0, ANN, 9))
    settle(registry, start_s=LATER, ann=9)

    registry.retire(Retire(reference="r1", lot=Lot(NOON, 0), holder=ANN, energy_wh=9))

    assert market_share(registry, LATER).share_ppm == 0
    assert market_share(registry, NOON).share_ppm is None
