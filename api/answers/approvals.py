"""What waits for a second person: every kind of it as one record, with the request that agrees.

The one idea: each act that takes two keeps its own proposal, beside what it is about; here they are read
and put into one shape. A proposal that has lapsed, or whose matter has moved on, waits no more.
"""

from collections.abc import Iterator
from typing import Final

from api.answers.acts import narrowing, proposed_act
from api.answers.cases import proposed_lines
from api.answers.values import Answer
from market.model.case import StepKind
from market.model.interval import MICROSECONDS, instant_text, moment_text
from market.model.money import participant_account
from market.model.payment import Payment, PaymentState, Payout, PayoutState
from market.model.recall import AGREE_WITHIN_S, TradeState
from market.model.stop import StopScope
from market.model.units import money_text
from market.sequencer import Decided

APPROVAL: Final = (
    "approval_id", "kind", "target", "reason", "proposed_by", "proposed_at", "until", "own",
)  # fmt: skip
"""The columns of a file of approvals."""


def approvals(state: Decided, *, prefix: str, me: str, now_us: int) -> list[Answer]:
    """Everything that waits for a second person, what lapses first first.

    Args:
        state: what the market has decided, read in the event loop.
        prefix: the beginning of the market's addresses.
        me: who asks: what one has proposed oneself one cannot agree to.
        now_us: what has lapsed by now is left out.
    """
    found = [
        item
        for item in (
            *_acts(state), *_stops(state), *_recalls(state), *_limits(state), *_words(state), *_credits(state),
        )
        if item["until_us"] >= now_us
    ]  # fmt: skip
    found.sort(key=lambda item: (item["until_us"], item["approval_id"]))
    return [_told(item, prefix, me) for item in found]


def _told(item: Answer, prefix: str, me: str) -> Answer:
    until_us = item.pop("until_us")
    approve = item.pop("approve")
    return {
        **item,
        "proposed_at": moment_text(until_us - AGREE_WITHIN_S * MICROSECONDS),
        "until": moment_text(until_us),
        "own": item["proposed_by"] == me,
        "approve": {**approve, "path": prefix + approve["path"]},
    }


def _item(
    *,
    kind: str,
    target: str,
    by: str,
    until_us: int,
    reason: str | None,
    before: Answer,
    after: Answer,
    path: str,
    body: Answer,
    method: str = "POST",
    named: bool = False,
) -> Answer:
    return {
        "approval_id": f"{kind}:{target}",
        "kind": kind,
        "target": target,
        "reason": reason,
        "proposed_by": by,
        "until_us": until_us,
        "before": before,
        "after": after,
        "approve": {"method": method, "path": path, "named": named, "body": body},
    }


def _acts(state: Decided) -> Iterator[Answer]:
    """Acts on units, areas or everything; one that was overtaken by another has lapsed."""
    acts = state.acts
    for said in acts.proposals.values():
        act = said.act
        if acts.versions.get((act.level, act.member_id), 0) != said.version:
            continue
        holds = [
            narrowing(item)
            for item in acts.all()
            if (item.level, item.member_id) == (act.level, act.member_id)
        ]
        shown = proposed_act(said)
        names = (
            "kind", "level", "member_id", "from", "until", "withdrawal_max_kw", "injection_max_kw", "limit_id",
        )  # fmt: skip
        yield _item(
            kind="act",
            target=said.act_id,
            by=said.actor,
            until_us=said.until_us,
            reason=said.reason,
            before={"narrowings": holds, "decoupled": act.member_id in acts.decoupled},
            after={name: shown[name] for name in names},
            path=f"/acts/{said.act_id}:approve",
            body={"digest": said.digest},
        )


def _stops(state: Decided) -> Iterator[Answer]:
    for key, (actor, until_us) in state.stops.proposals().items():
        kind, scope, name = key
        stop = state.stops.of(key)
        if stop is None:
            continue
        start_s = int(name) if scope is StopScope.INTERVAL else None
        place = {"kind": kind.value, "scope": scope.value, "key": name}
        yield _item(
            kind="release_stop",
            target=":".join(part for part in (kind.value, scope.value, name) if part),
            by=actor,
            until_us=until_us,
            reason=None,
            before={
                **place,
                "start": None if start_s is None else instant_text(start_s),
                "since": moment_text(stop.since_us),
                "reason": stop.reason,
            },
            after={**place, "released": True},
            path="/stops:release",
            body=place,
        )


def _recalls(state: Decided) -> Iterator[Answer]:
    for found in state.recalls.all():
        said = found.proposal
        if said is None or found.state is not TradeState.DISPUTED:
            continue
        trade = found.trades[0]
        decision = "cancel" if said.cancel else "deny"
        match = {"match_id": trade.match_id, "start": instant_text(trade.start_s)}
        yield _item(
            kind="decide_recall",
            target=trade.match_id,
            by=said.actor,
            until_us=said.until_us,
            reason=found.reason,
            before={
                **match,
                "state": found.state.value,
                "trade_ids": [item.trade_id for item in found.trades],
                "amount": money_text(max(item.amount_quanta for item in found.trades)),
            },
            after={**match, "state": "cancelled" if said.cancel else "not_cancelled"},
            path="/recalls:decide",
            body={**match, "decision": decision},
        )


def _limits(state: Decided) -> Iterator[Answer]:
    for name, (actor, limit_quanta, until_us, reason) in state.collateral.proposals().items():
        limit = money_text(limit_quanta)
        yield _item(
            kind="credit_limit",
            target=name,
            by=actor,
            until_us=until_us,
            reason=reason,
            before={"participant_id": name, "limit": money_text(state.ledger.lent_quanta(name))},
            after={"participant_id": name, "limit": limit},
            method="PUT",
            path=f"/participants/{name}/credit-limit",
            body={"limit": limit, "reason": reason},
        )


# --- money --------------------------------------------------------------------------


def _words(state: Decided) -> Iterator[Answer]:
    """Acts on payments, payouts and debts that wait, as far as what they are about still does."""
    payments = state.payments
    for digest, word in payments.words.items():
        what, target, said = word.what, word.target, dict(word.said)
        made: Answer | None = None
        if what.startswith("payment_") and target in payments.unmatched:
            made = _payment(payments.unmatched[target], what.removeprefix("payment_"), said)
        elif what.startswith("payout_") and target in payments.payouts:
            made = _payout(payments.payouts[target], what.removeprefix("payout_"), said)
        elif what == "cover_default":
            made = _default(state.ledger.balance_quanta(participant_account(target)), target, said)
        if made is not None:
            shown = _item(by=word.actor, until_us=word.until_us, reason=said.get("reason"), **made)
            # Two words about one thing are two proposals.
            yield {**shown, "approval_id": f"{shown['approval_id']}:{digest[:16]}"}


def _payment(payment: Payment, decision: str, said: dict[str, str]) -> Answer:
    named = {"participant_id": "participant_id", "bill_id": "bill_id", "payout_id": "withdrawal_id"}
    body: Answer = {"reason": said["reason"]}
    if decision == "return":
        body["payee_account"] = said["payee_account"]
    else:
        body |= {wire: said[name] for name, wire in named.items() if name in said}
        if decision == "bank_fee":
            body["bank_fee"] = True
    verb = "return" if decision == "return" else "assign"
    return {
        "kind": f"payment_{verb}",
        "target": payment.bank_id,
        "before": {
            "bank_id": payment.bank_id,
            "state": PaymentState.UNMATCHED.value,
            "amount": money_text(payment.amount_quanta),
            "reference": payment.reference,
            "counterparty": payment.counterparty,
        },
        "after": {"decision": decision, **{k: v for k, v in body.items() if k != "reason"}},
        "path": f"/payments/{payment.bank_id}:{verb}",
        "body": body,
    }


_BEFORE: Final = {"approve": PayoutState.REQUESTED, "reject": PayoutState.SENT}


def _payout(payout: Payout, decision: str, said: dict[str, str]) -> Answer | None:
    if payout.state is not _BEFORE.get(decision):
        return None
    return {
        "kind": f"payout_{decision}",
        "target": payout.payout_id,
        "before": {
            "withdrawal_id": payout.payout_id,
            "state": payout.state.value,
            "participant_id": payout.participant_id,
            "amount": money_text(payout.amount_quanta),
            "payee_name": payout.payee_name,
            "payee_account": payout.payee_account,
        },
        "after": {"state": "approved" if decision == "approve" else "rejected"},
        "path": f"/withdrawals/{payout.payout_id}:{decision}",
        "body": {"reason": said["reason"]},
    }


def _default(balance_quanta: int, name: str, said: dict[str, str]) -> Answer:
    return {
        "kind": "cover_default",
        "target": name,
        "before": {"participant_id": name, "balance": money_text(balance_quanta)},
        "after": {"participant_id": name, "covered": True},
        "path": "/defaults",
        "body": {"participant_id": name, "reason": said["reason"]},
        "named": True,
    }


def _credits(state: Decided) -> Iterator[Answer]:
    """Credits for bills in dispute."""
    for case in state.cases.open.values():
        said = case.proposal
        if said is None or case.dispute is None:
            continue
        text = next(step.text for step in reversed(case.history) if step.kind is StepKind.PROPOSED)
        lines = proposed_lines(said.lines)
        whole = said.lines[0].line is None
        part = (
            {"amount": lines[0]["amount"]}
            if whole
            else {"lines": [{"line": item["line"], "amount": item["amount"]} for item in lines]}
        )
        yield _item(
            kind="case_credit",
            target=case.case_id,
            by=said.actor,
            until_us=said.until_us,
            reason=text,
            before={
                "case_id": case.case_id,
                "participant_id": case.participant_id,
                "bill_id": case.dispute.bill_id,
                "held_amount": money_text(case.dispute.held_quanta),
            },
            after={
                "outcome": "upheld",
                "credited_amount": money_text(sum(item.amount_quanta for item in said.lines)),
                "lines": lines,
            },
            path=f"/cases/{case.case_id}:decide",
            body={"outcome": "upheld", "remedy": "credit", "answer": text, **part},
        )
