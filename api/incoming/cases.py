"""Bodies of cases and of disputes."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api.incoming.body import Body, Id, MoneyQuanta, Name, Words, rows
from market.model.case import RATING_MAX, CaseKind, CaseOutcome, Claim, Remedy
from market.model.rejection import Code

LINES_MAX = 1_000
DETAILS_MAX = 16


class ClaimIn(Body):
    """How much of one line of a bill."""

    line: Annotated[int, Field(strict=True, ge=0, lt=LINES_MAX)]
    """Its place on the bill, from 0."""
    amount_quanta: MoneyQuanta = Field(alias="amount")

    def claim(self) -> Claim:
        """As the market knows it."""
        return Claim(line=self.line, amount_quanta=self.amount_quanta)


Claims = Annotated[tuple[ClaimIn, ...], *rows(1, LINES_MAX)]


class DisputeIn(Body):
    """What of a bill is wrong, and why: some of its lines, or so much of the bill as a whole."""

    lines: Claims | None = None
    amount_quanta: MoneyQuanta | None = Field(default=None, alias="amount")
    """Of the bill as a whole, tax included."""
    reason: Name

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.lines is None) is (self.amount_quanta is None):
            raise PydanticCustomError(Code.FIELD_FORMAT.value, "either lines or an amount")
        return self

    def claims(self) -> tuple[Claim, ...]:
        """As the market knows them."""
        if self.amount_quanta is not None:
            return (Claim(line=None, amount_quanta=self.amount_quanta),)
        return tuple(item.claim() for item in self.lines or ())


class DecisionIn(Body):
    """What came of a case, and the answer to who opened it."""

    outcome: Literal["upheld", "rejected"]
    remedy: Remedy | None = None
    """Of what is upheld."""
    lines: Claims | None = None
    """Of a credit: how much of which lines; None: all that is in dispute."""
    amount_quanta: MoneyQuanta | None = Field(default=None, alias="amount")
    """The same of a bill in dispute as a whole."""
    answer: Name

    @model_validator(mode="after")
    def _fits(self) -> Self:
        upheld = self.outcome == "upheld"
        if upheld is (self.remedy is None):
            raise PydanticCustomError(Code.FIELD_FORMAT.value, "a remedy if it is upheld")
        parts = (self.lines, self.amount_quanta)
        if self.remedy is not Remedy.CREDIT and parts != (None, None):
            raise PydanticCustomError(Code.FIELD_FORMAT.value, "amounts of a credit only")
        if None not in parts:
            raise PydanticCustomError(Code.FIELD_FORMAT.value, "either lines or an amount")
        return self

    def claims(self) -> tuple[Claim, ...]:
        """As the market knows them; empty: all that is in dispute."""
        if self.amount_quanta is not None:
            return (Claim(line=None, amount_quanta=self.amount_quanta),)
        return tuple(item.claim() for item in self.lines or ())


class CaseIn(Body):
    """What somebody brings to the service desk."""

    kind: Literal["fault_report", "complaint", "question", "connection"]
    client_case_id: Id
    """The sender's own, unique for ever: the same again changes nothing."""
    subject: Name
    text: Words
    unit_id: Id | None = None
    details: Annotated[dict[Id, Name], Field(max_length=DETAILS_MAX)] = Field(default_factory=dict)
    """What a form asks beside the words: of an application its power and place."""
    participant_id: Id | None = None
    """For whom, where an operator writes it down."""

    def case_kind(self) -> CaseKind:
        """The kind as the market knows it."""
        return CaseKind(self.kind)


class WordsIn(Body):
    """Something said in a case."""

    text: Words


class ResolutionIn(Body):
    """How a case of the desk ends."""

    outcome: Literal["resolved", "upheld", "rejected"] = "resolved"
    answer: Words

    def case_outcome(self) -> CaseOutcome:
        """The outcome as the market knows it."""
        return CaseOutcome(self.outcome)


class RatingIn(Body):
    """How one was served."""

    rating: Annotated[int, Field(strict=True, ge=1, le=RATING_MAX)]
    text: Annotated[str, Field(max_length=0)] | Words = ""
