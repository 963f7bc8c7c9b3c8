"""What a list earns: maximum profit (MP) and expected maximum profit (EMPC) of a churn campaign.

The campaign of Neslin et al. (2006) with the measure of Verbraken, Verbeke and Baesens (2013): everybody on the list is
contacted and offered something. A leaver accepts with probability γ and then stays, which keeps his value; a stayer
always accepts. γ is not known beforehand: it has a beta distribution, and EMPC is the mean, over γ, of the profit of
the list that is best for that γ. Here every subscriber may have a value of his own.

The profit of the first k is a line in γ, γ·A(k) − B(k), so the best list for each γ lies on an upper envelope of lines,
and the mean over γ is a sum of incomplete beta functions: no numeric integration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Campaign:
    """alpha, beta: of the chance γ that a leaver accepts. value: what a kept leaver is worth (CLV), one figure or one
    per row. offer_cost is paid to whoever accepts, contact_cost for everybody on the list; all in money.
    """

    alpha: float = 6.0
    beta: float = 14.0
    value: float | Floats = 200.0
    offer_cost: float = 10.0
    contact_cost: float = 1.0

    @property
    def accepting(self) -> float:
        """Mean of γ."""
        return self.alpha / (self.alpha + self.beta)


class Profit(NamedTuple):
    """Money per row of the whole population, and the share of it on the list that earns it."""

    mp: float
    mp_share: float
    empc: float
    empc_share: float


def profit(outcome: Ints, score: Floats, campaign: Campaign) -> Profit:
    """MP (at the mean γ) and EMPC of lists of the highest scores, with the list lengths that reach them.

    Lists end between unequal scores only. Per row, so that a list of nobody earns 0.
    """
    from scipy.special import betainc  # takes long to load, and whoever checks the rules does without

    gain, cost, share = _lines(outcome, score, campaign)
    at_mean = campaign.accepting * gain - cost
    best = int(np.argmax(at_mean))
    corners = _envelope(gain, cost)
    gammas = np.diff(cost[corners]) / np.diff(gain[corners])
    edges = np.clip(np.concatenate([[0.0], gammas, [1.0]]), 0, 1)
    mass = np.diff(betainc(campaign.alpha, campaign.beta, edges))
    mean = campaign.accepting * np.diff(betainc(campaign.alpha + 1, campaign.beta, edges))
    empc = float((gain[corners] * mean - cost[corners] * mass).sum())
    return Profit(float(at_mean[best]), float(share[best]), empc, float((share[corners] * mass).sum()))


def expected_profit(probability: Floats, campaign: Campaign) -> Floats:
    """What contacting each row is expected to earn, at the mean γ; the order of a list where values differ."""
    kept = probability * campaign.accepting * (campaign.value - campaign.offer_cost)
    return np.asarray(kept - (1 - probability) * campaign.offer_cost - campaign.contact_cost)


def profit_curve(outcome: Ints, score: Floats, campaign: Campaign) -> tuple[Floats, Floats]:
    """Share of rows on the list and profit per row of the population at the mean γ."""
    gain, cost, share = _lines(outcome, score, campaign)
    return share, campaign.accepting * gain - cost


def _lines(outcome: Ints, score: Floats, campaign: Campaign) -> tuple[Floats, Floats, Floats]:
    """A and B of the lists in order of length, per row, and their share of the rows; the first list is empty."""
    order = np.argsort(-score, kind="stable")
    left = outcome[order]
    value = np.broadcast_to(np.asarray(campaign.value, np.float64), score.shape)[order]
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(order) - 1)
    gain = np.cumsum(left * (value - campaign.offer_cost))[ends]
    cost = np.cumsum((1 - left) * campaign.offer_cost + campaign.contact_cost)[ends]
    count = len(order)
    return np.append(0.0, gain) / count, np.append(0.0, cost) / count, np.append(0.0, ends + 1) / count


def _envelope(gain: Floats, cost: Floats) -> Ints:
    """The lines γ·gain − cost that are highest somewhere for γ ≥ 0, in the order of γ (and so of gain)."""
    order = np.lexsort((cost, gain))
    hull: list[int] = []
    for at in order.tolist():
        if hull and gain[at] <= gain[hull[-1]]:
            continue  # as much gain at no less cost
        while hull and _useless(hull, at, gain, cost):
            hull.pop()
        hull.append(at)
    return np.array(hull)


def _useless(hull: list[int], new: int, gain: Floats, cost: Floats) -> bool:
    """Whether the last line of the hull lies nowhere above both its neighbour and the new line, for γ ≥ 0."""
    last = hull[-1]
    if cost[new] <= cost[last]:
        return True
    if len(hull) == 1:
        return False
    before = hull[-2]
    return bool(
        (cost[last] - cost[before]) * (gain[new] - gain[last]) >= (cost[new] - cost[last]) * (gain[last] - gain[before])
    )
