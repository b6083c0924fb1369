"""Passwords: which are taken, and how they are kept."""

import pytest

from api.access.passwords import hashed, is_it, is_strong


def test_a_password_is_kept_as_argon2id_with_a_salt_of_its_own() -> None:
    first, second = hashed("copper kettle"), hashed("copper kettle")
    assert first != second
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert is_it("copper kettle", first)
    assert not is_it("copper kettles", first)


def test_nobody_s_password_is_nobody_s() -> None:
    assert not is_it("copper kettle", None)
    assert not is_it("", None)


def test_letters_that_look_the_same_are_the_same() -> None:
    composed, decomposed = "Kaffeekännchen voll", "Kaffeeka\u0308nnchen voll"
    assert is_it(decomposed, hashed(composed))


@pytest.mark.parametrize(
    "password", ["password1234", "iloveyou2016", "123456789012", "abcabcabcabc"]
)
def test_what_everybody_tries_is_weak(password: str) -> None:
    assert not is_strong(password)


def test_what_is_known_of_somebody_is_weak() -> None:
    assert is_strong("brambleton-yard")
    assert not is_strong("brambleton-yard", ["brambleton-yard"])
    assert not is_strong("wattmarketwattmarket")


@pytest.mark.parametrize(
    "password", ["x" * 128, "correct horse battery staple", "煮一壶很慢的水在草地上吧朋友"]
)
def test_what_is_long_is_looked_at_in_bounds(password: str) -> None:
    assert is_strong(password) is (password != "x" * 128)
