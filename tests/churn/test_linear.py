"""The logistic regressions of a churn model where columns all but repeat each other."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from telco_crm.learn.coding import fit_coding
from telco_crm.learn.linear import basis, code_values, fit_linear


def test_heavy_tails_and_repeated_columns_are_fitted_to_the_end() -> None:
    """The weaker penalty is too small for single precision: found on 60,000 rows, with warnings on the screen."""
    rng = np.random.default_rng(1)
    values = rng.lognormal(2, 1, (50_000, 30))
    frame = pd.DataFrame(np.hstack([values, values[:, :20] * 0.17])).rename(columns=str)
    odds = 0.5 * np.log(values[:, 0]) + (values[:, 1] > 8) - 3
    outcome = (rng.random(len(frame)) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    columns, codes = fit_coding(frame, outcome, np.zeros(len(frame), np.int64))
    positions = [code_values(frame.iloc[:, at].to_numpy(), codes[at]) for at in range(len(columns))]
    bases = [basis(column, positions[at], codes[at]) for at, column in enumerate(columns)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fit_linear(bases, codes, outcome, (0.05, 1.0))
    design = np.hstack([table[codes[at]] for at, table in enumerate(bases)])
    for strength, tables in zip((0.05, 1.0), found, strict=True):
        wanted = LogisticRegression(C=strength, solver="newton-cholesky", tol=1e-9).fit(design, outcome)
        said = sum(table[codes[at]] for at, table in enumerate(tables))
        assert said == pytest.approx(design @ wanted.coef_[0], abs=2e-3)
