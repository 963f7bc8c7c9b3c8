"""Fitting: every learner on five folds, chosen by what its ranking is worth on the customers it had not seen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from threadpoolctl import threadpool_limits

from telco_crm.errors import InputError
from telco_crm.labels import text
from telco_crm.learn.coding import LARGEST, Floats, Ints
from telco_crm.retain.uplift.gain import CROSSED, Bools, Interval, Trial, gain, intervals
from telco_crm.retain.uplift.learners import BASELINE, LEARNERS, Learnt, prepared, response, two_linear
from telco_crm.retain.uplift.model import Quality, Training, UpliftModel, new_model
from telco_crm.retain.uplift.rules import UpliftRules

FOLDS = 5
DECIMALS = 6
MUCH = 5_000_000  # cells from which on several threads are quicker


@dataclass(frozen=True)
class Task:
    """Customers of a randomised trial: their columns (float64 or text), arm and outcome, and who belongs together.

    `words` names outcome and arms for messages.
    """

    frame: pd.DataFrame
    treated: Bools
    outcome: Floats
    groups: Ints | None = None
    meaning: dict[str, str] = field(default_factory=dict)

    @property
    def binary(self) -> bool:
        """Whether the outcome is 0 or 1."""
        return bool(np.isin(self.outcome, (0.0, 1.0)).all())

    @property
    def trial(self) -> Trial:
        """Arm and outcome alone."""
        return Trial(self.treated, self.outcome)


@dataclass(frozen=True)
class Fitted:
    """A model, and by learner the rank (0 … 1, 1 the best) of each customer within the fold that was held out."""

    model: UpliftModel
    ranks: dict[str, Floats]
    notes: list[str]


def check(task: Task, rules: UpliftRules, place: str, lang: str = "en") -> None:
    """Whether there is enough to learn from; `place` says where the outcome comes from.

    Raises:
        InputError: one sentence with what is missing.
    """
    least = rules.least_customers
    arms = {"treated": task.treated, "control": ~task.treated}

    def refuse(key: str, **values: Any) -> InputError:
        return InputError(text(f"uplift.{key}", lang, place=place, least=least, **values))

    for name, arm in arms.items():
        if (count := int(arm.sum())) < least:
            words = text("uplift.treated" if name == "treated" else "uplift.in_control", lang)
            raise refuse("few", n=count, arm=words)
    if len(np.unique(task.outcome)) < 2:
        raise refuse("one_outcome", value=task.outcome[0])
    if not task.binary:
        return
    for name, arm in arms.items():
        hits = int(task.outcome[arm].sum())
        for count, what in ((hits, "with"), (int(arm.sum()) - hits, "no_outcome")):
            if count < least:
                words = text(f"uplift.{name}", lang)
                raise refuse("few_outcomes", n=count, arm=words, what=text(f"uplift.{what}", lang))


def fit_uplift(task: Task, training: Training, rules: UpliftRules, threads: int, lang: str = "en") -> Fitted:
    """The learner with the highest cross-fitted `incremental`, fitted on everybody, if the lower end of its joint
    interval is above 0 and its gain at least that of the rules; otherwise a model that says there is no usable signal.
    The same whatever `threads` is.
    """
    fold = folds(task, training.seed)
    scores = _held_out(task, fold, rules, training.seed, threads)
    ranks = {name: _within(score, fold) for name, score in scores.items()}
    sure = intervals(ranks, task.trial, training.seed, CROSSED)
    quality = [_quality(name, ranks[name], sure[name], task.trial) for name in ranks]
    best = max((q for q in quality if q.learner != BASELINE), key=lambda q: q.incremental)
    slope, middle = _calibration(scores[best.learner], task.trial)
    signal = best.low > 0 and slope > 0 and not best.qini < rules.least_gain
    effect = None
    if signal:
        rows = looked_at(task, np.arange(len(fold)), rules, training.seed)
        # several threads for trees only, and where they have much to do: on a busy machine they wait for each other
        side = threads if len(rows) * task.frame.shape[1] >= MUCH else 1
        with threadpool_limits(1, user_api="blas"), threadpool_limits(side, user_api="openmp"):
            effect = LEARNERS[best.learner](_prepared(task, rows, training.seed))
        middle = float(effect.score(task.frame, threads).mean())
    model = new_model(
        training=training,
        meaning=task.meaning,
        quality=tuple(quality),
        chosen=best.learner,
        signal=signal,
        slope=slope if signal else 0.0,
        middle=middle if signal else 0.0,
        effect=effect,
    )
    most = len(looked_at(task, np.arange(len(fold)), rules, training.seed))
    part = [text("uplift.part", lang, n=most, all=len(fold))] if most < len(fold) else []
    return Fitted(model, ranks, [*part, *unlike(task, rules, lang), verdict(model, rules, lang)])


def looked_at(task: Task, rows: Ints, rules: UpliftRules, seed: int) -> Ints:
    """Those of `rows` that a learner looks at: all, or as many as the rules' cells allow, drawn at random, with the
    arms and outcomes in the shares of `rows`; in order.
    """
    most = max(rules.most_cells // task.frame.shape[1], 1)
    if len(rows) <= most:
        return rows
    chance = np.random.default_rng(seed).random(len(rows))
    order = rows[np.lexsort((chance, _stratum(task)[rows]))]
    return np.sort(order[np.linspace(0, len(rows) - 1, most).astype(np.int64)])


def verdict(model: UpliftModel, rules: UpliftRules, lang: str = "en") -> str:
    """Whether there is a signal, in words."""
    best = next(q for q in model.quality if q.learner == model.chosen)
    base = next(q for q in model.quality if q.learner == BASELINE)
    figures = {"best": best.incremental, "low": best.low, "high": best.high, "base": base.incremental}
    found = text("uplift.found", lang, **figures)
    if model.signal:
        return text("uplift.used", lang, learner=best.learner, found=found)
    is_small = best.low > 0 and best.qini < rules.least_gain
    why = text("uplift.small", lang, gain=best.qini, least=rules.least_gain) if is_small else ""
    return text("uplift.unusable", lang, learner=best.learner, found=found, why=why)


def folds(task: Task, seed: int) -> Ints:
    """A fold for each customer: dealt at random, evenly in each arm and outcome; those of one group stay together."""
    n = len(task.outcome)
    groups = np.arange(n) if task.groups is None else task.groups
    _, first, place = np.unique(groups, return_index=True, return_inverse=True)
    stratum = _stratum(task)[first]
    chance = np.random.default_rng(seed).random(len(first))
    fold = np.empty(len(first), np.int64)
    fold[np.lexsort((chance, stratum))] = np.arange(len(first)) % FOLDS
    return np.asarray(fold[place])


def _stratum(task: Task) -> Ints:
    """Arm and outcome of each customer, a number from 0 to 3."""
    high = task.outcome > (0 if task.binary else np.median(task.outcome))
    return np.asarray(task.treated * 2 + high, np.int64)


def unlike(task: Task, rules: UpliftRules, lang: str = "en") -> list[str]:
    """A note, if columns differ between the arms by more than chance and the rules' part of a standard deviation."""
    treated = task.treated
    least = max(rules.imbalance, 1.96 * float(np.sqrt(1 / treated.sum() + 1 / (~treated).sum())))
    found = []
    for name, values in task.frame.items():
        if not pd.api.types.is_numeric_dtype(values):
            continue
        numbers = values.to_numpy(np.float64)
        a, b = numbers[treated], numbers[~treated]
        a, b = (arm[np.isfinite(arm)].clip(-LARGEST, LARGEST) for arm in (a, b))
        spread = np.sqrt((a.var() + b.var()) / 2) if len(a) and len(b) else 0.0
        if spread > 0 and abs(a.mean() - b.mean()) / spread > least:
            found.append(str(name))
    names = text("effect.comma", lang).join(found[:5])
    return [text("uplift.unlike", lang, names=names)] if found else []


def _prepared(task: Task, rows: Ints, seed: int) -> Learnt:
    frame = task.frame.iloc[rows].reset_index(drop=True)
    return prepared(frame, task.treated[rows], task.outcome[rows], task.binary, seed)


def _held_out(task: Task, fold: Ints, rules: UpliftRules, seed: int, threads: int) -> dict[str, Floats]:
    """By learner, the score of each customer from a model that had not seen them."""
    scores = {name: np.empty(len(fold)) for name in (*LEARNERS, BASELINE)}

    def work(k: int) -> list[tuple[str, Floats]]:
        data = _prepared(task, looked_at(task, np.flatnonzero(fold != k), rules, seed + k), seed + k)
        held = task.frame[fold == k]
        effects = {name: learner(data) for name, learner in LEARNERS.items()}
        effects[BASELINE] = response(effects[two_linear.__name__])
        return [(name, effect.score(held)) for name, effect in effects.items()]

    with threadpool_limits(1), ThreadPoolExecutor(threads, initializer=_one_thread) as pool:
        for k, found in enumerate(pool.map(work, range(FOLDS))):
            for name, score in found:
                scores[name][fold == k] = score
    return scores


def _one_thread() -> None:
    """OpenMP's limit is one of each thread, unlike that of BLAS."""
    threadpool_limits(1, user_api="openmp")


def _within(score: Floats, fold: Ints) -> Floats:
    """Ranks within each fold, from 0 to 1: fold models differ in level, which would blur a ranking of them together."""
    ranks = np.empty(len(score))
    for k in range(FOLDS):
        inside = fold == k
        ranks[inside] = rankdata(score[inside]) / inside.sum()
    return ranks


def _quality(name: str, rank: Floats, sure: Interval, trial: Trial) -> Quality:
    areas = gain(rank, trial)
    figures = {"low": sure.low, "high": sure.high, **areas._asdict()}
    return Quality(learner=name, **{key: round(float(value), DECIMALS) for key, value in figures.items()})


def _calibration(score: Floats, trial: Trial) -> tuple[float, float]:
    """How much of a difference of held-out scores is a difference of effects (the best linear predictor of
    Chernozhukov et al. 2018), at most 1; and the mean score.
    """
    spread = float(score.var())
    if not spread > 0:
        return 0.0, float(score.mean())
    slopes = [
        float(np.cov(score[arm], trial.outcome[arm])[0, 1] / score[arm].var()) if score[arm].var() > 0 else 0.0
        for arm in (trial.treated, ~trial.treated)
    ]
    return round(float(np.clip(slopes[0] - slopes[1], 0.0, 1.0)), DECIMALS), float(score.mean())
