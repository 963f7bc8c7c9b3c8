"""Schemes of behavioural groups: inputs, archetypes and what to recommend, as data."""

from __future__ import annotations

import tomllib
from importlib import resources

from pydantic import Field, model_validator

from telco_crm.errors import RuleError
from telco_crm.rules import Model, Wording, explain, nearest


class Input(Wording):
    """Something the grouping looks at: SQL over a subscriber's mean monthly features."""

    sql: str


class Archetype(Wording):
    """A group as the practice knows it: traits in standard deviations from all subscribers, and recommendations."""

    traits: dict[str, float] = Field(min_length=1)
    business: Wording | None = None
    care: Wording | None = None


class Scheme(Model):
    """Inputs and archetypes by group id, in the order of the ids."""

    name: str
    en: str
    zh: str
    inputs: dict[str, Input] = Field(min_length=2)
    groups: dict[int, Archetype] = Field(min_length=2)

    @model_validator(mode="after")
    def _known_traits(self) -> Scheme:
        for number, group in self.groups.items():
            for trait in group.traits:
                if trait not in self.inputs:
                    raise ValueError(f'groups.{number}.traits: unknown input "{trait}"{nearest(trait, self.inputs)}')
        return self


def load_scheme(name: str) -> Scheme:
    """A shipped scheme by name.

    Raises:
        RuleError: there is none of that name.
    """
    folder = resources.files("telco_crm.segment") / "schemes"
    names = sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))
    if name not in names:
        raise RuleError(
            f'rules.segment.scheme: there is no scheme "{name}"{nearest(name, names)}; shipped are {", ".join(names)}'
        )
    data = tomllib.loads((folder / f"{name}.toml").read_text("utf-8"))
    data["groups"] = {int(number): group for number, group in data["groups"].items()}
    return explain(Scheme, data, f"schemes.{name}")
