"""Throttles: how much of each kind one client, one participant and everybody may ask for.

The one idea: a budget is a bucket that is spent at once and fills up evenly; what is asked is either
paid from all buckets it concerns or from none. A bucket is one number, the moment at which it will be
full again, so asking costs next to nothing however much is asked for. Cancels have their own, larger
budget, and a kill is never throttled: nobody may be kept from getting out. Real time, at every speed
of the market's clock.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Any, Final, TypeVar

from limits import RateLimitItem

from api.access.identity import Principal
from api.wire.errors import RefusedError
from market.model.rejection import Code, Rejection

PURSES_MAX: Final = 50_000
"""Clients and participants whose use is remembered; who was away longest is forgotten first."""
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_WAIT_S_MIN: Final = 1e-9
"""Below it is the rounding of a sum, not a wait."""
_SHARED_AT: Final = 2
"""With more buckets than its own and everybody's a client also pays from its participant's."""


class Kind(StrEnum):
    """Kinds of requests that have a budget of their own."""

    NEW = "new"
    """Rows of new orders."""
    CHANGE = "change"
    """Everything else that changes something."""
    CANCEL = "cancel"
    QUERY = "query"
    LOGIN = "login"
    """Tokens and enrolment; per client id and per address."""
    SIGN_IN = "sign_in"
    """People who come in; per login and per address."""
    SUBSCRIBE = "subscribe"


ENTRIES: Final = frozenset({Kind.LOGIN, Kind.SIGN_IN})
"""What is asked for by those of whom nobody knows yet who they are."""


class Scope(StrEnum):
    """Who shares a budget."""

    CLIENT = "client"
    """One client id; without a token one address."""
    PARTICIPANT = "participant"
    """All clients of a participant; for logins all of one address."""
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """What one kind allows each scope, as the settings say."""

    client: RateLimitItem
    participant: RateLimitItem
    all: RateLimitItem


class Bucket:
    """What one scope may still ask for of one kind."""

    __slots__ = ("_full_at_s", "_step_s", "amount", "label", "scope", "window_s")

    def __init__(self, kind: Kind, scope: Scope, budget: RateLimitItem) -> None:
        self.scope = scope
        self.amount = budget.amount
        """How much it holds when it is full."""
        self.window_s = budget.get_expiry()
        """How long it takes to fill up, seconds."""
        self.label = f'"{kind.value}-{scope.value}"'
        self._step_s = self.window_s / self.amount
        self._full_at_s = 0.0

    def wait_s(self, cost: int, now_s: float) -> float:
        """How long to wait until so much can be paid; zero or less: not at all.

        More than the bucket ever holds is payable when it is full.
        """
        return self._left_to_fill_s(now_s) + min(cost, self.amount) * self._step_s - self.window_s

    def take(self, cost: int, now_s: float) -> None:
        """Pay."""
        paid_s = min(cost, self.amount) * self._step_s
        self._full_at_s = now_s + self._left_to_fill_s(now_s) + paid_s

    def state(self, now_s: float) -> tuple[int, int]:
        """How much can be paid now, and in how many whole seconds it is full again."""
        left_s = self._left_to_fill_s(now_s)
        return int((self.window_s - left_s) / self._step_s + _WAIT_S_MIN), ceil(left_s)

    def _left_to_fill_s(self, now_s: float) -> float:
        return max(self._full_at_s - now_s, 0.0)


class Purse:
    """The buckets one client pays from, by kind; the one that everybody shares comes last."""

    __slots__ = ("buckets", "policies")

    def __init__(self, buckets: Mapping[Kind, tuple[Bucket, ...]]) -> None:
        self.buckets = buckets
        self.policies = {
            kind: ", ".join(f"{b.label};q={b.amount};w={b.window_s}" for b in own[:-1])
            for kind, own in buckets.items()
        }
        """The header field that tells the client's own budgets; what others use is not told."""


class Throttles:
    """All budgets of one server."""

    def __init__(
        self, budgets: Mapping[Kind, Budgets], *, real_time_s: Callable[[], float]
    ) -> None:
        self._budgets = budgets
        self._real_time_s = real_time_s
        self._seen_s = real_time_s()
        self._now_s = 0.0
        self._all = {kind: Bucket(kind, Scope.ALL, item.all) for kind, item in budgets.items()}
        self._purses: OrderedDict[str, Purse] = OrderedDict()
        self._shared: OrderedDict[tuple[str | None, str], dict[Kind, Bucket]] = OrderedDict()
        self.refused: Counter[tuple[Kind, Scope]] = Counter()
        """How many requests were refused since the start, by the first budget that did not do."""

    def purse(self, who: Principal | None, address: str) -> Purse:
        """What a client pays from; without a token its address pays."""
        key = f"@{_network(address)}" if who is None else who.client_id
        found = self._purses.get(key)
        if found is None:
            return _kept(self._purses, key, lambda: Purse(self._buckets(who)))
        self._purses.move_to_end(key)
        return found

    def login_purse(self, address: str, kind: Kind = Kind.LOGIN) -> Purse:
        """What the logins of one address are paid from, whoever logs in."""
        network = _network(address)
        shared = self._shared_by(None, network)[kind]
        return _kept(
            self._purses,
            f"{kind.value}@{network}",
            lambda: Purse({kind: (shared, self._all[kind])}),
        )

    def login_of(self, name: str, address: str, kind: Kind = Kind.LOGIN) -> Purse:
        """What the logins of one client id, or of one person's login, are paid from.

        It counts per address too: whoever knows somebody's name could otherwise keep him out.
        """
        bucket = Bucket(kind, Scope.CLIENT, self._budgets[kind].client)
        key = f"{kind.value} {name}@{_network(address)}"
        return _kept(self._purses, key, lambda: Purse({kind: (bucket,)}))

    def _buckets(self, who: Principal | None) -> dict[Kind, tuple[Bucket, ...]]:
        shared: Mapping[Kind, Bucket] = {}
        if who is not None and who.participant_id is not None:
            shared = self._shared_by(who.market_id, who.participant_id)
        return {
            kind: (
                Bucket(kind, Scope.CLIENT, item.client),
                *((shared[kind],) if shared else ()),
                self._all[kind],
            )
            for kind, item in self._budgets.items()
            if kind not in ENTRIES
        }

    def _shared_by(self, market_id: str | None, name: str) -> dict[Kind, Bucket]:
        return _kept(
            self._shared,
            (market_id, name),
            lambda: {
                kind: Bucket(kind, Scope.PARTICIPANT, item.participant)
                for kind, item in self._budgets.items()
            },
        )

    def _now(self) -> float:
        """Seconds since the start; a clock that is set back makes nobody wait.

        Counted from the start they keep the digits that seconds since 1970 have no room for.
        """
        real_s = self._real_time_s()
        self._now_s += max(real_s - self._seen_s, 0.0)
        self._seen_s = real_s
        return self._now_s

    def spend(self, purse: Purse, kind: Kind, cost: int = 1) -> None:
        """Pay from every bucket of a purse, or from none.

        Raises:
            RefusedError: RATE_LIMIT with the time to wait.
        """
        now_s = self._now()
        buckets = purse.buckets[kind]
        for bucket in buckets:
            if bucket.wait_s(cost, now_s) > _WAIT_S_MIN:
                raise self._refusal(purse, kind, bucket, cost, now_s)
        for bucket in buckets:
            bucket.take(cost, now_s)

    def _refusal(
        self, purse: Purse, kind: Kind, bucket: Bucket, cost: int, now_s: float
    ) -> RefusedError:
        self.refused[kind, bucket.scope] += 1
        wait_s = ceil(max(item.wait_s(cost, now_s) for item in purse.buckets[kind]))
        parameters = {"budget": kind.value, "scope": bucket.scope.value, "wait_s": str(wait_s)}
        return RefusedError(
            [Rejection(code=Code.RATE_LIMIT, parameters=parameters)],
            headers={"Retry-After": str(wait_s)},
        )

    def headers(self, purse: Purse, kind: Kind) -> tuple[str, str]:
        """The values of RateLimit and RateLimit-Policy: the scarcest of one's own budgets, and all."""
        now_s = self._now()
        buckets = purse.buckets[kind]
        scarcest = buckets[0]
        remaining, full_in_s = scarcest.state(now_s)
        if len(buckets) > _SHARED_AT:
            other, other_full_in_s = buckets[1].state(now_s)
            if other < remaining:
                scarcest, remaining, full_in_s = buckets[1], other, other_full_in_s
        return f"{scarcest.label};r={remaining};t={full_in_s}", purse.policies[kind]

    def usage(self, who: Principal | None, address: str) -> list[dict[str, Any]]:
        """One's own budgets and what is left of each, as `GET /v1/me/limits` shows them."""
        now_s = self._now()
        return [
            {
                "budget": kind.value,
                "scope": bucket.scope.value,
                "limit": bucket.amount,
                "window_s": bucket.window_s,
                "remaining": bucket.state(now_s)[0],
                "full_in_s": bucket.state(now_s)[1],
            }
            for kind, buckets in self.purse(who, address).buckets.items()
            for bucket in buckets[:-1]
        ]


def _kept(store: OrderedDict[_Key, _Value], key: _Key, make: Callable[[], _Value]) -> _Value:
    """What stands under the key, made when there is nothing; the longest unused goes beyond the bound."""
    found = store.get(key)
    if found is None:
        found = store[key] = make()
        if len(store) > PURSES_MAX:
            store.popitem(last=False)
    else:
        store.move_to_end(key)
    return found


def _network(address: str) -> str:
    """The part of an address that one sender has: of IPv6 the first 64 bits."""
    if ":" not in address:
        return address
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return found.exploded[:19]
    return address
