"""What activated units are paid for more, and give back for less: at cost, to the quantum."""

from market.model.activation import ActivationCause, UnitsActivated
from market.model.money import GRID_OPERATOR, TransferKind, participant_account
from market.model.participant import UnitKind
from market.settlement.activation import Followed, activation_transfers
from market.settlement.activation_terms import Delivered
from market.settlement.imbalance import DeviationPrice
from tests.builders import MIDNIGHT_S, unit

UNITS = {
    item.unit_id: item
    for item in (
        unit("pv", "ann", UnitKind.SOLAR, injection_max_w=9_000),
        unit("load", "ben", UnitKind.LOAD, withdrawal_max_w=9_000),
    )
}
PRICES = {"RUR": DeviationPrice(area_id="RUR", long_ticks=4_000, short_ticks=9_000)}
REFERENCE_TICKS = {"RUR": 7_000}


def paid(moved_wh: dict[str, int]) -> list[tuple[str, str, int, str]]:
    activation = UnitsActivated(
        start_s=MIDNIGHT_S,
        area_id="RUR",
        for_area="SEM",
        cause=ActivationCause.REDISPATCH,
        units=(),
        line_ids=(),
        received_wh=0,
        cost_quanta=0,
        last_resort_quanta=0,
    )
    delivered = Delivered(energy_wh=0, received_wh=0, lost_wh=0, fees_quanta=())
    followed = Followed(activation=activation, moved_wh=moved_wh, delivered=delivered)
    transfers = activation_transfers((followed,), PRICES, REFERENCE_TICKS, UNITS, MIDNIGHT_S)
    assert {item.kind for item in transfers} <= {TransferKind.ACTIVATION}
    assert {item.start_s for item in transfers} <= {MIDNIGHT_S}
    return [
        (item.debit_account, item.credit_account, item.amount_quanta, item.reference)
        for item in transfers
    ]


def test_more_is_paid_at_the_dearer_price_and_less_given_back_at_the_cheaper() -> None:
    ben = participant_account("ben")

    assert paid({"load": 300}) == [(GRID_OPERATOR, ben, 300 * 9_000, "load")]
    assert paid({"load": -300}) == [(ben, GRID_OPERATOR, 300 * 4_000, "load")]


def test_the_sun_is_paid_what_it_would_have_earned_and_gives_back_nothing() -> None:
    ann = participant_account("ann")

    assert paid({"pv": 300, "load": 0}) == [(GRID_OPERATOR, ann, 300 * 7_000, "pv")]
    assert paid({"pv": -300}) == []
