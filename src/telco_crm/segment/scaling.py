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
TINY = 1e-9  # less than that is no difference
ROWS = 16_384  # at a time
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
        columns = np.asarray(values).T
        parts = [_centre_and_scale(column, unit[at]) for at, column in enumerate(columns)]
        centre, scale = np.array(parts).T.copy()
        return cls(unit, centre, scale, activity)

    def table(self, values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """The same as `apply`, in the precision of the values and with no more memory than that takes."""
        z = np.empty_like(values)
        for first in range(0, len(values), ROWS):
            z[first : first + ROWS] = self.apply(values[first : first + ROWS])
        return z

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


def _centre_and_scale(column: npt.NDArray[np.floating], unit: float) -> tuple[float, float]:
    """Of one input: mean of the logarithm, and standard deviation of the people in the middle (0: never varied)."""
    logs = logarithm(column.astype(np.float64), np.array(unit))
    known = logs[~np.isnan(logs)]
    if not len(known):
        return 0.0, 0.0
    centre = float(known.mean())
    logs[np.isnan(logs)] = centre
    spread = float(np.clip(known, *np.quantile(logs, MIDDLE)).std())
    spread = spread if spread > TINY else float(known.std())
    return centre, max(spread, LEAST_SCALE) if spread > TINY else 0.0
