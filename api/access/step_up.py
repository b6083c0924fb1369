"""Which acts want fresh proof of who it is: one line per address, read by the server and by the tests.

The one idea: a session may be left on a desk. What moves money, gives rights, or lets something go on
that was stopped is therefore confirmed with passkey, or password and time code, within the five minutes
before. What stops, limits or takes rights away never is: nobody may be kept from that. It concerns
people; a client's secret is asked for with every token anyway.
"""

from collections.abc import Mapping
from typing import Final

from api.access.permissions import MARKET
from market.model.participant import Role

_OPERATOR: Final = frozenset({Role.OPERATOR})
_EVERYBODY: Final = frozenset(Role)

STEP_UP: Final[Mapping[tuple[str, str], frozenset[Role]]] = {
    # What was stopped goes on, and what takes two people.
    ("POST", f"{MARKET}/stops:release"): _OPERATOR,
    ("POST", f"{MARKET}/acts/{{act_id}}:approve"): _OPERATOR,
    ("POST", f"{MARKET}/recalls:decide"): _OPERATOR,
    ("POST", f"{MARKET}/participants/{{participant_id}}:unsuspend"): _OPERATOR,
    # Rules and limits.
    ("POST", "/v1/markets"): _OPERATOR,
    ("POST", f"{MARKET}/networks"): _OPERATOR,
    ("POST", f"{MARKET}/balance-groups"): _OPERATOR,
    ("PUT", f"{MARKET}/participants/{{participant_id}}/credit-limit"): _OPERATOR,
    # Money, and what is worth money.
    ("POST", f"{MARKET}/deposits:batch"): _OPERATOR,
    ("POST", f"{MARKET}/bills:issue"): _OPERATOR,
    ("POST", f"{MARKET}/cases/{{case_id}}:decide"): _OPERATOR,
    ("POST", f"{MARKET}/payments:file"): _OPERATOR,
    ("POST", f"{MARKET}/payments:send"): _OPERATOR,
    ("POST", f"{MARKET}/payments:collect"): _OPERATOR,
    ("POST", f"{MARKET}/payments/{{bank_id}}:assign"): _OPERATOR,
    ("POST", f"{MARKET}/payments/{{bank_id}}:return"): _OPERATOR,
    ("POST", f"{MARKET}/account/withdrawals"): frozenset({Role.PARTICIPANT}),
    ("POST", f"{MARKET}/withdrawals/{{withdrawal_id}}:approve"): _OPERATOR,
    ("POST", f"{MARKET}/withdrawals/{{withdrawal_id}}:reject"): _OPERATOR,
    ("POST", f"{MARKET}/guarantee-fund:deposit"): _OPERATOR,
    ("POST", f"{MARKET}/defaults"): _OPERATOR,
    ("POST", f"{MARKET}/settlement-runs"): _OPERATOR,
    ("POST", f"{MARKET}/certificates:move"): _OPERATOR,
    ("POST", f"{MARKET}/certificates:retire"): _OPERATOR,
    ("POST", f"{MARKET}/certificates:export"): _OPERATOR,
    # Rights: what lets somebody in, or lets oneself in another way.
    ("POST", f"{MARKET}/clients:batch"): _EVERYBODY,
    ("POST", "/v1/clients/{client_id}:rotate"): _EVERYBODY,
    ("POST", f"{MARKET}/enrolments"): _EVERYBODY,
    ("POST", "/v1/people/me/passkeys:options"): _EVERYBODY,
    ("POST", "/v1/people/me/passkeys"): _EVERYBODY,
    ("DELETE", "/v1/people/me/passkeys/{passkey_id}"): _EVERYBODY,
    ("POST", "/v1/people/me:password-options"): _EVERYBODY,
    ("POST", "/v1/people/me:password"): _EVERYBODY,
}
"""Addresses whose acts want it, and from whom."""

WITHOUT: Final = frozenset(
    {
        # Stops, limits, first words of what takes two, and rights that are taken away.
        ("POST", f"{MARKET}/stops"),
        ("POST", f"{MARKET}/acts"),
        ("POST", f"{MARKET}/recalls"),
        ("POST", f"{MARKET}/participants/{{participant_id}}:suspend"),
        ("POST", "/v1/clients/{client_id}:revoke"),
        ("POST", f"{MARKET}/enrolments/{{enrolment_id}}:revoke"),
        ("POST", "/v1/people/{person_id}:revoke"),
        ("POST", f"{MARKET}/withdrawals/{{withdrawal_id}}:refuse"),
        # Work of the day, which moves no money and gives no rights.
        ("POST", "/v1/clock:start"),
        ("POST", f"{MARKET}/participants:batch"),
        ("POST", f"{MARKET}/units:batch"),
        ("POST", f"{MARKET}/units/{{unit_id}}:out-of-service"),
        ("POST", f"{MARKET}/units/{{unit_id}}:in-service"),
        ("POST", f"{MARKET}/alarms/{{alarm_id}}:acknowledge"),
        ("POST", f"{MARKET}/alarms/{{alarm_id}}:comment"),
        ("POST", f"{MARKET}/alarms/{{alarm_id}}:close"),
        ("POST", f"{MARKET}/bills:draft"),
        ("POST", f"{MARKET}/audit:verify"),
        ("POST", f"{MARKET}/clearing-runs/{{run_id}}:verify"),
        ("POST", f"{MARKET}/clearing-runs/{{run_id}}:what-if"),
        ("POST", f"{MARKET}/messages"),
        ("POST", f"{MARKET}/messages/{{message_id}}:withdraw"),
        ("POST", f"{MARKET}/cases"),
        ("POST", f"{MARKET}/cases/{{case_id}}:take"),
        ("POST", f"{MARKET}/cases/{{case_id}}:note"),
        ("POST", f"{MARKET}/cases/{{case_id}}:resolve"),
        ("POST", f"{MARKET}/cases/{{case_id}}:reopen"),
        ("POST", f"{MARKET}/cases/{{case_id}}:comment"),
        # One's own session.
        ("POST", "/v1/session:step-up-options"),
        ("POST", "/v1/session:step-up"),
        ("DELETE", "/v1/session"),
        ("PATCH", "/v1/people/me"),
        ("POST", "/v1/stream-tickets"),
    }
)
"""Every other address at which an operator may change something."""


def wanted(method: str, path: str, role: Role) -> bool:
    """True when a person of this role has to have stepped up for it."""
    return role in STEP_UP.get((method, path), ())
