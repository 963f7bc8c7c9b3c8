"""Scenario tags: how a subscriber lives, as told by weighted signs, with confidence and evidence."""

from __future__ import annotations

from pydantic import Field, model_validator

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import literal, number
from telco_crm.measures import check_sql, lags_sql
from telco_crm.rules import Model
from telco_crm.signs import Sign, holds_sql, sign_parts, words_sql


class WeightedSign(Sign):
    """A sign, and how much it says."""

    weight: float = Field(gt=0)


class Tag(Model):
    """A tag with its signs."""

    name: str
    en: str
    zh: str
    signs: tuple[WeightedSign, ...] = Field(min_length=1)


class TagRules(Model):
    """See rules/tags.toml."""

    minimum: float = Field(gt=0, le=1)
    tags: tuple[Tag, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> TagRules:
        if len({tag.name for tag in self.tags}) < len(self.tags):
            raise ValueError("names of tags must differ")
        return self


def count_members(context: RunContext) -> None:
    """Make `members`: how many lines that have not left an account has; and check the rules' SQL.

    Raises:
        RuleError: some of it does not run.
    """
    rules = context.rules(TagRules, "tags")
    context.create(
        "members",
        "SELECT subscriber_id, count(*) OVER (PARTITION BY account_id) AS account_members FROM profile "
        "WHERE account_id IS NOT NULL",
    )
    parts = {k: v for n, tag in enumerate(rules.tags) for k, v in sign_parts(f"tags.{n}.signs", tag.signs).items()}
    check_sql(context, "tags", parts, _source(context))


def compute_tags(context: RunContext) -> None:
    """Make `tags`: one row per subscriber and tag that is given."""
    rules, lang = context.rules(TagRules, "tags"), context.lang
    rows = []
    for n, tag in enumerate(rules.tags):
        held = " + ".join(f"CASE WHEN {holds_sql(s)} THEN {number(s.weight)} ELSE 0 END" for s in tag.signs)
        confidence = f"({held})::DOUBLE / {number(sum(s.weight for s in tag.signs))}"
        name = literal(tag.zh if lang == "zh" else tag.en)
        rows.append(
            f"{{'tag_no': {n}, 'tag': {literal(tag.name)}, 'tag_name': {name}, 'confidence': {confidence}, "
            f"'evidence': {words_sql(tag.signs, lang)}}}"
        )
    found = f"unnest([{', '.join(rows)}])"
    context.create(
        "tags",
        f"SELECT subscriber_id, t.* FROM (SELECT p.subscriber_id, {found} AS t FROM {_source(context)}) "
        f"WHERE t.confidence >= {number(rules.minimum)} - 1e-9",
    )


def _source(context: RunContext) -> str:
    return f"(FROM profile LEFT JOIN members USING (subscriber_id)) p {lags_sql(context.as_of)}"


TAGS = Analysis(
    "tags",
    ("profile", "features", "usage"),
    ("members", "tags"),
    uses=("members",),
    compute=count_members,
    each=compute_tags,
    makes=("tags",),
)
