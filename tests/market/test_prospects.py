"""Competitor customers: every limit from both sides, exclusions, closeness and totals, by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from world import Row, Run, by, call, process, read

# As of March 2026. ann and bob live in Futian, cem in Luohu, dan is nowhere; eve has left.
SUBSCRIBERS = """
subscriber_id activated_on cancelled_on status region
13800000001   2020-01-01   -            active Futian     # ann
13800000002   2020-01-01   -            active Futian     # bob
13800000003   2020-01-01   -            active Luohu      # cem
13800000004   2020-01-01   -            active -          # dan
13800000005   2020-01-01   2026-02-10   closed Luohu      # eve
+8613300000009 2020-01-01  -            active Luohu      # ported in, and written otherwise
"""
BILLS = """
subscriber_id month   total
13800000001   2025-12 999    # too old
13800000001   2026-01 100
13800000001   2026-02 110
13800000001   2026-03 120
13800000002   2026-03 50
13800000003   2026-03 200
"""
ANN, BOB, CEM, DAN, EVE = (f"1380000000{n}" for n in range(1, 6))


def calls(who: str, other: str, month: int, *seconds: int, network: str = "unicom", direction: str = "in") -> list[Row]:
    """Calls of these seconds on the days of a month of 2026."""
    return [
        {
            "subscriber_id": who,
            "start_time": f"2026-{month:02d}-{day:02d} 10:00:00",
            "service": "voice",
            "direction": direction,
            "counterpart": other,
            "counterpart_network": network,
            "duration_s": str(length),
        }
        for day, length in enumerate(seconds, 1)
    ]


def usage() -> list[Row]:
    return [
        # 100 minutes exactly, of two subscribers and in two ways of writing it: 3000 + 3000 s in March
        *calls(ANN, "13000000100", 3, 1500, 1500),
        *calls(BOB, "+86 130-0000-0100", 3, 3000),
        # a second less
        *calls(ANN, "13000000099", 3, 3000, 2999),
        # 100 minutes out, or as messages' seconds, or forwarded: no prospect
        *calls(ANN, "13000000098", 3, 6000, direction="out"),
        *calls(ANN, "13000000097", 3, 6000, direction="forward"),
        # January and March, February missing; cem is the closest: 9000 of 18000 s, ann 6000, bob 3000
        *calls(CEM, "13300000200", 1, 4500, network="telecom"),
        *calls(CEM, "13300000200", 3, 4500, network="telecom"),
        *calls(ANN, "13300000200", 1, 3000, network="telecom"),
        *calls(ANN, "13300000200", 3, 3000, network="telecom"),
        *calls(BOB, "13300000200", 3, 3000, network="telecom"),
        # 60 minutes in each of two months do not add up to a prospect
        *calls(ANN, "13000000096", 2, 3600),
        *calls(ANN, "13000000096", 3, 3600),
        # one long call: thin evidence
        *calls(DAN, "13000000300", 2, 7200),
        # only a subscriber who has left: no contact, thin
        *calls(EVE, "13000000301", 1, 2000, 2000, 2000),
        # ours, however it is written; ours by its last record; a hotline; our own network
        *calls(ANN, "13300000009", 3, 6000, network="telecom"),
        *calls(ANN, "008613300000009", 3, 6000, network="telecom"),
        *calls(ANN, "13000000400", 2, 3000, 3000, 3000),
        *calls(ANN, "13000000400", 3, 60, network="own", direction="out"),
        *calls(ANN, "10010", 3, 6000, 6000),
        *calls(ANN, "13900000500", 3, 6000, 6000, network="own"),
        # the last day of the month, so that March is complete
        *calls(ANN, "13900000501", 3, *[0] * 30, 60, network="own", direction="out"),
    ]


EXPORTS = {"subscribers": SUBSCRIBERS, "bills": BILLS}


@pytest.fixture(scope="module")
def found(module_run: Run) -> dict[str, list[Row]]:
    return module_run({**EXPORTS, "usage": usage()})


def test_who_is_a_prospect(found: dict[str, list[Row]]) -> None:
    assert [row["number"] for row in found["prospects"]] == ["13300000200", "13000000100", "13000000300", "13000000301"]
    assert [row["evidence"] for row in found["prospects"]] == ["firm", "firm", "thin", "thin"]


def test_figures_of_a_prospect(found: dict[str, list[Row]]) -> None:
    """Three months have usage. 7500 s in January, 10500 s in March: 300 minutes, 100 a month.

    Contacts: ann (ARPU 110), bob (50), cem (200): mean 120. Regions: Futian twice, Luohu once.
    Contacts 3, 2, 1, 0: shares 1, 3/4, 2/4, 1/4. ARPU 120, 80, none, none: shares 4/4, 3/4, 0, 0.
    Closeness: 100 × (0.4 × 1 + 0.4 × 1 + 0.2 × 2/3) = 93.33; 100 × (0.4 × 0.75 + 0.4 × 0.75 + 0.2 / 3) = 66.67;
    100 × (0.4 × 0.5 + 0.2 / 3) = 26.67; 100 × (0.4 × 0.25 + 0.2 / 3) = 16.67.
    """
    rows = by(found["prospects"], "number")
    wanted = {
        "rank": "1", "network": "telecom", "region": "Futian", "months": "2", "last_month": "2026-03",
        "minutes": "300.00", "mean_minutes": "100.00", "latest_minutes": "175.00", "calls": "5", "contacts": "3",
        "contacts_arpu": "120.00", "closest_contact": CEM,
    }  # fmt: skip
    assert {key: rows["13300000200"][key] for key in wanted} == wanted
    assert (rows["13000000300"]["region"], rows["13000000300"]["contacts_arpu"]) == ("", "")
    closeness = {number: row["closeness"] for number, row in rows.items()}
    assert closeness == {
        "13300000200": "93.33", "13000000100": "66.67", "13000000300": "26.67", "13000000301": "16.67",
    }  # fmt: skip


def test_contacts_are_listed_closest_first(found: dict[str, list[Row]]) -> None:
    listed = [row for row in found["prospect_contacts"] if row["number"] == "13300000200"]
    assert [(r["contact_no"], r["subscriber_id"], r["minutes"], r["calls"], r["months"]) for r in listed] == [
        ("1", CEM, "150.00", "2", "2"),
        ("2", ANN, "100.00", "2", "2"),
        ("3", BOB, "50.00", "1", "1"),
    ]


def test_equal_contacts_are_in_the_order_of_their_numbers(found: dict[str, list[Row]]) -> None:
    """ann and bob: 50 minutes each; ann called twice."""
    listed = [r["subscriber_id"] for r in found["prospect_contacts"] if r["number"] == "13000000100"]
    assert listed == [ANN, BOB]


def test_totals(found: dict[str, list[Row]]) -> None:
    """January: 125 minutes of telecom, 100 of eve's; February: 120 of dan's; March: 100 and 175."""
    rows = by(found["prospect_totals"], "month", "level", "name")
    keys = ("callers", "share", "minutes", "mean_minutes", "calls", "change")
    assert {k: tuple(rows[k][c] for c in keys) for k in rows if k[1] != "region"} == {
        ("", "all", ""): ("4", "1.0000", "620.00", "124.00", "12", ""),
        ("", "network", "unicom"): ("3", "0.7500", "320.00", "106.67", "7", ""),
        ("", "network", "telecom"): ("1", "0.2500", "300.00", "150.00", "5", ""),
        ("2026-01", "all", ""): ("2", "1.0000", "225.00", "112.50", "5", ""),
        ("2026-01", "network", "unicom"): ("1", "0.5000", "100.00", "100.00", "3", ""),
        ("2026-01", "network", "telecom"): ("1", "0.5000", "125.00", "125.00", "2", ""),
        ("2026-02", "all", ""): ("1", "1.0000", "120.00", "120.00", "1", "-1"),
        ("2026-02", "network", "unicom"): ("1", "1.0000", "120.00", "120.00", "1", "0"),
        ("2026-02", "network", "telecom"): ("0", "0.0000", "0.00", "", "0", "-1"),
        ("2026-03", "all", ""): ("2", "1.0000", "275.00", "137.50", "6", "1"),
        ("2026-03", "network", "unicom"): ("1", "0.5000", "100.00", "100.00", "3", "0"),
        ("2026-03", "network", "telecom"): ("1", "0.5000", "175.00", "175.00", "3", "1"),
    }
    assert rows["2026-03", "region", "Futian"]["callers"] == "2"
    assert rows["", "region", ""]["callers"] == "2"


def test_of_equally_many_contacts_the_region_has_more_minutes(run: Run) -> None:
    rows = [*calls(ANN, "13000000100", 3, 3000), *calls(CEM, "13000000100", 3, 3001)]
    assert run({**EXPORTS, "usage": rows}, command="prospects")["prospects"][0]["region"] == "Luohu"


def test_a_month_without_usage_does_not_count(run: Run) -> None:
    """Without February two months are known: 200 minutes are 100 a month."""
    rows = [*calls(ANN, "13000000100", 1, 6000), *calls(ANN, "13000000100", 3, 6000)]
    row = run({**EXPORTS, "usage": rows}, command="prospects")["prospects"][0]
    assert (row["months"], row["minutes"], row["mean_minutes"]) == ("2", "200.00", "100.00")


def test_a_month_before_the_window_is_not_looked_at(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "telco-crm.toml"
    config.write_text('[rules.prospects]\nmonths = 1\nleave_out = ["telecom"]\n', "utf-8")
    numbers = [r["number"] for r in run({**EXPORTS, "usage": usage()}, "--config", config)["prospects"]]
    assert numbers == ["13000000100"]


def test_who_leaves_stays_excluded_and_a_thin_one_can_be_firm(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "telco-crm.toml"
    config.write_text("[rules.prospects.evidence]\ncalls = 1\ncontacts = 0\n", "utf-8")
    rows = run({**EXPORTS, "usage": usage()}, "--config", config)["prospects"]
    assert {row["evidence"] for row in rows} == {"firm"}


def test_large_months_are_taken_range_by_range(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run({**EXPORTS, "usage": usage()})
    monkeypatch.setattr("telco_crm.market.prospects.ROWS_AT_ONCE", 3)
    assert run({**EXPORTS, "usage": usage()}) == whole


def test_without_usage_or_networks_it_says_so(run: Run, said: Callable[[], str]) -> None:
    assert "prospects" not in run(EXPORTS)
    assert "Not computed: prospects (needs usage)." in said()
    rows = [{k: v for k, v in row.items() if k != "counterpart_network"} for row in usage()]
    tables = run({**EXPORTS, "usage": rows})
    assert "prospects" not in tables
    assert "arpu_bands" in tables
    assert "Not computed: prospects (no answered call from a number of another network is known" in said()


def test_usage_alone_is_enough(run: Run) -> None:
    rows = by(run({"usage": usage()})["prospects"], "number")
    assert rows["13300000200"]["contacts"] == "3"
    assert rows["13300000200"]["contacts_arpu"] == ""


def test_the_picture(run: Run, tmp_path: Path) -> None:
    assert run({**EXPORTS, "usage": usage()})
    (tmp_path / "in").mkdir(exist_ok=True)
    data = next(tmp_path.glob("in0"))
    assert call("prospects", "trend", data, "-o", tmp_path / "trend.svg", "--lang", "zh") == 0
    svg = (tmp_path / "trend.svg").read_text("utf-8")
    assert "电信, 2026-02: 0" in svg
    assert "联通, 2026-03: 1" in svg
    assert (tmp_path / "out0" / "prospects.svg").exists()


def test_commands_as_processes(run: Run, tmp_path: Path) -> None:
    whole = run({**EXPORTS, "usage": usage()})
    for command, table in (("list", "prospects"), ("contacts", "prospect_contacts"), ("totals", "prospect_totals")):
        target = tmp_path / f"{command}.csv"
        done = process("prospects", command, tmp_path / "in0", "-o", target)
        assert done.returncode == 0, done.stderr
        assert read(target) == whole[table]


def test_a_wrong_rule_is_one_sentence(tmp_path: Path) -> None:
    config = tmp_path / "telco-crm.toml"
    config.write_text("[rules.prospects]\nminutes = 0\n", "utf-8")
    done = process("prospects", tmp_path, "-o", tmp_path / "p.csv", "--config", config)
    assert done.returncode == 1
    assert "minutes" in done.stderr
    assert "Traceback" not in done.stderr
