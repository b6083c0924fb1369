"""No name stands alone: what a module defines is read somewhere."""

import ast
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.house.source import PACKAGES, python_files, text, tracked, tree

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def defined(module: ast.Module) -> Iterator[str]:
    """Names of a module; what a decorator takes is read by whoever decorates."""
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if not node.decorator_list or isinstance(node, ast.ClassDef):
                yield node.name
        elif isinstance(node, ast.Assign):
            yield from (each.id for each in node.targets if isinstance(each, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def unread(sources: list[str], names: list[str]) -> list[str]:
    """Names that occur nowhere but where they are defined."""
    words = Counter(word for source in sources for word in WORD.findall(source))
    return [name for name in names if words[name] == 1]


@pytest.fixture(scope="module")
def sources() -> list[str]:
    read = {".py", ".j2", ".toml", ".mjs"}
    return [text(path) for path in tracked() if path.suffix in read]


def test_every_name_is_read(sources: list[str]) -> None:
    by_name = {name: path for path in python_files(*PACKAGES) for name in defined(tree(path))}
    alone = unread(sources, [*by_name])

    assert [f"{by_name[name]}: {name}" for name in alone] == []


def test_a_name_that_nobody_reads_is_found() -> None:
    source = "LEFT = 1\nREAD = 2\n\n\ndef made() -> int:\n    return READ\n"
    names = [*defined(ast.parse(source))]

    assert names == ["LEFT", "READ", "made"]
    assert unread([source, "made()"], names) == ["LEFT"]
