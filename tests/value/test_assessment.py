"""Who is at risk when, on which bills value rests, and what is said where the data does not allow more."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from telco_crm.config import Config
from telco_crm.run import analyses_for
from telco_crm.session import Settings, analyse, loaded
from telco_crm.value.lives import cells_sql
from telco_crm.worth import WorthRules
from world import Row, Table, by, export, process, read

MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")
# Each at an edge of being at risk; s has a bill in every month, so that there are four months.
EDGES = """
subscriber_id activated_on cancelled_on contract_end brand
s             2025-03-15   -            -            other
first-day     2026-02-01   -            -            other   # joined as the month begins: at risk from March on
day-before    2026-01-31   -            -            other
leaves-1st    2025-03-15   2026-03-01   -            other   # on the books as March begins, and gone in it
leaves-last   2025-03-15   2026-02-28   -            other
gone-before   2025-03-15   2025-12-31   -            other
leaves-later  2025-03-15   2026-05-01   -            other
short         2026-02-10   2026-02-20   -            other   # never on the books as a month begins
bound         2025-03-15   -            2026-02-01   other   # running as February begins, then just ended
undated       -            -            -            other   # first seen in February, so at risk from March on
"""
AT_RISK = {  # the months at risk, with an x where the subscriber leaves
    "s": "01 02 03 04",
    "first-day": "03 04",
    "day-before": "02 03 04",
    "leaves-1st": "01 02 03x",
    "leaves-last": "01 02x",
    "gone-before": "",
    "leaves-later": "01 02 03 04",
    "short": "",
    "bound": "01 02 03 04",
    "undated": "03 04",
}
BILLS = "subscriber_id month total\n" + "\n".join(f"s {m} 100" for m in MONTHS) + "\nundated 2026-02 50"
Frames = Callable[..., dict[str, pd.DataFrame]]


@pytest.fixture
def made(tmp_path: Path) -> Frames:
    """`made(exports, *queries, **rules)`: results of queries after the assessment."""

    def run(exports: dict[str, Table], *queries: str, **rules: object) -> dict[str, pd.DataFrame]:
        folder = export(tmp_path / "in", exports)
        with loaded(folder, {}, Settings(Config(rules={"assessment": rules}), as_of=None)) as data:
            context, _ = analyse(data, analyses_for("value_assessment"))
            cells = cells_sql(context, context.rules(WorthRules, "assessment"))
            return {sql: context.engine.frame(cells if sql == "cells" else sql) for sql in queries}

    return run


@pytest.mark.parametrize("who", AT_RISK)
def test_who_is_at_risk_in_which_month(made: Frames, who: str) -> None:
    people = EDGES.strip().splitlines()
    chosen = [people[0], *[line for line in people[1:] if line.split()[0] == who]]
    bills = BILLS if who == "undated" else BILLS.rsplit("\n", 1)[0]
    if who != "s":
        bills = bills.replace("s 2026", "other 2026")  # a bill without a record keeps the months
    cells = made({"subscribers": "\n".join(chosen), "bills": bills}, "cells")["cells"]
    assert (cells["n"] == 1).all()
    found = [f"{m - 24312:02d}{'x' if left else ''}" for m, left in zip(cells["month"], cells["left"], strict=True)]
    assert " ".join(found) == AT_RISK[who]


def test_what_is_known_of_a_month_at_risk(made: Frames) -> None:
    exports = {"subscribers": EDGES.replace("s             2025-03-15   -            -", "s  2025-03-15 - -", 1),
               "bills": BILLS}  # fmt: skip
    people = "SELECT subscriber_id, band, level FROM lives ORDER BY 1"
    found = made(exports, "cells", people)
    cells = found["cells"]
    # The landmark is February, the second of four months: bands are known from March on, of who was there.
    assert cells.loc[cells["month"] <= 24314, "band"].isna().all()
    bands = found[people].set_index("subscriber_id")
    assert bands.loc["s"].tolist() == [3, 100]  # (80,120]
    assert bands.loc["leaves-1st", "band"] == -1  # no bill
    assert pd.isna(bands.loc["leaves-last", "band"])  # gone by the landmark
    # 2025-03-15: eleven whole months as March begins, twelve as April does, which is step 4.
    old = cells[cells["tenure"] == 4].groupby("month")["n"].sum()
    assert old.to_dict() == {24316: 3}
    contracts = cells.groupby(["month", "contract"])["n"].sum()
    # The contract ends on February 1: running in January and February, just ended in March and April.
    assert [contracts.get((24312 + m, s), 0) for m, s in ((1, 2), (2, 2), (3, 1), (4, 1))] == [1, 1, 1, 1]


def test_the_level_is_the_mean_of_whole_months(made: Frames) -> None:
    # new joined on March 16: the bill of a part of March is left out beside April. newest joined on April 16 and last
    # on April 30: 15 and 1 of 30 days. Together they brought 50 in 16 days, which is 93.75 in a month. A quarter of
    # such a month is mixed in: (40 + 23.4375) ÷ (0.5 + 0.25) = 84.58, (10 + 23.4375) ÷ (0.0333 + 0.25) = 118.01. That
    # of March of reused, activated in April, is of another subscriber. gap has no bill of February; none has none at
    # all; small is below the first step.
    exports = {
        "subscribers": """
            subscriber_id activated_on
            new 2026-03-16
            newest 2026-04-16
            last 2026-04-30
            reused 2026-04-01
            gap 2025-01-01
            none 2025-01-01
            small 2025-01-01""",
        "bills": """
            subscriber_id month total late_fee
            new 2026-03 50 -
            new 2026-04 100 -
            newest 2026-04 40 -
            last 2026-04 10 -
            reused 2026-03 900 -
            reused 2026-04 60 -
            gap 2026-01 1000 -
            gap 2026-03 110 10
            gap 2026-04 200 -
            small 2026-04 5 -""",
    }
    query = "SELECT subscriber_id, band, level FROM assessed"
    found = made(exports, query)[query].set_index("subscriber_id")
    assert found["level"].round(2).to_dict() == {
        "new": 100, "newest": 84.58, "last": 118.01, "reused": 60, "gap": 150, "none": 20, "small": 20,
    }  # fmt: skip
    assert found["band"].to_dict() == {"new": 3, "newest": 3, "last": 3, "reused": 2, "gap": 4, "none": -1, "small": 0}


def test_new_subscribers_are_worth_what_their_days_brought_together(made: Frames) -> None:
    """Ten joined on April 2, 4 … 20, at 3 a day, and ten of the same days at 6 a day: the levels, 90 and 180 a month,
    are drawn to their middle, 135, but together they stay 20 × 135; not so if short parts counted as longer ones.
    """
    days = [(f"{name}{day}", day, price) for day in range(2, 22, 2) for name, price in (("low", 3), ("high", 6))]
    people = "subscriber_id activated_on\n" + "\n".join(f"{who} 2026-04-{day:02d}" for who, day, _ in days)
    bills = "subscriber_id month total\nold 2026-01 1\nold 2026-04 1\n" + "\n".join(
        f"{who} 2026-04 {price * (31 - day)}" for who, day, price in days
    )
    query = "SELECT subscriber_id, level FROM assessed WHERE subscriber_id <> 'old'"
    found = made({"subscribers": people, "bills": bills}, query)[query].set_index("subscriber_id")["level"]
    assert found.sum() == pytest.approx(20 * 135, rel=1e-5)
    # April 2: 29 of 30 days: (87 + 135 ÷ 4) ÷ (29 ÷ 30 + 1 ÷ 4)
    assert found["low2"] == pytest.approx((87 + 33.75) / (29 / 30 + 0.25), rel=1e-5)
    assert found["high20"] > found["low20"] > found["low2"]


def crowd(leavers: int, months: tuple[str, ...] = MONTHS, last: int = 4) -> dict[str, Table]:
    """100 subscribers of 2024 with bills of 100; the first `leavers` of them leave in the month `last`."""
    gone = f"2026-{last:02d}-10"
    people = [f"p{n:03d} 2024-01-01 {gone if n < leavers else '-'} other" for n in range(100)]
    bills = [f"p{n:03d} {m} 100" for m in months for n in range(100) if n >= leavers or int(m[-2:]) <= last]
    return {
        "subscribers": "\n".join(["subscriber_id activated_on cancelled_on brand", *people]),
        "bills": "\n".join(["subscriber_id month total", *bills]),
    }


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., tuple[list[Row], list[str]]]:
    """`told(exports, *options)`: the assessment by a process, and what its manifest notes."""

    def run(exports: dict[str, Table], *options: str) -> tuple[list[Row], list[str]]:
        folder, out = export(tmp_path / "in", exports), tmp_path / "out.csv"
        done = process("value", "assessment", folder, "-o", out, *options)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        return read(out), json.loads((tmp_path / "out.csv.manifest.json").read_text("utf-8"))["notes"]

    return run


def test_few_leavers_make_everybody_leave_alike(told: Callable[..., tuple[list[Row], list[str]]]) -> None:
    rows, notes = told(crowd(20))
    assert {row["method"] for row in rows} == {"rate"}
    assert len({row["value"] for row in rows}) == 1
    assert any("20 subscribers are known to have left and 50 are needed" in note for note in notes)


def test_without_leavers_the_rate_is_assumed(told: Callable[..., tuple[list[Row], list[str]]]) -> None:
    rows, notes = told(crowd(0))
    assert {row["method"] for row in rows} == {"assumed"}
    # 100 × 0.4 × the sum of (0.98 ÷ 1.1^(1/12))^t over 24 months
    ratio = 0.98 / 1.1 ** (1 / 12)
    assert float(rows[0]["value"]) == pytest.approx(40 * ratio * (1 - ratio**24) / (1 - ratio), abs=0.005)
    assert rows[0]["expected_low"] == rows[0]["expected_high"] == rows[0]["value"]  # nothing was measured
    assert any("0 subscribers are known to have left" in note and "2.0% a month" in note for note in notes)


def test_one_month_is_enough_for_lifetimes_but_not_for_how_revenue_goes_on(
    told: Callable[..., tuple[list[Row], list[str]]],
) -> None:
    rows, notes = told(crowd(60, MONTHS[:1], last=1))
    assert {row["method"] for row in rows} == {"model"}
    assert len(rows) == 40
    assert any("bills of one month cannot show how revenue goes on" in note for note in notes)


def test_without_bills_there_are_lifetimes_and_no_amounts(told: Callable[..., tuple[list[Row], list[str]]]) -> None:
    usage = [
        {"subscriber_id": f"p{n:03d}", "start_time": f"{m}-28 12:00:00", "service": "voice", "direction": "out",
         "duration_s": "60"}
        for m in MONTHS for n in range(100)
    ]  # fmt: skip
    rows, notes = told({"subscribers": crowd(60, last=3)["subscribers"], "usage": usage})
    assert {row["value"] for row in rows} == {""}
    assert {row["method"] for row in rows} == {"model"}
    assert all(float(row["expected_months"]) > 1 for row in rows)
    assert any("lifetimes only, no amounts, since there are no bills" in note for note in notes)


def test_without_activation_dates_lifetimes_are_told_without_tenure(
    told: Callable[..., tuple[list[Row], list[str]]],
) -> None:
    exports = crowd(60)
    exports["subscribers"] = str(exports["subscribers"]).replace(" 2024-01-01 ", " - ")
    rows, notes = told(exports)
    assert {row["method"] for row in rows} == {"model"}
    assert any("40 subscribers have no activation date" in note for note in notes)


def test_without_records_the_rate_is_assumed(told: Callable[..., tuple[list[Row], list[str]]]) -> None:
    rows, _ = told({"bills": crowd(0)["bills"]})
    assert (len(rows), {row["method"] for row in rows}) == (100, {"assumed"})


def test_exports_that_show_late_leavers_only_are_noticed(made: Frames, tmp_path: Path) -> None:
    # 60 of 100 leave in April; at that rate 60 would have been expected in each of the months before.
    exports = crowd(60)
    exports["subscribers"] = str(exports["subscribers"]).replace("2024-01-01", "2023-12-20")
    survival = "SELECT * FROM survival WHERE kind = 'all' ORDER BY months_on_network"
    curve = made(exports, survival, minimum_at_risk=1)[survival]
    # So lives are looked at from April 1 on, day 833 of all (in month 27); 60 leave on the 10th, day 842; a month is
    # 30.4375 days, and the 28th begins on day 852.
    assert curve["months_on_network"].tolist() == [27, 28]
    assert curve["from_month"].unique().tolist() == [27]
    assert curve["survival"].tolist() == pytest.approx([1.0, 0.4], abs=1e-9)
    done = process("value", "segments", tmp_path / "in", "-o", tmp_path / "s.csv")
    assert "nobody is known to have left before 2026-04" in done.stderr.replace("\n", " ")


def test_retention_takes_the_value_of_the_own_lifetime(tmp_path: Path) -> None:
    folder, out = export(tmp_path / "in", crowd(60)), tmp_path / "out"
    done = process("run", folder, "-o", out, "--no-store", "--lang", "zh")
    assert done.returncode == 0, done.stderr
    worth = by(read(out / "value_assessment.csv"), "subscriber_id")
    called = read(out / "retention.csv")
    assert called
    for row in called:
        own = worth[row["subscriber_id"]]
        assert (row["kept_value"], row["kept_value_low"], row["kept_value_high"]) == (
            own["value"], own["expected_low"], own["expected_high"],
        )  # fmt: skip
    notes = json.loads((out / "manifest.json").read_text("utf-8"))["notes"]
    assert any("挽留价值按用户自身预期在网时长计算" in note for note in notes)
    names = {row["kind"]: row["kind_name"] for row in read(out / "value_segments.csv")}
    assert names == {"all": "全部", "arpu_band": "ARPU档", "brand": "品牌", "contract": "合约", "tenure": "在网月数"}


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("margin = 1.5", "margin"),
        ("horizon_months = 0", "horizon_months"),
        ("arpu_steps = [20, 20]", "arpu_steps must be above 0 and rise"),
        ("tenure_steps = [0, 3]", "tenure_steps must be above 0 and rise"),
        ("horizon = 3", "horizon"),
    ],
)
def test_wrong_rules_are_told(tmp_path: Path, rule: str, says: str) -> None:
    folder = export(tmp_path / "in", crowd(0))
    config = tmp_path / "own.toml"
    config.write_text(f"[rules.assessment]\n{rule}\n")
    done = process("value", "assessment", folder, "-o", tmp_path / "out.csv", "--config", config)
    assert done.returncode == 1
    assert says in done.stderr
    assert not (tmp_path / "out.csv").exists()
