"""amy: calls at the edges of hours, days, half months and months. 2026-03-01 is a Sunday, 2026-04-01 a Wednesday,
2026-05-01 a Friday.
"""

USAGE = {
    "amy": """
    # March has 31 days: its second half begins on the 16th at 12:00:00.
    2026-03-01 00:00:00 voice out 1001 own     local home - 60  - 0.40  #  1 Sun, night; the month's first second
    2026-03-02 07:59:59 voice out 10010 unicom local home - 91  - 0.60  #  2 Mon, night
    2026-03-02 08:00:00 voice out 1001 own     local home - 30  - 0.20  #  3 Mon, busy
    2026-03-06 19:59:59 voice in  1003 telecom local home - 120 - -     #  4 Fri, busy
    2026-03-06 20:00:00 voice in  1001 own     local home - 0   - -     #  5 Fri, evening, unanswered
    2026-03-07 12:00:00 voice out 1004 fixed   local home - 600 - 4.00  #  6 Sat, busy, ten minutes
    2026-03-08 02:00:00 voice in  1006 tietong local home - 45  - -     #  7 Sun, night, a network outside the list
    2026-03-16 11:59:59 voice out 1005 phs     local home - 599 - 3.99  #  8 Mon, busy, first half's last second
    2026-03-16 12:00:00 voice out 1001 own     local home - -   - -     #  9 Mon, busy, second half, unanswered
    2026-03-31 23:59:59 voice in  10010 unicom local home - 15  - -     # 10 Tue, evening; the month's last second
    # April has 30 days: its second half begins on the 16th at 00:00:00.
    2026-04-04 23:59:59 voice out 1001 own     local home - 60  - 0.40  # 11 Sat, evening
    2026-04-06 00:00:00 voice out 1001 own     local home - 60  - 0.40  # 12 Mon, night
    2026-04-15 23:59:59 voice out 1001 own     local home - 60  - 0.40  # 13 Wed, evening, first half
    2026-04-16 00:00:00 voice out 1001 own     local home - 60  - 0.40  # 14 Thu, night, second half
    2026-04-30 23:59:59 voice out 1001 own     local home - 60  - 0.40  # 15 Thu, evening
    2026-05-01 00:00:00 voice out 10010 unicom local home - 60  - 0.40  # 16 Fri, night, first half
    2026-05-16 11:59:59 voice out 1003 telecom local home - 60  - 0.40  # 17 Sat, busy, first half
    2026-05-16 12:00:00 voice out +8610010 unicom local home - 60  - 0.40  # 18 Sat, busy, second half
    2026-05-31 23:59:59 voice out 10010 unicom local home - 60  - 0.40  # 19 Sun, evening, second half
    """,
}

MARCH = {
    "voice_calls": 10,
    "voice_out_calls": 6,  # 1, 2, 3, 6, 8, 9
    "voice_in_calls": 4,  # 4, 5, 7, 10
    "local_calls": 10,
    "local_out_calls": 6,
    "busy_calls": 5,  # 3, 4, 6, 8, 9
    "busy_out_calls": 4,  # 3, 6, 8, 9
    "offpeak_calls": 5,  # 1, 2, 5, 7, 10
    "evening_calls": 2,  # 5, 10
    "night_calls": 3,  # 1, 2, 7
    "workday_calls": 7,  # all but 1 (Sun), 6 (Sat), 7 (Sun)
    "weekend_calls": 3,
    "own_calls": 4,  # 1, 3, 5, 9
    "unicom_calls": 2,  # 2, 10
    "telecom_calls": 1,  # 4
    "fixed_calls": 2,  # 6 fixed, 8 PHS
    "rival_calls": 5,  # 2, 10 Unicom, 4 Telecom, 8 PHS, 7 a network outside the list
    "rival_hotline_calls": 1,  # 2; 10 came in
    "unanswered_calls": 2,  # 5 with 0 seconds, 9 with an empty cell
    "long_calls": 1,  # 6: 600 s; 8 is one second short
    "voice_minutes": 26,  # 60+91+30+120+0+600+45+599+0+15 = 1560 s
    "voice_out_minutes": 23,  # 60+91+30+600+599+0 = 1380 s
    "voice_in_minutes": 3,  # 120+0+45+15 = 180 s
    "local_minutes": 26,
    "local_out_minutes": 23,
    "busy_minutes": 1349 / 60,  # 30+120+600+599+0 = 1349 s
    "offpeak_minutes": 211 / 60,  # 60+91+0+45+15 = 211 s; 1349+211 = 1560
    "night_minutes": 196 / 60,  # 60+91+45
    "workday_minutes": 14.25,  # 91+30+120+0+599+0+15 = 855 s
    "weekend_minutes": 11.75,  # 60+600+45 = 705 s
    "own_minutes": 1.5,  # 60+30+0+0
    "fixed_minutes": 1199 / 60,  # 600+599
    "rival_minutes": 14.5,  # 91+15 + 120 + 599 + 45 = 870 s
    "usage_fee": 9.19,  # 0.40+0.60+0.20+4.00+3.99
    "voice_fee": 9.19,
    "local_fee": 9.19,
    "busy_fee": 8.19,  # 0.20+4.00+3.99
    "offpeak_fee": 1.00,  # 0.40+0.60
}
APRIL = {
    "voice_calls": 5,
    "voice_out_calls": 5,
    "local_calls": 5,
    "local_out_calls": 5,
    "offpeak_calls": 5,
    "evening_calls": 3,  # 11, 13, 15
    "night_calls": 2,  # 12, 14
    "workday_calls": 4,
    "weekend_calls": 1,  # 11: one second before Sunday
    "own_calls": 5,
    "voice_minutes": 5,
    "voice_out_minutes": 5,
    "local_minutes": 5,
    "local_out_minutes": 5,
    "offpeak_minutes": 5,
    "night_minutes": 2,
    "workday_minutes": 4,
    "weekend_minutes": 1,
    "own_minutes": 5,
    "usage_fee": 2.00,
    "voice_fee": 2.00,
    "local_fee": 2.00,
    "offpeak_fee": 2.00,
}
MAY = {
    "voice_calls": 4,
    "voice_out_calls": 4,
    "local_calls": 4,
    "local_out_calls": 4,
    "busy_calls": 2,  # 17, 18
    "busy_out_calls": 2,
    "offpeak_calls": 2,
    "evening_calls": 1,  # 19
    "night_calls": 1,  # 16
    "workday_calls": 1,  # 16: 1 May counts as the Friday it is while no holiday is configured
    "weekend_calls": 3,  # 17, 18 Sat, 19 Sun
    "unicom_calls": 3,
    "telecom_calls": 1,
    "rival_calls": 4,
    "rival_hotline_calls": 3,  # 16, 18, 19
    "voice_minutes": 4,
    "voice_out_minutes": 4,
    "local_minutes": 4,
    "local_out_minutes": 4,
    "busy_minutes": 2,
    "offpeak_minutes": 2,
    "night_minutes": 1,
    "workday_minutes": 1,
    "weekend_minutes": 3,
    "rival_minutes": 4,
    "usage_fee": 1.60,
    "voice_fee": 1.60,
    "local_fee": 1.60,
    "busy_fee": 0.80,
    "offpeak_fee": 0.80,
}
COUNTED = {("amy", "2026-03"): MARCH, ("amy", "2026-04"): APRIL, ("amy", "2026-05"): MAY}

OTHER = {
    ("amy", "2026-03"): {
        "records": 10,
        "active_days": 7,  # 1, 2, 6, 7, 8, 16, 31
        "active_days_out": 4,  # 1, 2, 7, 16
        "last_activity_gap_days": 0,  # 10 is on the last day
        "records_first_half": 8,  # 1 to 8
        "records_second_half": 2,
        "half_trend": -0.6,  # (2-8)/10
        "calls_out_first_half": 5,  # 1, 2, 3, 6, 8
        "calls_out_second_half": 1,  # 9
        "calls_out_half_trend": -4 / 6,  # (1-5)/6
        "median_call_s": 75.5,  # answered: 15 30 45 60 | 91 120 599 600; (60+91)/2
        "longest_call_s": 600,
        "contacts": 6,  # 1001 ×4, 10010 ×2, 1003, 1004, 1005, 1006
        "contacts_out": 4,  # 1001, 10010, 1004, 1005
        "contacts_in": 4,  # 1001, 10010, 1003, 1006
        "contacts_mutual": 2,  # 1001, 10010
        "contacts_rival": 4,  # 10010, 1003, 1005, 1006
        "contact_entropy": 1.6094379124341003,  # ln 10 - (4 ln 4 + 2 ln 2)/10 = ln 10 - ln 2 = ln 5
        "top_contact_share": 0.4,
        "calls_per_contact": 10 / 6,
        "in_out_ratio": 4 / 6,
        "minutes_per_call": 3.25,  # 26 / (10-2)
        "minutes_per_out_call": 23 / 6,
        "minutes_per_in_call": 0.75,  # 3/4
        "busy_share": 0.5,
        "night_share": 0.3,
        "workday_share": 0.7,
        "own_share": 0.4,
        "rival_share": 0.5,
        "fee_per_minute": 9.19 / 26,
        "toll_share": 0,
        "forward_share": 0,  # 0 of the 4 that arrived
        "roaming_share": 0,
        "sms_share": 0,
        "ip_ratio": None,  # no toll calls
        "ip_minutes_per_call": None,
        "hk_macau_minutes_per_call": None,
        "mb_per_session": None,
        "data_night_share": None,
        "data_peak_share": None,
    },
    ("amy", "2026-04"): {
        "records_first_half": 3,  # 11, 12, 13
        "records_second_half": 2,  # 14, 15
        "half_trend": -0.2,
        "calls_out_first_half": 3,
        "calls_out_second_half": 2,
        "calls_out_half_trend": -0.2,
        "active_days": 5,
        "last_activity_gap_days": 0,
        "contacts": 1,
        "contact_entropy": 0,  # one contact only
        "top_contact_share": 1,
        "contacts_mutual": 0,
        "in_out_ratio": 0,  # 0/5
        "minutes_per_in_call": None,  # no incoming call
        "forward_share": None,  # nothing arrived
    },
    ("amy", "2026-05"): {
        "records_first_half": 2,  # 16, 17
        "records_second_half": 2,  # 18, 19
        "half_trend": 0,
        "active_days": 3,  # 1, 16, 31
        "last_activity_gap_days": 0,
        "contacts": 2,
        "contact_entropy": 0.5623351446188083,  # 10010 ×3 however written, 1003: ln 4 - 3 ln 3 / 4 = 1.386294 - 0.823959
        "top_contact_share": 0.75,
        "rival_share": 1,
    },
}
