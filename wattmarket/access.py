"""Access from the command line: one-time codes, new secrets, revocation, limits.

The one idea: a secret is written to a file that only its owner can read, never to the screen; a code,
which is good once and not for long, is what people hand each other.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wattmarket.errors import UsageError

if TYPE_CHECKING:
    from wattmarket.client import Client

HOUR_S = 3_600
PATIENCE_S = 5.0
"""A person waits at the command line: a server that is not there is said soon."""
OWNER_ONLY = 0o600
PAGES = {"operator": "console", "area": "console", "participant": "portal"}
"""Where people of a role are at home; a device is nobody."""

access_app = typer.Typer(help="Credentials: codes, secrets, limits.", no_args_is_help=True)

Url = Annotated[str, typer.Option("--url", envvar="WATTMARKET_URL", help="The server.")]
Credentials = Annotated[Path, typer.Option(help="Who asks: a file of credentials.")]
Name = Annotated[str | None, typer.Option(help="Whose, where the file holds several.")]
Market = Annotated[str | None, typer.Option(help="Market id; else as the credentials say.")]
Out = Annotated[Path, typer.Option(help="The file for the new credentials; must not exist.")]
DEFAULT_URL = "http://localhost:8000"


def _client(url: str, credentials: Path | None, name: str | None, market: str | None) -> "Client":
    from wattmarket.client import Client

    return Client(url, market=market, credentials=credentials, name=name, patience_s=PATIENCE_S)


@access_app.command()
def code(
    role: Annotated[str, typer.Argument(help="participant, device, area or operator.")],
    key: Annotated[
        str | None, typer.Argument(help="Which participant, unit or area; an operator: none.")
    ] = None,
    credentials: Credentials = Path("var/credentials/operator.json"),
    name: Name = None,
    market: Market = None,
    hours: Annotated[float, typer.Option(help="How long the code is good.")] = 24,
    url: Url = DEFAULT_URL,
) -> None:
    """Make a one-time code for a person or a program and print it, with when it ends."""
    field = {"participant": "participant_id", "device": "unit_id", "area": "area_id"}.get(role)
    named = {} if field is None or key is None else {field: key}
    with _client(url, credentials, name, market) as client:
        made = client.access.create_code(role, lifetime_s=int(hours * HOUR_S), **named)
    typer.echo(made["code"])
    typer.echo(f"good once, until {made['expires_at']}: {made['enrolment_id']}", err=True)
    if role in PAGES:
        page = f"{url.rstrip('/')}/{PAGES[role]}/enrol?code={made['code']}"
        typer.echo(f"a person signs in with it at {page}", err=True)


@access_app.command()
def enrol(
    one_time_code: Annotated[str, typer.Argument(metavar="CODE", help="The one-time code.")],
    out: Out,
    url: Url = DEFAULT_URL,
) -> None:
    """Turn a one-time code into a file of credentials."""
    with _new_file(out) as keep, _client(url, None, None, None) as client:
        keep(client.access.enrol(one_time_code))


@access_app.command("list")
def list_clients(
    credentials: Credentials,
    name: Name = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Print the clients one may see, one JSON object a line."""
    with _client(url, credentials, name, None) as client:
        _lines(client.access.clients())


@access_app.command()
def rotate(
    client_id: Annotated[str, typer.Argument(help="One's own client, or a device's.")],
    credentials: Credentials,
    out: Out,
    name: Name = None,
    grace: Annotated[
        float, typer.Option(help="Hours the old secret stays good beside the new one.")
    ] = 0,
    url: Url = DEFAULT_URL,
) -> None:
    """Write credentials with a new secret to a file."""
    with _new_file(out) as keep, _client(url, credentials, name, None) as client:
        keep(client.access.rotate(client_id, grace_s=int(grace * HOUR_S)))


@access_app.command()
def revoke(
    client_id: Annotated[str, typer.Argument(help="One's own client, or a device's.")],
    credentials: Credentials,
    name: Name = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Let a client in no more, for good."""
    with _client(url, credentials, name, None) as client:
        _lines([client.access.revoke(client_id)])


@access_app.command()
def limits(
    credentials: Credentials,
    name: Name = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Print one's budgets and what is left of them, one JSON object a line."""
    with _client(url, credentials, name, None) as client:
        _lines(client.access.limits()["budgets"])


@access_app.command()
def suspend(
    participant: Annotated[str, typer.Argument(help="Participant id.")],
    reason: Annotated[str, typer.Option(help="Why; the participant's operator reads it.")],
    market: Annotated[str, typer.Option(help="Market id.")],
    credentials: Credentials = Path("var/credentials/operator.json"),
    url: Url = DEFAULT_URL,
) -> None:
    """Keep a participant out of a market (operators)."""
    with _client(url, credentials, None, market) as client:
        _lines([client.access.suspend(participant, reason=reason)])


@access_app.command()
def unsuspend(
    participant: Annotated[str, typer.Argument(help="Participant id.")],
    market: Annotated[str, typer.Option(help="Market id.")],
    credentials: Credentials = Path("var/credentials/operator.json"),
    url: Url = DEFAULT_URL,
) -> None:
    """Let a participant in again (operators)."""
    with _client(url, credentials, None, market) as client:
        _lines([client.access.unsuspend(participant)])


@contextmanager
def _new_file(path: Path) -> Iterator[Callable[[dict[str, Any]], None]]:
    """A file for credentials, made before they are asked for: no secret may be lost for want of it."""
    try:
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY)
    except OSError as fault:
        raise UsageError(f"{path} cannot be made: {fault.strerror}") from fault

    def keep(credential: dict[str, Any]) -> None:
        os.write(file, (json.dumps(credential, indent=1) + "\n").encode())
        os.fsync(file)
        typer.echo(f"{credential['client_id']} in {path}", err=True)

    try:
        yield keep
    finally:
        os.close(file)
        if not path.stat().st_size:
            path.unlink()


def _lines(records: list[dict[str, Any]]) -> None:
    for record in records:
        typer.echo(json.dumps(record, ensure_ascii=False))
