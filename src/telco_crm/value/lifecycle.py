"""Lifecycle stages by months on the network and signs of leaving, with what to do; stage by tier (domain section 8)."""

from __future__ import annotations

from itertools import pairwise

from pydantic import Field, model_validator

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import literal
from telco_crm.measures import check_sql, lags_sql
from telco_crm.rules import Model, Wording
from telco_crm.signs import Sign, sign_parts, words_sql


class Stage(Model):
    """A stage: up to how many whole months it goes, and what to do in it."""

    name: str
    en: str
    zh: str
    action: Wording
    until_months: int | None = Field(default=None, ge=0)


class LifecycleRules(Model):
    """See rules/lifecycle.toml."""

    stages: tuple[Stage, ...] = Field(min_length=1)
    signs: tuple[Sign, ...]

    @model_validator(mode="after")
    def _rising(self) -> LifecycleRules:
        ends = [stage.until_months for stage in self.stages[:-1]]
        if self.stages[-1].until_months is not None or None in ends:
            raise ValueError("every stage but the last needs until_months, and the last must have none")
        if any(a >= b for a, b in pairwise(end for end in ends if end is not None)):
            raise ValueError("until_months must rise from stage to stage")
        return self


def check_lifecycle(context: RunContext) -> None:
    """Check the rules' SQL.

    Raises:
        RuleError: some of it does not run.
    """
    rules = context.rules(LifecycleRules, "lifecycle")
    check_sql(context, "lifecycle", sign_parts("signs", rules.signs), f"profile p {lags_sql(context.as_of)}")


def compute_lifecycle(context: RunContext) -> None:
    """Make `lifecycle`: the stage of everybody in `profile`; empty where neither tenure nor a sign tells it."""
    rules = context.rules(LifecycleRules, "lifecycle")
    last = literal(rules.stages[-1].name)
    ends = " ".join(f"WHEN p.months_on_network <= {s.until_months} THEN {literal(s.name)}" for s in rules.stages[:-1])
    by_tenure = f"CASE WHEN p.months_on_network IS NULL THEN NULL {ends} ELSE {last} END"
    action = " ".join(f"WHEN {literal(s.name)} THEN {literal(s.action.text(context.lang))}" for s in rules.stages)
    name = " ".join(
        f"WHEN {literal(s.name)} THEN {literal(s.zh if context.lang == 'zh' else s.en)}" for s in rules.stages
    )
    context.create(
        "lifecycle",
        f"""
        SELECT *, CASE stage {name} END AS stage_name, CASE stage {action} END AS action
        FROM (SELECT *, CASE WHEN sign <> '' THEN {last} ELSE stage_by_tenure END AS stage
              FROM (SELECT p.subscriber_id, p.months_on_network, p.arpu, {by_tenure} AS stage_by_tenure,
                           {words_sql(rules.signs, context.lang)} AS sign
                    FROM profile p {lags_sql(context.as_of)}))""",
    )


def count_stages(context: RunContext) -> None:
    """Make `stage_tiers`: subscribers by stage and, where there are tiers, by tier; and say what is unknown."""
    rules = context.rules(LifecycleRules, "lifecycle")
    order = " ".join(f"WHEN {literal(stage.name)} THEN {n}" for n, stage in enumerate(rules.stages, 1))
    tiers = (
        "value_tiers"
        if context.has("value_tiers")
        else ("(SELECT '' AS subscriber_id, NULL::VARCHAR AS tier, NULL::BOOLEAN AS warned LIMIT 0)")
    )
    context.create(
        "stage_tiers",
        f"""
        SELECT CASE stage {order} ELSE {len(rules.stages) + 1} END AS stage_no, stage, tier,
               count(*) AS subscribers, count(*) / sum(count(*)) OVER () AS share,
               avg(l.arpu)::DOUBLE AS mean_arpu, count_if(sign <> '') AS with_signs, count_if(warned) AS warned
        FROM lifecycle l LEFT JOIN {tiers} USING (subscriber_id) GROUP BY stage, tier""",
    )
    unknown = context.engine.rows("SELECT count(*) FROM lifecycle WHERE stage IS NULL")[0][0]
    if unknown:
        context.say("no_stage", n=unknown)


LIFECYCLE = Analysis(
    "lifecycle",
    ("profile", "features", "subscribers"),
    ("lifecycle", "stage_tiers"),
    uses=("value_tiers",),
    compute=check_lifecycle,
    each=compute_lifecycle,
    makes=("lifecycle",),
    finish=count_stages,
)
