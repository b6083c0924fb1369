"""What is on disk and how it gets there: one place begins a write, one shape for each fact."""

import ast
import dataclasses
from pathlib import Path

import pytest

from market.store import tables
from tests.house.source import PACKAGES, python_files, tree

SEQUENCER = Path("market/sequencer.py")
BEGINNINGS = {"begin", "begin_nested", "begin_twophase", "commit"}


def begins_a_transaction(module: ast.Module) -> bool:
    """Whether this code begins or commits a database transaction, by method or by statement."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in BEGINNINGS:
                return True
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    words = argument.value.upper().split()
                    if words and words[0] in {"BEGIN", "COMMIT", "SAVEPOINT", "END"}:
                        return True
    return False


def imports_the_store(module: ast.Module) -> bool:
    return any(
        (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("market.store"))
        or (
            isinstance(node, ast.Import)
            and any(alias.name.startswith("market.store") for alias in node.names)
        )
        for node in ast.walk(module)
    )


def test_only_the_sequencer_begins_a_transaction_that_writes_to_a_market() -> None:
    beginners = {
        path
        for path in python_files(*PACKAGES)
        if begins_a_transaction(tree(path))
        # Identity has a file of its own; who begins a transaction there never touches a market's.
        if path.parts[0] == "market" or imports_the_store(tree(path))
    }

    assert beginners == {SEQUENCER}


@pytest.mark.parametrize(
    "source",
    [
        "with engine.begin() as connection: pass",
        "connection.commit()",
        "connection.exec_driver_sql('BEGIN IMMEDIATE')",
        "connection.execute('commit')",
    ],
)
def test_a_transaction_is_noticed_however_it_begins(source: str) -> None:
    assert begins_a_transaction(ast.parse(source))


@pytest.mark.parametrize("name", sorted(tables.PROJECTED))
def test_a_table_has_the_fields_of_the_fact_it_projects(name: str) -> None:
    columns = set(tables.METADATA.tables[name].columns.keys())
    fields = {field.name for field in dataclasses.fields(tables.PROJECTED[name])}
    beside = tables.BOOKKEEPING.get(name, frozenset())

    assert beside.isdisjoint(fields)
    assert columns - beside - {"market_id"} == fields - {"market_id"}


def test_every_table_belongs_to_a_market() -> None:
    projections = [tables.METADATA.tables[name] for name in tables.PROJECTED]

    assert [table.name for table in projections if "market_id" not in table.columns] == []


def test_every_table_is_a_projection_or_the_journal() -> None:
    assert set(tables.METADATA.tables) == set(tables.PROJECTED) | set(tables.JOURNAL)
