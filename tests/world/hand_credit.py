"""Subscribers at every edge of the credit rule at the end of March 2026 (midnight before 2026-04-01), with their points."""

SUBSCRIBERS = """
subscriber_id   brand   activated_on cancelled_on status
# Brand alone: activated within the month, no bill.
gotone          gotone  2026-03-31   -            active
mzone           mzone   2026-03-31   -            active
easyown         easyown 2026-03-31   -            active
other           other   2026-03-31   -            active
unlisted        Unlisted 2026-03-31  -            active
no-brand        -       2026-03-31   -            active
# Years on the network alone.
no-date         other   -            -            active
months-11       other   2025-04-02   -            active   # the day after ends the 12th month
years-1         other   2025-04-01   -            active
years-2-less    other   2024-04-02   -            active
years-2         other   2024-04-01   -            active
years-3-less    other   2023-04-02   -            active
years-3         other   2023-04-01   -            active
years-4-less    other   2022-04-02   -            active
years-4         other   2022-04-01   -            active
years-5-less    other   2021-04-02   -            active
years-5         other   2021-04-01   -            active
years-26        other   2000-01-01   -            active
leaps           other   2024-02-29   -            active
left            other   2021-04-01   2026-03-20   closed   # after 59 months
leaves-later    other   2021-04-01   2026-04-01   closed   # not known yet: 60 months
comes-later     gotone  2026-04-01   -            active
# Suspensions alone.
stopped-1       other   2026-03-31   -            active
stopped-3       other   2026-03-31   -            active
stopped-edges   other   2026-03-31   -            active
never-stopped   other   2026-03-31   -            active
# Spend alone; those without a record have bills only.
spend-13        other   2026-03-31   -            active
spend-gap       other   2026-03-31   -            active
# All four.
top             gotone  2000-01-01   -            active
five            gotone  2021-04-01   -            active
four            gotone  2022-04-01   -            active
four-less       mzone   2021-04-01   -            active
three           gotone  2023-04-01   -            active
two             gotone  2024-04-01   -            active
two-less        mzone   2024-04-01   -            active
one             gotone  2025-04-01   -            active
one-less        easyown 2025-04-01   -            active
stopped-top     gotone  2000-01-01   -            active
"""

BILLS = """
subscriber_id month   total  late_fee
spend-none    2026-03 0      -
spend-credit  2026-03 -10.00 -
spend-20      2026-03 20.00  -
spend-20+     2026-03 20.01  -
spend-50      2026-03 50.00  -
spend-50+     2026-03 50.01  -
spend-80      2026-03 80.00  -
spend-80+     2026-03 80.01  -
spend-120     2026-03 120.00 -
spend-120+    2026-03 120.01 -
spend-200     2026-03 200.00 -
spend-200+    2026-03 200.01 -
spend-400     2026-03 400.00 -
spend-400+    2026-03 400.01 -
spend-late    2026-03 21.00  1.00    # 20.00 without the late fee
left          2026-03 20.00  -
spend-later   2026-03 20.00  -
spend-later   2026-04 900.00 -       # not known yet
# The twelve latest of thirteen: eleven of 50 and one of 50.12, so 600.12/12 = 50.01; the oldest would make it more.
spend-13      2025-03 9999   -
spend-13      2025-04 50.12  -
spend-13      2025-05 50     -
spend-13      2025-06 50     -
spend-13      2025-07 50     -
spend-13      2025-08 50     -
spend-13      2025-09 50     -
spend-13      2025-10 50     -
spend-13      2025-11 50     -
spend-13      2025-12 50     -
spend-13      2026-01 50     -
spend-13      2026-02 50     -
spend-13      2026-03 50     -
# Two bills that lie far apart: (100+300)/2 = 200
spend-gap     2024-01 100    -
spend-gap     2026-02 300    -
top           2026-03 400.01 -
five          2026-03 120.01 -
four          2026-03 80.01  -
four-less     2026-03 50.01  -
three         2026-03 50.01  -
one           2026-03 20     -
one-less      2026-03 20.01  -
stopped-top   2026-03 400.01 -
"""

EVENTS = """
subscriber_id time                kind
stopped-1     2024-07-01~10:00:00 suspension   # long ago
stopped-3     2026-01-01~10:00:00 suspension
stopped-3     2026-01-05~10:00:00 resume
stopped-3     2026-02-01~10:00:00 suspension
stopped-3     2026-03-01~10:00:00 suspension
stopped-edges 2026-03-31~23:59:59 suspension   # the last second of the month
stopped-edges 2026-04-01~00:00:00 suspension   # the first of the next
never-stopped 2026-03-01~10:00:00 resume
never-stopped 2026-03-01~10:00:00 power_off
never-stopped 2026-03-01~10:00:00 complaint
four-less     2026-03-01~10:00:00 resume
stopped-top   2026-03-01~10:00:00 suspension
stopped-top   2026-03-02~10:00:00 suspension
stopped-top   2026-03-03~10:00:00 suspension
stopped-top   2026-03-04~10:00:00 suspension
stopped-top   2026-03-05~10:00:00 suspension
stopped-top   2026-03-06~10:00:00 suspension
stopped-top   2026-03-07~10:00:00 suspension
"""

# subscriber: (brand, tenure, spend, suspension points, score, stars)
POINTS = {
    "gotone": (50, 0, 0, 0, 50, 0),
    "mzone": (30, 0, 0, 0, 30, 0),
    "easyown": (20, 0, 0, 0, 20, 0),
    "other": (0, 0, 0, 0, 0, 0),
    "unlisted": (0, 0, 0, 0, 0, 0),
    "no-brand": (0, 0, 0, 0, 0, 0),
    "no-date": (0, 0, 0, 0, 0, 0),
    "months-11": (0, 0, 0, 0, 0, 0),
    "years-1": (0, 50, 0, 0, 50, 0),
    "years-2-less": (0, 50, 0, 0, 50, 0),
    "years-2": (0, 150, 0, 0, 150, 1),
    "years-3-less": (0, 150, 0, 0, 150, 1),
    "years-3": (0, 200, 0, 0, 200, 2),
    "years-4-less": (0, 200, 0, 0, 200, 2),
    "years-4": (0, 250, 0, 0, 250, 2),
    "years-5-less": (0, 250, 0, 0, 250, 2),
    "years-5": (0, 300, 0, 0, 300, 3),
    "years-26": (0, 300, 0, 0, 300, 3),
    "leaps": (0, 150, 0, 0, 150, 1),  # 25 months
    "left": (0, 250, 0, 0, 250, 2),
    "leaves-later": (0, 300, 0, 0, 300, 3),
    "stopped-1": (0, 0, 0, -100, -100, 0),
    "stopped-3": (0, 0, 0, -300, -300, 0),
    "stopped-edges": (0, 0, 0, -100, -100, 0),
    "never-stopped": (0, 0, 0, 0, 0, 0),
    "spend-none": (0, 0, 0, 0, 0, 0),
    "spend-credit": (0, 0, 0, 0, 0, 0),
    "spend-20": (0, 0, 0, 0, 0, 0),
    "spend-20+": (0, 0, 20, 0, 20, 0),
    "spend-50": (0, 0, 20, 0, 20, 0),
    "spend-50+": (0, 0, 50, 0, 50, 0),
    "spend-80": (0, 0, 50, 0, 50, 0),
    "spend-80+": (0, 0, 100, 0, 100, 1),
    "spend-120": (0, 0, 100, 0, 100, 1),
    "spend-120+": (0, 0, 150, 0, 150, 1),
    "spend-200": (0, 0, 150, 0, 150, 1),
    "spend-200+": (0, 0, 200, 0, 200, 2),
    "spend-400": (0, 0, 200, 0, 200, 2),
    "spend-400+": (0, 0, 250, 0, 250, 2),
    "spend-late": (0, 0, 0, 0, 0, 0),
    "spend-later": (0, 0, 0, 0, 0, 0),
    "spend-13": (0, 0, 50, 0, 50, 0),
    "spend-gap": (0, 0, 150, 0, 150, 1),
    "top": (50, 300, 250, 0, 600, 5),
    "five": (50, 300, 150, 0, 500, 5),
    "four": (50, 250, 100, 0, 400, 4),
    "four-less": (30, 300, 50, 0, 380, 3),
    "three": (50, 200, 50, 0, 300, 3),
    "two": (50, 150, 0, 0, 200, 2),
    "two-less": (30, 150, 0, 0, 180, 1),
    "one": (50, 50, 0, 0, 100, 1),
    "one-less": (20, 50, 20, 0, 90, 0),
    "stopped-top": (50, 300, 250, -700, -100, 0),
}
# subscriber: (brand, months on network, mean spend, suspensions), which stand beside the points
GROUNDS = {
    "unlisted": ("Unlisted", 0, None, 0),
    "no-date": ("other", None, None, 0),
    "left": ("other", 59, 20, 0),
    "spend-13": ("other", 0, 50.01, 0),
    "spend-20+": ("", None, 20.01, 0),
    "stopped-3": ("other", 0, None, 3),
}
