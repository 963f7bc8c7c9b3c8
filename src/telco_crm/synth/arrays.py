"""Array types, and the random draws that the whole sample is made of."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Rng = np.random.Generator

NEVER = 1 << 40  # a day or month that does not come


class Dice:
    """Independent random streams by name, so that no draw depends on the order or number of the others."""

    def __init__(self, seed: int) -> None:
        """All streams follow from `seed`."""
        self._seed = seed

    def rng(self, name: str, *keys: int) -> Rng:
        """The stream `name`, or of its part `keys` (such as a month or a day, each ≥ -1000)."""
        spawn = (zlib.crc32(name.encode()), *(key + 1000 for key in keys))
        return np.random.Generator(np.random.SFC64(np.random.SeedSequence(self._seed, spawn_key=spawn)))


def spread(rng: Rng, sigma: float, size: int | tuple[int, ...]) -> Floats:
    """Lognormal factors of mean 1."""
    return np.exp(rng.standard_normal(size) * sigma - sigma * sigma / 2)


def choose(rng: Rng, weights: Sequence[float] | Floats, size: int) -> Ints:
    """Indices into `weights`, drawn with chances proportional to them."""
    edges = np.cumsum(np.asarray(weights, dtype=float))
    drawn = np.searchsorted(edges, rng.random(size) * edges[-1], side="right")
    return np.asarray(np.minimum(drawn, len(edges) - 1))


def choose_by(rng: Rng, weights: Floats, rows: Ints) -> Ints:
    """One index per entry of `rows`, drawn with the weights in its row of `weights` (rows × choices)."""
    edges = np.cumsum(weights, axis=1)
    edges /= edges[:, -1:]
    return np.asarray((rng.random(len(rows))[:, None] >= edges[rows, :-1]).sum(axis=1), dtype=np.int64)


def apportion(weights: Sequence[float] | Floats, total: int) -> Ints:
    """`total` split in proportion to `weights`, by largest remainder."""
    exact = np.asarray(weights, dtype=float) / np.sum(weights) * total
    whole = np.floor(exact).astype(np.int64)
    rest = np.argsort(-(exact - whole), kind="stable")[: total - int(whole.sum())]
    whole[rest] += 1
    return whole


def deal(rng: Rng, weights: Sequence[float] | Floats, total: int) -> Ints:
    """Indices into `weights` in exact proportion, in random order."""
    return rng.permutation(np.repeat(np.arange(len(weights)), apportion(weights, total)))
