"""ben: toll calls by destination, with and without an IP prefix. March says it in a column, April leaves it to the
dialled number.
"""

USAGE = {
    "ben": """
    2026-03-03 10:00:00 voice out 01088880001    fixed domestic      home false 120 - 1.40   #  1 Tue
    2026-03-03 11:00:00 voice out 01088880002    fixed domestic      home true  300 - 1.50   #  2 Tue; the column decides
    2026-03-04 10:00:00 voice out 17951021660003 fixed domestic      home -     60  - 0.70   #  3 Wed; and it is empty
    2026-03-04 21:00:00 voice out 0085221110001  -     hk_macau      home false 348 - 9.00   #  4 Wed, evening
    2026-03-05 09:00:00 voice out 0085221110001  -     hk_macau      home true  60  - 1.50   #  5 Thu
    2026-03-05 09:30:00 voice out 0088621110001  -     taiwan        home false 120 - 3.00   #  6 Thu
    2026-03-07 09:30:00 voice out 0012125550001  -     international home false 180 - 24.00  #  7 Sat
    2026-03-07 10:30:00 voice out 0012125550001  -     international home true  60  - 2.40   #  8 Sat
    2026-03-09 15:00:00 voice in  01088880001    fixed domestic      home false 240 - -      #  9 Mon
    2026-03-09 16:00:00 voice in  0085221110001  -     hk_macau      home -     60  - -      # 10 Mon
    2026-03-10 16:00:00 voice out 2001           own   local         home true  60  - -      # 11 Tue; local, so no toll call
    2026-03-10 17:00:00 voice out 2001           own   local         home false 60  - 0.40   # 12 Tue
    # 2026-04-01 is a Wednesday.
    2026-04-01 10:00:00 voice out 1795101088880001   - domestic      home - 60 - 0.30  # 13 prefix 17951
    2026-04-01 10:10:00 voice out 01088880001        - domestic      home - 60 - 0.70  # 14
    2026-04-01 10:20:00 voice out 17951              - domestic      home - 60 - 0.70  # 15 the prefix and nothing after it
    2026-04-01 10:30:00 voice out 1259300852111      - hk_macau      home - 60 - 1.50  # 16 prefix 12593
    2026-04-01 10:40:00 voice out 101930012125550001 - international home - 60 - 2.40  # 17 prefix 10193
    2026-04-01 10:50:00 voice out 0139179510001      - domestic      home - 60 - 0.70  # 18 17951 stands inside
    2026-04-01 11:00:00 voice out 17909021660001     - local         home - 60 - -     # 19 prefix 17909, but local
    2026-04-01 11:10:00 voice in  1795101088880001   - domestic      home - 60 - -     # 20 incoming
    """,
}

COUNTED = {
    ("ben", "2026-03"): {
        "voice_calls": 12,
        "voice_out_calls": 10,
        "voice_in_calls": 2,
        "local_calls": 2,
        "local_out_calls": 2,
        "toll_out_calls": 8,  # 1 to 8
        "domestic_out_calls": 3,  # 1, 2, 3
        "hk_macau_out_calls": 2,  # 4, 5
        "taiwan_out_calls": 1,  # 6
        "international_out_calls": 2,  # 7, 8
        "toll_in_calls": 2,  # 9, 10
        "ip_calls": 3,  # 2, 5, 8; not 3 (cell empty), not 11 (local)
        "non_ip_toll_calls": 5,  # 8-3
        "domestic_non_ip_out_calls": 2,  # 1, 3
        "busy_calls": 11,  # all but 4
        "busy_out_calls": 9,
        "offpeak_calls": 1,
        "evening_calls": 1,
        "workday_calls": 10,
        "weekend_calls": 2,  # 7, 8
        "own_calls": 2,
        "fixed_calls": 4,  # 1, 2, 3, 9
        "voice_minutes": 27.8,  # 1368 + 300 = 1668 s
        "voice_out_minutes": 22.8,  # 1248 + 60 + 60 = 1368 s
        "voice_in_minutes": 5,  # 240+60
        "local_minutes": 2,
        "local_out_minutes": 2,
        "toll_out_minutes": 20.8,  # 120+300+60+348+60+120+180+60 = 1248 s
        "domestic_out_minutes": 8,  # 120+300+60
        "hk_macau_out_minutes": 6.8,  # 348+60 = 408 s
        "taiwan_out_minutes": 2,
        "international_out_minutes": 4,  # 180+60
        "ip_minutes": 7,  # 300+60+60
        "non_ip_toll_minutes": 13.8,  # 20.8-7
        "busy_minutes": 22,  # 1668-348 = 1320 s
        "offpeak_minutes": 5.8,  # 348 s
        "workday_minutes": 23.8,  # 1668-240 = 1428 s
        "weekend_minutes": 4,
        "own_minutes": 2,
        "fixed_minutes": 12,  # 120+300+60+240
        "usage_fee": 43.90,
        "voice_fee": 43.90,  # 43.50 + 0.40
        "local_fee": 0.40,
        "toll_fee": 43.50,  # 1.40+1.50+0.70+9.00+1.50+3.00+24.00+2.40
        "domestic_fee": 3.60,  # 1.40+1.50+0.70
        "hk_macau_fee": 10.50,
        "taiwan_fee": 3.00,
        "international_fee": 26.40,
        "ip_fee": 5.40,  # 1.50+1.50+2.40
        "busy_fee": 34.90,  # 43.90-9.00
        "offpeak_fee": 9.00,
    },
    ("ben", "2026-04"): {
        "voice_calls": 8,
        "voice_out_calls": 7,
        "voice_in_calls": 1,
        "local_calls": 1,
        "local_out_calls": 1,
        "toll_out_calls": 6,  # 13 to 18
        "domestic_out_calls": 4,  # 13, 14, 15, 18
        "hk_macau_out_calls": 1,
        "international_out_calls": 1,
        "toll_in_calls": 1,
        "ip_calls": 3,  # 13, 16, 17
        "non_ip_toll_calls": 3,  # 14, 15, 18
        "domestic_non_ip_out_calls": 3,
        "busy_calls": 8,
        "busy_out_calls": 7,
        "workday_calls": 8,
        "voice_minutes": 8,
        "voice_out_minutes": 7,
        "voice_in_minutes": 1,
        "local_minutes": 1,
        "local_out_minutes": 1,
        "toll_out_minutes": 6,
        "domestic_out_minutes": 4,
        "hk_macau_out_minutes": 1,
        "international_out_minutes": 1,
        "ip_minutes": 3,
        "non_ip_toll_minutes": 3,
        "busy_minutes": 8,
        "workday_minutes": 8,
        "usage_fee": 6.30,  # 0.30 + 3 × 0.70 + 1.50 + 2.40
        "voice_fee": 6.30,
        "toll_fee": 6.30,
        "domestic_fee": 2.40,  # 0.30 + 3 × 0.70
        "hk_macau_fee": 1.50,
        "international_fee": 2.40,
        "ip_fee": 4.20,  # 0.30+1.50+2.40
        "busy_fee": 6.30,
    },
}

OTHER = {
    ("ben", "2026-03"): {
        "in_out_ratio": 0.2,
        "ip_ratio": 0.375,  # 3/8
        "toll_share": 0.8,  # 8/10
        "ip_minutes_per_call": 7 / 3,
        "hk_macau_minutes_per_call": 3.4,  # 6.8/2
        "minutes_per_call": 27.8 / 12,
        "minutes_per_out_call": 2.28,
        "minutes_per_in_call": 2.5,
        "busy_share": 11 / 12,
        "night_share": 0,
        "rival_share": 0,
        "fee_per_minute": 43.9 / 27.8,
        "records": 12,
        "active_days": 6,  # 3, 4, 5, 7, 9, 10
        "active_days_out": 5,  # not the 9th
        "last_activity_gap_days": 21,  # 31-10
        "half_trend": -1,  # all in the first half
        "calls_out_half_trend": -1,
        "median_call_s": 90,  # six of 60, then 120 120 180 240 300 348: (60+120)/2
        "longest_call_s": 348,
        "contacts": 7,  # 0085221110001 ×3; 01088880001, 0012125550001, 2001 ×2; three once: 12 in all
        "contacts_mutual": 2,  # 01088880001, 0085221110001
        "contact_entropy": 1.8636799873,  # ln 12 - (3 ln 3 + 3 × 2 ln 2)/12 = 2.4849066498 - 7.4547199494/12
        "top_contact_share": 0.25,  # 3/12
        "calls_per_contact": 12 / 7,
    },
    ("ben", "2026-04"): {"ip_ratio": 0.5, "ip_minutes_per_call": 1, "toll_share": 6 / 7, "last_activity_gap_days": 29},
}
