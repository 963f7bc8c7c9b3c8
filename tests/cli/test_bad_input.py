"""Bad input: one sentence with file, column and remedy, exit code 1, and nothing touched.

Every case is met with former outputs in place and a good file of another table beside the bad one.
"""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from disks import disk, fill, read_only
from telco_process import Telco, tree

RUN = ("run", "data", "-o", "out")


@pytest.fixture
def done(little: Telco) -> Telco:
    """The little operator with the outputs of a run, and the store beside them."""
    little.good(*RUN, "-q")
    little.good("segment", "data", "-o", "segments.csv", "-q")
    return little


def one_sentence(telco: Telco, *says: str, options: tuple[str, ...] = ()) -> None:
    """Both kinds of output are refused with the same sentence, and the whole tree stays as it is."""
    before = tree(telco.folder)
    for command in (RUN, ("segment", "data", "-o", "segments.csv"), ("features", "data", "-o", "-")):
        assert len(telco.refused(*command, *options, says=says)) == 1
        assert tree(telco.folder) == before


def parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"subscriber_id": ["1"] * 500, "month": ["2026-03"] * 500, "total": list(range(500))}), out)
    return out.getvalue()


def test_a_missing_required_column(done: Telco) -> None:
    done.write("data/bills.csv", "subscriber_id,month,remark\n1,2026-03,x\n")
    one_sentence(
        done,
        'data/bills.csv: no column for "total" (应收金额), which bills cannot do without',
        "its headers are subscriber_id, month, remark",
        'name it in the mapping: [input.bills.columns] total = "…"',
    )


def test_an_unreadable_encoding(done: Telco) -> None:
    done.write("data/bills.csv", "subscriber_id,month,total\n1,2026-03,5\n".encode("utf-16"))
    one_sentence(done, "data/bills.csv is not UTF-8 or GB18030 text", "save it as UTF-8 CSV")
    done.write("data/bills.csv", b"subscriber_id,month,total,x\n" + b"1,2026-03,5,\xe9\n" * 5)
    one_sentence(
        done, "data/bills.csv: its encoding is neither UTF-8 nor GB18030", 'name it in the mapping: encoding = "…"'
    )


def test_a_truncated_parquet_file(done: Telco) -> None:
    (done.folder / "data" / "bills.csv").unlink()
    done.write("data/bills.parquet", parquet()[:-30])
    one_sentence(done, "data/bills.parquet is not a whole Parquet file", "copy or export it again")


def test_a_parquet_file_that_is_damaged_inside(done: Telco) -> None:
    (done.folder / "data" / "bills.csv").unlink()
    content = bytearray(parquet())
    content[4:60] = bytes(56)
    done.write("data/bills.parquet", bytes(content))
    one_sentence(done, "data/bills.parquet is damaged", "copy or export it again")


def test_a_compressed_file_that_is_cut_short(done: Telco) -> None:
    import gzip

    (done.folder / "data" / "bills.csv").unlink()
    whole = gzip.compress("".join(f"{i},2026-03,{i * 7919 % 997}\n" for i in range(2000)).encode())
    done.write("data/bills.csv.gz", gzip.compress(b"subscriber_id,month,total\n") + whole[:-10])
    one_sentence(done, "data/bills.csv.gz is damaged or cut short", "copy or export it again")


def test_an_empty_file(done: Telco) -> None:
    done.write("data/bills.csv", "")
    one_sentence(done, "data/bills.csv is empty: it has not even a header", "remove it or export it again")


def test_a_folder_with_nothing_usable(done: Telco) -> None:
    for path in (done.folder / "data").iterdir():
        path.rename(path.with_suffix(".xlsx"))
    one_sentence(done, "data: no usable table; name files or folders so that they begin with usage, bills", "--usage")


def test_a_folder_that_is_not_there(done: Telco) -> None:
    (done.folder / "data").rename(done.folder / "date")
    one_sentence(done, "data: there is no such folder; give the folder that holds the exports")


def test_a_header_that_matches_two_columns(done: Telco) -> None:
    done.write("data/usage.csv", "subscriber_id,start_time,通话类型,对方号码\n1,2026-03-05 10:00:00,?,2\n")
    one_sentence(
        done,
        'data/usage.csv: the header "通话类型" could mean service or direction or toll and its values do not settle it',
        'name it in the mapping: [input.usage.columns] service = "通话类型"',
    )


def test_two_headers_for_one_column(done: Telco) -> None:
    done.write("data/bills.csv", "subscriber_id,month,total,amount\n1,2026-03,5,6\n")
    one_sentence(
        done, 'data/bills.csv, line 1: the headers "total" and "amount" both mean total', "[input.bills.columns]"
    )


def test_a_mapping_that_names_an_absent_column(done: Telco) -> None:
    done.write("map.toml", '[input.bills.columns]\ntotal = "AMUONT"\nlate_fee = "late_fee"\n')
    done.write("data/bills.csv", "subscriber_id,month,AMOUNT,late_fee\n1,2026-03,5,0\n")
    one_sentence(
        done,
        'data/bills.csv: the mapping names the column "AMUONT" for total, but the file has no such header',
        'its headers are subscriber_id, month, AMOUNT, late_fee (did you mean "AMOUNT"?)',
        options=("--config", "map.toml"),
    )


def test_an_as_of_month_outside_the_data(done: Telco) -> None:
    one_sentence(
        done, "--as-of 2027-01: the data has no such month; it has 2026-02 to 2026-03", options=("--as-of", "2027-01")
    )


def test_no_disk_space(little: Telco) -> None:
    with disk(little.folder / "small", "2m"):
        little.good("run", "data", "-o", "small/out", "-q", "--no-store")
        fill(little.folder / "small")
        before = tree(little.folder)
        says = ("small/out", "No space left on device", "free some space")
        assert len(little.refused("run", "data", "-o", "small/out", "--seed", "3", "--no-store", says=says)) == 1
        assert tree(little.folder) == before


def test_a_read_only_output(little: Telco) -> None:
    with disk(little.folder / "small", "2m") as small:
        little.good("run", "data", "-o", "small/out", "-q", "--no-store")
        read_only(small)
        before = tree(little.folder)
        says = ("small/out cannot be written (Read-only file system)", "name another folder with -o")
        assert len(little.refused("run", "data", "-o", "small/out", says=says)) == 1
        assert tree(little.folder) == before


def test_nothing_at_all_is_made_where_nothing_was(little: Telco) -> None:
    """Without former outputs: no folder, no store, no lock stays behind."""
    little.write("data/bills.csv", "subscriber_id,month\n1,2026-03\n")
    before = tree(little.folder)
    for command in (RUN, ("run", "data", "-o", "deep/er/out"), ("features", "data", "-o", "f.csv")):
        little.refused(*command, says=("data/bills.csv", "total"))
        assert tree(little.folder) == before


def test_the_problems_of_all_files_are_told_at_once(done: Telco) -> None:
    done.write("data/usage.csv", "subscriber_id,start_time\n")
    done.write("data/bills.csv", "")
    done.write("data/subscribers.csv", "name\n")
    done.write("data/events.parquet", b"PAR1")
    before = tree(done.folder)
    lines = done.refused(
        *RUN, says=("usage.csv", "bills.csv is empty", "subscribers.csv", "events.parquet is not a whole")
    )
    assert len(lines) == 4
    assert tree(done.folder) == before


def test_bad_cells_are_rejected_and_the_good_rows_go_on(done: Telco) -> None:
    """Dates, negative durations, unknown services, null ids, too few fields, stray quotes, binary bytes; repeats."""
    good = "7,2026-03-05 10:00:00,voice,out,8,60\n"
    head = "subscriber_id,start_time,service,direction,counterpart,duration_s\n"
    bad = [
        b"7,2026-02-30 10:00:00,voice,out,8,60",
        b"7,2026-03-05 10:00:00,voice,out,8,-60",
        b"7,2026-03-05 10:00:00,fax,out,8,60",
        b",2026-03-05 10:00:00,voice,out,8,60",
        b"7,2026-03-05 10:00:00,voice",
        b'7,2026-03-05 10:00:00,voice,out,"8,60',
        b"7,2026-03-05 10:00:00,voice,out,\xff\xfe,60",
    ]
    done.write("data/usage.csv", head.encode() + b"".join(good.encode() + line + b"\n" for line in bad) + good.encode())
    done.write("data/bills.csv", "subscriber_id,month,total\n7,2026-03,5\n8,2026-03,5\n7,2026-03,6\n")
    done.write("data/subscribers.csv", "subscriber_id,brand\n7,gotone\n7,mzone\n")
    done.good(*RUN, "-q")
    rejects = {
        t: (done.folder / "out" / "rejects" / f"{t}.csv").read_text("utf-8") for t in ("usage", "bills", "subscribers")
    }
    assert [line.split(",")[1] for line in rejects["usage"].splitlines()[1:]] == ["3", "5", "7", "9", "11", "13", "15"]
    assert (
        'data/bills.csv,4,subscriber_id;month,repeats subscriber_id and month of line 2,"7,2026-03,6"'
        in rejects["bills"]
    )
    assert 'data/subscribers.csv,3,subscriber_id,repeats subscriber_id of line 2,"7,mzone"' in rejects["subscribers"]
    done.good("features", "data", "-o", "f.csv", "-q")
    text = (done.folder / "f.csv").read_text("utf-8").splitlines()
    names, cells = text[0].split(","), next(line for line in text if line.startswith("7,2026-03")).split(",")
    assert cells[names.index("voice_calls")] == "8"  # the eight good calls
