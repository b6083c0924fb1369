"""What is wrong with a folder is told all together, each fault with its file, row and column."""

from pathlib import Path

import pytest

from clearing.files.book import read_book
from clearing.files.tables import BookFaultyError
from tests.clearing.folders import FILES, folder_of

BLOCKS = "block,area,side,price_per_mwh,minimum_acceptance_ratio,parent,exclusive_group\n"
PROFILE = "block,interval,energy_kwh\n"
STORAGES = (
    "storage,area,first_interval,last_interval,charge_kw,discharge_kw,capacity_kwh,start_kwh,"
    "end_value_per_mwh,efficiency_charge,efficiency_discharge,minimum_spread_per_mwh\n"
)
ORDERS = FILES["orders.csv"].strip().splitlines()[0].strip() + "\n"
NUMBERED = (
    ORDERS + "o1,RUR,0,buy,10,1,2016-06-14T20:00:00Z\no2,RUR,3,buy,10,1,2016-06-14T20:00:00Z\n"
)

Place = tuple[str, int | None, str | None]


def faults_of(tmp_path: Path, files: dict[str, str]) -> dict[Place, str]:
    with pytest.raises(BookFaultyError) as caught:
        read_book(folder_of(tmp_path, files))
    return {(fault.file, fault.row, fault.column): fault.text for fault in caught.value.faults}


def test_all_faults_come_together_each_with_its_place(tmp_path: Path) -> None:
    bad = {
        "orders.csv": ORDERS
        + "o1,NOWHERE,0,sell,160.001,500,2016-06-14T20:00:00Z\n"
        + "o1,RUR,0,give,NaN,-1,yesterday\n"
        + "o3,RUR,half past,buy,1e3,0.0001,2016-06-14T20:00:00\n"
        + "o4,RUR,0,buy,9999.00,1,2016-06-14T20:00:00Z\n"
        + ",,,,,,\n",
        "lines.csv": "line,from_area,to_area,loss_fraction\nL1,GRID,GRID,1.5\nL1,RUR,,-0.1\n",
        "blocks.csv": "block,area\nb1,RUR\n",
    }

    assert faults_of(tmp_path, bad) == {
        ("blocks.csv", 1, "side"): "column missing",
        ("blocks.csv", 1, "price_per_mwh"): "column missing",
        ("orders.csv", 2, "area"): "no area is called 'NOWHERE'",
        ("orders.csv", 2, "price_per_mwh"): "160.001 has more than 2 decimals",
        ("orders.csv", 3, "order"): "'o1' stands in row 2 already",
        ("orders.csv", 3, "side"): "'give' is neither sell nor buy",
        ("orders.csv", 3, "price_per_mwh"): "'NaN' is not a decimal number",
        ("orders.csv", 3, "energy_kwh"): "-1 is not positive",
        ("orders.csv", 3, "time"): "'yesterday' is no time with a time zone",
        ("orders.csv", 4, "interval"): (
            "'half past' is neither a whole number nor a time with a time zone"
        ),
        ("orders.csv", 4, "price_per_mwh"): "'1e3' is not a decimal number",
        ("orders.csv", 4, "energy_kwh"): "0.0001 has more than 3 decimals",
        ("orders.csv", 4, "time"): "'2016-06-14T20:00:00' is no time with a time zone",
        ("orders.csv", 5, "price_per_mwh"): "9999.00 is outside the market's price limits",
        ("orders.csv", 6, "order"): "empty",
        ("orders.csv", 6, "area"): "empty",
        ("orders.csv", 6, "interval"): "empty",
        ("orders.csv", 6, "side"): "empty",
        ("orders.csv", 6, "price_per_mwh"): "empty: no decimal number",
        ("orders.csv", 6, "energy_kwh"): "empty: no decimal number",
        ("orders.csv", 6, "time"): "empty",
        ("lines.csv", 2, "to_area"): "a line joins an area with itself",
        ("lines.csv", 2, "loss_fraction"): "1.5 is outside 0 <= loss < 1",
        ("lines.csv", 3, "line"): "'L1' stands in row 2 already",
        ("lines.csv", 3, "to_area"): "empty",
        ("lines.csv", 3, "loss_fraction"): "-0.1 is outside 0 <= loss < 1",
    }


def test_faults_are_sorted_by_file_and_row(tmp_path: Path) -> None:
    bad = {"orders.csv": ORDERS + "o1,X,0,buy,1,1,x\no2,X,0,buy,1,1,x\n", "areas.csv": "area\n\n"}

    with pytest.raises(BookFaultyError) as caught:
        read_book(folder_of(tmp_path, bad))

    rows = [fault.row for fault in caught.value.faults if fault.file == "orders.csv"]
    assert rows == [2, 2, 3, 3]
    assert str(caught.value).splitlines() == [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("orders", "place"),
    [
        ("o1,RUR,0,sell,10,9.99,1,2016-06-14T20:00:00Z,", (2, "price_end_per_mwh")),
        ("o1,RUR,0,buy,10,10.01,1,2016-06-14T20:00:00Z,", (2, "price_end_per_mwh")),
        ("o1,RUR,0,buy,10,-501,1,2016-06-14T20:00:00Z,", (2, "price_end_per_mwh")),
        ("o1,RUR,0,buy,10,,1,2016-06-14T20:00:00Z,maybe", (2, "last_resort")),
    ],
)
def test_faults_of_slopes_and_the_last_resort(
    tmp_path: Path, orders: str, place: tuple[int, str]
) -> None:
    heading = "order,area,interval,side,price_per_mwh,price_end_per_mwh,energy_kwh,time,last_resort"

    found = faults_of(tmp_path, {"orders.csv": f"{heading}\n{orders}\n"})

    assert list(found) == [("orders.csv", *place)]


@pytest.mark.parametrize(
    ("rows", "profile", "place"),
    [
        ("b1,RUR,sell,1,1,b2,", "b1,0,1", ("blocks.csv", 2, "parent")),
        ("b1,RUR,sell,1,1,b1,", "b1,0,1", ("blocks.csv", 2, "parent")),
        ("b1,RUR,sell,1,0,,", "b1,0,1", ("blocks.csv", 2, "minimum_acceptance_ratio")),
        ("b1,RUR,sell,1,1.000000001,,", "b1,0,1", ("blocks.csv", 2, "minimum_acceptance_ratio")),
        ("b1,RUR,sell,1,0.0000000001,,", "b1,0,1", ("blocks.csv", 2, "minimum_acceptance_ratio")),
        ("b1,RUR,sell,4000.01,1,,", "b1,0,1", ("blocks.csv", 2, "price_per_mwh")),
        ("b1,RUR,sell,1,1,,", "", ("blocks.csv", 2, "block")),
        ("b1,RUR,sell,1,1,,", "b1,0,1\nb2,0,1", ("block_profile.csv", 3, "block")),
        ("b1,RUR,sell,1,1,,", "b1,0,1\nb1,00,1", ("block_profile.csv", 3, "interval")),
        ("b1,RUR,sell,1,1,,", "b1,0,1\nb1,0,1", ("block_profile.csv", 3, "interval")),
        ("b1,RUR,sell,1,1,,", "b1,0,-1", ("block_profile.csv", 2, "energy_kwh")),
        ("b1,RUR,sell,1,1,,", "b1,0,1.0001", ("block_profile.csv", 2, "energy_kwh")),
        ("b1,RUR,sell,1,1,,", "b1,noon,1", ("block_profile.csv", 2, "interval")),
        ("b1,RUR,both,1,1,,", "b1,0,1", ("blocks.csv", 2, "side")),
        ("b1,SEA,buy,1,1,,", "b1,0,1", ("blocks.csv", 2, "area")),
    ],
)
def test_faults_of_blocks(tmp_path: Path, rows: str, profile: str, place: Place) -> None:
    files = {
        "orders.csv": NUMBERED,
        "blocks.csv": BLOCKS + rows,
        "block_profile.csv": PROFILE + profile,
    }

    assert list(faults_of(tmp_path, files)) == [place]


def test_every_block_of_a_loop_is_named_and_none_below_it(tmp_path: Path) -> None:
    rows = "a,RUR,sell,1,1,c,\nb,RUR,sell,1,1,a,\nc,RUR,sell,1,1,b,\nd,RUR,sell,1,1,a,\n"
    profile = "a,0,1\nb,0,1\nc,0,1\nd,0,1\n"
    files = {"orders.csv": NUMBERED, "blocks.csv": BLOCKS + rows}

    found = faults_of(tmp_path, files | {"block_profile.csv": PROFILE + profile})

    assert list(found) == [("blocks.csv", row, "parent") for row in (2, 3, 4)]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("s,SEA,0,1,1,1,1,0,0,1,1,0", "area"),
        ("s,RUR,1,0,1,1,1,0,0,1,1,0", "last_interval"),
        ("s,RUR,0,,1,1,1,0,0,1,1,0", "last_interval"),
        ("s,RUR,0,1,-1,1,1,0,0,1,1,0", "charge_kw"),
        ("s,RUR,0,1,1,-1,1,0,0,1,1,0", "discharge_kw"),
        ("s,RUR,0,1,1,1.0005,1,0,0,1,1,0", "discharge_kw"),
        ("s,RUR,0,1,1,1,-1,0,0,1,1,0", "capacity_kwh"),
        ("s,RUR,0,1,1,1,1,1.001,0,1,1,0", "start_kwh"),
        ("s,RUR,0,1,1,1,1,-1,0,1,1,0", "start_kwh"),
        ("s,RUR,0,1,1,1,1,0,,1,1,0", "end_value_per_mwh"),
        ("s,RUR,0,1,1,1,1,0,4001,1,1,0", "end_value_per_mwh"),
        ("s,RUR,0,1,1,1,1,0,0,1.01,1,0", "efficiency_charge"),
        ("s,RUR,0,1,1,1,1,0,0,0,1,0", "efficiency_charge"),
        ("s,RUR,0,1,1,1,1,0,0,1,0.9999999,0", "efficiency_discharge"),
        ("s,RUR,0,1,1,1,1,0,0,1,1,-1", "minimum_spread_per_mwh"),
    ],
)
def test_faults_of_storages(tmp_path: Path, row: str, column: str) -> None:
    found = faults_of(tmp_path, {"orders.csv": NUMBERED, "storages.csv": STORAGES + row})

    # A capacity below zero leaves no start that would do.
    assert next(iter(found)) == ("storages.csv", 2, column)
    assert {place[:2] for place in found} == {("storages.csv", 2)}


@pytest.mark.parametrize(
    ("files", "places"),
    [
        ({"areas.csv": "area,parent\nRUR,GRID\nGRID,RUR\n"}, [("areas.csv", 2), ("areas.csv", 3)]),
        ({"areas.csv": "area,parent\nRUR,SEA\nGRID,\n"}, [("areas.csv", 2)]),
        ({"areas.csv": "area,import_limit_kwh\nRUR,-1\nGRID,\n"}, [("areas.csv", 2)]),
        ({"ptdf.csv": "line,area,factor\nL2,RUR,1\n"}, [("ptdf.csv", 2)]),
        ({"ptdf.csv": "line,area,factor\nL1,SEA,1\n"}, [("ptdf.csv", 2)]),
        ({"ptdf.csv": "line,area,factor\nL1,RUR,1.1\n"}, [("lines.csv", 2), ("ptdf.csv", 2)]),
        ({"ptdf.csv": "line,area,factor\nL1,RUR,\n"}, [("lines.csv", 2), ("ptdf.csv", 2)]),
        ({"ptdf.csv": "line,area,factor\nL1,RUR,.1\n"}, [("lines.csv", 2), ("ptdf.csv", 2)]),
        (
            {"ptdf.csv": "line,area,factor\nL1,RUR,1\nL1,RUR,1\n"},
            [("lines.csv", 2), ("ptdf.csv", 3)],
        ),
    ],
)
def test_faults_of_the_grid(
    tmp_path: Path, files: dict[str, str], places: list[tuple[str, int]]
) -> None:
    # Line L1 of the small folder has a loss and a fee, which a line with factors must not have.
    found = faults_of(tmp_path, files)

    assert sorted({place[:2] for place in found}) == places


def test_a_line_with_factors_has_neither_loss_nor_fee(tmp_path: Path) -> None:
    found = faults_of(tmp_path, {"ptdf.csv": "line,area,factor\nL1,RUR,1\n"})

    assert found == {
        ("lines.csv", 2, "loss_fraction"): "a line that follows ptdf.csv has no loss",
        ("lines.csv", 2, "fee_forward_per_mwh"): "a line that follows ptdf.csv has no fee",
    }


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (("0", "2016-06-14T22:00:00Z", "1"), "among intervals named by numbers"),
        (("2016-06-14T22:00:00Z", "0", "2016-06-14T22:15:00Z"), "among intervals named by times"),
        (("2016-06-14T22:00:00Z", "2016-06-14T22:10:00Z"), "no whole number of 15 minutes"),
        (("2016-06-14T22:00:00.5Z",), "does not start on a whole second"),
        (("0001-01-01T00:00:00+01:00",), "neither a whole number nor a time"),
        (("2016-06-14T22:00:00Z", "2116-06-14T22:00:00Z"), "more than 200000 intervals"),
        (("0", "200000"), "more than 200000 intervals"),
        (("9" * 30,), "more than 200000 intervals"),
        (("٣",), "neither a whole number nor a time"),
        (("-1",), "neither a whole number nor a time"),
    ],
)
def test_faults_of_intervals(tmp_path: Path, names: tuple[str, ...], text: str) -> None:
    rows = [
        f"o{k},RUR,{name},buy,1,1,2016-06-14T20:00:00Z" for k, name in enumerate(names, start=1)
    ]

    found = faults_of(tmp_path, {"orders.csv": ORDERS + "\n".join(rows)})

    assert [place[2] for place in found] == ["interval"]
    assert text in next(iter(found.values()))


@pytest.mark.parametrize("missing", ["market.json", "areas.csv", "orders.csv"])
def test_a_missing_file_is_one_fault(tmp_path: Path, missing: str) -> None:
    folder = folder_of(tmp_path)
    (folder / missing).unlink()

    with pytest.raises(BookFaultyError) as caught:
        read_book(folder)

    assert [str(fault) for fault in caught.value.faults] == [f"{missing}: missing"]


def test_a_missing_column_is_one_fault(tmp_path: Path) -> None:
    orders = FILES["orders.csv"].replace("energy_kwh", "energy")

    assert faults_of(tmp_path, {"orders.csv": orders}) == {
        ("orders.csv", 1, "energy_kwh"): "column missing"
    }


@pytest.mark.parametrize(
    ("bytes_", "text"),
    [
        (b"\xff\xfe\x00", "cannot be read"),
        (b"\x80areas", "cannot be read"),
        (b"area,parent\nRUR,\nGRID,\n\x80,\n", "cannot be read"),
        (b"area,area\nRUR,\n", "two columns are called 'area'"),
        (b'area,parent\nRUR,"\nGRID,\n', "line 3: unexpected end of data"),
        (b"", "column missing"),
        (b"area\n", "at least one area"),
        (b"area,parent\nRUR,\nGRID,,\n", "3 fields under a heading of 2"),
    ],
)
def test_bytes_that_are_no_table_are_a_fault(tmp_path: Path, bytes_: bytes, text: str) -> None:
    folder = folder_of(tmp_path)
    (folder / "areas.csv").write_bytes(bytes_)

    with pytest.raises(BookFaultyError) as caught:
        read_book(folder)

    assert caught.value.faults[0].file == "areas.csv"
    assert text in caught.value.faults[0].text


def test_a_line_is_named_as_it_stands_in_the_file(tmp_path: Path) -> None:
    orders = ORDERS + "\no1,RUR,0,buy,1,1,2016-06-14T20:00:00Z\n\n\no2,RUR,0,buy,x,1,2016-06-14\n"
    folder = folder_of(tmp_path)
    (folder / "orders.csv").write_text(orders)

    with pytest.raises(BookFaultyError) as caught:
        read_book(folder)

    assert {fault.row for fault in caught.value.faults} == {6}


def test_two_files_of_one_table_are_a_fault(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    (folder / "lines.parquet").write_bytes(b"no matter what")

    with pytest.raises(BookFaultyError, match=r"lines\.csv stands beside it"):
        read_book(folder)


def test_a_parquet_file_that_is_none_is_a_fault(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    (folder / "lines.csv").unlink()
    (folder / "lines.parquet").write_bytes(b"no matter what")

    with pytest.raises(BookFaultyError, match=r"lines\.parquet: cannot be read"):
        read_book(folder)


@pytest.mark.parametrize(
    ("market", "text"),
    [
        ("[]", "not an object"),
        ("{", "cannot be read"),
        ('{"price_min": "0", "price_max": "x"}', "price_max: 'x' is not a decimal number"),
        ('{"price_min": "0"}', "price_max: empty"),
        ('{"price_min": "5", "price_max": "5"}', "price_min_ticks not below the max"),
        ('{"price_min": "0", "price_max": "20000000"}', "price limits beyond"),
        (
            '{"price_min": "0", "price_max": "4000", "interval_minutes": 0}',
            "interval_minutes: 0 is not a whole number of minutes",
        ),
    ],
)
def test_faults_of_the_market(tmp_path: Path, market: str, text: str) -> None:
    folder = folder_of(tmp_path, {"orders.csv": ORDERS})
    (folder / "market.json").write_text(market)

    with pytest.raises(BookFaultyError) as caught:
        read_book(folder)

    assert {fault.file for fault in caught.value.faults} == {"market.json"}
    assert text in str(caught.value)


def test_a_book_too_large_as_a_whole_is_a_fault(tmp_path: Path) -> None:
    rows = [f"o{k},RUR,0,buy,1,{'9' * 12},2016-06-14T20:00:00Z" for k in range(10)]

    with pytest.raises(BookFaultyError, match=r"orders\.csv: orders\.energy_wh: the book holds"):
        read_book(folder_of(tmp_path, {"orders.csv": ORDERS + "\n".join(rows)}))
