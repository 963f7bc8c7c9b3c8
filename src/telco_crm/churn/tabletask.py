"""A wide table made ready: who left by the label column, which columns are looked at, and what is odd about them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_crm.churn.metrics import auc
from telco_crm.errors import InputError
from telco_crm.ingest.widetable import NUMBER, WideTable
from telco_crm.ingest.widewords import NO, YES, alike, check_columns, identifier, one_spelling, told_names, usual
from telco_crm.labels import text
from telco_crm.learn.coding import MISSING, Codes, fit_coding
from telco_crm.learn.folds import folds, row_groups

Ints = npt.NDArray[np.int64]
LEFT_WORDS = (*YES, "churn", "churned", "left", "leaver", "bad", "离网", "流失")
STAYED_WORDS = (*NO, "stayed", "stay", "active", "good", "在网", "未流失", "not churned")
MOST_VALUES = 20  # shown of a label column
MOST_COPIES = 0.2  # part of the rows that may be copies of others and count as such
LEAKING = 0.98  # AUC of a single column that is too good to be known beforehand


@dataclass(frozen=True)
class TableTask:
    """What the user said about a table; notes are in `lang`."""

    label: str | None = None
    identifier: str | None = None
    positive: str | None = None
    negative: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    drop_suspects: bool = False
    lang: str = "en"


@dataclass
class Prepared:
    """A table to fit on: float64 and text columns, 1 for leavers, what belongs together, and notes for the user.

    `known` marks the rows of the table that have a label; the frame holds these.
    """

    frame: pd.DataFrame
    kinds: dict[str, str]
    outcome: Ints
    groups: pd.Series
    positive: str
    known: npt.NDArray[np.bool_]
    notes: list[str] = field(default_factory=list)
    suspects: dict[str, str] = field(default_factory=dict)


def prepare(table: WideTable, task: TableTask, seed: int) -> Prepared:
    """The table as `task` says; rows without a label are left out and said.

    Raises:
        InputError: a column that is not there, or a label that does not say who left.
    """
    options = [("--label", task.label), ("--id", task.identifier), *(("--drop", name) for name in task.drop)]
    check_columns(table, options)
    outcome, known, positive, notes = _outcome(table, task)
    skip = {task.label, task.identifier, *task.drop}
    kinds: dict[str, str] = {}
    columns: dict[str, pd.Series] = {}
    notes = [*table.notes, *notes]
    for name in table.columns:
        if name not in skip:
            kinds[name], values, odd = table.typed(name)
            columns[name] = values[known].reset_index(drop=True)
            if odd:
                notes.append(odd_cells(name, kinds[name], odd, task.lang))
    frame = pd.DataFrame(columns)
    groups = row_groups(frame)
    copies = int(groups.duplicated().sum())
    if copies > MOST_COPIES * len(frame):  # a few coarse columns: equal rows are different people
        groups = pd.Series(np.arange(len(frame)))
    elif copies:
        notes.append(text("table.copies", task.lang, copies=copies, rows=len(frame), names=_but_for(task)))
    if task.identifier:
        names = table.text(task.identifier)
        notes += told_names(task.identifier, names, task.lang)
        names = names[known].reset_index(drop=True)
        if names.dropna().duplicated().any():
            groups = names.where(names.notna(), pd.Series([f"\0{n}" for n in range(len(names))], dtype=object))
            notes.append(text("table.repeats", task.lang, name=task.identifier))
    prepared = Prepared(frame, kinds, outcome, groups, positive, known, notes)
    _judge(prepared, task, seed)
    return prepared


def odd_cells(name: str, kind: str, cells: list[str], lang: str) -> str:
    """That some cells of a column are not of its kind, and what they count as."""
    key = "table.no_numbers" if kind == NUMBER else "table.no_dates"
    return text(key, lang, name=name, cells=", ".join(cells))


def _but_for(task: TableTask) -> str:
    return text("table.and", task.lang).join(name for name in (task.label, task.identifier) if name)


def _outcome(table: WideTable, task: TableTask) -> tuple[Ints, npt.NDArray[np.bool_], str, list[str]]:
    """1 for leavers among the rows with a label, which rows these are, what a leaver is called, and notes."""
    if task.label is None:
        raise InputError("--table needs --label: the column that says who left")
    words = one_spelling(table.text(task.label))
    counts = words.value_counts()
    shown = ", ".join(f"{word} ({n:,})" for word, n in counts.head(MOST_VALUES).items())
    place = f"--label {task.label}"
    if len(counts) < 2:
        one = f"it is {shown} in every row" if len(counts) else "it is empty in every row"
        raise InputError(f"{place}: {one}, so there are no leavers to learn from, or only leavers; nothing was done")
    named = {alike(str(word)): str(word) for word in counts.index}
    unknown = [word for word in (task.positive, *task.negative) if word is not None and alike(word) not in named]
    if unknown:
        raise InputError(f"{place}: no row has {', '.join(unknown)}; the column has {shown}")
    positive = named[alike(task.positive)] if task.positive else _guessed(counts.index.tolist(), place, shown)
    negative = tuple(named[alike(word)] for word in task.negative)
    negative = negative or tuple(str(word) for word in counts.index if word != positive)
    if len(negative) > 1 and not task.negative:
        raise InputError(
            f"{place} has {len(counts)} values: {shown}; say with --negative which of them stayed (repeatable); rows "
            "with any other value are then left out"
        )
    known = (words.eq(positive) | words.isin(negative)).to_numpy()
    notes = []
    if not known.all():
        either = text("table.nor", task.lang).join((positive, *negative))
        notes.append(text("table.unlabelled", task.lang, name=task.label, n=int((~known).sum()), words=either))
    return words[known].eq(positive).to_numpy().astype(np.int64), known, positive, notes


def _guessed(words: list[str], place: str, shown: str) -> str:
    """The word for leaving where the user has not named it: one of the usual ones, beside a usual word for staying."""
    if left := usual(words, LEFT_WORDS, STAYED_WORDS):
        return left
    raise InputError(f"{place} has the values {shown}; say with --positive which of them means that somebody left")


def _judge(prepared: Prepared, task: TableTask, seed: int) -> None:
    """Find columns that look like identifiers, say nothing or know the outcome; leave them out if the user wants it."""
    for name, values in prepared.frame.items():
        if why := _odd(values, prepared.kinds[str(name)]):
            prepared.suspects[str(name)] = text(f"table.{why}", task.lang)
    rest = prepared.frame.drop(columns=list(prepared.suspects))
    if len(rest.columns) and 0 < prepared.outcome.sum() < len(prepared.outcome):
        fold = folds(prepared.groups, prepared.outcome, 5, seed)
        columns, codes = fit_coding(rest, prepared.outcome, fold)
        for column, code in zip(columns, codes, strict=True):
            if (area := _alone(code, prepared.outcome, fold)) >= LEAKING:
                prepared.suspects[column.name] = text("table.leaking", task.lang, area=area)
    if task.drop_suspects:
        prepared.frame = prepared.frame.drop(columns=list(prepared.suspects))
        prepared.kinds = {name: kind for name, kind in prepared.kinds.items() if name not in prepared.suspects}
    done = text("table.dropped" if task.drop_suspects else "table.kept", task.lang)
    for name, why in prepared.suspects.items():
        prepared.notes.append(text("table.suspect", task.lang, name=name, why=why, done=done))
    if not len(prepared.frame.columns):
        raise InputError("no column is left to learn from; check --drop and what the columns hold")


def _odd(values: pd.Series, kind: str) -> str:
    """The name of the sentence in labels.toml that says what is odd about a column; "" if nothing is."""
    distinct = values.nunique()
    if distinct <= 1 and (distinct == 0 or not values.isna().any()):
        return "same" if distinct else "empty"
    return identifier(values, kind)


def _alone(codes: Codes, outcome: Ints, fold: Ints) -> float:
    """AUC of a column by itself: each row gets the share of leavers that its code has in the other folds."""
    prior = outcome.mean()
    score = np.empty(len(outcome))
    for k in np.unique(fold):
        out = fold == k
        rows = np.bincount(codes[~out], minlength=MISSING + 1)
        left = np.bincount(codes[~out], weights=outcome[~out], minlength=MISSING + 1)
        score[out] = ((left + prior) / (rows + 1))[codes[out]]
    return auc(outcome, score).value
