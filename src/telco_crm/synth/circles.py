"""Telephone numbers, and the circle of contacts of each subscriber."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telco_crm.synth.arrays import Floats, Ints, Rng, choose, spread
from telco_crm.synth.numbering import NumberBook, Range
from telco_crm.synth.people import People
from telco_crm.synth.setting import Setting
from telco_crm.synth.streams import CIRCLES, PLACES


@dataclass(frozen=True)
class Circles:
    """Whom each subscriber is in touch with.

    `members` holds positions in the number book; those of subscriber s in circle c (streams.CIRCLES) are the
    `size`[c, s] entries from `start`[c, s] on, the closest first. `friends` are pairs (2 × pairs) of
    subscribers who know each other, in both orders.
    """

    members: NDArray[np.int32]
    start: NDArray[np.int32]
    size: NDArray[np.int32]
    friends: Ints


def make_circles(setting: Setting, people: People, book: NumberBook) -> Circles:
    """Draw friendships and fill every circle with numbers of the right networks."""
    friends = _friends(setting)
    members, starts, sizes, total = [], [], [], 0
    for circle in CIRCLES:
        found, start, size = _circle(setting, people, book, circle, friends)
        members.append(found)
        starts.append(start + total)
        sizes.append(size)
        total += len(found)
    return Circles(
        np.concatenate(members).astype(np.int32),
        np.array(starts, dtype=np.int32),
        np.array(sizes, dtype=np.int32),
        friends,
    )


def _friends(setting: Setting) -> Ints:
    """Pairs of subscribers, in both orders, without repetition; friends are near each other on a ring."""
    rng, figures, n = setting.dice.rng("friends"), setting.figures.people.circle, setting.n
    one = np.repeat(np.arange(n), rng.poisson(figures.friends / 2, n))
    width = max(figures.spread * n, 3.0)
    other = (one + np.rint(rng.laplace(0, width, len(one))).astype(np.int64)) % n
    low, high = np.minimum(one, other), np.maximum(one, other)
    pairs = np.unique((low * n + high)[low != high])
    low, high = pairs // n, pairs % n
    return np.array([np.concatenate([low, high]), np.concatenate([high, low])])


def _circle(setting: Setting, people: People, book: NumberBook, circle: str, friends: Ints) -> tuple[Ints, Ints, Ints]:
    """Members, start and size of one circle; the order within a circle, so the closeness, is random."""
    rng, n = setting.dice.rng("circle " + circle), setting.n
    owners, known = (friends[0], friends[1]) if circle == "local" else (friends[0][:0], friends[1][:0])
    wanted = np.ones(n, dtype=np.int64)
    if circle in PLACES:
        mean = np.array([getattr(group.circle, circle) for group in setting.groups])[people.group]
        factor = spread(rng, setting.figures.people.circle.size_sigma, n)
        wanted = np.maximum(np.rint(mean * factor), 1).astype(np.int64)
    missing = np.maximum(wanted - np.bincount(owners, minlength=n), 0)
    strangers = np.repeat(np.arange(n), missing)
    filled = _numbers_near(setting, rng, strangers, _networks(setting, book, circle))
    owners, known = np.concatenate([owners, strangers]), np.concatenate([known, filled])
    order = np.lexsort((rng.random(len(owners)), owners))
    size = np.bincount(owners, minlength=n)
    return known[order], np.cumsum(size) - size, size


def _networks(setting: Setting, book: NumberBook, circle: str) -> list[tuple[float, Range]]:
    """Ranges of the number book that a circle is filled from, with their weights."""
    figures = setting.figures.people.circle
    if circle == "local":
        shares = {
            "own": figures.own_network,
            **{net: getattr(figures, net) for net in ("unicom", "telecom", "fixed", "phs")},
        }
        return [(share, book.ranges["local", net]) for net, share in shares.items()]
    if circle == "domestic":
        return [(share, book.ranges["domestic", net]) for net, share in figures.away.items()]
    if circle in PLACES:
        return [(1.0, book.ranges["abroad", circle])]
    return [(1.0, book.ranges["local", circle.removeprefix("forward_")])]


def _numbers_near(setting: Setting, rng: Rng, owners: Ints, networks: list[tuple[float, Range]]) -> Ints:
    """One number for each of `owners`, from the part of the network's range that their neighbours share."""
    chosen = choose(rng, [share for share, _ in networks], len(owners))
    low = np.array([bounds.low for _, bounds in networks])[chosen]
    size = np.array([bounds.size for _, bounds in networks])[chosen]
    place: Floats = owners / setting.n + rng.standard_normal(len(owners)) * setting.figures.people.circle.spread
    return np.asarray(low + np.minimum(np.floor(place % 1.0 * size).astype(np.int64), size - 1))
