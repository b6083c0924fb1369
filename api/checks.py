"""What must be in order before a server may be reached from other machines.

The one idea: on a public address a fault refuses the start; on the loopback address, where one
person tries things out, it is a warning.
"""

import shutil
import sqlite3
import stat
from typing import Final

from api.settings import Settings
from market.store.database import server_faults

SQLITE_MIN: Final = (3, 51, 3)
"""Older libraries have a race between a checkpoint and a writer (see docs/running.md)."""
DISK_FREE_MIN: Final = 0.10


def start_faults(settings: Settings) -> list[str]:
    """Everything that speaks against serving others with these settings on this machine.

    Raises:
        StoreUnreachable: the database that keeps the markets cannot be asked.
    """
    faults = []
    if not __debug__:
        faults.append("assertions are off (python -O): what must be true would go unchecked")
    if sqlite3.sqlite_version_info < SQLITE_MIN:
        wanted = ".".join(str(part) for part in SQLITE_MIN)
        faults.append(f"SQLite {sqlite3.sqlite_version} is older than {wanted}")
    if not settings.behind_tls:
        faults.append(
            "no encryption: set WATTMARKET_BEHIND_TLS=true behind a proxy that speaks TLS"
        )
    if settings.behind_tls and settings.origin is None:
        faults.append(
            "people cannot sign in: set WATTMARKET_ORIGIN to where their browsers find the pages, "
            "such as https://market.example"
        )
    faults.extend(
        f"{path} can be read by others than its owner"
        for path in (settings.identity_path, settings.operator_path)
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
    )
    if settings.database_address is not None:
        faults.extend(server_faults(settings.database_address))
    disk = shutil.disk_usage(settings.var if settings.var.exists() else ".")
    if disk.free < DISK_FREE_MIN * disk.total:
        faults.append("less than a tenth of the disk is free")
    return faults
