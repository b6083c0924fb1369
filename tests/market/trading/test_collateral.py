"""Who has been told what about its account, and which credit limits wait for a second person."""

from market.model.collateral import CollateralState, CreditLimit, MarginCall
from market.trading.collateral import Collateral


def test_a_proposal_may_be_agreed_with_until_its_last_moment_and_to_the_quantum() -> None:
    collateral = Collateral()
    collateral.propose("ann", "olga", 500, 1_000, "well known")

    assert collateral.proposer("ann", 500, 1_000) == "olga"
    assert collateral.proposer("ann", 500, 1_001) is None
    assert collateral.proposer("ann", 501, 1_000) is None
    assert collateral.proposer("ben", 500, 1_000) is None
    assert collateral.proposals() == {"ann": ("olga", 500, 1_000, "well known")}


def test_a_limit_that_holds_ends_its_proposal_and_no_other() -> None:
    collateral = Collateral()
    collateral.propose("ann", "olga", 500, 1_000, "well known")
    collateral.propose("ben", "olga", 700, 1_000, "pays in time")
    limit = CreditLimit(
        participant_id="ann", limit_quanta=500, actors=("olga", "otto"), reason="", since_us=7
    )

    collateral.set_limit(limit)
    collateral.set_limit(limit)

    assert collateral.limits == {"ann": limit}
    assert collateral.proposer("ann", 500, 1_000) is None
    assert collateral.proposer("ben", 700, 1_000) == "olga"
    assert collateral.touched == {"ann"}


def call(collateral: Collateral, participant_id: str) -> MarginCall:
    return MarginCall(
        call_id=collateral.call_id(0),
        participant_id=participant_id,
        amount_quanta=5,
        called_us=1,
        due_us=2,
    )


def test_an_account_is_warned_called_held_to_reducing_and_free_again() -> None:
    collateral = Collateral()
    assert collateral.state_of("ann") is CollateralState.COVERED
    collateral.warn("ann", warned=True)
    assert (collateral.state_of("ann"), collateral.is_warned("ben")) == (
        CollateralState.WARNED,
        False,
    )
    made = call(collateral, "ann")
    collateral.call(made)
    assert (collateral.state_of("ann"), collateral.call_of("ann")) == (
        CollateralState.CALLED,
        made,
    )
    assert (made.call_id, collateral.call_id(0), collateral.call_id(2)) == (
        "mar-1",
        "mar-2",
        "mar-4",
    )
    collateral.miss("ann")
    assert (collateral.state_of("ann"), collateral.reduces_only("ben")) == (
        CollateralState.REDUCE_ONLY,
        False,
    )
    collateral.meet("ann")
    assert collateral.call_of("ann") is None
    assert collateral.state_of("ann") is CollateralState.WARNED
    collateral.warn("ann", warned=False)
    assert collateral.state_of("ann") is CollateralState.COVERED


def test_telling_twice_that_all_is_well_is_harmless() -> None:
    collateral = Collateral()
    collateral.meet("ann")
    collateral.warn("ann", warned=False)
    assert collateral.state_of("ann") is CollateralState.COVERED
