"""Bills of eight months in which many leave, so that a model can be fitted; as of August 2026.

Stayers pay much the same all the time, leavers pay half in the month before they go, without a bill in the month of
leaving. Four people of August are looked at closely.
"""

from __future__ import annotations

from world import Row

MONTHS = [f"2026-{m:02d}" for m in range(1, 9)]

# subscriber: (bills from January to August, None for no bill; activated on)
CLOSE: dict[str, tuple[list[float | None], str]] = {
    "halved": ([100, 100, 100, 100, 100, 100, 120, 55], "2020-01-01"),  # 55 against (100+120)/2 = 110: down 50%
    "quartered": ([80, 80, 80, 80, 80, 80, 80, 20], "2020-01-01"),  # 20 against 80: down 75%
    "doubled": ([50, 50, 50, 50, 50, 50, 50, 100], "2020-01-01"),  # 100 against 50: up 100%
    "young": ([None] * 5 + [90, 90, 90], "2026-06-01"),  # exactly three months on 1 September
}
STAYERS = 240


def stayer(n: int) -> tuple[list[float | None], str]:
    bill = 60.0 + n % 41
    return [bill + (n + m) % 3 for m in range(8)], f"{2012 + n % 13}-{n % 12 + 1:02d}-01"


def exports(leavers: int, months: tuple[int, ...], kinds: tuple[str, ...] = ("voluntary",)) -> dict[str, list[Row]]:
    """The tables; `leavers` leave on the 10th of `months`, in turn, and in the ways `kinds`, in turn."""
    paid: dict[str, tuple[list[float | None], str]] = {**CLOSE, **{f"s{n:03d}": stayer(n) for n in range(STAYERS)}}
    left = {}
    for n in range(leavers):
        month = months[n % len(months)]
        bills, activated = stayer(n)
        faded = [b if m < month - 1 else b / 2 if m == month - 1 else None for m, b in enumerate(bills, 1) if b]
        paid[f"l{n:03d}"] = (faded, activated)
        left[f"l{n:03d}"] = f"2026-{month:02d}-10"
    bills_table = [
        {"subscriber_id": who, "month": month, "total": f"{bill:.2f}"}
        for who, (bills, _) in paid.items()
        for month, bill in zip(MONTHS, bills, strict=True)
        if bill is not None
    ]
    subscribers = [
        {
            "subscriber_id": who,
            "activated_on": activated,
            "cancelled_on": left.get(who, ""),
            "cancel_kind": kinds[int(who[1:]) % len(kinds)] if who in left else "",
            "status": "closed" if who in left else "active",
        }
        for who, (_, activated) in paid.items()
    ]
    return {"bills": bills_table, "subscribers": subscribers}


def change(bills: list[float | None]) -> float | None:
    """The bill of August against the mean of June and July, less 1."""
    june, july, august = bills[5:]
    return None if None in (june, july, august) else august / ((june + july) / 2) - 1  # type: ignore[operator]


def months_on_network(activated: str) -> int:
    """Whole months from the first of a month to 1 September 2026."""
    year, month, day = map(int, activated.split("-"))
    assert day == 1
    return (2026 - year) * 12 + 9 - month
