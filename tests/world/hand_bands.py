"""Bills at every edge of the ARPU bands in March 2026, with the band table worked out by hand."""

# The first two digits of the name are those of the band; `late` is the late fee within the total.
BILLS = """
subscriber_id month   total   late_fee
a0-below      2026-03 -0.01   -
a0-far-below  2026-03 -30.01  -
a1-zero       2026-03 0       -
a1-late       2026-03 5.00    5.00     # 5.00-5.00 = 0
a2-least      2026-03 0.01    -
a2-edge       2026-03 20.00   -
a3-above      2026-03 20.01   -
a3-edge       2026-03 53.00   3.00     # 53.00-3.00 = 50.00
a4-above      2026-03 50.01   -
a4-edge       2026-03 80.00   -
a5-above      2026-03 80.01   -
a5-edge       2026-03 120.00  -
a6-above      2026-03 120.01  -
a6-edge       2026-03 200.00  -
a7-above      2026-03 200.01  -
a7-edge       2026-03 400.00  -
a8-above      2026-03 400.01  -
a8-far-above  2026-03 789.95  -
# What went before: the mean is that of the last three bills.
a1-zero       2026-02 60.00   -
a1-zero       2026-01 0       -
a1-zero       2025-12 1000.00 -        # the fourth from the end
a5-above      2026-02 159.98  -
a5-edge       2026-02 119.99  -
a5-edge       2026-01 120.01  -
a6-edge       2026-02 200.00  -
a6-edge       2026-01 199.99  -
a7-above      2026-02 199.99  -
a9-without    2026-02 95.00   5.00
a9-without    2025-11 30.00   -
gone-before   2026-02 500.00  -
# A month that has hardly begun.
a2-edge       2026-04 999.00  -
"""

# Those left out have no record.
SUBSCRIBERS = """
subscriber_id brand   activated_on cancelled_on status region
a0-below      gotone  2025-04-01   -            active North
a0-far-below  mzone   2024-04-01   -            active North
a1-zero       easyown 2025-04-01   -            active South
a1-late       other   2024-04-01   -            active South
a2-least      gotone  2025-04-01   -            active South
a2-edge       gotone  2024-04-01   2026-03-15   closed South   # left within the month, after 23 months
a3-above      gotone  2025-04-01   -            active South
a3-edge       gotone  2024-04-01   -            active South
a4-above      gotone  2025-04-01   2026-04-01   closed South   # leaves on the day after the month
a4-edge       gotone  2024-04-01   -            active South
a5-above      gotone  2025-04-01   2026-03-01   closed South   # on its first day, after exactly 11 months
a5-edge       gotone  2024-04-01   2026-03-31   closed South   # on its last day, after 23 months
a8-above      -       -            -            -      -
a9-without    gotone  2025-04-02   -            active South   # one day short of 12 months
a9-never      gotone  2026-03-31   -            active South
gone-before   gotone  2020-01-01   2026-02-28   closed South   # not one of the subscribers of March
comes-later   gotone  2026-04-01   -            active South   # nor this one
"""

NAMES = ["<0", "0", "(0,20]", "(20,50]", "(50,80]", "(80,120]", "(120,200]", "(200,400]", "(400,inf)", "no bill"]

# Two subscribers in each of ten bands; revenue in all -30.02+0+20.01+70.01+130.01+200.01+320.01+600.01+1189.96 = 2500.00
SUBSCRIBERS_IN_ALL = 20
REVENUE = [-30.02, 0, 20.01, 70.01, 130.01, 200.01, 320.01, 600.01, 1189.96, 0]
REVENUE_SHARE = [-0.012008, 0, 0.008004, 0.028004, 0.052004, 0.080004, 0.128004, 0.240004, 0.475984, 0]  # ÷ 2500
CUMULATIVE_REVENUE = [-30.02, -30.02, -10.01, 60.00, 190.01, 390.02, 710.03, 1310.04, 2500.00, 2500.00]
CUMULATIVE_SHARE = [-0.012008, -0.012008, -0.004004, 0.024, 0.076004, 0.156008, 0.284012, 0.524016, 1, 1]
SHARE_FROM_HERE_UP = [1, 1.012008, 1.012008, 1.004004, 0.976, 0.923996, 0.843992, 0.715988, 0.475984, 0]
MEAN_ARPU = [-15.01, 0, 10.005, 35.005, 65.005, 100.005, 160.005, 300.005, 594.98, 0]  # revenue ÷ 2
CHURN_RATE = [0, 0, 0.5, 0, 0, 1, 0, 0, 0, 0]  # a2-edge; both of a5; not a4-above
# 12 and 24, but: a2 12 and 23, a5 11 and 23, a6 to a8 without a record or a date, a9 11 and 0
MONTHS_ON_NETWORK = [18, 18, 17.5, 18, 18, 17, None, None, None, 5.5]

SEGMENTS = {
    # subscriber: (arpu, its band, mean of the last three bills, its band, policy band)
    "a0-far-below": (-30.01, "<0", -30.01, "<0", "mass"),
    "a1-zero": (0, "0", 20, "(0,20]", "mass"),  # (0+60+0)/3, the 1000 before them is too old
    "a1-late": (0, "0", 0, "0", "mass"),
    "a2-edge": (20, "(0,20]", 20, "(0,20]", "mass"),  # the bill of April is not known in March
    "a3-edge": (50, "(20,50]", 50, "(20,50]", "mass"),
    "a5-above": (80.01, "(80,120]", 119.995, "(80,120]", "mass"),  # (80.01+159.98)/2
    "a5-edge": (120, "(80,120]", 120, "(80,120]", "mid_high"),  # (120+119.99+120.01)/3: just mid-high
    "a6-edge": (200, "(120,200]", 199.996667, "(120,200]", "mid_high"),  # (200+200+199.99)/3: just not high
    "a7-above": (200.01, "(200,400]", 200, "(120,200]", "high"),  # (200.01+199.99)/2
    "a8-far-above": (789.95, "(400,inf)", 789.95, "(400,inf)", "high"),
    "a9-without": (None, "no bill", 60, "(50,80]", "mass"),  # (95-5 + 30)/2
    "a9-never": (None, "no bill", None, "no bill", "mass"),
}
PEOPLE = {
    # subscriber: (months on network, brand, region, has left)
    "a0-below": (12, "gotone", "North", "false"),
    "a0-far-below": (24, "mzone", "North", "false"),
    "a1-late": (24, "other", "South", "false"),
    "a2-edge": (23, "gotone", "South", "true"),
    "a4-above": (12, "gotone", "South", "false"),  # the day of leaving is not known yet
    "a5-above": (11, "gotone", "South", "true"),
    "a5-edge": (23, "gotone", "South", "true"),
    "a7-edge": (None, "", "", "false"),  # a bill without a record
    "a8-above": (None, "", "", "false"),  # an empty record
    "a9-without": (11, "gotone", "South", "false"),
    "a9-never": (0, "gotone", "South", "false"),
}
