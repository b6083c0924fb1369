"""Mandates from the command line: let another participant trade one's units, and end it."""

from typing import Annotated

import typer

from wattmarket.terminal import DEFAULT_URL, Credentials, Market, Name, Url, opened, tell

mandates_app = typer.Typer(help="Mandates: grant, revoke, list.", no_args_is_help=True)


@mandates_app.command()
def grant(
    agent: Annotated[str, typer.Argument(help="The participant who may trade.")],
    credentials: Credentials,
    begin: Annotated[str, typer.Option("--from", help="First delivery interval, RFC 3339.")],
    until: Annotated[str, typer.Option(help="End of the last one, RFC 3339.")],
    unit: Annotated[
        list[str] | None, typer.Option(help="One's unit; again for more; none: all.")
    ] = None,
    energy_max: Annotated[str | None, typer.Option(help="Most kWh of one order.")] = None,
    value_max: Annotated[str | None, typer.Option(help="Most money of one order.")] = None,
    own_id: Annotated[str | None, typer.Option(help="Your own name for it.")] = None,
    name: Name = None,
    market: Market = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Let another participant trade one's units."""
    with opened(url, credentials, name, market) as client:
        mandate = client.mandates.grant(
            agent,
            from_=begin,
            until=until,
            unit_ids=unit or (),
            energy_kwh_max=energy_max,
            value_max=value_max,
            client_mandate_id=own_id,
        )
    tell([mandate])


@mandates_app.command()
def revoke(
    mandate_id: Annotated[str, typer.Argument(help="man-...")],
    credentials: Credentials,
    name: Name = None,
    market: Market = None,
    url: Url = DEFAULT_URL,
) -> None:
    """End a mandate at once, and cancel what rests of it."""
    with opened(url, credentials, name, market) as client:
        tell([client.mandates.revoke(mandate_id)])


@mandates_app.command("list")
def list_mandates(
    credentials: Credentials,
    name: Name = None,
    market: Market = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Print the mandates one gave or got, one JSON object a line."""
    with opened(url, credentials, name, market) as client:
        tell(client.mandates.list())
