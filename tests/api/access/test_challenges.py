"""Ceremonies under way: ended once, by their own kind, and in time."""

import pytest

from api.access import challenges
from api.access.challenges import LIFETIME_S, Challenges, SigningIn, SteppingUp


class Clock:
    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def test_a_ceremony_is_taken_once_and_by_its_kind() -> None:
    kept = Challenges(Clock())
    begun = SigningIn(challenge=b"x")
    assert kept.take(SigningIn, kept.keep(begun)) is begun
    other = kept.keep(begun)
    assert kept.take(SteppingUp, other) is None
    assert kept.take(SigningIn, other) is None  # whoever comes with its id has taken it
    assert kept.take(SigningIn, "never") is None


def test_a_ceremony_ends_in_time() -> None:
    clock = Clock()
    kept = Challenges(clock)
    challenge_id = kept.keep(SigningIn(challenge=b"x"))
    clock.now_s += LIFETIME_S
    assert kept.take(SigningIn, challenge_id) is None


def test_a_flood_pushes_out_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(challenges, "CHALLENGES_MAX", 3)
    kept = Challenges(Clock())
    ids = [kept.keep(SigningIn(challenge=bytes([n]))) for n in range(5)]
    assert [kept.take(SigningIn, one) is not None for one in ids] == [
        False,
        False,
        True,
        True,
        True,
    ]
