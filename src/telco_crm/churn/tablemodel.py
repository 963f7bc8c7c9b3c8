"""The churn model on wide tables: fit, score with reasons, and evaluate out of fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from telco_crm.churn.explain import table_reasons
from telco_crm.churn.model import ChurnModel, Training, fit_model
from telco_crm.churn.tabletask import Prepared, TableTask, odd_cells
from telco_crm.errors import InputError
from telco_crm.ingest.widetable import WideTable
from telco_crm.ingest.widewords import check_columns, told_names
from telco_crm.labels import text
from telco_crm.learn.coding import ColumnCode, Floats, Ints
from telco_crm.learn.fit import fit
from telco_crm.learn.folds import folds

LEAST_LEAVERS = 50
SHOWN = 5  # columns in a note
MOST_ODD = 0.5  # part of the cells of a column that may be no numbers
MOST_LOST = 0.25  # part of a model's importance that may be missing from a table


def fit_table(prepared: Prepared, task: TableTask, seed: int, threads: int) -> ChurnModel:
    """A model fitted on every row with a label.

    Raises:
        InputError: fewer than 50 leavers or stayers.
    """
    check_counts(prepared.outcome)
    training = Training(
        source="table",
        rows=len(prepared.outcome),
        leavers=int(prepared.outcome.sum()),
        seed=seed,
        label=task.label,
        positive=prepared.positive,
        identifier=task.identifier,
    )
    return fit_model(prepared.frame, prepared.outcome, prepared.groups, training, prepared.kinds, threads)


def check_counts(outcome: Ints) -> None:
    """Raises InputError with fewer than 50 leavers or stayers."""
    leavers = int(outcome.sum())
    for name, count in (("leavers", leavers), ("stayers", len(outcome) - leavers)):
        if count < LEAST_LEAVERS:
            raise InputError(
                f"the table has {count} {name}, and a model needs at least {LEAST_LEAVERS}; nothing was fitted"
            )


def score_table(
    model: ChurnModel, table: WideTable, identifier: str | None, lang: str, threads: int
) -> tuple[pd.DataFrame, list[str]]:
    """Rows of the table with churn_score, risk_rank and reasons, the highest score first; and notes.

    Raises:
        InputError: there is no column `identifier`, or the table does not have what the model looks at; the message
            names the differences.
    """
    check_columns(table, [("--id", identifier)], lang)
    frame, notes = matching(model, table, lang)
    name = identifier or model.training.identifier
    names = table.text(name) if name and name in table.columns else pd.Series(np.arange(1, table.rows + 1).astype(str))
    if name and name not in table.columns:
        notes.append(text("table.by_number", lang, name=name))
    elif name:
        notes += told_names(name, names, lang)
    notes += _beside(model, table, name, lang)
    parts = model.contributions(frame, threads)
    score = model.probability(frame, threads).round(6)
    out = pd.DataFrame({"row_id": names.fillna(""), "churn_score": score})
    order = np.lexsort((np.arange(len(out)), -score.to_numpy()))
    out["risk_rank"] = np.empty(len(out), np.int64)
    out.loc[order, "risk_rank"] = np.arange(1, len(out) + 1)
    out = out.join(table_reasons(parts, frame, model.meaning, lang))
    return out.iloc[order].reset_index(drop=True), notes


def _beside(model: ChurnModel, table: WideTable, identifier: str | None, lang: str) -> list[str]:
    """A note, if the table has columns that the model does not look at."""
    known = {*model.meaning, model.training.label, model.training.identifier, identifier}
    names = [name for name in table.columns if name not in known]
    if not names:
        return []
    shown = ", ".join(names[:SHOWN]) + " …" * (len(names) > SHOWN)
    return [text("table.beside", lang, n=len(names), names=shown)]


def matching(model: ChurnModel, table: WideTable, lang: str) -> tuple[pd.DataFrame, list[str]]:
    """The columns of the model, typed as they were fitted, and notes (in `lang`) on what is missing or unseen.

    Raises:
        InputError: naming every difference that matters.
    """
    if model.training.source != "table":
        raise InputError("the model was fitted on exports, not on a wide table; score exports with it, or fit a table")
    absent: dict[str, str] = {}  # column → why nothing of it is known: a sentence in labels.toml
    shown: dict[str, list[str]] = {}
    columns: dict[str, pd.Series] = {}
    notes = list(table.notes)
    for column in model.additive.columns:
        name = column.name
        columns[name] = pd.Series(np.full(table.rows, np.nan))
        if name not in table.columns:
            absent[name] = "lost"
            continue
        kind = model.meaning[name]
        _, values, odd = table.typed(name, kind)
        if odd and values.isna().sum() - table.text(name).isna().sum() > MOST_ODD * table.text(name).notna().sum():
            absent[name], shown[name] = "unlike", odd
            continue
        if not odd and values.isna().all() and model.importance[name]:
            absent[name] = "hollow"
        columns[name] = values
        notes += [odd_cells(name, kind, odd, lang)] * bool(odd) + _unseen(column, values, lang)
    return pd.DataFrame(columns), notes + _absences(model, table, absent, shown, lang)


def _absences(
    model: ChurnModel, table: WideTable, absent: dict[str, str], shown: dict[str, list[str]], lang: str
) -> list[str]:
    """Notes on columns of which nothing is known; InputError, if that is too much of what the model looks at."""
    total = sum(model.importance.values()) or 1.0
    much = sum(model.importance[name] for name in absent) / total > MOST_LOST
    said = []
    for key in ("lost", "hollow", "unlike"):
        names = [name for name, why in absent.items() if why == key]
        for part in [[name] for name in names] if key == "unlike" else [names] * bool(names):
            share = sum(model.importance[name] for name in part) / total
            more = {"kind": model.meaning[part[0]].split(":")[0], "cells": ", ".join(shown.get(part[0], ()))}
            said.append(_absent(part, key, share, "en" if much else lang, **more))
    if much:
        raise InputError([f"{table.name} does not fit the model: {what}; fit it again" for what in said])
    return [text("table.as_empty", lang, what=what) for what in said]


def _absent(names: list[str], key: str, share: float, lang: str, **more: str) -> str:
    """That columns are not there, or are empty: how much of what the model looks at they are."""
    return text(f"table.{'several_' * (len(names) > 1)}{key}", lang, names=", ".join(names), share=share, **more)


def _unseen(column: ColumnCode, values: pd.Series, lang: str) -> list[str]:
    """A note, if there are values that the coding of a text column does not know."""
    unseen = column.unseen(values)
    if not unseen:
        return []
    count, shown = int(values.isin(unseen).sum()), ", ".join(map(str, unseen[:3]))
    return [text("table.unseen", lang, name=column.name, n=count, shown=shown)]


@dataclass(frozen=True)
class OutOfFold:
    """Probabilities of rows by models that had not seen them: repeats × rows."""

    outcome: Ints
    scores: Floats


def out_of_fold(prepared: Prepared, count: int, repeats: int, seed: int, threads: int) -> OutOfFold:
    """Cross-validation with `count` folds, `repeats` times, each time dealt anew.

    Raises:
        InputError: fewer than 50 leavers or stayers.
    """
    check_counts(prepared.outcome)
    scores = np.empty((repeats, len(prepared.outcome)))
    for repeat in range(repeats):
        fold = folds(prepared.groups, prepared.outcome, count, seed + 7919 * (repeat + 1))
        for k in range(count):
            inside = fold != k
            learned = fit(
                prepared.frame[inside].reset_index(drop=True),
                prepared.outcome[inside],
                prepared.groups[inside].reset_index(drop=True),
                seed,
                threads,
            )
            scores[repeat, ~inside] = learned.model.probability(prepared.frame[~inside], threads).to_numpy()
    return OutOfFold(prepared.outcome, scores)
