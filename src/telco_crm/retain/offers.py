"""The offer catalogue: which offers fit a subscriber, what they cost and bring (domain section 10)."""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterator, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from telco_crm.engine.sql import literal, number
from telco_crm.rules import Model, Wording

NO_WORDS = Wording(en="", zh="")
LISTS = ("groups", "ladder_steps", "tiers", "contracts")
PROPOSED = 2  # an offer and an alternative


class Offer(Model):
    """One offer; a condition that is not given holds for everybody."""

    id: str
    en: str
    zh: str
    arpu_from: float | None = Field(default=None, ge=0)
    arpu_below: float | None = Field(default=None, gt=0)
    groups: tuple[Annotated[int, Field(ge=1)], ...] = ()
    ladder_steps: tuple[Annotated[int, Field(ge=1)], ...] = ()
    tiers: tuple[Literal["high", "mid_high", "mass"], ...] = ()
    contracts: tuple[Literal["none", "running", "ending"], ...] = ()
    cost: float = Field(default=0, ge=0)
    cost_bills: float = Field(default=0, ge=0)
    take_up: float = Field(default=0.1, ge=0, le=1)
    channel: str = "call"
    talking_points: Wording = NO_WORDS

    @model_validator(mode="after")
    def _possible(self) -> Offer:
        if self.arpu_from is not None and self.arpu_below is not None and self.arpu_from >= self.arpu_below:
            raise ValueError(
                f'offer "{self.id}" fits nobody: arpu_from {self.arpu_from:g} is not below arpu_below '
                f"{self.arpu_below:g}"
            )
        return self

    def takes(self, key: str, value: Any) -> bool:
        """Whether the condition on `key` (arpu, or one of LISTS) holds for a value; None is one that no list names."""
        if key != "arpu":
            return not getattr(self, key) or value in getattr(self, key)
        from_, below = self.arpu_from, self.arpu_below
        return (from_ is None or value >= from_) and (below is None or value < below)

    @property
    def _arpu(self) -> tuple[float, float]:
        return (
            -np.inf if self.arpu_from is None else self.arpu_from,
            np.inf if self.arpu_below is None else self.arpu_below,
        )

    def meets(self, other: Offer) -> bool:
        """Whether somebody can fit both."""
        apart = any(mine and its and set(mine).isdisjoint(its) for mine, its in self._lists(other))
        return not apart and max(self._arpu[0], other._arpu[0]) < min(self._arpu[1], other._arpu[1])

    def covers(self, other: Offer) -> bool:
        """Whether whoever fits the other fits this one."""
        if any(mine and not (its and set(its) <= set(mine)) for mine, its in self._lists(other)):
            return False
        return self._arpu[0] <= other._arpu[0] and other._arpu[1] <= self._arpu[1]

    def _lists(self, other: Offer) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
        return ((getattr(self, key), getattr(other, key)) for key in LISTS)

    def condition(self) -> str:
        """SQL over arpu, group_id, ladder_step, tier and contract."""
        tests = [f"arpu >= {number(self.arpu_from)}"] if self.arpu_from is not None else []
        tests += [f"arpu < {number(self.arpu_below)}"] if self.arpu_below is not None else []
        tests += [f"group_id IN ({', '.join(map(str, self.groups))})"] if self.groups else []
        tests += [f"ladder_step IN ({', '.join(map(str, self.ladder_steps))})"] if self.ladder_steps else []
        tests += [f"tier IN ({', '.join(map(literal, self.tiers))})"] if self.tiers else []
        tests += [f"contract IN ({', '.join(map(literal, self.contracts))})"] if self.contracts else []
        return " AND ".join(tests) or "true"


class OfferRules(Model):
    """See rules/offers.toml."""

    offers: tuple[Offer, ...]

    @model_validator(mode="after")
    def _useful(self) -> OfferRules:
        if not self.offers:
            raise ValueError("there is no offer, and a campaign needs one")
        first: dict[str, int] = {}
        problems = []
        for at, offer in enumerate(self.offers):
            if offer.id in first:
                problems.append((at, f'the id "{offer.id}" stands twice; ids must differ'))
            first.setdefault(offer.id, at)
        for at, before in never_proposed(self.offers).items():
            names = " and ".join(f'"{self.offers[other].id}"' for other in before)
            which = "" if len(before) == PROPOSED else "two of "
            why = (
                f'offer "{self.offers[at].id}" would never be proposed: {which}{names} stand before it and fit '
                "everybody it fits; put it first, or narrow their conditions"
            )
            problems.append((at, why))
        if problems:
            raise ValidationError.from_exception_data(
                "offers",
                [
                    {
                        "type": PydanticCustomError("offer", "{why}", {"why": why}),
                        "loc": ("offers", at),
                        "input": {},
                    }
                    for at, why in sorted(problems)
                ],
            )
        return self


def never_proposed(offers: Sequence[Offer], within: int = PROPOSED) -> dict[int, list[int]]:
    """The offers, by number, that are not among the first `within` to fit anybody; with those that stand in the way.
    Found by looking at everybody there can be: each side of every bound, and each value that a list names.
    """
    bounds = sorted({b for o in offers for b in (o.arpu_from, o.arpu_below) if b is not None})
    # A bound stands for the ARPU from it up to the next; nan for who has no bill.
    axes: list[list[Any]] = [[-np.inf, *bounds, np.nan]]
    axes += [[*sorted({v for o in offers for v in getattr(o, key)}), None] for key in LISTS]
    shape = tuple(map(len, axes))
    taken, never = np.zeros(shape, np.int16), {}
    inside = np.zeros((len(offers), *shape), bool)
    for at, offer in enumerate(offers):
        fits = np.ones(shape, bool)
        for place, (key, values) in enumerate(zip(("arpu", *LISTS), axes, strict=True)):
            along = np.array([offer.takes(key, value) for value in values])
            fits &= along.reshape([-1 if other == place else 1 for other in range(len(shape))])
        if not (fits & (taken < within)).any():
            never[at] = [before for before in range(at) if (inside[before] & fits).any()]
        inside[at] = fits
        taken += fits
    return never


def overlaps(offers: Sequence[Offer]) -> list[tuple[int, int]]:
    """The pairs of offers, by number and in their order, that overlap in part: some fit both, some the first only and
    some the second only.
    """
    found = []
    for (a, one), (b, other) in itertools.combinations(enumerate(offers), 2):
        if one.meets(other) and not one.covers(other) and not other.covers(one):
            found.append((a, b))
    return found


def unknown(rules: OfferRules, key: str, known: Container[int]) -> dict[int, list[int]]:
    """By number of the offer, the numbers in its list `key` (groups, ladder_steps) that there are not."""
    found = {at: [n for n in getattr(offer, key) if n not in known] for at, offer in enumerate(rules.offers)}
    return {at: lost for at, lost in found.items() if lost}


def fits_sql(rules: OfferRules) -> str:
    """SQL for the list of the numbers, from 1, of the offers that fit."""
    fits = ", ".join(f"CASE WHEN {o.condition()} THEN {at} END" for at, o in enumerate(rules.offers, 1))
    return f"list_filter([{fits}], lambda x: x IS NOT NULL)"


def texts_sql(rules: OfferRules, which: str, key: str, lang: str = "en") -> str:
    """SQL for a text of the offer number `which`; empty where there is none."""
    texts = [getattr(o, key) for o in rules.offers]
    words = [t.text(lang) if isinstance(t, Wording) else t for t in texts]
    return f"coalesce(([{', '.join(map(literal, words))}])[{which}], '')"


def numbers_sql(rules: OfferRules, which: str, key: str) -> str:
    """SQL for a figure of the offer number `which`; NULL where there is none."""
    return f"([{', '.join(number(getattr(o, key)) for o in rules.offers)}]::DOUBLE[])[{which}]"
