"""The churn model against scikit-learn's own boosted trees, on one wide table: fit, scores and reasons.

    python benchmarks/churn_model.py [--rows 1000000] [--columns 60] [--threads 2]

The table has numbers with heavy tails and missing values, and text with few values; leaving depends on a dozen of the
columns, with jumps and an interaction. HistGradientBoostingClassifier gets the same rows, its text columns as
categories and as many trees as the model grows for one fold. On a busy machine take --threads 1 and processor seconds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from telco_crm.churn.explain import table_reasons
from telco_crm.churn.model import Training, fit_model
from telco_crm.learn.fit import RECIPES

TEXTS = 6  # text columns
Took = npt.NDArray[np.float64]
LEVELS = ("north", "south", "east", "west", "centre")


def table(rows: int, columns: int, seed: int = 1) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    """A frame of `columns` columns, and who left (about one in ten)."""
    rng = np.random.default_rng(seed)
    frame: dict[str, Any] = {}
    odds = np.full(rows, -2.9)
    for n in range(columns - TEXTS):
        values = np.round(rng.lognormal(2, 1, rows), 2)
        if n < 10:
            odds += (values > 8) * (0.9 - 0.08 * n) - 0.1 * np.log(values)
        values[rng.random(rows) < 0.05] = np.nan
        frame[f"number_{n}"] = values
    for n in range(TEXTS):
        frame[f"text_{n}"] = np.array(LEVELS, object)[rng.integers(0, len(LEVELS), rows)]
    odds += (frame["text_0"] == "north") * 0.7 + ((frame["text_1"] == "west") & (frame["number_0"] > 12)) * 1.2
    return pd.DataFrame(frame), (rng.random(rows) < 1 / (1 + np.exp(-odds))).astype(np.int64)


def timed(said: str, work: Callable[[], Any]) -> tuple[Any, Took]:
    """What `work` gives, and how long it took: by the clock, and of processors."""
    start, busy = time.perf_counter(), time.process_time()
    result = work()
    took = np.array([time.perf_counter() - start, time.process_time() - busy])
    print(f"{said:<48}{took[0]:8.1f} s {took[1]:8.1f} processor s", flush=True)
    return result, took


def main() -> None:
    """Measure and print; ratios last."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=60)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    frame, left = table(asked.rows, asked.columns)
    trees = sum(recipe.max_iter for recipe in RECIPES)
    texts = [name for name in frame.columns if str(name).startswith("text")]
    plain = frame.assign(**{name: frame[name].astype("category") for name in texts})
    training = Training(source="table", rows=len(left), leavers=int(left.sum()), seed=0, label="left", positive="1")
    kinds = {str(name): "text" if name in texts else "number" for name in frame.columns}
    groups = pd.Series(np.arange(len(frame)))
    with threadpool_limits(asked.threads):
        booster = HistGradientBoostingClassifier(
            max_iter=trees, categorical_features="from_dtype", early_stopping=False, random_state=0
        )
        _, fit_theirs = timed(f"scikit-learn: fit, {trees} trees", lambda: booster.fit(plain, left))
        theirs, score_theirs = timed("scikit-learn: predict_proba", lambda: booster.predict_proba(plain)[:, 1])
    model, fit_ours = timed("telco-crm: fit", lambda: fit_model(frame, left, groups, training, kinds, asked.threads))
    model.probability(frame[:1000], asked.threads)  # tables are made once
    ours, score_ours = timed("telco-crm: scores", lambda: model.probability(frame, asked.threads))

    def reasons() -> None:
        for start in range(0, len(frame), 100_000):
            part = frame.iloc[start : start + 100_000]
            table_reasons(model.contributions(part, asked.threads), part, kinds, "en")

    _, reasons_ours = timed("telco-crm: contributions and reasons in words", reasons)
    print(
        f"AUC on the fitted rows: scikit-learn {roc_auc_score(left, theirs):.4f}, ours {roc_auc_score(left, ours):.4f}"
    )
    print(f"AUC on rows not seen: ours {model.metrics['auc']:.4f}")
    print(f"calibration error on rows not seen: {model.metrics['calibration_error']:.4f}")
    for name, ratio, limit in (
        ("fit ÷ fit", fit_ours / fit_theirs, 2),
        ("scores ÷ predict_proba", score_ours / score_theirs, 1.5),
        ("reasons ÷ scores", reasons_ours / score_ours, 5),
    ):
        print(f"{name:<28}{ratio[0]:6.2f} {ratio[1]:6.2f} of processors   (wanted: at most {limit})")


if __name__ == "__main__":
    main()
