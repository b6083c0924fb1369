"""What ends by itself: the earliest first, what was moved or dropped no more, also after a restart."""

from market.engine.state_reading import decode
from market.engine.state_writing import encode
from market.trading.deadlines import DeadlineKind, Deadlines

ORDER, QUOTE = DeadlineKind.ORDER, DeadlineKind.QUOTE


def test_the_earliest_that_still_stands_is_next() -> None:
    deadlines = Deadlines()
    assert deadlines.next_us() is None
    deadlines.put(ORDER, "ord-1", 30)
    deadlines.put(QUOTE, "q-1", 10)
    deadlines.put(ORDER, "ord-2", 20)
    assert deadlines.next_us() == 10
    deadlines.put(QUOTE, "q-1", 40)
    deadlines.drop(ORDER, "ord-2")
    deadlines.drop(ORDER, "ord-9")

    assert deadlines.next_us() == 30
    assert deadlines.due(40) == ((ORDER, "ord-1"), (QUOTE, "q-1"))
    assert deadlines.holds(QUOTE, "q-1")
    assert not deadlines.holds(ORDER, "ord-2")


def test_asking_changes_nothing_that_is_kept() -> None:
    """A market that was asked for its timers has the state of one that only read its journal."""
    asked, unasked = Deadlines(), Deadlines()
    for deadlines in (asked, unasked):
        deadlines.put(ORDER, "ord-1", 10)
        deadlines.put(ORDER, "ord-1", 30)
        deadlines.put(ORDER, "ord-2", 20)
        deadlines.drop(ORDER, "ord-2")
    assert asked.next_us() == 30

    assert encode(asked) == encode(unasked)


def test_after_a_restart_the_earliest_is_known_again() -> None:
    deadlines = Deadlines()
    for number in range(50):
        deadlines.put(ORDER, f"ord-{number}", (number * 37) % 50)
    found = decode(encode(deadlines))

    while (due_us := deadlines.next_us()) is not None:
        assert found.next_us() == due_us
        for kind, key in deadlines.due(due_us):
            deadlines.drop(kind, key)
            found.drop(kind, key)
    assert found.next_us() is None
