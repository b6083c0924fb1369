"""Time codes against the standard's own examples, and what they are sealed with."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.access.totp import STEP_S, Seal, code_at, new_secret, secret_text, secret_uri, step_of

RFC_SECRET = b"12345678901234567890"
# RFC 6238, appendix B, SHA-1: the last six of its eight digits.
RFC_CODES = {
    59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924",
    2000000000: "279037", 20000000000: "353130",
}  # fmt: skip


@pytest.mark.parametrize(("time_s", "code"), RFC_CODES.items())
def test_codes_are_the_standard_s(time_s: int, code: str) -> None:
    assert code_at(RFC_SECRET, time_s) == code


@pytest.mark.parametrize(
    ("off_s", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_a_clock_may_be_a_step_off(off_s: int, taken: bool) -> None:
    now_s = 1_700_000_010.0
    step = step_of(RFC_SECRET, code_at(RFC_SECRET, now_s + off_s), now_s=now_s, after_step=0)
    assert step == ((now_s + off_s) // STEP_S if taken else None)


def test_a_step_that_was_used_and_those_before_are_good_no_more() -> None:
    now_s = 1_700_000_010.0
    used = int(now_s) // STEP_S
    codes = [code_at(RFC_SECRET, now_s + off_s) for off_s in (-30, 0, 30)]
    found = [step_of(RFC_SECRET, code, now_s=now_s, after_step=used) for code in codes]
    assert found == [None, None, used + 1]


@given(st.text(max_size=8))
def test_whatever_is_typed_is_a_no_or_the_code(text: str) -> None:
    step = step_of(RFC_SECRET, text, now_s=1_700_000_010.0, after_step=0)
    assert step is None or text.isdecimal()


def test_a_secret_is_typed_and_scanned_the_same() -> None:
    secret = new_secret()
    address = urlsplit(secret_uri(secret, "ada@example.org"))
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert address.path == "/wattmarket:ada@example.org"
    asked = parse_qs(address.query)
    assert asked["secret"] == [secret_text(secret)]
    assert asked["issuer"] == ["wattmarket"]


def test_what_is_sealed_opens_for_its_person_and_by_its_key_only() -> None:
    secret, seal = new_secret(), Seal(b"one key of this deployment")
    sealed = seal.sealed(secret, "person-a")
    assert secret not in sealed
    assert seal.opened(sealed, "person-a") == secret
    assert seal.opened(sealed, "person-b") is None
    assert Seal(b"another deployment's key").opened(sealed, "person-a") is None
    assert seal.opened(sealed[:-1] + bytes([sealed[-1] ^ 1]), "person-a") is None
