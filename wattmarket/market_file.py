"""One file that describes a whole market, read with all its faults and set up over the wire.

The one idea: what stands in the file is what goes over the wire, name for name; the file adds only
CSV tables for long lists and how much everybody is given to start with. Setting up the same file
again changes nothing.

    [market]        the definition as `POST /v1/markets` takes it, but for areas and lines
    [[areas]]       as on the wire
    [[lines]]       as on the wire
    [participants]  file = "participants.csv": participant_id, area_id, name, is_last_resort
    [units]         file = "units.csv": unit_id, participant_id, area_id, kind, injection_max_kw,
                    withdrawal_max_kw, controllable, capacity_kwh, start_kwh,
                    efficiency_charge_ppm, efficiency_discharge_ppm (the last four empty: no storage)
    [[networks]]    the real grid of an area: area_id, version, source_bus, source_voltage_ppm as on the
                    wire, and the files buses, lines, transformers and placements = "….csv" with
                    columns as on the wire; transformers may be left out, and where buses stand
    [deposits]      each = "500.00"; `last_resort` = another amount for the retailer
    [credentials]   participants = true, areas = true: for whom credentials are made
"""

# house: long because all that a market's file may say is read in one place.

import csv
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import msgspec

from wattmarket.client import Client
from wattmarket.errors import RefusedError, UsageError
from wattmarket.values import decimals_of

ROWS_PER_BATCH = 1_000
SECTIONS = (
    "market", "areas", "lines", "participants", "units", "networks", "deposits", "credentials",
    "devices",  # what goes wrong with simulated ones: the simulation reads it
)  # fmt: skip
PARTICIPANT_COLUMNS = ("participant_id", "area_id", "name", "is_last_resort")
STORAGE_COLUMNS = ("capacity_kwh", "start_kwh", "efficiency_charge_ppm", "efficiency_discharge_ppm")
UNIT_COLUMNS = (
    "unit_id", "participant_id", "area_id", "kind", "injection_max_kw", "withdrawal_max_kw",
    "controllable", *STORAGE_COLUMNS,
)  # fmt: skip
NETWORK_FIELDS = ("area_id", "version", "source_bus", "source_voltage_ppm")
NETWORK_TABLES = {
    "buses": ("bus_id", "rated_v", "voltage_min_ppm", "voltage_max_ppm"),
    "lines": (
        "line_id", "from_bus", "to_bus", "length_mm", "resistance_uohm_per_km",
        "reactance_uohm_per_km", "capacitance_ff_per_km", "current_max_ma",
    ),
    "transformers": (
        "transformer_id", "from_bus", "to_bus", "rated_va", "from_rated_v", "to_rated_v",
        "short_circuit_ppb", "short_circuit_resistance_ppb", "no_load_current_ppb", "iron_loss_w",
        "tap_position", "tap_step_ppm",
    ),
    "placements": ("member_id", "bus_id"),
}  # fmt: skip
"""Tables of a grid and their columns; what is no name is a whole number."""
PLACE_COLUMNS = ("longitude_udeg", "latitude_udeg")
"""Columns of buses that may be left out, both together."""
NAMES = frozenset({"bus_id", "line_id", "transformer_id", "member_id", "from_bus", "to_bus"})
Rows = list[tuple[int, dict[str, str]]]
"""Rows of a table with their line numbers."""


class MarketFileError(UsageError):
    """Everything that is wrong with a market's file, one line each."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketPlan:
    """A market as its file describes it, in the wire's own shapes."""

    definition: dict[str, Any]
    participants: list[dict[str, Any]]
    units: list[dict[str, Any]]
    deposits: list[dict[str, Any]]
    clients: list[dict[str, Any]]
    """Roles to make credentials for, as `clients:batch` takes them."""
    networks: list[dict[str, Any]] = field(default_factory=list)
    """Real grids of areas."""

    @property
    def market_id(self) -> str:
        """The market's id."""
        return str(self.definition["market_id"])


@dataclass(slots=True)
class _Reading:
    """A file being read: where its tables lie and what was found wrong."""

    folder: Path
    faults: list[str] = field(default_factory=list)

    def table(self, content: Mapping[str, Any], section: str, columns: tuple[str, ...]) -> Rows:
        """Rows of the CSV file a section names, each with its line number."""
        return self.file(content.get(section, {}), f"[{section}]", "file", columns)

    def file(
        self,
        section: Mapping[str, Any],
        where: str,
        key: str,
        columns: tuple[str, ...],
        others: tuple[str, ...] = (),
    ) -> Rows:
        """Rows of the CSV file a key of a section names; `others` are columns that may be there too."""
        name = section.get(key)
        if not isinstance(name, str):
            self.faults.append(f'{where}: {key} = "….csv" is missing')
            return []
        path = self.folder / name
        try:
            # A byte order mark is what spreadsheet programs write first.
            with path.open(newline="", encoding="utf-8-sig") as file:
                reader = csv.DictReader(file)
                found = tuple(reader.fieldnames or ())
                rows = list(enumerate(reader, start=2))
        except (OSError, UnicodeDecodeError, csv.Error) as fault:
            self.faults.append(f"{where}: {path} cannot be read: {fault}")
            return []
        for column in columns:
            if column not in found:
                self.faults.append(f"{path.name}: column {column} is missing")
        for column in found:
            if column not in (*columns, *others):
                self.faults.append(f"{path.name}: column {column} is not known")
        if not set(columns) <= set(found) <= {*columns, *others}:
            return []
        ragged = [line for line, row in rows if None in row or None in row.values()]
        self.faults += [f"{path.name}, line {line}: not {len(found)} values" for line in ragged]
        return [(line, row) for line, row in rows if line not in ragged]


def read_market_file(path: str | Path) -> MarketPlan:
    """Read a market's file and the tables it names.

    Raises:
        MarketFileError: with every fault found, not only the first.
    """
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise MarketFileError([f"{path}: {fault}"]) from fault
    reading = _Reading(path.parent)
    reading.faults += [f"[{name}] is not known" for name in content if name not in SECTIONS]
    reading.faults += [
        f"[{name}] is missing" for name in ("market", "areas") if not content.get(name)
    ]
    reading.faults += list(_floats(content, ""))
    areas = content.get("areas", [])
    definition = {**content.get("market", {}), "areas": areas, "lines": content.get("lines", [])}
    if "market_id" not in definition:
        reading.faults.append("market.market_id is missing")
    participants = _participants(reading, content)
    units = _units(reading, content)
    area_ids = {area.get("area_id") for area in areas}
    reading.faults += list(_strangers(participants, units, area_ids))
    plan = MarketPlan(
        definition=definition,
        participants=participants,
        units=units,
        deposits=_deposits(reading, content.get("deposits", {}), participants),
        clients=_clients(reading, content.get("credentials", {}), participants, areas),
        networks=[_network(reading, item) for item in content.get("networks", [])],
    )
    if reading.faults:
        raise MarketFileError(reading.faults)
    return plan


def create_market(
    client: Client,
    plan: MarketPlan,
    known_clients: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, dict[str, Any]]:
    """Set the market up; what is there already stays as it is.

    Args:
        client: an operator's, for the plan's market.
        plan: what to make.
        known_clients: credentials made before, by name; they are not made again.
        progress: told what is being made.

    Returns:
        Credentials by name (participant id, area id): the known ones and the new ones.

    Raises:
        RefusedError: the server refused a part; parts before it are made, and may be made again.
    """
    progress("market, areas and lines")
    client.create_market(plan.definition)
    for words, add, items in (
        ("participants", client.add_participants, plan.participants),
        ("units", client.add_units, plan.units),
        ("deposits", client.add_deposits, plan.deposits),
    ):
        progress(f"{len(items)} {words}")
        for first in range(0, len(items), ROWS_PER_BATCH):
            add(items[first : first + ROWS_PER_BATCH])
    for network in plan.networks:
        progress(f"grid of {network.get('area_id')}")
        client.networks.register(network)
    clients = {name: dict(known) for name, known in (known_clients or {}).items()}
    missing = [wanted for wanted in plan.clients if _client_name(wanted) not in clients]
    if missing:
        progress(f"{len(missing)} credentials")
    for first in range(0, len(missing), ROWS_PER_BATCH):
        part = missing[first : first + ROWS_PER_BATCH]
        for wanted, made in zip(part, client.create_clients(part), strict=True):
            clients[_client_name(wanted)] = made
    return clients


def read_credentials(path: Path, market_id: str) -> dict[str, dict[str, Any]]:
    """Credentials an earlier set-up of the same market wrote; nothing if there is no such file.

    Raises:
        UsageError: the file is of another market, or no credentials file.
    """
    try:
        content = msgspec.json.decode(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError) as fault:
        raise UsageError(f"{path} cannot be read: {fault}") from fault
    if not isinstance(content, dict) or content.get("market_id") != market_id:
        raise UsageError(f"{path} holds no credentials of the market {market_id}")
    clients: dict[str, dict[str, Any]] = content["clients"]
    return clients


def write_credentials(
    path: Path, *, url: str, market_id: str, clients: Mapping[str, Mapping[str, Any]]
) -> None:
    """Write credentials to a file that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"url": url, "market_id": market_id, "clients": clients}
    partial = path.with_suffix(path.suffix + ".part")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600, exist_ok=False)
    partial.write_bytes(msgspec.json.format(msgspec.json.encode(content)))
    partial.replace(path)


def explain_refusal(refused: RefusedError) -> list[str]:
    """The server's faults in a market's file, one line each."""
    single = [
        f"{fault.get('pointer') or ''}: {fault.get('code') or ''} {fault.get('detail') or ''}".strip()
        for fault in refused.errors
    ]
    return single or [f"{refused.code}: {refused.detail}"]


def _participants(reading: _Reading, content: Mapping[str, Any]) -> list[dict[str, Any]]:
    items = []
    for line, row in reading.table(content, "participants", PARTICIPANT_COLUMNS):
        where = f"participants, line {line}"
        items.append({**row, "is_last_resort": _truth(reading, where, row, "is_last_resort")})
    return items


def _units(reading: _Reading, content: Mapping[str, Any]) -> list[dict[str, Any]]:
    items = []
    for line, row in reading.table(content, "units", UNIT_COLUMNS):
        where = f"units, line {line}"
        unit: dict[str, Any] = {
            name: value for name, value in row.items() if name not in STORAGE_COLUMNS
        }
        unit["controllable"] = _truth(reading, where, row, "controllable")
        filled = [name for name in STORAGE_COLUMNS if row[name]]
        if filled and len(filled) < len(STORAGE_COLUMNS):
            reading.faults.append(f"{where}: a storage needs all of {', '.join(STORAGE_COLUMNS)}")
        unit["storage"] = (
            {name: _storage_value(reading, where, row, name) for name in STORAGE_COLUMNS}
            if len(filled) == len(STORAGE_COLUMNS)
            else None
        )
        for name in ("injection_max_kw", "withdrawal_max_kw"):
            _check_decimal(reading, where, name, row[name])
        items.append(unit)
    return items


def _network(reading: _Reading, section: Mapping[str, Any]) -> dict[str, Any]:
    """The grid of an area with the rows of its tables."""
    where = f"[[networks]] {section.get('area_id', '')}".rstrip()
    network = {name: section[name] for name in NETWORK_FIELDS if name in section}
    reading.faults += [
        f"{where}: {name} is not known"
        for name in section
        if name not in NETWORK_FIELDS and name not in NETWORK_TABLES
    ]
    for name, columns in NETWORK_TABLES.items():
        if name == "transformers" and name not in section:
            network[name] = []
            continue
        network[name] = [
            _network_row(reading, f"{where}: {name}, line {line}", row)
            for line, row in reading.file(
                section, where, name, columns, PLACE_COLUMNS if name == "buses" else ()
            )
        ]
    return network


def _network_row(reading: _Reading, where: str, row: Mapping[str, str]) -> dict[str, str | int]:
    found: dict[str, str | int] = {}
    for name, text in row.items():
        if name in NAMES:
            found[name] = text
            continue
        try:
            found[name] = int(text)
        except ValueError:
            reading.faults.append(f"{where}: {name} {text!r} is no whole number")
    return found


def _storage_value(
    reading: _Reading, where: str, row: Mapping[str, str], name: str
) -> str | int | None:
    if name.endswith("_ppm"):
        if row[name].isdecimal():
            return int(row[name])
        reading.faults.append(f"{where}: {name} {row[name]!r} is no whole number")
        return None
    _check_decimal(reading, where, name, row[name])
    return row[name]


def _deposits(
    reading: _Reading, section: Mapping[str, Any], participants: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    each, last_resort = section.get("each"), section.get("last_resort", section.get("each"))
    for name in section:
        if name not in ("each", "last_resort"):
            reading.faults.append(f"deposits.{name} is not known")
    if each is None:
        return []
    for name, amount in (("each", each), ("last_resort", last_resort)):
        _check_decimal(reading, "deposits", name, amount)
    return [
        {
            "deposit_id": f"first-{participant['participant_id']}",
            "participant_id": participant["participant_id"],
            "amount": last_resort if participant["is_last_resort"] else each,
        }
        for participant in participants
    ]


def _clients(
    reading: _Reading,
    section: Mapping[str, Any],
    participants: list[dict[str, Any]],
    areas: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    for name, value in section.items():
        if name not in ("participants", "areas"):
            reading.faults.append(f"credentials.{name} is not known")
        elif not isinstance(value, bool):
            reading.faults.append(f"credentials.{name} is true or false")
    wanted = []
    if section.get("participants"):
        wanted += [
            {"role": "participant", "participant_id": participant["participant_id"]}
            for participant in participants
        ]
    if section.get("areas"):
        wanted += [{"role": "area", "area_id": area.get("area_id")} for area in areas]
    return wanted


def _client_name(wanted: Mapping[str, Any]) -> str:
    """Participant, area and unit ids share one name space in the file of credentials."""
    return str(wanted.get("participant_id") or wanted.get("area_id") or wanted.get("unit_id"))


def _strangers(
    participants: list[dict[str, Any]], units: list[dict[str, Any]], area_ids: set[Any]
) -> Iterator[str]:
    """Names that stand twice, or that nobody has."""
    for what, items, key in (
        ("participant", participants, "participant_id"),
        ("unit", units, "unit_id"),
    ):
        for name, count in Counter(item[key] for item in items).items():
            if count > 1:
                yield f"{what} {name} stands {count} times"
        for item in items:
            if item["area_id"] not in area_ids:
                yield f"{what} {item[key]}: no area {item['area_id']}"
    known = {participant["participant_id"] for participant in participants}
    for unit in units:
        if unit["participant_id"] not in known:
            yield f"unit {unit['unit_id']}: no participant {unit['participant_id']}"
    for name in sorted(known & area_ids):
        yield f"{name} is both a participant and an area; their credentials would share a name"


def _floats(value: object, where: str) -> Iterator[str]:
    """Every number written with a point, and every whole number where the wire has a decimal."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _floats(inner, f"{where}.{name}".lstrip("."))
    elif isinstance(value, list):
        for row, inner in enumerate(value):
            yield from _floats(inner, f"{where}[{row}]")
    elif isinstance(value, float) or (
        isinstance(value, int) and decimals_of(where) is not None and not isinstance(value, bool)
    ):
        yield f'{where} = {value}: write it in quotes, "{value}"'


def _check_decimal(reading: _Reading, where: str, name: str, text: object) -> None:
    try:
        finite = isinstance(text, str) and Decimal(text).is_finite()
    except InvalidOperation:
        finite = False
    if not finite:
        reading.faults.append(f"{where}: {name} {text!r} is no decimal number in quotes")


def _truth(reading: _Reading, where: str, row: Mapping[str, str], name: str) -> bool:
    if row[name] not in ("true", "false"):
        reading.faults.append(f"{where}: {name} {row[name]!r} is neither true nor false")
    return row[name] == "true"
