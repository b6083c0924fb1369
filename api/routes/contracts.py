"""Bilateral contracts: propose, confirm, decline, withdraw."""

from typing import Final

from sqlalchemy import Connection
from starlette.responses import Response

from api.access.permissions import MARKET
from api.access.throttle import Kind
from api.answers import offers as offer_answers
from api.answers.values import Answer
from api.call import PAGE, Address, Call, QueryField, answer
from api.incoming.offers import ContractIn
from api.lists import Found, answer_list
from api.routes.wishes import done, made, path_id, sender, viewer
from api.wire import fields
from api.wire.errors import refuse
from market.model.contract import (
    ConfirmContract,
    ContractState,
    DeclineContract,
    RegisterContract,
    WithdrawContract,
)
from market.model.rejection import Code
from market.store import queries


def _contract_id(call: Call) -> str:
    return path_id(call, "contract_id", Code.CONTRACT_UNKNOWN)


async def _contract(call: Call, contract_id: str) -> Answer:
    who = viewer(call)
    page = await call.stored(
        lambda connection, market_id: queries.contracts(
            connection, market_id, participant_id=who, contract_id=contract_id, limit=1
        )
    )
    if not page.items:
        raise refuse(Code.CONTRACT_UNKNOWN)
    return offer_answers.contract(page.items[0], call.market.rules.interval_minutes, who)


async def register_contract(call: Call) -> Response:
    """Propose a contract to another unit's owner: 201, or 200 for a harmless repeat."""
    wanted = await call.read(ContractIn)
    command = RegisterContract(
        **sender(call), client_contract_id=wanted.client_contract_id, terms=wanted.terms()
    )
    return await made(call, command, _contract)


async def get_contract(call: Call) -> Response:
    """One contract, as its parties see it."""
    return answer(await _contract(call, _contract_id(call)))


async def list_contracts(call: Call) -> Response:
    """Contracts one is a party of, in the order registered."""
    who, minutes = viewer(call), call.market.rules.interval_minutes
    state = call.query.get("state")

    def read(connection: Connection, market_id: str, cursor: str | None, limit: int) -> Found:
        page = queries.contracts(
            connection, market_id, participant_id=who, state=state, cursor=cursor, limit=limit
        )
        return [offer_answers.contract(view, minutes, who) for view in page.items], page.next_cursor

    return await answer_list(call, "contracts", (), read)


async def confirm_contract(call: Call) -> Response:
    """Agree: the contract is traded, whole or not at all. Doing it again is harmless."""
    command = ConfirmContract(**sender(call), contract_id=_contract_id(call))
    return await done(call, command, _contract)


async def decline_contract(call: Call) -> Response:
    """Do not agree."""
    command = DeclineContract(**sender(call), contract_id=_contract_id(call))
    return await done(call, command, _contract)


async def withdraw_contract(call: Call) -> Response:
    """Take a proposal back before it is confirmed."""
    command = WithdrawContract(**sender(call), contract_id=_contract_id(call))
    return await done(call, command, _contract)


ADDRESSES: Final = (
    Address(
        method="POST",
        path=f"{MARKET}/contracts",
        handler=register_contract,
        about="Propose a contract to the owner of another unit",
        body=ContractIn,
        budget=Kind.NEW,
        created=True,
    ),
    Address(
        method="GET",
        path=f"{MARKET}/contracts",
        handler=list_contracts,
        about="Contracts one is a party of",
        query=(
            QueryField(
                name="state",
                read=lambda text: fields.one_of(ContractState, text),
                about="One state",
            ),
            *PAGE,
        ),
    ),
    Address(
        method="GET",
        path=f"{MARKET}/contracts/{{contract_id}}",
        handler=get_contract,
        about="One contract",
    ),
    Address(
        method="POST",
        path=f"{MARKET}/contracts/{{contract_id}}:confirm",
        handler=confirm_contract,
        about="Agree to a contract: that makes the trades",
        budget=Kind.NEW,
    ),
    Address(
        method="POST",
        path=f"{MARKET}/contracts/{{contract_id}}:decline",
        handler=decline_contract,
        about="Do not agree to a contract",
    ),
    Address(
        method="DELETE",
        path=f"{MARKET}/contracts/{{contract_id}}",
        handler=withdraw_contract,
        about="Take a proposed contract back",
    ),
)
