"""Cutting a block of bytes into records: which lines a CSV parser may have, and which are damaged.

Lines that could be damaged are found by looking at the whole block at once; only those are then looked at one by one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from telco_crm.ingest.encoding import Encoding

LONGEST_RECORD = 100  # lines that one record may span
TAB_IN_QUOTES = (b'\t"\t', b'\n"\t', b'\t"\n', b'\t"\r')  # between tabs as delimiters
QUOTE, NEWLINE, RETURN = ord('"'), ord("\n"), ord("\r")
Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]


class BadLine(NamedTuple):
    """A row that is set aside: where it is, its whole text, the column at fault (if one is) and why."""

    line: int
    text: str
    column: str
    reason: str


@dataclass(frozen=True)
class Lines:
    """UTF-8 `block` of records; `numbers[i]` is the line on which record i starts.

    `bounds` are the first byte of each record and the byte after it; None where every line of the block is a record.
    """

    block: bytes
    numbers: Ints
    bounds: tuple[Ints, Ints] | None = None
    multiline: bool = False

    @property
    def count(self) -> int:
        """How many records there are."""
        return len(self.numbers)

    def text(self, i: int) -> str:
        """The whole text of record `i`, without its line end."""
        offsets, ends = self._bounds
        return self.block[offsets[i] : ends[i]].decode("utf-8", "replace").rstrip("\r\n")

    def only(self, keep: npt.NDArray[np.bool_]) -> Lines:
        """The same block with the records where `keep` is true."""
        offsets, ends = self._bounds
        return Lines(self.block, self.numbers[keep], (offsets[keep], ends[keep]), self.multiline)

    @cached_property
    def _bounds(self) -> tuple[Ints, Ints]:
        if self.bounds:
            return self.bounds
        ends = _line_ends(self.block)
        return ends - np.diff(ends, prepend=0), ends


def regular_lines(block: bytes, encoding: Encoding, delimiter: str) -> tuple[Lines, list[BadLine]]:
    """The records of `block` that can be parsed as they stand, and the damaged lines; empty lines are neither.

    Lines are counted from 0.
    """
    if not block.endswith(b"\n"):
        block += b"\n"
    encoding = encoding.settled(block)
    ends = _line_ends(block)
    suspects = _suspects(block, ends, encoding, delimiter)
    kept, begins = np.ones(len(ends), bool), np.ones(len(ends), bool)  # begins: false within a record
    bad: list[BadLine] = []
    if len(suspects):
        bad = _examine(_LineTexts(block, ends, encoding), suspects, _record_pattern(delimiter), kept, begins)
        block = np.frombuffer(block, np.uint8)[np.repeat(kept, np.diff(ends, prepend=0))].tobytes()
    clean = block if block.isascii() else encoding.decode(block).encode("utf-8")
    if clean is not block or len(suspects):
        ends = _line_ends(clean)
    return _records(clean, ends, np.flatnonzero(kept).astype(np.int64), begins[kept]), bad


def whole_records(block: bytes, encoding: Encoding, delimiter: str) -> int:
    """How many bytes of a run of whole lines are records that its end does not cut in two.

    A record of several lines goes from one line with an odd number of quotes to the next one. So only the last of
    these may be open at the end; it is, unless the one before it belongs to it: that is found as `regular_lines` does.
    """
    tail = len(block)
    for _ in range(LONGEST_RECORD):
        tail = block.rfind(b"\n", 0, max(tail - 1, 0)) + 1
    if not any(line.count(b'"') % 2 for line in block[tail:].split(b"\n")):
        return len(block)
    ends = _line_ends(block)
    quoted = np.searchsorted(ends, np.flatnonzero(np.frombuffer(block, np.uint8) == QUOTE), "right")
    odd = np.flatnonzero(np.bincount(quoted) % 2)
    apart = np.flatnonzero(np.diff(odd) >= LONGEST_RECORD)
    chain = odd[apart[-1] + 1 if len(apart) else 0 :]
    texts = _LineTexts(block, ends, encoding.settled(block))
    kept, begins = np.ones(len(ends), bool), np.ones(len(ends), bool)
    _examine(texts, chain, _record_pattern(delimiter), kept, begins)
    last = int(chain[-1])
    if not begins[last] or texts.read(last)[1]:
        return len(block)
    return int(ends[last - 1]) if last else 0


def has_padding(block: bytes, delimiter: str) -> bool:
    """Whether a cell of `block` begins or ends with a blank."""
    if delimiter == "\t" and b'"' in block and any(edge in b"\n" + block for edge in TAB_IN_QUOTES):
        return True
    data = np.frombuffer(block, np.uint8)
    blanks = (32,) if delimiter == "\t" or b"\t" not in block else (32, 9)
    edges = np.zeros(256, bool)
    edges[[ord(delimiter), NEWLINE, RETURN, QUOTE, 32, 9]] = True
    for blank in blanks:
        at = np.flatnonzero(data == blank)
        if len(at) and (
            at[0] == 0 or edges[data[at - 1]].any() or edges[data[np.minimum(at + 1, len(data) - 1)]].any()
        ):
            return True
    return False


def _records(block: bytes, ends: Ints, numbers: Ints, begins: npt.NDArray[np.bool_]) -> Lines:
    size = np.diff(ends, prepend=0)
    if begins.all() and len(size) and size.min() > 2:
        return Lines(block, numbers)
    offsets, ends = (ends - size)[begins], ends[np.append(begins[1:], True)[: len(ends)]]
    size = ends - offsets
    filled = (size > 2) | ((size == 2) & (np.frombuffer(block, np.uint8)[offsets] != RETURN))
    return Lines(block, numbers[begins][filled], (offsets[filled], ends[filled]), not bool(begins.all()))


def _line_ends(block: bytes) -> Ints:
    """The byte after every line."""
    return np.flatnonzero(np.frombuffer(block, np.uint8) == NEWLINE).astype(np.int64) + 1


def _suspects(block: bytes, ends: Ints, encoding: Encoding, delimiter: str) -> Ints:
    """Numbers (from 0, rising) of the lines that may be damaged or belong to a record of several lines."""
    data = np.frombuffer(block, np.uint8)
    blanks = data < 32
    usual = len(ends) + sum(block.count(c) for c in (b"\r", b"\t") if c in block)
    control = np.count_nonzero(blanks) > usual
    lone_return = b"\r" in block and block.count(b"\r") != block.count(b"\r\n")
    undecodable = not block.isascii() and not encoding.decodes(block)
    if not (control or lone_return or undecodable or b'"' in block):
        return np.zeros(0, np.int64)
    found = [np.zeros(0, np.int64)]
    if control:
        low = np.flatnonzero(blanks)
        found.append(np.searchsorted(ends, low[_CONTROL[data[low]]], "right"))
    if lone_return:
        returns = np.flatnonzero(data == RETURN)
        found.append(np.searchsorted(ends, returns[data[returns + 1] != NEWLINE], "right"))
    if b'"' in block:
        found.append(_odd_quotes(data, ends, delimiter))
    if undecodable:
        high = np.unique(np.searchsorted(ends, np.flatnonzero(data >= 128), "right"))
        texts = _LineTexts(block, ends, encoding)
        found.append(np.array([i for i in high if not encoding.decodes(texts.raw(i))], np.int64))
    return np.unique(np.concatenate(found)).astype(np.int64)


def _odd_quotes(data: Bytes, ends: Ints, delimiter: str) -> Ints:
    """Lines on which quotes do not pair up, or where a pair does not enclose a whole cell."""
    quotes = np.flatnonzero(data == QUOTE)
    line = np.searchsorted(ends, quotes, "right")
    odd = np.bincount(line, minlength=len(ends))[line] % 2 == 1
    paired = quotes[~odd]
    opening, closing = paired[0::2], paired[1::2]
    before = np.where(opening > 0, data[opening - 1], NEWLINE)
    edges = [ord(delimiter), NEWLINE, QUOTE]
    loose = ~np.isin(before, edges) | ~np.isin(data[closing + 1], [*edges, RETURN])
    return np.concatenate([line[odd], np.searchsorted(ends, opening[loose], "right")])


class _LineTexts:
    """The lines of a block by number."""

    def __init__(self, block: bytes, ends: Ints, encoding: Encoding) -> None:
        self._block, self._ends, self._encoding = block, ends, encoding
        self.count = len(ends)

    def raw(self, i: int) -> bytes:
        """The bytes of line `i` without its line end."""
        return self._block[self._ends[i - 1] if i else 0 : self._ends[i]].removesuffix(b"\n").removesuffix(b"\r")

    def read(self, i: int) -> tuple[str, str]:
        """(text, what is wrong with it) of line `i`."""
        raw = self.raw(i)
        try:
            text = self._encoding.decode(raw)
        except UnicodeDecodeError as error:
            return raw.decode("utf-8", "backslashreplace"), f"has a byte that is not text (0x{raw[error.start]:02x})"
        found = re.search(r"[\x00-\x08\x0b-\x1f]", text)
        return text, f"has a control character (0x{ord(found[0]):02x})" if found else ""


def _examine(
    texts: _LineTexts,
    suspects: Ints,
    record: re.Pattern[str],
    kept: npt.NDArray[np.bool_],
    begins: npt.NDArray[np.bool_],
) -> list[BadLine]:
    """Look at the suspects: damaged ones are returned and marked in `kept`, those within a record in `begins`."""
    bad: list[BadLine] = []
    done = 0
    for at in map(int, suspects):
        if at < done:
            continue
        done = at + 1
        text, reason = texts.read(at)
        if not reason and text.count('"') % 2:
            span = _span(texts, at, text, record)
            if span:
                begins[at + 1 : at + span] = False
                done = at + span
                continue
            reason = "has a stray quote"
        elif not reason and '"' in text and not record.fullmatch(text):
            reason = "has a stray quote"
        if reason:
            kept[at] = False
            bad.append(BadLine(at, text, "", reason))
    return bad


def _span(texts: _LineTexts, at: int, joined: str, record: re.Pattern[str]) -> int:
    """How many lines from `at` on make one well-formed record; 0 if none do."""
    for n in range(2, min(LONGEST_RECORD, texts.count - at) + 1):
        text, reason = texts.read(at + n - 1)
        if reason:
            return 0
        joined += "\n" + text
        if text.count('"') % 2:
            return n if record.fullmatch(joined) else 0
    return 0


def _record_pattern(delimiter: str) -> re.Pattern[str]:
    d = re.escape(delimiter)
    cell = rf'(?:"(?:[^"]|"")*"|[^"{d}]*)'
    return re.compile(rf"{cell}(?:{d}{cell})*")


_CONTROL = np.zeros(256, bool)
_CONTROL[[c for c in range(32) if chr(c) not in "\t\n\r"]] = True
