"""Finding a few readable rules in data: conditions on one to three columns that mark many leavers.

Candidates are the paths of shallow decision trees, each grown on some of the columns. A candidate is shortened while
its precision holds and its bounds are rounded to three figures. Then the best are taken one by one: the rule that gains
most leavers not yet caught, by the lower end of its precision's interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

from telco_crm.churn.foundrule import Bools, Condition, FoundRule
from telco_crm.churn.metrics import wilson

Ints = npt.NDArray[np.int64]
TREES = 40
MOST_LEVELS = 12  # text values that are looked at, the most frequent first
LEAST_LIFT = 1.5
OVERLAP = 0.7  # part of a rule's rows that may be those of one rule taken before


class Strength(NamedTuple):
    """How good a rule is on some rows: rows marked, leavers among them, precision, lift, share of all leavers."""

    marked: int
    leavers: int
    precision: float
    lift: float
    recall: float


def strength(marked: Bools, outcome: Ints) -> Strength:
    """The strength of a rule that marks these rows; NaN precision where it marks none."""
    rows, left, every = int(marked.sum()), int(outcome[marked].sum()), int(outcome.sum())
    precision = left / rows if rows else float("nan")
    rate = every / len(outcome)
    return Strength(rows, left, precision, precision / rate if rate else float("nan"), left / every if every else 0.0)


def find_rules(frame: pd.DataFrame, outcome: Ints, most: int, least_rows: int, seed: int) -> list[FoundRule]:
    """At most `most` rules that mark at least `least_rows` rows each, the most useful first."""
    rate = outcome.mean()
    candidates: dict[FoundRule, Bools] = {}
    for rule in _candidates(frame, outcome, least_rows, seed):
        short = _shortened(rule, frame, outcome)
        marked = short.holds(frame)
        if marked.sum() >= least_rows and _certain(marked, outcome) >= LEAST_LIFT * rate:
            candidates[short] = marked
    chosen: list[FoundRule] = []
    caught = np.zeros(len(frame), bool)
    while candidates and len(chosen) < most:
        gains = {r: _gain(marked, caught, outcome, rate) for r, marked in candidates.items()}
        best = max(gains, key=lambda r: (gains[r], -len(r.conditions), str(r.conditions)))
        if gains[best] <= 0:
            break
        taken = candidates[best]
        chosen.append(best)
        caught |= taken
        candidates = {
            r: m
            for r, m in candidates.items()
            if r != best and (m & taken).sum() <= OVERLAP * min(m.sum(), taken.sum())
        }
    return chosen


def _candidates(frame: pd.DataFrame, outcome: Ints, least_rows: int, seed: int) -> Sequence[FoundRule]:
    matrix, meaning = _matrix(frame)
    if not meaning:
        return []
    rng = np.random.default_rng(seed)
    found: dict[FoundRule, None] = {}
    for number in range(TREES):
        pick = rng.choice(len(meaning), max(2, len(meaning) // 3), replace=False) if number else np.arange(len(meaning))
        tree = DecisionTreeClassifier(
            max_depth=2 + number % 2, min_samples_leaf=least_rows, random_state=seed + number
        ).fit(matrix[:, np.sort(pick)], outcome)
        for rule in _paths(tree, [meaning[at] for at in np.sort(pick)], frame):
            found[rule] = None
    return list(found)


def _matrix(frame: pd.DataFrame) -> tuple[npt.NDArray[np.float32], list[tuple[str, str | None]]]:
    """Numbers, and 0/1 for each frequent value of a text; a missing number lies below all others."""
    columns: list[npt.NDArray[np.float64]] = []
    meaning: list[tuple[str, str | None]] = []
    for name in map(str, frame.columns):
        values = frame[name]
        if pd.api.types.is_numeric_dtype(values):
            numbers = values.to_numpy(np.float64)
            known = numbers[np.isfinite(numbers)]
            below = float(known.min()) - 1 if len(known) else 0.0
            columns.append(np.nan_to_num(numbers, nan=below, posinf=0, neginf=0))
            meaning.append((name, None))
        else:
            for level in sorted(map(str, values.value_counts().index[:MOST_LEVELS])):
                columns.append(np.asarray(values.eq(level).fillna(False), np.float64))
                meaning.append((name, level))
    matrix = np.column_stack(columns) if columns else np.zeros((len(frame), 0))
    return matrix.astype(np.float32), meaning


def _paths(
    tree: DecisionTreeClassifier, meaning: list[tuple[str, str | None]], frame: pd.DataFrame
) -> Sequence[FoundRule]:
    inner, rules = tree.tree_, []
    todo: list[tuple[int, tuple[tuple[int, str, float], ...]]] = [(0, ())]
    while todo:
        node, path = todo.pop()
        if inner.children_left[node] < 0:
            if rule := _rule(path, meaning, frame):
                rules.append(rule)
            continue
        at, bound = int(inner.feature[node]), float(inner.threshold[node])
        todo.append((int(inner.children_left[node]), (*path, (at, "<=", bound))))
        todo.append((int(inner.children_right[node]), (*path, (at, ">", bound))))
    return rules


def _rule(
    path: tuple[tuple[int, str, float], ...], meaning: list[tuple[str, str | None]], frame: pd.DataFrame
) -> FoundRule | None:
    bounds: dict[tuple[str, str], Condition] = {}
    for at, sign, bound in path:
        name, level = meaning[at]
        if level is not None:
            if sign == "<=":
                return None  # "is not …" is no trait
            condition = Condition(name, "=", level)
        else:
            condition = Condition(name, sign, _rounded(bound, frame[name]))
        bounds[name, condition.sign] = condition  # a later bound on the same side is the tighter one
    return FoundRule(tuple(sorted(bounds.values(), key=lambda c: (c.column, c.sign)))) if bounds else None


def _rounded(bound: float, values: pd.Series) -> float:
    """A bound as people write it: the whole number below between whole numbers, else three figures."""
    known = values.dropna()
    if bool((known % 1 == 0).all()):
        return float(np.floor(bound))
    return float(f"{bound:.3g}")


def _shortened(rule: FoundRule, frame: pd.DataFrame, outcome: Ints) -> FoundRule:
    """The rule without conditions that do not raise the lower end of its precision."""
    while len(rule.conditions) > 1:
        now = _certain(rule.holds(frame), outcome)
        shorter = [FoundRule(rule.conditions[:i] + rule.conditions[i + 1 :]) for i in range(len(rule.conditions))]
        best = max(shorter, key=lambda r: _certain(r.holds(frame), outcome))
        if _certain(best.holds(frame), outcome) < now:
            return rule
        rule = best
    return rule


def _certain(marked: Bools, outcome: Ints) -> float:
    """The lower end of the precision's interval."""
    rows = int(marked.sum())
    return wilson(int(outcome[marked].sum()), rows).low if rows else 0.0


def _gain(marked: Bools, caught: Bools, outcome: Ints, rate: float) -> float:
    """Leavers not yet caught, beyond those among as many rows by chance."""
    new = marked & ~caught
    rows = int(new.sum())
    return (wilson(int(outcome[new].sum()), rows).low - rate) * rows if rows else 0.0
