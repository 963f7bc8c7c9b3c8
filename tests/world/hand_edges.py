"""ida: usage, but no bill and no record. kim: nothing in April, no usage in May. leo: leaves on 20 May."""

USAGE = {
    "ida": "2026-04-30 19:59:59 voice in 8001 own local home - 60 - -",  # Thu
    "kim": "2026-03-31 12:00:00 sms in - own local home - - - -",  # sender unknown
    "leo": """
    2026-03-31 10:00:00 voice out 9001         own     local home -    120 - 0.80
    2026-03-31 10:10:00 voice in  9001         own     local home -    0   - -
    2026-03-31 10:20:00 voice out 179510109001 telecom local home true 60  - 0.40  # dialled as an IP call, but local
    2026-04-30 10:00:00 voice in  9001         own     local home -    60  - -
    2026-05-19 10:00:00 voice out 9002         telecom local home -    60  - 0.40
    """,
}

COUNTED = {
    ("ida", "2026-04"): {
        "voice_calls": 1,
        "voice_in_calls": 1,
        "local_calls": 1,
        "busy_calls": 1,
        "workday_calls": 1,
        "own_calls": 1,
        "voice_minutes": 1,
        "voice_in_minutes": 1,
        "local_minutes": 1,
        "busy_minutes": 1,
        "workday_minutes": 1,
        "own_minutes": 1,
    },
    ("kim", "2026-03"): {"sms": 1, "sms_in": 1},
    ("kim", "2026-05"): {},  # a bill and no usage: 0 of everything
    ("hal", "2026-03"): {},
    ("jon", "2026-04"): {},
}

NO_USAGE = {
    "records": 0,
    "active_days": 0,
    "active_days_out": 0,
    "records_first_half": 0,
    "contacts": 0,
    "contacts_mutual": 0,
    "last_activity_gap_days": None,
    "median_call_s": None,
    "longest_call_s": None,
    "contact_entropy": None,
    "top_contact_share": None,
    "half_trend": None,
    "in_out_ratio": None,
    "sms_share": None,
    "ip_ratio": None,
    "mb_per_session": None,
    "fee_per_minute": None,
}

OTHER = {
    ("kim", "2026-05"): NO_USAGE,
    ("hal", "2026-03"): NO_USAGE,
    ("kim", "2026-03"): {
        "contacts": 0,
        "contact_entropy": None,
        "longest_call_s": None,
        "calls_per_contact": None,
        "sms_share": 1,
    },
    ("ida", "2026-04"): {"arpu": None, "bill_total": None, "contacts": 1, "last_activity_gap_days": 0},
    ("leo", "2026-03"): {
        "ip_calls": 0,  # local
        "ip_ratio": None,
        "unanswered_calls": 1,
        "in_out_ratio": 0.5,
        "minutes_per_call": 1.5,  # 3 minutes, 2 answered
    },
    ("leo", "2026-04"): {"in_out_ratio": None, "toll_share": None, "minutes_per_in_call": 1, "half_trend": 1},
    ("leo", "2026-05"): {"last_activity_gap_days": 12, "rival_share": 1, "half_trend": 1},  # 31-19; 19 May is late
}
