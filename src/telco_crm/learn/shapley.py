"""Exact contributions of the columns to a forest's log odds: path-dependent tree Shapley values.

The game is that of Lundberg, Erion and Lee (2018): a column outside the coalition is averaged over, each child of a
node in proportion to the fitted rows that reached it. For one leaf with value v the game is a product, v · Π(inside) I
· Π(outside) w, where I says whether the row fulfils what the path asks of a column, and w is the share of rows that do;
so its Shapley values depend on the few bits I only and are kept in tables, one entry per pattern (see `trees`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import factorial
from typing import NamedTuple

import numpy as np

from telco_crm.learn.coding import Codes, Floats, Ints
from telco_crm.learn.trees import Forest, Group, Rows, Tree

AT_ONCE = 128  # paths whose tables are computed together


class GroupTable(NamedTuple):
    """The contributions of a group of leaves: columns × patterns."""

    columns: list[int]
    values: Floats


class _Path(NamedTuple):
    """The way to a leaf, by column: the share of rows that fulfil what it asks, and which bits say whether they do."""

    columns: tuple[int, ...]
    share: tuple[float, ...]
    care: tuple[int, ...]
    want: tuple[int, ...]
    value: float
    table: GroupTable


class ForestShapley:
    """Contributions of a forest; `expected` is the mean of its value over the rows it was fitted on."""

    def __init__(self, forest: Forest) -> None:
        self._forest = forest
        self.expected = 0.0
        self._tables: list[list[GroupTable]] = []
        paths: dict[int, list[_Path]] = defaultdict(list)
        for tree, groups, weight in zip(forest.trees, forest.groups, forest.weights, strict=True):
            self._tables.append([_begun(tree, group, weight, paths) for group in groups])
            reached = weight / tree.rows[0]
            self.expected += sum(tree.value[leaf] * tree.rows[leaf] * reached for g in groups for leaf, _ in g.leaves)
        paths.pop(0, None)  # a tree that is a single leaf contributes nothing
        for alike in paths.values():
            for start in range(0, len(alike), AT_ONCE):
                _fill(alike[start : start + AT_ONCE])

    def add_to(self, out: Floats, codes: Codes) -> None:
        """Add the contribution of every column to `out` (columns × rows) for the rows of `codes`."""
        rows = Rows(codes)
        for tree, groups, tables in zip(self._forest.trees, self._forest.groups, self._tables, strict=True):
            for pattern, table in zip(rows.patterns(tree, groups), tables, strict=True):
                for column, values in zip(table.columns, table.values, strict=True):
                    out[column] += values.take(pattern)


def _begun(tree: Tree, group: Group, weight: float, paths: dict[int, list[_Path]]) -> GroupTable:
    """The empty table of a group; its paths are added to `paths`, by their number of columns."""
    columns = sorted({tree.column[node] for node in group.nodes})
    table = GroupTable(columns, np.zeros((len(columns), 1 << len(group.nodes))))
    place = {node: 1 << bit for bit, node in enumerate(group.nodes)}
    for leaf, way in group.leaves:
        asked: dict[int, tuple[float, int, int]] = {}
        for node, goes_left in way:
            child = tree.left[node] if goes_left else tree.right[node]
            part, bits, ones = asked.get(tree.column[node], (1.0, 0, 0))
            bit = place[node]
            part *= tree.rows[child] / tree.rows[node]
            asked[tree.column[node]] = (part, bits | bit, ones | (bit if goes_left else 0))
        share, care, want = zip(*asked.values(), strict=True) if asked else ((), (), ())
        paths[len(asked)].append(_Path(tuple(asked), share, care, want, weight * tree.value[leaf], table))
    return table


def _fill(paths: Sequence[_Path]) -> None:
    """Add the contributions of paths with equally many columns to their tables."""
    care, want = np.array([p.care for p in paths]), np.array([p.want for p in paths])
    patterns = np.arange(max(p.table.values.shape[1] for p in paths))
    fulfilled = np.zeros((len(paths), len(patterns)), np.int64)
    for bit in range(care.shape[1]):
        fulfilled |= ((patterns & care[:, bit, None]) == want[:, bit, None]).astype(np.int64) << bit
    game = product_game(np.array([p.share for p in paths])) * np.array([p.value for p in paths])[:, None, None]
    values = np.take_along_axis(game, fulfilled[:, :, None], axis=1).transpose(0, 2, 1)
    for path, value in zip(paths, values, strict=True):
        table = path.table.values
        table[[path.table.columns.index(c) for c in path.columns]] += value[:, : table.shape[1]]


def product_game(share: Floats) -> Floats:
    """Shapley values of the games Π(i in S) I_i · Π(i not in S) w_i, for every I in {0, 1}^d.

    `share` has the w of each game (games × d); the result is games × 2^d × d, where bit i of the second index is I_i.
    """
    count = share.shape[1]
    bits: Ints = (np.arange(1 << count)[:, None] >> np.arange(count)) & 1
    weight = np.array([factorial(s) * factorial(count - s - 1) / factorial(count) for s in range(count)])
    values = np.empty((len(share), 1 << count, count))
    for player in range(count):
        sums = np.zeros((len(share), 1 << count, count))  # over coalitions of the others, by their size
        sums[:, :, 0] = 1
        for other in range(count):
            if other != player:
                grown = sums[:, :, :-1] * bits[:, other, None]
                sums *= share[:, other, None, None]
                sums[:, :, 1:] += grown
        values[:, :, player] = (bits[:, player] - share[:, player, None]) * (sums @ weight)
    return values
