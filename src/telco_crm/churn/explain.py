"""Reasons in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from telco_crm.churn.model import ChurnModel
from telco_crm.churn.rules import ChurnRules

REASONS = 3
SHOWN = 0.005  # log odds from which on a column is named as a reason
RAISES = 1e-9  # log odds from which on a signal counts as raising the score


@dataclass(frozen=True)
class Words:
    """What reasons are put into words with: the signals' texts, their means among subscribers, and the language."""

    rules: ChurnRules
    means: Mapping[str, float]
    lang: str

    def of(self, name: str, level: float, shown: float) -> str:
        """One reason: signal `name` at `level`, shown as `shown`."""
        signal = self.rules.signals[name]
        words = (signal.high if level > self.means[name] else signal.low).text(self.lang)
        return words.format(x=shown, change=change_in_words(shown, self.lang))


def model_reasons(contributions: pd.DataFrame, signals: pd.DataFrame, words: Words) -> pd.DataFrame:
    """reason_1 … reason_3: the signals that raise each score most, in words; empty where fewer raise it.

    `contributions` (rows × signals) are parts of the log odds; `signals` has the signals and their show_ columns.
    """
    names = list(contributions.columns)
    values = contributions.to_numpy()
    order = np.argsort(-values, axis=1, kind="stable")
    texts = {}
    for place in range(REASONS):
        column = np.full(len(signals), "", object)
        if place < len(names):
            chosen = order[:, place]
            raising = values[np.arange(len(values)), chosen] > RAISES
            for j, name in enumerate(names):
                rows = np.flatnonzero((chosen == j) & raising)
                level, shown = signals[name].to_numpy()[rows], signals[f"show_{name}"].to_numpy()[rows]
                column[rows] = [words.of(name, v, s) for v, s in zip(level, shown, strict=True)]
        texts[f"reason_{place + 1}"] = column
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


def table_reasons(contributions: pd.DataFrame, frame: pd.DataFrame, model: ChurnModel, lang: str) -> pd.DataFrame:
    """reason_1 … reason_3 for a wide table: the columns that raise each score most, with their value and what they add
    to the log odds, such as "Contract = Month-to-month (+0.84)".
    """
    values = contributions.to_numpy()
    order = np.argsort(-values, axis=1, kind="stable")[:, :REASONS]
    texts: dict[str, np.ndarray] = {}
    for place in range(REASONS):
        column = np.full(len(frame), "", object)
        if place < order.shape[1]:
            for at, name in enumerate(contributions.columns):
                rows = np.flatnonzero((order[:, place] == at) & (values[:, at] > SHOWN))
                cells, parts = frame[name].to_numpy()[rows], values[rows, at]
                column[rows] = [_cell(name, c, p, model.meaning[name], lang) for c, p in zip(cells, parts, strict=True)]
        texts[f"reason_{place + 1}"] = column
    return pd.DataFrame(texts, index=frame.index)


def _cell(name: str, value: object, part: float, kind: str, lang: str) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN
        shown = "为空" if lang == "zh" else "is empty"
        return f"{name} {shown} ({part:+.2f})"
    if kind.startswith("date"):
        value = (pd.Timestamp(0) + pd.Timedelta(days=float(str(value)))).date()
    elif kind == "number":
        value = f"{value:.6g}"
    return f"{name} = {value} ({part:+.2f})"
