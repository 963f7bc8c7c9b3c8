"""bandicoot's own users: values worked by hand, and values that it prints."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from people import differences, table_in
from telco_process import Telco

HAND_COLUMNS = 10  # at least that many values are compared
# By its definition the balance of user A's recharges (12 for 19 days, 4 for 1, 4 for 1, the last on the last day) is
# (12/2 * 19 + 4/2 * 1 + 4/2 * 1) / 21 = 118/21; bandicoot prints 10 = 12/2 + 4/2 + 4/2, which is no mean over 21 days.
AVERAGE_BALANCE = "average_balance_recharges"
ORANGE = """
[input.usage]
delimiter = ";"
header = ["way", "what", "subscriber_id", "other", "start_time", "duration_s", "longitude", "latitude"]
[input.usage.columns]
direction = "way"
service = "what"
counterpart = "other"
[input.usage.values.direction]
1 = "out"
2 = "in"
[input.usage.values.service]
11 = "voice"
21 = "sms"
22 = "sms"
"""


@pytest.fixture
def people(telco: Telco, bandicoot: Path) -> Path:
    """A folder as bandicoot's users have it: one file a person, antennas beside them, recharges below."""
    folder = telco.folder / "people"
    (folder / "recharges").mkdir(parents=True)
    names = {"manual__A": "A", "manual__B": "B", "demo__data__ego": "ego", "manual__recharges__A": "recharges/A"}
    for source, name in names.items():
        shutil.copyfile(bandicoot / f"{source}.csv", folder / f"{name}.csv")
    return folder


@pytest.fixture
def with_antennas(people: Path, bandicoot: Path) -> Path:
    """The folder with the demo antennas, and those of user A, whose coordinates are in another form of A's records."""
    rows = list(csv.DictReader((bandicoot / "demo__data__antennas.csv").open()))
    lines = [f"{r['antenna_id']},{r['latitude']},{r['longitude']}" for r in rows]
    mine = csv.DictReader((bandicoot / "manual__A.csv").open())
    places = [line.split(";")[-2:] for line in (bandicoot / "manual__A_orange.csv").read_text().split()[1::2]]
    lines += sorted({f"{row['antenna_id']},{n},{e}" for row, (e, n) in zip(mine, places, strict=True)})
    (people / "antennas.csv").write_text("\n".join(["antenna_id,latitude,longitude", *lines, ""]))
    return people


def test_values_worked_by_hand(telco: Telco, people: Path, bandicoot: Path) -> None:
    telco.good("indicators", people, "-o", "out.csv", "--groupby", "none")
    found = table_in(telco.folder / "out.csv")
    for person in ("A", "B"):
        wanted = dict(flat(json.loads((bandicoot / f"manual__{person}.json").read_text(), parse_float=Printed)))
        assert len(wanted) > HAND_COLUMNS
        for name, value in wanted.items():
            assert abs(float(found[person][name]) - value) <= getattr(value, "tolerance", 1e-6), name


@pytest.mark.parametrize(("file", "groupby"), [("nogroup", "none"), ("weekly", "week")])
def test_values_printed_for_the_demo_user(
    telco: Telco, with_antennas: Path, bandicoot: Path, file: str, groupby: str
) -> None:
    telco.good("indicators", with_antennas, "-o", "out.csv", "--groupby", groupby)
    wanted = dict(flat(json.loads((bandicoot / f"bandicoot_ego_{file}_head.json").read_text())))
    wanted.pop("name")
    assert len(wanted) > 40
    assert differences(table_in(telco.folder / "out.csv")["ego"], wanted) == []


def test_values_printed_for_all_splits_and_statistics(telco: Telco, with_antennas: Path, bandicoot: Path) -> None:
    telco.good("indicators", with_antennas, "-o", "out.csv", "--split-week", "--split-day", "--summary", "extended")
    row = table_in(telco.folder / "out.csv")["A"]
    wanted = printed(bandicoot, row)
    assert len(wanted) > 1700
    assert differences(row, wanted) == [f"{AVERAGE_BALANCE}: {118 / 21!r} instead of 10"]


def test_the_same_person_in_another_operators_form(telco: Telco, bandicoot: Path) -> None:
    """Coordinates in the records instead of antennas; no header; read with a mapping."""
    telco.write("orange.toml", ORANGE)
    shutil.copyfile(bandicoot / "manual__A_orange.csv", telco.folder / "orange.csv")
    recharges = telco.folder / "recharges"
    recharges.mkdir()
    shutil.copyfile(bandicoot / "manual__recharges__A_orange.csv", recharges / "A_orange.csv")
    options = ("--split-week", "--split-day", "--summary", "extended", "--recharges", recharges)
    telco.good("indicators", "orange.csv", "-o", "out.csv", "--config", "orange.toml", *options)
    row = table_in(telco.folder / "out.csv")["A_orange"]
    wanted = printed(bandicoot, row) | {AVERAGE_BALANCE: 118 / 21}
    assert differences(row, wanted) == []


def printed(bandicoot: Path, row: dict[str, str]) -> dict[str, float | None]:
    """What bandicoot prints for user A; times and what the table does not have are left out."""
    everything = json.loads((bandicoot / "regressions__manual_a.json").read_text())["A"]
    absent = {name for name in everything if name not in row}
    assert all(name.startswith(("name", "reporting__")) for name in absent)
    return {n: v for n, v in everything.items() if n in row and not isinstance(v, str)}


class Printed(float):
    """A number that knows whether it was rounded: what has three decimals or more may be off by one in the last."""

    def __new__(cls, text: str) -> Printed:
        number = super().__new__(cls, text)
        decimals = len(text.partition(".")[2])
        number.tolerance = max(10.0**-decimals, 1e-6) if decimals > 2 else 1e-6  # type: ignore[attr-defined]
        return number


def flat(nested: dict[str, Any], name: str = "") -> Iterator[tuple[str, Any]]:
    """Column names and values."""
    for key, value in nested.items():
        whole = f"{name}__{key}" if name else key
        yield from flat(value, whole) if isinstance(value, dict) else [(whole, value)]
