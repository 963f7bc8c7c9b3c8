"""Trees taken out of scikit-learn say what scikit-learn says; their contributions are Shapley values."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from math import factorial

import numpy as np
import pytest
from churn_tables import people
from pydantic import ValidationError
from sklearn.ensemble import HistGradientBoostingClassifier

from telco_crm.learn.coding import MISSING, Codes, fit_coding
from telco_crm.learn.grow import Recipe, as_matrix, grow, trees_of
from telco_crm.learn.randomtrees import RandomRecipe, grow_random
from telco_crm.learn.shapley import ForestShapley, product_game
from telco_crm.learn.trees import Forest, Rows, Tree


@cache
def world() -> tuple[Codes, np.ndarray, dict[int, int]]:
    """Codes, outcome and the columns without order of a table with every kind of column."""
    frame, left = people(900, seed=5)
    columns, codes = fit_coding(frame, left, np.arange(900) % 5)
    return codes, left, {at: c.count for at, c in enumerate(columns) if c.nominal}


@pytest.mark.parametrize(("leaves", "features"), [(4, 1.0), (31, 0.5), (60, 0.3)])
def test_forest_is_scikit_learn_to_the_ninth_place(leaves: int, features: float) -> None:
    codes, left, nominal = world()
    rows = np.arange(900) < 600  # so that the others hold codes the trees have not seen
    recipe = Recipe(30, leaves, 5, 0.1, 1.0, features)
    booster = HistGradientBoostingClassifier(
        **recipe._asdict(), early_stopping=False, random_state=0, categorical_features=list(nominal)
    ).fit(as_matrix(codes[:, rows]), left[rows])
    strange = codes.copy()
    strange[:, ::7] = MISSING
    for some in (codes, strange):
        ours = Forest(trees_of(booster, nominal), [1.0] * 30).values(some) + booster._baseline_prediction.item()
        np.testing.assert_allclose(ours, booster.decision_function(as_matrix(some)), rtol=0, atol=1e-9)


def test_growing_does_not_depend_on_threads() -> None:
    from threadpoolctl import threadpool_limits

    codes, left, nominal = world()
    grown = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            grown.append(grow(as_matrix(codes), left, nominal, Recipe(10, 31, 5, 0.1), 4))
    assert grown[0] == grown[1]


def expected(tree: Tree, inside: frozenset[int], codes: Codes) -> float:
    """The mean value of a tree for a row (columns × 1) if only columns `inside` are known."""

    def below(node: int) -> float:
        if tree.column[node] < 0:
            return tree.value[node]
        left, right = tree.left[node], tree.right[node]
        if tree.column[node] in inside:
            return below(left) if Rows(codes).goes_left(tree, node)[0] else below(right)
        return (tree.rows[left] * below(left) + tree.rows[right] * below(right)) / tree.rows[node]

    return below(0)


def by_definition(tree: Tree, codes: Codes) -> list[float]:
    players = range(len(codes))
    value = {
        frozenset(s): expected(tree, frozenset(s), codes)
        for size in range(len(players) + 1)
        for s in combinations(players, size)
    }
    count = len(players)
    return [
        sum(
            factorial(len(s)) * factorial(count - len(s) - 1) / factorial(count) * (value[s | {p}] - v)
            for s, v in value.items()
            if p not in s
        )
        for p in players
    ]


def test_contributions_are_shapley_values_by_definition() -> None:
    codes, left, nominal = world()
    trees = grow(as_matrix(codes), left, nominal, Recipe(4, 24, 5, 0.3), 0)
    shapley = ForestShapley(Forest(trees, [0.5, 1.0, 2.0, 1.0]))
    out = np.zeros((4, 6))
    shapley.add_to(out, codes[:, 20:26])
    for at in range(6):
        row = codes[:, 20 + at : 21 + at]
        each = [by_definition(tree, row) for tree in trees]
        wanted = [sum(w * e[c] for w, e in zip((0.5, 1.0, 2.0, 1.0), each, strict=True)) for c in range(4)]
        np.testing.assert_allclose(out[:, at], wanted, atol=1e-12)


STUMPS = RandomRecipe(n_estimators=1, max_leaf_nodes=2, max_depth=1, min_samples_leaf=1, max_features=1.0)


def test_leaves_of_random_trees_are_shrunken_log_odds() -> None:
    # 8 rows, half left. Code 0: 3 of 4 left, code 1: 1 of 4. With two rows of the overall half each leaf has
    # (3 + 1) / (4 + 2) = 2/3 and 1/3: log odds of ±log 2, less those of the half, which are 0.
    codes = np.array([[0, 0, 0, 0, 1, 1, 1, 1]], np.uint8)
    (tree,) = grow_random(codes, np.array([1, 1, 1, 0, 1, 0, 0, 0]), {}, STUMPS, 0)
    assert (tree.column[0], tree.limit[0], tree.rows) == (0, 0, (8, 4, 4))
    np.testing.assert_allclose([tree.value[tree.left[0]], tree.value[tree.right[0]]], [np.log(2), -np.log(2)])


def test_random_trees_put_categories_in_the_order_of_their_share() -> None:
    # Shares of codes 0, 1, 2: all, none, all of four. Only {1} against {0, 2} leaves a split that says something.
    codes = np.repeat(np.array([[0, 1, 2]], np.uint8), 4, axis=1)
    trees = [grow_random(codes, np.repeat([1, 0, 1], 4), {0: 3}, STUMPS, seed)[0] for seed in range(8)]
    assert {tree.codes[0] for tree in trees} <= {(1,), (0, 1)}  # (0, 1): a cut between equal shares
    assert (1,) in {tree.codes[0] for tree in trees}


def test_missing_values_are_below_all_codes_or_go_with_the_most_rows() -> None:
    codes = np.array([[MISSING] * 3 + [0] * 3], np.uint8)
    (tree,) = grow_random(codes, np.array([1, 1, 1, 0, 0, 0]), {}, STUMPS, 0)
    values = Forest([tree], [1.0]).values(np.array([[MISSING, 0, 9]], np.uint8))
    assert values[0] > 0 > values[1] == values[2]
    (tree,) = grow_random(np.array([[0, 1, 1, 1]], np.uint8), np.array([1, 0, 0, 0]), {}, STUMPS, 0)
    values = Forest([tree], [1.0]).values(np.array([[MISSING, 0, 1]], np.uint8))
    assert values[0] == values[2] < values[1]


def test_random_trees_have_shapley_values_too() -> None:
    codes, left, nominal = world()
    trees = grow_random(codes, left, nominal, RandomRecipe(3, 24, 6, 5, 0.5), 0)
    assert trees == grow_random(codes, left, nominal, RandomRecipe(3, 24, 6, 5, 0.5), 0)
    out = np.zeros((4, 4))
    ForestShapley(Forest(trees, [1.0] * 3)).add_to(out, codes[:, 20:24])
    for at in range(4):
        each = [by_definition(tree, codes[:, 20 + at : 21 + at]) for tree in trees]
        np.testing.assert_allclose(out[:, at], np.sum(each, axis=0), atol=1e-12)


def test_contributions_and_the_mean_add_up_to_the_value() -> None:
    codes, left, nominal = world()
    forest = Forest(grow(as_matrix(codes), left, nominal, Recipe(20, 31, 5, 0.1), 1), [0.7] * 20)
    shapley, out = ForestShapley(forest), np.zeros(codes.shape)
    shapley.add_to(out, codes)
    np.testing.assert_allclose(out.sum(axis=0) + shapley.expected, forest.values(codes), atol=1e-12)
    np.testing.assert_allclose(forest.values(codes).mean(), shapley.expected, atol=1e-9)  # all fitted rows


def test_product_game_of_two_by_hand() -> None:
    # v(S) = Π inside I · Π outside w with w = (0.5, 0.25). For I = (1, 0): v() = 1/8, v(0) = 1/4, v(1) = 0, v(01) = 0.
    # Player 0: ((1/4 - 1/8) + (0 - 0)) / 2 = 1/16. Player 1: ((0 - 1/8) + (0 - 1/4)) / 2 = -3/16.
    game = product_game(np.array([[0.5, 0.25]]))[0]
    np.testing.assert_allclose(game[0b01], [1 / 16, -3 / 16])
    # For I = (1, 1): v(0) = 1/4, v(1) = 1/2, v(01) = 1. Player 0: (1/8 + 1/2) / 2; player 1: (3/8 + 3/4) / 2.
    np.testing.assert_allclose(game[0b11], [5 / 16, 9 / 16])


LEAF = {"missing_left": (0, 0, 0), "value": (0.0, 1.0, 2.0), "rows": (4, 2, 2), "limit": (1, 0, 0)}


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"column": (0, -1, -1), "left": (1, 0, 0), "right": (1, 0, 0)}, "do not make a tree"),
        ({"column": (0, 0, -1), "left": (1, 0, 0), "right": (2, 1, 0)}, "do not make a tree"),
        ({"column": (0, -1), "left": (1, 0, 0), "right": (2, 0, 0)}, "differ in length"),
        ({"column": (0, -1, -1, -1, 0), "left": (4, 0, 0, 0, 1), "right": (3, 0, 0, 0, 2)}, "differ in length"),
    ],
)
def test_nodes_that_are_no_tree_are_refused(parts: dict[str, tuple[int, ...]], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Tree.model_validate({**LEAF, **parts})
