"""Everybody at an edge of tiers, VIP levels and lifecycle at the end of March 2026 (midnight before 2026-04-01)."""

SUBSCRIBERS = """
subscriber_id brand  activated_on cancelled_on status    birth_year contract_end services bundle vip_card
# Lifecycle by tenure alone.
months-3      other  2026-01-01   -            active    -          -            -        -      -
months-3-late other  2025-12-02   -            active    -          -            -        -      -   # 3 whole months
months-4      other  2025-12-01   -            active    -          -            -        -      -
months-12     other  2025-04-01   -            active    -          -            -        -      -
months-13     other  2025-03-01   -            active    -          -            -        -      -
months-36     other  2023-04-01   -            active    -          -            -        -      -
months-37     other  2023-03-01   -            active    -          -            -        -      -
no-date       other  -            -            active    -          -            -        -      -
# Signs of leaving of those who are in their third month.
asks          other  2026-01-01   -            active    -          -            -        -      -
asked-before  other  2026-01-01   -            active    -          -            -        -      -
asks-later    other  2026-01-01   -            active    -          -            -        -      -
preclosed     other  2026-01-01   -            preclosed -          -            -        -      -
suspended     other  2026-01-01   -            suspended -          -            -        -      -
rival         other  2026-01-01   -            active    -          -            -        -      -
on-request    other  2026-01-01   -            suspended_on_request - -         -        -      -
falls-young   other  2026-01-01   -            active    -          -            -        -      -
left          other  2021-04-01   2026-03-31   closed    -          -            -        -      -
# Tiers.
arpu-200      other  2021-04-01   -            active    -          -            -        -      -
arpu-199      other  2021-04-01   -            active    -          -            -        -      -
contract-180  other  2021-04-01   -            active    -          2026-09-27   a;b      -      -
contract-179  other  2021-04-01   -            active    -          2026-09-26   a;b      -      -
services-1    other  2021-04-01   -            active    -          2026-09-27   a        -      -
bundled       other  2021-04-01   -            active    -          2026-09-27   a        true   -
arpu-119      other  2021-04-01   -            active    -          2026-09-27   a;b      true   -
age-24        other  2025-04-01   -            active    2002       -            -        -      -
age-25        other  2025-04-01   -            active    2001       -            -        -      -
student-13    other  2025-03-01   -            active    2002       -            -        -      -
scored        other  2024-04-01   -            active    -          -            a;b      true   -
score-4.5     other  2020-03-01   -            active    -          2027-04-02   a;b;c;d      true   -
score-20-days other  2020-03-01   -            active    -          2027-04-02   a;b;c;d      true   -
score-complaint other 2020-03-01  -            active    -          2027-04-02   a;b;c;d      true   -
# VIP levels and Plus.
years-10      gotone 2016-04-01   -            active    -          -            -        -      -
years-10-less gotone 2016-04-02   -            active    -          -            -        -      -
years-10-mz   mzone  2016-04-01   -            active    -          -            -        -      -
gold          gotone 2016-04-01   -            active    -          -            -        -      gold
diamond       other  2026-03-01   -            active    -          -            -        -      diamond
card-none     other  2026-03-01   -            active    -          -            -        -      none
plus          other  2021-04-01   -            active    -          -            -        -      -
plus-less     other  2021-04-01   -            active    -          -            -        -      -
plus-old      other  2021-04-01   -            active    -          -            -        -      -
plus-card     other  2021-04-01   -            active    -          -            -        -      silver
# Churn warnings.
falls-3       other  2021-04-01   -            active    -          -            -        -      -
falls-2       other  2021-04-01   -            active    -          -            -        -      -
falls-gap     other  2021-04-01   -            active    -          -            -        -      -
flat          other  2021-04-01   -            active    -          -            -        -      -
complains     other  2021-04-01   -            active    -          -            -        -      -
resolved      other  2021-04-01   -            active    -          -            -        -      -
resolved-late other  2021-04-01   -            active    -          -            -        -      -
rich-rival    other  2021-04-01   -            active    -          -            -        -      -
"""

BILLS = """
subscriber_id month   total    paid_on
arpu-200      2026-03 200      -
arpu-199      2026-03 199.99   -
contract-180  2026-03 120      -
contract-179  2026-03 120      -
services-1    2026-03 120      -
bundled       2026-03 120      -
arpu-119      2026-03 119.99   -
# Mean of the last three: 300/3 = 100; the oldest does not count.
scored        2025-12 9000     -
scored        2026-01 50       -
scored        2026-02 150      2026-03-20
scored        2026-03 100      2026-04-05   # not known yet
score-4.5     2026-03 100      -
score-20-days 2026-03 100      -
score-complaint 2026-03 100    -
plus          2025-04 1000     -            # the first of the twelve months
plus          2026-03 200      -
plus-less     2026-03 1199.99  -
plus-old      2025-03 1000     -            # a month too old
plus-old      2026-03 200      -
plus-card     2026-03 1200     -
years-10      2026-03 1200     -
falls-3       2025-12 100      -
falls-3       2026-01 99       -
falls-3       2026-02 98       -
falls-3       2026-03 97       -
falls-young   2025-12 100      -            # its number had bills before
falls-young   2026-01 99       -
falls-young   2026-02 98       -
falls-young   2026-03 97       -
falls-2       2026-01 100      -
falls-2       2026-02 90       -
falls-2       2026-03 80       -
falls-gap     2025-11 100      -            # nothing in December
falls-gap     2026-01 99       -
falls-gap     2026-02 98       -
falls-gap     2026-03 97       -
flat          2025-12 100      -
flat          2026-01 99       -
flat          2026-02 99       -
flat          2026-03 98       -
rich-rival    2026-03 200      -
"""

EVENTS = """
subscriber_id time                kind               resolved_at
asks          2026-01-01~00:00:00 cancel_request     -                     # the first moment of three months
asked-before  2025-12-31~23:59:59 cancel_request     -
asks-later    2026-04-01~00:00:00 cancel_request     -
rival         2026-03-31~23:59:59 competitor_contact -
complains     2024-01-01~10:00:00 complaint          -                     # open for long
resolved      2026-03-01~10:00:00 complaint          2026-03-31~23:59:59
resolved-late 2026-03-01~10:00:00 complaint          2026-04-01~00:00:00   # was open at the end of March
rich-rival    2026-02-01~10:00:00 competitor_contact -
score-complaint 2026-01-01~10:00:00 complaint        2026-01-02~10:00:00
"""

MB = 1024 * 1024


def sessions(subscriber: str, *volumes: int) -> list[dict[str, str]]:
    """A data session on the 10th of January, February and March, of that many MB."""
    return [
        {"subscriber_id": subscriber, "start_time": f"2026-{month:02d}-10 12:00:00", "service": "data",
         "volume_bytes": str(volume * MB)}
        for month, volume in enumerate(volumes, 1)
        if volume
    ]  # fmt: skip


def days(subscriber: str, count: int) -> list[dict[str, str]]:
    """A small data session on each of the last `count` days of March."""
    return [
        {"subscriber_id": subscriber, "start_time": f"2026-03-{day} 12:00:00", "service": "data", "volume_bytes": "1"}
        for day in range(32 - count, 32)
    ]


def hotline(subscriber: str, day: str, count: int) -> list[dict[str, str]]:
    """Calls to a rival's hotline on a day."""
    call = {"subscriber_id": subscriber, "service": "voice", "direction": "out", "counterpart": "10010"}
    return [{**call, "start_time": f"{day} 12:00:0{n}", "duration_s": "60", "volume_bytes": ""} for n in range(count)]


# Data volumes of three months: mean of the two before × 1.5 against the third.
USAGE = [
    *hotline("data-less", "2026-01-10", 3),  # in the first of the three months; this row names the columns
    *hotline("data-small", "2026-02-10", 2),
    *hotline("data-small", "2026-03-10", 2),  # two in a month
    *sessions("data-half-more", 80, 80, 120),  # 120 = 1.5 × 80
    *sessions("data-less", 80, 80, 119),
    *sessions("data-small", 10, 10, 99),
    *sessions("data-new", 0, 0, 500),  # nothing to grow from
    *days("score-4.5", 21),
    *days("score-20-days", 20),
    *days("score-complaint", 21),
]

EXPORTS = {"subscribers": SUBSCRIBERS, "bills": BILLS, "events": EVENTS, "usage": USAGE}

STAGES = {
    "months-3": "introduction",
    "months-3-late": "introduction",
    "months-4": "growth",
    "months-12": "growth",
    "months-13": "maturity",
    "months-36": "maturity",
    "months-37": "decline",
    "no-date": "",
    "asks": "decline",
    "asked-before": "introduction",
    "asks-later": "introduction",
    "preclosed": "decline",
    "suspended": "introduction",
    "rival": "decline",
    "on-request": "decline",
    "falls-young": "decline",
    "data-new": "",
    "data-less": "decline",
    "data-small": "",
}

TIERS = {
    "arpu-200": "high_value",
    "arpu-199": "ordinary",
    "contract-180": "high_value",
    "contract-179": "ordinary",
    "services-1": "ordinary",
    "bundled": "high_value",
    "arpu-119": "ordinary",
    "age-24": "potential",
    "age-25": "ordinary",
    "student-13": "ordinary",
    "data-half-more": "potential",
    "data-less": "ordinary",
    "data-small": "ordinary",
    "data-new": "ordinary",
    # Recency 5 (used on the last day), frequency 4 (21 days: above 5, 10 and 20), money 3 (100): 4; services and bundle
    # 5; tenure (73 months), contract (366 days) and complaints 5: 0.5 × 4 + 0.3 × 5 + 0.2 × 5 = 4.5. ARPU is below 120.
    "score-4.5": "high_value",
    "score-20-days": "ordinary",  # frequency 3: 0.5 × 11/3 + 2.5 = 4.3333
    "score-complaint": "ordinary",  # complaints 4: 2 + 1.5 + 0.2 × 14/3 = 4.4333
    "rich-rival": "high_value",
    "no-date": "ordinary",
}

# subscriber: (VIP level, Plus, policy band without a card)
VIP = {
    "years-10": ("silver", "false", ""),
    "years-10-less": ("", "false", "mass"),
    "years-10-mz": ("", "false", "mass"),
    "gold": ("gold", "false", ""),
    "diamond": ("diamond", "false", ""),
    "card-none": ("", "false", "mass"),
    "plus": ("", "true", "high"),  # 1000 + 200; the mean of both bills is 600
    "plus-less": ("", "false", "high"),
    "plus-old": ("", "false", "high"),
    "plus-card": ("silver", "false", ""),
    "arpu-200": ("", "false", "high"),
    "arpu-199": ("", "false", "mid_high"),
    "bundled": ("", "false", "mid_high"),  # exactly 120
    "arpu-119": ("", "false", "mass"),
}

WARNINGS = {
    "falls-3": "ARPU falling month after month, by 3% so far",
    "falls-2": "",
    "falls-gap": "",
    "flat": "",
    "complains": "unresolved complaints: 1",
    "resolved": "",
    "resolved-late": "unresolved complaints: 1",
    "rival": "contacts with a competitor: 1",
    "rich-rival": "contacts with a competitor: 1",
    "data-less": "calls to rivals' hotlines in a month: 3",
    "data-small": "",
    "asks": "",
}
