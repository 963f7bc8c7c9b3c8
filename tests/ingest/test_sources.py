"""Which files hold which table: files, globs, folders, Hive partitions, standard input, and folders of everything."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from reading import Reads, lines, rows_of
from telco_process import Telco

from telco_crm.errors import InputError
from telco_crm.ingest.sources import find_sources

BILLS = "subscriber_id,month,total\n"


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")


def found(folder: Path, **flags: list[str]) -> dict[str, list[str]]:
    files = find_sources(None, {t: [str(folder / p) for p in given] for t, given in flags.items()}, folder).files
    return {t: [str(f.path.relative_to(folder)) for f in given] for t, given in files.items()}


def test_a_data_folder(tmp_path: Path) -> None:
    make(
        tmp_path,
        "usage_2026-01.csv",
        "usage_2026-02.csv.gz",
        "Usage_2026-03.parquet",
        "bills.tsv",
        "bills/2026/1.txt.zst",
    )
    make(
        tmp_path, "subscribers/a.csv", "subscribers/_tmp.csv", "subscribers/.b.csv", "events.psv", "contacts_spring.dat"
    )
    make(tmp_path, "truth.csv", "README.md", "usage.xlsx", "usage.parquet.gz", ".usage.csv", "_usage.csv")
    sources = find_sources(tmp_path, {}, tmp_path)
    files = {t: [str(f.path.relative_to(tmp_path)) for f in given] for t, given in sources.files.items()}
    assert files == {
        "usage": ["Usage_2026-03.parquet", "usage_2026-01.csv", "usage_2026-02.csv.gz"],
        "bills": ["bills/2026/1.txt.zst", "bills.tsv"],
        "subscribers": ["subscribers/a.csv"],
        "events": ["events.psv"],
        "contacts": ["contacts_spring.dat"],
    }
    kinds = {f.path.name: (f.format, f.compression) for given in sources.files.values() for f in given}
    assert kinds["Usage_2026-03.parquet"] == ("parquet", None)
    assert kinds["usage_2026-02.csv.gz"] == ("csv", "gzip")
    assert kinds["1.txt.zst"] == ("csv", "zstd")
    assert [p.name for p in sources.unused] == ["README.md", "truth.csv", "usage.parquet.gz", "usage.xlsx"]


def test_a_data_folder_with_chinese_names(tmp_path: Path) -> None:
    names = (
        "话单_202603.csv",
        "详单/1.parquet",
        "账单2026-03.txt",
        "用户资料.csv",
        "服务事件.csv",
        "营销接触.csv",
        "说明.csv",
    )
    make(tmp_path, *names)
    sources = find_sources(tmp_path, {}, tmp_path)
    files = {t: [str(f.path.relative_to(tmp_path)) for f in given] for t, given in sources.files.items()}
    assert files == {
        "usage": ["话单_202603.csv", "详单/1.parquet"],
        "bills": ["账单2026-03.txt"],
        "subscribers": ["用户资料.csv"],
        "events": ["服务事件.csv"],
        "contacts": ["营销接触.csv"],
    }
    assert [p.name for p in sources.unused] == ["说明.csv"]


def test_files_globs_and_folders(tmp_path: Path) -> None:
    make(tmp_path, "a/1.csv", "a/2.csv", "a/b/3.csv", "a/note.md", "cdr.export", "x[1].csv")
    assert found(tmp_path, usage=["a/1.csv"]) == {"usage": ["a/1.csv"]}
    assert found(tmp_path, usage=["a/*.csv"]) == {"usage": ["a/1.csv", "a/2.csv"]}
    assert found(tmp_path, usage=["a/**/*.csv"]) == {"usage": ["a/1.csv", "a/2.csv", "a/b/3.csv"]}
    assert found(tmp_path, usage=["a"]) == {"usage": ["a/1.csv", "a/2.csv", "a/b/3.csv"]}
    assert found(tmp_path, usage=["a/2.csv", "a"]) == {"usage": ["a/2.csv", "a/1.csv", "a/b/3.csv"]}  # each once
    assert found(tmp_path, usage=["cdr.export"]) == {"usage": ["cdr.export"]}  # any ending, if it is named
    assert found(tmp_path, usage=["x[1].csv"]) == {"usage": ["x[1].csv"]}  # a name, not a pattern


@pytest.mark.parametrize(
    ("flag", "says"),
    [
        ("no.csv", "there is no such file, folder or match; check the path"),
        ("*.zip", "there is no such file, folder or match; check the path"),
        ("docs", "holds no CSV or Parquet file; give files ending .csv, .txt or .parquet"),
    ],
)
def test_paths_that_give_nothing(tmp_path: Path, flag: str, says: str) -> None:
    make(tmp_path, "docs/README.md")
    with pytest.raises(InputError) as error:
        find_sources(None, {"usage": [str(tmp_path / flag)], "bills": ["nothing.csv"]}, tmp_path)
    assert len(error.value.problems) == 2  # of all tables at once
    assert f"--usage {tmp_path / flag}: {says}" in error.value.problems[0]


def test_folders_that_give_nothing(tmp_path: Path) -> None:
    make(tmp_path, "docs/README.md", "docs/usage.xlsx")
    for data, says in (
        (tmp_path / "docs", "no usable table; name files or folders so that they begin with usage, bills"),
        (tmp_path / "nowhere", "there is no such folder"),
        (tmp_path / "docs" / "README.md", "is a file, not a folder; give its folder, or name it with --usage"),
    ):
        with pytest.raises(InputError, match=says):
            find_sources(data, {}, tmp_path)


@pytest.mark.parametrize("name", ["lost.csv", "lost.csv.gz", "lost.csv.zst", "lost.parquet"])
def test_a_link_to_nothing_is_not_passed_over(read: Reads, tmp_path: Path, name: str) -> None:
    make(tmp_path, "in/bills/a.csv")
    (tmp_path / "in" / "bills" / name).symlink_to("nowhere")
    with pytest.raises(InputError, match=rf"{name} (cannot be opened|is not a whole Parquet file)"):
        read("bills", {"bills/a.csv": BILLS + "1,2026-03,1\n", f"bills/{name}": None})


def test_hive_partitions_fill_columns(read: Reads) -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"subscriber_id": ["3"], "total": [30]}), out)
    found = read(
        "bills",
        {
            "bills/month=2026-03/region=x/part-0.csv": "subscriber_id,total\n1,10\n",
            "bills/month=2026-04/part-0.csv.gz": gzip.compress(b"total,subscriber_id\n20,2\n"),
            "bills/账期=202605/part-0.parquet": out.getvalue(),
            "bills/month=2026-06/own.csv": "subscriber_id,month,total\n4,2026-01,40\n",  # the file's own word counts
            "bills/month=2026%2F07/own.csv": "subscriber_id,total\n5,50\n",
        },
    )
    months = {row["subscriber_id"]: row["month"] for row in found.rows}
    assert months == {"1": "2026-03", "2": "2026-04", "3": "2026-05", "4": "2026-01", "5": "2026-07"}


def test_a_hive_partition_of_missing_values_is_empty(read: Reads) -> None:
    files = {
        "subscribers/region=__HIVE_DEFAULT_PARTITION__/a.csv": "subscriber_id\n1\n",
        "subscribers/region=x/a.csv": "subscriber_id\n2\n",
    }
    assert read("subscribers", files).column("region") == [None, "x"]


@pytest.mark.parametrize("kind", ["csv", "gz", "zst", "parquet"])
def test_standard_input(telco: Telco, kind: str) -> None:
    text = BILLS.encode() + b"0139,2026-03,25\n0140,soon,1\n"
    out = io.BytesIO()
    pq.write_table(pa.table({"subscriber_id": ["0139", "0140"], "month": ["2026-03", "soon"], "total": [25, 1]}), out)
    content = {
        "csv": text,
        "gz": gzip.compress(text),
        "zst": pa.Codec("zstd").compress(text, asbytes=True),
        "parquet": out.getvalue(),
    }[kind]
    done = telco.good("features", "--bills", "-", "-o", "f.csv", stdin=content)
    assert [row["subscriber_id"] for row in rows_of(telco.folder / "f.csv")] == ["0139"]
    (reject,) = rows_of(telco.folder / "f.csv.rejects" / "bills.csv")
    assert (reject["file"], reject["reason"]) == ("standard input", '"soon" is not a month')
    assert "standard input" in done.err


def test_standard_input_can_be_given_to_one_table_only(telco: Telco) -> None:
    done = telco("features", "--bills", "-", "--usage", "-", "-o", "f.csv")
    assert done.code == 2
    assert "standard input (-) can be given to one table only" in done.err


def test_empty_standard_input_is_an_empty_file(telco: Telco) -> None:
    (problem,) = telco.refused("features", "--bills", "-", "-o", "f.csv", says=("standard input is empty",))
    assert problem.startswith("telco-crm: ")


def test_flags_beat_the_folder_table_by_table(telco: Telco) -> None:
    telco.write("data/bills.csv", BILLS + "1,2026-01,1\n")
    telco.write("data/subscribers.csv", lines("subscribers", ("1", "gotone", "2020-01-01")))
    telco.write("other.csv", BILLS + "2,2026-02,2\n")
    telco.good("features", "data", "--bills", "other.csv", "-o", "f.csv", "-q")
    assert [(r["subscriber_id"], r["month"]) for r in rows_of(telco.folder / "f.csv")] == [("2", "2026-02")]
