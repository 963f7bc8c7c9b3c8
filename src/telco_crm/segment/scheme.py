"""Schemes of behavioural groups: inputs, archetypes, classes and what to recommend, as data."""

from __future__ import annotations

import tomllib
import warnings
from collections.abc import Collection
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field, PositiveFloat, model_validator

from telco_crm.errors import RuleError
from telco_crm.rules import Model, ProblemsError, Wording, explain, nearest, parse_toml


class Input(Wording):
    """Something the grouping looks at: SQL over a subscriber's mean monthly features.

    `unit` is the amount that begins to count: well below it differences hardly matter, well above it they do in
    proportion. `amount` is false for averages and ratios, which do not depend on how much somebody does.
    """

    sql: str
    unit: float = Field(1.0, gt=0)
    amount: bool = True


class Archetype(Wording):
    """A group as the practice knows it.

    `traits`: how far above (+) or below (-) all subscribers, in standard deviations of the logarithm; a level means
    that much or more, 0 means near the mean. For the name to be given, a typical member must reach `least` and not
    exceed `most`, in the input's own unit, and reach `times` what the typical group of the operator does. `class`
    is one of the scheme's classes.
    """

    traits: dict[str, float] = Field(min_length=1)
    least: dict[str, float] = {}
    most: dict[str, float] = {}
    times: dict[str, PositiveFloat] = {}
    class_: str | None = Field(None, alias="class")
    business: Wording | None = None
    care: Wording | None = None


class Scheme(Model):
    """Inputs and archetypes by group id, in the order of the ids.

    `reference`: mean amounts of the operator that `least` and `most` are meant for; see `activity`.
    """

    name: str
    en: str
    zh: str
    inputs: dict[str, Input] = {}
    classes: dict[str, Wording] = {}
    reference: dict[str, float] = {}
    groups: dict[int, Archetype] = Field(min_length=2)

    @model_validator(mode="after")
    def _known_names(self) -> Scheme:
        problems = {
            f"groups.{number}.class": f'unknown class "{group.class_}"{nearest(group.class_, self.classes)}'
            for number, group in self.groups.items()
            if group.class_ is not None and group.class_ not in self.classes
        }
        problems |= {
            f"reference.{name}": f'there is no input "{name}"{nearest(name, self.inputs)}'
            for name in self.reference
            if name not in self.inputs
        }
        for lang in ("en", "zh"):
            names = [group.text(lang) for group in self.groups.values()]
            problems |= {
                f"groups.{number}.{lang}": f'another group is called "{group.text(lang)}" too'
                for at, (number, group) in enumerate(self.groups.items())
                if group.text(lang) in names[:at]
            }
        problems |= {f"groups.{number}": "group ids are positive" for number in self.groups if number < 1}
        if problems:
            raise ProblemsError(problems)
        return self

    def complete(self, features: Collection[str] = ()) -> Scheme:
        """The scheme with an input for every trait: a trait that is no input is the feature of that name.

        Raises:
            RuleError: with one sentence for each trait that is neither.
        """
        added: dict[str, Input] = {}
        problems = []
        for number, group in self.groups.items():
            for part in ("traits", "least", "most", "times"):
                for name in getattr(group, part):
                    if name in self.inputs or name in added:
                        continue
                    if name in features:
                        words = name.replace("_", " ")
                        added[name] = Input(sql=name, en=words, zh=words)
                    else:
                        known = [*self.inputs, *features]
                        problems.append(
                            f'scheme {self.name}: groups.{number}.{part}: there is no input or feature "{name}"'
                            f"{nearest(name, known)}"
                        )
        if problems:
            raise RuleError(list(dict.fromkeys(problems)))
        return self.model_copy(update={"inputs": {**self.inputs, **added}})

    def activity(self, values: npt.NDArray[np.floating]) -> float:
        """How much people (rows × inputs) do against the reference: `most` is that much of what the scheme says, and
        `least` too where people do less than it was written for.
        """
        names = list(self.inputs)
        with np.errstate(invalid="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # nobody knows the input
            means = {name: float(np.nanmean(values[:, names.index(name)])) for name in self.reference}
        shares = [means[name] / amount for name, amount in self.reference.items() if means[name] > 0]
        return min(shares, default=1.0)

    def name_of(self, number: int, lang: str) -> str:
        """Name of a group of the scheme."""
        return self.groups[number].text(lang)


def load_scheme(name: str) -> Scheme:
    """A shipped scheme by name, or the user's own by the path of its file (ending in .toml).

    Raises:
        RuleError: there is none of that name, or it is not valid: with one sentence per problem.
    """
    if name.endswith(".toml"):
        return _own(Path(name))
    folder = resources.files("telco_crm.segment") / "schemes"
    names = sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))
    if name not in names:
        raise RuleError(
            f'rules.segment.scheme: there is no scheme "{name}"{nearest(name, names)}; shipped are {", ".join(names)}, '
            "and a scheme of your own is named by its file, such as own.toml"
        )
    data = tomllib.loads((folder / f"{name}.toml").read_text("utf-8"))
    return explain(Scheme, _numbered(data, f"schemes.{name}"), f"schemes.{name}")


def _own(path: Path) -> Scheme:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(f"rules.segment.scheme: {path} cannot be read ({error}); check the path") from None
    data = parse_toml(text, str(path))
    return explain(Scheme, _numbered(data, str(path)), "", (str(path), text))


def _numbered(data: dict[str, Any], where: str) -> dict[str, Any]:
    """Group ids as numbers: keys of TOML are text."""
    groups = data.get("groups")
    if not isinstance(groups, dict):
        return data
    wrong = [key for key in groups if not key.isdigit()]
    if wrong:
        raise RuleError([f'{where}: [groups.{key}]: "{key}" is not a number; groups are numbered' for key in wrong])
    twice = [key for key in groups if str(int(key)) != key and str(int(key)) in groups]
    if twice:
        raise RuleError([f"{where}: [groups.{key}]: there is a group {int(key)} already" for key in twice])
    return {**data, "groups": {int(key): group for key, group in groups.items()}}
