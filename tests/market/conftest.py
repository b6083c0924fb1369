"""Every test that asks for a store runs on both kinds of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from market.store.database import Store
from tests.market.stores import KINDS, NewStore, made


@pytest.fixture(params=KINDS)
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewStore]:
    """Gives a new, empty store at each call."""
    with made(request.param, tmp_path, lambda: request.getfixturevalue("postgres_url")) as new:
        yield new


@pytest.fixture(scope="module", params=KINDS)
def new_store_for_all(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NewStore]:
    """The same for what many tests only look at."""
    folder = tmp_path_factory.mktemp("stores")
    with made(request.param, folder, lambda: request.getfixturevalue("postgres_url")) as new:
        yield new


@pytest.fixture
def store(new_store: NewStore) -> Store:
    return new_store()
