"""Inputs on a scale where people can be compared: logarithms, centred, in standard deviations.

The logarithm of 1 + value / unit is near linear below one unit (a single call in three months is no event to speak
of) and a logarithm far above it, so that heavy tails become differences in proportion. Values below 0 keep their sign.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
LEAST_SCALE = 0.3  # on the log scale: of rare events nobody is made an extreme by a single one
MIDDLE = (0.001, 0.999)  # the scale is that of the people in between


@dataclass(frozen=True)
class Scaling:
    """Per input (p): `unit` in which it is counted, `centre` and `scale` of its logarithm; scale 0: never varied.

    `activity`: how much people do against the reference of the scheme.
    """

    unit: Matrix
    centre: Matrix
    scale: Matrix
    activity: float = 1.0

    @classmethod
    def fit(cls, values: npt.ArrayLike, unit: Matrix, activity: float = 1.0) -> Scaling:
        """From values (rows × p; NaN is unknown). What is unknown for everybody, or never varies, gets scale 0."""
        logs = logarithm(np.asarray(values, dtype=np.float64), unit)
        known = ~np.isnan(logs)
        count = np.maximum(known.sum(axis=0), 1)
        filled = np.where(known, logs, 0)
        centre = filled.sum(axis=0) / count
        low, high = np.quantile(np.where(known, logs, centre), MIDDLE, axis=0)
        cut = np.where(known, np.clip(logs, low, high), np.nan)
        spread = np.sqrt(np.nansum((cut - np.nansum(cut, axis=0) / count) ** 2, axis=0) / count)
        whole = np.sqrt(np.nansum((logs - centre) ** 2, axis=0) / count)
        spread = np.where(spread > 1e-9, spread, whole)
        return cls(unit, centre, np.where(spread > 1e-9, np.maximum(spread, LEAST_SCALE), 0.0), activity)

    def apply(self, values: npt.NDArray[np.floating]) -> Matrix:
        """Standardised logarithms (rows × p); unknown values and inputs of scale 0 are 0."""
        z = logarithm(values.astype(np.float64), self.unit)
        z -= self.centre
        z *= np.divide(1, self.scale, out=np.zeros_like(self.scale), where=self.scale > 0)
        np.nan_to_num(z, copy=False, nan=0.0)
        return z

    def standardised(self, column: int, value: float) -> float:
        """One value of an input; infinite if the input never varied, so that nothing reaches or exceeds it."""
        scale = float(self.scale[column])
        at = float(logarithm(np.array([value]), self.unit[column])[0]) - float(self.centre[column])
        return at / scale if scale > 0 else np.inf


def logarithm(values: Matrix, unit: Matrix) -> Matrix:
    """sign(x) · log(1 + |x| / unit), computed in place of a copy."""
    logs = np.abs(values)
    logs /= unit
    np.log1p(logs, out=logs)
    return np.copysign(logs, values, out=logs)
