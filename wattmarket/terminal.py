"""What commands of a member share: who asks, and an answer as one JSON object a line."""

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
NO = 1
"""Exit code: done, and the answer is no for some."""

Url = Annotated[str, typer.Option("--url", envvar="WATTMARKET_URL", help="The server.")]
Credentials = Annotated[Path, typer.Option(help="Who asks: a file of credentials.")]
Name = Annotated[str | None, typer.Option(help="Whose, where the file holds several.")]
Market = Annotated[str | None, typer.Option(help="Market id; else as the credentials say.")]


def opened(url: str, credentials: Path, name: str | None, market: str | None) -> "Client":
    """A client that does not wait long."""
    from wattmarket.client import Client

    return Client(url, market=market, credentials=credentials, name=name, patience_s=PATIENCE_S)


def tell(records: Iterable[Mapping[str, Any]]) -> None:
    """Each record as a line of JSON."""
    for record in records:
        typer.echo(json.dumps(record, ensure_ascii=False))
