"""Who may call what: one line per address, read by the server and by the tests.

The one idea: an address that is not in this table cannot be served, a role that is not in its line
may never use it (403), and `OWN` means that everything else answers as if it did not exist (404).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from market.model.participant import Role


class Reach(StrEnum):
    """How far a role's right goes."""

    ALL = "all"
    """Every object of the market, or of the deployment."""
    OWN = "own"
    """Objects of the caller: its participant, its area, its unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """Who may use one address."""

    public: bool = False
    """True: without a token too."""
    reach: Mapping[Role, Reach] = field(default_factory=dict)
    """Roles that may, and how far. For a public address: everybody, so it stays empty."""


_PUBLIC: Final = Permission(public=True)
_OPERATOR: Final = Permission(reach={Role.OPERATOR: Reach.ALL})
_PARTICIPANT: Final = Permission(reach={Role.PARTICIPANT: Reach.OWN})
_PARTICIPANT_SEEN: Final = Permission(reach={Role.PARTICIPANT: Reach.OWN, Role.OPERATOR: Reach.ALL})
_MEMBERS: Final = Permission(
    reach={Role.PARTICIPANT: Reach.OWN, Role.AREA: Reach.OWN, Role.OPERATOR: Reach.ALL}
)
_OWN: Final = Permission(
    reach={
        Role.PARTICIPANT: Reach.OWN,
        Role.DEVICE: Reach.OWN,
        Role.AREA: Reach.OWN,
        Role.OPERATOR: Reach.ALL,
    }
)
_AREA_SEEN: Final = Permission(reach={Role.AREA: Reach.OWN, Role.OPERATOR: Reach.ALL})

MARKET: Final = "/v1/markets/{market}"

PERMISSIONS: Final[Mapping[tuple[str, str], Permission]] = {
    ("POST", "/v1/token"): _PUBLIC,
    # The code is what lets in.
    ("POST", "/v1/enrol"): _PUBLIC,
    ("GET", "/v1/clients"): _OWN,
    ("POST", "/v1/clients/{client_id}:rotate"): _OWN,
    ("POST", "/v1/clients/{client_id}:revoke"): _OWN,
    ("GET", "/v1/me/limits"): _OWN,
    # What is shown there lets in, and only from the site's own pages.
    ("POST", "/v1/session:passkey-options"): _PUBLIC,
    ("POST", "/v1/session:passkey"): _PUBLIC,
    ("POST", "/v1/session:password"): _PUBLIC,
    ("POST", "/v1/people:enrol-options"): _PUBLIC,
    ("POST", "/v1/people:enrol"): _PUBLIC,
    # One's own session and self; who has come with a token has neither (404).
    ("GET", "/v1/session"): _OWN,
    ("DELETE", "/v1/session"): _OWN,
    ("POST", "/v1/session:step-up-options"): _OWN,
    ("POST", "/v1/session:step-up"): _OWN,
    ("POST", "/v1/stream-tickets"): _OWN,
    ("GET", "/v1/people/me"): _OWN,
    ("PATCH", "/v1/people/me"): _OWN,
    ("GET", "/v1/people/me/passkeys"): _OWN,
    ("POST", "/v1/people/me/passkeys:options"): _OWN,
    ("POST", "/v1/people/me/passkeys"): _OWN,
    ("DELETE", "/v1/people/me/passkeys/{passkey_id}"): _OWN,
    ("POST", "/v1/people/me:password-options"): _OWN,
    ("POST", "/v1/people/me:password"): _OWN,
    ("GET", "/v1/people"): _OPERATOR,
    ("POST", "/v1/people/{person_id}:revoke"): _OPERATOR,
    ("GET", "/v1/health"): _PUBLIC,
    ("GET", "/v1/clock"): _PUBLIC,
    ("GET", "/v1/system"): _OPERATOR,
    ("GET", "/metrics"): _OPERATOR,
    ("POST", "/v1/clock:start"): _OPERATOR,
    ("GET", "/v1/markets"): _PUBLIC,
    ("POST", "/v1/markets"): _OPERATOR,
    ("GET", MARKET): _PUBLIC,
    ("POST", f"{MARKET}/participants:batch"): _OPERATOR,
    ("POST", f"{MARKET}/units:batch"): _OPERATOR,
    ("POST", f"{MARKET}/deposits:batch"): _OPERATOR,
    ("POST", f"{MARKET}/clients:batch"): _OPERATOR,
    ("POST", f"{MARKET}/enrolments"): _OWN,
    ("GET", f"{MARKET}/enrolments"): _OWN,
    ("POST", f"{MARKET}/enrolments/{{enrolment_id}}:revoke"): _OWN,
    ("GET", f"{MARKET}/suspensions"): _OPERATOR,
    ("POST", f"{MARKET}/participants/{{participant_id}}:suspend"): _OPERATOR,
    ("POST", f"{MARKET}/participants/{{participant_id}}:unsuspend"): _OPERATOR,
    ("GET", f"{MARKET}/participants"): _MEMBERS,
    ("GET", f"{MARKET}/participants:overview"): _OPERATOR,
    ("GET", f"{MARKET}/units"): _OWN,
    ("GET", f"{MARKET}/units:overview"): _AREA_SEEN,
    ("POST", f"{MARKET}/orders"): _PARTICIPANT,
    ("POST", f"{MARKET}/orders:batch"): _PARTICIPANT,
    ("POST", f"{MARKET}/orders:cancel"): _PARTICIPANT,
    ("POST", f"{MARKET}/orders:basket"): _PARTICIPANT,
    ("POST", f"{MARKET}/orders:block"): _PARTICIPANT,
    ("POST", f"{MARKET}/orders:hibernate"): _PARTICIPANT,
    ("POST", f"{MARKET}/orders:activate"): _PARTICIPANT,
    ("POST", f"{MARKET}/orders/{{order_id}}:replace"): _PARTICIPANT,
    ("POST", f"{MARKET}/me/orders:delete"): _PARTICIPANT,
    ("POST", f"{MARKET}/me/orders:cancel-after"): _PARTICIPANT,
    ("POST", f"{MARKET}/me/orders:deactivate"): _PARTICIPANT,
    ("POST", f"{MARKET}/units/{{unit_id}}:out-of-service"): _PARTICIPANT_SEEN,
    ("POST", f"{MARKET}/units/{{unit_id}}:in-service"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/outages"): _PARTICIPANT_SEEN,
    ("POST", f"{MARKET}/units/{{unit_id}}:state"): Permission(
        reach={Role.AREA: Reach.OWN, Role.DEVICE: Reach.OWN}
    ),
    ("POST", f"{MARKET}/mandates"): _PARTICIPANT,
    ("GET", f"{MARKET}/mandates"): _PARTICIPANT_SEEN,
    ("POST", f"{MARKET}/mandates/{{mandate_id}}:revoke"): _PARTICIPANT,
    ("PUT", f"{MARKET}/me/trading-limits"): _PARTICIPANT,
    ("GET", f"{MARKET}/me/trading-limits"): _PARTICIPANT,
    ("GET", f"{MARKET}/stops"): _PARTICIPANT_SEEN,
    ("POST", f"{MARKET}/stops"): _OPERATOR,
    ("POST", f"{MARKET}/stops:release"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/recalls"): _PARTICIPANT_SEEN,
    ("POST", f"{MARKET}/recalls"): _PARTICIPANT_SEEN,
    ("POST", f"{MARKET}/recalls:decide"): _OPERATOR,
    ("GET", f"{MARKET}/audit"): _OPERATOR,
    ("POST", f"{MARKET}/audit:verify"): _OPERATOR,
    ("DELETE", f"{MARKET}/orders/{{order_id}}"): _PARTICIPANT,
    ("GET", f"{MARKET}/orders"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/orders/{{order_id}}"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/orders/{{order_id}}/explanation"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/orders:explain"): _PARTICIPANT,
    ("POST", f"{MARKET}/listings"): _PARTICIPANT,
    ("GET", f"{MARKET}/listings"): _PUBLIC,
    ("GET", f"{MARKET}/listings/{{listing_id}}"): _PUBLIC,
    ("POST", f"{MARKET}/listings/{{listing_id}}:take"): _PARTICIPANT,
    ("DELETE", f"{MARKET}/listings/{{listing_id}}"): _PARTICIPANT,
    ("POST", f"{MARKET}/inquiries"): _PARTICIPANT,
    ("GET", f"{MARKET}/inquiries"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/inquiries/{{inquiry_id}}"): _PARTICIPANT_SEEN,
    ("DELETE", f"{MARKET}/inquiries/{{inquiry_id}}"): _PARTICIPANT,
    ("POST", f"{MARKET}/inquiries/{{inquiry_id}}:decline"): _PARTICIPANT,
    ("POST", f"{MARKET}/inquiries/{{inquiry_id}}/quotes"): _PARTICIPANT,
    ("GET", f"{MARKET}/quotes"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/quotes/{{quote_id}}"): _PARTICIPANT_SEEN,
    ("POST", f"{MARKET}/quotes/{{quote_id}}:accept"): _PARTICIPANT,
    ("DELETE", f"{MARKET}/quotes/{{quote_id}}"): _PARTICIPANT,
    ("POST", f"{MARKET}/contracts"): _PARTICIPANT,
    ("GET", f"{MARKET}/contracts"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/contracts/{{contract_id}}"): _PARTICIPANT_SEEN,
    ("POST", f"{MARKET}/contracts/{{contract_id}}:confirm"): _PARTICIPANT,
    ("POST", f"{MARKET}/contracts/{{contract_id}}:decline"): _PARTICIPANT,
    ("DELETE", f"{MARKET}/contracts/{{contract_id}}"): _PARTICIPANT,
    ("POST", f"{MARKET}/standing-orders"): _PARTICIPANT,
    ("GET", f"{MARKET}/standing-orders"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/standing-orders/{{rule_id}}"): _PARTICIPANT_SEEN,
    ("DELETE", f"{MARKET}/standing-orders/{{rule_id}}"): _PARTICIPANT,
    ("POST", f"{MARKET}/forecasts:batch"): _PARTICIPANT,
    ("GET", f"{MARKET}/forecasts"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/trades"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/positions"): _MEMBERS,
    ("GET", f"{MARKET}/areas/{{area_id}}/trades"): _PUBLIC,
    ("GET", f"{MARKET}/depth"): _PUBLIC,
    ("GET", f"{MARKET}/book:at"): _OPERATOR,
    ("GET", f"{MARKET}/prices"): _PUBLIC,
    ("GET", f"{MARKET}/intervals"): _PUBLIC,
    ("GET", f"{MARKET}/curves"): _PUBLIC,
    ("GET", f"{MARKET}/sessions"): _PUBLIC,
    ("GET", f"{MARKET}/sessions/timeline"): _OPERATOR,
    ("GET", f"{MARKET}/clearing-runs"): _PUBLIC,
    ("GET", f"{MARKET}/clearing-runs/{{run_id}}"): _PUBLIC,
    ("POST", f"{MARKET}/clearing-runs/{{run_id}}:verify"): _OPERATOR,
    ("POST", f"{MARKET}/clearing-runs/{{run_id}}:what-if"): _OPERATOR,
    ("GET", f"{MARKET}/blocks"): _OPERATOR,
    ("GET", f"{MARKET}/account"): _PARTICIPANT,
    ("GET", f"{MARKET}/account/devices"): _PARTICIPANT,
    ("GET", f"{MARKET}/account/home"): _PARTICIPANT,
    ("GET", f"{MARKET}/account/energy"): _PARTICIPANT,
    ("GET", f"{MARKET}/account/alerts"): _PARTICIPANT,
    ("POST", f"{MARKET}/account/alerts:read"): _PARTICIPANT,
    ("GET", f"{MARKET}/account/alert-settings"): _PARTICIPANT,
    ("PUT", f"{MARKET}/account/alert-settings"): _PARTICIPANT,
    ("POST", f"{MARKET}/messages"): _OPERATOR,
    ("GET", f"{MARKET}/messages"): _MEMBERS,
    ("POST", f"{MARKET}/messages/{{message_id}}:withdraw"): _OPERATOR,
    ("GET", f"{MARKET}/messages/{{message_id}}/readers"): _OPERATOR,
    ("GET", f"{MARKET}/account/statement"): _PARTICIPANT,
    ("GET", f"{MARKET}/account/settlement"): _PARTICIPANT,
    ("GET", f"{MARKET}/account/certificates"): _PARTICIPANT,
    ("GET", f"{MARKET}/account/certificates/statement"): _PARTICIPANT,
    ("GET", f"{MARKET}/certificates"): _OPERATOR,
    ("GET", f"{MARKET}/certificates/acts"): _PARTICIPANT_SEEN,
    ("POST", f"{MARKET}/certificates:move"): _PARTICIPANT_SEEN,
    ("POST", f"{MARKET}/certificates:retire"): _PARTICIPANT_SEEN,
    ("POST", f"{MARKET}/certificates:export"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/green-share"): _PUBLIC,
    ("GET", f"{MARKET}/account/collateral"): _PARTICIPANT,
    ("POST", f"{MARKET}/account/collateral:put-down"): _PARTICIPANT,
    ("POST", f"{MARKET}/account/collateral:take-back"): _PARTICIPANT,
    ("GET", f"{MARKET}/collateral"): _OPERATOR,
    ("PUT", f"{MARKET}/participants/{{participant_id}}/credit-limit"): _OPERATOR,
    ("GET", f"{MARKET}/credit-limits"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/margin-calls"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/setpoints"): _MEMBERS,
    ("POST", f"{MARKET}/measurements:batch"): Permission(
        reach={Role.AREA: Reach.OWN, Role.DEVICE: Reach.OWN}
    ),
    ("POST", f"{MARKET}/measurements:file"): Permission(
        reach={Role.AREA: Reach.OWN, Role.DEVICE: Reach.OWN}
    ),
    ("GET", f"{MARKET}/measurements"): _MEMBERS,
    ("GET", f"{MARKET}/measurements:gaps"): _MEMBERS,
    ("GET", f"{MARKET}/deviations"): _AREA_SEEN,
    ("POST", f"{MARKET}/networks"): _OPERATOR,
    ("GET", f"{MARKET}/networks"): _AREA_SEEN,
    ("GET", f"{MARKET}/grid-checks"): _AREA_SEEN,
    ("GET", f"{MARKET}/power-flow"): _AREA_SEEN,
    ("GET", f"{MARKET}/activations"): _AREA_SEEN,
    ("GET", f"{MARKET}/burdens"): _MEMBERS,
    ("GET", f"{MARKET}/units/{{unit_id}}/explanation"): _MEMBERS,
    ("GET", f"{MARKET}/system"): _PUBLIC,
    ("GET", f"{MARKET}/sums"): _PUBLIC,
    ("GET", f"{MARKET}/reliability"): _AREA_SEEN,
    ("GET", f"{MARKET}/reach"): _AREA_SEEN,
    ("POST", f"{MARKET}/areas/{{area_id}}:report"): Permission(reach={Role.AREA: Reach.OWN}),
    ("POST", f"{MARKET}/acts"): _AREA_SEEN,
    ("POST", f"{MARKET}/acts/{{act_id}}:approve"): _OPERATOR,
    ("GET", f"{MARKET}/acts"): _AREA_SEEN,
    ("GET", f"{MARKET}/acts:standing"): _AREA_SEEN,
    ("GET", f"{MARKET}/curtailments"): _MEMBERS,
    ("GET", f"{MARKET}/approvals"): _OPERATOR,
    ("POST", f"{MARKET}/alarms"): Permission(reach={Role.AREA: Reach.OWN, Role.DEVICE: Reach.OWN}),
    ("GET", f"{MARKET}/alarms"): Permission(
        reach={Role.AREA: Reach.OWN, Role.DEVICE: Reach.OWN, Role.OPERATOR: Reach.ALL}
    ),
    ("POST", f"{MARKET}/alarms/{{alarm_id}}:acknowledge"): _OPERATOR,
    ("POST", f"{MARKET}/alarms/{{alarm_id}}:comment"): _OPERATOR,
    ("POST", f"{MARKET}/alarms/{{alarm_id}}:close"): _OPERATOR,
    ("GET", f"{MARKET}/ledger"): _OPERATOR,
    ("POST", f"{MARKET}/bills:draft"): _OPERATOR,
    ("POST", f"{MARKET}/bills:issue"): _OPERATOR,
    ("GET", f"{MARKET}/bills"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/bills/{{bill_id}}"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/bills/{{bill_id}}/page"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/bills/{{bill_id}}/details"): _PARTICIPANT_SEEN,
    ("POST", f"{MARKET}/bills/{{bill_id}}/disputes"): _PARTICIPANT,
    ("GET", f"{MARKET}/cases"): _PARTICIPANT_SEEN,
    ("POST", f"{MARKET}/cases"): _PARTICIPANT_SEEN,
    ("POST", f"{MARKET}/cases/{{case_id}}:note"): _OPERATOR,
    ("POST", f"{MARKET}/cases/{{case_id}}:resolve"): _OPERATOR,
    ("POST", f"{MARKET}/cases/{{case_id}}:reopen"): _PARTICIPANT_SEEN,
    ("POST", f"{MARKET}/cases/{{case_id}}:rate"): _PARTICIPANT,
    ("GET", f"{MARKET}/service-indicators"): _OPERATOR,
    ("GET", f"{MARKET}/cases/{{case_id}}"): _PARTICIPANT_SEEN,
    ("POST", f"{MARKET}/cases/{{case_id}}:take"): _OPERATOR,
    ("POST", f"{MARKET}/cases/{{case_id}}:comment"): _PARTICIPANT_SEEN,
    ("POST", f"{MARKET}/cases/{{case_id}}:withdraw"): _PARTICIPANT,
    ("POST", f"{MARKET}/cases/{{case_id}}:decide"): _OPERATOR,
    ("POST", f"{MARKET}/payments:file"): _OPERATOR,
    ("POST", f"{MARKET}/payments:send"): _OPERATOR,
    ("POST", f"{MARKET}/payments:collect"): _OPERATOR,
    ("GET", f"{MARKET}/payments/reconciliation"): _OPERATOR,
    ("GET", f"{MARKET}/payments"): _PARTICIPANT_SEEN,
    ("POST", f"{MARKET}/payments/{{bank_id}}:assign"): _OPERATOR,
    ("POST", f"{MARKET}/payments/{{bank_id}}:return"): _OPERATOR,
    ("GET", f"{MARKET}/payment-files/{{file_id}}"): _OPERATOR,
    ("POST", f"{MARKET}/account/withdrawals"): _PARTICIPANT,
    ("GET", f"{MARKET}/withdrawals"): _PARTICIPANT_SEEN,
    ("POST", f"{MARKET}/withdrawals/{{withdrawal_id}}:cancel"): _PARTICIPANT,
    ("POST", f"{MARKET}/withdrawals/{{withdrawal_id}}:approve"): _OPERATOR,
    ("POST", f"{MARKET}/withdrawals/{{withdrawal_id}}:refuse"): _OPERATOR,
    ("POST", f"{MARKET}/withdrawals/{{withdrawal_id}}:reject"): _OPERATOR,
    ("POST", f"{MARKET}/guarantee-fund:deposit"): _OPERATOR,
    ("POST", f"{MARKET}/defaults"): _OPERATOR,
    ("GET", f"{MARKET}/defaults"): _OPERATOR,
    ("GET", f"{MARKET}/defaults/claims"): _OPERATOR,
    ("GET", f"{MARKET}/ledger/trial-balance"): _OPERATOR,
    ("GET", f"{MARKET}/ledger/postings"): _OPERATOR,
    ("POST", f"{MARKET}/settlement-runs"): _OPERATOR,
    ("GET", f"{MARKET}/settlement-runs"): _OPERATOR,
    ("GET", f"{MARKET}/settlement-runs/{{run_id}}/differences"): _OPERATOR,
    ("GET", f"{MARKET}/settlement-runs/{{run_id}}/lines"): _OPERATOR,
    ("POST", f"{MARKET}/balance-groups"): _OPERATOR,
    ("GET", f"{MARKET}/balance-groups"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/settled-months"): _PARTICIPANT_SEEN,
    ("GET", f"{MARKET}/report"): _OPERATOR,
    **{
        ("GET", f"{MARKET}/reports/{period}{of}"): _OPERATOR
        for period in ("day", "month")
        for of in ("", "/page", "/{table}")
    },
    # The first message of the stream authenticates; each channel is checked in `stream/hub.py`.
    ("WEBSOCKET", f"{MARKET}/stream"): _PUBLIC,
    # Public channels only.
    ("GET", f"{MARKET}/events"): _PUBLIC,
    # The description, the pages for people, the console.
    ("GET", "/v1/openapi.json"): _PUBLIC,
    ("GET", "/v1/asyncapi.json"): _PUBLIC,
    ("GET", "/problems/{code}"): _PUBLIC,
    ("GET", "/"): _PUBLIC,
    ("GET", "/{path:path}"): _PUBLIC,
}


class Channel(StrEnum):
    """Channels of the stream."""

    MARKET = "market"
    TRADES = "trades"
    AREA = "area"
    UNIT = "unit"
    ACCOUNT = "account"
    BOOK = "book"
    LISTINGS = "listings"
    ALARMS = "alarms"
    MESSAGES = "messages"


CHANNELS: Final[Mapping[Channel, Permission]] = {
    Channel.MARKET: _PUBLIC,
    Channel.TRADES: _PUBLIC,
    Channel.AREA: _AREA_SEEN,
    Channel.UNIT: Permission(
        reach={
            Role.PARTICIPANT: Reach.OWN,
            Role.DEVICE: Reach.OWN,
            Role.AREA: Reach.OWN,
            Role.OPERATOR: Reach.ALL,
        }
    ),
    Channel.ACCOUNT: _PARTICIPANT,
    Channel.BOOK: _PUBLIC,
    Channel.LISTINGS: _PARTICIPANT_SEEN,
    Channel.ALARMS: _OPERATOR,
    Channel.MESSAGES: _PUBLIC,
}
