"""Help between areas a second time: see `naive_settlement.py`.

Of what a unit's meter shows of all it was told, help counts first, in the order in which it was asked for. Each
help goes its way line by line: first it makes smaller what the calls have scheduled against it, the rest is sent
anew; what is left of the scheduled flows is there for the next.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from market.model.grid import Grid
from tests.market.settlement.naive_lines import arrives, needs, way
from tests.market.settlement.naive_parts import within


@dataclass
class Help:
    """Units of one area inject more than they traded, or less, for another area."""

    helper: str
    needy: str
    for_redispatch: bool
    """Else for what limits and stops have left over."""
    asked: Mapping[str, int]
    """By unit; injection positive."""


class Helped:
    """What became of the help of one interval."""

    def __init__(
        self,
        grid: Grid,
        helps: Sequence[Help],
        followed: Mapping[str, int],
        sent: Mapping[tuple[str, bool], int],
    ) -> None:
        self.sent, self.received = Counter(sent), Counter[str]()
        self.given: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
        """For redispatch or not: by unit."""
        rest = dict(followed)
        for help_ in helps:
            whole = 0
            for unit, asked in help_.asked.items():
                part = within(rest[unit], asked)
                rest[unit] -= part
                self.given[help_.for_redispatch][unit] += part
                whole += part
            if whole > 0:
                self.received[help_.needy] += self._brought(grid, help_, whole)
            else:
                self.received[help_.needy] -= self._taken(grid, help_, -whole)

    def _brought(self, grid: Grid, help_: Help, wh: int) -> int:
        """So much goes in at the helper: what comes out."""
        for line, forward in way(grid, help_.helper, help_.needy):
            against = self.sent[line.line_id, not forward]
            less = min(wh, arrives(line, against))
            stays = needs(line, arrives(line, against) - less)
            self.sent[line.line_id, not forward] = stays
            wh = against - stays + arrives(line, wh - less)
        return wh

    def _taken(self, grid: Grid, help_: Help, wh: int) -> int:
        """So much is to come out at the helper: what goes in."""
        for line, forward in reversed(way(grid, help_.needy, help_.helper)):
            against = self.sent[line.line_id, not forward]
            unsent = min(wh, against)
            self.sent[line.line_id, not forward] = against - unsent
            less = arrives(line, against) - arrives(line, against - unsent)
            wh = less + needs(line, wh - unsent)
        return wh
