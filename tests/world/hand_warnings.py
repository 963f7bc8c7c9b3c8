"""People at every edge of the churn rules and of the retention ladder at the end of March 2026.

Everybody is steady, a case that no rule and no step but the first fits, except for what the case names: `jan`, `feb`,
`mar` are usage lines, `bills` those of the three months, `events` lines of `time kind resolved_at`, the rest is the
subscriber record. 2026-03-02 and 2026-02-02 are Mondays, 2026-03-07 and 2026-02-07 Saturdays.
"""

from __future__ import annotations

from typing import Any

from world import Row, records, table_of

STEADY: dict[str, Any] = {
    "jan": "2026-01-31 10:00:00 voice out 1 own local home - 600 - -",
    "feb": "2026-02-28 10:00:00 voice out 1 own local home - 600 - -",
    "mar": "2026-03-31 10:00:00 voice out 1 own local home - 600 - -",
    "bills": ("100", "80", "100"),  # neither flat nor falling
    "events": "",
    "activated_on": "2020-01-01",
    "status": "active",
    "plans_ever": "1",
    "bundle": "false",
}
RECORD = ("activated_on", "cancelled_on", "status", "plans_ever", "contract_end", "bundle")


def out(day: str, seconds: int, toll: str = "local", ip: str = "-") -> str:
    return f"{day} 10:00:00 voice out 1 own {toll} home {ip} {seconds} - -\n"


def forwards(day: str, count: int, network: str = "own") -> str:
    return "".join(f"{day} 11:00:{s:02d} voice forward 2 {network} local home - 60 - -\n" for s in range(count))


def incoming(day: str, count: int) -> str:
    """Calls that were not answered: they add no minutes."""
    return "".join(f"{day} 12:{s // 60:02d}:{s % 60:02d} voice in 3 own local home - 0 - -\n" for s in range(count))


TOLL_FEB = out("2026-02-28", 600, "domestic")
STEADY_FEB, STEADY_MAR = STEADY["feb"] + "\n", STEADY["mar"] + "\n"

# What each rule adds to the log odds, which begin at -4 (rules/churn.toml).
LOCAL, PLANS, MINUTES, BILL, FORWARD, COMPLAINT = 2.0, 0.7, 1.5, 1.0, 1.5, 1.2
CANCEL, RIVAL, GAP, CONTRACT, YOUNG, BOUND = 3.0, 1.2, 1.5, 0.7, 0.5, -0.8
EVERY_RULE = LOCAL + PLANS + MINUTES + BILL + FORWARD + COMPLAINT + CANCEL + RIVAL + GAP + CONTRACT + YOUNG + BOUND
# 1 / (1 + exp(-odds)), to six decimals
PROBABILITY = {
    -4.8: 0.008163,  # exp(4.8) = 121.510418
    -4.1: 0.016302,  # exp(4.1) = 60.340288
    -4.0: 0.017986,  # exp(4) = 54.598150
    -3.5: 0.029312,  # exp(3.5) = 33.115452
    -3.3: 0.035571,  # exp(3.3) = 27.112639
    -3.0: 0.047426,  # exp(3) = 20.085537
    -2.8: 0.057324,  # exp(2.8) = 16.444647
    -2.5: 0.075858,  # exp(2.5) = 12.182494
    -2.0: 0.119203,  # exp(2) = 7.389056
    -1.5: 0.182426,  # exp(1.5) = 4.481689
    -1.0: 0.268941,  # exp(1) = 2.718282
    10.0: 0.999955,  # exp(-10) = 0.0000454
}

# Case: (what differs from steady, what the rules that hold add to the log odds, ladder step)
CASES: dict[str, tuple[dict[str, Any], float, int]] = {
    "steady": ({}, 0, 1),
    # on the network for more than 55 days, and no local call in February
    "local-none": ({"feb": TOLL_FEB}, LOCAL, 1),
    "local-missed": ({"feb": TOLL_FEB + incoming("2026-02-27", 1)}, 0, 1),  # a missed call is a call
    "local-day-55": (
        {"feb": TOLL_FEB, "jan": "", "bills": ("-", "80", "100"), "activated_on": "2026-02-05"},  # 24 days + 31
        YOUNG,
        1,
    ),
    "local-day-56": (
        {"feb": TOLL_FEB, "jan": "", "bills": ("-", "80", "100"), "activated_on": "2026-02-04"},
        LOCAL + YOUNG,
        1,
    ),
    "local-no-date": ({"feb": TOLL_FEB, "activated_on": "-"}, 0, 1),
    "local-no-february": ({"feb": "", "bills": ("100", "-", "100")}, 0, 1),  # nothing is known of February
    # a bill and no usage: no local call; 10 minutes now against a mean of 5 are a sudden change
    "local-bill-only": ({"feb": ""}, LOCAL, 3),
    # more than 2 plans, less than 168 IP minutes in February, less than 123 incoming calls in March
    "plans-2": ({"plans_ever": "2"}, 0, 1),
    "plans-3": ({"plans_ever": "3"}, PLANS, 1),
    "plans-ip-168": (  # 10,080 s; the minutes go from a mean of 89 to 168: a sudden change
        {
            "plans_ever": "3",
            "feb": out("2026-02-27", 10080, "domestic", "true") + out("2026-02-28", 0),
            "mar": out("2026-03-31", 10080),
        },
        0,
        3,
    ),
    "plans-ip-less": (
        {
            "plans_ever": "3",
            "feb": out("2026-02-27", 10079, "domestic", "true") + out("2026-02-28", 0),
            "mar": out("2026-03-31", 10080),
        },
        PLANS,
        3,
    ),
    "plans-in-123": ({"plans_ever": "3", "mar": STEADY_MAR + incoming("2026-03-05", 123)}, 0, 1),
    "plans-in-122": ({"plans_ever": "3", "mar": STEADY_MAR + incoming("2026-03-05", 122)}, PLANS, 1),
    # outgoing minutes below half of the mean of 10; a sudden change is one by more than half
    "minutes-half": ({"mar": out("2026-03-31", 300)}, 0, 1),
    "minutes-less": ({"mar": out("2026-03-31", 299)}, MINUTES, 3),
    "minutes-half-more": ({"mar": out("2026-03-31", 900)}, 0, 1),
    "minutes-much-more": ({"mar": out("2026-03-31", 901)}, 0, 3),
    # falling twice, to less than 80% of January
    "bill-80": ({"bills": ("100", "90", "80")}, 0, 1),
    "bill-79": ({"bills": ("100", "90", "79.99")}, BILL, 5),
    "bill-fell-late": ({"bills": ("100", "100", "79.99")}, 0, 1),
    "bill-fell-early": ({"bills": ("100", "79", "79")}, 0, 1),
    # stable: within a tenth of January
    "flat-edges": ({"bills": ("100", "90", "110")}, 0, 2),
    "flat-edges-back": ({"bills": ("100", "110", "90")}, 0, 2),
    "flat-not-march": ({"bills": ("100", "90", "110.01")}, 0, 1),
    "flat-not-february": ({"bills": ("100", "89.99", "100")}, 0, 1),
    "flat-unknown": ({"bills": ("-", "100", "100")}, 0, 1),
    # forwarding
    "forward-rival": ({"mar": STEADY_MAR + forwards("2026-03-31", 1, "telecom")}, FORWARD, 3),
    "forward-own": ({"mar": STEADY_MAR + forwards("2026-03-31", 1)}, 0, 1),
    "forward-before": ({"feb": STEADY_FEB + forwards("2026-02-28", 1, "telecom")}, 0, 1),
    "forward-long": (
        {"feb": STEADY_FEB + forwards("2026-02-02", 10), "mar": STEADY_MAR + forwards("2026-03-02", 10)},
        0,
        4,
    ),
    # on and off: three calls on working days, to whatever network
    "forward-own-2": ({"mar": STEADY_MAR + forwards("2026-03-02", 2)}, 0, 1),
    "forward-own-3": ({"mar": STEADY_MAR + forwards("2026-03-02", 3)}, 0, 3),
    "forward-own-before": ({"feb": STEADY_FEB + forwards("2026-02-02", 9)}, 0, 1),
    "forward-long-9": (
        {"feb": STEADY_FEB + forwards("2026-02-02", 9), "mar": STEADY_MAR + forwards("2026-03-02", 10)},
        0,
        3,
    ),
    "forward-now-9": (
        {"feb": STEADY_FEB + forwards("2026-02-02", 10), "mar": STEADY_MAR + forwards("2026-03-02", 9)},
        0,
        3,
    ),
    "forward-weekend": (
        {"feb": STEADY_FEB + forwards("2026-02-07", 10), "mar": STEADY_MAR + forwards("2026-03-07", 10)},
        0,
        1,
    ),
    # a complaint left open at the end of its month
    "complaint-open": ({"events": "2026-03-05~10:00:00 complaint -"}, COMPLAINT, 1),
    "complaint-solved": ({"events": "2026-03-05~10:00:00 complaint 2026-03-31~23:59:59"}, 0, 1),
    "complaint-solved-late": ({"events": "2026-02-05~10:00:00 complaint 2026-03-02~10:00:00"}, COMPLAINT, 1),
    "complaint-old": ({"events": "2026-01-05~10:00:00 complaint -"}, 0, 1),
    # asks to cancel; contact with a competitor: in February or March
    "cancel-march": ({"events": "2026-03-31~23:59:59 cancel_request -"}, CANCEL, 6),
    "cancel-february": ({"events": "2026-02-01~00:00:00 cancel_request -"}, CANCEL, 6),
    "cancel-january": ({"events": "2026-01-31~23:59:59 cancel_request -"}, 0, 1),
    # no bill, so a priority of 0 like that of silent-unbilled, but the higher score
    "unbilled-asks": ({"bills": ("100", "80", "-"), "events": "2026-03-05~10:00:00 cancel_request -"}, CANCEL, 6),
    "rival-march": ({"events": "2026-03-31~23:59:59 competitor_contact -"}, RIVAL, 1),
    "rival-february": ({"events": "2026-02-01~00:00:00 competitor_contact -"}, RIVAL, 1),
    "rival-january": ({"events": "2026-01-31~23:59:59 competitor_contact -"}, 0, 1),
    # days without a record up to the 31st: 10 warn, 14 are a step of the ladder
    "gap-9": ({"mar": out("2026-03-22", 600)}, 0, 1),
    "gap-10": ({"mar": out("2026-03-21", 600)}, GAP, 1),
    "gap-13": ({"mar": out("2026-03-18", 600)}, GAP, 1),
    "gap-14": ({"mar": out("2026-03-17", 600)}, GAP, 4),
    "silent-billed": ({"mar": ""}, MINUTES + GAP, 4),  # 0 minutes, no record
    "silent-unbilled": ({"mar": "", "bills": ("100", "80", "-")}, GAP, 4),  # no row of March at all
    "silent-always": ({"jan": "", "feb": "", "mar": ""}, LOCAL, 1),  # bills only: nothing has stopped
    "off-march": ({"events": "2026-03-01~00:00:00 power_off -"}, 0, 4),
    "off-february": ({"events": "2026-02-28~23:59:59 power_off -"}, 0, 1),
    # the contract: days left after March are 0 on the 31st of March, 30 + 31 + 30 + 1 on the 1st of July
    "contract-over": ({"contract_end": "2026-03-30"}, 0, 1),
    "contract-0": ({"contract_end": "2026-03-31"}, CONTRACT, 1),
    "contract-92": ({"contract_end": "2026-07-01"}, CONTRACT, 1),
    "contract-93": ({"contract_end": "2026-07-02"}, BOUND, 1),
    "bundled": ({"bundle": "true"}, BOUND, 1),
    "bundled-ending": ({"bundle": "true", "contract_end": "2026-04-30"}, CONTRACT + BOUND, 1),
    # less than six months
    "young-5": ({"activated_on": "2025-10-02"}, YOUNG, 1),
    "young-6": ({"activated_on": "2025-10-01"}, 0, 1),
    # the state at export
    "on-request": ({"status": "suspended_on_request"}, 0, 5),
    "suspended": ({"status": "suspended"}, 0, 6),
    "preclosed": ({"status": "preclosed"}, 0, 6),
    "leaves-later": ({"status": "closed", "cancelled_on": "2026-04-01"}, 0, 1),  # not known yet
    "no-record": ({"activated_on": "", "status": "", "plans_ever": "", "bundle": ""}, 0, 1),
    # offers by bill
    "offer-580": ({"bills": ("100", "80", "580")}, 0, 1),
    "offer-579": ({"bills": ("100", "80", "579.99")}, 0, 1),
    "offer-380": ({"bills": ("100", "80", "380")}, 0, 1),
    "offer-379": ({"bills": ("100", "80", "379.99")}, 0, 1),
    "offer-280": ({"bills": ("100", "80", "280")}, 0, 1),
    "offer-279": ({"bills": ("100", "80", "279.99")}, 0, 1),
    # everything at once; of the steps the highest
    "all": (
        {
            "activated_on": "2026-01-10",
            "plans_ever": "3",
            "bundle": "true",
            "contract_end": "2026-04-30",
            "status": "suspended_on_request",
            "jan": out("2026-01-31", 600),
            "feb": TOLL_FEB,
            "mar": forwards("2026-03-02", 10, "telecom"),
            "bills": ("100", "90", "50"),
            "events": """2026-03-05~10:00:00 complaint -
                         2026-03-06~10:00:00 cancel_request -
                         2026-03-07~10:00:00 competitor_contact -""",
        },
        EVERY_RULE,
        6,
    ),
}
# Who has left by the end of March is not warned of.
LEFT: dict[str, dict[str, Any]] = {
    "left-last-day": {"status": "closed", "cancelled_on": "2026-03-31"},
    "left-before": {"status": "closed", "cancelled_on": "2026-02-10"},
    "left-undated": {"status": "closed", "mar": "", "bills": ("100", "80", "-")},
}


def exports() -> dict[str, list[Row]]:
    """The tables of this world."""
    people = {who: {**STEADY, **case} for who, case in {**{w: c[0] for w, c in CASES.items()}, **LEFT}.items()}
    usage = [row for who, p in people.items() for month in ("jan", "feb", "mar") for row in records(who, p[month])]
    bills = [
        {"subscriber_id": who, "month": month, "total": total}
        for who, p in people.items()
        for month, total in zip(("2026-01", "2026-02", "2026-03"), p["bills"], strict=True)
        if total != "-"
    ]
    events = [
        {"subscriber_id": who, **row}
        for who, p in people.items()
        for row in table_of(f"time kind resolved_at\n{p['events']}")
    ]
    subscribers = [
        {"subscriber_id": who, **{c: p.get(c, "").strip("-") for c in RECORD}}
        for who, p in people.items()
        if p["status"]
    ]
    return {"usage": usage, "bills": bills, "events": events, "subscribers": subscribers}
