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
mz-night-2    mzone 2025-01-01   -            active -          -
mz-night-1    mzone 2025-01-01   -            active -          -
mz-night-few  mzone 2025-01-01   -            active -          -
mz-surfs      mzone 2025-01-01   -            active -          -
mz-surfs-less mzone 2025-01-01   -            active -          -
mz-surfs-few  mzone 2025-01-01   -            active -          -
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
        "counterpart_network": "",
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


def rings(who: str, arriving: int, made: int) -> list[Row]:
    """Calls that arrived and were made in March, and one forwarded to a rival."""
    forwarded = calls(who, 3, 1, 13, direction="forward", counterpart_network="unicom")
    return [*calls(who, 3, arriving, direction="in"), *calls(who, 3, made), *forwarded]


def roams(who: str, month: int, at_home: int, away: int) -> list[Row]:
    """Calls of a month at home, and while roaming in the country."""
    return [*calls(who, month, at_home), *calls(who, month, away, 13, roaming="domestic")]


def on_days(who: str, working: int, weekend: int, one: int = 0) -> list[Row]:
    """Calls at 22:00 of a Monday and a Sunday of March, `one` of them with one number, the others with another each."""
    days = [f"2026-03-02 22:{n:02d}:00" for n in range(working)] + [f"2026-03-08 22:{n:02d}:00" for n in range(weekend)]
    numbers = ["1" if n < one else f"1390000{n:04d}" for n in range(len(days))]
    pairs = zip(days, numbers, strict=True)
    return [calls(who, 3, 1, start_time=day, counterpart=number)[0] for day, number in pairs]


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
    # Of a student: 2 of 10 calls at night beside the brand; 1 of 10; 2 of 9; 30 % of 50 MB at night; less of either.
    *calls("mz-night-2", 3, 8), *calls("mz-night-2", 3, 2, 2),
    *calls("mz-night-1", 3, 9), *calls("mz-night-1", 3, 1, 2),
    *calls("mz-night-few", 3, 7), *calls("mz-night-few", 3, 2, 2),
    *data("mz-surfs", 15, 35), *data("mz-surfs-less", 14.9, 35.1), *data("mz-surfs-few", 20, 29),
    # 12 of 40 arriving calls forwarded (30 %); 12 of 41.
    *calls("forwards-30", 3, 28, direction="in"), *calls("forwards-30", 3, 12, 13, direction="forward"),
    *calls("forwards-29", 3, 29, direction="in"), *calls("forwards-29", 3, 12, 13, direction="forward"),
    # Many SIMs by the other two signs: a call forwarded to a rival, and four calls in for each out of at least ten.
    *rings("rings-4", 12, 3), *rings("rings-3.67", 11, 3), *rings("rings-few", 8, 2),
    *calls("rings-own", 3, 12, direction="in"), *calls("rings-own", 3, 3),
    # New in a city: one of ten calls roaming two months ago; half less one call in the third month; nine calls in it.
    *calls("hardly", 1, 9), *calls("hardly", 1, 1, 13, roaming="domestic"), *roams("hardly", 3, 5, 5),
    *calls("not-half", 1, 10), *roams("not-half", 3, 6, 5), *calls("moved-few", 1, 10), *roams("moved-few", 3, 4, 5),
    # Its second sign: half of ten calls in the month before, too; half less one call; nine calls.
    *calls("moved-2", 1, 10), *roams("moved-2", 2, 5, 5), *roams("moved-2", 3, 5, 5),
    *calls("moved-2-less", 1, 10), *roams("moved-2-less", 2, 6, 5), *roams("moved-2-less", 3, 5, 5),
    *calls("moved-2-few", 1, 10), *roams("moved-2-few", 2, 4, 5), *roams("moved-2-few", 3, 5, 5),
    # 3 of 10 calls with one contact, and 6 of them on working days; 7 of 10 on working days; 2 with one contact.
    *on_days("friend-6", 6, 4, 3), *on_days("friend-7", 7, 3, 3), *on_days("no-friend", 6, 4, 2),
    # Business by contacts and working days alone: 48 of 60 calls (80 %) on working days to 60 numbers; 47; 59 calls.
    *on_days("works-48", 48, 12), *on_days("works-47", 47, 13), *on_days("works-few", 59, 0),
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
    ("mz-night-2", "student"): "0.5000",  # brand 1 and night 1 of 4
    ("mz-night-1", "student"): None,
    ("mz-night-few", "student"): None,
    ("mz-surfs", "student"): "0.5000",
    ("mz-surfs-less", "student"): None,
    ("mz-surfs-few", "student"): None,
    ("forwards-30", "multi_sim"): "0.5000",  # 2 of 4
    ("forwards-29", "multi_sim"): None,
    ("rings-4", "multi_sim"): "0.5000",  # 1 and 1 of 4
    ("rings-3.67", "multi_sim"): None,
    ("rings-few", "multi_sim"): None,
    ("rings-own", "multi_sim"): None,
    ("hardly", "new_city"): "0.6667",
    ("not-half", "new_city"): None,
    ("moved-few", "new_city"): None,
    ("moved-2", "new_city"): "1.0000",
    ("moved-2-less", "new_city"): "0.6667",
    ("moved-2-few", "new_city"): "0.6667",
    ("friend-6", "family"): "0.5000",  # 1 and 1 of 4
    ("friend-7", "family"): None,
    ("no-friend", "family"): None,
    ("works-48", "business"): "0.5000",  # 1 and 1 of 4
    ("works-47", "business"): None,
    ("works-few", "business"): None,
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
    at_night = [f"mz-{n}" for n in ("night-1", "night-2", "night-few", "surfs", "surfs-few", "surfs-less")]
    brand = ["age-15", "age-16", "age-25", *at_night]
    assert [(r["subscriber_id"], r["tag"], r["evidence"]) for r in read(target)] == [(who, "mz", "是") for who in brand]
