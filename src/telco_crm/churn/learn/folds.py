"""Folds by hash: rows that belong together never part, leavers are spread evenly, the order of rows does not matter."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from telco_crm.churn.learn.coding import Ints


def folds(groups: pd.Series, outcome: Ints, count: int, seed: int) -> Ints:
    """A fold (0 … count - 1) for every row; `groups` says what belongs together (a subscriber, equal rows).

    Groups are dealt out in the order of md5(group || seed), those with a leaver first.
    """
    places, names = pd.factorize(groups)
    digests = np.array([hashlib.md5(f"{name}{seed}".encode(), usedforsecurity=False).hexdigest() for name in names])
    left = np.zeros(len(names), bool)
    left[places[np.asarray(outcome) == 1]] = True
    fold_of = np.empty(len(names), np.int64)
    fold_of[np.lexsort((digests, ~left))] = np.arange(len(names)) % count
    return np.asarray(fold_of[places])


def row_groups(frame: pd.DataFrame) -> pd.Series:
    """A group for every row, equal for equal rows, so that a copy of a row is never on the other side of a split."""
    return pd.Series(pd.util.hash_pandas_object(frame, index=False).to_numpy(), frame.index)
