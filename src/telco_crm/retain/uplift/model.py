"""The uplift model: what was learnt, how good each learner was on customers it had not seen, and whether that is more
than chance; saved as readable JSON, checked on loading.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import model_validator

from telco_crm.learn.coding import Floats
from telco_crm.manifest import versions
from telco_crm.retain.uplift.learners import Effect
from telco_crm.rules import Model
from telco_crm.saved import SavedModel


class Training(Model):
    """What a model was fitted on: a wide table with its columns, or campaigns of exports."""

    source: Literal["exports", "table"]
    outcome: str
    customers: int
    treated: int
    treated_mean: float
    control_mean: float
    seed: int
    treatment: str = ""
    treated_value: str = ""
    control_value: str = ""
    identifier: str | None = None
    campaigns: tuple[str, ...] = ()

    @property
    def effect(self) -> float:
        """The mean effect of treating."""
        return self.treated_mean - self.control_mean


class Quality(Model):
    """A learner on customers it had not seen; see `gain.Gain`. `low` and `high` are the joint 95% interval of
    `incremental`.
    """

    learner: str
    incremental: float
    low: float
    high: float
    qini: float
    auuc: float
    auuc_random: float


class UpliftModel(SavedModel):
    """A fitted model. Without a usable signal there is no `effect`, and everybody gets the mean effect.

    uplift = mean effect + `slope` · (score - `middle`), where slope and middle come from customers that the scores had
    not been learnt from; `meaning` gives the type of each column, or the feature it is.
    """

    KIND: ClassVar[str] = "an uplift model"
    MAKE: ClassVar[str] = "campaign fit …"
    format: str = "telco-crm uplift model 3"
    versions: dict[str, str]
    training: Training
    meaning: dict[str, str]
    quality: tuple[Quality, ...]
    chosen: str
    signal: bool
    slope: float = 0.0
    middle: float = 0.0
    effect: Effect | None = None

    @model_validator(mode="after")
    def _whole(self) -> UpliftModel:
        if self.signal != (self.effect is not None):
            raise ValueError("a model has an effect if, and only if, there is a signal")
        return self

    def uplift(self, frame: pd.DataFrame, threads: int = 1) -> Floats:
        """The expected difference that treating makes to the outcome of each row of `frame`."""
        found = np.full(len(frame), self.training.effect)
        if self.effect:
            found += self.slope * (self.effect.score(frame, threads) - self.middle)
        return found


def new_model(**parts: object) -> UpliftModel:
    """A model of these parts, made by this version."""
    return UpliftModel.model_validate({"versions": versions(), **parts})
