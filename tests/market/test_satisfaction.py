"""Surveys, complaints and who leaves: every boundary from both sides, by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from telco_crm.errors import TelcoError
from telco_crm.market.complaints import still_open
from telco_crm.market.drivers import importance, shapley, shrunk
from world import Row, Run, by, call, export, process

# As of March 2026: surveys and complaints of October to March count; the cut-off of leaving is the end of January.
SUBSCRIBERS = """
subscriber_id activated_on cancelled_on cancel_kind status region
ann           2020-01-01   2026-02-01   voluntary   closed north    # the first day after the cut-off
bob           2020-01-01   -            -           active north
cem           2020-01-01   2026-03-31   involuntary closed north    # not by choice
dan           2020-01-01   2026-04-01   voluntary   closed south    # later
eve           2020-01-01   2026-03-15   port_out    closed south
fay           2020-01-01   2026-01-31   voluntary   closed south    # before the end of January
gil           2026-02-01   -            -           active south    # joins after it
hal           2026-01-31   -            -           active -
"""
BILLS = [
    {"subscriber_id": who, "month": month, "total": "100"}
    for month in ("2026-01", "2026-02", "2026-03")
    for who in ("bob", "cem", "dan", "eve", "hal")
]
EVENTS = """
subscriber_id time                kind      area       score resolved_at
bob           2025-10-01~00:00:00 survey    network    4     -
bob           2026-03-31~23:59:59 survey    ~network~  6     -              # mean 5: low
dan           2026-02-01~10:00:00 survey    network    6     -
eve           2026-02-01~10:00:00 survey    network    7     -
bob           2025-09-30~23:59:59 survey    network    1     -              # too early
bob           2026-04-01~00:00:00 survey    network    1     -              # too late
dan           2026-02-01~10:00:00 survey    shop       9     -
eve           2026-02-01~10:00:00 survey    shop       8     -
dan           2026-02-01~10:00:00 survey    -          4     -
bob           2026-02-01~10:00:00 survey    Overall    6     -
hal           2026-02-01~10:00:00 survey    总体       8     -
hal           2026-02-02~10:00:00 survey    shop       -     -              # no score
ann           2026-01-02~00:00:00 complaint network    -     2026-02-01~00:00:00    # open at the cut-off; 720 h
bob           2026-01-01~00:00:00 complaint network    -     2026-01-04~00:00:00    # 72 h: not late
bob           2026-01-31~00:00:00 complaint network    -     2026-01-31~00:59:59    # 30 days later: repeated
bob           2026-03-02~00:00:01 complaint network    -     2026-03-05~00:00:02    # a second later; 72 h + 1 s
bob           2026-03-02~00:00:02 complaint shop       -     -                      # about something else; open
eve           2026-02-01~00:00:00 complaint shop       -     2026-04-01~00:00:00 # after the cut-off; not yet resolved
eve           2025-07-31~23:59:59 complaint shop       -     2025-08-01~00:00:00    # too early, also for the cut-off
bob           2026-03-31~23:59:59 enquiry   network    -     -
dan           2025-10-01~00:00:00 enquiry   tariff     -     -
dan           2025-09-30~23:59:59 enquiry   tariff     -     -                      # too early
hal           2026-03-01~12:00:00 enquiry   -          -     -
"""
EXPORTS = {"subscribers": SUBSCRIBERS, "bills": BILLS, "events": EVENTS}


@pytest.fixture(scope="module")
def found(module_run: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Row]]:
    config = tmp_path_factory.mktemp("rules") / "telco-crm.toml"
    config.write_text("[rules.satisfaction]\nminimum = 2\n", "utf-8")
    return module_run(EXPORTS, "--config", config)


def test_scores(found: dict[str, list[Row]]) -> None:
    """Network: bob 5, dan 6, eve 7: mean 6, deviation 1; 4.3027 × 1 / √3 = 2.484. One of three is low (5 or less).

    Everything: dan 4, bob 6, hal 8: mean 6, deviation 2; 4.968 to each side, cut at 10. Shop: 9 and 8.
    Mean of the areas: bob 5, dan (6 + 9) / 2 = 7.5, eve (7 + 8) / 2 = 7.5: mean 6.667.
    """
    rows = by(found["satisfaction"], "level", "name", "question", "area")
    keys = ("people", "answers", "score", "score_low", "score_high", "low_share")
    shown = {key[2:]: tuple(row[k] for k in keys) for key, row in rows.items() if key[0] == "all"}
    assert shown["area", "network"] == ("3", "4", "6.00", "3.52", "8.48", "0.3333")
    assert shown["overall", ""] == ("3", "3", "6.00", "1.03", "10.00", "0.3333")
    assert shown["area", "shop"] == ("2", "2", "8.50", "2.15", "10.00", "0.0000")
    assert shown["mean", ""][:3] == ("3", "6", "6.67")
    south = rows["region", "south", "area", "network"]
    assert (south["people"], south["score"]) == ("2", "6.50")


def test_no_score_of_too_few(found: dict[str, list[Row]], run: Run) -> None:
    north = by(found["satisfaction"], "level", "name", "question", "area")["region", "north", "area", "network"]
    assert [north[k] for k in ("people", "score", "score_low", "score_high", "low_share")] == ["1", "", "", "", ""]
    shipped = run(EXPORTS)  # ten people are needed
    assert {row["score"] for row in shipped["satisfaction"]} == {""}
    assert {row["rate"] for row in shipped["satisfaction_leaving"]} == {""}


def test_pull(found: dict[str, list[Row]]) -> None:
    """Five scores: 5, 6, 7 of the network, 9, 8 of shops: mean 7. 3/5 × (6 - 7) = -0.6; 2/5 × (8.5 - 7) = 0.6."""
    rows = by(found["satisfaction_drivers"], "area")
    assert {area: (row["score"], row["pull"]) for area, row in rows.items()} == {
        "network": ("6.00", "-0.600"),
        "shop": ("8.50", "0.600"),
    }
    assert {row["importance"] for row in rows.values()} == {""}


def test_complaints(found: dict[str, list[Row]]) -> None:
    """Network: 720 h, 72 h, 3599 s, and 72 h and a second, all resolved. Shops: both open, 720 h and eve's 1416 h."""
    rows = by([row for row in found["complaints"] if row["typed"]], "typed", "area")
    keys = ("complaints", "subscribers", "resolved", "open", "late", "repeated", "hours_median", "hours_p90")
    assert {k: tuple(row[c] for c in keys) for k, row in rows.items()} == {
        # enquiries of dan, and of hal about nothing that is told; no complaint
        ("true", "tariff"): ("0", "0", "0", "0", "0", "0", "", ""),
        ("true", ""): ("0", "0", "0", "0", "0", "0", "", ""),
        ("true", "network"): ("4", "2", "4", "0", "2", "1", "72.0", "720.0"),
        ("true", "shop"): ("2", "2", "0", "2", "2", "0", "", ""),
        # of six, resolved after 1, 72, 72 and 720 h; the third resolution leaves half of them open
        ("false", ""): ("6", "3", "4", "2", "4", "1", "72.0", ""),
    }
    assert rows["true", "network"]["repeat_share"] == "0.2500"
    assert {area: row["enquiries"] for (_, area), row in rows.items() if area} == {
        "network": "1",
        "shop": "0",
        "tariff": "1",
    }
    assert rows["false", ""]["enquiries"] == "3"


def test_complaints_by_region(found: dict[str, list[Row]]) -> None:
    """North: ann's complaint and bob's four; of its people only bob is still here, too few for a rate. South: eve's,
    who has left; dan, who goes later, and gil are still here and have not complained. hal has no region.
    """
    rows = by(found["complaints"], "level", "area", "name")
    keys = ("typed", "complaints", "subscribers", "open", "repeated", "enquiries", "members", "per_hundred")
    shown = {name: tuple(row[c] for c in keys) for (level, _, name), row in rows.items() if level == "region"}
    assert shown == {
        "north": ("", "5", "2", "1", "1", "1", "1", ""),
        "south": ("", "1", "1", "1", "0", "1", "2", "0.00"),
    }
    # bob, dan, gil and hal; bob's four
    assert (rows["all", "", ""]["members"], rows["all", "", ""]["per_hundred"]) == ("4", "100.00")
    tiers = [row for (level, *_), row in rows.items() if level == "tier"]
    assert sum(int(row["complaints"]) for row in tiers) == 4  # bob's; ann and eve have left


def test_resolved_before_it_was_made_is_resolved_at_once(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("[rules.satisfaction]\nminimum = 2\n", "utf-8")
    made = "complaint network 2026-03-01~00:00:00"
    events = f"subscriber_id time kind area resolved_at\nbob 2026-03-02 {made}\ndan 2026-03-03 {made}\n"
    tables = run({"bills": BILLS, "events": events}, "--config", tmp_path / "own.toml")
    row = by(tables["complaints"], "level", "area")["all", ""]
    assert (row["resolved"], row["late"], row["hours_median"]) == ("2", "0", "0.0")
    assert [row["hours"] for row in tables["service_history"]] == ["0.0", "0.0"]


@pytest.mark.parametrize("command", ["scores", "drivers", "complaints"])
def test_only_what_stands_in_the_way_is_named(tmp_path: Path, command: str) -> None:
    folder = export(tmp_path / "in", {"bills": BILLS})  # groups need usage, but are only made use of
    with pytest.raises(TelcoError) as refused:
        call("satisfaction", command, folder, "-o", tmp_path / "x.csv", "-q")
    assert refused.value.problems[0].endswith("nothing was written (needs events)")


def test_who_leaves(found: dict[str, list[Row]]) -> None:
    """At the cut-off: ann, bob, cem, dan, eve, hal. Complained: ann, who left, and bob. Others: of cem, dan, eve and
    hal eve left by choice. Wilson of 1/2: (1 + 1.9207 ± 1.96 × √(0.5 + 0.9604)) / 5.8415 = 0.5 ± 0.4055. ann's
    complaint was open at the end of January, bob's were resolved. Only bob had answered by then, with a 4.
    """
    rows = by(found["satisfaction_leaving"], "sign")
    one = rows["complained"]
    assert [one[k] for k in ("cutoff", "subscribers", "left", "rate", "rate_low", "rate_high")] == [
        "2026-01", "2", "1", "0.5000", "0.0945", "0.9055",
    ]  # fmt: skip
    assert [one[f"other_{k}"] for k in ("subscribers", "left", "rate")] == ["4", "1", "0.2500"]
    assert one["difference"] == "0.2500"
    unresolved = rows["unresolved"]
    assert [unresolved[k] for k in ("subscribers", "left", "rate")] == ["1", "1", ""]
    assert [unresolved[f"other_{k}"] for k in ("subscribers", "left")] == ["1", "0"]
    low = rows["low_score"]
    assert [low[k] for k in ("subscribers", "left", "other_subscribers", "difference")] == ["1", "0", "0", ""]


@pytest.mark.parametrize(
    ("hours", "resolved", "median", "most"),
    [
        ([1, 2, 3, 4], [1, 1, 1, 1], 2, 4),
        # of the two left after the open one, half is resolved at 3: 0.75 × 0.5
        ([1, 2, 3, 4], [1, 0, 1, 1], 3, 4),
        ([1, 5, 5], [1, 0, 0], None, None),
        ([2, 2], [1, 0], 2, None),  # resolved and still open at the same time: the open one was there, too
    ],
)
def test_time_to_resolve(hours: list[int], resolved: list[int], median: float | None, most: float | None) -> None:
    arrays = np.array(hours, float), np.array(resolved, bool)
    assert still_open(*arrays, 0.5) == median
    assert still_open(*arrays, 0.1) == most


@pytest.mark.parametrize(
    ("one", "other", "between", "shares"),
    [
        (0.6, 0.3, 0.0, (0.36, 0.09)),  # nothing in common: the squares
        (0.6, 0.6, 0.5, (0.24, 0.24)),  # (0.36 + 0.36 - 2 × 0.36 × 0.5) / 0.75 = 0.48, halved
        # 0.36 / 0.75 = 0.48 in all. First 0.36, second 0.48 - 0: mean 0.42; 0 and 0.48 - 0.36: 0.06
        (0.6, 0.0, 0.5, (0.42, 0.06)),
    ],
)
def test_shapley_shares(one: float, other: float, between: float, shares: tuple[float, float]) -> None:
    found, total = shapley(np.array([[[1, between, one], [between, 1, other], [one, other, 1]]]))
    assert found[0] == pytest.approx(shares)
    assert total[0] == pytest.approx(sum(shares))


def test_correlations_of_few_people_are_shrunk() -> None:
    """Four people, correlation 0.5: (1 - 0.25)² / 3 = 0.1875 of 0.25 is noise, so 1/4 of 0.5 is kept."""
    x, z = np.array([1, -1, 1, -1.0]), np.array([1, 1, -1, -1.0])
    found = shrunk(np.column_stack([x, 0.5 * x + np.sqrt(0.75) * z]))
    assert found == pytest.approx(np.array([[1, 0.125], [0.125, 1]]))
    # Correlations 1, 0 and 0: noise (0 + 1 + 1) / 3 of 1 + 0 + 0: 1/3 is kept
    third = np.array([[1, 1 / 3, 0], [1 / 3, 1, 0], [0, 0, 1]])
    assert shrunk(np.column_stack([x, x, z])) == pytest.approx(third)


def test_few_people_and_areas_that_go_together_can_be_solved() -> None:
    rng = np.random.default_rng(1)
    base = rng.integers(1, 11, 12).astype(float)
    areas = np.column_stack([base + rng.normal(0, 0.3, 12), base + rng.normal(0, 0.3, 12), np.full(12, 7.0)])
    found = importance(areas, base, 50, seed=3)
    assert sum(found.columns["importance"]) == pytest.approx(1)
    assert found.columns["importance"][2] == 0  # everybody gave a 7
    assert 0 < found.r_squared <= 1
    again = importance(areas, base, 50, seed=3)
    assert again == found


def test_importance_finds_what_moves_everything() -> None:
    """Everything = 0.8 network + 0.2 shop + noise, areas apart: shares of R² are 16 to 1."""
    rng = np.random.default_rng(5)
    areas = rng.normal(0, 1, (4000, 2))
    found = importance(areas, areas @ [0.8, 0.2] + rng.normal(0, 0.5, 4000), 100, seed=0)
    assert found.columns["importance"] == pytest.approx([16 / 17, 1 / 17], abs=0.02)
    assert found.columns["importance_low"][0] < 16 / 17 < found.columns["importance_high"][0]


def test_what_is_missing_is_said(run: Run, said: Callable[[], str]) -> None:
    tables = run({"subscribers": SUBSCRIBERS, "bills": BILLS})
    words = said()
    assert "arpu_bands" in tables
    assert not {"satisfaction", "complaints", "satisfaction_leaving"} & set(tables)
    assert "Not computed: satisfaction (needs events). Not computed: complaints (needs events)." in words
    payments = "subscriber_id time kind\nbob 2026-03-01 payment"
    assert "satisfaction" not in run({"bills": BILLS, "subscribers": SUBSCRIBERS, "events": payments})
    words = said()
    assert "Not computed: satisfaction (no survey in these months has a score)." in words
    assert "Not computed: complaints (there is no complaint in these months)." in words
    late = [row for row in BILLS if row["month"] > "2026-01"]
    assert "satisfaction_leaving" not in run({**EXPORTS, "bills": late})
    assert "(the data does not reach back to 2026-01, from where leaving is followed)" in said()


def test_commands_as_processes(run: Run, tmp_path: Path) -> None:
    whole = run(EXPORTS)
    tables = {
        "scores": "satisfaction", "drivers": "satisfaction_drivers", "complaints": "complaints",
        "leaving": "satisfaction_leaving",
    }  # fmt: skip
    for command, table in tables.items():
        done = process("satisfaction", command, tmp_path / "in0", "-o", "-", "--quiet")
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[0].split(",") == list(whole[table][0])
        assert len(done.stdout.splitlines()) == len(whole[table]) + 1
