"""The rule score at the edge of every rule, against odds added up by hand."""

from __future__ import annotations

from pathlib import Path

import hand_warnings
import pytest
from hand_warnings import CASES, LEFT, PROBABILITY

from world import Row, Run, agrees, by

COLUMNS = ["subscriber_id", "churn_score", "risk_rank", "method", "reason_1", "reason_2", "reason_3"]
CANCEL = ("has asked to cancel", "已申请销户")
LOCAL = ("no local call the month before although on the network for more than 55 days", "在网超55天且上月无本地通话")
MINUTES = ("outgoing minutes less than half of the two months before", "主叫分钟不足前两月的一半")
FORWARD = ("forwards calls to a rival's network", "呼转至竞争对手网络")
GAP = ("not used for ten days or more at the end of the month", "月末连续十天以上未使用")
COMPLAINT = ("a complaint was left open at the end of its month", "有投诉当月未解决")
YOUNG = ("less than six months on the network", "在网不足六个月")
# The rules with the greatest weights first, those of equal weight in the order of the file; none that lowers the score.
REASONS = {
    "steady": (),
    "bundled": (),
    "all": (CANCEL, LOCAL, MINUTES),
    "silent-billed": (MINUTES, GAP),
    "silent-unbilled": (GAP,),
    "local-day-56": (LOCAL, YOUNG),
    "forward-rival": (FORWARD,),
    "complaint-solved-late": (COMPLAINT,),
    "plans-3": (
        ("more than 2 plans used, few IP minutes and few incoming calls", "用过的套餐超过2个，IP分钟和被叫较少"),
    ),
    "bill-79": (("bill falling for two months, by more than a fifth", "账单连续下降且超过两成"),),
    "rival-march": (("contact with a competitor", "接触竞争对手"),),
    "bundled-ending": (("the contract ends within three months", "合约三个月内到期"),),
}


@pytest.fixture(scope="module")
def rows(warned: dict[str, list[Row]]) -> list[Row]:
    return warned["churn"]


@pytest.fixture(scope="module")
def churn(rows: list[Row]) -> dict[str, Row]:
    return by(rows, "subscriber_id")


@pytest.mark.parametrize("who", CASES)
def test_score_is_the_probability_of_the_rules_that_hold(churn: dict[str, Row], who: str) -> None:
    odds = round(-4 + CASES[who][1], 6)
    assert agrees(churn[who]["churn_score"], PROBABILITY[odds])


@pytest.mark.parametrize("who", REASONS)
def test_reasons_are_the_heaviest_rules_in_words(churn: dict[str, Row], who: str) -> None:
    words = [english for english, _ in REASONS[who]]
    assert [churn[who][f"reason_{n}"] for n in (1, 2, 3)] == [*words, "", "", ""][:3]


def test_reasons_in_chinese(warned_zh: dict[str, list[Row]], rows: list[Row]) -> None:
    chinese = warned_zh["churn"]
    assert [[r[c] for c in COLUMNS[:4]] for r in chinese] == [[r[c] for c in COLUMNS[:4]] for r in rows]
    found = by(chinese, "subscriber_id")
    for who, reasons in REASONS.items():
        words = [zh for _, zh in reasons]
        assert [found[who][f"reason_{n}"] for n in (1, 2, 3)] == [*words, "", "", ""][:3], who


def test_ranks_follow_the_score_and_the_name(rows: list[Row]) -> None:
    expected = sorted(CASES, key=lambda who: (-PROBABILITY[round(-4 + CASES[who][1], 6)], who))
    assert [row["subscriber_id"] for row in rows] == expected
    assert [int(row["risk_rank"]) for row in rows] == list(range(1, len(CASES) + 1))


def test_method_says_rules(rows: list[Row]) -> None:
    assert list(rows[0])[: len(COLUMNS)] == COLUMNS
    assert {row["method"] for row in rows} == {"rules"}


def test_who_has_left_is_not_warned_of(churn: dict[str, Row]) -> None:
    assert not set(LEFT) & set(churn)


OWN = """
[rules.churn.rule_score]
base = 0.0
rules = [
  { when = "m3.arpu > 500", weight = 2.0, en = "rich", zh = "富" },
  { when = "m3.arpu > 550", weight = 1.0, en = "richer", zh = "更富" },
  { when = "p.status = 'suspended'", weight = -1.0, en = "stopped", zh = "停" },
]
"""


def test_own_rules_replace_the_shipped_ones(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "own.toml"
    config.write_text(OWN, encoding="utf-8")
    churn = by(run(hand_warnings.exports(), "--config", config)["churn"], "subscriber_id")
    assert agrees(churn["steady"]["churn_score"], 0.5)  # odds 0
    assert agrees(churn["suspended"]["churn_score"], 0.268941)  # odds -1
    assert agrees(churn["offer-579"]["churn_score"], 0.952574)  # odds 3: exp(-3) = 0.049787
    assert [churn["offer-579"][f"reason_{n}"] for n in (1, 2, 3)] == ["rich", "richer", ""]
    assert churn["suspended"]["reason_1"] == ""
