"""Every reason has words, in both languages."""

import string

import pytest

from api.answers.explaining import STATE_CODES
from market.model.call import CallReason
from wattmarket.reasons import DETAILS, LANGUAGES, SENTENCES, sentence

CODES = {*STATE_CODES, *(reason.value for reason in CallReason)}


def test_every_code_has_a_sentence_and_no_sentence_is_of_nothing() -> None:
    assert set(SENTENCES) - {"cancelled_call"} == CODES


@pytest.mark.parametrize("texts", [*SENTENCES.values(), *DETAILS.values()], ids=str)
def test_both_languages_say_the_same_values(texts: tuple[str, str]) -> None:
    english, chinese = (
        {name for _, name, _, _ in string.Formatter().parse(text) if name} for text in texts
    )
    assert english == chinese
    assert texts[1] != texts[0]
    assert any(ord(letter) > 0x4E00 for letter in texts[1])


def test_parameters_become_sentences() -> None:
    reason = {
        "code": "out_of_the_money",
        "parameters": {
            "price_per_mwh": "120.00",
            "limit_per_mwh": "100.00",
            "missed_by_per_mwh": "20.00",
            "line": "GRID-RUR",
        },
    }
    assert sentence(reason) == (
        "Not served: the price was 120.00, its limit 100.00. Missed by 20.00 per MWh. "
        "The line GRID-RUR was full."
    )
    assert "线路 GRID-RUR 已满载" in sentence(reason, "zh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cancelled_auction_is_no_cancelled_order(language: str) -> None:
    order = sentence({"code": "cancelled", "parameters": {"reason": "user_cancel"}}, language)
    call = sentence({"code": "cancelled", "parameters": {"call": "closing"}}, language)
    assert order != call
    assert "–" in sentence({"code": "refused", "parameters": {}}, language)
