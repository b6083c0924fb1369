"""The dispute of a bill: opened by whom it is for, withdrawn, rejected, or upheld.

The one idea: the bill itself comes with the command and has to be the one the market remembers, so what
may be disputed of a line is read off the line. What is in dispute is set aside at once; a credit needs two
operators, as it is a posting by hand; giving back what was set aside needs one.
"""

from collections.abc import Iterator
from dataclasses import replace

from market.customers.disputes import resolved, set_aside, until_us
from market.engine.decisions import applied, refused
from market.engine.desk.cases import found
from market.engine.desk.desk import withdrawn
from market.engine.desk.given_back import has_changed, twice_faults
from market.engine.state import MarketState
from market.model.bill import Bill, BillLine, ChargeKind
from market.model.case import (
    STEPS_MAX,
    TARGETS,
    Case,
    CaseClosed,
    CaseKind,
    CaseOpened,
    CaseOutcome,
    CaseStep,
    CaseStepped,
    Claim,
    CreditProposal,
    DecideCase,
    Dispute,
    DisputeBill,
    Disputed,
    Remedy,
    StepKind,
    WithdrawCase,
)
from market.model.interval import MICROSECONDS, MarketMonth, day_of, moment_text
from market.model.messages import Decision, TransfersBooked
from market.model.recall import AGREE_WITHIN_S
from market.model.rejection import Code, Rejection
from market.model.units import money_text
from market.settlement.charged import billed_quanta
from market.settlement.issuing import says
from market.settlement.tariff import periods
from market.settlement.tax import kind_of, payable_quanta, rate_ppm

# --- opening ------------------------------------------------------------------------


def dispute_bill(state: MarketState, command: DisputeBill) -> Decision:
    """Set aside what is in dispute; all faults together."""
    bill = command.bill
    refusal = _bill_refusal(state, command)
    if refusal is not None:
        return refused([refusal])
    lines = _disputed(state, command)
    if _repeated(state, command) is not None:
        return applied()
    faults = list(_claim_faults(state, command))
    if faults:
        return refused(faults)
    targets = TARGETS[CaseKind.BILL_DISPUTE]
    case_id = f"cas-{state.cases.next_number}"
    opening = CaseStep(
        kind=StepKind.OPENED,
        actor=command.actor,
        now_us=command.now_us,
        text=command.reason,
        by_customer=True,
    )
    case = Case(
        case_id=case_id,
        kind=CaseKind.BILL_DISPUTE,
        participant_id=command.participant_id,
        opened_us=command.now_us,
        taken_by_us=command.now_us + targets.taken_within_s * MICROSECONDS,
        answered_by_us=command.now_us + targets.answered_within_s * MICROSECONDS,
        closed_by_us=command.now_us + targets.closed_within_s * MICROSECONDS,
        history=(opening,),
        dispute=Dispute(
            bill_id=bill.bill_id,
            month=bill.month,
            version=bill.version,
            lines=lines,
            unpayable_quanta=_unpayable_quanta(lines),
        ),
    )
    transfers = tuple(set_aside(case_id, lines))
    return applied(CaseOpened(case=case), TransfersBooked(transfers=transfers))


def _bill_refusal(state: MarketState, command: DisputeBill) -> Rejection | None:
    """Only the bill of the month that stands, and only for some days."""
    bill, who = command.bill, command.participant_id
    stands = state.bills.issued(bill.month, who)
    if bill.participant_id != who or stands is None:
        return Rejection(code=Code.NOT_FOUND, pointer="bill_id")
    if stands.bill_id != bill.bill_id:
        parameters = {"bill_id": stands.bill_id}
        return Rejection(code=Code.BILL_REPLACED, pointer="bill_id", parameters=parameters)
    if not says(bill, stands.digest):
        return Rejection(code=Code.NOT_FOUND, pointer="bill_id")
    issued_us = state.bills.issued_us(bill.month, who)
    day = day_of(issued_us // MICROSECONDS, state.rules.time_zone).isoformat()
    last_us = until_us(state.rules.dispute_windows, issued_us, day)
    if command.now_us > last_us:
        parameters = {"until": moment_text(last_us)}
        return Rejection(code=Code.DISPUTE_TOO_LATE, pointer="bill_id", parameters=parameters)
    return None


def _repeated(state: MarketState, command: DisputeBill) -> Case | None:
    """The open case that says the very same; None: there is none."""
    lines = _disputed(state, command)
    if len(lines) < len(command.claims):  # of a line that the bill has not
        return None
    for case in state.cases.open_about(command.participant_id, command.bill.month):
        dispute = _dispute_of(case)
        same = (dispute.bill_id, dispute.lines) == (command.bill.bill_id, lines)
        if same and case.history[0].text == command.reason:
            return case
    return None


def _disputed(state: MarketState, command: DisputeBill) -> tuple[Disputed, ...]:
    """The claims with what the bill says of their lines; those of lines it has not are left out."""
    bill = command.bill
    parts = periods(state.rules, MarketMonth.of(bill.month, state.rules.time_zone))
    return tuple(
        Disputed(
            line=None,
            kind=ChargeKind.CREDIT,
            from_s=bill.from_s,
            amount_quanta=claim.amount_quanta,
            rate_ppm=0,
            billed_quanta=billed_quanta(bill, ChargeKind.CREDIT, bill.from_s),
        )
        if claim.line is None
        else Disputed(
            line=claim.line,
            kind=kind_of(bill.lines[claim.line]),
            from_s=bill.lines[claim.line].from_s,
            amount_quanta=claim.amount_quanta,
            rate_ppm=rate_ppm(bill.lines[claim.line], parts),
            billed_quanta=billed_quanta(
                bill, kind_of(bill.lines[claim.line]), bill.lines[claim.line].from_s
            ),
        )
        for claim in command.claims
        if claim.line is None or claim.line < len(bill.lines)
    )


def _claim_faults(state: MarketState, command: DisputeBill) -> Iterator[Rejection]:
    """Each line there is, once, not more of it than it says, and in no other case."""
    bill, seen = command.bill, set[int | None]()
    if not command.claims:
        yield Rejection(code=Code.FIELD_RANGE, pointer="lines")
    for row, claim in enumerate(command.claims):
        if claim.line is not None and claim.line >= len(bill.lines):
            yield Rejection(
                code=Code.FIELD_RANGE,
                pointer=f"lines/{row}/line",
                parameters={"max": str(len(bill.lines) - 1)},
            )
            continue
        whole = claim.line is None
        before = state.cases.about(command.participant_id, bill.month, (bill.bill_id, claim.line))
        if claim.line in seen or before is not None or (whole and len(command.claims) > 1):
            yield Rejection(
                code=Code.ALREADY_DISPUTED,
                pointer="lines" if whole else f"lines/{row}/line",
                parameters={} if before is None else {"case_id": before},
            )
        seen.add(claim.line)
        pointer = "amount" if whole else f"lines/{row}/amount"
        yield from _amount_faults(claim, pointer, most_quanta=_most_quanta(state, bill, claim.line))


def _most_quanta(state: MarketState, bill: Bill, line: int | None) -> int:
    """What may be disputed of a line, or of the bill: less what is in dispute of it by earlier versions."""
    before = [
        item
        for case in state.cases.open_about(bill.participant_id, bill.month)
        if _dispute_of(case).bill_id != bill.bill_id
        for item in _dispute_of(case).lines
    ]
    if line is None:
        held = sum(item.amount_quanta + item.tax_quanta for item in before)
        return max(0, abs(bill.total_quanta) - held)
    said = bill.lines[line]
    # Lines of another version have other numbers: what a charge is for tells it again.
    like = (kind_of(said), said.from_s)
    held = sum(
        item.amount_quanta
        for item in before
        if item.line is None or (item.kind, item.from_s) == like
    )
    whole = sum(
        -abs(item.amount_quanta) if _gives_back(item) else abs(item.amount_quanta)
        for item in bill.lines
        if (kind_of(item), item.from_s) == like and item is not said
    )
    amount_quanta = abs(said.amount_quanta)
    return max(0, min(amount_quanta, amount_quanta + whole - held))


def _gives_back(line: BillLine) -> bool:
    """Whether a credit or a run has given back of the charge already."""
    return line.amount_quanta < 0 and (line.case_id is not None or line.correction is not None)


def _amount_faults(claim: Claim, pointer: str, *, most_quanta: int) -> Iterator[Rejection]:
    if claim.amount_quanta <= 0:
        yield Rejection(code=Code.FIELD_RANGE, pointer=pointer)
    elif claim.amount_quanta > most_quanta:
        parameters = {"max": money_text(most_quanta)}
        yield Rejection(code=Code.DISPUTE_ABOVE_LINE, pointer=pointer, parameters=parameters)


def _unpayable_quanta(lines: tuple[Disputed, ...]) -> int:
    """What a bill would be less without these amounts, in whole cents."""
    return payable_quanta(
        sum(item.amount_quanta for item in lines),
        sum(item.amount_quanta * item.rate_ppm for item in lines),
    )


# --- closing ------------------------------------------------------------------------


def withdraw_case(state: MarketState, command: WithdrawCase) -> Decision:
    """Nobody looks into it any more; what was set aside goes back."""
    case = found(state, command.case_id, command.participant_id)
    if isinstance(case, Rejection):
        return refused([case])
    if case.dispute is None:
        return withdrawn(case, command.actor, command.now_us)
    step = CaseStep(
        kind=StepKind.WITHDRAWN,
        actor=command.actor,
        now_us=command.now_us,
        text="",
        by_customer=True,
    )
    return _closed(case, CaseOutcome.WITHDRAWN, step)


def decide_case(state: MarketState, command: DecideCase) -> Decision:
    """Reject it, uphold it as the bill was corrected, or propose or give a credit."""
    case = found(state, command.case_id)
    if isinstance(case, Rejection):
        return refused([case])
    if case.dispute is None:
        return refused([Rejection(code=Code.FIELD_RANGE, pointer="outcome")])
    kind = StepKind.REJECTED if command.remedy is None else StepKind.UPHELD
    step = CaseStep(kind=kind, actor=command.actor, now_us=command.now_us, text=command.answer)
    match command.remedy:
        case None:
            return _closed(case, CaseOutcome.REJECTED, step)
        case Remedy.CORRECTED:
            return _corrected(state, case, step)
        case Remedy.CREDIT:
            return _credited(state, case, command, step)


def _corrected(state: MarketState, case: Case, step: CaseStep) -> Decision:
    """A later bill of the month stands, which has booked what was wrong."""
    dispute = _dispute_of(case)
    stands = state.bills.issued(dispute.month, case.participant_id)
    if stands is None or stands.version <= dispute.version:
        return refused([Rejection(code=Code.BILL_NOT_CORRECTED, pointer="remedy")])
    return _closed(
        case,
        CaseOutcome.UPHELD,
        step,
        remedy=Remedy.CORRECTED,
        corrected_by=stands.bill_id,
    )


def _credited(state: MarketState, case: Case, command: DecideCase, step: CaseStep) -> Decision:
    """A first operator proposes, a second one agrees by saying the same."""
    dispute = _dispute_of(case)
    if command.read is not None and has_changed(state, dispute.month, command.read):
        return refused([Rejection(code=Code.REVISION_MISMATCH)])
    faults = list(_credit_faults(dispute, command.claims))
    if faults:
        return refused(faults)
    given = {claim.line: claim.amount_quanta for claim in command.claims}
    lines = tuple(
        replace(item, amount_quanta=given.get(item.line, item.amount_quanta))
        for item in dispute.lines
        if not given or item.line in given
    )
    faults = list(twice_faults(state, dispute, lines, command.read))
    if faults:
        return refused(faults)
    said = case.proposal
    if said is None or said.lines != lines or command.now_us > said.until_us:
        return _proposed(case, command, lines)
    if said.actor == command.actor:
        return refused([Rejection(code=Code.SECOND_PERSON_REQUIRED)])
    return _closed(case, CaseOutcome.UPHELD, step, remedy=Remedy.CREDIT, credited=lines)


def _credit_faults(dispute: Dispute, claims: tuple[Claim, ...]) -> Iterator[Rejection]:
    """Only lines that are in dispute, each once, and not more than is set aside for it."""
    held = {item.line: item.amount_quanta for item in dispute.lines}
    for row, claim in enumerate(claims):
        most_quanta = held.pop(claim.line, None)
        if most_quanta is None:
            yield Rejection(code=Code.FIELD_RANGE, pointer=f"lines/{row}/line")
        else:
            yield from _amount_faults(claim, f"lines/{row}/amount", most_quanta=most_quanta)


def _proposed(case: Case, command: DecideCase, lines: tuple[Disputed, ...]) -> Decision:
    # The last place is for the end.
    if len(case.history) >= STEPS_MAX - 1:
        return refused([Rejection(code=Code.FIELD_RANGE, parameters={"max": str(STEPS_MAX)})])
    return applied(
        CaseStepped(
            case_id=case.case_id,
            participant_id=case.participant_id,
            step=CaseStep(
                kind=StepKind.PROPOSED,
                actor=command.actor,
                now_us=command.now_us,
                text=command.answer,
            ),
            proposal=CreditProposal(
                actor=command.actor,
                lines=lines,
                until_us=command.now_us + AGREE_WITHIN_S * MICROSECONDS,
            ),
        )
    )


def _closed(
    case: Case,
    outcome: CaseOutcome,
    step: CaseStep,
    *,
    remedy: Remedy | None = None,
    credited: tuple[Disputed, ...] = (),
    corrected_by: str | None = None,
) -> Decision:
    dispute = _dispute_of(case)
    event = CaseClosed(
        case_id=case.case_id,
        participant_id=case.participant_id,
        outcome=outcome,
        step=step,
        dispute=replace(
            dispute,
            unpayable_quanta=_unpayable_quanta(credited),
            remedy=remedy,
            credited=credited,
            corrected_by=corrected_by,
        ),
    )
    transfers = tuple(resolved(case.case_id, case.participant_id, dispute.lines, credited))
    return applied(event, TransfersBooked(transfers=transfers))


def _dispute_of(case: Case) -> Dispute:
    assert case.dispute is not None, "the case of a bill says of which"
    return case.dispute
