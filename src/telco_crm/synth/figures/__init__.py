"""The figures behind the sample data: TOML files, each with the model that checks it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TypeVar

from telco_crm.errors import RuleError
from telco_crm.rules import Model, explain, parse_toml
from telco_crm.synth.figures.defects import Defect, DefectFigures
from telco_crm.synth.figures.groups import Group, GroupFigures, fill_in
from telco_crm.synth.figures.lives import Campaign, LifeFigures, Reaction, Words
from telco_crm.synth.figures.people import PeopleFigures
from telco_crm.synth.figures.rhythm import RhythmFigures
from telco_crm.synth.figures.tariff import Plan, TariffFigures

M = TypeVar("M", bound=Model)

__all__ = ["Campaign", "Defect", "Figures", "Group", "Plan", "Reaction", "Words", "load_figures"]


@dataclass(frozen=True)
class Figures:
    """Every figure of the sample, by file."""

    groups: dict[str, Group]
    tariff: TariffFigures
    people: PeopleFigures
    rhythm: RhythmFigures
    lives: LifeFigures
    defects: DefectFigures


@cache
def load_figures() -> Figures:
    """Read and check all figures.

    Raises:
        RuleError: naming each unknown key, wrong value or reference to a plan or group that does not exist.
    """
    figures = Figures(
        groups=_read(GroupFigures, "groups").groups,
        tariff=_read(TariffFigures, "tariff"),
        people=_read(PeopleFigures, "people"),
        rhythm=_read(RhythmFigures, "rhythm"),
        lives=_read(LifeFigures, "lives"),
        defects=_read(DefectFigures, "defects"),
    )
    _check_references(figures)
    return figures


def _read(model: type[M], name: str) -> M:
    text = (resources.files(__name__) / f"{name}.toml").read_text("utf-8")
    data = parse_toml(text, f"{name}.toml")
    if name == "groups":
        data = fill_in(data)
    return explain(model, data, "", (f"{name}.toml", text))


def _check_references(figures: Figures) -> None:
    problems = []
    for key, group in figures.groups.items():
        problems += _unknown(f"groups.{key}.plans", group.plans, figures.tariff.plans)
    for key, service in figures.tariff.services.items():
        problems += _unknown(f"services.{key}.by_group", service.by_group, figures.groups)
    if problems:
        raise RuleError(problems)


def _unknown(where: str, used: Iterable[str], known: Iterable[str]) -> list[str]:
    return [f"{where}.{name}: there is no such entry" for name in used if name not in set(known)]
