"""The retention list: priority, ladder step, reasons, offers and capacity against values worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import hand_warnings
import pytest
from hand_warnings import CASES, LEFT, PROBABILITY

from world import Row, Run, agrees, by

COLUMNS = [
    *("rank", "subscriber_id", "region", "arpu", "churn_score", "priority"),
    *("ladder_step", "reason", "group", "offer"),
]
POINTS = ("loyalty points and a courtesy call", "积分回馈与关怀回访")
CREDIT = ("bill credit over 6 months with a bundle", "捆绑套餐，分6个月赠送话费")
BACK = tuple((f"deposit {n}, get {n} back over 18 months", f"预存{n}送{n}，分18个月返还") for n in (580, 380, 280))
# The first offer whose conditions hold: by bill, then by ladder step, else the last.
OFFERS = {
    "offer-580": BACK[0],
    "offer-579": BACK[1],
    "offer-380": BACK[1],
    "offer-379": BACK[2],
    "offer-280": BACK[2],
    "offer-279": POINTS,
    "steady": POINTS,
    "silent-unbilled": POINTS,  # step 4, no bill
    "bill-79": CREDIT,  # step 5
    "suspended": CREDIT,  # step 6
}
STATES = {
    1: ("normal use", "good service", "正常使用", "优质服务"),
    2: ("stable but flat", "loyalty programme", "使用平稳无增长", "忠诚度计划"),
    3: ("sudden change or intermittent forwarding", "pro-active call", "使用突变或间歇呼转", "主动关怀外呼"),
    4: (
        "forwarding for long or switched off for long",
        "personal account manager",
        "长期呼转或长期关机",
        "专属客户经理",
    ),
    5: ("asks to suspend, or bill falling", "bundle or bill credit", "申请停机或账单下降", "捆绑优惠或话费补贴"),
    6: (
        "suspended or asks to cancel",
        "persuasion talk; pre-cancellation with a 3-month cooling-off",
        "停机或申请销户",
        "挽留沟通，预销户并设三个月冷静期",
    ),
}


def score(who: str) -> float:
    return PROBABILITY[round(-4 + CASES[who][1], 6)]


def arpu(who: str) -> float:
    """The bill of March, 0 without one."""
    bill = CASES[who][0].get("bills", hand_warnings.STEADY["bills"])[2]
    return 0.0 if bill == "-" else float(bill)


ORDER = sorted(CASES, key=lambda who: (-round(score(who) * arpu(who), 6), -score(who), who))


@pytest.fixture(scope="module")
def rows(warned: dict[str, list[Row]]) -> list[Row]:
    return warned["retention"]


@pytest.fixture(scope="module")
def calls(rows: list[Row]) -> dict[str, Row]:
    return by(rows, "subscriber_id")


@pytest.mark.parametrize("who", CASES)
def test_priority_is_score_times_bill_and_the_step_is_the_highest_that_fits(calls: dict[str, Row], who: str) -> None:
    row, step = calls[who], CASES[who][2]
    assert agrees(row["churn_score"], score(who))
    assert float(row["priority"]) == pytest.approx(score(who) * arpu(who), abs=6e-7)
    assert (int(row["ladder_step"]), row["ladder_state"], row["action"]) == (step, *STATES[step][:2])


def test_one_priority_in_full(calls: dict[str, Row]) -> None:
    assert calls["silent-billed"]["priority"] == "26.894100"  # 0.268941 × 100
    assert calls["bill-79"]["priority"] == "3.793606"  # 0.047426 × 79.99 = 3.79360574
    assert (calls["silent-unbilled"]["arpu"], calls["silent-unbilled"]["priority"]) == ("", "0.000000")


def test_whom_to_call_first(rows: list[Row]) -> None:
    """By priority; equal priorities by score, equal scores by name."""
    assert [row["subscriber_id"] for row in rows] == ORDER
    assert [int(row["rank"]) for row in rows] == list(range(1, len(CASES) + 1))


def test_who_has_left_is_not_called(calls: dict[str, Row]) -> None:
    assert not set(LEFT) & set(calls)


def test_reasons_are_those_of_the_score(calls: dict[str, Row]) -> None:
    assert calls["minutes-less"]["reason"] == "outgoing minutes less than half of the two months before"
    assert calls["all"]["reason"] == (
        "has asked to cancel; no local call the month before although on the network for more than 55 days; "
        "outgoing minutes less than half of the two months before"
    )


def test_where_nothing_raises_the_score_the_step_or_the_bill_is_the_reason(
    calls: dict[str, Row], warned_zh: dict[str, list[Row]]
) -> None:
    assert calls["steady"]["reason"] == "no sign of leaving stands out; a bill of 100.00 is at stake"  # step 1
    assert calls["flat-edges"]["reason"] == "bills of three months within a tenth of each other"  # step 2
    assert calls["forward-long"]["reason"] == "calls forwarded on working days for two months"  # step 4
    assert all(row["reason"] for row in calls.values())
    assert by(warned_zh["retention"], "subscriber_id")["steady"]["reason"] == "无突出离网迹象；涉及账单100.00元"


@pytest.mark.parametrize("who", OFFERS)
def test_offer_is_the_first_that_fits(calls: dict[str, Row], who: str) -> None:
    assert calls[who]["offer"] == OFFERS[who][0]


def test_columns(rows: list[Row]) -> None:
    assert list(rows[0])[: len(COLUMNS)] == COLUMNS


def test_words_in_chinese(warned_zh: dict[str, list[Row]]) -> None:
    calls = by(warned_zh["retention"], "subscriber_id")
    for who, (_, _, step) in CASES.items():
        assert (calls[who]["ladder_state"], calls[who]["action"]) == STATES[step][2:], who
    assert {who: calls[who]["offer"] for who in OFFERS} == {who: words[1] for who, words in OFFERS.items()}
    assert calls["silent-billed"]["reason"] == "主叫分钟不足前两月的一半; 月末连续十天以上未使用"


def test_top_is_the_head_of_the_list(run: Run, rows: list[Row]) -> None:
    assert run(hand_warnings.exports(), "--top", "3", command="retain")["retention"] == rows[:3]


def test_top_in_the_configuration_and_beyond_the_list(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "own.toml"
    config.write_text("[options]\ntop = 1\n")
    bills = {"bills": bills_of(3)}
    assert [row["subscriber_id"] for row in run(bills, "--config", config)["retention"]] == ["s0000"]
    assert len(run(bills, "--config", config, "--top", "5000", command="retain")["retention"]) == 3


def bills_of(count: int) -> str:
    """One bill of 10 each."""
    return "subscriber_id month total\n" + "".join(f"s{n:04d} 2026-03 10\n" for n in range(count))


@pytest.mark.parametrize(
    ("count", "rules", "listed"),
    [
        (100, "", 100),
        (999, "", 100),  # a tenth are 99.9, and at least 100
        (1001, "", 101),  # 100.1
        (100, "share = 0.07\nminimum = 1", 7),
        (3, "share = 0.34\nminimum = 1", 2),  # 1.02
        (3, "share = 0.001\nminimum = 2", 2),
    ],
)
def test_without_top_the_list_holds_a_share(
    run: Run, said: Callable[[], str], tmp_path: Path, count: int, rules: str, listed: int
) -> None:
    config = tmp_path / "own.toml"
    config.write_text(f"[rules.retention]\n{rules}\n")
    rows = run({"bills": bills_of(count)}, "--config", config, command="retain")["retention"]
    # All alike, so by name.
    assert [row["subscriber_id"] for row in rows] == [f"s{n:04d}" for n in range(listed)]
    note = f"the list holds the first {listed:,} of {count:,} subscribers; --top N changes that"
    assert (note in said()) == (count > listed)


def test_without_bills_the_score_alone_decides(run: Run, said: Callable[[], str]) -> None:
    tables = {name: table for name, table in hand_warnings.exports().items() if name != "bills"}
    rows = run(tables, command="retain")["retention"]
    assert "Note: retention: ranked by churn score alone, since there are no bills and so no ARPU." in said()
    assert rows[0]["subscriber_id"] == "all"
    assert [row["priority"] for row in rows] == [row["churn_score"] for row in rows]
    assert {row["arpu"] for row in rows} == {""}
    assert by(rows, "subscriber_id")["suspended"]["ladder_step"] == "6"


OWN = """
[rules.retention]
ladder = [
  { step = 1, en = "any", zh = "任何", when = "true", action = { en = "wait", zh = "等待" } },
  { step = 7, en = "rich", zh = "富", when = "m3.arpu >= 379.99", action = { en = "visit", zh = "拜访" } },
]
[rules.offers]
offers = [
  { id = "band", en = "band", zh = "段", arpu_from = 379.99, arpu_below = 579.99 },
  { id = "grouped", en = "grouped", zh = "群", groups = [1, 2] },
  { id = "step", en = "step", zh = "步", ladder_steps = [7] },
]
"""


def test_own_ladder_and_offers(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "own.toml"
    config.write_text(OWN, encoding="utf-8")
    calls = by(run(hand_warnings.exports(), "--config", config, command="retain")["retention"], "subscriber_id")
    found = {who: (calls[who]["ladder_step"], calls[who]["action"], calls[who]["offer"]) for who in OFFERS}
    assert found["offer-379"] == ("7", "visit", "band")  # from 379.99
    assert found["offer-380"] == ("7", "visit", "band")
    assert found["offer-579"] == ("7", "visit", "step")  # below 579.99
    assert found["offer-580"] == ("7", "visit", "step")
    assert found["suspended"] == ("1", "wait", "")  # no group is known, so none of the offers fits
