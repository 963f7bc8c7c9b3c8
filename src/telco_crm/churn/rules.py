"""The rules of churn: what counts as leaving, the signals a model looks at, and the rule score."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from telco_crm.rules import Model, Wording


class Signal(Model):
    """One thing the model looks at: SQL over p, m1, m2, m3, and how it is put into words when it raises the score."""

    theme: Literal["usage", "price", "service", "competitor", "contract", "credit"]
    sql: str
    low: Wording
    high: Wording
    show: str | None = None


class ScoreRule(Model):
    """If `when` (SQL) holds, `weight` is added to the log odds."""

    when: str
    weight: float
    en: str
    zh: str


class RuleScore(Model):
    """The documented score without a model."""

    base: float
    rules: tuple[ScoreRule, ...]


class ChurnRules(Model):
    """See rules/churn.toml."""

    horizon_months: int = Field(ge=1, le=6)
    target: tuple[Literal["voluntary", "port_out", "involuntary"], ...]
    minimum_leavers: int = Field(ge=2)
    fit_rows: int = Field(ge=1000)
    signals: dict[str, Signal]
    rule_score: RuleScore

    def meaning(self) -> dict[str, str]:
        """The SQL of every signal."""
        return {name: signal.sql for name, signal in self.signals.items()}
