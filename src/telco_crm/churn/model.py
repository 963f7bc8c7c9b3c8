"""The churn model: an additive model with all that is needed to trust it, saved as readable JSON, checked on loading.

It keeps what the columns mean (SQL of signals, or types of table columns), what it was fitted on, how good it was on
rows it had not seen, and how columns and scores were distributed, so that drift can be seen later.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from telco_crm.churn.drift import Spread, spread_of, spreads_of
from telco_crm.churn.metrics import measures, reliability
from telco_crm.learn.additive import AdditiveModel
from telco_crm.learn.coding import Codes, Ints
from telco_crm.learn.fit import Learned, fit
from telco_crm.manifest import versions
from telco_crm.rules import Model
from telco_crm.saved import SavedModel

IMPORTANCE_ROWS = 4000
DECIMALS = 6


class Training(Model):
    """What a model was fitted on. For exports: cut-off months, months of outcome after each and of gap before it, kinds
    of leaving, and the tables there were. For tables: label column, what it says of leavers, and the column of
    identifiers.
    """

    source: Literal["exports", "table"]
    rows: int
    leavers: int
    seed: int
    cutoffs: tuple[str, ...] = ()
    horizon_months: int = 0
    gap_months: int = 0
    target: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    label: str | None = None
    positive: str | None = None
    identifier: str | None = None


class ChurnModel(SavedModel):
    """A fitted model.

    `meaning` says what each column is: SQL of a signal, or the type of a table's column. `metrics` and `calibration`
    (per tenth by probability: rows, mean probability, rate of leaving) are of rows the fold models had not seen.
    `importance` is the mean size of a column's contribution in log odds.
    """

    KIND: ClassVar[str] = "a churn model"
    MAKE: ClassVar[str] = "churn fit DATA"
    format: str = "telco-crm churn model 4"
    versions: dict[str, str]
    training: Training
    metrics: dict[str, float]
    calibration: tuple[tuple[int, float, float], ...] = ()
    meaning: dict[str, str]
    importance: dict[str, float]
    middle: dict[str, float]
    scores: Spread
    spreads: tuple[Spread, ...]
    additive: AdditiveModel

    def probability(self, frame: pd.DataFrame, threads: int = 1) -> pd.Series:
        """Probability of leaving, by the frame's index."""
        return self.additive.probability(frame, threads)

    def contributions(self, frame: pd.DataFrame, threads: int = 1) -> pd.DataFrame:
        """Each column's exact part of the log odds: rows × columns."""
        return self.additive.contributions(frame, threads)

    def laid_out(self, data: dict[str, Any]) -> str:
        """The JSON of the file: trees and tables are not torn into thousands of lines."""
        return _laid_out(data)


def fit_model(
    frame: pd.DataFrame, outcome: Ints, groups: pd.Series, training: Training, meaning: dict[str, str], threads: int
) -> ChurnModel:
    """Fit on `frame` (rows × columns, numbers or text) and `outcome` (0/1); the same whatever `threads` is.

    Rows of one group are kept together when parts are held out. Of exports, a monthly run should not wait for long.
    """
    learned = fit(frame, outcome, groups, training.seed, threads, quick=training.source == "exports")
    unseen = learned.probability
    sample = np.linspace(0, len(frame) - 1, min(len(frame), IMPORTANCE_ROWS)).astype(np.int64)
    parts = learned.model.contributions(frame.iloc[sample], threads)
    found = measures(outcome[learned.unseen], unseen)
    tenths = reliability(outcome[learned.unseen], unseen)
    return ChurnModel(
        versions=versions(),
        training=training,
        metrics={name: round(float(value), DECIMALS) for name, value in found.items()},
        calibration=tuple((t.rows, round(t.mean, DECIMALS), round(t.rate.value, DECIMALS)) for t in tenths),
        meaning={name: meaning[name] for name in map(str, frame.columns)},
        importance={str(n): round(float(v), DECIMALS) for n, v in parts.abs().mean().items()},
        middle={str(n): float(v) for n, v in frame.median(numeric_only=True).items() if np.isfinite(v)},
        scores=spread_of(unseen),
        spreads=spreads_of(learned.model.columns, _scored_codes(learned, frame)),
        additive=learned.model,
    )


def _scored_codes(learned: Learned, frame: pd.DataFrame) -> list[Codes]:
    """The codes of the rows that were fitted on as scoring gives them: for text in order of its share of leavers, the
    fit takes a row's code from the other folds, where a value that is rare has another code or none.
    """
    fitted = zip(learned.model.columns, learned.codes, strict=True)
    return [column.codes(frame[column.name]) if column.ordered else codes for column, codes in fitted]


def _laid_out(data: Any, level: int = 0) -> str:
    """JSON with a line for every short thing: columns, tables and trees are not torn into thousands of lines."""
    pad = " " * (level + 1)
    if level < 4 and isinstance(data, dict) and data and not _is_leaf(data):
        lines = (f"{pad}{json.dumps(key, ensure_ascii=False)}: {_laid_out(v, level + 1)}" for key, v in data.items())
        return "{\n" + ",\n".join(lines) + "\n" + " " * level + "}"
    if level < 4 and isinstance(data, list | tuple) and any(isinstance(v, list | tuple | dict) for v in data):
        return "[\n" + ",\n".join(f"{pad}{_laid_out(v, level + 1)}" for v in data) + "\n" + " " * level + "]"
    return json.dumps(data, ensure_ascii=False)


def _is_leaf(data: dict[str, Any]) -> bool:
    """Whether a table is shown on one line: columns and trees."""
    return "edges" in data or "limit" in data or "share" in data
