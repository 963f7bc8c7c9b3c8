"""Records of traffic as arrays, small enough for millions of subscribers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telco_crm.synth.arrays import Ints
from telco_crm.synth.calls import time_order

Whole = NDArray[np.signedinteger[Any]]
_TYPES = {"stream": np.int8, "where": np.int8, "volume": np.int64}  # the others fit into 32 bits


@dataclass(frozen=True)
class Records:
    """Records in time order, one entry each; -1 where there is none.

    `second` of the day, `subscriber`, `stream` (position in streams.STREAMS), `counterpart` (in the number
    book), `where` (in streams.ROAMING), `seconds`, `volume` in bytes, `cents`, `cell` (in the cells' names).
    """

    second: Whole
    subscriber: Whole
    stream: Whole
    counterpart: Whole
    where: Whole
    seconds: Whole
    volume: Whole
    cents: Whole
    cell: Whole


def packed(**columns: Ints) -> Records:
    """Records in as few bytes as their columns need."""
    return Records(**{name: column.astype(_TYPES.get(name, np.int32)) for name, column in columns.items()})


def merged(parts: Sequence[Records]) -> Records:
    """The records of all parts in time order."""
    if len(parts) == 1:
        return parts[0]
    order = time_order(np.concatenate([part.second for part in parts]).astype(np.int64))
    names = [field.name for field in fields(Records)]
    return Records(**{name: np.concatenate([getattr(part, name) for part in parts])[order] for name in names})
