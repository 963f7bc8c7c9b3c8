"""Reasons in words and numbers, from exact contributions; and sub-scores by theme."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_crm.churn.model import ChurnModel
from telco_crm.churn.rules import THEMES, ChurnRules, ScoreRule, Signal, filled

REASONS = 3
SHOWN = 0.005  # log odds from which on something is named as a reason
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Words:
    """What reasons are put into words with: the signals' texts, their medians among subscribers, and the language."""

    signals: Mapping[str, Signal]
    middle: Mapping[str, float]
    lang: str

    def sayable(self, name: str, level: pd.Series, shown: pd.Series) -> npt.NDArray[np.bool_]:
        """Which rows have words: a value that is not known is no reason."""
        known = level.notna().to_numpy()
        if self.signals[name].text:
            return known
        high, low = self._texts(name)
        for text, chosen in ((high, self._is_high(name, level)), (low, ~self._is_high(name, level))):
            if "{x" in text:
                known = known & (shown.notna().to_numpy() | ~chosen)
        return known

    def of(self, name: str, level: pd.Series, shown: pd.Series) -> Texts:
        """The reason that signal `name` is, for every row: at `level`, shown as `shown`."""
        high, low = self._texts(name)
        is_high = self._is_high(name, level)
        places, values = pd.factorize(shown)
        said = [[_filled(text, value, self.lang) for value in (*values, math.nan)] for text in (low, high)]
        return np.array(said, object)[is_high.astype(np.int64), places]

    def _texts(self, name: str) -> tuple[str, str]:
        signal = self.signals[name]
        return signal.high.text(self.lang), (signal.low or signal.high).text(self.lang)

    def _is_high(self, name: str, level: pd.Series) -> npt.NDArray[np.bool_]:
        if self.signals[name].text:
            return np.ones(len(level), bool)
        return np.asarray(level.to_numpy(np.float64) > self.middle.get(name, math.nan))


def model_reasons(contributions: pd.DataFrame, signals: pd.DataFrame, words: Words) -> pd.DataFrame:
    """reason_1 … reason_3: the signals that raise each score most, in words; empty where fewer raise it.

    `contributions` (rows × signals) are parts of the log odds; `signals` has the signals and their show_ columns.
    """
    names = list(contributions.columns)
    values = contributions.to_numpy().copy()
    for at, name in enumerate(names):
        values[~words.sayable(name, signals[name], signals[f"show_{name}"]), at] = -np.inf

    def said(at: int, rows: npt.NDArray[np.int64]) -> Texts:
        name = names[at]
        return words.of(name, signals[name].iloc[rows], signals[f"show_{name}"].iloc[rows])

    return _reasons(values, contributions.index, said)


def table_reasons(
    contributions: pd.DataFrame, frame: pd.DataFrame, kinds: Mapping[str, str], lang: str
) -> pd.DataFrame:
    """The same for a wide table: the column, its value and what it adds to the log odds, such as
    "Contract = Month-to-month (+0.84)".
    """
    values = contributions.to_numpy()

    def said(at: int, rows: npt.NDArray[np.int64]) -> Texts:
        name = str(contributions.columns[at])
        cells = frame[name].to_numpy()[rows]
        return np.array(
            [_cell(name, cell, part, kinds[name], lang) for cell, part in zip(cells, values[rows, at], strict=True)],
            object,
        )

    return _reasons(values, contributions.index, said)


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


def model_themes(contributions: pd.DataFrame, signals: Mapping[str, Signal]) -> pd.DataFrame:
    """usage_part … credit_part: what the signals of each theme add to the log odds."""
    parts = {
        f"{theme}_part": contributions[[n for n in contributions.columns if signals[n].theme == theme]].sum(axis=1)
        for theme in THEMES
    }
    return pd.DataFrame(parts, index=contributions.index)


def rule_themes(hits: pd.DataFrame, rules: ChurnRules) -> pd.DataFrame:
    """The same for the rule score."""
    parts = {f"{theme}_part": np.zeros(len(hits)) for theme in THEMES}
    for i, rule in enumerate(rules.rule_score.rules):
        parts[f"{rule.theme}_part"] += rule.weight * hits[f"r{i}"].to_numpy()
    return pd.DataFrame(parts, index=hits.index)


def held_rules(hits: pd.DataFrame, rules: ChurnRules, lang: str) -> pd.Series:
    """The words of all rules that hold and do not lower the score, joined by semicolons, by the frame's index."""
    shown = [i for i, rule in enumerate(rules.every_rule()) if not isinstance(rule, ScoreRule) or rule.weight > 0]
    words = [rules.every_rule()[i].zh if lang == "zh" else rules.every_rule()[i].en for i in shown]
    held = hits[[f"r{i}" for i in shown]].to_numpy() > 0
    patterns, place = np.unique(np.packbits(held, axis=1), axis=0, return_inverse=True)
    bits = np.unpackbits(patterns, axis=1, count=len(shown)).astype(bool)
    texts = ["; ".join(w for w, bit in zip(words, row, strict=True) if bit) for row in bits]
    return pd.Series(np.array(texts, object)[place.ravel()], hits.index, name="rules_held")


def important(model: ChurnModel, count: int = 20) -> list[tuple[str, float]]:
    """The columns whose contributions are largest on the average, the largest first."""
    ranked = sorted(model.importance.items(), key=lambda item: (-item[1], item[0]))
    return [(name, value) for name, value in ranked[:count] if value > 0]


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


def _reasons(values: npt.NDArray[np.float64], index: pd.Index, said: object) -> pd.DataFrame:
    """reason_1 … reason_3 of rows × columns of parts; `said(column, rows)` gives the words."""
    top = min(REASONS, values.shape[1])
    best = (
        np.argpartition(-values, top - 1, axis=1)[:, :top]
        if values.shape[1] > top
        else np.arange(top)[None].repeat(len(values), 0)
    )
    best.sort(axis=1)  # ties go to the column that stands first
    parts = np.take_along_axis(values, best, axis=1)
    order = np.argsort(-parts, axis=1, kind="stable")
    best, parts = np.take_along_axis(best, order, axis=1), np.take_along_axis(parts, order, axis=1)
    texts: dict[str, Texts] = {}
    for place in range(REASONS):
        column = np.full(len(values), "", object)
        if place < top:
            for at in np.unique(best[:, place]).tolist():
                rows = np.flatnonzero((best[:, place] == at) & (parts[:, place] > SHOWN))
                if len(rows):
                    column[rows] = said(at, rows)  # type: ignore[operator]
        texts[f"reason_{place + 1}"] = column
    return pd.DataFrame(texts, index=index)


def _filled(text: str, value: object, lang: str) -> str:
    if "{x" in text:
        return "" if isinstance(value, float) and math.isnan(value) else filled(text, value)
    return text.format(change=change_in_words(float(str(value)), lang)) if "{change" in text else text


def _cell(name: str, value: object, part: float, kind: str, lang: str) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return f"{name} {'为空' if lang == 'zh' else 'is empty'} ({part:+.2f})"
    if kind.startswith("date"):
        value = (pd.Timestamp(0) + pd.Timedelta(days=float(str(value)))).date()
    elif kind == "number":
        value = f"{value:.6g}"
    return f"{name} = {value} ({part:+.2f})"
