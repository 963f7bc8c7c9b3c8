"""Cutting a block of bytes into records: which lines a CSV parser may have, and which are damaged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from telco_crm.ingest.encoding import Encoding

LONGEST_RECORD = 100  # lines that one quoted cell may span
CONTROL = bytes(set(range(32)) - {9, 10, 13})
QUOTE, NEWLINE, RETURN = ord('"'), ord("\n"), ord("\r")


class BadLine(NamedTuple):
    """A row that is set aside: where it is, its whole text, the column at fault (if one is) and why."""

    line: int
    text: str
    column: str
    reason: str


@dataclass(frozen=True)
class Lines:
    """UTF-8 `block` of records; `numbers[i]` is the line on which record i starts, `offsets[i]` its first byte."""

    block: bytes
    numbers: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    multiline: bool = False

    @property
    def count(self) -> int:
        """How many records there are."""
        return len(self.numbers)

    def text(self, i: int) -> str:
        """The whole text of record `i`, without its line end."""
        return self.block[self.offsets[i] : self.ends[i]].decode("utf-8", "replace").rstrip("\r\n")

    def only(self, keep: npt.NDArray[np.bool_]) -> Lines:
        """The same block with the records where `keep` is true."""
        return Lines(self.block, self.numbers[keep], self.offsets[keep], self.ends[keep], self.multiline)


def regular_lines(block: bytes, first_line: int, encoding: Encoding, delimiter: str) -> tuple[Lines, list[BadLine]]:
    """The records of `block` that can be parsed as they stand, and the damaged lines; empty lines are neither.

    A block without any irregularity is passed through whole; otherwise each line is looked at.
    """
    if not block.endswith(b"\n"):
        block += b"\n"
    try:
        clean = block if block.isascii() else encoding.decode(block).encode("utf-8")
    except UnicodeDecodeError:
        clean = b""
    if clean and not _has_control(clean) and not _has_lone_return(clean) and _quotes_regular(clean, delimiter):
        return _whole(clean, first_line), []
    return _sorted_out(block, first_line, encoding, delimiter)


def _whole(block: bytes, first_line: int) -> Lines:
    data = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(data == NEWLINE) + 1
    offsets = np.concatenate([[0], ends[:-1]])
    lines = Lines(block, np.arange(first_line, first_line + len(ends)), offsets, ends)
    filled = (ends - offsets > 2) | ((ends - offsets == 2) & (data[offsets] != RETURN))
    return lines if filled.all() else lines.only(filled)


def _has_control(block: bytes) -> bool:
    return len(block.translate(None, CONTROL)) != len(block)


def _has_lone_return(block: bytes) -> bool:
    return block.count(b"\r") != block.count(b"\r\n")


def _quotes_regular(block: bytes, delimiter: str) -> bool:
    """Whether every quoted cell opens after a delimiter, closes before one, and ends on its own line."""
    if b'"' not in block:
        return True
    data = np.frombuffer(block, np.uint8)
    quotes = np.flatnonzero(data == QUOTE)
    per_line = np.diff(np.searchsorted(quotes, np.flatnonzero(data == NEWLINE)), prepend=0)
    if (per_line % 2).any():
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    before = np.where(opening > 0, data[opening - 1], NEWLINE)
    after = data[closing + 1]
    edges = [ord(delimiter), NEWLINE, QUOTE]
    return bool(np.isin(before, edges).all() and np.isin(after, [*edges, ord("\r")]).all())


def _sorted_out(block: bytes, first_line: int, encoding: Encoding, delimiter: str) -> tuple[Lines, list[BadLine]]:
    """The slow way, line by line: damaged lines out, records that span lines joined."""
    good: list[tuple[int, str]] = []
    bad: list[BadLine] = []
    record = _record_pattern(delimiter)
    texts = [_line(raw, encoding) for raw in block.split(b"\n")[:-1]]
    at = 0
    while at < len(texts):
        text, reason = texts[at]
        span = 1
        if not reason and text.count('"') % 2:
            span = _span(texts, at, record)
            text, reason = ("\n".join(t for t, _ in texts[at : at + span]), "") if span else (text, "has a stray quote")
        elif not reason and '"' in text and not record.fullmatch(text):
            reason = "has a stray quote"
        if reason:
            bad.append(BadLine(first_line + at, text, "", reason))
        elif text:
            good.append((first_line + at, text))
        at += span or 1
    return _joined(good), bad


def _line(raw: bytes, encoding: Encoding) -> tuple[str, str]:
    """(text, what is wrong with it) of one line."""
    raw = raw.removesuffix(b"\r")
    try:
        text = encoding.decode(raw)
    except UnicodeDecodeError as error:
        byte = raw[error.start]
        return raw.decode("utf-8", "backslashreplace"), f"has a byte that is not text (0x{byte:02x})"
    found = re.search(r"[\x00-\x08\x0b-\x1f]", text)
    return text, f"has a control character (0x{ord(found[0]):02x})" if found else ""


def _span(texts: list[tuple[str, str]], at: int, record: re.Pattern[str]) -> int:
    """How many lines from `at` on make one well-formed record; 0 if none do."""
    joined = texts[at][0]
    for n, (text, reason) in enumerate(texts[at + 1 : at + LONGEST_RECORD], 2):
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


def _joined(good: list[tuple[int, str]]) -> Lines:
    records = [text.encode("utf-8") + b"\n" for _, text in good]
    ends = np.cumsum([len(r) for r in records], dtype=np.int64)
    numbers = np.array([n for n, _ in good], np.int64)
    offsets = np.concatenate([[0], ends[:-1]]).astype(np.int64) if records else ends
    return Lines(b"".join(records), numbers, offsets, ends, any("\n" in text for _, text in good))
