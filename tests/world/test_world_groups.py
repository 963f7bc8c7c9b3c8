"""The behavioural groups of a small operator: every figure of their table against the segments and the exports."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from statistics import mean

import pytest

from telco_crm.outputs import OUTPUTS
from world import Row, by, call, read, write

# Number: name in English and Chinese (the practice's own).
NAMES = {
    1: ("Long heart-to-hearts", "情深语长组"),
    2: ("Hong Kong callers", "呼叫香港组"),
    3: ("Thrifty callers", "节约通话组"),
    4: ("Business-busy", "业务繁忙组"),
    5: ("Forwards to Telecom", "呼转电信组"),
    6: ("SMS potential", "短信潜力组"),
    7: ("SMS enthusiasts", "短信热衷组"),
    8: ("IP long-chatters", "IP长聊组"),
    9: ("International callers", "国际呼叫组"),
    10: ("IP enthusiasts", "热衷IP组"),
    11: ("Forwards to own network", "转移移动组"),
    12: ("Business potential", "商务潜力组"),
    13: ("All-round developing", "全面发展组"),
    14: ("Domestic toll", "国内长途组"),
    15: ("Taiwan callers", "呼叫台湾组"),
    16: ("Local-busy", "本地繁忙组"),
    17: ("Forwards to Unicom", "转移联通组"),
}
# By commands of their own.
ON_REQUEST = {
    "churn_evaluation",
    "churn_rules",
    "churn_monitor",
    "segment_quality",
}
MONTHS = ("2026-01", "2026-02", "2026-03")  # those that the groups look at


@pytest.fixture(scope="module")
def groups(sample_out: Path) -> list[Row]:
    return read(sample_out / "groups.csv")


@pytest.fixture(scope="module")
def members(sample_out: Path) -> dict[int, list[Row]]:
    """The subscribers of each group, from the segments."""
    found = defaultdict(list)
    for row in read(sample_out / "segments.csv"):
        if row["group_id"]:
            found[int(row["group_id"])].append(row)
    return found


@pytest.fixture(scope="module")
def features(sample: Path) -> list[Row]:
    target = sample.parent / "features.csv"
    assert call("features", sample, "-o", target) == 0
    return read(target)


def figures(groups: list[Row], column: str) -> dict[int, float]:
    return {int(row["group_id"]): float(row[column]) for row in groups if row[column]}


def names_of(groups: list[Row], place: int) -> dict[int, str]:
    """Names by number: the practice's own, and what sets apart groups that its scheme does not know."""
    own = {int(row["group_id"]): row["group"] for row in groups if int(row["group_id"]) > 100}
    return {**{n: names[place] for n, names in NAMES.items()}, **own}


def test_there_is_a_row_per_group_with_its_name(groups: list[Row]) -> None:
    assert {int(row["group_id"]): row["group"] for row in groups} == names_of(groups, 0)
    assert [int(row["group_id"]) for row in groups] == list(names_of(groups, 0))
    assert [name for n, name in names_of(groups, 0).items() if n > 100 and not name.startswith(("high ", "low "))] == []


def test_most_groups_are_found_and_absent_ones_are_flagged(groups: list[Row]) -> None:
    found = {int(row["group_id"]) for row in groups if int(row["subscribers"])}
    assert len(found & set(NAMES)) >= 14
    for row in groups:
        assert ("absent" in row["flags"]) == (int(row["group_id"]) not in found)
        assert ("not in the scheme" in row["flags"]) == (int(row["group_id"]) > 100)


def test_sizes_and_shares_add_up(groups: list[Row], members: dict[int, list[Row]]) -> None:
    sizes = {n: len(members.get(n, ())) for n in names_of(groups, 0)}
    everybody = sum(sizes.values())
    assert everybody > 300
    assert figures(groups, "subscribers") == sizes
    assert figures(groups, "share") == pytest.approx({n: size / everybody for n, size in sizes.items()}, abs=1e-6)


def test_everybody_with_usage_in_the_last_three_months_has_one_group_and_nobody_else(
    sample_out: Path, groups: list[Row], features: list[Row]
) -> None:
    names = names_of(groups, 0)
    used = {row["subscriber_id"] for row in features if row["month"] in MONTHS and row["records"] not in ("", "0")}
    segments = by(read(sample_out / "segments.csv"), "subscriber_id")
    grouped = {who for who, row in segments.items() if row["group_id"]}
    assert used & set(segments) <= grouped
    assert len(grouped) > 300
    for who in grouped:
        assert segments[who]["group"] == names[int(segments[who]["group_id"])]
        assert 0 < float(segments[who]["group_probability"]) <= 1
        assert segments[who]["second_group"] != segments[who]["group"]
    for who in set(segments) - grouped:
        assert (segments[who]["group"], segments[who]["second_group"]) == ("", "")


def test_arpu_and_its_ratio(groups: list[Row], members: dict[int, list[Row]]) -> None:
    bills = {n: [float(r["arpu"]) for r in rows if r["arpu"]] for n, rows in members.items()}
    overall = mean(bill for group in bills.values() for bill in group)
    arpu = {n: mean(group) for n, group in bills.items() if group}
    assert figures(groups, "arpu") == pytest.approx(arpu, abs=0.0051)
    assert figures(groups, "arpu_ratio") == pytest.approx({n: a / overall for n, a in arpu.items()}, abs=1e-4)


def test_arpu_against_the_month_before(groups: list[Row], members: dict[int, list[Row]], features: list[Row]) -> None:
    bill = {(r["subscriber_id"], r["month"]): float(r["arpu"]) for r in features if r["arpu"]}
    expected = {}
    for n, rows in members.items():
        now, before = (
            [bill[who, month] for who in (r["subscriber_id"] for r in rows) if (who, month) in bill]
            for month in ("2026-03", "2026-02")
        )
        expected[n] = mean(now) / mean(before) - 1
    assert figures(groups, "arpu_change") == pytest.approx(expected, abs=2e-6)


def test_ip_ratio_is_that_of_the_calls_of_three_months(
    groups: list[Row], members: dict[int, list[Row]], features: list[Row]
) -> None:
    group_of = {r["subscriber_id"]: n for n, rows in members.items() for r in rows}
    ip: Counter[int] = Counter()
    toll: Counter[int] = Counter()
    for row in features:
        if row["month"] in MONTHS and (n := group_of.get(row["subscriber_id"])) and row["toll_out_calls"]:
            ip[n] += int(row["ip_calls"])
            toll[n] += int(row["toll_out_calls"])
    expected = {n: ip[n] / calls for n, calls in toll.items() if calls}
    assert len(set(expected.values())) > 5
    assert figures(groups, "ip_ratio") == pytest.approx(expected, abs=1e-6)


def test_women_and_months_on_the_network(sample: Path, groups: list[Row], members: dict[int, list[Row]]) -> None:
    gender = {row["subscriber_id"]: row["gender"] for row in read(sample / "subscribers.csv")}
    known = {
        n: [g for r in rows if (g := gender[r["subscriber_id"]]) in ("female", "male")] for n, rows in members.items()
    }
    women = {n: genders.count("female") / len(genders) for n, genders in known.items() if genders}
    assert figures(groups, "share_women") == pytest.approx(women, abs=1e-6)
    months = {n: mean(float(r["months_on_network"]) for r in rows) for n, rows in members.items()}
    assert figures(groups, "mean_months_on_network") == pytest.approx(months, abs=0.051)


def test_names_in_chinese(sample: Path, sample_out: Path, tmp_path: Path) -> None:
    assert call("run", sample, "-o", tmp_path / "out", "--as-of", "2026-03", "--lang", "zh") == 0
    groups = read(tmp_path / "out/groups.csv")
    names = names_of(groups, 1)
    assert {int(row["group_id"]): row["group"] for row in groups} == names
    english, chinese = (read(out / "segments.csv") for out in (sample_out, tmp_path / "out"))
    assert [row["group_id"] for row in chinese] == [row["group_id"] for row in english]
    assert all(not row["group_id"] or row["group"] == names[int(row["group_id"])] for row in chinese)


def scattered(source: Path, target: Path) -> Path:
    """The same exports with the rows of every file turned round and dealt out to two files."""
    target.mkdir()
    for path in source.glob("*.csv"):
        if path.stem.startswith("truth"):
            continue
        rows = read(path)[::-1]
        for part in (0, 1):
            write(target / f"{path.stem}_part{part}.csv", rows[part::2], list(rows[0]))
    return target


def test_order_of_rows_files_and_threads_change_nothing(sample: Path, sample_out: Path, tmp_path: Path) -> None:
    """Of none of the tables, byte by byte."""
    folder = scattered(sample, tmp_path / "in")
    assert call("run", folder, "-o", tmp_path / "out", "--as-of", "2026-03", "--threads", "2") == 0
    tables = sorted(path.name for path in sample_out.glob("*.csv"))
    assert tables == sorted(f"{name}.csv" for name in {*OUTPUTS} - ON_REQUEST)
    assert [t for t in tables if (sample_out / t).read_bytes() != (tmp_path / "out" / t).read_bytes()] == []


def test_offers_that_ask_for_groups_go_to_them(sample_out: Path, groups: list[Row]) -> None:
    """By bill first, then by a late ladder step, then by group, as the catalogue has them."""
    names = names_of(groups, 0)
    group_of = {r["subscriber_id"]: r["group_id"] for r in read(sample_out / "segments.csv")}
    seen = set()
    for row in read(sample_out / "retention.csv"):
        group, arpu, step = group_of[row["subscriber_id"]], float(row["arpu"] or -1), int(row["ladder_step"])
        number = int(group) if group else 0
        if arpu >= 280:
            expected = f"deposit {max(n for n in (280, 380, 580) if arpu >= n)}"
        elif step >= 5:
            expected = "bill credit"
        elif number in (2, 8, 9, 10, 14, 15):
            expected = "toll and IP package"
        elif number in (6, 7):
            expected = "SMS package"
        else:
            expected = "free on-net minutes" if number in (1, 3, 5, 11, 16, 17) else "loyalty points"
        assert row["offer"].startswith(expected), row
        assert row["group"] == (names[number] if number else "")
        seen.add(expected.split()[0])
    assert len(seen) >= 4
