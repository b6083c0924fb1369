"""A disk in memory that forgets, at a power cut, what was not flushed, and tears the rest.

The one idea: SQLite itself runs on it, by a file system of ours (APSW's VFS), with the journal's own
statements. What a program may rely on is only what stood in a file at its last `xSync`. Of every
write since then each sector is kept or lost by itself, at random, and so is each change of a file's
length and the existence of a file that was never flushed.
"""

import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import apsw
from sqlalchemy import Executable
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.engine.default import DefaultDialect

SECTORS: Final = (512, 4_096)
"""What a disk writes whole."""
_DIALECT: Final[DefaultDialect] = sqlite_dialect.dialect()


class PowerCut(apsw.IOError):
    """The machine is off."""


@dataclass(slots=True)
class _Content:
    """One file: as programs see it, and as the disk has it."""

    seen: bytearray = field(default_factory=bytearray)
    flushed: bytearray | None = None
    """None: nothing of it was ever flushed, not even that it is there."""
    since: list[tuple[int, bytes | None]] = field(default_factory=list)
    """Writes since the last flush, as place and bytes; None for bytes: cut to this length."""


class Disk:
    """Files in memory; after so many further writes, flushes and cuts of length the power fails."""

    def __init__(self, files: Mapping[str, bytes], *, ends_after: int | None = None) -> None:
        self._files = {
            name: _Content(seen=bytearray(content), flushed=bytearray(content))
            for name, content in files.items()
        }
        self._ends_after = ends_after
        self.steps = 0
        self.is_off = False

    def step(self) -> None:
        """One more thing is done to the disk, unless there is no power any more."""
        if self.is_off or self.steps == self._ends_after:
            self.is_off = True
            raise PowerCut("no power")
        self.steps += 1

    def has(self, name: str) -> bool:
        return name in self._files

    def open(self, name: str) -> _Content:
        return self._files.setdefault(name, _Content())

    def delete(self, name: str) -> None:
        self._files.pop(name, None)

    def after_the_cut(self, chance: random.Random) -> dict[str, bytes]:
        """What is found on the disk when the power is back."""
        sector = chance.choice(SECTORS)
        found = {}
        for name, content in sorted(self._files.items()):
            if content.flushed is None and chance.random() < 0.5:
                continue
            left = bytearray(content.flushed or b"")
            for place, data in content.since:
                if data is None:
                    if chance.random() < 0.5:
                        _resize(left, place)
                    continue
                first = place
                while first < place + len(data):
                    end = min((first // sector + 1) * sector, place + len(data))
                    if chance.random() < 0.5:
                        _resize(left, max(len(left), end))
                        left[first:end] = data[first - place : end - place]
                    first = end
            found[name] = bytes(left)
        return found


def _resize(content: bytearray, size: int) -> None:
    del content[size:]
    content.extend(bytes(size - len(content)))


class _File:
    """What SQLite calls to read and write one file. Reading goes on without power: it does no harm."""

    def __init__(self, disk: Disk, name: str) -> None:
        self._disk, self._content = disk, disk.open(name)

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 - SQLite's names
        return bytes(self._content.seen[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.step()
        seen = self._content.seen
        _resize(seen, max(len(seen), offset + len(data)))
        seen[offset : offset + len(data)] = data
        self._content.since.append((offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._disk.step()
        _resize(self._content.seen, size)
        self._content.since.append((size, None))

    def xSync(self, _flags: int) -> None:  # noqa: N802
        self._disk.step()
        self._content.flushed = bytearray(self._content.seen)
        self._content.since.clear()

    def xFileSize(self) -> int:  # noqa: N802
        return len(self._content.seen)

    def xSectorSize(self) -> int:  # noqa: N802
        return 4_096

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE  # as SQLite takes it of every Unix disk

    def xLock(self, _level: int) -> None:  # noqa: N802
        pass

    def xUnlock(self, _level: int) -> None:  # noqa: N802
        pass

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xFileControl(self, _operation: int, _pointer: int) -> bool:  # noqa: N802
        return False

    def xClose(self) -> None:  # noqa: N802
        pass


class _FileSystem(apsw.VFS):
    """Has SQLite keep its files on a disk of ours."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self.name = f"power-cut-{id(self)}"
        super().__init__(self.name, base="")

    def xOpen(self, name: Any, flags: list[int]) -> _File:  # noqa: N802, ANN401 - APSW's types
        flags[1] = flags[0]
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        return _File(self._disk, Path(path).name)

    def xDelete(self, name: str, _sync: bool) -> None:  # noqa: N802
        self._disk.step()
        self._disk.delete(Path(name).name)

    def xAccess(self, name: str, _flags: int) -> bool:  # noqa: N802
        return self._disk.has(Path(name).name)

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        return name


class _Rows:
    """What a statement gave."""

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self._rows = rows

    def scalar(self) -> Any:  # noqa: ANN401 - one value of any type
        return self._rows[0][0] if self._rows else None


class Connection:
    """As much of SQLAlchemy's connection as the journal needs, on a disk that may lose its power."""

    dialect = _DIALECT

    def __init__(self, disk: Disk, name: str, pragmas: Mapping[str, str | int]) -> None:
        self._system = _FileSystem(disk)
        self._driver = apsw.Connection(name, vfs=self._system.name)
        # Without shared memory a write-ahead log wants a file to itself; it is flushed as ever.
        self.run("PRAGMA locking_mode = exclusive")
        for pragma, value in pragmas.items():
            self.run(f"PRAGMA {pragma} = {value}")
            if pragma != "busy_timeout":
                assert self.run(f"PRAGMA {pragma}") == [(value,)]

    def run(self, text: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """A statement as text."""
        return list(self._driver.execute(text, values))

    def execute(self, statement: Executable, parameters: Mapping[str, Any]) -> _Rows:
        """A statement of SQLAlchemy's, as SQLite gets it."""
        text, names = _compiled(statement, tuple(parameters))
        return _Rows(self.run(text, tuple(parameters[name] for name in names)))

    def close(self) -> None:
        """Let go of the files; what was not flushed is not flushed now."""
        with suppress(PowerCut):
            self._driver.close(True)


@cache
def _compiled(statement: Executable, keys: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    compiled: Any = statement.compile(dialect=_DIALECT, column_keys=list(keys))  # type: ignore[attr-defined]
    return str(compiled), tuple(compiled.positiontup)
