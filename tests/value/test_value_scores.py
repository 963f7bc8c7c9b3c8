"""The nine measures of the value scores at every cut point, and the tiers that look at usage or the score."""

from __future__ import annotations

import pytest

from world import USAGE_COLUMNS, Row, by, call, export, read, write

# As of March 2026: midnight before 2026-04-01. A value equal to a cut point has not passed it.
MONEY = {"50": 1, "50.01": 2, "80": 2, "80.01": 3, "120": 3, "120.01": 4, "200": 4, "200.01": 5}
TENURE = {  # activated on; whole months up to 1 April
    "2026-01-01": 1, "2025-12-01": 2, "2025-04-01": 2, "2025-03-01": 3, "2023-04-01": 3, "2023-03-01": 4,
    "2021-04-01": 4, "2021-03-01": 5,
}  # fmt: skip
CONTRACT = {  # last day: 0, 1, 90, 91, 180, 181, 365 and 366 days left
    "2026-03-31": 1, "2026-04-01": 2, "2026-06-29": 2, "2026-06-30": 3, "2026-09-27": 3, "2026-09-28": 4,
    "2027-03-31": 4, "2027-04-01": 5,
}  # fmt: skip
SERVICES = {"0": 1, "1": 2, "2": 3, "3": 4, "4": 5}
BUNDLE = {"false": 1, "true": 5}
COMPLAINTS = {0: 5, 1: 4, 2: 3, 3: 2, 4: 1}  # within the twelve months; low is good
RECENCY = {1: 5, 2: 4, 3: 4, 4: 3, 7: 3, 8: 2, 15: 2, 16: 1}  # days since the last payment; low is good
FREQUENCY = {5: 1, 6: 2, 10: 2, 11: 3, 20: 3, 21: 4, 25: 4, 26: 5}  # days with use in March
GROWTH = {"80": 1, "80.1": 2, "100": 2, "100.1": 3, "120": 3, "120.1": 4, "150": 4, "150.1": 5}  # MB after 100 and 100
MB = 1024 * 1024


def _record(who: str, activated: str = "2024-04-01", contract: str = "", services: str = "", bundle: str = "") -> Row:
    return {"subscriber_id": who, "activated_on": activated, "contract_end": contract, "services": services,
            "bundle": bundle}  # fmt: skip


def _used(who: str, time: str, service: str = "sms", volume: str = "", other: str = "10086") -> Row:
    return {"subscriber_id": who, "start_time": time, "service": service, "direction": "out", "toll": "local",
            "counterpart": other, "volume_bytes": volume and str(round(float(volume) * MB)),
            "duration_s": "60" if service == "voice" else ""}  # fmt: skip


def _bill(who: str, total: str = "100", month: str = "2026-03", paid: str = "") -> Row:
    return {"subscriber_id": who, "month": month, "total": total, "paid_on": paid}


def _owner(who: str, busy: int, contacts: int, weekend: int) -> list[Row]:
    """Calls of March: `busy` at 10:00 on working days (the 2nd, a Monday, to the 6th), `weekend` on the 1st, a Sunday
    at 20:00; to so many numbers.
    """
    days = [f"2026-03-{2 + n % 5:02d} 10:{n // 5:02d}:00" for n in range(busy)]
    days += [f"2026-03-01 20:{n:02d}:00" for n in range(weekend)]
    return [_used(who, day, "voice", other=f"139{n % contacts:08d}") for n, day in enumerate(days)]


OWNERS = {  # busy calls, contacts, calls of the weekend, ARPU → potential
    "owner": (100, 60, 33, "80", True),  # 100 of 133: 75.2 %
    "owner-calls": (99, 60, 33, "80", False),  # 75 % of 132 on working days, but only 99
    "owner-contacts": (100, 59, 33, "80", False),
    "owner-weekend": (100, 60, 34, "80", False),  # 74.6 %
    "owner-arpu": (100, 60, 33, "79.99", False),
}


@pytest.fixture(scope="module")
def tiers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    records = [_record(f"contract {day}", contract=day) for day in CONTRACT]
    records += [_record(f"tenure {day}", activated=day) for day in TENURE]
    records += [_record(f"services {n}", services=n) for n in SERVICES]
    records += [_record(f"bundle {held}", bundle=held) for held in BUNDLE]
    others = [f"complaints {n}" for n in COMPLAINTS]
    records += [_record(who) for who in others]
    bills = [_bill(row["subscriber_id"]) for row in records]
    bills += [_bill(f"money {total}", total) for total in MONEY]
    bills += [_bill(f"recency {n}", paid=f"2026-03-{31 - n:02d}") for n in RECENCY]
    bills += [_bill(f"growth {mb}") for mb in GROWTH]
    bills += [_bill(who, row[3]) for who, row in OWNERS.items()]
    usage = [_used(f"frequency {n}", f"2026-03-{day + 1:02d} 12:00:00") for n in FREQUENCY for day in range(n)]
    for mb in GROWTH:
        days = (("2026-01-10", "100"), ("2026-02-10", "100"), ("2026-03-10", mb))
        usage += [_used(f"growth {mb}", f"{day} 12:00:00", "data", volume) for day, volume in days]
    for who, (busy, contacts, weekend, *_) in OWNERS.items():
        usage += _owner(who, busy, contacts, weekend)
    events = [
        {"subscriber_id": f"complaints {n}", "time": f"2026-0{k % 3 + 1}-05 10:00:00", "kind": "complaint",
         "resolved_at": "2026-03-30 10:00:00"}
        for n in COMPLAINTS for k in range(n)
    ]  # fmt: skip
    # One of the first moment of the twelve months and one of the moment before.
    for who, time in (("year", "2025-04-01 00:00:00"), ("before", "2025-03-31 23:59:59")):
        events.append({"subscriber_id": f"complaints {who}", "time": time, "kind": "complaint", "resolved_at": time})
        records.append(_record(f"complaints {who}"))
        bills.append(_bill(f"complaints {who}"))
    folder = tmp_path_factory.mktemp("scores")
    export(folder / "in", {"subscribers": records, "bills": bills, "events": events})
    write(folder / "in" / "usage.csv", usage, USAGE_COLUMNS)
    target = folder / "t.csv"
    assert call("value", "tiers", folder / "in", "-o", target, "--as-of", "2026-03", "--no-store", "-q") == 0
    return by(read(target), "subscriber_id")


CASES = [
    *(("money", f"money {key}", score) for key, score in MONEY.items()),
    *(("tenure", f"tenure {key}", score) for key, score in TENURE.items()),
    *(("contract", f"contract {key}", score) for key, score in CONTRACT.items()),
    *(("services", f"services {key}", score) for key, score in SERVICES.items()),
    *(("bundle", f"bundle {key}", score) for key, score in BUNDLE.items()),
    *(("complaints", f"complaints {key}", score) for key, score in COMPLAINTS.items()),
    ("complaints", "complaints year", 4),
    ("complaints", "complaints before", 5),
    *(("recency", f"recency {key}", score) for key, score in RECENCY.items()),
    *(("frequency", f"frequency {key}", score) for key, score in FREQUENCY.items()),
    *(("data_growth", f"growth {key}", score) for key, score in GROWTH.items()),
]


@pytest.mark.parametrize(("measure", "who", "score"), CASES)
def test_score(tiers: dict[str, Row], measure: str, who: str, score: int) -> None:
    assert float(tiers[who][f"{measure}_score"]) == score


@pytest.mark.parametrize(("who", "potential"), [(who, row[4]) for who, row in OWNERS.items()])
def test_small_business_owners(tiers: dict[str, Row], who: str, potential: bool) -> None:
    assert tiers[who]["tier"] == ("potential" if potential else "ordinary")
