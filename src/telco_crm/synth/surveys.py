"""Satisfaction surveys that ask for everything: a score for each area, and one for all together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from telco_crm.synth.arrays import Floats, Ints
from telco_crm.synth.history import Events, make_events
from telco_crm.synth.world import World


def survey_rounds(world: World, month: int) -> Events:
    """The answers of one month's survey: an event per area, and one without area that is the score of all together.

    A person's scores of the areas go together; the score of all together follows those of the areas by their weights.
    """
    figures = world.setting.figures.lives
    rounds, areas = figures.survey_rounds, list(figures.areas.values())
    rng, timeline = world.setting.dice.rng("survey rounds", month), world.setting.timeline
    who = np.flatnonzero(rng.random(world.setting.n) < rounds.share)
    day = timeline.start(month) + rng.integers(0, timeline.length(month), len(who))
    asked = make_events(world, rng, "survey", who, day)
    content = rng.standard_normal(len(asked.second)) * rounds.person_sigma + _mood(world, month, asked.subscriber)
    scores = np.array([area.survey for area in areas])[:, None] + content
    scores = scores + rng.standard_normal(scores.shape) * rounds.area_sigma
    weights = np.array([area.weight for area in areas])
    overall = weights @ scores / weights.sum() + rng.standard_normal(len(content)) * rounds.overall_sigma
    answers = [replace(asked, area=np.full(len(content), k), score=_marks(scores[k])) for k in range(len(areas))]
    return Events.joined([*answers, replace(asked, score=_marks(overall))])


def _mood(world: World, month: int, who: Ints) -> Floats:
    """What those who will soon leave, or have just complained, give less."""
    rates, fate = world.setting.figures.lives.events, world.fate
    mood = rates.survey_leaver * (fate.willing & (fate.month < month + 3))[who]
    return np.asarray(mood + rates.survey_complaint * fate.complains[month + 2][who])


def _marks(score: Floats) -> Ints:
    return np.clip(np.rint(score), 1, 10).astype(np.int64)
