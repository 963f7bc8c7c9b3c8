"""95% intervals of shares and means."""

from __future__ import annotations

import math

from scipy.stats import norm, t

LEVEL = 0.95


def wilson(yes: int, n: int) -> tuple[float, float]:
    """Wilson's 95% score interval of a share (1927); n at least 1."""
    z = float(norm.ppf(0.5 + LEVEL / 2))
    middle, half = (yes + z * z / 2), z * math.sqrt(yes * (n - yes) / n + z * z / 4)
    return (middle - half) / (n + z * z), (middle + half) / (n + z * z)


def newcombe(one: tuple[int, int], other: tuple[int, int]) -> tuple[float, float]:
    """Newcombe's hybrid score interval (1998, method 10) of the difference of two shares, each (yes, n)."""
    p, q = one[0] / one[1], other[0] / other[1]
    (low_p, high_p), (low_q, high_q) = wilson(*one), wilson(*other)
    return p - q - math.hypot(p - low_p, high_q - q), p - q + math.hypot(high_p - p, q - low_q)


def of_mean(mean: float, deviation: float, n: int) -> tuple[float, float]:
    """Student's interval of a mean, from the sample's standard deviation; n at least 2."""
    half = float(t.ppf(0.5 + LEVEL / 2, n - 1)) * deviation / math.sqrt(n)
    return mean - half, mean + half
