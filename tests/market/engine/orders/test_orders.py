"""Orders enter and leave the book; a repeat is harmless."""

from market.model.messages import CancelOrders, CloseGate, OrdersAccepted
from market.model.rejection import Code
from tests.builders import MIDNIGHT_S, Story

ORDER = "first ann-load buy 20000 1000"


def _story() -> Story:
    story = Story()
    story.opens()
    return story


def _cancel(story: Story, owner: str, *order_ids: str) -> list[Code | None]:
    command = CancelOrders(
        now_us=story.now_us, actor=owner, participant_id=owner, order_ids=order_ids
    )
    return [a.rejection.code if a.rejection else None for a in story.does(command).orders]


def test_an_accepted_order_stands_with_its_money_held() -> None:
    story = _story()
    (answer,) = story.places("ann", ORDER)
    assert (answer.order_id, answer.rejection, answer.repeated) == ("ord-1", None, False)
    assert story.engine.state.ledger.held_quanta("ann") == 20_000_000
    assert isinstance(story.events[-1], OrdersAccepted)


def test_the_same_order_again_is_the_same_order() -> None:
    story = _story()
    story.places("ann", ORDER)
    before = list(story.events)
    (again,) = story.places("ann", ORDER)
    assert (again.order_id, again.repeated) == ("ord-1", True)
    assert story.events == before
    assert story.engine.state.ledger.held_quanta("ann") == 20_000_000


def test_another_order_under_a_used_id_is_refused() -> None:
    story = _story()
    story.places("ann", ORDER)
    (other,) = story.places("ann", "first ann-load buy 20001 1000")
    assert other.rejection is not None
    assert other.rejection.code is Code.EXISTS_WITH_DIFFERENT_FIELDS
    assert story.engine.state.commitments.open_count("ann") == 1


def test_an_id_is_used_for_ever_also_by_a_cancelled_order() -> None:
    story = _story()
    story.places("ann", ORDER)
    assert _cancel(story, "ann", "ord-1") == [None]
    (again,) = story.places("ann", ORDER)
    assert (again.order_id, again.repeated) == ("ord-1", True)
    assert story.engine.state.commitments.open_count("ann") == 0


def test_two_owners_may_use_the_same_id() -> None:
    story = _story()
    story.places("ann", ORDER)
    (bens,) = story.places("ben", "first ben-load buy 20000 1000")
    assert bens.order_id == "ord-2"


def test_a_repeat_inside_one_batch_counts_once() -> None:
    story = _story()
    table = f"{ORDER}\n{ORDER}\nfirst ann-load buy 1 1"
    first, same, other = story.places("ann", table)
    assert (first.order_id, same.order_id, same.repeated) == ("ord-1", "ord-1", True)
    assert other.rejection is not None
    assert other.rejection.code is Code.EXISTS_WITH_DIFFERENT_FIELDS


def test_an_atomic_batch_stands_whole_or_not_at_all() -> None:
    story = _story()
    table = """
        a ann-load buy 20000 1000
        b ann-load buy 20000 9999
    """
    answers = story.places("ann", table, atomic=True)
    assert [a.rejection.code for a in answers if a.rejection] == [
        Code.BATCH_NOT_APPLIED,
        Code.EXCEEDS_CAPABILITY,
    ]
    assert story.engine.state.commitments.open_count("ann") == 0
    assert story.engine.state.ledger.held_quanta("ann") == 0


def test_in_a_refused_atomic_batch_a_standing_order_still_stands() -> None:
    story = _story()
    story.places("ann", ORDER)
    repeat, bad = story.places("ann", f"{ORDER}\nb ann-load buy 20000 9999", atomic=True)
    assert (repeat.order_id, repeat.repeated) == ("ord-1", True)
    assert bad.rejection is not None
    assert story.engine.state.commitments.open_count("ann") == 1


def test_a_cancel_frees_the_money_once() -> None:
    story = _story()
    story.places("ann", ORDER)
    assert _cancel(story, "ann", "ord-1", "ord-1") == [None, Code.ORDER_ALREADY_CLOSED]
    assert _cancel(story, "ann", "ord-1") == [Code.ORDER_ALREADY_CLOSED]
    assert story.engine.state.ledger.held_quanta("ann") == 0
    (bigger,) = story.places("ann", "second ann-load buy 20000 2500")
    assert bigger.rejection is None


def test_nobody_cancels_anothers_order_nor_learns_that_it_is_there() -> None:
    story = _story()
    story.places("ann", ORDER)
    assert _cancel(story, "ben", "ord-1", "ord-99") == [Code.ORDER_UNKNOWN, Code.ORDER_UNKNOWN]
    assert story.engine.state.commitments.open_count("ann") == 1


def test_after_the_gate_nothing_enters_or_leaves() -> None:
    story = _story()
    story.places("ann", ORDER)
    story.does(CloseGate(now_us=story.now_us, start_s=MIDNIGHT_S))
    (late,) = story.places("ann", "late ann-load buy 20000 1")
    assert late.rejection is not None
    assert late.rejection.code is Code.GATE_CLOSED
    assert _cancel(story, "ann", "ord-1") == [Code.GATE_CLOSED]
