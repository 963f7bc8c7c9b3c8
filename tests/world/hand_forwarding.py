"""cat: forwarded calls by the network they went to. dan: at home and roaming."""

USAGE = {
    "cat": """
    2026-04-01 10:00:00 voice forward 3001 own     local home - 60  - 0.20  #  1 Wed
    2026-04-02 10:00:00 voice forward 3002 unicom  local home - 120 - 0.40  #  2 Thu
    2026-04-03 21:00:00 voice forward 3003 telecom local home - 180 - 0.60  #  3 Fri, evening
    2026-04-04 10:00:00 voice forward 3003 telecom local home - 60  - 0.20  #  4 Sat
    2026-04-05 10:00:00 voice forward 3004 phs     local home - 30  - 0.10  #  5 Sun
    2026-04-06 10:00:00 voice forward 3005 fixed   local home - 30  - 0.10  #  6 Mon
    2026-04-06 10:30:00 voice forward 3006 -       local home - 0   - -     #  7 Mon, unanswered, network unknown
    2026-04-07 10:00:00 voice in      3001 own     local home - 60  - -     #  8 Tue
    2026-04-08 10:00:00 voice in      3007 own     local home - 60  - -     #  9 Wed
    2026-04-09 10:00:00 voice out     3001 own     local home - 120 - 0.80  # 10 Thu
    """,
    "dan": """
    2026-05-04 10:00:00 voice out     4001 own    local    domestic      - 60  -   0.60  # 1 Mon
    2026-05-04 11:00:00 voice in      4001 own    local    domestic      - 120 -   0.40  # 2 Mon
    2026-05-05 10:00:00 voice out     4002 own    domestic hk_macau      - 60  -   3.00  # 3 Tue
    2026-05-06 10:00:00 voice in      4002 own    local    taiwan        - 60  -   2.00  # 4 Wed
    2026-05-07 10:00:00 voice forward 4003 unicom local    international - 60  -   5.00  # 5 Thu
    2026-05-08 10:00:00 sms   out     4001 own    local    international - -   -   1.00  # 6 Fri
    2026-05-09 10:00:00 data  -       -    -      -        domestic      - -   10M 2.00  # 7 Sat
    2026-05-10 10:00:00 voice out     4001 own    -        -             - 60  -   0.40  # 8 Sun, local and home by default
    """,
}

COUNTED = {
    ("cat", "2026-04"): {
        "voice_calls": 10,
        "voice_out_calls": 1,
        "voice_in_calls": 2,
        "forward_calls": 7,
        "forward_own_calls": 1,  # 1
        "forward_unicom_calls": 1,  # 2
        "forward_telecom_calls": 2,  # 3, 4
        "forward_rival_calls": 4,  # 2, 3, 4, 5; not to a fixed line, not to an unknown network
        "workday_forward_calls": 5,  # all but 4 (Sat), 5 (Sun)
        "local_calls": 3,  # 8, 9, 10
        "local_out_calls": 1,
        "busy_calls": 3,
        "busy_out_calls": 1,
        "workday_calls": 3,
        "own_calls": 3,
        "unanswered_calls": 1,  # 7
        "voice_minutes": 12,  # 480 + 60+60+120 = 720 s
        "voice_out_minutes": 2,
        "voice_in_minutes": 2,
        "forward_minutes": 8,  # 60+120+180+60+30+30+0 = 480 s
        "forward_own_minutes": 1,
        "forward_unicom_minutes": 2,
        "forward_telecom_minutes": 4,  # 180+60
        "forward_rival_minutes": 6.5,  # 120+180+60+30 = 390 s
        "local_minutes": 4,
        "local_out_minutes": 2,
        "busy_minutes": 4,
        "workday_minutes": 4,
        "own_minutes": 4,
        "usage_fee": 2.40,
        "voice_fee": 2.40,  # 1.60 + 0.80
        "local_fee": 2.40,
        "forward_fee": 1.60,  # 0.20+0.40+0.60+0.20+0.10+0.10
        "busy_fee": 1.80,  # all but 3
        "offpeak_fee": 0.60,
    },
    ("dan", "2026-05"): {
        "voice_calls": 6,
        "voice_out_calls": 3,  # 1, 3, 8
        "voice_in_calls": 2,
        "forward_calls": 1,
        "forward_unicom_calls": 1,
        "forward_rival_calls": 1,
        "workday_forward_calls": 1,
        "local_calls": 4,  # 1, 2, 4, 8
        "local_out_calls": 2,  # 1, 8
        "toll_out_calls": 1,  # 3
        "domestic_out_calls": 1,
        "non_ip_toll_calls": 1,
        "domestic_non_ip_out_calls": 1,
        "busy_calls": 5,
        "busy_out_calls": 3,
        "workday_calls": 4,
        "weekend_calls": 1,  # 8
        "own_calls": 5,
        "roaming_calls": 5,  # 1 to 5
        "roaming_domestic_calls": 2,  # 1, 2
        "roaming_abroad_calls": 3,  # 3 Hong Kong, 4 Taiwan, 5 elsewhere
        "voice_minutes": 7,  # 60+120+60+60+60+60 = 420 s
        "voice_out_minutes": 3,
        "voice_in_minutes": 3,
        "forward_minutes": 1,
        "forward_unicom_minutes": 1,
        "forward_rival_minutes": 1,
        "local_minutes": 5,  # 60+120+60+60 = 300 s
        "local_out_minutes": 2,
        "toll_out_minutes": 1,
        "domestic_out_minutes": 1,
        "non_ip_toll_minutes": 1,
        "busy_minutes": 6,
        "workday_minutes": 5,
        "weekend_minutes": 1,
        "own_minutes": 6,
        "roaming_minutes": 6,  # 360 s
        "roaming_domestic_minutes": 3,  # 60+120
        "roaming_abroad_minutes": 3,  # 60+60+60
        "usage_fee": 14.40,  # 11.40 + 1.00 + 2.00
        "voice_fee": 11.40,  # 0.60+0.40+3.00+2.00+5.00+0.40
        "local_fee": 8.40,  # all but 3
        "toll_fee": 3.00,
        "domestic_fee": 3.00,
        "forward_fee": 5.00,
        "busy_fee": 11.40,
        "roaming_fee": 14.00,  # all but 8; the message and the data session too
        "sms_fee": 1.00,
        "data_fee": 2.00,
        "sms": 1,
        "sms_out": 1,
        "sms_own_out": 1,
        "data_sessions": 1,
        "data_mb": 10,
        "data_busy_mb": 10,
        "data_roaming_mb": 10,
        "data_weekend_mb": 10,  # Saturday
    },
}

OTHER = {
    ("cat", "2026-04"): {
        "forward_share": 7 / 9,  # of the 7+2 that arrived
        "minutes_per_call": 12 / 9,  # one of 10 unanswered
        "records": 10,
        "active_days": 9,
        "active_days_out": 1,  # forwarding is not the subscriber's own doing
        "last_activity_gap_days": 21,  # 30-9
        "contacts": 2,  # 3001 ×2, 3007; where calls were forwarded to is no contact
        "contact_entropy": 0.6365141683,  # ln 3 - 2 ln 2 / 3 = 1.0986122887 - 0.4620981204
        "top_contact_share": 2 / 3,
        "busy_share": 1,
        "own_share": 1,
        "toll_share": 0,
    },
    ("dan", "2026-05"): {
        "roaming_share": 5 / 6,
        "sms_share": 1 / 7,
        "forward_share": 1 / 3,
        "toll_share": 1 / 3,
        "ip_ratio": 0,  # 0 of 1
        "active_days": 7,
        "active_days_out": 5,  # 4, 5, 8, 9 (data), 10
        "last_activity_gap_days": 21,
        "mb_per_session": 10,
        "data_night_share": 0,
    },
}
