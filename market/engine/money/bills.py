"""Bills of a month: drafted from what was traded, metered and booked, then issued.

The one idea: drafting books nothing and may be done again; issuing books tax and rounding, after
reversing what an earlier bill of the month had booked.
"""

from market.engine.decisions import applied, refused
from market.engine.settlement.months import is_open
from market.engine.state import MarketState
from market.model.bill import Bill, BillsDrafted, BillsIssued, BillSource, DraftBills, IssueBills
from market.model.interval import MarketMonth
from market.model.messages import Decision, TransfersBooked
from market.model.rejection import Code, Rejection
from market.settlement.bill import Heading, MonthRules, drafted
from market.settlement.issuing import issuing_transfers, says


def draft_bills(state: MarketState, command: DraftBills) -> Decision:
    """A bill for each source, but where the newest of the month says the same already.

    All or none: a source that does not prove itself refuses the command, with every fault.
    """
    refusal = _month_refusal(state, command.month)
    if refusal is not None:
        return refused([refusal])
    common = MonthRules.of(state.rules, state.grid, command.month)
    bills: list[Bill] = []
    faults: list[Rejection] = []
    for source in command.sources:
        if source.participant_id not in state.participants:
            faults.append(
                Rejection(
                    code=Code.PARTICIPANT_UNKNOWN,
                    parameters={"participant_id": source.participant_id},
                )
            )
            continue
        number = state.bills.next_number + len(bills)
        made = _drafted(state, command, source, common, number)
        if isinstance(made, Rejection):
            faults.append(made)
        elif made is not None:
            bills.append(made)
    if faults:
        return refused(faults)
    return applied(BillsDrafted(bills=tuple(bills))) if bills else applied()


def _drafted(
    state: MarketState,
    command: DraftBills,
    source: BillSource,
    common: MonthRules,
    number: int,
) -> Bill | Rejection | None:
    """The draft, why it cannot be made, or None: nothing has changed."""
    newest = state.bills.newest(command.month, source.participant_id)
    stands = state.bills.issued(command.month, source.participant_id)
    made = drafted(
        source,
        state.participants[source.participant_id],
        common,
        Heading(
            bill_id=f"bil-{number}",
            version=1 if newest is None else newest.version + 1,
            corrects=None if stands is None else stands.bill_id,
            before_quanta=0 if stands is None else stands.total_quanta,
            as_of_event_seq=command.as_of_event_seq,
            drafted_us=command.now_us,
        ),
    )
    if isinstance(made, Bill) and newest is not None and says(made, newest.digest):
        return None
    return made


def _month_refusal(state: MarketState, month: str) -> Rejection | None:
    """A month can be billed once every day in it is closed and its groups got their adders back."""
    its = MarketMonth.of(month, state.rules.time_zone)
    rules = state.rules
    if rules.trading_from_s >= its.until_s or (
        rules.trading_until_s is not None and rules.trading_until_s <= its.from_s
    ):
        return Rejection(code=Code.PRODUCT_UNKNOWN, pointer="month")
    if state.phases.closed_until_s() < min(its.until_s, rules.trading_until_s or its.until_s):
        return Rejection(code=Code.BILL_MONTH_OPEN, pointer="month", parameters={"month": month})
    if is_open(state, its):
        return Rejection(code=Code.BILL_MONTH_OPEN, pointer="month", parameters={"month": month})
    return None


def issue_bills(state: MarketState, command: IssueBills) -> Decision:
    """Let drafts stand; all of the month, or those named."""
    drafts = {due.bill_id: due for due in state.bills.drafts(command.month)}
    faults = [
        Rejection(code=Code.BILL_NO_DRAFT, pointer=f"bill_ids/{row}")
        for row, bill_id in enumerate(command.bill_ids)
        if bill_id not in drafts
    ]
    if faults:
        return refused(faults)
    chosen = [drafts[bill_id] for bill_id in dict.fromkeys(command.bill_ids or drafts)]
    if not chosen:
        return applied()
    transfers = tuple(
        move
        for due in chosen
        for move in issuing_transfers(due, state.bills.issued(due.month, due.participant_id))
    )
    issued = BillsIssued(month=command.month, bills=tuple(chosen), now_us=command.now_us)
    return applied(issued, TransfersBooked(transfers=transfers))


# --- applying -------------------------------------------------------------------------


def bills_drafted(state: MarketState, event: BillsDrafted) -> None:
    """Drafts wait to be issued."""
    state.bills.were_drafted(event.bills)


def bills_issued(state: MarketState, event: BillsIssued) -> None:
    """Drafts stand, ask for their totals, and say what disputes have brought until then."""
    state.bills.were_issued(event.bills, event.now_us)
    for due in event.bills:
        state.cases.were_billed(due.participant_id, due.month, due.case_ids)
    state.payments.bill(state.rules, event.bills, event.now_us)
    if state.exposures.is_on:
        state.unbilled.issued(event.bills)
        state.collateral.touched.update(due.participant_id for due in event.bills)
