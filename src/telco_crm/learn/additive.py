"""A fitted model that is a sum: log odds = intercept + a table per column + weighted trees.

The probability is floor + (1 - floor) × that of the log odds, and at least `least`; both are the share that no column
tells anything of, and one of them is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import numpy as np
import pandas as pd
from pydantic import Field, model_validator
from scipy.special import expit

from telco_crm.learn.coding import MISSING, Codes, ColumnCode, Floats, encode
from telco_crm.learn.shapley import ForestShapley
from telco_crm.learn.sums import MOST_HEIGHT, Sum, Sums
from telco_crm.learn.trees import Forest, Tree
from telco_crm.rules import Model

BATCH = 16_384  # rows that are worked on at a time: their codes stay in the processor's cache


class Block(Model):
    """Trees that count with the same weight."""

    weight: float
    trees: tuple[Tree, ...]


class AdditiveModel(Model):
    """A fitted model.

    `linear` has, for every column, the log odds of its codes in order and of "missing" last, centred on the mean of the
    fitted rows. `heights` has, in the same way, what the codes of a column count for in `sums`; it is empty for columns
    in none. Trees name columns by their place; the sums follow the columns.
    """

    columns: tuple[ColumnCode, ...]
    heights: tuple[tuple[int, ...], ...] = ()
    sums: tuple[Sum, ...] = ()
    floor: float = Field(0.0, ge=0, lt=1)
    least: float = Field(0.0, ge=0, lt=1)
    intercept: float
    linear: tuple[tuple[float, ...], ...]
    blocks: tuple[Block, ...]

    @model_validator(mode="after")
    def _fits_together(self) -> AdditiveModel:
        if len(self.linear) != len(self.columns):
            raise ValueError("linear and columns differ in length")
        for column, table in zip(self.columns, self.linear, strict=True):
            if len(table) != column.count + 1:
                raise ValueError(f"the table of {column.name} does not fit its codes")
        used = {c for block in self.blocks for tree in block.trees for c in tree.column}
        if used and max(used) >= len(self.columns) + len(self.sums):
            raise ValueError("a tree asks for a column that there is not")
        self._check_sums()
        return self

    def _check_sums(self) -> None:
        if self.heights and len(self.heights) != len(self.columns):
            raise ValueError("heights and columns differ in length")
        summed = {c for one in self.sums for c in one.columns}
        if summed and max(summed) >= len(self.heights):
            raise ValueError("a sum asks for a column that there is not")
        for at, heights in enumerate(self.heights):
            if len(heights) != (self.columns[at].count + 1) * (at in summed):
                raise ValueError(
                    f"the heights of {self.columns[at].name} do not fit its codes, or no sum asks for them"
                )
            if heights and max(map(abs, heights)) > MOST_HEIGHT:
                raise ValueError(f"a height of {self.columns[at].name} is beyond {MOST_HEIGHT}")

    def log_odds(self, frame: pd.DataFrame, threads: int = 1) -> Floats:
        """Log odds of each row of `frame`, which has the model's columns (more do no harm)."""
        return self.coded_log_odds(encode(self.columns, frame, threads), threads)

    def coded_log_odds(self, codes: Codes, threads: int = 1) -> Floats:
        """Log odds of rows as the model's columns code them (columns × rows)."""
        out = np.empty(codes.shape[1])

        def work(rows: slice, codes: Codes) -> None:
            odds = self._forest.values(self._sums.beside(codes)) + self.intercept
            for at, table in enumerate(self._tables):
                odds += table.take(codes[at])
            out[rows] = odds

        _in_batches(codes, work, threads)
        return out

    def probability(self, frame: pd.DataFrame, threads: int = 1) -> pd.Series:
        """Probability of the outcome, by the frame's index."""
        return pd.Series(with_floor(expit(self.log_odds(frame, threads)), self.floor, self.least), frame.index)

    def contributions(self, frame: pd.DataFrame, threads: int = 1) -> pd.DataFrame:
        """Each column's exact part of the log odds (rows × columns); with `base` they add up to the log odds.

        The tables' parts are what they are; the trees' parts are Shapley values (see `shapley`), and those of sums are
        handed on to their columns (see `sums`).
        """
        out = np.zeros((len(self.columns), len(frame)))

        def work(rows: slice, codes: Codes) -> None:
            part = np.zeros((len(codes) + len(self.sums), codes.shape[1]))
            self._shapley.add_to(part, self._sums.beside(codes))
            part = self._sums.handed_on(part, codes)
            for at, table in enumerate(self._tables):
                part[at] += table.take(codes[at])
            out[:, rows] = part

        _in_batches(encode(self.columns, frame, threads), work, threads)
        return pd.DataFrame(out.T, frame.index, [column.name for column in self.columns], copy=False)

    @property
    def base(self) -> float:
        """Log odds before any column is looked at: the mean over the fitted rows."""
        return self.intercept + self._shapley.expected

    @cached_property
    def _tables(self) -> list[Floats]:
        return [_by_code(table) for table in self.linear]

    @cached_property
    def _sums(self) -> Sums:
        return Sums(self.sums, [_by_code(heights) for heights in self.heights])

    @cached_property
    def _forest(self) -> Forest:
        trees = [tree for block in self.blocks for tree in block.trees]
        return Forest(trees, [block.weight for block in self.blocks for _ in block.trees])

    @cached_property
    def _shapley(self) -> ForestShapley:
        return ForestShapley(self._forest)


def with_floor(probability: Floats, floor: float, least: float) -> Floats:
    """The probability of the outcome for whatever reason, told or not; of the told ones `probability` is."""
    return np.maximum(floor + (1 - floor) * probability, least)


def _by_code(table: Sequence[float]) -> Floats:
    """A table of codes in order and of "missing" last as an array of 256."""
    full = np.zeros(256)
    if table:
        full[: len(table) - 1], full[MISSING] = table[:-1], table[-1]
    return full


def _in_batches(codes: Codes, work: Callable[[slice, Codes], None], threads: int) -> None:
    def batches() -> Iterator[slice]:
        for start in range(0, codes.shape[1], BATCH):
            yield slice(start, start + BATCH)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda rows: work(rows, np.ascontiguousarray(codes[:, rows])), batches()))
