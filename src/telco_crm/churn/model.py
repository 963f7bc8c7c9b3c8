"""The churn model: logistic regression on standardised signals, saved as readable JSON and checked when it is loaded.

Each signal is centred on its mean and divided by its standard deviation; a missing value is the mean. The
contribution of a signal to the log odds is weight × standardised value, so the reasons are exact. Regularised
maximum likelihood needs no resampling for rare leavers and gives calibrated probabilities on data like the training
data.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field, ValidationError
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from telco_crm import __version__
from telco_crm.errors import InputError
from telco_crm.rules import Model

FORMAT = "telco-crm churn model 1"
LIMIT = 5.0  # standardised values are cut there, so that one odd month cannot decide alone


class ChurnModel(Model):
    """A fitted model. `signals` keeps the SQL each weight was fitted with, so that it is never applied to another
    meaning.
    """

    format: str = FORMAT
    version: str = __version__
    signals: dict[str, str]
    mean: dict[str, float]
    scale: dict[str, float] = Field(description="standard deviation; 0 for a signal that never varied")
    weight: dict[str, float]
    intercept: float
    cutoffs: tuple[str, ...]
    horizon_months: int
    target: tuple[str, ...]
    rows: int
    leavers: int
    seed: int

    def contributions(self, signals: pd.DataFrame) -> pd.DataFrame:
        """Each signal's part of the log odds, same index and columns as the model's signals."""
        z = _standardised(signals, self.mean, self.scale)
        return z * pd.Series(self.weight)

    def probability(self, signals: pd.DataFrame) -> pd.Series:
        """Probability of leaving within the horizon, by subscriber_id."""
        odds = self.intercept + self.contributions(signals).to_numpy().sum(axis=1)
        return pd.Series(1 / (1 + np.exp(-odds)), signals.index)

    @property
    def checksum(self) -> str:
        """Hash of everything the model says."""
        text = json.dumps(self.model_dump(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def save(self, path: Path) -> None:
        """Write the model as readable JSON."""
        data = {**self.model_dump(), "checksum": self.checksum}
        path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load_model(path: Path) -> ChurnModel:
    """A saved model.

    Raises:
        InputError: the file is not a churn model, was changed by hand, or is of another version.
    """
    try:
        data = json.loads(path.read_text("utf-8"))
        claimed = data.pop("checksum", None)
        model = ChurnModel.model_validate_json(json.dumps(data))
    except OSError as error:
        raise InputError(f"{path}: the model cannot be read ({error.strerror}); check the path") from None
    except (ValueError, AttributeError, ValidationError):
        raise InputError(
            f"{path} is not a churn model; make one with: telco-crm churn fit DATA --model {path}"
        ) from None
    if model.format != FORMAT or model.checksum != claimed:
        raise InputError(f"{path}: the model was changed or made by another version; fit it again")
    return model


@dataclass(frozen=True)
class TrainingWindow:
    """What a model was fitted on: cut-off months, months of outcome after each, and the kinds of leaving that count."""

    cutoffs: tuple[str, ...]
    horizon_months: int
    target: tuple[str, ...]


def fit_model(
    signals: pd.DataFrame, outcome: pd.Series, meaning: dict[str, str], window: TrainingWindow, seed: int
) -> ChurnModel:
    """Fit on `signals` (rows × signals, NaN allowed) and `outcome` (0/1); deterministic, one thread.

    `meaning` is the SQL of each signal, which the model keeps.
    """
    known = signals.loc[:, signals.notna().any()]
    mean = {str(name): float(value) for name, value in known.mean().items()}
    scale = {str(name): float(value) for name, value in known.std(ddof=0).items()}
    z = _standardised(known, mean, scale).to_numpy()
    with threadpool_limits(1):
        fitted = LogisticRegression(C=1.0, max_iter=1000, random_state=seed).fit(z, outcome.to_numpy())
    return ChurnModel(
        signals={name: meaning[name] for name in mean},
        mean=mean,
        scale=scale,
        weight=dict(zip(mean, map(float, fitted.coef_[0]), strict=True)),
        intercept=float(fitted.intercept_[0]),
        cutoffs=window.cutoffs,
        horizon_months=window.horizon_months,
        target=window.target,
        rows=len(known),
        leavers=int(outcome.sum()),
        seed=seed,
    )


def _standardised(signals: pd.DataFrame, mean: dict[str, float], scale: dict[str, float]) -> pd.DataFrame:
    z = (signals[list(mean)] - pd.Series(mean)) / pd.Series(scale).replace(0, np.inf)
    return z.fillna(0).clip(-LIMIT, LIMIT)
