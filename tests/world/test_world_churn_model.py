"""The fitted churn score: when it is used, what it says, and that the numbers in its reasons are right."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import hand_history
import pytest

from world import Row, Run, by, called

LEAVING = (4, 5, 6, 7)  # each leaver of these months is seen at one or two of the cut-offs March to June


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Row]]:
    """The folder that a run with 60 leavers left, and its churn table."""
    folder = tmp_path_factory.mktemp("history")
    return folder / "out0", called(folder)(hand_history.exports(60, LEAVING))["churn"]


@pytest.fixture(scope="module")
def churn(out: tuple[Path, list[Row]]) -> dict[str, Row]:
    return by(out[1], "subscriber_id")


def test_method_says_model_and_the_model_is_kept(out: tuple[Path, list[Row]]) -> None:
    assert {row["method"] for row in out[1]} == {"model"}
    model = json.loads((out[0] / "churn_model.json").read_text("utf-8"))
    # Three months before, two after.
    assert model["training"]["cutoffs"] == ["2026-03", "2026-04", "2026-05", "2026-06"]


def test_scores_are_probabilities_and_ranks_follow_them(out: tuple[Path, list[Row]]) -> None:
    scores = [float(row["churn_score"]) for row in out[1]]
    assert all(0 <= score <= 1 for score in scores)
    assert len(set(scores)) > 100
    assert scores == sorted(scores, reverse=True)
    assert [int(row["risk_rank"]) for row in out[1]] == list(range(1, len(scores) + 1))


def test_everybody_on_the_books_and_nobody_else_is_scored(churn: dict[str, Row]) -> None:
    assert set(churn) == {*hand_history.CLOSE, *(f"s{n:03d}" for n in range(hand_history.STAYERS))}


def test_who_does_as_leavers_did_comes_first(churn: dict[str, Row]) -> None:
    assert {churn["quartered"]["risk_rank"], churn["halved"]["risk_rank"]} == {"1", "2"}
    assert float(churn["halved"]["churn_score"]) > 10 * float(churn["doubled"]["churn_score"])


def test_reasons_of_those_looked_at_closely(churn: dict[str, Row]) -> None:
    assert churn["halved"]["reason_1"] == "bill down 50% against the two months before"
    assert churn["quartered"]["reason_1"] == "bill down 75% against the two months before"


def numbers(rows: list[Row], forms: dict[str, Callable[[str], float | None]]) -> tuple[int, list[str]]:
    """How many reasons have one of the `forms`, and those whose number is not the one worked out for the subscriber."""
    seen, wrong = 0, []
    for row in rows:
        for reason in (row["reason_1"], row["reason_2"], row["reason_3"]):
            for form, value in forms.items():
                if found := re.fullmatch(form, reason):
                    seen += 1
                    if value(row["subscriber_id"]) != float(found["x"]) * (-1 if "down" in found.groupdict() else 1):
                        wrong.append(f"{row['subscriber_id']}: {reason}")
    return seen, wrong


def bills_of(who: str) -> list[float | None]:
    return (hand_history.CLOSE.get(who) or hand_history.stayer(int(who[1:])))[0]


def percent(who: str) -> float | None:
    value = hand_history.change(bills_of(who))
    return None if value is None else float(round(100 * value))


def percent_before(who: str) -> float | None:
    june, july = bills_of(who)[5:7]
    return None if june is None or july is None else float(round(100 * (july / june - 1)))


def august(who: str) -> float | None:
    return bills_of(who)[-1]


def months(who: str) -> float | None:
    record = hand_history.CLOSE.get(who) or hand_history.stayer(int(who[1:]))
    return float(hand_history.months_on_network(record[1]))


ENGLISH: dict[str, Callable[[str], float | None]] = {
    r"bill up (?P<x>\d+)% against the two months before": percent,
    r"bill (?P<down>down) (?P<x>\d+)% against the two months before": percent,
    r"bill up (?P<x>\d+)% between the two months before": percent_before,
    r"bill (?P<down>down) (?P<x>\d+)% between the two months before": percent_before,
    r"a (high|low) bill \((?P<x>\d+)\)": august,
    r"(only )?(?P<x>\d+) months on the network": months,
}
CHINESE: dict[str, Callable[[str], float | None]] = {
    r"账单较前两月上升(?P<x>\d+)%": percent,
    r"账单较前两月(?P<down>下降)(?P<x>\d+)%": percent,
    r"账单在前两月间上升(?P<x>\d+)%": percent_before,
    r"账单在前两月间(?P<down>下降)(?P<x>\d+)%": percent_before,
    r"账单较[高低]（(?P<x>\d+)）": august,
    r"在网仅?(?P<x>\d+)个月": months,
}


def test_numbers_in_reasons_are_those_of_the_subscriber(out: tuple[Path, list[Row]]) -> None:
    seen, wrong = numbers(out[1], ENGLISH)
    assert wrong == []
    assert seen > hand_history.STAYERS


def test_reasons_in_chinese(run: Run, out: tuple[Path, list[Row]]) -> None:
    rows = run(hand_history.exports(60, LEAVING), "--lang", "zh")["churn"]
    assert [row["churn_score"] for row in rows] == [row["churn_score"] for row in out[1]]
    assert by(rows, "subscriber_id")["halved"]["reason_1"] == "账单较前两月下降50%"
    seen, wrong = numbers(rows, CHINESE)
    assert wrong == []
    assert seen > hand_history.STAYERS


# Leaving in April is seen at the cut-off of March alone. What kind of leaving it was, in turn:
COUNTING = ("voluntary", "port_out", "")


def test_fifty_leavers_are_enough(run: Run) -> None:
    assert {row["method"] for row in run(hand_history.exports(50, (4,), COUNTING))["churn"]} == {"model"}


@pytest.mark.parametrize(
    ("leavers", "kinds", "counted"), [(49, COUNTING, 49), (60, ("involuntary",), 0)], ids=["49", "involuntary"]
)
def test_fewer_are_not_and_it_is_said(
    run: Run, said: Callable[[], str], leavers: int, kinds: tuple[str, ...], counted: int
) -> None:
    tables = run(hand_history.exports(leavers, (4,), kinds))
    assert {row["method"] for row in tables["churn"]} == {"rules"}
    why = f"because the history holds only {counted} leavers, and a model needs at least 50"
    assert f"Note: churn: scored by rules, not by a model, {why}." in said()
