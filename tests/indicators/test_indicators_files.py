"""The command on files: forms of input, what is refused, equal results from equal records, outputs."""

from __future__ import annotations

import gzip
import json
import random
from datetime import datetime, timedelta
from pathlib import Path

import oracle
import pytest
from oracle import Record
from people import antennas_csv, bandicoot_csv, differences, table, table_in, usage_csv
from telco_process import Telco

PLACES = {"a": (31.2, 121.4), "b": (31.25, 121.5), "c": (31.1, 121.45)}
CALLS = "number_of_interactions__allweek__allday__call"


def some_people(count: int, records: int = 60) -> dict[str, list[Record]]:
    """People with ids like 0139, whose records are never in the same second."""
    chance = random.Random(7)
    people = {}
    for number in range(count):
        seconds = sorted(chance.sample(range(35 * 86400), records))
        people[f"0{139 + number}"] = [
            Record(
                kind := chance.choice(["call", "text", "text"]),
                chance.random() < 0.5,
                chance.choice(["0140", "0150", "=1+1"]),
                datetime(2026, 2, 23) + timedelta(seconds=second),
                chance.randrange(300) if kind == "call" else 0,
                chance.choice("aabc"),
            )
            for second in seconds
        ]
    return people


@pytest.fixture
def world(telco: Telco) -> dict[str, list[Record]]:
    """Six people: a folder `people` with a file each, and `usage.csv` with all of them."""
    people = some_people(6)
    for person, records in people.items():
        telco.write(f"people/{person}.csv", bandicoot_csv(records))
    telco.write("usage.csv", usage_csv(people))
    telco.write("antennas.csv", antennas_csv(PLACES))
    return people


def test_every_column_of_everybody(telco: Telco, world: dict[str, list[Record]]) -> None:
    shape = oracle.Shape("week", True, True)
    telco.good("indicators", "usage.csv", "-o", "out.csv", "--antennas", "antennas.csv", "--split-week", "--split-day")
    found = table_in(telco.folder / "out.csv")
    assert list(found) == sorted(world)
    for person, records in world.items():
        wanted = oracle.expected(records, shape, PLACES)
        assert differences(found[person], wanted) == []
        rest = set(found[person]) - set(wanted) - {"subscriber_id"}
        assert all(name.startswith("reporting__") or "recharges" in name for name in rest)


def test_the_same_from_any_form(telco: Telco, world: dict[str, list[Record]]) -> None:
    """One table, its rows shuffled, Parquet, files of one person, compressed ones; with one thread or two."""
    import duckdb

    whole = telco.good("indicators", "usage.csv", "-o", "-", "-q").out
    header, *rows = (telco.folder / "usage.csv").read_text().splitlines()
    random.Random(3).shuffle(rows)
    telco.write("shuffled.csv", "\n".join([header, *rows, ""]))
    duckdb.sql(f"COPY (FROM read_csv('{telco.folder}/shuffled.csv', all_varchar=true)) TO '{telco.folder}/u.parquet'")
    for person in list(world)[:3]:
        file = telco.folder / f"people/{person}.csv"
        Path(f"{file}.gz").write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    for form in ("shuffled.csv", "u.parquet", "people"):
        for threads in (1, 2):
            assert telco.good("indicators", form, "-o", "-", "-q", "--threads", threads).out == whole, form


def test_a_data_folder(telco: Telco, world: dict[str, list[Record]]) -> None:
    """Usage and events of a folder as of every other command; recharges are events of that kind."""
    telco.write("data/usage_2026.csv", usage_csv(world))
    telco.write(
        "data/events.csv",
        "subscriber_id,time,kind,amount\n0139,2026-03-01 10:00:00,recharge,30\n0139,2026-03-02 10:00:00,complaint,\n"
        "0140,2026-03-02 10:00:00,payment,50\n0000,2026-03-02 10:00:00,recharge,10\n",
    )
    done = telco.good("indicators", "data", "-o", "out.csv", "--groupby", "none")
    found = table_in(telco.folder / "out.csv")
    assert found["0139"]["amount_recharges__allweek__allday__mean"] == "30.0"
    assert found["0140"]["number_of_recharges__allweek__allday"] == ""
    assert "0000" not in found
    assert "1 subscribers have recharges but no records" in done.err


def test_headers_tell_what_a_file_of_a_folder_is(telco: Telco, world: dict[str, list[Record]]) -> None:
    telco.write("people/towers.csv", antennas_csv(PLACES))
    telco.write("people/money/0139.csv", "datetime,amount,retailer_id\n2026-03-01,12,7\n2026-03-03,,7\n")
    telco.write("people/attributes/0139.csv", "key,value\nage,42\n")
    done = telco.good("indicators", "people", "-o", "out.csv", "--groupby", "none")
    row = table_in(telco.folder / "out.csv")["0139"]
    assert row["amount_recharges__allweek__allday__mean"] == "6.0"
    assert row["radius_of_gyration__allweek__allday"] != ""
    assert "Not used: 0139.csv" in done.err


def test_paths_named_by_hand(telco: Telco, world: dict[str, list[Record]]) -> None:
    """Several paths and globs; a single file of one person is that person."""
    one = table(telco.good("indicators", "people/0139.csv", "-o", "-", "-q").out)
    assert list(one) == ["0139"]
    two = table(telco.good("indicators", "people/013*.csv", "people/0140.csv", "people/0140.csv", "-o", "-", "-q").out)
    assert list(two) == ["0139", "0140"]
    assert one["0139"] == two["0139"]
    telco.write("top-ups.csv", "datetime,amount\n2026-03-01,12\n")
    named = ("--recharges", "top-ups.csv", "--antennas", "antennas.csv")
    telco.write("top-ups/0139.csv", "datetime,amount\n2026-03-01,12\n")
    done = telco.good("indicators", "people/0139.csv", "-o", "-", "-q", *named[2:], "--recharges", "top-ups")
    assert table(done.out)["0139"]["reporting__number_of_recharges"] == "1"


def test_rejected_rows_are_told_by_file_and_line(telco: Telco, world: dict[str, list[Record]]) -> None:
    good = bandicoot_csv(world["0140"])
    damaged = good.splitlines()
    damaged.insert(3, "call,in,X,2026-13-40 10:00:00,10,a")
    damaged.insert(6, "fax,in,X,2026-03-01 10:00:00,,a")
    damaged.insert(9, 'call,in,"X,2026-03-01 10:00:00,10,a')
    telco.write("people/0140.csv", "\n".join([*damaged, ""]))
    done = telco.good("indicators", "people", "-o", "out.csv")
    rejects = (telco.folder / "out.csv.rejects/usage.csv").read_text().splitlines()[1:]
    assert [r.split(",")[:3] for r in rejects] == [
        ["people/0140.csv", "4", "start_time"],
        ["people/0140.csv", "7", "service"],
        ["people/0140.csv", "10", ""],
    ]
    assert "stray quote" in rejects[2]
    manifest = json.loads((telco.folder / "out.csv.manifest.json").read_text())
    counts = {i["file"]: (i["read"], i["accepted"], i["rejected"]) for i in manifest["inputs"]}
    assert counts == {"people (5 files)": (300, 300, 0), "people/0140.csv": (63, 60, 3)}
    assert "people/0140.csv" in done.err
    clean = telco.good("indicators", "usage.csv", "-o", "-", "-q").out
    assert (telco.folder / "out.csv").read_text() == clean


def test_an_empty_interaction_is_a_position(telco: Telco) -> None:
    rows = "call,in,X,2026-03-02 10:00:00,10,a\n,,,2026-03-02 11:00:00,,b\ngps,,,2026-03-02 12:00:00,,c\n"
    telco.write("P.csv", "interaction,direction,correspondent_id,datetime,call_duration,antenna_id\n" + rows)
    found = table(telco.good("indicators", "P.csv", "-o", "-", "-q", "--groupby", "none").out)["P"]
    assert found["number_of_antennas__allweek__allday"] == "3"
    assert found["active_days__allweek__allday__callandtext"] == "1"


def test_night_weekend_and_more_by_configuration(telco: Telco) -> None:
    """Night 22 to 23, in one day, so without its ends; Friday the weekend; conversations of ten minutes; one in a
    spell of an hour."""
    telco.write(
        "own.toml",
        '[rules.indicators]\nnight_start = "22:00"\nnight_end = "23:00"\nweekend = [5]\nconversation_minutes = 10\n'
        'position_minutes = 60\npareto_share = 0.5\ntext = ["sms"]\n',
    )
    telco.write(
        "usage.csv",
        "subscriber_id,start_time,service,direction,counterpart,duration_s,cell_id\n"
        "P,2026-03-06 22:00:00,sms,in,X,,a\nP,2026-03-06 22:09:59,sms,out,X,,b\nP,2026-03-06 22:19:59,sms,out,X,,b\n"
        "P,2026-03-07 22:10:00,sms,in,Y,,a\nP,2026-03-07 22:11:00,mms,in,Z,,a\n",
    )
    options = ("--groupby", "none", "--split-week", "--config", "own.toml")
    found = table(telco.good("indicators", "usage.csv", "-o", "-", "-q", *options).out)["P"]
    wanted = {
        "percent_nocturnal__allweek__allday__text": 3 / 4,
        "number_of_interactions__weekend__allday__text": 3,
        "percent_initiated_conversations__allweek__allday__callandtext": 1 / 3,
        "number_of_antennas__weekend__allday": 1,
        "percent_pareto_interactions__allweek__allday__text": 1 / 2,
        "number_of_interactions__allweek__allday__text": 4,
    }
    assert differences(found, wanted) == []


def test_wrong_rules_are_told(telco: Telco, world: dict[str, list[Record]]) -> None:
    telco.write(
        "own.toml",
        '[rules.indicators]\nnight_start = "7pm"\nweekend = [0]\nposition_minutes = 50\nnigth_end = "07:00"\n',
    )
    says = ("HH:MM", "1 (Monday) to 7", "whole number of spells", "unknown key", "night_end")
    telco.refused("indicators", "usage.csv", "-o", "out.csv", "--config", "own.toml", says=says)
    assert not (telco.folder / "out.csv").exists()


def test_up_to_a_month(telco: Telco, world: dict[str, list[Record]]) -> None:
    before = {p: [r for r in records if r.at < datetime(2026, 3, 1)] for p, records in world.items()}
    telco.write("before.csv", usage_csv(before))
    options = ("--groupby", "none", "-q", "-o", "-")
    assert (
        telco.good("indicators", "usage.csv", "--as-of", "2026-02", *options).out
        == telco.good("indicators", "before.csv", *options).out
    )
    telco.refused("indicators", "usage.csv", "--as-of", "2025-12", *options, says=("no call, text or position",))


def test_what_cannot_be_read_is_told_at_once(telco: Telco, world: dict[str, list[Record]]) -> None:
    telco.write("odd.csv", "a,b\n1,2\n")
    telco.refused("indicators", "nothing", "-o", "out.csv", says=("telco-crm: nothing: there is no such file",))
    telco.refused("indicators", "odd.csv", "-o", "out.csv", says=("subscriber_id", "start_time", "service"))
    named = ("--antennas", "none.csv", "--recharges", "neither")
    says = ("--antennas none.csv: ", "--recharges neither: ")
    telco.refused("indicators", "usage.csv", "-o", "out.csv", *named, says=says)
    telco.write("antennas.csv", "antenna_id,latitude,longitude\na,91,0\na,1,2\na,1,3\n")
    done = telco.good("indicators", "usage.csv", "-o", "out.csv", "--antennas", "antennas.csv")
    assert "latitude" in done.err
    assert "repeats cell_id of line 3" in (telco.folder / "out.csv.rejects/antennas.csv").read_text()


def test_outputs(telco: Telco, world: dict[str, list[Record]]) -> None:
    """Other formats; equal bytes from equal calls; headings in Chinese."""
    import openpyxl
    import pyarrow.parquet as pq

    for name in ("one.csv", "two.csv", "one.parquet", "one.xlsx"):
        telco.good("indicators", "usage.csv", "-o", name, "--lang", "zh", "-q")
    assert (telco.folder / "one.csv").read_bytes() == (telco.folder / "two.csv").read_bytes()
    stored = pq.read_table(telco.folder / "one.parquet")
    csv = table_in(telco.folder / "one.csv")
    assert stored.column_names == ["subscriber_id", *list(csv["0139"])[1:]]
    assert stored.column(CALLS + "__mean").to_pylist() == [float(r[CALLS + "__mean"]) for r in csv.values()]
    heads = [c.value for c in next(openpyxl.load_workbook(telco.folder / "one.xlsx").active.iter_rows(max_row=1))]
    assert "交互次数，通话，各周期均值" in heads
    manifest = json.loads((telco.folder / "one.csv.manifest.json").read_text())
    assert manifest["parameters"]["groupby"] == "week"
    assert manifest["outputs"][0]["rows"] == 6


def test_records_that_do_not_fit_into_memory(telco: Telco, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same from runs in memory and on disk."""
    from telco_crm.cli import cli
    from telco_crm.indicators import records, table

    people = some_people(40, 30)
    monkeypatch.chdir(telco.folder)
    telco.write("usage.csv", usage_csv(people))
    cli.main(["indicators", "usage.csv", "-o", "memory.csv", "-q"], standalone_mode=False)
    for module, name, value in (
        (records, "RUN_ROWS", 100),
        (records, "HELD_BYTES", 20_000),
        (table, "BUCKET_ROWS", 90),
    ):
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(table, "FILE_ROWS", 7)
    monkeypatch.setattr("telco_crm.ingest.batches.BATCH_ROWS", 64)
    monkeypatch.setattr("telco_crm.ingest.blocks.BLOCK_BYTES", 4096)
    cli.main(["indicators", "usage.csv", "-o", "disk.csv", "-q", "--temp-dir", "temp"], standalone_mode=False)
    assert (telco.folder / "disk.csv").read_bytes() == (telco.folder / "memory.csv").read_bytes()
