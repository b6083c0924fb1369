"""A market with one bill that stands, whose lines may be disputed."""

from dataclasses import replace

from clearing.clear import clear
from market.model.bill import (
    Bill,
    BillsDrafted,
    BillSource,
    ChargeKind,
    Credited,
    DraftBills,
    IssueBills,
    Posted,
    TaxRule,
)
from market.model.case import (
    Case,
    CaseChange,
    CaseClosed,
    CaseOpened,
    Claim,
    DecideCase,
    DisputeBill,
    DisputeWindow,
    MonthRead,
    NoteCase,
    Remedy,
    TakeCase,
    WithdrawCase,
    changed,
)
from market.model.messages import Answer
from market.model.money import DISPUTED, TransferKind
from market.model.rejection import Code
from tests.builders import MIDNIGHT_S, RULES, STEP_S, Story
from tests.market.written import due_command

MONTH = "2016-06"
HOUR_US = 3_600 * 10**6
DAY_US = 24 * HOUR_US
VAT = TaxRule(
    tax_id="vat",
    name="VAT",
    from_day="2016-01-01",
    rate_ppm=190_000,
    on=(ChargeKind.REDISPATCH, ChargeKind.LAST_RESORT),
)
RETURNED, REDISPATCH, LAST_RESORT = 0, 1, 2
"""Numbers of the bill's lines."""
POSTED = (
    Posted(kind=TransferKind.REDISPATCH, period=0, count=2, amount_quanta=300_000_007),
    Posted(kind=TransferKind.LAST_RESORT, period=0, count=1, amount_quanta=1_000),
    Posted(kind=TransferKind.RENT_RETURN, period=0, count=1, amount_quanta=-40_000_000),
)


class Desk:
    """A story in which Ann's and Ben's month is billed, and what they and operators then do."""

    def __init__(self, *windows: DisputeWindow) -> None:
        rules = replace(
            RULES,
            trading_until_s=MIDNIGHT_S + STEP_S,
            taxes=(VAT,),
            dispute_windows=windows,
        )
        self.story = Story(rules=rules)
        self.posted: dict[str, tuple[Posted, ...]] = {}
        """What was booked of the month on everybody's account, as the store would say it."""
        while (timer := self.story.engine.next_timer()) is not None:
            self.story.does(due_command(self.story.engine, timer, clear))
            self.now_us = timer.due_us
        self.issues("ann", "ben")

    def issues(
        self, *names: str, credited: tuple[Credited, ...] = (), more_quanta: int = 0
    ) -> None:
        """Draft and issue bills, the same ones again but for what is given."""
        paid = -sum(item.amount_quanta for item in credited)
        credit = Posted(
            kind=TransferKind.BILL_CREDIT, period=0, count=len(credited), amount_quanta=paid
        )
        more = replace(POSTED[0], amount_quanta=POSTED[0].amount_quanta + more_quanta)
        sources = tuple(
            BillSource(participant_id=name, posted=(more, *POSTED[1:], credit), credited=credited)
            for name in names
        )
        self.posted |= {item.participant_id: item.posted for item in sources}
        for command in (
            DraftBills(
                now_us=self.now_us, actor="op", month=MONTH, as_of_event_seq=1, sources=sources
            ),
            IssueBills(now_us=self.now_us, actor="op", month=MONTH, bill_ids=()),
        ):
            assert self.story.does(command).rejections == ()

    def is_given(self, who: str, kind: TransferKind, amount_quanta: int) -> None:
        """A run has given something back, and no bill says so yet."""
        back = Posted(kind=kind, period=0, count=1, amount_quanta=-amount_quanta)
        self.posted[who] = (*self.posted[who], back)

    def credits_of(self, who: str) -> tuple[Credited, ...]:
        """What disputes have brought a participant so far."""
        closed = [event for event in self.story.events if isinstance(event, CaseClosed)]
        return tuple(
            Credited(
                kind=line.kind,
                period=0,
                case_id=event.case_id,
                amount_quanta=line.amount_quanta,
            )
            for event in closed
            if event.participant_id == who and event.dispute is not None
            for line in event.dispute.credited
        )

    def bill(self, who: str = "ann") -> Bill:
        """The newest bill of a participant."""
        drafted = [event for event in self.story.events if isinstance(event, BillsDrafted)]
        bills = [bill for event in drafted for bill in event.bills if bill.participant_id == who]
        return bills[-1]

    def case(self, case_id: str = "cas-1") -> Case:
        """A case as its events made it."""
        found: Case | None = None
        for event in self.story.events:
            if isinstance(event, CaseOpened) and event.case.case_id == case_id:
                found = event.case
            elif isinstance(event, CaseChange) and event.case_id == case_id:
                assert found is not None
                found = changed(found, event)
        assert found is not None
        return found

    def balance(self, account: str) -> int:
        """Of the ledger."""
        return self.story.engine.state.ledger.balance_quanta(account)

    def balances(self) -> dict[str, int]:
        """Of all accounts that are not at zero."""
        return {k: v for k, v in self.story.engine.state.ledger.accounts().items() if v}

    def checks(self) -> None:
        """What holds after every step."""
        state = self.story.engine.state
        assert state.ledger.sum_quanta() == 0
        assert self.balance(DISPUTED) == state.cases.held_quanta()

    # --- what people do ---------------------------------------------------------------

    def disputes(
        self,
        *claims: tuple[int | None, int],
        who: str = "ann",
        bill: Bill | None = None,
        reason: str = "too much",
    ) -> list[Code]:
        """A participant disputes the newest bill, or the one given."""
        return codes(
            self.story.does(
                DisputeBill(
                    now_us=self.now_us,
                    actor=f"{who}-key",
                    participant_id=who,
                    bill=bill or self.bill(who),
                    claims=tuple(Claim(line=line, amount_quanta=amount) for line, amount in claims),
                    reason=reason,
                )
            )
        )

    def decides(
        self,
        remedy: Remedy | None,
        *claims: tuple[int | None, int],
        actor: str = "op1",
        case_id: str = "cas-1",
        versions: tuple[tuple[str, int], ...] = (),
    ) -> list[Code]:
        """An operator says what comes of a case; a credit comes with what was booked."""
        case = self.story.engine.state.cases.open.get(case_id)
        read = MonthRead(
            posted=() if case is None else self.posted[case.participant_id],
            versions=versions,
            month_version=0,
        )
        return codes(
            self.story.does(
                DecideCase(
                    now_us=self.now_us,
                    actor=actor,
                    case_id=case_id,
                    remedy=remedy,
                    claims=tuple(Claim(line=line, amount_quanta=amount) for line, amount in claims),
                    answer="so it is",
                    read=read if remedy is Remedy.CREDIT else None,
                )
            )
        )

    def takes(self, actor: str, case_id: str = "cas-1") -> list[Code]:
        """An operator looks after a case."""
        return codes(self.story.does(TakeCase(now_us=self.now_us, actor=actor, case_id=case_id)))

    def notes(self, actor: str, *, who: str | None = None, case_id: str = "cas-1") -> list[Code]:
        """Somebody says something in a case."""
        command = NoteCase(
            now_us=self.now_us, actor=actor, case_id=case_id, text="look", participant_id=who
        )
        return codes(self.story.does(command))

    def withdraws(self, who: str = "ann", case_id: str = "cas-1") -> list[Code]:
        """A participant no longer wants it."""
        command = WithdrawCase(
            now_us=self.now_us, actor=f"{who}-key", case_id=case_id, participant_id=who
        )
        return codes(self.story.does(command))


def codes(answer: Answer) -> list[Code]:
    """The codes of a refusal; empty: it was taken."""
    return [fault.code for fault in answer.rejections]
