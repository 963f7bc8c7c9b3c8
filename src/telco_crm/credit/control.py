"""The rules of arrears and credit control; see rules/arrears.toml."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, get_args

from pydantic import Field, model_validator

from telco_crm.engine.sql import literal
from telco_crm.rules import Model, Wording

Kind = Literal["merged", "bundle", "gift", "plain"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# What is said of a subscriber, as printf of SQL, by language, and the values that go in.
REASONS = {
    "own": ("%.2f overdue, payable by %s", "逾期%.2f，约定缴费日%s"),
    "account": (
        "account %s: %.2f overdue, payable by %s, %.2f of it of this subscriber",
        "账户%s逾期%.2f，约定缴费日%s，其中本用户%.2f",
    ),
    "nothing": ("nothing overdue", "无逾期"),
    "until": ("exempt until %s", "免停至%s"),
    "starred": ("exempt for %d stars", "%d星免停"),
    "expired": ("exemption ended on %s", "免停已于%s到期"),
}


def reason_sql(lang: str) -> str:
    """SQL for why a row of the work list is what it is, in words."""
    said = {name: literal(words[lang == "zh"]) for name, words in REASONS.items()}
    due = "CAST(account_due AS VARCHAR)"
    until = "CAST(exempt_until AS VARCHAR)"
    return f"""
        concat_ws({literal("；" if lang == "zh" else "; ")},
            CASE WHEN account_overdue > overdue
                 THEN printf({said["account"]}, account_id, account_overdue::DOUBLE, {due}, overdue::DOUBLE)
                 WHEN account_overdue > 0 THEN printf({said["own"]}, account_overdue::DOUBLE, {due})
                 WHEN state = 'resume' THEN {said["nothing"]} END,
            CASE WHEN exemption_expired THEN printf({said["expired"]}, {until})
                 WHEN state = 'exempt' AND exempt_until >= day THEN printf({said["until"]}, {until}) END,
            CASE WHEN state = 'exempt' AND coalesce(exempt_until < day, true)
                 THEN printf({said["starred"]}, stars::INTEGER) END)"""


class Terminal(Model):
    """After how many days of being stopped a line of some kind ends, and how."""

    days: int = Field(ge=1)
    action: Wording


class StopRule(Model):
    """Another stop rule; what is not given is as in force. `en` and `zh` are its words; without them its name."""

    name: str
    en: str = ""
    zh: str = ""
    stop_after_days: int | None = Field(default=None, ge=1)
    minimum_unpaid: float | None = Field(default=None, gt=0)
    exempt_stars: int | None = Field(default=None, ge=0, le=6)


class LimitRules(Model):
    """How a credit limit follows from the stars."""

    factors: tuple[float, ...]
    round_to: float = Field(gt=0)
    maximum: float = Field(gt=0)

    @model_validator(mode="after")
    def _rising(self) -> LimitRules:
        if len(self.factors) != 6 or any(a > b for a, b in pairwise((0.0, *self.factors))):
            raise ValueError("factors must be six numbers, for 0 to 5 stars, that do not fall")
        return self


class ArrearsRules(Model):
    """The whole rule file."""

    stop_after_days: int = Field(ge=1)
    minimum_unpaid: float = Field(gt=0)
    exempt_stars: int = Field(ge=0, le=6)
    buckets: tuple[int, ...] = Field(min_length=1)
    mean_bills: int = Field(ge=1)
    terminal: dict[Kind, Terminal]
    what_if: tuple[StopRule, ...]
    limit: LimitRules

    @model_validator(mode="after")
    def _whole(self) -> ArrearsRules:
        if any(a >= b for a, b in pairwise((-1, *self.buckets))):
            raise ValueError("buckets must rise from 0 or more")
        if set(self.terminal) != set(KINDS):
            raise ValueError(f"terminal needs {', '.join(KINDS)}")
        return self

    def bucket_names(self) -> list[str]:
        """The ageing buckets in order: 0, 1, 2, 3, 4-6 … and the open one."""
        lows = [0, *(edge + 1 for edge in self.buckets)]
        names = [str(b) if a == b else f"{a}-{b}" for a, b in zip(lows, self.buckets, strict=False)]
        return [*names, f">{self.buckets[-1]}"]

    def bucket_sql(self, months: str, names: list[str]) -> str:
        """SQL for one of `names` (SQL values in the order of the buckets) by an age in months."""
        whens = [f"WHEN {months} <= {edge} THEN {name}" for edge, name in zip(self.buckets, names, strict=False)]
        return f"CASE WHEN {months} IS NULL THEN NULL {' '.join(whens)} ELSE {names[-1]} END"

    def of_kind(self, values: dict[Kind, str]) -> str:
        """SQL for a value by the column `kind`."""
        return f"CASE kind {' '.join(f'WHEN {literal(kind)} THEN {value}' for kind, value in values.items())} END"
