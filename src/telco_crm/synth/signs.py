"""What leavers show beforehand, and some who stay as well: fading traffic, forwarding to rivals, vain
complaints.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from telco_crm.synth.arrays import NEVER, Bools, Floats, Floats32, Ints, Rng, spread
from telco_crm.synth.fate import AFTERMATH, Fate
from telco_crm.synth.people import People
from telco_crm.synth.setting import Setting


@dataclass(frozen=True)
class Signs:
    """Signs by month (months + 2 × N) and by person (N), planted in leavers and in others alike.

    `fade` is the part of the usual traffic that is left; `forwards` who forwards calls to a rival's number;
    `kept_on` is the day on which people who were kept asked to cancel; `complained_on` and `asked_on` are the
    days on which leavers complain in vain or ask to cancel, NEVER if they do not.
    """

    fade: Floats32
    forwards: Bools
    faded: Bools
    complained_on: Ints
    asked_on: Ints
    kept_on: Ints


def make_signs(setting: Setting, people: People, fate: Fate) -> Signs:
    """Draw the signs of those who leave of their own will, then the same signs of others."""
    rng, figures = setting.dice.rng("signs"), setting.figures.lives.signs
    shape = (setting.timeline.months + AFTERMATH, setting.n)
    fade, forwards = np.ones(shape, dtype=np.float32), np.zeros(shape, dtype=bool)
    willing, n = fate.willing, setting.n
    fading = willing & (rng.random(n) < figures.fade)
    long = rng.random(n) < figures.fade_long
    forwarding = willing & (rng.random(n) < figures.forward)
    _fade_before(setting, fade, fate, fading, long)
    for month in range(shape[0]):
        soon = (fate.month >= month) & (fate.month < month + figures.forward_months)
        forwards[month] = forwarding & soon
        stays = ~willing & (fate.month > month + 2)
        _false_signs(setting, fade, forwards, month, stays)
    complains = willing & (rng.random(n) < figures.complain)
    asks = complains & (rng.random(n) < figures.ask_to_cancel)
    asked_on = _days_before(rng, people, fate, asks, figures.ask_days)
    return Signs(
        fade,
        forwards,
        np.asarray((fade < 1).any(axis=0)),
        _days_before(rng, people, fate, complains & ~asks, figures.complain_days),
        asked_on,
        _kept(setting, people, fate, asked_on),
    )


def _kept(setting: Setting, people: People, fate: Fate, asked_on: Ints) -> Ints:
    """Days on which people who stay asked to cancel, in proportion to those who asked and left."""
    rng, timeline = setting.dice.rng("kept"), setting.timeline
    kept = setting.figures.lives.signs.kept
    asked = asked_on[~timeline.outside(asked_on)]
    kept_on = np.full(setting.n, NEVER)
    for month, count in enumerate(np.bincount(timeline.month(asked), minlength=timeline.months).tolist()):
        stays = (fate.month > month + 3) & (people.joined < timeline.start(month)) & (kept_on == NEVER)
        who = rng.permutation(np.flatnonzero(stays))[: round(count * kept / (1 - kept))]
        kept_on[who] = timeline.start(month) + rng.integers(0, timeline.length(month), len(who))
    return kept_on


def _days_before(rng: Rng, people: People, fate: Fate, who: Bools, span: tuple[int, int]) -> Ints:
    """A day before leaving for those of `who`, NEVER for the others."""
    ahead = rng.integers(span[0], span[1] + 1, len(who))
    return np.where(who, np.maximum(fate.day - ahead, people.joined + 1), NEVER)


def _fade_before(setting: Setting, fade: Floats32, fate: Fate, fading: Bools, long: Bools) -> None:
    """Let the traffic of `fading` leavers sink in their last months."""
    rng, figures = setting.dice.rng("fading"), setting.figures.lives.signs
    for back, (slow, quick) in enumerate(zip(figures.fade_to, figures.fade_to_short, strict=True)):
        for month in range(fade.shape[0]):
            who = fading & (fate.month == month + back)
            left = np.where(long, slow, quick)
            fade[month, who] = _jitter(rng, left, figures.fade_sigma)[who]


def _false_signs(setting: Setting, fade: Floats32, forwards: Bools, month: int, stays: Bools) -> None:
    """Let some of those who stay fade from `month` on, deepest in the last month, or forward, and recover."""
    rng, figures = setting.dice.rng("false signs", month), setting.figures.lives.signs
    fading = stays & (rng.random(len(stays)) < figures.false_fade)
    long = rng.random(len(stays)) < figures.fade_long
    course = [np.where(long, figures.fade_to[back], figures.fade_to_short[back]) for back in (2, 1, 0)]
    for ahead, left in enumerate(course):
        if month + ahead < len(fade):
            fade[month + ahead, fading] = _jitter(rng, left, figures.fade_sigma)[fading]
    forwarding = stays & (rng.random(len(stays)) < figures.false_forward)
    forwards[month : month + figures.forward_months, forwarding] = True


def _jitter(rng: Rng, left: Floats, sigma: float) -> Floats:
    """Fading differs between people; whoever does not fade in a month is not touched."""
    return np.where(left < 1, np.minimum(left * spread(rng, sigma, len(left)), 0.95), 1.0)
