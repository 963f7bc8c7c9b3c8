"""The grouping model: saved as readable JSON, checked when it is loaded, applied to anybody's inputs.

A model keeps the scheme it was fitted with (inputs with their SQL, names, recommendations), so that it never changes
its meaning, and the distribution of its training population, against which drift is measured.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from telco_crm import __version__
from telco_crm.errors import InputError
from telco_crm.labels import text
from telco_crm.rules import Model
from telco_crm.saved import SavedModel
from telco_crm.segment.archetypes import Archetypes
from telco_crm.segment.behaviour import BehaviourSegmenter
from telco_crm.segment.drift import Distribution, distribution
from telco_crm.segment.factors import Factors
from telco_crm.segment.mixture import Mixture
from telco_crm.segment.scaling import Scaling
from telco_crm.segment.scheme import Scheme
from telco_crm.segment.solution import Solution

DIGITS = 10  # significant digits that are kept
Vector = tuple[float, ...]
Table = tuple[Vector, ...]


class InputScale(Model):
    """Of one input: unit, centre and scale of the logarithm (scale 0: the input never varied and is not used)."""

    unit: float
    centre: float
    scale: float


class Component(Model):
    """One component of the mixture: the group it belongs to, its weight and its centroid by input (standardised)."""

    group: int
    weight: float
    centroid: dict[str, float]


class SegmentModel(SavedModel):
    """A fitted grouping. `covariance` is inputs × inputs, `loadings` and `coefficients` are inputs × factors."""

    KIND: ClassVar[str] = "a segment model"
    MAKE: ClassVar[str] = "segment fit DATA"
    format: str = "telco-crm segment model 1"
    version: str = __version__
    months: tuple[str, ...]
    rows: int
    fitted_rows: int
    seed: int
    scheme: Scheme
    activity: float
    scaling: dict[str, InputScale]
    components: tuple[Component, ...]
    covariance: dict[str, Vector]
    loadings: dict[str, Vector]
    coefficients: dict[str, Vector]
    inputs: dict[str, Distribution]
    group_shares: dict[int, float]

    @cached_property
    def solution(self) -> Solution:
        """The model as arrays."""
        names = list(self.scheme.inputs)
        scale = [self.scaling[n] for n in names]
        unit, centre, width = (np.array([getattr(s, part) for s in scale]) for part in ("unit", "centre", "scale"))
        scaling = Scaling(unit, centre, width, self.activity)
        means = np.array([[c.centroid[n] for n in names] for c in self.components])
        mixture = Mixture(means, np.array([c.weight for c in self.components]), _rows(self.covariance, names))
        owner = np.array([c.group for c in self.components], dtype=np.int64)
        return Solution(scaling, mixture, owner, Factors(_rows(self.loadings, names), _rows(self.coefficients, names)))

    @cached_property
    def archetypes(self) -> Archetypes:
        """The scheme's archetypes on the model's scale."""
        return Archetypes.of(self.scheme, self.solution.scaling)

    @cached_property
    def match(self) -> pd.DataFrame:
        """How much of their archetype's traits the groups have, by group id.

        Columns: match (0 to 1, NaN beyond the scheme), runner_up (id of the archetype that fits next best) and
        runner_up_match.
        """
        fit = self.archetypes.satisfied(self.solution.means)
        ids = self.archetypes.ids
        rows = []
        for number, of in zip(self.solution.group_ids, fit, strict=True):
            own = np.flatnonzero(ids == number)
            others = np.where(ids == number, -1.0, of)
            rows.append((of[own[0]] if len(own) else np.nan, int(ids[others.argmax()]), max(others.max(), 0.0)))
        return pd.DataFrame(rows, index=self.solution.group_ids, columns=["match", "runner_up", "runner_up_match"])

    @property
    def last_month(self) -> str:
        """Newest month of the training period."""
        return self.months[-1]

    def name_of(self, number: int, lang: str) -> str:
        """Name of a group: the scheme's, or by the traits that set it apart from everybody."""
        if number in self.scheme.groups:
            return self.scheme.name_of(number, lang)
        mean = self.solution.means[list(self.solution.group_ids).index(number)]
        labels = [i.text(lang) for i in self.scheme.inputs.values()]
        order = [j for j in np.argsort(-np.abs(mean), kind="stable")[:3] if abs(mean[j]) >= 0.5]
        words = [text("segment.high" if mean[j] > 0 else "segment.low", lang, what=labels[j]) for j in order]
        return text("segment.comma", lang).join(words) or text("segment.plain", lang)

    def class_of(self, number: int) -> str | None:
        """Class of a group of the scheme, as the scheme calls it."""
        return self.scheme.groups[number].class_ if number in self.scheme.groups else None

    def check(self) -> None:
        """Raise a ValueError where the parts do not fit together."""
        try:
            _ = self.solution.mixture.whitening
        except (LookupError, AttributeError) as error:
            raise ValueError(str(error)) from None


def former_model(path: Path) -> SegmentModel | None:
    """The model that an earlier run left at `path`; None if there is none that can be used."""
    try:
        return SegmentModel.load(path)
    except InputError:
        return None


def fit_model(
    inputs: pd.DataFrame, scheme: Scheme, months: tuple[str, ...], options: dict[str, Any], former: SegmentModel | None
) -> SegmentModel:
    """Fit on `inputs` (subscribers × the scheme's inputs). `options`: rows (everybody, of whom `inputs` may be a
    sample), seed and factors. With a `former` model of the same inputs its groups keep their numbers and names.
    """
    same = former is not None and list(former.scheme.inputs) == list(scheme.inputs)
    segmenter = BehaviourSegmenter(
        scheme, factors=options["factors"], max_rows=len(inputs), random_state=options["seed"]
    )
    segmenter.fit(inputs, previous=former.solution if former and same else None)
    found, names = segmenter.solution_, list(scheme.inputs)
    parts = zip(*(_short(getattr(found.scaling, part)) for part in ("unit", "centre", "scale")), strict=True)
    mixture = found.mixture
    shares = pd.Series(segmenter.labels_).value_counts(normalize=True)
    return SegmentModel(
        months=months,
        rows=options["rows"],
        fitted_rows=len(inputs),
        seed=options["seed"],
        scheme=scheme,
        activity=_short(found.scaling.activity),
        scaling={n: InputScale(unit=u, centre=c, scale=s) for n, (u, c, s) in zip(names, parts, strict=True)},
        components=tuple(
            Component(group=int(g), weight=_short(w), centroid=dict(zip(names, _short(m), strict=True)))
            for g, w, m in zip(found.owner, mixture.weights, mixture.means, strict=True)
        ),
        covariance=dict(zip(names, map(_short, mixture.covariance), strict=True)),
        loadings=dict(zip(names, map(_short, found.factors.loadings), strict=True)),
        coefficients=dict(zip(names, map(_short, found.factors.coefficients), strict=True)),
        inputs={n: distribution(inputs[n].to_numpy(np.float64)) for n in names},
        group_shares={int(g): _short(shares.get(g, 0.0)) for g in found.group_ids},
    )


def _short(value: Any) -> Any:
    """Numbers with DIGITS significant digits, as plain Python numbers."""
    if np.ndim(value):
        return tuple(_short(v) for v in value)
    return float(f"{float(value):.{DIGITS}g}")


def _rows(table: dict[str, Vector], names: list[str]) -> np.ndarray:
    return np.array([table[n] for n in names])
