"""eve: short and multimedia messages. fay: data sessions. gus: the circle of contacts over all services."""

USAGE = {
    "eve": """
    2026-03-02 07:59:59 sms out 5001 own     local         home - - - 0.10  #  1 night
    2026-03-02 08:00:00 sms out 5002 unicom  local         home - - - 0.15  #  2
    2026-03-03 10:00:00 sms out 5003 telecom local         home - - - 0.15  #  3
    2026-03-03 10:00:00 sms out 5004 fixed   local         home - - - 0.10  #  4
    2026-03-04 10:00:00 sms in  5001 own     local         home - - - -     #  5
    2026-03-04 00:00:00 sms in  5002 unicom  local         home - - - -     #  6 night
    2026-03-05 10:00:00 sms out 5005 -       hk_macau      home - - - 0.80  #  7
    2026-03-05 10:00:00 sms out 5006 -       international home - - - 1.00  #  8
    2026-03-05 10:00:00 sms out 5006 -       taiwan        home - - - 0.80  #  9
    2026-03-06 10:00:00 sms out 5007 own     domestic      home - - - 0.10  # 10
    2026-03-07 10:00:00 mms out 5001 own     local         home - - - 0.50  # 11
    2026-03-07 10:00:00 mms in  5001 own     local         home - - - -     # 12
    2026-03-07 10:00:00 mms out 5008 unicom  local         home - - - 0.90  # 13
    """,
    "fay": """
    2026-05-01 00:00:00 data -   - - - home - - 1M   0.10  #  1 Fri, night
    2026-05-01 01:59:59 data -   - - - home - - 2M   0.10  #  2 night
    2026-05-01 02:00:00 data -   - - - home - - 4M   0.10  #  3 night, 02-04
    2026-05-01 03:59:59 data -   - - - home - - 8M   0.10  #  4 night, 02-04
    2026-05-01 04:00:00 data -   - - - home - - 16M  0.10  #  5 night
    2026-05-01 07:59:59 data -   - - - home - - 32M  0.10  #  6 night
    2026-05-01 08:00:00 data out - - - home - - 64M  0.10  #  7 busy
    2026-05-02 19:59:59 data out - - - home - - 128M 0.10  #  8 Sat, busy
    2026-05-03 20:00:00 data out - - - home - - 256M 0.10  #  9 Sun, evening
    2026-05-03 20:10:00 data -   - - - home - - -    -     # 10 Sun, no volume given
    2026-05-04 10:00:00 data -   - - - home - - 0.5M 0.10  # 11 Mon, busy: 524288 bytes
    """,
    "gus": """
    2026-04-10 10:00:00 voice out 7001 own     local home - 60 -  0.40  # 1 Fri
    2026-04-10 10:05:00 sms   in  7001 own     local home - -  -  -     # 2 Fri
    2026-04-11 10:00:00 voice out 7002 unicom  local home - 60 -  0.40  # 3 Sat
    2026-04-12 10:00:00 voice out 7002 unicom  local home - 60 -  0.40  # 4 Sun
    2026-04-13 10:00:00 sms   out 7002 unicom  local home - -  -  0.10  # 5 Mon
    2026-04-14 10:00:00 mms   in  7003 telecom local home - -  -  -     # 6 Tue
    2026-04-15 12:00:00 voice in  -    own     local home - 60 -  -     # 7 Wed, caller unknown
    2026-04-16 10:00:00 data  -   -    -       -     home - -  1M -     # 8 Thu, second half
    """,
}

COUNTED = {
    ("eve", "2026-03"): {
        "sms": 10,
        "sms_out": 8,
        "sms_in": 2,
        "sms_own_out": 2,  # 1, 10
        "sms_rival_out": 2,  # 2, 3; a fixed line is no rival
        "sms_night": 2,  # 1, 6
        "sms_abroad_out": 3,  # 7, 8, 9
        "mms": 3,
        "mms_out": 2,
        "usage_fee": 4.60,
        "sms_fee": 3.20,  # 0.10+0.15+0.15+0.10+0.80+1.00+0.80+0.10
        "mms_fee": 1.40,  # 0.50+0.90
    },
    ("fay", "2026-05"): {
        "data_sessions": 11,
        "data_night_sessions": 6,  # 1 to 6
        "data_mb": 511.5,  # 1+2+4+8+16+32+64+128+256 = 511, and a half
        "data_busy_mb": 192.5,  # 64+128+0.5
        "data_night_mb": 63,  # 1+2+4+8+16+32
        "data_peak_mb": 12,  # 4+8
        "data_weekend_mb": 384,  # 128+256
        "usage_fee": 1.00,
        "data_fee": 1.00,  # ten times 0.10
    },
    ("gus", "2026-04"): {
        "voice_calls": 4,
        "voice_out_calls": 3,
        "voice_in_calls": 1,
        "local_calls": 4,
        "local_out_calls": 3,
        "busy_calls": 4,
        "busy_out_calls": 3,
        "workday_calls": 2,  # 1, 7
        "weekend_calls": 2,  # 3, 4
        "own_calls": 2,  # 1, 7
        "unicom_calls": 2,
        "rival_calls": 2,
        "voice_minutes": 4,
        "voice_out_minutes": 3,
        "voice_in_minutes": 1,
        "local_minutes": 4,
        "local_out_minutes": 3,
        "busy_minutes": 4,
        "workday_minutes": 2,
        "weekend_minutes": 2,
        "own_minutes": 2,
        "rival_minutes": 2,
        "usage_fee": 1.30,
        "voice_fee": 1.20,
        "local_fee": 1.20,
        "busy_fee": 1.20,
        "sms_fee": 0.10,
        "sms": 2,
        "sms_out": 1,
        "sms_in": 1,
        "sms_rival_out": 1,
        "mms": 1,
        "data_sessions": 1,
        "data_mb": 1,
        "data_busy_mb": 1,
    },
}

OTHER = {
    ("eve", "2026-03"): {
        "sms_share": 1,  # messages and no call
        "contacts": 8,  # 5001 ×4 (1, 5, 11, 12), 5002 ×2, 5006 ×2, five once: 13 in all
        "contacts_out": 8,
        "contacts_in": 2,  # 5001, 5002
        "contacts_mutual": 2,
        "contacts_rival": 3,  # 5002, 5003, 5008
        "contact_entropy": 1.9251211908,  # ln 13 - (4 ln 4 + 4 ln 2)/13 = 2.5649493575 - 12 ln 2 / 13 (0.6398281667)
        "top_contact_share": 4 / 13,
        "calls_per_contact": 13 / 8,
        "records": 13,
        "active_days": 6,  # 2 to 7
        "active_days_out": 5,  # not the 4th
        "last_activity_gap_days": 24,  # 31-7
        "median_call_s": None,
        "in_out_ratio": None,
        "minutes_per_call": None,
        "minutes_per_out_call": None,
        "minutes_per_in_call": None,
        "busy_share": None,
        "night_share": None,
        "workday_share": None,
        "own_share": None,
        "rival_share": None,
        "toll_share": None,
        "roaming_share": None,
        "fee_per_minute": None,
        "calls_out_half_trend": None,
    },
    ("fay", "2026-05"): {
        "data_night_share": 63 / 511.5,
        "data_peak_share": 12 / 511.5,
        "mb_per_session": 46.5,  # 511.5/11
        "records": 11,
        "active_days": 4,
        "active_days_out": 4,  # using data is the subscriber's own doing
        "last_activity_gap_days": 27,  # 31-4
        "contacts": 0,
        "contact_entropy": None,
        "top_contact_share": None,
        "calls_per_contact": None,
        "sms_share": None,
    },
    ("gus", "2026-04"): {
        "contacts": 3,  # 7001 ×2, 7002 ×3, 7003; the unknown caller is left out: 6 in all
        "contacts_out": 2,  # 7001, 7002
        "contacts_in": 2,  # 7001, 7003
        "contacts_mutual": 1,  # 7001: called, and wrote back
        "contacts_rival": 2,  # 7002, 7003
        "contact_entropy": 1.0114042647,  # ln 6 - (2 ln 2 + 3 ln 3)/6 = 1.7917594692 - 4.6821312272/6
        "top_contact_share": 0.5,
        "calls_per_contact": 7 / 3,  # 4 calls, 2 SMS, 1 MMS
        "sms_share": 2 / 6,
        "records": 8,
        "records_first_half": 7,
        "records_second_half": 1,
        "half_trend": -0.75,  # (1-7)/8
        "calls_out_half_trend": -1,
        "active_days": 7,  # 10 to 16
        "active_days_out": 5,  # 10, 11, 12, 13, 16
        "last_activity_gap_days": 14,  # 30-16
    },
}
