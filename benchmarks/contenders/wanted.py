"""What the contenders compute: all features that the program makes of usage alone, by the same names and definitions,
written once for all.

A flag is a property of a record; a condition joins flags with "and", each perhaps negated with "not".
"""

from __future__ import annotations

from collections.abc import Iterator

# Flag → column of the export and the values that set it.
VALUES = {
    "voice": ("service", ["voice"]),
    "sms": ("service", ["sms"]),
    "mms": ("service", ["mms"]),
    "data": ("service", ["data"]),
    "out": ("direction", ["out"]),
    "incoming": ("direction", ["in"]),
    "forward": ("direction", ["forward"]),
    "local": ("toll", ["local"]),
    "domestic": ("toll", ["domestic"]),
    "hk_macau": ("toll", ["hk_macau"]),
    "taiwan": ("toll", ["taiwan"]),
    "international": ("toll", ["international"]),
    "home": ("roaming", ["home"]),
    "roaming_domestic": ("roaming", ["domestic"]),
    "roaming_abroad": ("roaming", ["hk_macau", "taiwan", "international"]),
    "own": ("counterpart_network", ["own"]),
    "unicom": ("counterpart_network", ["unicom"]),
    "telecom": ("counterpart_network", ["telecom"]),
    "fixed": ("counterpart_network", ["fixed", "phs"]),
    "rival": ("counterpart_network", ["unicom", "telecom", "phs", "other"]),
    "rival_hotline": ("counterpart", ["10010", "10000", "10099"]),
}
HOURS = {
    "busy": (8, 20),
    "evening": (20, 24),
    "night": (0, 8),
    "peak": (2, 4),
}  # from, to (exclusive), on the wall clock
LONG_S = 600
# Besides: ip (column ip_prefix), workday (Monday to Friday), answered (duration above 0), long (LONG_S or more),
# first_half (of the month, to the hour).

CALLS = {
    "voice_calls": "voice",
    "voice_out_calls": "voice and out",
    "voice_in_calls": "voice and incoming",
    "forward_calls": "voice and forward",
    "forward_own_calls": "voice and forward and own",
    "forward_unicom_calls": "voice and forward and unicom",
    "forward_telecom_calls": "voice and forward and telecom",
    "forward_rival_calls": "voice and forward and rival",
    "local_calls": "voice and local and not forward",
    "local_out_calls": "voice and out and local",
    "toll_out_calls": "voice and out and not local",
    "domestic_out_calls": "voice and out and domestic",
    "hk_macau_out_calls": "voice and out and hk_macau",
    "taiwan_out_calls": "voice and out and taiwan",
    "international_out_calls": "voice and out and international",
    "toll_in_calls": "voice and incoming and not local",
    "ip_calls": "voice and out and not local and ip",
    "non_ip_toll_calls": "voice and out and not local and not ip",
    "domestic_non_ip_out_calls": "voice and out and domestic and not ip",
    "busy_calls": "voice and not forward and busy",
    "busy_out_calls": "voice and out and busy",
    "offpeak_calls": "voice and not forward and not busy",
    "evening_calls": "voice and not forward and evening",
    "night_calls": "voice and not forward and night",
    "workday_calls": "voice and not forward and workday",
    "weekend_calls": "voice and not forward and not workday",
    "workday_forward_calls": "voice and forward and workday",
    "own_calls": "voice and not forward and own",
    "unicom_calls": "voice and not forward and unicom",
    "telecom_calls": "voice and not forward and telecom",
    "fixed_calls": "voice and not forward and fixed",
    "rival_calls": "voice and not forward and rival",
    "rival_hotline_calls": "voice and out and rival_hotline",
    "roaming_calls": "voice and not home",
    "roaming_domestic_calls": "voice and roaming_domestic",
    "roaming_abroad_calls": "voice and roaming_abroad",
    "unanswered_calls": "voice and not answered",
    "long_calls": "voice and long",
}
RECORDS = CALLS | {
    "records": "",
    "records_first_half": "first_half",
    "records_second_half": "not first_half",
    "calls_out_first_half": "voice and out and first_half",
    "calls_out_second_half": "voice and out and not first_half",
    "sms": "sms",
    "sms_out": "sms and out",
    "sms_in": "sms and incoming",
    "sms_rival_out": "sms and out and rival",
    "sms_own_out": "sms and out and own",
    "sms_abroad_out": "sms and out and not local and not domestic",
    "sms_night": "sms and night",
    "mms": "mms",
    "mms_out": "mms and out",
    "data_sessions": "data",
    "data_night_sessions": "data and night",
}
MINUTES = {
    "voice_minutes": "voice",
    "voice_out_minutes": "voice and out",
    "voice_in_minutes": "voice and incoming",
    "forward_minutes": "voice and forward",
    "forward_own_minutes": "voice and forward and own",
    "forward_unicom_minutes": "voice and forward and unicom",
    "forward_telecom_minutes": "voice and forward and telecom",
    "forward_rival_minutes": "voice and forward and rival",
    "local_minutes": "voice and local and not forward",
    "local_out_minutes": "voice and out and local",
    "toll_out_minutes": "voice and out and not local",
    "domestic_out_minutes": "voice and out and domestic",
    "hk_macau_out_minutes": "voice and out and hk_macau",
    "taiwan_out_minutes": "voice and out and taiwan",
    "international_out_minutes": "voice and out and international",
    "ip_minutes": "voice and out and not local and ip",
    "non_ip_toll_minutes": "voice and out and not local and not ip",
    "busy_minutes": "voice and not forward and busy",
    "offpeak_minutes": "voice and not forward and not busy",
    "night_minutes": "voice and not forward and night",
    "workday_minutes": "voice and not forward and workday",
    "weekend_minutes": "voice and not forward and not workday",
    "own_minutes": "voice and not forward and own",
    "fixed_minutes": "voice and not forward and fixed",
    "rival_minutes": "voice and not forward and rival",
    "roaming_minutes": "voice and not home",
    "roaming_domestic_minutes": "voice and roaming_domestic",
    "roaming_abroad_minutes": "voice and roaming_abroad",
}
FEES = {
    "usage_fee": "",
    "voice_fee": "voice",
    "local_fee": "voice and local",
    "toll_fee": "voice and not local",
    "domestic_fee": "voice and domestic",
    "hk_macau_fee": "voice and hk_macau",
    "taiwan_fee": "voice and taiwan",
    "international_fee": "voice and international",
    "ip_fee": "voice and ip",
    "busy_fee": "voice and busy",
    "offpeak_fee": "voice and not busy",
    "roaming_fee": "not home",
    "forward_fee": "voice and forward",
    "sms_fee": "sms",
    "mms_fee": "mms",
    "data_fee": "data",
}
MEGABYTES = {
    "data_mb": "data",
    "data_busy_mb": "data and busy",
    "data_night_mb": "data and night",
    "data_peak_mb": "data and peak",
    "data_roaming_mb": "data and not home",
    "data_weekend_mb": "data and not workday",
}
# Sums: features, the column summed, and what the sum is divided by.
SUMS = ((MINUTES, "duration_s", 60), (FEES, "charge", 1), (MEGABYTES, "volume_bytes", 1 << 20))
# Not sums, written out by every contender: active_days, active_days_out (outgoing or data), last_activity_gap_days,
# median_call_s (of answered calls) and longest_call_s.
ACTIVITY = ("active_days", "active_days_out", "last_activity_gap_days", "median_call_s", "longest_call_s")
# From one row per other party, data sessions and forwarded calls left out.
CONTACTS = ("contacts", "contacts_out", "contacts_in", "contacts_mutual", "contacts_rival", "contact_entropy")
SHARES = ("top_contact_share",)
# Ratios: numerator and denominator; empty where the denominator is 0.
RATIOS = {
    "in_out_ratio": ("voice_in_calls", "voice_out_calls"),
    "minutes_per_call": ("voice_minutes", "(voice_calls - unanswered_calls)"),
    "minutes_per_out_call": ("voice_out_minutes", "voice_out_calls"),
    "minutes_per_in_call": ("voice_in_minutes", "voice_in_calls"),
    "ip_minutes_per_call": ("ip_minutes", "ip_calls"),
    "hk_macau_minutes_per_call": ("hk_macau_out_minutes", "hk_macau_out_calls"),
    "forward_share": ("forward_calls", "(forward_calls + voice_in_calls)"),
    "ip_ratio": ("ip_calls", "toll_out_calls"),
    "toll_share": ("toll_out_calls", "voice_out_calls"),
    "busy_share": ("busy_calls", "(busy_calls + offpeak_calls)"),
    "night_share": ("night_calls", "(busy_calls + offpeak_calls)"),
    "workday_share": ("workday_calls", "(workday_calls + weekend_calls)"),
    "own_share": ("own_calls", "(busy_calls + offpeak_calls)"),
    "rival_share": ("rival_calls", "(busy_calls + offpeak_calls)"),
    "roaming_share": ("roaming_calls", "voice_calls"),
    "sms_share": ("sms", "(sms + voice_calls)"),
    "data_night_share": ("data_night_mb", "data_mb"),
    "data_peak_share": ("data_peak_mb", "data_mb"),
    "mb_per_session": ("data_mb", "data_sessions"),
    "calls_per_contact": ("(voice_calls + sms + mms)", "contacts"),
    "fee_per_minute": ("voice_fee", "voice_minutes"),
    "half_trend": ("(records_second_half - records_first_half)", "records"),
    "calls_out_half_trend": ("(calls_out_second_half - calls_out_first_half)", "voice_out_calls"),
}
WANTED = (*RECORDS, *MINUTES, *FEES, *MEGABYTES, *ACTIVITY, *CONTACTS, *SHARES, *RATIOS)
USED_COLUMNS = (
    "subscriber_id",
    "start_time",
    "service",
    "direction",
    "counterpart",
    "counterpart_network",
    "toll",
    "roaming",
    "ip_prefix",
    "duration_s",
    "volume_bytes",
    "charge",
)


def flags_of(condition: str) -> Iterator[tuple[str, bool]]:
    """(flag, negated) of each part of a condition."""
    for part in filter(None, condition.split(" and ")):
        yield part.removeprefix("not "), part.startswith("not ")
