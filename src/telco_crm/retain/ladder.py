"""The retention ladder: which state a subscriber is in, by which signs, and what to do about it (domain section 10)."""

from __future__ import annotations

from itertools import pairwise

from pydantic import Field, model_validator

from telco_crm.engine.sql import literal
from telco_crm.rules import Model, Wording


class Sign(Wording):
    """What shows that a subscriber is on a step: SQL over p, c, m1, m2, m3, and its words."""

    when: str


class Step(Model):
    """One step: the state that one condition `when`, or any of several `signs`, shows; and the action."""

    step: int = Field(ge=1)
    en: str
    zh: str
    when: str | None = None
    signs: tuple[Sign, ...] = ()
    action: Wording

    @model_validator(mode="after")
    def _shown(self) -> Step:
        if (self.when is None) == (not self.signs):
            raise ValueError(f"ladder step {self.step} needs either `when` or `signs`")
        return self

    @property
    def shown_by(self) -> tuple[Sign, ...]:
        """The signs; a single condition has the words of the state."""
        return self.signs if self.when is None else (Sign(when=self.when, en=self.en, zh=self.zh),)


class RetentionRules(Model):
    """See rules/retention.toml."""

    share: float = Field(gt=0, le=1)
    minimum: int = Field(ge=1)
    contract_ending_days: int = Field(ge=0)
    contact_cost: float = Field(ge=0)
    ladder: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _rising(self) -> RetentionRules:
        if any(a.step >= b.step for a, b in pairwise(self.ladder)):
            raise ValueError("ladder steps must rise")
        return self


def step_sql(rules: RetentionRules) -> str:
    """SQL for the highest step of which a sign holds."""
    return _cases([(_any(step), str(step.step)) for step in reversed(rules.ladder)])


def signs_sql(rules: RetentionRules, lang: str) -> str:
    """SQL for the signs, in words, that hold of the step taken."""
    return _cases([(_any(step), _holding(step, lang)) for step in reversed(rules.ladder)])


def text_sql(rules: RetentionRules, step: str, lang: str) -> tuple[str, str]:
    """SQL for (the state, the action) of the step number `step`, in words."""
    state = [(f"{step} = {s.step}", literal(s.zh if lang == "zh" else s.en)) for s in rules.ladder]
    action = [(f"{step} = {s.step}", literal(s.action.text(lang))) for s in rules.ladder]
    return _cases(state), _cases(action)


def _any(step: Step) -> str:
    return " OR ".join(f"({sign.when})" for sign in step.shown_by)


def _holding(step: Step, lang: str) -> str:
    words = [f"CASE WHEN {sign.when} THEN {literal(sign.text(lang))} END" for sign in step.shown_by]
    return f"concat_ws('; ', {', '.join(words)})"


def _cases(cases: list[tuple[str, str]]) -> str:
    return "CASE " + " ".join(f"WHEN {when} THEN {then}" for when, then in cases) + " END"
