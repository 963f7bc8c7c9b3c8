"""Reasons in words."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from telco_crm.churn.rules import ChurnRules

REASONS = 3


def model_reasons(
    contributions: pd.DataFrame, signals: pd.DataFrame, rules: ChurnRules, means: dict[str, float], lang: str
) -> pd.DataFrame:
    """reason_1 … reason_3: the signals that raise each score most, in words; empty where fewer raise it.

    `contributions` (rows × signals) are parts of the log odds; `signals` has the signals and their show_ columns.
    """
    names = list(contributions.columns)
    values = contributions.to_numpy()
    order = np.argsort(-values, axis=1, kind="stable")[:, :REASONS]
    texts = {}
    for place in range(REASONS):
        chosen = order[:, place] if place < order.shape[1] else None
        texts[f"reason_{place + 1}"] = _texts(chosen, values, names, signals, rules, means, lang)
    return pd.DataFrame(texts, index=contributions.index)


def rule_reasons(hits: pd.DataFrame, rules: ChurnRules, lang: str) -> pd.DataFrame:
    """reason_1 … reason_3: the rules with the largest weights that hold and raise the score."""
    raising = sorted(
        (i for i, r in enumerate(rules.rule_score.rules) if r.weight > 0),
        key=lambda i: -rules.rule_score.rules[i].weight,
    )
    words = [rules.rule_score.rules[i].zh if lang == "zh" else rules.rule_score.rules[i].en for i in raising]
    held = hits[[f"r{i}" for i in raising]].to_numpy() > 0
    place = np.where(held, held.cumsum(axis=1), 0)
    columns = {}
    for n in range(1, REASONS + 1):
        match = place == n
        columns[f"reason_{n}"] = np.where(match.any(axis=1), np.array(words, object)[match.argmax(axis=1)], "")
    return pd.DataFrame(columns, index=hits.index)


def change_in_words(x: float, lang: str) -> str:
    """-0.62 as "down 62%"."""
    if not math.isfinite(x):
        return "新出现" if lang == "zh" else "new"
    percent = round(abs(x) * 100)
    if percent == 0:
        return "持平" if lang == "zh" else "unchanged"
    if lang == "zh":
        return f"{'上升' if x > 0 else '下降'}{percent}%"
    return f"{'up' if x > 0 else 'down'} {percent}%"


def _texts(
    chosen: np.ndarray | None,
    values: np.ndarray,
    names: Sequence[str],
    signals: pd.DataFrame,
    rules: ChurnRules,
    means: dict[str, float],
    lang: str,
) -> np.ndarray:
    out = np.full(len(signals), "", object)
    if chosen is None:
        return out
    raising = values[np.arange(len(values)), chosen] > 1e-9
    for j, name in enumerate(names):
        rows = np.flatnonzero((chosen == j) & raising)
        if not len(rows):
            continue
        signal = rules.signals[name]
        level = signals[name].to_numpy()[rows]
        shown = signals[f"show_{name}"].to_numpy()[rows]
        high, low = signal.high.text(lang), signal.low.text(lang)
        out[rows] = [
            (high if v > means[name] else low).format(x=s, change=change_in_words(s, lang))
            for v, s in zip(level, shown, strict=True)
        ]
    return out
