"""What is read in one go is not looked through for rubbish meanwhile; in a server never."""

import gc
from collections.abc import Iterator

import pytest

from market.engine.state_reading import gc_paused


@pytest.fixture(autouse=True)
def nothing_is_frozen() -> Iterator[None]:
    """Before and after."""
    gc.unfreeze()
    yield
    gc.unfreeze()


def is_seen(thing: object) -> bool:
    """True: the collector looks at it, sooner or later."""
    return any(other is thing for other in gc.get_objects())


def test_the_collector_rests_meanwhile_and_sees_what_was_made() -> None:
    with gc_paused():
        assert not gc.isenabled()
        made: list[object] = []
    assert gc.isenabled()
    assert is_seen(made)
    assert gc.get_freeze_count() == 0


def test_where_what_is_loaded_was_frozen_it_joins_that() -> None:
    gc.freeze()
    with gc_paused():
        made: list[object] = []
    assert gc.isenabled()
    assert not is_seen(made)


def test_a_pause_inside_a_pause_ends_with_the_outer_one() -> None:
    with gc_paused():
        with gc_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with gc_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
