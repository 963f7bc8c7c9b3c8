"""Subscriber records and the events of jon. Every value is as of midnight after the month's last day."""

SUBSCRIBERS = """
subscriber_id brand   activated_on cancelled_on cancel_kind status region plans_ever contract_end bundle services            payment_method
amy           gotone  2021-06-01   -            -           active North  2          2026-06-30   true   3                   bank
ben           gotone  2025-06-02   -            -           active North  3          2026-04-15   false  broadband;iot;family cash
cat           mzone   2026-03-31   -            -           active South  1          -            -      broadband、iot      -
dan           mzone   2026-05-01   -            -           active South  1          -            -      0                   -
eve           easyown 2024-02-29   -            -           active South  1          -            -      -                   -
fay           easyown 2026-04-30   -            -           active East   1          -            -      iot                 -
gus           other   2026-04-02   -            -           active East   1          -            -      -                   -
hal           gotone  2023-12-31   -            -           active East   1          -            -      a|b+c               bank
jon           mzone   2026-03-15   -            -           active East   1          -            -      -                   -
kim           easyown -            -            -           -      -      -          -            -      -                   -
leo           other   2024-02-29   2026-05-20   voluntary   closed West   1          -            -      -                   -
"""

EVENTS = """
subscriber_id time                kind               score resolved_at         amount
jon           2026-04-01~00:00:00 recharge           -     -                   10
jon           2026-04-30~23:59:59 suspension         -     -                   -
jon           2026-04-20~09:00:00 complaint          -     2026-05-02~09:00:00 -       # open at the end of April
jon           2026-05-01~00:00:00 suspension         -     -                   -
jon           2026-05-03~00:00:00 resume             -     -                   -
jon           2026-05-31~23:59:59 suspension         -     -                   -
jon           2026-06-01~00:00:00 suspension         -     -                   -       # June
jon           2026-05-04~10:00:00 complaint          -     2026-05-31~23:59:59 -       # resolved
jon           2026-05-05~10:00:00 complaint          -     2026-06-01~00:00:00 -       # open at 24:00
jon           2026-05-06~10:00:00 complaint          -     -                   -       # open
jon           2026-05-07~10:00:00 enquiry            -     -                   -
jon           2026-05-08~10:00:00 enquiry            -     -                   -
jon           2026-05-09~10:00:00 survey             7     -                   -
jon           2026-05-10~10:00:00 survey             8     -                   -
jon           2026-05-11~10:00:00 survey             10    -                   -
jon           2026-05-12~10:00:00 plan_change        -     -                   -
jon           2026-05-13~10:00:00 recharge           -     -                   50
jon           2026-05-14~10:00:00 recharge           -     -                   30.50
jon           2026-05-15~10:00:00 recharge           -     -                   -
jon           2026-05-16~10:00:00 payment            -     -                   88
jon           2026-05-17~10:00:00 payment            -     -                   1
jon           2026-05-18~10:00:00 power_off          -     -                   -
jon           2026-05-19~10:00:00 cancel_request     -     -                   -
jon           2026-05-20~10:00:00 competitor_contact -     -                   -
jon           2026-05-21~10:00:00 competitor_contact -     -                   -
jon           2026-05-22~10:00:00 overage            -     -                   5
jon           2026-05-23~10:00:00 overage            -     -                   5
jon           2026-05-24~10:00:00 overage            -     -                   5
"""

EVENT_VALUES = {
    ("jon", "2026-05"): {
        "suspensions": 2,  # first and last second of May
        "complaints": 3,
        "complaints_open": 2,  # resolved at 24:00 is after the month
        "enquiries": 2,
        "cancel_requests": 1,
        "competitor_contacts": 2,
        "power_offs": 1,
        "plan_changes": 1,
        "recharges": 3,
        "recharge_amount": 80.5,  # 50 + 30.50 + one without an amount; payments are no recharges
        "payments": 2,
        "overages": 3,
        "survey_score": 25 / 3,  # (7+8+10)/3
    },
    ("jon", "2026-04"): {
        "suspensions": 1,
        "complaints": 1,
        "complaints_open": 1,  # resolved in May
        "recharges": 1,
        "recharge_amount": 10,
        "survey_score": None,
        "payments": 0,
    },
    ("hal", "2026-05"): {"suspensions": 0, "complaints_open": 0, "recharge_amount": 0, "survey_score": None},
}

RECORD_VALUES = {
    # exactly 58 months after 2021-06-01 is 2026-04-01, midnight after March
    ("amy", "2026-03"): {
        "months_on_network": 58,
        "tenure_days": 1765,  # 5 years with one 29 Feb to 2026-06-01: 1826, less May 31, less April 30
        "plans_ever": 2,
        "services_held": 3,  # a number
        "bundled": 1,
        "contract_days_left": 91,  # 30 April + 31 May + 30 June
        "payment_method": "bank",
    },
    ("amy", "2026-05"): {"months_on_network": 60, "tenure_days": 1826, "contract_days_left": 30},
    ("ben", "2026-03"): {
        "months_on_network": 9,  # 2 March is the 9th month; 2 April has not come
        "tenure_days": 303,  # 365 to 2026-06-02, less 1, 31, 30
        "services_held": 3,  # a list with semicolons
        "bundled": 0,
        "contract_days_left": 15,  # 1 to 15 April
        "payment_method": "cash",
    },
    ("ben", "2026-04"): {"contract_days_left": -15},  # over since midnight after the 15th, 15 days before 1 May
    # 31 March + 1 month is 30 April
    ("cat", "2026-04"): {"months_on_network": 1, "tenure_days": 31, "services_held": 2, "bundled": None},
    ("dan", "2026-05"): {"months_on_network": 1, "tenure_days": 31, "services_held": 0, "contract_days_left": None},
    # 29 Feb 2024 + 25 months is 29 March 2026; 366 days to 1 March 2025, 365 to 1 March 2026, 31 to 1 April
    ("eve", "2026-03"): {"months_on_network": 25, "tenure_days": 762, "services_held": None, "payment_method": None},
    ("fay", "2026-05"): {"months_on_network": 1, "tenure_days": 32, "services_held": 1},
    ("gus", "2026-04"): {"months_on_network": 0, "tenure_days": 29},  # 2 April to 1 May
    # 31 Dec 2023 + 27 months is 31 March 2026; 366 + 365 days to 31 Dec 2025, then 31 + 28 + 31 + 1
    ("hal", "2026-03"): {"months_on_network": 27, "tenure_days": 822, "services_held": 3},
    ("jon", "2026-04"): {"months_on_network": 1, "tenure_days": 47},  # 15 March: 17 days to 1 April, 30 to 1 May
    ("kim", "2026-03"): {"months_on_network": None, "tenure_days": None, "plans_ever": None},
    # ida has no record at all
    ("ida", "2026-04"): {"months_on_network": None, "plans_ever": None, "bundled": None, "payment_method": None},
}
