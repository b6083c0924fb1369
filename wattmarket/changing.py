"""Open orders from the command line: change, let sleep, wake, cancel, give up.

The one idea: what a person needs in a hurry takes one word and no file; every answer is a JSON object a
line, and an order that could not be changed makes the exit code 1.
"""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from wattmarket.terminal import DEFAULT_URL, NO, Credentials, Market, Name, Url, opened, tell

OrderIds = Annotated[list[str], typer.Argument(help="ord-...")]
For = Annotated[str | None, typer.Option(help="The owner for whom one acts under a mandate.")]


def replace(
    order_id: Annotated[str, typer.Argument(help="ord-...")],
    credentials: Credentials,
    revision: Annotated[int, typer.Option(help="The revision you know; 1 until it is changed.")],
    price: Annotated[str | None, typer.Option(help="The new price per MWh.")] = None,
    energy: Annotated[
        str | None, typer.Option(help="The new kWh; less alone keeps the place.")
    ] = None,
    name: Name = None,
    market: Market = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Change price or energy of an open order."""
    with opened(url, credentials, name, market) as client:
        changed = client.orders.replace(
            order_id, revision=revision, price_per_mwh=price, energy_kwh=energy
        )
    tell([changed])


def hibernate(
    order_ids: OrderIds,
    credentials: Credentials,
    name: Name = None,
    market: Market = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Take orders out of continuous trading for a while. Exit 1: some could not be."""
    with opened(url, credentials, name, market) as client:
        _tell_each(client.orders.hibernate(order_ids))


def activate(
    order_ids: OrderIds,
    credentials: Credentials,
    name: Name = None,
    market: Market = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Bring orders back, or confirm those that wait for it. Exit 1: some could not be."""
    with opened(url, credentials, name, market) as client:
        _tell_each(client.orders.activate(order_ids))


def cancel(
    order_ids: OrderIds,
    credentials: Credentials,
    on_behalf_of: For = None,
    name: Name = None,
    market: Market = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Cancel orders. Exit 1: some could not be."""
    with opened(url, credentials, name, market) as client:
        _tell_each(client.orders.cancel_many(order_ids, on_behalf_of=on_behalf_of))


def cancel_all(
    credentials: Credentials,
    unit: Annotated[str | None, typer.Option(help="Those of one unit only.")] = None,
    name: Name = None,
    market: Market = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Cancel all one's open orders."""
    with opened(url, credentials, name, market) as client:
        tell([{"cancelled": client.orders.cancel_all(unit_id=unit)}])


def cancel_after(
    seconds: Annotated[int, typer.Argument(help="Real seconds, at most 3600; 0: no longer.")],
    credentials: Credentials,
    name: Name = None,
    market: Market = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Cancel all one's orders unless this is said again in time."""
    with opened(url, credentials, name, market) as client:
        tell([client.orders.cancel_after(seconds)])


def deactivate(
    credentials: Credentials,
    reason: Annotated[str, typer.Option(help="Kept with the stop.")],
    scope: Annotated[str, typer.Option(help="participant, unit or client.")] = "participant",
    key: Annotated[str | None, typer.Option(help="Which unit or client.")] = None,
    name: Name = None,
    market: Market = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Stop one's own trading at once, and cancel what is open."""
    with opened(url, credentials, name, market) as client:
        tell([client.orders.deactivate(reason=reason, scope=scope, key=key)])


COMMANDS: tuple[Callable[..., None], ...] = (
    replace,
    hibernate,
    activate,
    cancel,
    cancel_all,
    cancel_after,
    deactivate,
)
"""Commands of `wattmarket orders`."""


def _tell_each(rows: list[dict[str, Any]]) -> None:
    tell(rows)
    if any(row["status"] == "rejected" for row in rows):
        raise typer.Exit(NO)
