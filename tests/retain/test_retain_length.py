"""The order and the length of the retention list, by the options that a campaign has, worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from one_month import ONE_MONTH

from telco_crm.errors import TelcoError
from world import Row, Run

# A contact costs 1; a month's ARPU is worth 0.5. Nothing but the base of the rule score holds: 0.017986. Everybody
# takes the offer but those with large bills: half of these take another, that costs {cost}.
RULES = (
    ONE_MONTH
    + """[rules.offers]
offers = [
  {{ id = "dear", en = "d", zh = "d", arpu_from = 800, take_up = 0.5, cost = {cost} }},
  {{ id = "all", en = "a", zh = "a", take_up = 1.0 }},
]
"""
)
BILLS = {"big": 900, "c": 600, "b": 640, "low": 111}
# Profits: b 0.008993 × 640 − 1 = 4.756, c 4.396, low −0.002;
# big 0.0044965 × 900 − 1 = 3.047, or with a cost of 7.2, at half that, −0.553.


def listed(run: Run, tmp_path: Path, *options: object, cost: float = 0, more: str = "") -> list[Row]:
    config = tmp_path / "own.toml"
    config.write_text(RULES.format(cost=cost) + more, "utf-8")
    bills = "subscriber_id month total\n" + "\n".join(f"{who} 2026-03 {bill}" for who, bill in BILLS.items())
    command = "run" if more else "retain"
    return run({"bills": bills}, "--config", config, *map(str, options), command=command)["retention"]


@pytest.mark.parametrize(
    ("cost", "options", "names"),
    [
        (0, ("--by", "profit"), "b c big"),
        (0, ("--by", "profit", "--top", 2), "b c"),
        (0, ("--by", "profit", "--min-profit", -9), "b c big low"),
        (0, ("--by", "profit", "--min-profit", 4), "b c"),
        (0, ("--by", "profit", "--budget", 2), "b c"),
        (0, ("--by", "profit", "--budget", 0.5), ""),
        (7.2, (), "big b c low"),  # a tenth, and at least 100: all
        (7.2, ("--by", "revenue"), "big b c low"),
        (7.2, ("--top", 1), "big"),
        (7.2, ("--budget", 5.6), "big b"),  # 1 + 0.5 × 7.2, and 1
        (7.2, ("--min-profit", 4), "b c"),
        (7.2, ("--by", "profit"), "b c"),
    ],
)
def test_order_and_length(run: Run, tmp_path: Path, cost: float, options: tuple[object, ...], names: str) -> None:
    rows = listed(run, tmp_path, *options, cost=cost)
    assert [row["subscriber_id"] for row in rows] == names.split()
    assert [row["rank"] for row in rows] == [str(n) for n in range(1, len(rows) + 1)]
    for row in rows:  # in any order: churn score × ARPU
        assert float(row["priority"]) == pytest.approx(0.017986 * BILLS[row["subscriber_id"]])


def test_a_run_takes_them_from_the_configuration(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = listed(run, tmp_path, more='[options]\nby = "profit"\nmin_profit = 3.0\nbudget = 2\n')
    assert [row["subscriber_id"] for row in rows] == ["b", "c"]
    said = " ".join(capsys.readouterr().err.split())
    assert "retention: in the order of expected profit; the list holds 2 of 4 subscribers" in said
    assert "--top N changes that" not in said


def test_without_bills_there_is_no_order_of_profits(run: Run) -> None:
    usage = {"usage": "subscriber_id start_time service direction\na 2026-03-31~10:00:00 voice out\n"}
    for options in (("--by", "profit"), ("--min-profit", "1")):
        with pytest.raises(TelcoError) as why:
            run(usage, *options, command="retain")
        assert "without bills nothing is known of profits; leave out --by profit and --min-profit" in str(why.value)
    assert len(run(usage, "--budget", "9", command="retain")["retention"]) == 1
