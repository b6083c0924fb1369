"""Listings and contracts from the command line.

The one idea: a person sees what is offered, takes some of it, and answers a contract; whatever has more to
say is a program's, through the client. Every answer is a JSON object a line.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from wattmarket.client import Client

PATIENCE_S = 5.0
"""A person waits at the command line: a server that is not there is said soon."""
DEFAULT_URL = "http://localhost:8000"

listings_app = typer.Typer(help="Listings: see, post, take, withdraw.", no_args_is_help=True)
contracts_app = typer.Typer(help="Contracts: see and answer.", no_args_is_help=True)

Url = Annotated[str, typer.Option("--url", envvar="WATTMARKET_URL", help="The server.")]
Credentials = Annotated[Path, typer.Option(help="Who asks: a file of credentials.")]
MaybeCredentials = Annotated[Path | None, typer.Option(help="Who asks; else the public.")]
Name = Annotated[str | None, typer.Option(help="Whose, where the file holds several.")]
Market = Annotated[str | None, typer.Option(help="Market id; else as the credentials say.")]
Unit = Annotated[str, typer.Option(help="The unit that delivers or takes.")]
Start = Annotated[str, typer.Option(help="Start of the delivery interval, RFC 3339.")]
Energy = Annotated[str, typer.Option(help="kWh, at most 3 decimals.")]


def _client(url: str, credentials: Path | None, name: str | None, market: str | None) -> "Client":
    from wattmarket.client import Client

    return Client(url, market=market, credentials=credentials, name=name, patience_s=PATIENCE_S)


def _lines(records: Iterable[Mapping[str, Any]]) -> None:
    for record in records:
        typer.echo(json.dumps(record, ensure_ascii=False))


@listings_app.command("list")
def list_listings(
    credentials: MaybeCredentials = None,
    name: Name = None,
    market: Market = None,
    area: Annotated[str | None, typer.Option(help="One area.")] = None,
    near: Annotated[str | None, typer.Option(help="Listings of this area first.")] = None,
    side: Annotated[str | None, typer.Option(help="buy or sell.")] = None,
    price_max: Annotated[str | None, typer.Option(help="At this price per MWh or below.")] = None,
    green: Annotated[bool | None, typer.Option(help="Renewable energy, or other.")] = None,
    start: Annotated[str | None, typer.Option(help="With something left then.")] = None,
    mine: Annotated[bool, typer.Option(help="One's own only.")] = False,
    url: Url = DEFAULT_URL,
) -> None:
    """Print the listings one may take, one JSON object a line."""
    with _client(url, credentials, name, market) as client:
        found = client.listings.list(
            area_id=area,
            near_area_id=near,
            side=side,
            price_max_per_mwh=price_max,
            green=green,
            start=start,
            mine=mine,
        )
        _lines(found)


@listings_app.command()
def post(
    side: Annotated[str, typer.Argument(help="sell, or buy for a demand.")],
    unit: Unit,
    start: Start,
    energy: Energy,
    price: Annotated[str, typer.Option(help="Per MWh, at the unit's own area.")],
    credentials: Credentials,
    name: Name = None,
    market: Market = None,
    own_id: Annotated[str | None, typer.Option(help="Your own name for it.")] = None,
    minimum: Annotated[str | None, typer.Option(help="Least kWh one may take.")] = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Offer energy of one interval to whoever takes it."""
    with _client(url, credentials, name, market) as client:
        listing = client.listings.post(
            unit_id=unit,
            side=side,
            price_per_mwh=price,
            legs=[{"start": start, "energy_kwh": energy}],
            client_listing_id=own_id,
            minimum_kwh=minimum,
        )
        _lines([listing])


@listings_app.command()
def take(
    listing_id: Annotated[str, typer.Argument(help="lst-...")],
    unit: Unit,
    start: Start,
    energy: Energy,
    credentials: Credentials,
    name: Name = None,
    market: Market = None,
    own_id: Annotated[str | None, typer.Option(help="Your own name for it.")] = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Take energy of one interval of a listing."""
    with _client(url, credentials, name, market) as client:
        taken = client.listings.take(
            listing_id,
            unit_id=unit,
            legs=[{"start": start, "energy_kwh": energy}],
            client_take_id=own_id,
        )
        _lines([taken])


@listings_app.command()
def withdraw(
    listing_id: Annotated[str, typer.Argument(help="lst-...")],
    credentials: Credentials,
    name: Name = None,
    market: Market = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Take back what is left of a listing."""
    with _client(url, credentials, name, market) as client:
        _lines([client.listings.withdraw(listing_id)])


@contracts_app.command("list")
def list_contracts(
    credentials: Credentials,
    name: Name = None,
    market: Market = None,
    state: Annotated[str | None, typer.Option(help="proposed, confirmed, ...")] = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Print the contracts one is a party of, one JSON object a line."""
    with _client(url, credentials, name, market) as client:
        _lines(client.contracts.list(state=state))


@contracts_app.command()
def confirm(
    contract_id: Annotated[str, typer.Argument(help="con-...")],
    credentials: Credentials,
    name: Name = None,
    market: Market = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Agree to a contract: that makes the trades."""
    with _client(url, credentials, name, market) as client:
        _lines([client.contracts.confirm(contract_id)])


@contracts_app.command()
def decline(
    contract_id: Annotated[str, typer.Argument(help="con-...")],
    credentials: Credentials,
    name: Name = None,
    market: Market = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Do not agree to a contract."""
    with _client(url, credentials, name, market) as client:
        _lines([client.contracts.decline(contract_id)])
