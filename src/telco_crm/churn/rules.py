"""The rules of churn: what counts as leaving, the signals a model looks at, and the rule score."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from telco_crm.churn.foundrule import FoundRule
from telco_crm.churn.labels import LeaveKind, Leaving
from telco_crm.churn.profit import Campaign
from telco_crm.rules import Model, Wording

Theme = Literal["usage", "price", "service", "competitor", "contract", "credit"]
THEMES: tuple[Theme, ...] = ("usage", "price", "service", "competitor", "contract", "credit")


class Signal(Model):
    """One thing the model looks at: SQL over p, k, m1, m2, m3, and how it is put into words when it raises the score.

    `text` says that it is text and not a number; then {x} in `high` is that text.
    """

    theme: Theme
    sql: str
    high: Wording
    low: Wording | None = None
    show: str | None = None
    text: bool = False

    @model_validator(mode="after")
    def _can_be_filled(self) -> Signal:
        for wording in (self.high, self.low or self.high):
            for words in (wording.en, wording.zh):
                try:
                    filled(words, "" if self.text else 0.0)
                except (KeyError, ValueError, IndexError, AttributeError):
                    raise ValueError(f"{words!r} is no text with {{x}} or {{change}}") from None
        return self


class Counted(float):
    """A number that also knows the word that goes with it: "{x:call|calls}" is "call" where x is shown as 1."""

    def __format__(self, spec: str) -> str:
        one, bar, many = spec.partition("|")
        if not bar:
            return super().__format__(spec)
        return one if super().__format__(".0f") in ("1", "-1") else many


def filled(words: str, value: object, change: str = "") -> str:
    """`words` with {x} and {change} put in; `value` is a number or text."""
    return words.format(x=Counted(value) if isinstance(value, float) else value, change=change)


class Lagged(Model):
    """A feature looked at in three ways: its latest level, its change against the two months before, and the change
    between these two. `plus` is added on both sides of a ratio, so that small figures do not jump.
    """

    theme: Theme
    feature: str
    plus: float = Field(gt=0)
    en: str
    zh: str
    en_one: str | None = None

    def signals(self, name: str) -> dict[str, Signal]:
        """NAME, NAME_change and NAME_before."""
        f, en, zh = self.feature, self.en, self.zh
        counted = f"{{x:.0f}} {{x:{self.en_one or en}|{en}}}"
        change = Wording(en=f"{en} {{change}} against the two months before", zh=f"{zh}较前两月{{change}}")
        before = Wording(en=f"{en} {{change}} between the two months before", zh=f"{zh}在前两月间{{change}}")
        return {
            name: Signal(
                theme=self.theme,
                sql=f"ln(1 + greatest(m3.{f}, 0))",
                show=f"m3.{f}",
                low=Wording(en=f"only {counted}", zh=f"{zh}仅{{x:.0f}}"),
                high=Wording(en=counted, zh=f"{zh}{{x:.0f}}"),
            ),
            f"{name}_change": Signal(
                theme=self.theme,
                sql=f"ln((greatest(m3.{f}, 0) + {self.plus}) / (greatest(m1.{f} + m2.{f}, 0) / 2 + {self.plus}))",
                show=f"m3.{f} / nullif((m1.{f} + m2.{f}) / 2, 0) - 1",
                low=change,
                high=change,
            ),
            f"{name}_before": Signal(
                theme=self.theme,
                sql=f"ln((greatest(m2.{f}, 0) + {self.plus}) / (greatest(m1.{f}, 0) + {self.plus}))",
                show=f"m2.{f} / nullif(m1.{f}, 0) - 1",
                low=before,
                high=before,
            ),
        }


class ScoreRule(Model):
    """If `when` (SQL) holds, `weight` is added to the log odds."""

    when: str
    weight: float
    en: str
    zh: str
    theme: Theme = "usage"


class Flag(Model):
    """A rule that marks subscribers without adding to a score, such as one of `churn rules`."""

    when: str
    en: str
    zh: str


class Asked(Model):
    """Something found rules may ask: SQL over p, k, m1, m2, m3, and its name. With {m} it is asked of each month."""

    sql: str
    en: str
    zh: str


class RuleSearch(Model):
    """How rules are found, and what they may ask."""

    rules: int = Field(ge=1)
    least_rows: int = Field(ge=10)
    least_share: float = Field(gt=0, lt=0.5)
    columns: dict[str, Asked]

    def _every(self) -> dict[str, Asked]:
        each: dict[str, Asked] = {}
        for name, asked in self.columns.items():
            if "{m}" not in asked.sql:
                each[name] = asked
                continue
            for lag in ("m1", "m2", "m3"):
                said = {lang: f"{getattr(asked, lang)} {lag.upper()}" for lang in ("en", "zh")}
                each[f"{name}_{lag}"] = Asked(sql=asked.sql.replace("{m}", lag), **said)
        return each

    def sql(self) -> dict[str, str]:
        """The SQL of everything that may be asked, by name."""
        return {name: f"({asked.sql})::DOUBLE" for name, asked in self._every().items()}

    def condition(self, rule: FoundRule) -> str:
        """A found rule in SQL."""
        every = self._every()
        return " AND ".join(f"{every[c.column].sql} {c.sign} {c.value:g}" for c in rule.conditions)

    def words(self, rule: FoundRule, lang: str) -> str:
        """A found rule in words."""
        every = self._every()
        parts = []
        for column, sign, value in rule.conditions:
            name = every[column].zh if lang == "zh" else every[column].en
            parts.append(f"{name} {'=' if sign == '<=' and value == 0 else sign} {value:g}")
        return ("，且" if lang == "zh" else " and ").join(parts)


class RuleScore(Model):
    """The documented score without a model."""

    base: float
    rules: tuple[ScoreRule, ...]


class Watch(Model):
    """From when on `churn monitor` says "watch" and "refit"."""

    psi_watch: float
    psi_refit: float
    auc_drop: float
    calibration: float = Field(gt=1)


class ProfitRules(Model):
    """The campaign that profits are reckoned for; see profit.Campaign. `value` is money, or SQL like a signal's."""

    alpha: float = Field(gt=0)
    beta: float = Field(gt=0)
    value: float | str
    offer_cost: float = Field(ge=0)
    contact_cost: float = Field(ge=0)

    @property
    def campaign(self) -> Campaign:
        """The campaign; values of SQL are to be put in."""
        value = self.value if isinstance(self.value, float) else 0.0
        return Campaign(self.alpha, self.beta, value, self.offer_cost, self.contact_cost)


class ChurnRules(Model):
    """See rules/churn.toml."""

    horizon_months: int = Field(ge=1, le=6)
    gap_months: int = Field(ge=0, le=3)
    target: tuple[LeaveKind, ...]
    minimum_leavers: int = Field(ge=2)
    fit_rows: int = Field(ge=1000)
    undated: tuple[str, ...]
    leaving: Leaving
    watch: Watch
    profit: ProfitRules
    rule_search: RuleSearch
    flags: tuple[Flag, ...] = ()
    lagged: dict[str, Lagged]
    signals: dict[str, Signal]
    rule_score: RuleScore

    def all_signals(self) -> dict[str, Signal]:
        """The signals by name, those of `lagged` first; one written out replaces one that is derived."""
        derived = {n: s for name, lagged in self.lagged.items() for n, s in lagged.signals(name).items()}
        return {**derived, **self.signals}

    def every_rule(self) -> tuple[ScoreRule | Flag, ...]:
        """The rules of the rule score, then the flags."""
        return (*self.rule_score.rules, *self.flags)

    def hits(self) -> dict[str, str]:
        """SQL columns r0, r1, …: 1 where a rule holds, else 0."""
        return {f"r{i}": f"if({rule.when}, 1, 0)::DOUBLE" for i, rule in enumerate(self.every_rule())}
