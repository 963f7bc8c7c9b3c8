"""The churn model against four others and their mean, on one wide table and the very same folds.

    python benchmarks/churn_peers.py --table customers.csv --label churn [--id customer] [--positive yes] [--seeds 0-5]

The others are those of the public baselines: logistic regression (means for gaps, standardised, one column per value),
HistGradientBoostingClassifier, LightGBM and CatBoost (`pip install '.[bench]'`; one that is missing is left out), with
default-like settings, and the mean of what they say. Equal rows count once. For every seed the rows are dealt into five
folds by StratifiedKFold; printed are AUC and Brier score out of fold, by seed and on the average. On small tables the
deal alone moves both by more than models differ by, so only figures of the same folds can be compared.
"""

from __future__ import annotations

import argparse
import importlib
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from telco_crm.churn.tabletask import TableTask, prepare
from telco_crm.ingest.widetable import read_wide
from telco_crm.learn.fit import fit
from telco_crm.learn.folds import row_groups

FOLDS = 5
OURS, MEAN = "telco-crm", "mean of the others"
Floats = npt.NDArray[np.float64]
Peer = Callable[[pd.DataFrame, Floats, pd.DataFrame], Floats]


def main() -> None:
    """Read, deal, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", required=True)
    parser.add_argument("--label", required=True)
    parser.add_argument("--id")
    parser.add_argument("--positive")
    parser.add_argument("--seeds", default="0-5", help="first-last")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = read_wide(asked.table, Path(folder), 1)
        made = prepare(table, TableTask(label=asked.label, identifier=asked.id, positive=asked.positive), 0)
    once = ~row_groups(made.frame.assign(_outcome=made.outcome)).duplicated().to_numpy()
    frame, outcome = made.frame[once].reset_index(drop=True), made.outcome[once]
    print(f"{asked.table}: {len(outcome):,} rows, {outcome.mean():.1%} with the outcome")
    first, _, last = asked.seeds.partition("-")
    found = {seed: out_of_fold(frame, outcome, seed) for seed in range(int(first), int(last or first) + 1)}
    for name, measure in (("AUC", roc_auc_score), ("Brier score", brier_score_loss)):
        figures = pd.DataFrame({s: {who: measure(outcome, p) for who, p in said.items()} for s, said in found.items()})
        figures["average"] = figures.mean(axis=1)
        print(f"\n{name} by seed\n{figures.round(4).to_string()}", flush=True)


def out_of_fold(frame: pd.DataFrame, outcome: npt.NDArray[np.int64], seed: int) -> dict[str, Floats]:
    """What each model says of rows that it has not seen, and the mean of all but ours."""
    peers = {OURS: ours, "logistic": logistic, "HistGradientBoosting": boosted, **installed()}
    said = {who: np.zeros(len(outcome)) for who in peers}
    for inside, outside in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(frame, outcome):
        rows, rest = frame.iloc[inside].reset_index(drop=True), frame.iloc[outside].reset_index(drop=True)
        for who, peer in peers.items():
            said[who][outside] = peer(rows, outcome[inside], rest)
    return {**said, MEAN: np.mean([p for who, p in said.items() if who != OURS], axis=0)}


def installed() -> dict[str, Peer]:
    """The peers that need a package of their own, if it is there."""
    there: dict[str, Peer] = {}
    for who, module, peer in (("LightGBM", "lightgbm", light), ("CatBoost", "catboost", cat)):
        try:
            importlib.import_module(module)
        except ImportError:
            print(f"{who} is not installed and left out")
        else:
            there[who] = peer
    return there


def ours(rows: pd.DataFrame, outcome: Floats, rest: pd.DataFrame) -> Floats:
    """The model of `churn fit --table`, as it is."""
    return fit(rows, outcome, row_groups(rows), 0, 2).model.probability(rest).to_numpy()


def logistic(rows: pd.DataFrame, outcome: Floats, rest: pd.DataFrame) -> Floats:
    """Logistic regression."""
    numbers = list(rows.select_dtypes("number"))
    ready = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), [name for name in rows if name not in numbers]),
    )
    return chance(make_pipeline(ready, LogisticRegression(max_iter=2000)), rows, outcome, rest)


def boosted(rows: pd.DataFrame, outcome: Floats, rest: pd.DataFrame) -> Floats:
    """scikit-learn's boosted trees."""
    model = HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0)
    return chance(model, *as_categories(rows, outcome, rest))


def light(rows: pd.DataFrame, outcome: Floats, rest: pd.DataFrame) -> Floats:
    """LightGBM."""
    from lightgbm import LGBMClassifier

    return chance(LGBMClassifier(verbose=-1, random_state=0), *as_categories(rows, outcome, rest))


def cat(rows: pd.DataFrame, outcome: Floats, rest: pd.DataFrame) -> Floats:
    """CatBoost."""
    from catboost import CatBoostClassifier

    words = [name for name in rows if not pd.api.types.is_numeric_dtype(rows[name])]
    model = CatBoostClassifier(verbose=0, iterations=500, learning_rate=0.03, random_seed=0, cat_features=words)
    return chance(model, rows.fillna(dict.fromkeys(words, "")), outcome, rest.fillna(dict.fromkeys(words, "")))


def as_categories(rows: pd.DataFrame, outcome: Floats, rest: pd.DataFrame) -> tuple[pd.DataFrame, Floats, pd.DataFrame]:
    """The same, with text as categories; what is not among `rows` is missing."""
    rows, rest = rows.copy(), rest.copy()
    for name in rows:
        if not pd.api.types.is_numeric_dtype(rows[name]):
            rows[name] = rows[name].astype("category")
            rest[name] = rest[name].astype(rows[name].dtype)
    return rows, outcome, rest


def chance(model: Any, rows: pd.DataFrame, outcome: Floats, rest: pd.DataFrame) -> Floats:
    """The probability of the outcome."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(model.fit(rows, outcome).predict_proba(rest)[:, 1])


if __name__ == "__main__":
    main()
