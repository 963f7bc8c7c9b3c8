"""Maximum profit and EMPC: by hand, and against numeric integration."""

from __future__ import annotations

from itertools import groupby, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta

from telco_crm.churn.profit import Campaign, expected_profit, profit, profit_curve

LEFT = np.array([1, 0, 1, 0, 0])
SCORE = np.array([0.9, 0.7, 0.7, 0.2, 0.1])


def test_profit_of_every_list_by_hand() -> None:
    # At γ = 0.3 a leaver earns 0.3 × (200 - 10) - 1 = 56, a stayer costs 10 + 1. The two at 0.7 come together.
    share, money = profit_curve(LEFT, SCORE, Campaign())
    assert share.tolist() == pytest.approx([0, 0.2, 0.6, 0.8, 1.0])
    assert (5 * money).tolist() == pytest.approx([0, 56, 56 + 56 - 11, 90, 79])
    found = profit(LEFT, SCORE, Campaign())
    assert (found.mp, found.mp_share) == pytest.approx((101 / 5, 0.6))


def test_nobody_is_contacted_where_that_only_costs() -> None:
    found = profit(LEFT, SCORE, Campaign(value=5.0))
    assert found == (0, 0, 0, 0)


def moments(campaign: Campaign, low: float, high: float) -> tuple[float, float]:
    """Integrals of the density of γ, and of γ times it, by Gauss-Legendre quadrature over short pieces.

    The pieces become shorter towards 0 and 1, where the density may be steep or without bound, and around its mean.
    """
    alpha, beta_ = campaign.alpha, campaign.beta
    mean, deviation = beta(alpha, beta_).mean(), beta(alpha, beta_).std()
    ends = np.concatenate(
        [np.logspace(-300, 0, 601), 1 - np.logspace(-16, 0, 65), mean + deviation * np.arange(-40, 41)]
    )
    cuts = np.unique(np.clip([low, high, *ends], low, high))
    half, middle = np.diff(cuts)[:, None] / 2, (cuts[1:, None] + cuts[:-1, None]) / 2
    nodes, weights = np.polynomial.legendre.leggauss(40)
    gamma = middle + half * nodes
    weighted = half * weights * beta.pdf(gamma.clip(1e-300, 1 - 1e-15), alpha, beta_)
    return float(weighted.sum()), float((gamma * weighted).sum())


def integrated(outcome: np.ndarray, score: np.ndarray, campaign: Campaign) -> tuple[float, float]:
    """EMPC and its list length by numeric integration of the best list's profit over γ, piece by piece."""
    value = np.broadcast_to(np.asarray(campaign.value, float), score.shape)
    cuts = sorted(set(score.tolist()), reverse=True)
    lists = [np.zeros(len(score), bool), *(score >= cut for cut in cuts)]
    gain = [float((outcome * (value - campaign.offer_cost))[on].sum()) for on in lists]
    cost = [float(((1 - outcome) * campaign.offer_cost + campaign.contact_cost)[on].sum()) for on in lists]
    crossings = {
        (cost[i] - cost[j]) / (gain[i] - gain[j]) for i in range(len(lists)) for j in range(i) if gain[i] != gain[j]
    }
    edges = [0.0, *sorted(c for c in crossings if 0 < c < 1), 1.0]

    best = [int(np.argmax((low + high) / 2 * np.array(gain) - cost)) for low, high in pairwise(edges)]
    empc = length = 0.0
    for at, run in groupby(range(len(best)), key=best.__getitem__):  # neighbours with the same best list go together
        pieces = list(run)
        mass, mean = moments(campaign, edges[pieces[0]], edges[pieces[-1] + 1])
        empc += gain[at] * mean - cost[at] * mass
        length += lists[at].mean() * mass
    return empc / len(score), length


@pytest.mark.parametrize(
    "campaign",
    [
        Campaign(),
        Campaign(alpha=1.0, beta=1.0),
        Campaign(alpha=2.0, beta=20.0, value=80.0, offer_cost=25.0, contact_cost=3.0),
        Campaign(value=np.random.default_rng(3).lognormal(4.5, 1.2, 60)),
    ],
)
def test_empc_is_the_integral(campaign: Campaign) -> None:
    rng = np.random.default_rng(8)
    outcome = (rng.random(60) < 0.25).astype(int)
    score = np.round(np.clip(0.25 + 0.25 * outcome + 0.2 * rng.normal(size=60), 0, 1), 2)
    found = profit(outcome, score, campaign)
    empc, length = integrated(outcome, score, campaign)
    assert found.empc == pytest.approx(empc, abs=1e-6)
    assert found.empc_share == pytest.approx(length, abs=1e-6)
    assert found.empc >= found.mp - 1e-12  # knowing γ is worth something


@pytest.mark.parametrize(
    ("outcome", "score"),
    [
        ([1, 0, 0, 1, 0], [0.3] * 5),  # all scores equal: nobody or everybody
        ([1, 0], [0.2, 0.9]),  # the wrong way round
        ([1], [0.5]),
        ([0], [0.5]),
        ([1, 1, 1], [0.9, 0.5, 0.1]),  # no stayers
        ([0, 0, 0], [0.9, 0.5, 0.1]),  # no leavers: never worth a contact
        ([0] * 9 + [1], [0.0] * 9 + [1.0]),
    ],
)
@pytest.mark.parametrize(
    "campaign",
    [
        Campaign(),
        Campaign(alpha=0.5, beta=0.5),  # density without bound at 0 and 1
        Campaign(alpha=2000.0, beta=3000.0),  # γ is known nearly exactly
        Campaign(alpha=1.0, beta=40.0, value=1e6, offer_cost=0.0, contact_cost=0.0),  # contacts are free
        Campaign(value=0.0),
        Campaign(value=10.0),  # a kept leaver is worth the offer
        Campaign(value=1e9, offer_cost=1e-6, contact_cost=1e6),
    ],
)
def test_empc_of_awkward_sets_and_campaigns(outcome: list[int], score: list[float], campaign: Campaign) -> None:
    left, said = np.array(outcome), np.array(score)
    found = profit(left, said, campaign)
    empc, length = integrated(left, said, campaign)
    assert found.empc == pytest.approx(empc, abs=1e-6, rel=1e-6)
    if campaign.contact_cost > 0:  # else lists of equal profit differ in length
        assert found.empc_share == pytest.approx(length, abs=1e-6)
    assert found.empc >= -1e-12
    assert found.empc >= found.mp - 1e-9 * max(1.0, found.mp)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 300)), min_size=2, max_size=14),
    st.floats(0, 30),
    st.floats(0.01, 5),
)
def test_empc_is_the_integral_for_any_values(rows: list[tuple[bool, int, int]], offer: float, contact: float) -> None:
    outcome = np.array([int(left) for left, _, _ in rows])
    score = np.array([float(s) for _, s, _ in rows])
    campaign = Campaign(value=np.array([float(v) for _, _, v in rows]), offer_cost=offer, contact_cost=contact)
    assert profit(outcome, score, campaign).empc == pytest.approx(integrated(outcome, score, campaign)[0], abs=1e-6)


def test_empc_with_one_value_is_that_of_the_paper() -> None:
    """Equation 18 of Verbraken, Verbeke and Baesens (2013), with F0 and F1 of the corners of the ROC curve's hull."""
    # One list holds all leavers and no stayer: profit γ·(200 - 10)·π0 - 1·π0, positive from γ = 1/190 on.
    outcome, score = np.array([1, 1, 0, 0, 0, 0, 0, 0, 0, 0]), np.arange(10, 0, -1.0)
    wanted = quad(lambda g: max(0.0, 0.2 * (190 * g - 1)) * beta(6, 14).pdf(g), 0, 1, points=[1 / 190])[0]
    assert profit(outcome, score, Campaign()).empc == pytest.approx(wanted, abs=1e-9)


def test_expected_profit_of_a_contact() -> None:
    # p = 0.5, value 200: 0.5 × 0.3 × 190 - 0.5 × 10 - 1 = 22.5
    assert expected_profit(np.array([0.5]), Campaign()).tolist() == pytest.approx([22.5])
