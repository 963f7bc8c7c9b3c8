"""The retention ladder: which state a subscriber is in and what to do about it (domain section 10)."""

from __future__ import annotations

from itertools import pairwise

from pydantic import Field, model_validator

from telco_crm.engine.sql import literal
from telco_crm.rules import Model, Wording


class Step(Model):
    """One step: the state `when` (SQL over p, c, m1, m2, m3) describes, and the action."""

    step: int = Field(ge=1)
    en: str
    zh: str
    when: str
    action: Wording


class RetentionRules(Model):
    """See rules/retention.toml."""

    share: float = Field(gt=0, le=1)
    minimum: int = Field(ge=1)
    ladder: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _rising(self) -> RetentionRules:
        if any(a.step >= b.step for a, b in pairwise(self.ladder)):
            raise ValueError("ladder steps must rise")
        return self


def step_sql(rules: RetentionRules) -> str:
    """SQL for the highest step whose condition holds."""
    return _cases([(s.when, str(s.step)) for s in reversed(rules.ladder)])


def text_sql(rules: RetentionRules, step: str, lang: str) -> tuple[str, str]:
    """SQL for (the state, the action) of the step number `step`, in words."""
    state = [(f"{step} = {s.step}", literal(s.zh if lang == "zh" else s.en)) for s in rules.ladder]
    action = [(f"{step} = {s.step}", literal(s.action.zh if lang == "zh" else s.action.en)) for s in rules.ladder]
    return _cases(state), _cases(action)


def _cases(cases: list[tuple[str, str]]) -> str:
    return "CASE " + " ".join(f"WHEN {when} THEN {then}" for when, then in cases) + " END"
