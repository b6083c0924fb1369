"""When a unit could not follow, and why."""

from hypothesis import given
from hypothesis import strategies as st

from market.control.forced import OF_STATE, PRECEDENCE, ForcedOutages, Window
from market.model.act import ControlReason
from market.model.power import UnitState

TRIP, CUT, SAFE = PRECEDENCE
END_S = 900


def pieces(forced: ForcedOutages, around: tuple[str, ...] = ("RUR", "VILLAGE")) -> list[Window]:
    return list(forced.pieces("u", around, 0, END_S))


def test_nobody_is_out_before_anything_is_said() -> None:
    forced = ForcedOutages()
    assert not forced
    assert pieces(forced) == []


def test_a_trip_lasts_until_the_unit_has_connected_again() -> None:
    forced = ForcedOutages()
    for at_s, state in (
        (100, UnitState.TRIPPED),
        (300, UnitState.CONNECTING),
        (600, UnitState.NORMAL),
    ):
        forced.said("u", state, at_s)
    assert pieces(forced) == [Window(TRIP, 100, 600)]


def test_connecting_after_a_start_is_no_outage() -> None:
    forced = ForcedOutages()
    forced.said("u", UnitState.CONNECTING, 100)
    assert pieces(forced) == []


def test_what_lasts_reaches_to_the_end_of_what_is_asked() -> None:
    forced = ForcedOutages()
    forced.said("u", UnitState.FAILSAFE, 400)
    assert pieces(forced) == [Window(SAFE, 400, END_S)]


def test_the_market_s_silence_counts_before_the_unit_s_own_word_and_a_trip_before_both() -> None:
    forced = ForcedOutages()
    forced.said("u", UnitState.FAILSAFE, 100)
    forced.lost("VILLAGE", 300)
    forced.said("u", UnitState.TRIPPED, 500)
    forced.found("VILLAGE", 700)
    assert pieces(forced) == [
        Window(SAFE, 100, 300),
        Window(CUT, 300, 500),
        Window(TRIP, 500, 700),
        Window(TRIP, 700, END_S),
    ]


def test_an_area_elsewhere_is_no_excuse() -> None:
    forced = ForcedOutages()
    forced.lost("SEM", 100)
    assert pieces(forced) == []


def test_an_area_is_lost_once_however_often_that_is_said() -> None:
    forced = ForcedOutages()
    forced.lost("RUR", 100)
    forced.lost("RUR", 200)
    forced.found("RUR", 300)
    assert pieces(forced) == [Window(CUT, 100, 300)]


def test_what_is_over_is_forgotten_and_what_lasts_is_not() -> None:
    forced = ForcedOutages()
    forced.lost("RUR", 100)
    forced.found("RUR", 200)
    forced.said("u", UnitState.TRIPPED, 250)
    forced.settled(200)
    assert not forced.areas
    assert pieces(forced) == [Window(TRIP, 250, END_S)]


@given(
    said=st.lists(st.tuples(st.integers(0, 2_000), st.sampled_from(list(UnitState)))),
    cuts=st.lists(st.tuples(st.integers(0, 2_000), st.sampled_from(["RUR", "SEM"]), st.booleans())),
)
def test_pieces_are_apart_inside_and_told_once(
    said: list[tuple[int, UnitState]], cuts: list[tuple[int, str, bool]]
) -> None:
    forced = ForcedOutages()
    lost_s: dict[int, bool] = {}
    for at_s, state in sorted(said, key=lambda item: item[0]):
        forced.said("u", state, at_s)
    is_lost = False
    for at_s, area_id, is_found in sorted(cuts, key=lambda item: item[0]):
        (forced.found if is_found else forced.lost)(area_id, at_s)
        if area_id == "RUR":
            is_lost = not is_found
            lost_s[at_s] = is_lost
    found = pieces(forced)
    reached_s = 0
    for piece in found:
        assert piece.until_s is not None
        assert reached_s <= piece.from_s < piece.until_s <= END_S
        reached_s = piece.until_s
    if not said:
        # Second by second: out of reach exactly when the last word about the area says so.
        for second in range(END_S):
            words = [at_s for at_s in lost_s if at_s <= second]
            inside = any(
                piece.from_s <= second < (piece.until_s or END_S)
                and piece.reason is ControlReason.DECOUPLED
                for piece in found
            )
            assert inside == (bool(words) and lost_s[max(words)])


def test_every_state_in_which_a_unit_cannot_follow_has_its_reason() -> None:
    assert set(OF_STATE.values()) == {TRIP, SAFE}
