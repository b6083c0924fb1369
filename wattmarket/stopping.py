"""Stops from the command line: one person stops, two release."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from wattmarket.terminal import DEFAULT_URL, NO, Credentials, Market, Name, Url, opened, tell

OPERATOR_FILE = Path("var/credentials/operator.json")

Kind = Annotated[str, typer.Argument(help="kill or halt.")]
Scope = Annotated[str, typer.Argument(help="client, participant, unit, area, interval or market.")]
Key = Annotated[str, typer.Argument(help="Which; an interval by the UTC second of its start.")]
MarketId = Annotated[str, typer.Option(help="Market id.")]


def stop(
    kind: Kind,
    scope: Scope,
    reason: Annotated[str, typer.Option(help="Kept, and seen by whom it concerns.")],
    market: MarketId,
    key: Key = "",
    credentials: Credentials = OPERATOR_FILE,
    url: Url = DEFAULT_URL,
) -> None:
    """Stop trading at once (operators): kill cancels what is open, halt lets cancels through."""
    with opened(url, credentials, None, market) as client:
        tell([client.stops.make(kind, scope, key, reason=reason)])


def release(
    kind: Kind,
    scope: Scope,
    key: Key = "",
    credentials: Credentials = OPERATOR_FILE,
    name: Name = None,
    market: Market = None,
    url: Url = DEFAULT_URL,
) -> None:
    """End a stop. Exit 1: it holds until a second operator says the same."""
    with opened(url, credentials, name, market) as client:
        answer = client.stops.release(kind, scope, key)
    tell([answer])
    if not answer["released"]:
        raise typer.Exit(NO)


def stops(
    credentials: Credentials = OPERATOR_FILE,
    name: Name = None,
    market: Market = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Print the stops that hold, one JSON object a line."""
    with opened(url, credentials, name, market) as client:
        tell(client.stops.list())


COMMANDS: tuple[Callable[..., None], ...] = (stop, release, stops)
