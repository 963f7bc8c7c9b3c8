"""Small tables that several tests of the churn model fit on."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd


def people(rows: int = 600, seed: int = 1) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    """Numbers (with missing and heavy tails), text with few and with many values; and who left.

    Leaving depends on minutes (with a jump), plan, city and one interaction.
    """
    rng = np.random.default_rng(seed)
    minutes = np.round(rng.lognormal(4, 1.2, rows), 1)
    age = rng.integers(18, 80, rows).astype(np.float64)
    plan = rng.choice(["basic", "family", "gold"], rows, p=[0.5, 0.3, 0.2])
    city = np.array([f"c{n:02d}" for n in rng.integers(0, 45, rows)])
    effect = {f"c{n:02d}": (n - 22) / 22 for n in range(45)}
    odds = -1.5 - 1.3 * (minutes > 60) + (plan == "basic") * 0.9 + np.vectorize(effect.get)(city)
    odds = odds + 1.2 * ((age < 30) & (plan == "gold"))
    left = (rng.random(rows) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    frame: dict[str, Any] = {"minutes": minutes, "age": age, "plan": plan.astype(object), "city": city.astype(object)}
    frame["minutes"][rng.random(rows) < 0.1] = np.nan
    frame["plan"][rng.random(rows) < 0.05] = None
    return pd.DataFrame(frame), left
