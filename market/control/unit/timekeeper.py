"""Which market time a unit believes: a device that has lost its clock must not judge a window."""

from market.control.unit.facts import CLOCK_BACK_MAX_S, CLOCK_FROM_S, CLOCK_UNTIL_S, Moment


class Timekeeper:
    """The last time that was believed. It goes back only with doubt."""

    def __init__(self, remembered_s: int | None, now: Moment) -> None:
        self.now_s = remembered_s
        """None: no time was ever believed."""
        self._remembered_s = remembered_s
        self._real_ms = now.real_ms
        self.was_set_back = False
        """A clock has jumped back since this was last cleared."""

    def believed_s(self, now: Moment) -> int | None:
        """Market time, rising; None: what the device takes for the time cannot be."""
        if now.real_ms < self._real_ms:
            self.was_set_back = True
        self._real_ms = now.real_ms
        market_s = now.market_s
        if market_s is None or not CLOCK_FROM_S <= market_s < CLOCK_UNTIL_S:
            return None
        if self._remembered_s is not None and market_s < self._remembered_s:
            # Before the power was lost it was later: this clock has stood still.
            return None
        self._remembered_s = None
        if self.now_s is not None and market_s < self.now_s:
            if self.now_s - market_s <= CLOCK_BACK_MAX_S:
                return self.now_s
            self.was_set_back = True
        self.now_s = market_s
        return market_s
