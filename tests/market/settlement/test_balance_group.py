"""Who is in which balance group on which day: words from a day on, one group a unit."""

from market.model.balance_group import BalanceGroup, BalanceGroupSet
from market.settlement.balance_group import BalanceGroups


def group(group_id: str, from_day: str, *unit_ids: str) -> BalanceGroup:
    return BalanceGroup(
        group_id=group_id,
        name=group_id.title(),
        participant_id="ann",
        unit_ids=unit_ids,
        from_day=from_day,
    )


def groups(*said: BalanceGroup) -> BalanceGroups:
    found = BalanceGroups()
    for item in said:
        found.set(BalanceGroupSet(group=item, reason="agreed", actor="op", now_us=0))
    return found


def test_a_word_holds_from_its_day_until_the_next_one() -> None:
    found = groups(
        group("one", "2016-06-20", "a", "b"),
        group("one", "2016-06-10", "a"),
        group("one", "2016-06-30"),
    )
    assert found.of_day("2016-06-09") == {}
    assert found.of_day("2016-06-10") == found.of_day("2016-06-19") == {"a": "one"}
    assert found.of_day("2016-06-20") == found.of_day("2016-06-29") == {"a": "one", "b": "one"}
    assert found.of_day("2016-06-30") == found.of_day("2028-02-29") == {}
    assert found.said("one", "2016-06-20") == group("one", "2016-06-20", "a", "b")
    assert found.said("one", "2016-06-21") is None
    assert bool(found)
    assert not BalanceGroups()


def test_another_word_of_the_same_day_takes_its_place() -> None:
    found = groups(group("one", "2016-06-10", "a"), group("one", "2016-06-10", "b"))
    assert found.of_day("2016-06-10") == {"b": "one"}


def test_a_unit_is_in_one_group_on_any_day() -> None:
    found = groups(group("one", "2016-06-10", "a", "b"), group("one", "2016-06-20", "b"))
    assert found.taken(group("two", "2016-06-09", "a", "c")) == {"a": "one"}
    assert found.taken(group("two", "2016-06-19", "a")) == {"a": "one"}
    assert found.taken(group("two", "2016-06-20", "a")) == {}
    assert found.taken(group("two", "2016-06-20", "b")) == {"b": "one"}
    assert found.taken(group("one", "2016-06-15", "a", "b", "c")) == {}


def test_a_word_that_ends_before_another_begins_takes_nothing() -> None:
    found = groups(group("two", "2016-06-20"), group("one", "2016-06-20", "a"))
    assert found.taken(group("two", "2016-06-10", "a")) == {}
    assert found.taken(group("two", "2016-06-15", "a")) == {}
    assert found.taken(group("two", "2016-06-20", "a")) == {"a": "one"}
    assert groups(group("one", "2016-06-20", "a")).taken(group("two", "2016-06-10", "a")) == {
        "a": "one"
    }
