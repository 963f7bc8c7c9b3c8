"""What a group is like, with evidence: traits and factors against everybody, match with the archetype, doubts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import exact, literal
from telco_crm.labels import text
from telco_crm.segment.mixture import Labels
from telco_crm.segment.model import SegmentModel
from telco_crm.segment.prices import level_sql
from telco_crm.segment.scaling import Matrix
from telco_crm.segment.settings import SegmentRules

SHOWN = 3
CLEAR = 0.5  # standard deviations from which on a difference is called a trait


class GroupMeans:
    """Sums of standardised inputs and factor scores by group, gathered batch by batch."""

    def __init__(self, model: SegmentModel) -> None:
        self._solution = model.solution
        groups, (inputs, factors) = len(self._solution.group_ids), self._solution.factors.loadings.shape
        self.counts = np.zeros(groups)
        self._sums = np.zeros((groups, inputs))
        self._score_sums = np.zeros((groups, factors))

    def add(self, values: Matrix, groups: Labels) -> None:
        """Members' inputs (people × inputs) and their group ids."""
        member = (groups[:, None] == self._solution.group_ids).astype(np.float64)
        z = self._solution.scaling.apply(values)
        self.counts += member.sum(axis=0)
        self._sums += member.T @ z
        self._score_sums += member.T @ (z @ self._solution.factors.coefficients)

    def frame(self) -> pd.DataFrame:
        """The sums as a table: group_id, members, i0 … (inputs) and f0 … (factor scores)."""
        named = {"group_id": self._solution.group_ids, "members": self.counts}
        named |= {f"i{j}": column for j, column in enumerate(self._sums.T)}
        return pd.DataFrame(named | {f"f{j}": column for j, column in enumerate(self._score_sums.T)})

    def take(self, frame: pd.DataFrame) -> None:
        """Add what `frame` says, of any number of parts."""
        at = np.searchsorted(self._solution.group_ids, frame["group_id"])
        np.add.at(self.counts, at, frame["members"].to_numpy())
        for kind, sums in (("i", self._sums), ("f", self._score_sums)):
            np.add.at(sums, at, frame[[f"{kind}{j}" for j in range(sums.shape[1])]].to_numpy())

    @property
    def inputs(self) -> Matrix:
        """Difference of each group's mean from everybody's, in standard deviations: groups × inputs."""
        return self._differences(self._sums)

    @property
    def factors(self) -> Matrix:
        """The same for factor scores: groups × factors."""
        return self._differences(self._score_sums)

    def _differences(self, sums: Matrix) -> Matrix:
        means: Matrix = sums / np.maximum(self.counts, 1)[:, None] - sums.sum(axis=0) / max(self.counts.sum(), 1)
        means[self.counts == 0] = 0
        return means


def profiles(model: SegmentModel, means: GroupMeans, lang: str, thin: int, clear: float) -> pd.DataFrame:
    """One row per group of the scheme or the model: traits in words, match, runner-up, flags, recommendations.

    `thin`: groups with fewer members are flagged; `clear`: so are those with a lower match.
    """
    labels = [i.text(lang) for i in model.scheme.inputs.values()]
    factors = model.solution.factors.names(labels)
    present = {int(g): at for at, g in enumerate(model.solution.group_ids)}
    rows = []
    for number in sorted({*model.scheme.groups, *present}):
        row: dict[str, Any] = {
            "group_id": number,
            "group": model.name_of(number, lang),
            "group_class": model.class_of(number),
        }
        at, count = present.get(number), 0
        if at is not None:
            count = int(means.counts[at])
            for key, of, names in (("", means.inputs[at], labels), ("_factors", means.factors[at], factors)):
                row["strong" + key] = _words(of, names, lang, 1)
                row["weak" + key] = _words(of, names, lang, -1)
            fit = model.match.to_dict("index")[number]
            runner_up_match = fit["runner_up_match"]
            row |= {"match": fit["match"], "runner_up_match": runner_up_match}
            row["runner_up"] = model.name_of(int(fit["runner_up"]), lang) if runner_up_match > 0 else None
        row["flags"] = text("segment.comma", lang).join(_flags(model, row, count, lang, thin, clear))
        if group := model.scheme.groups.get(number):
            row |= {
                "business": group.business and group.business.text(lang),
                "care": group.care and group.care.text(lang),
            }
        rows.append(row)
    columns = ["group_id", "group", "group_class", "strong", "weak", "strong_factors", "weak_factors", "match",
               "runner_up", "runner_up_match", "flags", "business", "care"]  # fmt: skip
    table = pd.DataFrame(rows).reindex(columns=columns)
    words = [c for c in columns if c not in ("group_id", "match", "runner_up_match")]
    return table.astype({**dict.fromkeys(words, "string"), "match": float, "runner_up_match": float})


def _words(values: Matrix, names: Sequence[str], lang: str, sign: int) -> str:
    order = np.argsort(-sign * values, kind="stable")[:SHOWN]
    return "; ".join(f"{names[j]} {values[j]:+.1f}" for j in order if sign * values[j] >= CLEAR)


def _flags(model: SegmentModel, row: dict[str, Any], count: int, lang: str, thin: int, clear: float) -> list[str]:
    flags = []
    if count == 0:
        flags.append("absent")
    elif count < thin:
        flags.append("thin")
    if row["group_id"] not in model.scheme.groups:
        flags.append("own")
    elif count and (row["match"] < clear or row["runner_up_match"] > row["match"]):
        flags.append("doubtful")
    return [text(f"segment.{flag}", lang) for flag in flags]


def profiles_sql(context: RunContext, rules: SegmentRules) -> str:
    """The table `groups`: figures of each group beside what is in `group_profiles`."""
    months = rules.months
    before, as_of = (literal(str(context.as_of.back(age))) for age in (1, 0))
    last = ", ".join(literal(str(context.as_of.back(age))) for age in range(months))
    gender = "count_if(gender = 'female') / nullif(count_if(gender IN ('female', 'male')), 0)"
    months_arpu = [f"avg({exact(f'CASE WHEN month = {m} THEN f.arpu END')})" for m in (as_of, before)]
    calls = [f"sum(CASE WHEN month IN ({last}) THEN {n} END)" for n in ("ip_calls", "toll_out_calls")]
    mean_arpu = "(sum(arpu) / nullif(count(arpu), 0))::DOUBLE"
    return f"""
        WITH members AS (SELECT group_id, group_uncertain, p.* FROM grouped JOIN people p USING (subscriber_id)),
        change AS (SELECT group_id, {months_arpu[0]} / nullif({months_arpu[1]}, 0) - 1 AS arpu_change,
                          {calls[0]} / nullif({calls[1]}, 0) AS ip_ratio
                   FROM features f JOIN grouped USING (subscriber_id) WHERE month IN ({last}, {before})
                   GROUP BY group_id),
        sums AS (SELECT group_id, count(*) AS subscribers, {mean_arpu} AS arpu, {gender} AS share_women,
                        avg(months_on_network) AS mean_months_on_network,
                        avg(CASE WHEN group_uncertain THEN 1 ELSE 0 END) AS share_uncertain
                 FROM members GROUP BY group_id),
        plans AS (SELECT group_id, count(plan_usage_change) AS plan_changes,
                         avg({exact("plan_usage_change")}) AS plan_usage_change
                  FROM price_sensitivity JOIN grouped USING (subscriber_id) GROUP BY group_id),
        overall AS (SELECT count(*) AS everybody, {mean_arpu} AS mean_arpu FROM members)
        SELECT t.group_id, t."group", coalesce(subscribers, 0) AS subscribers,
               coalesce(subscribers, 0) / nullif(everybody, 0) AS share, arpu,
               arpu / nullif(mean_arpu, 0) AS arpu_ratio, arpu_change, share_women, mean_months_on_network, ip_ratio,
               strong, weak, "match", runner_up, business, care, group_class, strong_factors, weak_factors,
               runner_up_match, share_uncertain, flags,
               CASE WHEN ip_ratio IS NOT NULL THEN {level_sql(rules.price, "ip_ratio")} END AS price_sensitivity,
               coalesce(plan_changes, 0) AS plan_changes, plan_usage_change
        FROM group_profiles t LEFT JOIN sums USING (group_id) LEFT JOIN change USING (group_id)
             LEFT JOIN plans USING (group_id) CROSS JOIN overall"""
