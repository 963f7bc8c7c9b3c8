"""Damaged lines: set aside whole, with number and reason; the lines around them are read as if nothing were."""

from __future__ import annotations

import gzip

import pytest
from reading import Reads, lines

from telco_crm.errors import InputError

HEAD = "subscriber_id,time,kind,detail\n"
ROW = "1,2026-03-05,payment,"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,2026-03-05,payment", "has 3 fields instead of 4"),
        ("1", "has 1 fields instead of 4"),
        ("1,2026-03-05,payment,a,b", "has 5 fields instead of 4"),
        ("1,2026-03-05,payment,a,", "has 5 fields instead of 4"),
        (ROW + 'a"b', "has a stray quote"),
        (ROW + '"a"b', "has a stray quote"),
        (ROW + 'a"b"', "has a stray quote"),
        (ROW + '"a', "has a stray quote"),
        (ROW + 'a"', "has a stray quote"),
        (ROW + '"', "has a stray quote"),
        ('"' + ROW + "a", "has a stray quote"),
        (ROW + "a\0b", "has a control character (0x00)"),
        ("\0" * 20, "has a control character (0x00)"),
        (ROW + "a\x1b[31mb", "has a control character (0x1b)"),
        (ROW + "a\x08", "has a control character (0x08)"),
        (ROW + "a\rb", "has a control character (0x0d)"),
        (ROW + '"a\x01\n"', "has a control character (0x01)"),
    ],
)
def test_a_damaged_line_is_set_aside_whole(read: Reads, line: str, reason: str) -> None:
    first, *more = line.split("\n")  # of a damaged record over several lines each line stands alone
    found = read("events", f"{HEAD}{ROW}before\n{line}\n{ROW}after\n")
    assert found.column("detail") == ["before", "after"]
    assert [row["line"] for row in found.rows] == [2, 4 + len(more)]
    assert found.rejects[0] == {"file": "events.csv", "line": "3", "column": "", "reason": reason, "row": first}
    assert len(found.rejects) == 1 + len(more)


@pytest.mark.parametrize(
    ("line", "byte", "shown"),
    [
        (b"a\xffb", "0xff", "a\\xffb"),
        (b"\xe5\xbc", "0xe5", "\\xe5\\xbc"),  # a character cut short
        (b"\xd5\xc5\xc8\xfd", "0xd5", "\\xd5\\xc5\\xc8\\xfd"),  # one line of GB18030 in a file of UTF-8
        (bytes(range(0xA0, 0xB0)), "0xa0", "".join(f"\\x{b:02x}" for b in range(0xA0, 0xB0))),
    ],
)
def test_bytes_that_are_no_text(read: Reads, line: bytes, byte: str, shown: str) -> None:
    whole = "".join(f"{ROW}张{i}\n" for i in range(5))
    content = (HEAD + whole).encode() + ROW.encode() + line + b"\n" + f"{ROW}end\n".encode()
    found = read("events", content)
    assert found.column("detail") == [f"张{i}" for i in range(5)] + ["end"]
    assert [(r["line"], r["reason"], r["row"]) for r in found.rejects] == [
        ("7", f"has a byte that is not text ({byte})", ROW + shown)
    ]


def test_quoted_cells_may_hold_anything(read: Reads) -> None:
    cells = ["a,b", 'say ""hi""', "two\nlines", "three\n\nlines, with comma\n", "", '""', "cr\r\nlf", "'"]
    found = read("events", HEAD + "".join(f'{ROW}"{cell}"\n' for cell in cells) + f"{ROW}end\n")
    assert found.rejects == []
    assert found.column("detail") == [cell.replace('""', '"') or None for cell in cells] + ["end"]
    assert [row["line"] for row in found.rows] == [2, 3, 4, 6, 10, 11, 12, 14, 15]


def test_blanks_around_cells_go_whether_quoted_or_not(read: Reads) -> None:
    for delimiter in (",", "\t", "|"):
        cells = [' "a"'[1:], '" a "', '"\ta"', '"a\t"', '"\t"', '" "', '"a\tb"']
        rows = [delimiter.join(["1", "2026-03-05", "payment", cell]) for cell in cells]
        for row, value in zip(rows, ["a", "a", "a", "a", None, None, "a\tb"], strict=True):
            text = HEAD.replace(",", delimiter) + row + "\n"
            assert read("events", text).column("detail") == [value], repr(row)


def test_lines_are_counted_right_after_records_of_several_lines(read: Reads) -> None:
    text = HEAD + f'{ROW}"a\nb\nc"\n' + "bad\n" + f'{ROW}"d\ne"\n' + f"{ROW}\n" + ",,,\n" + 'x,"y\nz",w,v\n'
    found = read("events", text)
    assert [row["line"] for row in found.rows] == [2, 6, 8]
    assert [(r["line"], r["column"]) for r in found.rejects] == [
        ("5", ""),
        ("9", "subscriber_id;time;kind"),
        ("10", "time;kind"),
    ]
    assert found.rejects[2]["row"] == 'x,"y\nz",w,v'


def test_a_quote_that_is_never_closed_spoils_its_own_line_only(read: Reads) -> None:
    found = read("events", HEAD + f'{ROW}"open\n' + "".join(f"{ROW}{i}\n" for i in range(500)))
    assert found.total == (500, 1)
    assert found.rejects[0]["row"] == f'{ROW}"open'


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n\n"])
def test_line_ends(read: Reads, newline: str, end: str) -> None:
    found = read("events", newline.join([HEAD.strip(), ROW + "a", ROW + "b"]) + end)
    assert found.column("detail") == ["a", "b"]
    assert found.rejects == []


def test_line_ends_may_be_mixed_and_blank_lines_count(read: Reads) -> None:
    found = read("events", HEAD + f"{ROW}a\r\n\n\r\n{ROW}b\n   \n{ROW}c\r\nbad\r\n{ROW}d")
    assert [(row["line"], row["detail"]) for row in found.rows] == [(2, "a"), (5, "b"), (7, "c"), (9, "d")]
    assert [(r["line"], r["row"]) for r in found.rejects] == [("8", "bad")]


def test_a_file_with_a_header_only_has_no_rows(read: Reads) -> None:
    for head in (HEAD, HEAD.strip(), HEAD.strip() + "\r\n", HEAD + "\n\n"):
        assert read("events", head).counts == {"events.csv": (0, 0, 0)}


def test_empty_rows_are_rejected_not_skipped(read: Reads) -> None:
    found = read("events", f"{HEAD},,,\n{ROW}a\n , ,,\n")
    assert found.places == [(2, "subscriber_id;time;kind"), (4, "subscriber_id;time;kind")]


def test_very_long_cells_and_lines(read: Reads, monkeypatch: pytest.MonkeyPatch) -> None:
    long = "x" * 300_000
    assert read("events", f"{HEAD}{ROW}{long}\n{ROW}b\n").column("detail") == [long, "b"]
    monkeypatch.setattr("telco_crm.ingest.blocks.BLOCK_BYTES", 1 << 16)
    with pytest.raises(InputError, match="a line is longer than .*; is this a text table"):
        read("events", f"{HEAD}{ROW}{long}\n{ROW}b\n")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (HEAD.encode("utf-16"), "is not UTF-8 or GB18030 text (it looks like UTF-16 or a binary file)"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "its encoding is neither UTF-8 nor GB18030"),
        (b"\0" * 5000, "it looks like UTF-16 or a binary file"),
        (HEAD.encode() + b"1,2026-03-05,payment,\xe9\n" * 10, 'name it in the mapping: encoding = "…"'),
    ],
)
def test_files_that_are_no_text(read: Reads, content: bytes, says: str) -> None:
    with pytest.raises(InputError) as error:
        read("events", content)
    assert len(error.value.problems) == 1
    assert "events.csv" in str(error.value)
    assert says in str(error.value)


def test_an_encoding_that_is_named_is_used(read: Reads) -> None:
    content = (HEAD + f"{ROW}café\n").encode("latin-1")
    assert read("events", content, '[input.events]\nencoding = "latin-1"\n').column("detail") == ["café"]
    content = (HEAD + f"{ROW}客戶\n").encode("big5")
    assert read("events", content, '[input.events]\nencoding = "big5"\n').column("detail") == ["客戶"]


@pytest.mark.parametrize("cut", [1, 8, 12, 200])
def test_a_compressed_file_that_is_cut_short_is_refused(read: Reads, cut: int) -> None:
    whole = gzip.compress((HEAD + "".join(f"{ROW}{i * 7919 % 1009}\n" for i in range(400))).encode())
    with pytest.raises(InputError, match=r"events.csv.gz is damaged or cut short .*; copy or export it again"):
        read("events", {"events.csv.gz": whole[:-cut]})


def test_a_file_without_one_good_row_is_refused_with_the_first_reason(read: Reads) -> None:
    with pytest.raises(InputError) as error:
        read("events", lines("events", ("1", "soon", "payment"), ("2", "later", "payment")))
    assert "none of the 2 rows could be accepted; the first: " in str(error.value)
    assert 'events.csv, line 2, time: "soon" is not a time' in str(error.value)
