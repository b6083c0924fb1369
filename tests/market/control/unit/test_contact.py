"""Signs of life: from whom, of which epoch, and for how long they count."""

from market.control.unit.contact import Contact
from market.model.rejection import Code


def contact(*, mark: tuple[int, int] | None = None) -> Contact:
    return Contact(frozenset({"grid"}), burst_count=3, burst_window_s=60, mark=mark)


def test_nobody_has_called_yet() -> None:
    assert not contact().is_alive(0, 120)


def test_a_sign_of_life_counts_to_the_last_millisecond_and_no_longer() -> None:
    heard = contact()
    assert heard.beat("grid", 1_000, None, None) is None
    assert heard.is_alive(121_000, 120)
    assert not heard.is_alive(121_001, 120)


def test_a_stranger_is_no_sign_of_life() -> None:
    heard = contact()
    refusal = heard.beat("somebody", 0, 9, None)
    assert refusal is not None
    assert refusal.code is Code.NOT_PERMITTED
    assert not heard.is_alive(0, 120)
    assert heard.epoch == 0


def test_what_is_remembered_sets_the_epoch_but_is_no_sign_of_life() -> None:
    heard = contact(mark=(4, 17))
    assert not heard.is_alive(0, 120)
    refusal = heard.beat("grid", 0, 3, None)
    assert refusal is not None
    assert (refusal.pointer, refusal.parameters) == ("epoch", {"newest": "4"})


def test_three_bad_messages_in_a_minute_are_a_burst_and_silence_it() -> None:
    heard = contact()
    heard.beat("grid", 0, 1, None)
    assert [heard.suspect(ms) for ms in (0, 60_000, 60_001)] == [False, False, False]
    assert heard.suspect(60_002)
    assert not heard.is_alive(60_002, 120)
    heard.beat("grid", 60_003, 1, None)
    assert heard.is_alive(60_003, 120)


def test_a_distrusted_channel_is_believed_from_the_next_epoch_on() -> None:
    heard = contact()
    heard.beat("grid", 0, 1, None)
    heard.is_distrusted = True
    for epoch in (None, 1):
        refusal = heard.beat("grid", 1, epoch, None)
        assert refusal is not None
        assert refusal.pointer == "epoch"
    assert heard.beat("grid", 2, 2, None) is None
    assert heard.is_alive(2, 120)
