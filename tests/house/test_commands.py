"""The client's page names every command of the command line, and no other."""

import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import typer

from tests.house.source import text
from wattmarket.cli import app

SECTION = text(Path("docs/client.md")).split("## The command line")[1].split("\n## ")[0]


def there(group: typer.main.TyperGroup) -> Iterator[str]:
    """As they are typed: `serve`, `orders submit`."""
    for name, command in group.commands.items():
        if isinstance(command, typer.main.TyperGroup):
            yield from (f"{name} {each}" for each in there(command))
        else:
            yield name


def shown() -> Iterator[str]:
    r"""Of each row what its first cell names; `runs list\|again DAY` are two commands."""
    for cell in re.findall(r"^\| (`.*?`) \|", SECTION, re.MULTILINE):
        for code in re.findall(r"`([^`]+)`", cell):
            words = [*takewhile(str.islower, code.replace(r"\|", "|").split())]
            *group, names = words
            yield from (" ".join([*group, name]) for name in names.split("|"))


def test_every_command_is_on_the_page() -> None:
    made = typer.main.get_command(app)
    assert isinstance(made, typer.main.TyperGroup)

    assert set(shown()) == set(there(made))
