"""The account of burdens: what counts, for how long, and by what a division is weighed when it is made again."""

from datetime import date, timedelta

from market.control.burdens import Burdens
from market.model.burden import BURDEN_DAYS, BurdenCause, BurdenShare, BurdensShared
from tests.builders import MIDNIGHT_S, STEP_S

DAY = date(2016, 6, 15)


def share(
    unit_id: str, given_w: int, offered_w: int, before: tuple[int, int] = (0, 0)
) -> BurdenShare:
    return BurdenShare(
        unit_id=unit_id,
        given_w=given_w,
        offered_w=offered_w,
        borne_w=before[0],
        could_w=before[1],
    )


def shared(
    *shares: BurdenShare,
    start_s: int = MIDNIGHT_S,
    cause: BurdenCause = BurdenCause.AREA_LIMIT,
) -> BurdensShared:
    return BurdensShared(area_id="RUR", start_s=start_s, cause=cause, shares=shares)


def test_what_was_given_counts_and_what_could_have_been_given() -> None:
    burdens = Burdens()
    burdens.take(shared(share("b1", 300, 1_000), share("b2", 0, 500)))
    burdens.take(shared(share("b1", 10, 20), cause=BurdenCause.BY_RULE))

    assert burdens.of("b1") == (310, 1_020)
    assert burdens.of("b2") == (0, 500)
    assert burdens.of("b3") == (0, 0)


def test_a_division_made_again_takes_the_place_of_the_first() -> None:
    burdens = Burdens()
    burdens.take(shared(share("b1", 300, 1_000), share("b2", 0, 500)))
    burdens.take(shared(share("b1", 200, 900)))

    assert burdens.of("b1") == (200, 900)
    assert burdens.of("b2") == (0, 0)
    burdens.take(shared())
    assert burdens.of("b1") == (0, 0)
    assert burdens.shared(MIDNIGHT_S, "RUR", BurdenCause.AREA_LIMIT) is None


def test_a_division_made_again_is_weighed_as_it_was_first() -> None:
    burdens = Burdens()
    burdens.take(shared(share("b1", 300, 1_000)))
    later_s = MIDNIGHT_S + STEP_S
    burdens.take(shared(share("b1", 50, 100, before=(300, 1_000)), start_s=later_s))

    assert burdens.account(MIDNIGHT_S)["b1"] == (0, 0)
    assert burdens.account(later_s)["b1"] == (300, 1_000)
    assert burdens.account(later_s + STEP_S)["b1"] == (350, 1_100)


def test_a_burden_counts_for_thirty_market_days() -> None:
    burdens = Burdens()
    for number in range(2):
        start_s = MIDNIGHT_S + number * 86_400
        burdens.take(shared(share("b1", 10 + number, 100), start_s=start_s))
        burdens.settled(start_s, (DAY + timedelta(days=number)).isoformat())

    for number in range(BURDEN_DAYS):
        assert burdens.of("b1") == (21, 200)
        burdens.close_day((DAY + timedelta(days=number)).isoformat())
    assert burdens.of("b1") == (21, 200)
    burdens.close_day((DAY + timedelta(days=BURDEN_DAYS)).isoformat())
    assert burdens.of("b1") == (11, 100)
    burdens.close_day((DAY + timedelta(days=BURDEN_DAYS + 1)).isoformat())
    assert burdens.of("b1") == (0, 0)
    assert burdens.account(MIDNIGHT_S) == {}
