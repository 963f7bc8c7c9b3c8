"""How good a score is: ranking, probabilities, and what a list of a given length catches.

Equal scores are never told apart by the order of rows: a list that ends within a run of equal scores holds its share
of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, rankdata
from sklearn.metrics import average_precision_score

from telco_crm.intervals import wilson as score_interval

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SHARES = (0.01, 0.05, 0.10)
BINS = 10


class Interval(NamedTuple):
    """An estimate with its 95% interval."""

    value: float
    low: float
    high: float


class ReliabilityBin(NamedTuple):
    """Rows with about the same probability: what was said and what came."""

    rows: int
    lowest: float
    mean: float
    rate: Interval


def auc(outcome: Ints, score: Floats) -> Interval:
    """Area under the ROC curve with the interval of DeLong, DeLong and Clarke-Pearson (1988).

    Ranks as in Sun and Xu (2014); needs both outcomes.
    """
    ones, zeros = score[outcome == 1], score[outcome == 0]
    all_ranks = rankdata(np.concatenate([ones, zeros]))
    above = (all_ranks[: len(ones)] - rankdata(ones)) / len(zeros)  # of each leaver: share of stayers below
    below = 1 - (all_ranks[len(ones) :] - rankdata(zeros)) / len(ones)
    value = float(above.mean())
    variance = (above.var(ddof=1) / len(ones) if len(ones) > 1 else 0) + (
        below.var(ddof=1) / len(zeros) if len(zeros) > 1 else 0
    )
    half = float(norm.ppf(0.975) * np.sqrt(variance))
    return Interval(value, max(value - half, 0.0), min(value + half, 1.0))


def caught(outcome: Ints, score: Floats) -> tuple[Floats, Floats]:
    """The gain curve at the ends of runs of equal scores, from (0, 0) to (1, 1): share of rows taken, highest scores
    first, and share of the leavers among them.
    """
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(order) - 1)
    left = np.cumsum(outcome[order])[ends]
    return np.append(0.0, (ends + 1) / len(order)), np.append(0.0, left / max(left[-1], 1))


def recall_at(outcome: Ints, score: Floats, share: float) -> float:
    """Share of the leavers among the highest `share` of the scores; at least one row is taken."""
    taken = max(1, round(share * len(score))) / len(score)
    return float(np.interp(taken, *caught(outcome, score)))


def lift_at(outcome: Ints, score: Floats, share: float) -> float:
    """Rate of leavers among the highest `share` of the scores ÷ rate of all."""
    return recall_at(outcome, score, share) * len(score) / max(1, round(share * len(score)))


def brier(outcome: Ints, score: Floats) -> float:
    """Mean squared error of the probabilities."""
    return float(np.mean((score - outcome) ** 2))


def reliability(outcome: Ints, score: Floats, bins: int = BINS) -> list[ReliabilityBin]:
    """Rows in `bins` parts of about equal size by probability; equal probabilities stay together.

    The interval of the rate is Wilson's (1927).
    """
    order = np.argsort(score, kind="stable")
    probability, left = score[order], outcome[order]
    cuts = [round(len(order) * k / bins) for k in range(1, bins)]
    starts = sorted({0, *(int(np.searchsorted(probability, probability[c])) for c in cuts if c < len(order))})
    out = []
    for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
        part, hits = probability[start:end], int(left[start:end].sum())
        out.append(ReliabilityBin(end - start, float(part[0]), float(part.mean()), wilson(hits, end - start)))
    return out


def calibration_error(outcome: Ints, score: Floats) -> float:
    """Mean difference between probability and rate over the bins of `reliability`, weighted by rows."""
    bins = reliability(outcome, score)
    return sum(b.rows * abs(b.mean - b.rate.value) for b in bins) / len(score)


def wilson(hits: int, rows: int) -> Interval:
    """A rate with Wilson's interval."""
    low, high = score_interval(hits, rows)
    return Interval(hits / rows, max(low, 0.0), min(high, 1.0))


def measures(outcome: Ints, score: Floats) -> dict[str, float]:
    """Every figure, by name."""
    area = auc(outcome, score)
    shares = [(f"{share:.0%}".rstrip("%"), share) for share in SHARES]
    return {
        "auc": area.value,
        "auc_low": area.low,
        "auc_high": area.high,
        "average_precision": float(average_precision_score(outcome, score)),
        "brier": brier(outcome, score),
        "calibration_error": calibration_error(outcome, score),
        **{f"lift_{name}": lift_at(outcome, score, share) for name, share in shares},
        **{f"recall_{name}": recall_at(outcome, score, share) for name, share in shares},
    }
