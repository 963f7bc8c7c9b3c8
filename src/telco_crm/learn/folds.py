"""Folds by hash: rows that belong together never part, leavers are spread evenly, the order of rows does not matter."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_crm.learn.coding import Ints


def folds(groups: pd.Series, outcome: Ints, count: int, seed: int) -> Ints:
    """A fold (0 … count - 1) for every row; `groups` says what belongs together (a subscriber, equal rows).

    Groups are dealt out in the order of md5(group || seed), those with a leaver first.
    """
    places, names = pd.factorize(groups)
    digests = _digests(names, seed)
    left = np.zeros(len(names), bool)
    left[places[np.asarray(outcome) == 1]] = True
    fold_of = np.empty(len(names), np.int64)
    fold_of[np.lexsort((digests, ~left))] = np.arange(len(names)) % count
    return np.asarray(fold_of[places])


def row_groups(frame: pd.DataFrame) -> pd.Series:
    """A group for every row, equal for equal rows, so that a copy of a row is never on the other side of a split."""
    return pd.Series(pd.util.hash_pandas_object(frame, index=False).to_numpy(), frame.index)


def keep_some(groups: pd.Series, share: float, seed: int) -> npt.NDArray[np.bool_]:
    """Rows of about that share of the groups, each group whole or not at all."""
    places, names = pd.factorize(groups)
    limit = f"{int(share * 0xFFFFFFFF):08x}"
    return np.asarray((_digests(names, seed) < limit)[places])


def _digests(names: pd.Index, seed: int) -> npt.NDArray[np.str_]:
    return np.array([hashlib.md5(f"{name}{seed}".encode(), usedforsecurity=False).hexdigest() for name in names])
