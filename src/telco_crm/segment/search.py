"""Finding the groups: a mixture started from the archetypes, rid of components that stand for nobody.

A mixture fitted by likelihood alone spends components on halves and tails of real groups. So a component must stand
apart from its nearest neighbour; it must deserve its archetype's name, or be a cluster in its own right; an archetype
that came away empty is tried once more beside the clusters found; and people far from everybody are looked through for
groups that no archetype knows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from telco_crm.segment.archetypes import NOBODY, Archetypes
from telco_crm.segment.mixture import Labels, Mixture, Values, fit_mixture
from telco_crm.segment.scaling import Matrix

HALVES = 2.5  # components nearer than that (in standard deviations) are halves of one group …
TWINS, DIP = 3.0, 0.47  # … nearer than that (a cut Gaussian gives 2.7), unless both carry a name and the people of both
# together have a bimodality coefficient of that at the least …
CLOSE = 5.0  # … nearer than that, or each other's nearest, if …
HABIT = 1.0  # (nearer than CLOSE, and by all inputs but one no further apart than that: who does it and who does not)
WIDE, TWO_HUMPS = 1.5, 0.6  # variance within a component, and coefficient, from which on it is two groups
ONE_HUMP = 0.4  # … they have a bimodality coefficient below that: a normal distribution has 1/3, a uniform one 5/9
APART = 5.0  # a group without an archetype must be that far from all others …
DIFFERENT = 1.5  # … differ from the nearest in some input by that many standard deviations of all people …
TIMES = 1.2  # … and by that much in the logarithm of the amount, so that a single rare event makes no group …
LEAST_SHARE = 0.01  # … and hold that share of them …
HANDFUL = 0.003  # a smaller share is no group, whatever its name
ORDINARY = (
    0.1  # … and of less than that share differ from everybody, not only from the nearest: no leftovers between groups
)
SEED_SHARE, SEED_LEAST, SEED_MOST = 0.005, 3, 40  # people who make the start of a component
ROUNDS = 2  # how often an archetype is tried
STRANGERS = 3  # how many groups are looked for beyond the archetypes
SEARCH_ROWS, SEARCH_STEPS = (
    20_000,
    60,
)  # the search makes do with that; its result is fitted on all people
FIT_ROWS, LAST_STEPS = 100_000, 10  # of more people that many fit the mixture, and all of them take the last steps
NEAR, FAR = 0.5, 0.999  # quantiles of the distance within a group: neighbours, and people who do not belong


@dataclass(frozen=True)
class Groups:
    """A mixture and, per component, the number of its archetype or NOBODY."""

    mixture: Mixture
    archetype: Labels


def find_groups(everybody: Values, archetypes: Archetypes, start: Matrix | None = None) -> Groups:
    """The groups of everybody (people × inputs, standardised), starting from the means `start`; None: from the
    archetypes and from the people who do least, who are often a crowd of their own.
    """
    z: Matrix = np.asarray(everybody[:: max(1, round(len(everybody) / SEARCH_ROWS))], dtype=np.float64)
    count = int(np.clip(round(SEED_SHARE * len(z)), SEED_LEAST, SEED_MOST))
    seeds = archetypes.seeds(z, count)
    tries = np.zeros(len(seeds), dtype=int)
    idle = z[np.argsort(z.mean(axis=1), kind="stable")[:count]].mean(axis=0)
    means = np.vstack([seeds, idle]) if start is None else start
    while True:
        found = _founded(z, fit_mixture(z, means, SEARCH_STEPS), archetypes)
        missing = [k for k in range(len(seeds)) if k not in found.archetype and tries[k] < ROUNDS]
        if not missing:
            break
        tries[missing] += 1
        means = np.vstack([found.mixture.means, seeds[missing]])
    found = _with_strangers(z, found, archetypes)
    mixture = fit_mixture(everybody[:: max(1, len(everybody) // FIT_ROWS)], found.mixture)
    if len(everybody) > FIT_ROWS:
        mixture = fit_mixture(everybody, mixture, LAST_STEPS)
    return Groups(mixture, archetypes.join(mixture.means, found.archetype))


def _founded(z: Matrix, mixture: Mixture, archetypes: Archetypes) -> Groups:
    """The mixture without twins and without components that neither deserve a name nor stand on their own."""
    while True:
        names = archetypes.assign(mixture.means, mixture.weights)
        worst = _unfounded(z, mixture, names, archetypes)
        if worst is None:
            return Groups(mixture, names)
        mixture = fit_mixture(z, np.delete(mixture.means, worst, axis=0), SEARCH_STEPS)


def _unfounded(z: Matrix, mixture: Mixture, names: Labels, archetypes: Archetypes) -> int | None:
    """The component to take away first, if there is one: nameless before named, then the nearest to another."""
    if len(names) == 1:
        return None
    apart = mixture.distances()
    nearest = apart.min(axis=1)
    beside, amounts = apart.argmin(axis=1), archetypes.amounts(mixture.means)
    differs = np.abs(mixture.means - mixture.means[beside]) >= DIFFERENT
    own = (differs & (np.abs(amounts - amounts[beside]) >= TIMES)).any(axis=1)
    marked = (np.abs(mixture.means) >= DIFFERENT).any(axis=1) | (mixture.weights >= ORDINARY)
    stands = (nearest >= APART) & own & marked & (mixture.weights >= LEAST_SHARE)
    alone = np.flatnonzero((names == NOBODY) & ~stands | (mixture.weights < HANDFUL))
    if len(alone):
        return int(alone[nearest[alone].argmin()])
    labels = mixture.labels(z)
    distinct = archetypes.distinct(mixture.means, names)
    closest = apart <= np.maximum(CLOSE, np.minimum(nearest[:, None], nearest))
    for a, b in sorted(np.argwhere(np.triu(closest)), key=lambda pair: apart[tuple(pair)]):
        if apart[a, b] < CLOSE and _rest(mixture, a, b) < HABIT:
            least = np.inf
        elif apart[a, b] < TWINS:
            least = DIP if apart[a, b] >= HALVES and NOBODY not in (names[a], names[b]) else np.inf
        else:
            least = 0.0 if distinct[a, b] else ONE_HUMP
        if least and _bimodality(z, mixture, labels, a, b) < least:
            return int(a if mixture.weights[a] < mixture.weights[b] else b)
    return None


def _rest(mixture: Mixture, a: int, b: int) -> float:
    """How far two components are apart by all inputs but the one that tells most."""
    precision = np.linalg.inv(mixture.covariance)
    difference = mixture.means[a] - mixture.means[b]
    pull = precision @ difference
    return float(np.sqrt(max(0.0, difference @ pull - (pull**2 / precision.diagonal()).max())))


def _bimodality(z: Matrix, mixture: Mixture, labels: Labels, a: int, b: int) -> float:
    """Of the members of two components, along the line between them."""
    both = z[(labels == a) | (labels == b)]
    if len(both) < 4:
        return 0.0
    return _coefficient(both @ np.linalg.solve(mixture.covariance, mixture.means[a] - mixture.means[b]))


def _with_strangers(z: Matrix, found: Groups, archetypes: Archetypes) -> Groups:
    """Adds groups that no archetype knows, as long as there are such."""
    for _ in range(STRANGERS):
        start = _strangers(z, found.mixture)
        if start is None:
            start = _half(z, found.mixture)
        if start is None:
            break
        more = _founded(z, fit_mixture(z, np.vstack([found.mixture.means, start]), SEARCH_STEPS), archetypes)
        grown = len(more.archetype) - len(found.archetype)
        apart = more.mixture.distances().min() > found.mixture.distances().min()
        if set(found.archetype) - set(more.archetype) or grown < 0 or not (grown or apart):
            break
        found = more
    return found


def _strangers(z: Matrix, mixture: Mixture) -> Matrix | None:
    """The mean of the densest crowd among those who are far from every component; None if there is no crowd."""
    white = mixture.whitening
    labels = mixture.labels(z)
    lonely = np.flatnonzero((((z - mixture.means[labels]) @ white) ** 2).sum(axis=1) > chi2.ppf(FAR, z.shape[1]))
    if len(lonely) < LEAST_SHARE * len(z):
        return None
    at = (z[lonely] @ white)[:: max(1, len(lonely) // 2000)]
    squares = (at**2).sum(axis=1)
    near = squares[:, None] + squares - 2 * at @ at.T < 2 * chi2.ppf(NEAR, z.shape[1])
    densest = near.sum(axis=1).argmax()
    if near[densest].sum() * len(lonely) / len(at) < LEAST_SHARE * len(z) / 4:
        return None
    mean: Matrix = z[lonely][:: max(1, len(lonely) // 2000)][near[densest]].mean(axis=0)
    return mean


def _half(z: Matrix, mixture: Mixture) -> Matrix | None:
    """The mean of the smaller half of the component that most clearly has two humps along its widest axis; None if no
    component has.
    """
    labels, white = mixture.labels(z), mixture.whitening
    best, mean = TWO_HUMPS, None
    for component in range(len(mixture.weights)):
        rows = np.flatnonzero(labels == component)
        if len(rows) < 2 * LEAST_SHARE * len(z):
            continue
        at = (z[rows] - mixture.means[component]) @ white
        along = at @ np.linalg.eigh(at.T @ at)[1][:, -1]
        if along.var() > WIDE and (coefficient := _coefficient(along)) > best:
            side = along > along.mean()
            side = side if side.sum() * 2 <= len(rows) else ~side
            best, mean = coefficient, z[rows][side].mean(axis=0)
    return mean


def _coefficient(along: Matrix) -> float:
    """Sarle's bimodality coefficient, (skewness² + 1) / kurtosis."""
    along = along - along.mean()
    square, cube, fourth = ((along**k).mean() for k in (2, 3, 4))
    return float((cube**2 / square**3 + 1) / (fourth / square**2)) if square > 0 else 0.0
