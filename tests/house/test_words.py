"""The console has words for every code it may hear, in both of its languages.

The one idea: the wire says codes, and whoever adds one need not know the console. So the lists of the
market are held against the catalogues here: a new code without words fails.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import get_args

import pytest

from api.answers.cases import INNER_STEPS
from api.channels.books import Books
from api.routes.alerts import KINDS as ALERT_KINDS
from market.model.act import ControlReason
from market.model.alarm import AlarmKind, ControlLevel, Severity
from market.model.call import CallReason
from market.model.case import CaseKind, CaseOutcome, CaseState, CaseTarget, StepKind
from market.model.messages import Command, Event, Phase
from market.model.order import Order, OrderState, TimeInForce, Venue
from market.model.participant import UnitKind
from market.model.power import UnitState
from market.model.reach import Standing
from market.model.recall import TradeState
from market.model.rejection import Code
from tests.house.source import python_files, text, tree

CATALOGUES = {
    language: json.loads(text(Path(f"web/src/locales/{language}/words.json")))
    for language in ("en", "zh-CN")
}
# What a reason is called where it is defined: who acted, and why an order went.
ENDING = re.compile(r"(?:user|operator|system)_[a-z_]+")


def values(kind: type[StrEnum]) -> set[str]:
    return {member.value for member in kind}


def constants(folders: Iterable[str]) -> Iterator[str]:
    """Every text that a module gives a name to."""
    for path in python_files(*folders):
        for node in tree(path).body:
            if isinstance(node, ast.AnnAssign | ast.Assign):
                value = node.value
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value


def endings() -> set[str]:
    """The reasons with which orders leave; the gate's is said by the explanation alone."""
    return {each for each in constants(["market", "api"]) if ENDING.fullmatch(each)} | {"gate"}


def explanations() -> set[str]:
    """The codes of explanations: what a call made of an order, and what else `_reason` says."""
    calls = (
        node
        for node in ast.walk(tree(Path("api/answers/explaining.py")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "_reason"
    )
    said = {
        arg.value
        for call in calls
        for arg in call.args[:1]
        if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
    }
    return said | {"cancelled", "expired"} | values(CallReason)


def kinds() -> set[str]:
    return {kind.__name__.removesuffix("Order").lower() for kind in get_args(Order)}


def notices() -> set[str]:
    """Codes of what the market says to everybody, or to operators."""
    said = {
        node.value
        for node in ast.walk(tree(Path("api/channels/notices.py")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    stops = {"TRADING_HALTED", "TRADING_KILLED", "TRADING_RELEASED"}
    return stops | {each for each in said if re.fullmatch(r"[A-Z]+(?:_[A-Z]+)+", each)}


def alerts() -> set[str]:
    """What participants are alerted of, but for alarms, which have words of their own: `METER_SILENT`."""
    module = tree(Path("api/answers/alerts.py"))
    said = {
        node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    steps = values(StepKind) - {step.value for step in INNER_STEPS}
    return (
        {each for each in said if re.fullmatch(r"[A-Z]+(?:_[A-Z]+)*", each)}
        | {"PRICE_ABOVE", "PRICE_BELOW"}
        | {f"CASE_{step.upper()}" for step in steps}
    )


FAMILIES = {
    "refusal": values(Code),
    "phase": values(Phase),
    "venue": values(Venue),
    "kind": kinds(),
    "order_state": values(OrderState),
    "trade_state": values(TradeState),
    "time_in_force": values(TimeInForce),
    "ended": endings(),
    "reason": explanations(),
    "alarm": values(AlarmKind),
    "severity": values(Severity),
    "level": values(ControlLevel),
    "notice": notices(),
    "case_kind": values(CaseKind),
    "case_state": values(CaseState),
    "case_outcome": values(CaseOutcome),
    "case_target": values(CaseTarget),
    "case_step": values(StepKind),
    "alert_kind": set(ALERT_KINDS),
    "alert": alerts(),
}


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_alarm_is_explained(language: str) -> None:
    explained = json.loads(text(Path(f"web/src/locales/{language}/alarms.json")))["meaning"]
    assert explained.keys() == values(AlarmKind)


@pytest.mark.parametrize("language", CATALOGUES)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_code_has_words(family: str, language: str) -> None:
    assert sorted(FAMILIES[family] - CATALOGUES[language][family].keys()) == []


@pytest.mark.parametrize("language", CATALOGUES)
def test_the_trail_has_words_for_every_command_and_every_fact(language: str) -> None:
    catalogue = json.loads(text(Path(f"web/src/locales/{language}/audit.json")))
    assert catalogue["command"].keys() == {kind.__name__ for kind in get_args(Command)}
    assert catalogue["fact"].keys() == {kind.__name__ for kind in get_args(Event)}


@pytest.mark.parametrize("language", CATALOGUES)
def test_books_of_the_past_have_words_for_what_changed_them(language: str) -> None:
    catalogue = json.loads(text(Path(f"web/src/locales/{language}/replay.json")))
    assert set(catalogue["fact"]) == {
        kind.__name__ for kind in get_args(Event) if Books.is_about_kind(kind)
    }


def advice() -> set[str]:
    """The codes with which a participant's first page is advised."""
    calls = (
        node for node in ast.walk(tree(Path("api/answers/home.py"))) if isinstance(node, ast.Call)
    )
    said = (node for node in calls if isinstance(node.func, ast.Name) and node.func.id == "_said")
    return {
        leaf.value
        for node in said
        for leaf in ast.walk(node.args[0])
        if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)
    }


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_piece_of_advice_is_a_sentence(language: str) -> None:
    catalogue = json.loads(text(Path(f"web/src/locales/{language}/home.json")))
    assert {"PAY_IN", "SET_SELL_PRICE", "ALL_WELL"} <= advice()
    assert catalogue["advice"].keys() == advice() | {"other"}


@pytest.mark.parametrize("language", CATALOGUES)
@pytest.mark.parametrize("screen", ["devices", "grid"])
def test_devices_have_words_for_what_they_are_and_how_they_stand(
    language: str, screen: str
) -> None:
    catalogue = json.loads(text(Path(f"web/src/locales/{language}/{screen}.json")))
    assert catalogue["unit_kind"].keys() == values(UnitKind)
    assert catalogue["unit_state"].keys() == values(UnitState)


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_reason_for_which_a_unit_gives_way_has_its_word(language: str) -> None:
    catalogue = json.loads(text(Path(f"web/src/locales/{language}/grid.json")))
    assert catalogue["cut"].keys() == values(ControlReason)
    assert catalogue["area_standing"].keys() == values(Standing)


@pytest.mark.parametrize("family", sorted(FAMILIES.keys() - {"refusal"}))
def test_no_words_are_kept_of_a_code_that_is_gone(family: str) -> None:
    assert sorted(CATALOGUES["en"][family].keys() - FAMILIES[family]) == []


def test_the_lists_are_not_empty_by_accident() -> None:
    assert {"user_cancel", "operator_kill", "system_match", "system_disconnect"} <= endings()
    assert {"traded", "waits_for_call", "in_the_money"} <= explanations()
    assert {"limit", "basket"} <= kinds()
    assert {"MESSAGE", "METER_SILENT", "BILL_OVERDUE", "CASE_NOTED"} <= alerts()
