"""How good a grouping is: stable, separate, steady, sure, and true where the truth is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score, silhouette_score
from threadpoolctl import threadpool_limits

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import literal
from telco_crm.errors import InputError
from telco_crm.labels import text
from telco_crm.segment.fitting import MODEL, choose_model
from telco_crm.segment.inputs import sample
from telco_crm.segment.mixture import Labels
from telco_crm.segment.model import SegmentModel, fit_model
from telco_crm.segment.settings import SegmentRules

SILHOUETTE_ROWS = 5000  # all pairs of them are looked at
Row = tuple[str, float, int]


def compute_quality(context: RunContext) -> None:
    """Make `segment_quality`: one row per measure, on at most fit_subscribers people.

    Settings: segment_model, bootstraps (refits, 5), truth (CSV file with subscriber_id and group_id).

    Raises:
        CannotCompute: there is no model and none can be fitted. InputError: the truth cannot be read.
    """
    rules = context.rules(SegmentRules, "segment")
    truth = _truth(context)
    choose_model(context)
    model: SegmentModel = context.facts[MODEL]
    inputs, _ = sample(context, model.scheme, rules.months, rules.fit_subscribers)
    with threadpool_limits(1):  # so that sums do not depend on the number of threads
        probability = model.solution.probability(inputs.to_numpy(np.float64))
        groups = model.solution.group_ids[probability.argmax(axis=1)]
        rows = [*_stability(context, model, inputs, groups), *_silhouette(model, inputs, groups)]
        rows += _steadiness(context, rules, model, pd.Series(groups, inputs.index), inputs)
        rows.append(("uncertain", float((probability.max(axis=1) < rules.certain).mean()), len(inputs)))
    if truth is not None:
        rows += accuracy(pd.Series(groups, inputs.index), truth)
    table = pd.DataFrame(rows, columns=["measure", "value", "subscribers"])
    table.insert(0, "measure_no", np.arange(1, len(table) + 1))
    table.insert(2, "label", [text(f"quality.{m}", context.lang) for m in table["measure"]])
    context.engine.register("quality_rows", table)
    context.create("segment_quality", "SELECT * FROM quality_rows")


def accuracy(groups: pd.Series, truth: pd.Series) -> list[Row]:
    """Accuracy, balanced accuracy, adjusted Rand index, and groups whose name most of their people have and share."""
    both = groups.index.intersection(truth.index)
    given, true = groups.loc[both].to_numpy(), truth.loc[both].to_numpy()
    if not len(both):
        raise InputError("--truth: it knows none of the subscribers; check the column subscriber_id")
    kinds = np.unique(true)
    right = [(given[true == k] == k).mean() > 0.5 and (true[given == k] == k).mean() > 0.5 for k in kinds]
    recall = [(given[true == k] == k).mean() for k in kinds]
    return [
        ("accuracy", float((given == true).mean()), len(both)),
        ("balanced_accuracy", float(np.mean(recall)), len(both)),
        ("truth_ari", float(adjusted_rand_score(true, given)), len(both)),
        ("names_right", float(np.mean(right)), len(both)),
    ]


def _stability(context: RunContext, model: SegmentModel, inputs: pd.DataFrame, groups: Labels) -> Iterator[Row]:
    """Adjusted Rand index of the groups against those of models fitted on resamples (with replacement)."""
    rng = np.random.default_rng(context.seed)
    indices = []
    for number in range(int(context.settings.get("bootstraps", 5))):
        resample = inputs.iloc[np.sort(rng.integers(0, len(inputs), len(inputs)))]
        options = {"rows": len(inputs), "seed": context.seed + number, "factors": None}
        refit = fit_model(resample, model.scheme, model.months, options, None)
        indices.append(adjusted_rand_score(groups, refit.solution.groups(inputs.to_numpy(np.float64))))
    yield "stability", float(np.mean(indices)), len(inputs)
    yield "stability_least", float(np.min(indices)), len(inputs)


def _silhouette(model: SegmentModel, inputs: pd.DataFrame, groups: Labels) -> Iterator[Row]:
    if 1 < len(np.unique(groups)) < len(groups):
        scores = model.solution.scores(inputs.to_numpy(np.float64))
        size = min(SILHOUETTE_ROWS, len(groups))
        yield "silhouette", float(silhouette_score(scores, groups, sample_size=size, random_state=0)), size


def _steadiness(
    context: RunContext, rules: SegmentRules, model: SegmentModel, groups: pd.Series, inputs: pd.DataFrame
) -> Iterator[Row]:
    """Who was in another group a month before, and who of them did nothing else than those who stayed usually do."""
    earlier = replace(context, as_of=context.as_of.back(1))
    if earlier.as_of not in context.months:
        return
    before, _ = sample(earlier, model.scheme, rules.months, rules.fit_subscribers)
    both = inputs.index.intersection(before.index)
    if not len(both):
        return
    scaling, white = model.solution.scaling, model.solution.mixture.whitening
    now, then = (frame.loc[both].to_numpy(np.float64) for frame in (inputs, before))
    apart = np.linalg.norm((scaling.apply(now) - scaling.apply(then)) @ white, axis=1)
    moved = groups.loc[both].to_numpy() != model.solution.groups(then)
    usual = np.median(apart[~moved]) if (~moved).any() else 0.0
    yield "moved", float(moved.mean()), len(both)
    yield "moved_unexplained", float((moved & (apart <= usual)).mean()), len(both)


def _truth(context: RunContext) -> pd.Series | None:
    """True group ids by subscriber_id."""
    path: Path | None = context.settings.get("truth")
    if path is None:
        return None
    source = f"read_csv({literal(str(path))}, header = true, all_varchar = true)"
    try:
        frame = context.engine.frame(
            f"SELECT subscriber_id, try_cast(group_id AS INTEGER) AS group_id FROM {source} "
            "WHERE group_id IS NOT NULL ORDER BY subscriber_id"
        )
    except Exception:
        raise InputError(f"--truth {path}: it must be a CSV file with the columns subscriber_id and group_id") from None
    if frame["group_id"].isna().any() or frame["subscriber_id"].duplicated().any():
        raise InputError(f"--truth {path}: every subscriber_id must have one group_id, a whole number")
    return frame.set_index("subscriber_id")["group_id"].astype(np.int64)


SEGMENT_QUALITY = Analysis(
    "segment evaluate", ("people", "usage"), ("segment_quality",), compute_quality, uses=("features",)
)
