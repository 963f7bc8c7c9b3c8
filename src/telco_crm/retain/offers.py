"""The offer catalogue: the first offer whose conditions hold (domain section 10)."""

from __future__ import annotations

from pydantic import Field, model_validator

from telco_crm.engine.sql import literal, number
from telco_crm.rules import Model


class Offer(Model):
    """One offer; a condition that is not given holds for everybody."""

    id: str
    en: str
    zh: str
    arpu_from: float | None = None
    arpu_below: float | None = None
    groups: tuple[int, ...] = ()
    ladder_steps: tuple[int, ...] = ()

    def condition(self) -> str:
        """SQL over arpu, group_id and ladder_step."""
        tests = [f"arpu >= {number(self.arpu_from)}"] if self.arpu_from is not None else []
        tests += [f"arpu < {number(self.arpu_below)}"] if self.arpu_below is not None else []
        tests += [f"group_id IN ({', '.join(map(str, self.groups))})"] if self.groups else []
        tests += [f"ladder_step IN ({', '.join(map(str, self.ladder_steps))})"] if self.ladder_steps else []
        return " AND ".join(tests) or "true"


class OfferRules(Model):
    """See rules/offers.toml."""

    offers: tuple[Offer, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> OfferRules:
        ids = [o.id for o in self.offers]
        repeated = sorted({i for i in ids if ids.count(i) > 1})
        if repeated:
            raise ValueError(f"offer ids must differ; {', '.join(repeated)} stands twice")
        return self


def offer_sql(rules: OfferRules, lang: str) -> str:
    """SQL for the text of the first fitting offer; empty where none fits."""
    whens = " ".join(f"WHEN {o.condition()} THEN {literal(o.zh if lang == 'zh' else o.en)}" for o in rules.offers)
    return f"CASE {whens} ELSE '' END"
