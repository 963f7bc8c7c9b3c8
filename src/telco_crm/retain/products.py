"""The rules of recommendations: products, what speaks for them, what they bring; see rules/recommend.toml."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from pydantic import Field, model_validator

from telco_crm.engine.sql import literal
from telco_crm.rules import Model, Wording
from telco_crm.signs import Sign, sign_parts

NO_WORDS = Wording(en="", zh="")


class Trigger(Sign):
    """A sign that somebody may want the product; `odds` multiplies the odds of taking it."""

    odds: float = Field(gt=0)


class Input(Wording):
    """Something in which holders of a product are compared with others."""

    sql: str
    log: bool = True


class AlikeRules(Model):
    """How being like the holders of a product is judged."""

    fit_rows: int = Field(ge=1)
    least: int = Field(ge=10)
    says_from: float = Field(ge=1)
    shown: int = Field(ge=0)
    inputs: dict[str, Input]


class Product(Wording):
    """Something to sell."""

    id: str = Field(min_length=1)
    kind: Literal["cross_sell", "up_sell"]
    services: tuple[str, ...] = ()
    held: str | None = None
    fits: str = "true"
    groups: dict[str, tuple[int, ...]] = {}
    triggers: tuple[Trigger, ...] = ()
    take_up: float = Field(gt=0, lt=1)
    monthly: float = Field(default=0, ge=0)
    arpu_share: float = Field(default=0, ge=0)
    channel: str = "call"
    talking_points: Wording = NO_WORDS

    @model_validator(mode="after")
    def _earns(self) -> Product:
        if not self.monthly and not self.arpu_share:
            raise ValueError(f'product "{self.id}" brings nothing: give monthly or arpu_share')
        return self

    @property
    def held_sql(self) -> str | None:
        """SQL: whether it is held, NULL where that is not known; None if nothing could tell."""
        if not self.services:
            return self.held and f"({self.held})"
        names = ", ".join(literal(name.lower()) for name in self.services)
        other = f" ELSE ({self.held})" if self.held else ""
        return f"CASE WHEN p.services IS NOT NULL THEN list_has_any(p.services, [{names}]){other} END"


class WordRules(Model):
    """Words of the reasons."""

    group: Wording
    alike: Wording
    inputs: Wording


class RecommendRules(Model):
    """The whole rule file."""

    eligible: str
    margin: float = Field(gt=0, le=1)
    months: int = Field(ge=1)
    minimum_value: float = Field(ge=0)
    group_odds: float = Field(gt=0)
    words: WordRules
    alike: AlikeRules
    products: tuple[Product, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> RecommendRules:
        twice = [name for name, times in Counter(p.id for p in self.products).items() if times > 1]
        if twice:
            raise ValueError(f"ids of products must differ; {', '.join(twice)} stands twice")
        for scheme in {scheme for p in self.products for scheme in p.groups}:
            groups = Counter(g for p in self.products for g in p.groups.get(scheme, ()))
            if shared := sorted(group for group, times in groups.items() if times > 1):
                raise ValueError(f"group {shared[0]} of {scheme} is named by more than one product")
        return self

    def parts(self) -> dict[str, str]:
        """All SQL by its place in the rule file, for `measures.check_sql`."""
        found = {"eligible": self.eligible}
        found |= {f"alike.inputs.{name}.sql": each.sql for name, each in self.alike.inputs.items()}
        for number, product in enumerate(self.products):
            place = f"products.{number}"
            found |= {f"{place}.{key}": sql for key in ("held", "fits") if (sql := getattr(product, key))}
            found |= sign_parts(f"{place}.triggers", product.triggers)
        return found
