"""Bills: hal has every item, the others what their stories need. A bill's total is after discounts, late fee included."""

BILLS = """
subscriber_id month   total  rent  local toll roaming sms data vas discount gift late_fee paid   due_date   paid_on
amy           2026-03 58.50  -     -     -    -       -   -    -   -        -    -        58.50  -          2026-04-10
amy           2026-04 60.00  -     -     -    -       -   -    -   -        -    -        60.00  -          2026-05-11
amy           2026-05 61.50  -     -     -    -       -   -    -   -        -    -        61.50  -          2026-06-10
ben           2026-03 120.01 -     -     -    -       -   -    -   -        -    -        120.01 2026-04-20 2026-04-01
ben           2026-04 20.00  -     -     -    -       -   -    -   -        -    -        20.00  2026-05-20 2026-04-30
hal           2026-03 128.00 50    20    15   10      8   12   15  6        10   4        100    2026-04-20 2026-04-20
hal           2026-04 60.00  60    -     -    -       -   -    -   0        -    -        60     2026-05-20 2026-05-21
hal           2026-05 26.00  26    -     -    -       -   -    -   -        -    -        30     2026-06-20 2026-06-01
jon           2026-04 88.00  -     -     -    -       -   -    -   -        -    -        40     2026-05-20 2026-05-19
jon           2026-05 88.00  -     -     -    -       -   -    -   -        -    -        0      2026-06-20 -
kim           2026-03 45.00  -     -     -    -       -   -    -   -        -    -        -      -          -
kim           2026-05 0      -     -     -    -       -   -    5   12       -    -        0      -          -
leo           2026-03 100.00 -     -     -    -       -   -    -   -        -    -        100    2026-04-20 2026-04-02
leo           2026-04 90.00  -     -     -    -       -   -    -   -        -    -        90     2026-05-20 2026-04-29
leo           2026-05 60.00  -     -     -    -       -   -    -   -        -    -        0      2026-06-20 -
"""

HAND = {
    # 50+20+15+10+8+12+15 = 130, less discount 6, plus late fee 4, is 128
    ("hal", "2026-03"): {
        "arpu": 124,  # 128-4
        "bill_total": 128,
        "bill_rent": 50,
        "bill_local": 20,
        "bill_toll": 15,
        "bill_roaming": 10,
        "bill_sms": 8,
        "bill_data": 12,
        "bill_vas": 15,
        "bill_discount": 6,
        "bill_gift": 10,
        "bill_late_fee": 4,
        "bill_paid": 100,
        "bill_unpaid": 18,  # 128 - 10 gifted - 100 cash
        "paid_late": 0,  # on the agreed day
        "discount_share": 6 / 134,  # of 128+6
        "vas_share": 15 / 128,
    },
    ("hal", "2026-04"): {
        "arpu": 60,  # no late fee
        "bill_unpaid": 0,
        "paid_late": 1,  # a day after
        "bill_late_fee": None,
        "bill_gift": None,
        "discount_share": 0,
        "vas_share": None,  # not known
    },
    ("hal", "2026-05"): {"arpu": 26, "bill_paid": 30, "bill_unpaid": 0, "paid_late": 0},  # overpaid, not -4
    ("jon", "2026-04"): {"bill_unpaid": 48, "paid_late": 0},  # a part, in time
    ("jon", "2026-05"): {"bill_unpaid": 88, "paid_late": 1},  # not at all
    ("amy", "2026-03"): {"arpu": 58.5, "bill_total": 58.5, "paid_late": None},  # no agreed day
    ("kim", "2026-03"): {"bill_total": 45, "bill_paid": None, "bill_unpaid": None},  # nobody knows whether it is paid
    ("kim", "2026-05"): {"arpu": 0, "bill_total": 0, "vas_share": None, "discount_share": 1},  # 5/0; 12/(0+12)
    # without a bill
    ("gus", "2026-04"): {"arpu": None, "bill_total": None, "bill_unpaid": None, "paid_late": None, "vas_share": None},
}
