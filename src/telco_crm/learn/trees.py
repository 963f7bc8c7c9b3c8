"""Boosted trees on codes: grown by scikit-learn, kept as plain nodes.

Trees are applied by bit patterns: each decision of a tree is one comparison of a column of codes, the decisions of a
few nodes together are the bits of a small integer, and a table gives the sum of the leaves for each integer. That needs
a handful of vector operations per tree and is faster than descending row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import model_validator

from telco_crm.learn.coding import MISSING, Codes, Floats
from telco_crm.rules import Model

GROUP_NODES = 8  # decisions in one pattern; a path may have more
MOST_DEPTH = 12


class Tree(Model):
    """One tree, by node; node 0 is the root, `column` is -1 at leaves.

    A row goes left if its code in `column` is at most `limit`, or is one of `codes` where the node is in there (columns
    without order); a missing code goes left where `missing_left` is 1. `value` is in log odds, `rows` how many fitted
    rows reached the node.
    """

    column: tuple[int, ...]
    limit: tuple[int, ...]
    missing_left: tuple[int, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    value: tuple[float, ...]
    rows: tuple[int, ...]
    codes: dict[int, tuple[int, ...]] = {}

    @model_validator(mode="after")
    def _is_a_tree(self) -> Tree:
        count = len(self.column)
        if any(len(part) != count for part in (self.limit, self.missing_left, self.left, self.right, self.value)):
            raise ValueError("the lists of a tree differ in length")
        children = [c for n in range(count) if self.column[n] >= 0 for c in (self.left[n], self.right[n])]
        if len(self.rows) != count or sorted(children) != list(range(1, count)):
            raise ValueError("the nodes do not make a tree")
        if any(child <= n for n in range(count) if self.column[n] >= 0 for child in (self.left[n], self.right[n])):
            raise ValueError("a child stands before its parent")
        depth = [0] * count
        for n in range(count):
            if self.column[n] >= 0:
                depth[self.left[n]] = depth[self.right[n]] = depth[n] + 1
        if max(depth) > MOST_DEPTH:
            raise ValueError(f"a tree is deeper than {MOST_DEPTH}")
        return self

    def paths(self) -> Iterator[tuple[int, list[tuple[int, bool]]]]:
        """Every leaf with the decisions on the way to it: (node, whether it goes left)."""
        todo: list[tuple[int, list[tuple[int, bool]]]] = [(0, [])]
        while todo:
            node, path = todo.pop()
            if self.column[node] < 0:
                yield node, path
            else:
                todo.append((self.right[node], [*path, (node, False)]))
                todo.append((self.left[node], [*path, (node, True)]))


@dataclass(frozen=True)
class Group:
    """Some leaves of a tree and the nodes that decide about them: bit j of the pattern is the decision of nodes[j]."""

    nodes: tuple[int, ...]
    leaves: tuple[tuple[int, list[tuple[int, bool]]], ...]


def groups_of(tree: Tree) -> list[Group]:
    """The leaves of a tree, parted so that few nodes decide about each part."""
    parts: list[tuple[set[int], list[Any]]] = []
    for leaf, path in tree.paths():
        nodes = {node for node, _ in path}
        for known, leaves in parts:
            if len(known | nodes) <= GROUP_NODES:
                known |= nodes
                leaves.append((leaf, path))
                break
        else:
            parts.append((nodes, [(leaf, path)]))
    return [Group(tuple(sorted(nodes)), tuple(leaves)) for nodes, leaves in parts]


def patterns_that_match(group: Group, path: Sequence[tuple[int, bool]]) -> npt.NDArray[np.bool_]:
    """Which of the 2^k patterns of `group` take the way of `path`."""
    place = {node: 1 << bit for bit, node in enumerate(group.nodes)}
    care = sum(place[node] for node, _ in path)
    want = sum(place[node] for node, goes_left in path if goes_left)
    return np.asarray((np.arange(1 << len(group.nodes)) & care) == want)


class Rows:
    """The codes of some rows, ready to be asked: columns × rows, and the same with "missing" as the lowest code."""

    def __init__(self, codes: Codes) -> None:
        self.codes, self.count = codes, codes.shape[1]
        self._raised: dict[int, Codes] = {}

    def goes_left(self, tree: Tree, node: int) -> Codes:
        """0 or 1 for each row."""
        at = tree.column[node]
        if node in tree.codes:
            table = np.zeros(256, np.uint8)
            table[list(tree.codes[node])] = 1
            table[MISSING] = tree.missing_left[node]
            return np.asarray(table[self.codes[at]])
        if tree.missing_left[node]:
            return np.asarray(self._missing_lowest(at) <= np.uint8(tree.limit[node] + 1)).view(np.uint8)
        return np.asarray(self.codes[at] <= np.uint8(tree.limit[node])).view(np.uint8)

    def _missing_lowest(self, at: int) -> Codes:
        if at not in self._raised:
            self._raised[at] = self.codes[at] + np.uint8(1)  # 255 becomes 0
        return self._raised[at]

    def patterns(self, tree: Tree, groups: Sequence[Group]) -> Iterator[npt.NDArray[np.intp]]:
        """The pattern of every row, group by group."""
        bits = {node: self.goes_left(tree, node) for node in range(len(tree.column)) if tree.column[node] >= 0}
        for group in groups:
            kind = np.dtype(np.uint8 if len(group.nodes) <= 8 else np.uint16)
            pattern = np.zeros(self.count, kind)
            for place, node in enumerate(group.nodes):
                np.bitwise_or(pattern, np.left_shift(bits[node], place, dtype=kind), out=pattern)
            yield pattern.astype(np.intp)


class Forest:
    """Trees whose values are added up, each times its weight."""

    def __init__(self, trees: Sequence[Tree], weights: Sequence[float]) -> None:
        self.trees, self.weights = list(trees), list(weights)
        self.groups = [groups_of(tree) for tree in self.trees]
        self._tables = [
            [_value_table(tree, group, weight) for group in groups]
            for tree, groups, weight in zip(self.trees, self.groups, self.weights, strict=True)
        ]

    def values(self, codes: Codes) -> Floats:
        """The sum of the trees for every row of `codes` (columns × rows)."""
        rows = Rows(codes)
        total = np.zeros(rows.count)
        for tree, groups, tables in zip(self.trees, self.groups, self._tables, strict=True):
            for pattern, table in zip(rows.patterns(tree, groups), tables, strict=True):
                total += table.take(pattern)
        return total


def _value_table(tree: Tree, group: Group, weight: float) -> Floats:
    table = np.zeros(1 << len(group.nodes))
    for leaf, path in group.leaves:
        table[patterns_that_match(group, path)] = weight * tree.value[leaf]
    return table
