"""What the columns of a wide table say: names, yes and no in the usual words, and what looks like an identifier."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from telco_crm.errors import InputError
from telco_crm.ingest.widetable import NUMBER, TEXT, WideTable
from telco_crm.labels import text
from telco_crm.rules import nearest

YES = ("1", "yes", "true", "y", "t", "是")
NO = ("0", "no", "false", "n", "f", "否")
DISTINCT = 0.98  # part of distinct values from which on text looks like an identifier
LEAST_ROWS = 50  # of fewer rows nothing is said


def check_columns(table: WideTable, named: Iterable[tuple[str, str | None]], lang: str = "en") -> None:
    """Raises InputError where a column is not in the table; `named` has each option with the column it names."""
    said = {"file": table.name, "names": ", ".join(table.columns)}
    problems = [
        text("table.no_column", lang, option=option, name=name, nearest=nearest(name, table.columns), **said)
        for option, name in named
        if name and name not in table.columns
    ]
    if problems:
        raise InputError(problems)


def alike(word: str) -> str:
    """What spellings of a value have in common: those that differ by case only, or are the same number."""
    try:
        return f"{float(word):g}"
    except ValueError:
        return word.strip().casefold()


def one_spelling(cells: pd.Series) -> pd.Series:
    """The cells, those that are alike in one spelling: the most frequent."""
    spelled: dict[str, str] = {}
    for word in map(str, cells.value_counts().index):
        spelled.setdefault(alike(word), word)
    return cells.map(lambda word: spelled[alike(word)], na_action="ignore")


def usual(words: Sequence[str], yes: Sequence[str] = YES, no: Sequence[str] = NO) -> str | None:
    """The one of two words that is a usual one for yes, beside a usual one for no; None where that is not so."""
    plain = {word: alike(word).rstrip(".") for word in words}
    meant = [word for word in words if plain[word] in yes]
    others = [word for word in words if plain[word] in no]
    return meant[0] if len(words) == 2 and len(meant) == len(others) == 1 else None


def told_names(name: str, names: pd.Series, lang: str = "en") -> list[str]:
    """Notes on names of rows that several rows have, and on rows without one."""
    notes = []
    again = names[names.notna() & names.duplicated(keep=False)]
    if len(again):
        notes.append(text("table.same_names", lang, name=name, n=len(again), shown=again.iloc[0]))
    if names.isna().any():
        first = int(names.isna().to_numpy().argmax()) + 1
        notes.append(text("table.no_names", lang, name=name, n=int(names.isna().sum()), row=first))
    return notes


def identifier(values: pd.Series, kind: str) -> str:
    """ "names" or "numbers" where a column looks like an identifier: nearly every row has a text of its own, or every
    row a whole number of its own; otherwise "".
    """
    distinct = values.nunique()
    if len(values) < LEAST_ROWS or distinct < DISTINCT * len(values):
        return ""
    if kind == TEXT:
        return "names"
    return "numbers" if kind == NUMBER and distinct == len(values) and bool((values % 1 == 0).all()) else ""
