"""Alarms from the client, and their words."""

import string

import pytest

from market.model.act import ControlReason
from market.model.alarm import AlarmKind, AlarmState, Severity
from tests.wattmarket.played import Server, ok, problem
from wattmarket.alarm_words import (
    CONTROL_REASONS,
    DETAILS,
    KINDS,
    SEVERITIES,
    STATES,
    alarm_sentence,
)
from wattmarket.errors import ConflictError


def test_alarms_are_told_seen_and_done_with() -> None:
    server = Server(
        ok(alarm_id="alm-1"),
        ok(items=[{"alarm_id": "alm-1"}], next_cursor=None),
        ok(alarm_id="alm-1", state="acknowledged"),
        ok(alarm_id="alm-1"),
        problem(409, "ALARM_NOT_ACKNOWLEDGED"),
    )
    with server.client() as market:
        market.alarms.tell("tripped", "unit", "u1", parameters={"why": "overvoltage"})
        assert market.alarms.list(state="open") == [{"alarm_id": "alm-1"}]
        assert market.alarms.acknowledge("alm-1")["state"] == "acknowledged"
        market.alarms.comment("alm-1", "seen on site")
        with pytest.raises(ConflictError, match="ALARM_NOT_ACKNOWLEDGED"):
            market.alarms.close("alm-1")
    told, _, *done = server.sent
    parameters = {"why": "overvoltage"}
    body = {"kind": "tripped", "level": "unit", "member_id": "u1", "parameters": parameters}
    assert told == ("POST", "alarms", body)
    assert done == [
        ("POST", "alarms/alm-1:acknowledge", {}),
        ("POST", "alarms/alm-1:comment", {"text": "seen on site"}),
        ("POST", "alarms/alm-1:close", {}),
    ]


def test_there_are_words_for_all_there_is() -> None:
    assert set(KINDS) == {kind.value for kind in AlarmKind}
    assert set(SEVERITIES) == {item.value for item in Severity}
    assert set(STATES) == {item.value for item in AlarmState}
    assert set(CONTROL_REASONS) == {reason.value for reason in ControlReason}


@pytest.mark.parametrize(
    "texts",
    [
        *KINDS.values(),
        *SEVERITIES.values(),
        *STATES.values(),
        *CONTROL_REASONS.values(),
        *DETAILS.values(),
    ],
    ids=str,
)
def test_both_languages_say_the_same_values(texts: tuple[str, str]) -> None:
    english, chinese = (
        {name for _, name, _, _ in string.Formatter().parse(text) if name} for text in texts
    )
    assert english == chinese
    assert any(ord(letter) > 0x4E00 for letter in texts[1])


def test_an_alarm_in_words() -> None:
    alarm = {
        "kind": "emergency_stopped",
        "severity": "critical",
        "member_id": "RUR",
        "parameters": {"reason": "fire", "by": "op1"},
    }
    assert alarm_sentence(alarm) == "Critical: Emergency stop of RUR. Why: fire. By op1."
    assert alarm_sentence(alarm, "zh") == "紧急：RUR 已紧急停运。原因：fire。操作人：op1。"
