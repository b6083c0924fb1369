"""Matches that may still be recalled, and those that somebody wants recalled.

The one idea: until an interval's gate closes its matches are kept whole, because undoing one needs to
know all it did; after the gate nothing can be undone and nothing is kept.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from market.model.messages import LineUse
from market.model.recall import Proposal, Recall, TradeState
from market.model.trade import Trade


@dataclass(slots=True, kw_only=True)
class Dispute:
    """What is known of a match somebody wants recalled."""

    state: TradeState = TradeState.DISPUTED
    reason: str = ""
    """The first one given."""
    since_us: int = 0
    asked_by: dict[str, None] = field(default_factory=dict)
    """Parties that asked for the recall."""
    by_operator: bool = False
    """True: an operator asked, too."""
    proposal: Proposal | None = None


@dataclass(slots=True)
class IntervalMatches:
    """Matches of one interval whose gate is open."""

    legs: dict[str, tuple[Trade, ...]] = field(default_factory=dict)
    """By match."""
    made_us: dict[str, int] = field(default_factory=dict)
    uses: dict[str, LineUse] = field(default_factory=dict)
    """What a match sends over a line; matches inside one area are not in it."""
    disputes: dict[str, Dispute] = field(default_factory=dict)


@dataclass(slots=True)
class Recalls:
    """Matches outside the calls of every interval whose gate is open."""

    intervals: dict[int, IntervalMatches] = field(default_factory=dict)

    def made(self, start_s: int, trades: Iterable[Trade], made_us: int) -> None:
        """Legs of matches were made; those of one match follow each other."""
        found = self._at(start_s)
        legs, times_us = found.legs, found.made_us
        for trade in trades:
            match_id = trade.match_id
            legs[match_id] = (*legs.get(match_id, ()), trade)
            times_us[match_id] = made_us

    def used(self, start_s: int, uses: Iterable[LineUse]) -> None:
        """Matches sent energy over lines; what is given back, or is nobody's, is passed over."""
        for use in uses:
            if use.match_id and use.sent_wh > 0:
                self._at(start_s).uses[use.match_id] = use

    def legs_of(self, start_s: int, match_id: str) -> tuple[Trade, ...]:
        """The legs of a match; empty: it is not known, or its gate has closed."""
        found = self.intervals.get(start_s)
        return () if found is None else found.legs.get(match_id, ())

    def dispute(self, start_s: int, match_id: str) -> Dispute | None:
        """The dispute about a match; None: there is none."""
        found = self.intervals.get(start_s)
        return None if found is None else found.disputes.get(match_id)

    def open(self, start_s: int) -> Iterator[str]:
        """Matches of an interval that are disputed and not decided."""
        found = self.intervals.get(start_s)
        if found is not None:
            for match_id, dispute in found.disputes.items():
                if dispute.state is TradeState.DISPUTED:
                    yield match_id

    def all(self) -> Iterator[Recall]:
        """Every recall of intervals whose gate is open, decided ones too."""
        for found in self.intervals.values():
            for match_id, dispute in found.disputes.items():
                yield Recall(
                    trades=found.legs[match_id],
                    state=dispute.state,
                    reason=dispute.reason,
                    since_us=dispute.since_us,
                    asked_by=tuple(dispute.asked_by),
                    by_operator=dispute.by_operator,
                    proposal=dispute.proposal,
                )

    def forget(self, start_s: int) -> None:
        """An interval's gate has closed."""
        self.intervals.pop(start_s, None)

    def _at(self, start_s: int) -> IntervalMatches:
        found = self.intervals.get(start_s)
        if found is None:
            found = self.intervals[start_s] = IntervalMatches()
        return found
