"""What is on disk and how it gets there: one place begins a write, one shape for each fact."""

import ast
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from market.store import tables
from market.store.database import Readers, create_schema, open_writer
from tests.house.source import PACKAGES, python_files, tree

SEQUENCER = Path("market/sequencer.py")
# It fills a database that keeps no such market yet; the market has no other writer then.
BACKUP = Path("market/backup.py")
# Its transactions only hold a moment still for reading; a test below shows they cannot write.
READS_ONLY = "Readers"
BEGINNINGS = {"begin", "begin_nested", "begin_twophase", "commit"}


def begins_a_transaction(module: ast.Module) -> bool:
    """Whether this code begins or commits a database transaction, by method or by statement."""
    for node in beyond_readers(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in BEGINNINGS:
                return True
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    words = argument.value.upper().split()
                    if words and words[0] in {"BEGIN", "COMMIT", "SAVEPOINT", "END"}:
                        return True
    return False


def beyond_readers(node: ast.AST) -> Iterator[ast.AST]:
    """Every node but those inside the class whose connections are read-only."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.ClassDef) and child.name == READS_ONLY):
            yield child
            yield from beyond_readers(child)


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

    assert beginners == {SEQUENCER, BACKUP}


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


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    file = tmp_path / "village.sqlite"
    writer = open_writer(file)
    with writer.begin():
        create_schema(writer)
    writer.close()
    readers = Readers(file)

    with (
        readers.connect() as connection,
        pytest.raises(OperationalError, match="attempt to write a readonly database"),
    ):
        connection.execute(tables.meta.delete())
    readers.close()


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
