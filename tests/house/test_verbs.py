"""The page of the client names every verb there is, and no other."""

import re
from pathlib import Path

from tests.house.source import text
from wattmarket import Client

OF_THE_CLIENT = {"close"}
"""What is no verb: it asks nothing of the market."""
PAGE = text(Path("docs/client.md"))


def verbs() -> set[str]:
    """Verbs by the name they are called with, `orders.place` or `prices`."""
    with Client("http://localhost:1", market="village") as client:
        parts = {name: getattr(client, name) for name in dir(client) if not name.startswith("_")}
        del parts["session"]  # what verbs are carried by
        found = {name for name, part in parts.items() if callable(part)} - OF_THE_CLIENT
        return found | {
            f"{name}.{each}"
            for name, part in parts.items()
            if not callable(part)
            for each in dir(part)
            if not each.startswith("_") and callable(getattr(part, each))
        }


def test_every_verb_is_on_the_page() -> None:
    named = set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)?)`", PAGE))
    shown = verbs()
    groups = {verb.partition(".")[0] for verb in shown if "." in verb}

    assert shown - named == set()
    assert {name for name in named if "." in name and name.partition(".")[0] in groups} <= shown
