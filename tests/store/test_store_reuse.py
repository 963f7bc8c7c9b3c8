"""What is in the store is not read again; what has changed is, and nothing else."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

from stored import HEAD, Stored
from telco_process import tree


def rewrite_in_secret(path: Path, content: bytes) -> None:
    """Another content of the same size, with the time of the former."""
    state = path.stat()
    path.write_bytes(content[: state.st_size].ljust(state.st_size, b"x"))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def test_a_second_run_reads_no_usage_file(stored: Stored) -> None:
    """It would fail if it did: the files have turned to rubbish behind its back."""
    first = stored.features()
    assert stored.kept == []
    rejects = (stored.folder / "f.csv.rejects" / "usage.csv").read_bytes()
    usage, features = stored.parts("usage"), stored.parts("features")
    for path in (stored.folder / "data").glob("usage_*"):
        rewrite_in_secret(path, b"rubbish\0")
    assert stored.features() == first
    assert stored.kept == ["2026-01", "2026-02", "2026-03"]
    assert (stored.folder / "f.csv.rejects" / "usage.csv").read_bytes() == rejects
    assert (stored.parts("usage"), stored.parts("features")) == (usage, features)


def test_with_and_without_a_store_the_results_are_the_same(stored: Stored) -> None:
    assert stored.features() == stored.fresh() == stored.features()
    for out in ("one", "two"):
        stored.good("run", "data", "-o", out, "-q")
    stored.good("run", "data", "-o", "three", "-q", "--no-store")
    one, two, three = (tree(stored.folder / out) for out in ("one", "two", "three"))
    assert {n: h for n, h in one.items() if n != "manifest.json"} == {
        n: h for n, h in two.items() if n != "manifest.json"
    }
    assert {n: h for n, h in one.items() if n != "manifest.json"} == {
        n: h for n, h in three.items() if n != "manifest.json"
    }


def test_counts_and_rejects_of_kept_files_are_shown_again(stored: Stored) -> None:
    stored.features()
    first = stored.said
    stored.features()
    for said in (first, stored.said):
        assert re.search(r"usage_2026-02.csv +CSV, ASCII, comma(; kept in the store)? +122 +120 +2", said)
        assert "usage: 3 × start_time: is not a time" in said
        assert 'the first: data/usage_2026-01.csv, line 12, start_time: "2026-01-99" is not a time' in said


def test_a_changed_file_is_read_again_and_replaced(stored: Stored) -> None:
    stored.features()
    before = set(stored.parts("usage"))
    with (stored.folder / "data" / "usage_2026-02.csv").open("a") as file:
        file.write("0001,2026-02-03 10:00:00,sms,out,5,\n")
    changed = stored.features()
    assert stored.kept == ["2026-01", "2026-03"]
    assert changed == stored.fresh()
    after = set(stored.parts("usage"))
    assert (len(after), len(after & before)) == (3, 2)
    stored.clean()


def test_a_file_that_was_only_touched_is_read_again(stored: Stored) -> None:
    first = stored.features()
    os.utime(stored.folder / "data" / "usage_2026-02.csv", ns=(1, 1))
    assert stored.features() == first
    assert stored.kept == ["2026-01", "2026-03"]
    assert len(stored.parts("usage")) == 3


def test_hashes_tell_what_size_and_time_do_not(stored: Stored) -> None:
    stored.features("--hash-inputs")
    path = stored.folder / "data" / "usage_2026-02.csv"
    rewrite_in_secret(path, path.read_bytes().replace(b",sms,", b",mms,"))
    assert stored.features("--hash-inputs") == stored.fresh()
    assert stored.kept == ["2026-01", "2026-03"]


def test_a_removed_file_counts_no_more(stored: Stored) -> None:
    stored.features()
    (stored.folder / "data" / "usage_2026-02.csv").unlink()
    assert stored.features() == stored.fresh()
    assert stored.kept == ["2026-01", "2026-03"]
    assert b"2026-02" in stored.features()  # the bills are there still


def test_another_month_reads_that_month_only(stored: Stored) -> None:
    stored.features()
    usage, features = stored.parts("usage"), stored.parts("features")
    stored.add_month("2026-04")
    assert stored.features() == stored.fresh()
    assert stored.kept == ["2026-01", "2026-02", "2026-03"]
    assert usage.items() <= stored.parts("usage").items()  # not even touched
    assert features.items() <= stored.parts("features").items()
    assert (len(stored.parts("usage")), len(stored.parts("features"))) == (4, 4)


def test_another_file_of_a_month_makes_its_features_anew(stored: Stored) -> None:
    stored.features()
    features = stored.parts("features")
    stored.write("data/usage_late.csv", HEAD + "0003,2026-02-11 10:00:00,sms,out,7,\n")
    assert stored.features() == stored.fresh()
    assert stored.kept == ["2026-01", "2026-02", "2026-03"]
    assert len(stored.parts("features").keys() - features.keys()) == 1


def test_another_mapping_reads_everything_again(stored: Stored) -> None:
    stored.features()
    stored.write("telco-crm.toml", '[input.usage.units]\nduration_s = "min"\n')
    assert stored.features() == stored.fresh()
    assert stored.kept == []
    stored.write("telco-crm.toml", '[input.bills.units]\ntotal = "fen"\n')  # of another table
    (stored.folder / "telco-crm.toml").unlink()
    assert stored.features() == stored.fresh()


def test_another_dialling_prefix_reads_everything_again(stored: Stored) -> None:
    stored.features()
    stored.write("telco-crm.toml", '[vocabulary.dialling]\nip_prefixes = ["12593"]\n')
    stored.features()
    assert stored.kept == []


def test_other_definitions_compute_features_only(stored: Stored) -> None:
    stored.features()
    usage, features = stored.parts("usage"), stored.parts("features")
    stored.write(
        "telco-crm.toml",
        '[features.mine]\nmeasure = "records"\nwhere = "sms and out"\nunit = "messages"\nen = "Mine"\nzh = "我的"\n',
    )
    assert stored.features() == stored.fresh()
    assert stored.kept == ["2026-01", "2026-02", "2026-03"]
    assert stored.parts("usage") == usage
    assert len(stored.parts("features").keys() - features.keys()) == 3


def test_other_options_do_not_matter(stored: Stored) -> None:
    first = stored.features("--threads", "1", "--seed", "3")
    assert stored.features("--threads", "4", "--memory-limit", "500MB") == first
    assert stored.kept == ["2026-01", "2026-02", "2026-03"]


def test_a_file_is_the_same_by_whatever_name_it_is_called(stored: Stored) -> None:
    """Another path to it: not read again, and rejects bear the name it is called by now."""
    stored.features()
    for given in (stored.folder / "data" / "usage_2026-02.csv", "data/../data/usage_2026-02.csv"):
        bills = stored.folder / "data" / "bills_2026-02.csv"
        done = stored.good("features", "--usage", given, "--bills", bills, "-o", "f.csv")
        assert "kept in the store" in done.err
        assert f"the first: {given}, line 12, start_time" in done.err
        with (stored.folder / "f.csv.rejects" / "usage.csv").open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        assert [(row["file"], row["line"]) for row in rows] == [(str(given), "12"), (str(given), "13")]
        assert rows[1]["row"] == "0001,too few"
    assert len(stored.parts("usage")) == 3


def test_standard_input_is_known_by_its_content(stored: Stored) -> None:
    text = HEAD.encode() + b"0001,2026-01-05 10:00:00,sms,out,5,\n0001,soon,sms,out,5,\n"
    for content, kept in ((text, False), (text, True), (text.replace(b"0001", b"0002"), False)):
        done = stored.good("features", "--usage", "-", "-o", "f.csv", stdin=content)
        assert ("kept in the store" in done.err) == kept
        assert len(stored.parts("usage")) == 1  # it does not grow with every call
        assert (stored.folder / "f.csv.rejects" / "usage.csv").read_text().count("standard input,3,") == 1
    stored.features()
    assert len(stored.parts("usage")) == 4
    stored.clean()


def test_parquet_compressed_and_partitioned_files_are_kept_too(stored: Stored) -> None:
    import gzip

    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pq

    first = stored.features()
    path = stored.folder / "data" / "usage_2026-02.csv"
    (path.parent / "usage_2026-02.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    path = stored.folder / "data" / "usage_2026-03.csv"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if "too few" not in line))
    folder = stored.folder / "data" / "usage" / "part=1"
    folder.mkdir(parents=True)
    types = pa_csv.ConvertOptions(column_types=dict.fromkeys(HEAD.strip().split(","), "string"))
    pq.write_table(pa_csv.read_csv(path, convert_options=types), folder / "0.parquet")
    path.unlink()
    assert stored.features() == first
    assert stored.features() == first
    assert stored.said.count("kept in the store") == 3
