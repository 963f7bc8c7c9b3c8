"""Files are read block by block and by several threads: neither may change what is read, and no line may get lost."""

from __future__ import annotations

import gzip
import random
import tempfile
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import Content, Read, Reads, read

from telco_crm.engine.duck import DuckEngine
from telco_crm.errors import InputError

HEAD = "subscriber_id,time,kind,area,detail\n"
UTF8 = '[input.events]\nencoding = "utf-8"\n'  # else each block of a file that begins as ASCII decides for itself


def in_blocks(engine: DuckEngine, content: Content, size: int, threads: int = 2, toml: str = UTF8) -> Read:
    """What is read when the file is cut into blocks of `size` bytes."""
    with tempfile.TemporaryDirectory() as folder, patch("telco_crm.ingest.blocks.BLOCK_BYTES", size):
        return read(engine, Path(folder), "events", content, toml, threads)


GOOD = st.builds(
    lambda number, detail: f"{number},2026-03-05,payment,x,{detail}",
    st.integers(0, 99),
    st.sampled_from(
        ["", "plain", '"quoted"', '"two\nlines"', '"a ""b"" c"', '"\n\n"', '"x,\r\ny"', "张三", '"open ""\n"', '"\n"""']
    ),
)
BAD = st.sampled_from(
    ['stray",a', '"', 'x"y"z', "too,few", "1,2,3,4,5,6", ",,,,", "", " ", "\r", '1,soon,payment,"a\nb",', "\0", '"","']
)
LINES = st.lists(GOOD | BAD, min_size=1, max_size=30)


@settings(max_examples=40, deadline=None)
@given(LINES, st.integers(60, 400), st.sampled_from([2, 3, 100]), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_the_size_of_blocks_changes_nothing(
    engine: DuckEngine, lines: list[str], size: int, longest: int, newline: str, last: bool
) -> None:
    text = HEAD + "1,2026-03-05,payment,,first\n" + newline.join(lines) + (newline if last else "")
    with patch("telco_crm.ingest.lines.LONGEST_RECORD", longest):
        whole = in_blocks(engine, text, 1 << 20)
        assert in_blocks(engine, text, size) == whole


@settings(max_examples=60, deadline=None)
@given(st.lists(GOOD, min_size=1, max_size=12), st.randoms(use_true_random=False), st.integers(1, 6))
def test_random_damage_never_loses_a_line(
    engine: DuckEngine, lines: list[str], chance: random.Random, wounds: int
) -> None:
    """Every line of the file is part of an accepted row, part of a rejected row, or blank."""
    body = bytearray(("1,2026-03-05,payment,,first\n" * 3 + "\n".join(lines) + "\n").encode())
    for _ in range(wounds):
        at = chance.randrange(len(body))
        match chance.randrange(5):
            case 0:
                body[at] = chance.randrange(256)
            case 1:
                body[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 5)))
            case 2:
                del body[at : at + chance.randrange(1, 30)]
            case 3:
                body[at:at] = chance.choice([b'"', b'""', b",", b"\n", b"\r", b'"\n', b"\0", b"\\", b"'"])
            case 4:
                body[at:at] = body[chance.randrange(len(body)) :][:20]
    try:
        found = in_blocks(engine, HEAD.encode() + bytes(body), 1 << 20)
    except InputError as error:
        assert len(error.problems) == 1
        return
    texts = [str(row.get(name, "")) for row in found.rows for name in ("subscriber_id", "area", "detail")]
    within = len(found.rows) + sum(text.count("\n") for text in texts)
    rejected = sum(1 + row["row"].count("\n") for row in found.rejects)
    lines_of_file = bytes(body).split(b"\n")
    blank = sum(not line.strip(b" \t\r") for line in lines_of_file)
    assert within + rejected <= len(lines_of_file)  # a blank line may be part of a record
    assert within + rejected >= len(lines_of_file) - blank


@pytest.mark.parametrize("threads", [1, 4])
def test_many_blocks_and_batches_keep_lines_and_order(
    read: Reads, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Line numbers go on across blocks and batches, in a compressed file too; the first of repeated bills counts."""
    monkeypatch.setattr("telco_crm.ingest.blocks.BLOCK_BYTES", 2048)
    monkeypatch.setattr("telco_crm.ingest.batches.BATCH_ROWS", 700)
    rows, expected, bad = [], [], []
    line = 2
    for i in range(3000):
        if i % 100 == 50:
            rows.append(f'{i},2026-03,1,"a\nb"')
            expected.append((line, str(i)))
            line += 2
        elif i % 97 == 3:
            rows.append(f"{i},2026-03")
            bad.append((line, ""))
            line += 1
        elif i % 89 == 5:
            rows.append(f"{i},2026-13,1,")
            bad.append((line, "month"))
            line += 1
        elif i % 71 == 7:
            rows.append("0,2026-03,9,")  # the bill of subscriber 0 stands on line 2
            bad.append((line, "subscriber_id;month"))
            line += 1
        else:
            rows.append(f"{i},2026-03,1,")
            expected.append((line, str(i)))
            line += 1
    data = "subscriber_id,month,total,note\n" + "\n".join(rows)
    found = read("bills", {"bills.csv.gz": gzip.compress(data.encode())}, threads=threads)
    assert [(row["line"], row["subscriber_id"]) for row in found.rows] == expected
    assert found.places == bad
    assert {r["reason"] for r in found.rejects if r["column"] == "subscriber_id;month"} == {
        "repeats subscriber_id and month of line 2"
    }


def test_rejects_are_the_same_bytes_whatever_the_threads(engine: DuckEngine, tmp_path: Path) -> None:
    chance = random.Random(5)
    calls = [
        f"{chance.randrange(50)},2026-03-{chance.randrange(1, 35):02d} 10:15:00,"
        f"{chance.choice(['voice', 'sms', 'fax'])},{chance.choice(['out', 'in', '?'])},"
        f"{chance.choice(['5', '-5', 'x,y'])}\n"
        for _ in range(2000)
    ]
    text = "subscriber_id,start_time,service,direction,duration_s\n" + "".join(calls)
    rejects = []
    for threads in (1, 2, 5):
        with (
            patch("telco_crm.ingest.blocks.BLOCK_BYTES", 4096),
            patch("telco_crm.ingest.batches.BATCH_ROWS", 700),
            patch("telco_crm.ingest.load.EXPLAIN_ROWS", 150),
        ):
            found = read(engine, tmp_path, "usage", text, threads=threads)
        assert sum(found.total) == 2000
        rejects.append((tmp_path / "rejects" / "usage.csv").read_bytes())
    assert rejects[0] == rejects[1] == rejects[2]
    assert rejects[0].count(b"\n") > 900
