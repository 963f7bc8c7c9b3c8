"""Numbers as people write them: money, per cent, grouped digits, and a comma for the decimal point.

Whether 1,500 is one and a half or one thousand five hundred shows only beside other cells. A comma that is not followed
by three digits, or comes after a leading zero, is a decimal one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

GROUPED = r"(\d+|[1-9]\d{0,2}(,\d{3})+)"
SIGN = r"([-+]?[¥￥$€£]?\s?|[¥￥$€£]\s?[-+])"
UNIT = r"\s?[%元€]?"
POINTED = r"[1-9]\d{0,2}([. '\u00a0\u202f]\d{3})+"
WRITTEN = re.compile(rf"{SIGN}{GROUPED}(\.\d+)?{UNIT}")
WITH_COMMA = re.compile(rf"{SIGN}(\d+|{POINTED}),\d+{UNIT}")
WITH_POINTS = re.compile(rf"{SIGN}{POINTED}{UNIT}")  # of thousands
EITHER = re.compile(r"\D*[1-9]\d{0,2},\d{3}\D*")  # a decimal comma, or one of thousands
GROUPS = re.compile(r",\d{3}[,.]")
Look = Literal["decimal", "either", ""]


def number(word: str) -> float:
    """The number that a cell writes, such as 1,234.5 or 12% or ¥20; NaN for anything else."""
    return float(re.sub(r"[^\d.+-]", "", word)) if WRITTEN.fullmatch(word) else float("nan")


def with_point(word: str) -> str:
    """A cell of a column with decimal commas, with a point instead, and without signs between thousands."""
    if WITH_COMMA.fullmatch(word) or WITH_POINTS.fullmatch(word):
        return re.sub(r"(?<=\d)[. '\u00a0\u202f](?=\d)", "", word).replace(",", ".")
    return word


def look(words: Iterable[str]) -> Look:
    """What the commas in the cells of a column are: decimal, decimal or of thousands, or neither."""
    cells = [word for word in words if "," in word]
    if not cells or any(GROUPS.search(cell) for cell in cells) or not any(map(WITH_COMMA.fullmatch, cells)):
        return ""
    return "either" if all(map(EITHER.fullmatch, cells)) else "decimal"


def decimal_columns(looks: Mapping[str, Look], delimiter: str) -> tuple[list[str], list[str]]:
    """The columns of a file whose commas are decimal, and those where they might be and are taken for thousands.

    Where cells are parted by semicolons, the comma is decimal; elsewhere what may be either follows the columns that
    show what they are. A file with commas as delimiter is English.
    """
    plain = [name for name, found in looks.items() if found == "decimal"]
    unsure = [name for name, found in looks.items() if found == "either"]
    if delimiter == ",":
        return [], []
    if delimiter == ";" or plain:
        return [name for name, found in looks.items() if found], []
    return plain, unsure


def example(words: Sequence[str], decimal: bool) -> tuple[str, float]:
    """A cell with a comma, and the number that it is taken for."""
    readable = WITH_COMMA if decimal else WRITTEN
    word = next(word for word in words if "," in word and readable.fullmatch(word))
    return word, number(with_point(word) if decimal else word)
