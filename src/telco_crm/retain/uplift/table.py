"""Uplift on any wide table: who was treated, what came of it, and which columns were known before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from telco_crm.errors import InputError
from telco_crm.ingest.widetable import NUMBER, WideTable
from telco_crm.ingest.widewords import NO, YES, alike, check_columns, identifier, one_spelling, usual
from telco_crm.labels import text
from telco_crm.learn.coding import Floats
from telco_crm.retain.uplift.fitting import Fitted, Task, check, fit_uplift
from telco_crm.retain.uplift.gain import Bools
from telco_crm.retain.uplift.model import Training, UpliftModel
from telco_crm.retain.uplift.rules import UpliftRules

TREATED = (*YES, "treated", "treatment", "test", "目标组", "营销组", "实验组", "处理组")
CONTROL = (*NO, "control", "对照组", "控制组")
SHOWN = 12  # values of a column in a message


@dataclass(frozen=True)
class TrialTable:
    """What the user said about a table: column names, and values where they are not the usual words."""

    treatment: str
    outcome: str
    treated: str | None = None
    control: str | None = None
    identifier: str | None = None
    drop: tuple[str, ...] = ()


def fit_table(
    table: WideTable, said: TrialTable, rules: UpliftRules, seed: int, threads: int, lang: str = "en"
) -> tuple[Fitted, Task, list[str]]:
    """A model of the table's trial, what it was fitted on, and notes.

    Raises:
        InputError: a column or value that is not there, or too little to learn from.
    """
    options = [("--treatment", said.treatment), ("--outcome", said.outcome), ("--id", said.identifier)]
    check_columns(table, [*options, *(("--drop", name) for name in said.drop)], lang)
    treated_value, control_value, arm = _arms(table, said, lang)
    notes = list(table.notes)
    outcome = _outcome(table, said, lang)
    known = arm.notna().to_numpy() & np.isfinite(outcome)
    unclear = int(table.rows - known.sum())
    if unclear:
        values = {"treated": treated_value, "control": control_value}
        notes.append(text("uplift.rows_left_out", lang, n=unclear, all=table.rows, **values))
    treated, outcome = arm[known].to_numpy(bool), outcome[known]
    frame, meaning, more = _columns(table, said, known, lang)
    task = Task(frame, treated, outcome, _groups(table, said, known), meaning)
    check(task, rules, f"{table.name}, --treatment {said.treatment}, --outcome {said.outcome}", lang)
    training = Training(
        source="table",
        outcome=said.outcome,
        customers=len(outcome),
        treated=int(treated.sum()),
        treated_mean=float(outcome[treated].mean()),
        control_mean=float(outcome[~treated].mean()),
        seed=seed,
        treatment=said.treatment,
        treated_value=treated_value,
        control_value=control_value,
        identifier=said.identifier,
    )
    fitted = fit_uplift(task, training, rules, threads, lang)
    return fitted, task, [*notes, *more, *fitted.notes]


def score_table(
    model: UpliftModel, table: WideTable, identifier: str | None, threads: int, lang: str = "en"
) -> tuple[pd.DataFrame, list[str]]:
    """Rows of the table with uplift and rank, the highest first; without a signal nobody has a rank. And notes.

    Raises:
        InputError: the table does not have what the model looks at.
    """
    if model.training.source != "table":
        raise InputError(text("uplift.of_exports", lang))
    check_columns(table, [("--id", identifier)], lang)
    lost = [name for name in model.meaning if name not in table.columns]
    if lost and model.signal:
        raise InputError(text("uplift.lost_columns", lang, file=table.name, names=", ".join(lost)))
    frame, notes = pd.DataFrame(index=range(table.rows)), list(table.notes)
    if model.signal:
        columns = {}
        for name, kind in model.meaning.items():
            _, columns[name], odd = table.typed(name, kind)
            if odd:
                notes.append(text("uplift.odd", lang, name=name, cells=", ".join(odd)))
        frame = pd.DataFrame(columns)
    named = identifier or model.training.identifier
    there = named is not None and named in table.columns
    if named and not there:
        notes.append(text("uplift.rows_numbered", lang, name=named))
    ids = table.text(str(named)) if there else pd.Series(np.arange(1, table.rows + 1).astype(str))
    rows, more = ranked(ids.fillna(""), model.uplift(frame, threads), model, lang)
    return rows, [*notes, *more]


def ranked(ids: pd.Series, uplift: Floats, model: UpliftModel, lang: str = "en") -> tuple[pd.DataFrame, list[str]]:
    """row_id, uplift and uplift_rank, the highest first; and a note if there is no signal."""
    out = pd.DataFrame({"row_id": ids.to_numpy(object), "uplift": np.round(uplift, 6)})
    if not model.signal:
        out["uplift_rank"] = pd.array([pd.NA] * len(out), dtype="Int64")
        return out, [text("uplift.without", lang)]
    out = out.iloc[np.lexsort((np.arange(len(out)), -out["uplift"].to_numpy()))].reset_index(drop=True)
    out["uplift_rank"] = pd.array(np.arange(1, len(out) + 1), dtype="Int64")
    return out, []


def _arms(table: WideTable, said: TrialTable, lang: str) -> tuple[str, str, pd.Series]:
    """What the treated and the control group are called, and for each row whether it was treated (None: neither)."""
    words = one_spelling(table.text(said.treatment))
    counts = words.value_counts()
    shown = ", ".join(f"{word} ({n:,})" for word, n in counts.head(SHOWN).items()) or "nothing"

    def refuse(key: str, **more: Any) -> InputError:
        return InputError(text(f"uplift.{key}", lang, name=said.treatment, shown=shown, **more))

    values = [str(word) for word in counts.index]
    named = {alike(value): value for value in values}
    unknown = [word for word in (said.treated, said.control) if word is not None and alike(word) not in named]
    if unknown:
        raise refuse("no_value", words=", ".join(unknown))
    if len(values) < 2:
        raise refuse("one_value")
    treated = named[alike(said.treated)] if said.treated else usual(values, TREATED, CONTROL) or ""
    if not treated:
        raise refuse("which_treated")
    others = [word for word in values if word != treated]
    if said.control is None and len(others) > 1:
        raise refuse("which_control", n=len(values))
    control = named[alike(said.control)] if said.control else others[0]
    if control == treated:
        raise refuse("same_value", word=treated)
    return treated, control, words.map({treated: True, control: False})


def _outcome(table: WideTable, said: TrialTable, lang: str) -> Floats:
    """Numbers, or 1 and 0 for usual words; NaN where there is none."""
    kind, values, odd = table.typed(said.outcome)
    if kind == NUMBER and not odd:
        return values.to_numpy(np.float64)
    words = one_spelling(table.text(said.outcome))
    distinct = [str(word) for word in words.dropna().unique()]
    good = usual(distinct)
    if good is None:
        shown = ", ".join(distinct[:5])
        raise InputError(text("uplift.outcome_kind", lang, name=said.outcome, shown=shown))
    return np.asarray(words.map({word: float(word == good) for word in distinct}).to_numpy(np.float64, na_value=np.nan))


def _columns(
    table: WideTable, said: TrialTable, known: Bools, lang: str
) -> tuple[pd.DataFrame, dict[str, str], list[str]]:
    """What the learners look at: every other column, but for those that say nothing of who is meant."""
    columns: dict[str, pd.Series] = {}
    meaning: dict[str, str] = {}
    notes: list[str] = []
    for name in table.columns:
        if name in {said.treatment, said.outcome, said.identifier, *said.drop}:
            continue
        kind, values, odd = table.typed(name)
        values = values[known].reset_index(drop=True)
        if identifier(values, kind):
            notes.append(text("uplift.identifier", lang, name=name))
        elif values.nunique() + values.isna().any() > 1:
            columns[name], meaning[name] = values, kind
            if odd:
                notes.append(text("uplift.odd", lang, name=name, cells=", ".join(odd)))
    if not columns:
        raise InputError(text("uplift.no_columns", lang, file=table.name))
    return pd.DataFrame(columns), meaning, notes


def _groups(table: WideTable, said: TrialTable, known: Bools) -> np.ndarray | None:
    if said.identifier is None:
        return None
    return np.asarray(pd.factorize(table.text(said.identifier)[known].fillna(""))[0], np.int64)
