"""Scenario tags: confidence and evidence at the edges of each sign."""

from __future__ import annotations

from pathlib import Path

import pytest

from world import Row, by, call, export, read

SUBSCRIBERS = """
subscriber_id brand activated_on cancelled_on status birth_year account_id
age-16        mzone 2025-01-01   -            active 2010       -
age-15        mzone 2025-01-01   -            active 2011       -
age-24        other 2025-01-01   -            active 2002       -
age-25        mzone 2025-01-01   -            active 2001       -
pair-1        other 2025-01-01   -            active -          a
pair-2        other 2025-01-01   -            active -          a
alone         other 2025-01-01   -            active -          b
gone          other 2025-01-01   2026-03-01   closed -          b
"""


def calls(who: str, month: int, count: int, hour: int = 12, **columns: str) -> list[Row]:
    """That many calls of a minute to as many numbers, one a day from the first of the month on."""
    row = {
        "service": "voice",
        "direction": "out",
        "toll": "local",
        "roaming": "home",
        "duration_s": "60",
        "volume_bytes": "",
    }
    return [
        {**row, "subscriber_id": who, "start_time": f"2026-{month:02d}-{n % 28 + 1:02d} {hour:02d}:{n // 28:02d}:00",
         "counterpart": f"1390000{n:04d}", **columns}
        for n in range(count)
    ]  # fmt: skip


def data(who: str, night: float, day: float) -> list[Row]:
    """A session at 02:00 and one at 12:00 in March, of that many MB."""
    row = {"subscriber_id": who, "service": "data", "direction": "out"}
    return [
        {**row, "start_time": f"2026-03-10 {hour}:00:00", "volume_bytes": str(round(volume * 1024 * 1024))}
        for hour, volume in (("02", night), ("12", day))
    ]


USAGE = [
    # 5 of 25 calls while roaming: 20%; 4 of 20: too few.
    *calls("roams-5", 3, 20), *calls("roams-5", 3, 5, 13, roaming="domestic"),
    *calls("roams-4", 3, 16), *calls("roams-4", 3, 4, 13, roaming="domestic"),
    # In the third month half of ten calls while roaming in the country; in the first none of ten, or two of ten.
    *calls("moved", 1, 10), *calls("moved", 3, 5), *calls("moved", 3, 5, 13, roaming="domestic"),
    *calls("been-there", 1, 8), *calls("been-there", 1, 2, 13, roaming="domestic"),
    *calls("been-there", 3, 5), *calls("been-there", 3, 5, 13, roaming="domestic"),
    # 2 of 10 calls at night; 1 of 10.
    *calls("night-2", 3, 8), *calls("night-2", 3, 2, 2),
    *calls("night-1", 3, 9), *calls("night-1", 3, 1, 2),
    # 10 calls forwarded of 20 that arrived; 9 of 18.
    *calls("forwards-10", 3, 10, direction="in"), *calls("forwards-10", 3, 10, 13, direction="forward"),
    *calls("forwards-9", 3, 9, direction="in"), *calls("forwards-9", 3, 9, 13, direction="forward"),
    # Of 60 calls 36 in busy hours (60 %), the others at 22:00; one less; 59 calls.
    *calls("busy-36", 3, 36, 10, counterpart="1"), *calls("busy-36", 3, 24, 22, counterpart="1"),
    *calls("busy-35", 3, 35, 10, counterpart="1"), *calls("busy-35", 3, 25, 22, counterpart="1"),
    *calls("busy-few", 3, 59, 10, counterpart="1"),
    # 60 and 59 contacts: calls at 22:00 on all days of four weeks, so neither busy nor on working days.
    *calls("knows-60", 3, 60, 22), *calls("knows-59", 3, 59, 22),
    # Roamed in each of three months, and from abroad, and 20 % of five calls: all signs; without the first month none.
    *(c for month in (1, 2, 3) for c in calls("roams-on", month, 5, roaming="international")),
    *(c for month in (2, 3) for c in calls("roams-late", month, 5, roaming="domestic")),
    # Data: 30 % of 50 MB between 23:00 and 7:00; less of either.
    *data("surfs", 15, 35), *data("surfs-less", 14.9, 35.1), *data("surfs-few", 20, 29),
    # One contact has 30 % of ten calls and messages, and 60 % of calls are on working days.
    *calls("one-friend", 3, 3, counterpart="1"), *calls("one-friend", 3, 7, 13),
]  # fmt: skip

# (subscriber, tag): confidence; None: not given
TAGS = {
    ("age-16", "student"): "0.7500",  # age 2 and brand 1 of 4
    ("age-15", "student"): None,  # brand alone: a quarter
    ("age-24", "student"): "0.5000",
    ("age-25", "student"): None,
    ("pair-1", "family"): "0.5000",
    ("pair-2", "family"): "0.5000",
    ("alone", "family"): None,  # the other line has left
    ("roams-5", "traveller"): "0.5000",
    ("roams-4", "traveller"): None,
    ("moved", "new_city"): "0.6667",
    ("been-there", "new_city"): None,
    ("night-2", "night_owl"): "0.5000",
    ("night-1", "night_owl"): None,
    ("forwards-10", "multi_sim"): "0.5000",
    ("forwards-9", "multi_sim"): None,
    ("busy-36", "business"): "0.5000",  # 2 of 4; 44 of 60 calls on working days are less than 80 %
    ("busy-35", "business"): None,
    ("busy-few", "business"): None,
    ("knows-60", "business"): None,  # a quarter
    ("knows-59", "business"): None,
    ("roams-on", "traveller"): "1.0000",
    ("roams-late", "traveller"): "0.5000",
    ("surfs", "night_owl"): "0.5000",
    ("surfs-less", "night_owl"): None,
    ("surfs-few", "night_owl"): None,
    ("one-friend", "family"): None,  # a quarter: 8 of 10 calls are on working days
}


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("tags") / "in", {"subscribers": SUBSCRIBERS, "usage": USAGE})


@pytest.fixture(scope="module")
def tags(exports: Path) -> dict[tuple[str, str], Row]:
    target = exports.parent / "tags.csv"
    assert call("tags", exports, "-o", target, "--as-of", "2026-03", "--no-store", "-q") == 0
    return by(read(target), "subscriber_id", "tag")


@pytest.mark.parametrize(("key", "confidence"), TAGS.items())
def test_tag(tags: dict[tuple[str, str], Row], key: tuple[str, str], confidence: str | None) -> None:
    assert (tags[key]["confidence"] if key in tags else None) == confidence


def test_evidence(tags: dict[tuple[str, str], Row]) -> None:
    assert tags["age-16", "student"]["evidence"] == "16 years old; brand M-Zone"
    assert tags["roams-5", "traveller"]["evidence"] == "20% of calls while roaming"


def test_own_tags_and_minimum(exports: Path, tmp_path: Path) -> None:
    rules = tmp_path / "r.toml"
    rules.write_text(
        "[rules.tags]\nminimum = 1.0\n[[rules.tags.tags]]\nname = 'mz'\nen = 'mz'\nzh = 'mz'\n"
        "[[rules.tags.tags.signs]]\nweight = 1\nwhen = \"p.brand = 'mzone'\"\nen = 'it is'\nzh = '是'\n",
        "utf-8",
    )
    target = tmp_path / "t.csv"
    options = ("--config", rules, "--as-of", "2026-03", "--no-store", "-q", "--lang", "zh")
    assert call("tags", exports, "-o", target, *options) == 0
    assert [(r["subscriber_id"], r["tag"], r["evidence"]) for r in read(target)] == [
        ("age-15", "mz", "是"), ("age-16", "mz", "是"), ("age-25", "mz", "是")]  # fmt: skip
