"""Small users worked by hand, value by value."""

from __future__ import annotations

import math
from pathlib import Path

from people import differences, table_in
from telco_process import Telco

HEADER = "interaction,direction,correspondent_id,datetime,call_duration,antenna_id\n"


def row(telco: Telco, records: str, *options: object, recharges: str = "", antennas: str = "") -> dict[str, str]:
    """The indicators of one person called P."""
    folder = telco.folder / "people"
    telco.write("people/P.csv", HEADER + records)
    if recharges:
        telco.write("people/recharges/P.csv", "datetime,amount,retailer_id\n" + recharges)
    if antennas:
        telco.write("people/antennas.csv", "antenna_id,latitude,longitude\n" + antennas)
    telco.good("indicators", folder, "-o", "out.csv", *options)
    return table_in(telco.folder / "out.csv")["P"]


def test_conversations(telco: Telco) -> None:
    """With X: in 10:00, out 10:05 (reply after 300 s), in 11:04:59 (59:59 later: the same conversation); a second one
    begins at 12:04:59, an hour later to the second, and the call at 12:10 ends it; the text after the call is a third.
    With Y: one begun by the person, to which Y answers. With Z: an unanswered one, in the same minute as others.
    """
    found = row(
        telco,
        "text,in,X,2026-03-02 10:00:00,,\n"
        "text,out,X,2026-03-02 10:05:00,,\n"
        "text,in,X,2026-03-02 11:04:59,,\n"
        "text,in,X,2026-03-02 12:04:59,,\n"
        "call,in,X,2026-03-02 12:10:00,60,\n"
        "text,out,X,2026-03-02 12:11:00,,\n"
        "text,out,Y,2026-03-02 10:01:00,,\n"
        "text,in,Y,2026-03-02 10:02:00,,\n"
        "text,in,Z,2026-03-02 10:00:30,,\n",
        "--groupby",
        "none",
    )
    both = "allweek__allday__callandtext"
    wanted = {
        f"percent_initiated_conversations__{both}": 2 / 5,  # X's third, Y's
        f"response_rate_text__{both}": 1 / 3,  # X's first, X's second, Z's
        f"response_delay_text__{both}__mean": 300,
        f"response_delay_text__{both}__std": 0,
        f"active_days__{both}": 1,
    }
    assert differences(found, wanted) == []


def test_an_answer_in_the_same_second_is_an_answer_without_delay(telco: Telco) -> None:
    """Incoming counts before outgoing, whatever the order in the file."""
    records = "text,out,X,2026-03-02 10:00:00,,\ntext,in,X,2026-03-02 10:00:00,,\n"
    found = row(telco, records, "--groupby", "none")
    both = "allweek__allday__callandtext"
    wanted = {
        f"percent_initiated_conversations__{both}": 0,
        f"response_rate_text__{both}": 1,
        f"response_delay_text__{both}__mean": None,
    }
    assert differences(found, wanted) == []


def test_contacts(telco: Telco) -> None:
    """Calls: X 6 (4 out; 60 s each), Y 3 (0 out; 1000 s each), Z 1 (out, 40 s); ten in all, one every hour."""
    ways = ["out,X,60"] * 4 + ["in,X,60"] * 2 + ["in,Y,1000"] * 3 + ["out,Z,40"]
    lines = [
        f"call,{w.rpartition(',')[0]},2026-03-02 {8 + i:02}:00:00,{w.rpartition(',')[2]},\n" for i, w in enumerate(ways)
    ]
    found = row(telco, "".join(lines), "--groupby", "none", "--summary", "extended")
    call = "allweek__allday__call"
    wanted = {
        f"number_of_contacts__{call}": 3,
        f"number_of_interactions__{call}": 10,
        f"number_of_interaction_in__{call}": 5,
        f"number_of_interaction_out__{call}": 5,
        f"percent_initiated_interactions__{call}": 0.5,
        f"percent_nocturnal__{call}": 0,
        f"entropy_of_contacts__{call}": -(0.6 * math.log(0.6) + 0.3 * math.log(0.3) + 0.1 * math.log(0.1)),
        f"balance_of_contacts__{call}__mean": (0.4 + 0 + 0.1) / 3,
        f"balance_of_contacts__{call}__median": 0.1,
        f"balance_of_contacts__{call}__max": 0.4,
        f"interactions_per_contact__{call}__mean": 10 / 3,
        f"interactions_per_contact__{call}__std": math.sqrt((36 + 9 + 1) / 3 - 100 / 9),
        f"interactions_per_contact__{call}__min": 1,
        f"interevent_time__{call}__mean": 3600,
        f"interevent_time__{call}__std": 0,
        f"interevent_time__{call}__kurtosis": 0,
        f"percent_pareto_interactions__{call}": 2 / 3,  # X and Y have 9 of 10; X alone 6
        f"percent_pareto_durations__{call}": 1 / 3,  # Y has 3000 of 3400 s, more than 2720
        f"call_duration__{call}__mean": 340,
        f"call_duration__{call}__median": 60,
        f"call_duration__{call}__min": 40,
        f"call_duration__{call}__max": 1000,
    }
    assert differences(found, wanted) == []


def test_night_and_weekend_to_the_second(telco: Telco) -> None:
    """19:00:00 and 07:00:00 are night, a second inside is day. Friday 2026-03-06, Saturday and Sunday the weekend."""
    found = row(
        telco,
        "call,in,X,2026-03-06 07:00:00,10,\n"  # night
        "call,in,X,2026-03-06 07:00:01,20,\n"  # day
        "call,in,X,2026-03-06 18:59:59,30,\n"  # day
        "call,in,X,2026-03-06 19:00:00,40,\n"  # night
        "call,in,X,2026-03-07 12:00:00,50,\n"  # day of the weekend
        "call,in,X,2026-03-08 23:59:59,60,\n"  # night of the weekend
        "call,in,X,2026-03-09 00:00:00,70,\n",  # Monday: another week
        "--groupby",
        "none",
        "--split-week",
        "--split-day",
    )
    durations = {
        "allweek__allday": 40,
        "allweek__day": (20 + 30 + 50) / 3,
        "allweek__night": (10 + 40 + 60 + 70) / 4,
        "weekday__allday": (10 + 20 + 30 + 40 + 70) / 5,
        "weekday__day": 25,
        "weekday__night": 40,
        "weekend__allday": 55,
        "weekend__day": 50,
        "weekend__night": 60,
    }
    wanted = {f"call_duration__{part}__call__mean": mean for part, mean in durations.items()}
    wanted["percent_nocturnal__weekday__allday__call"] = 3 / 5
    # Between the calls at night: 07:00 to 19:00, to Sunday 23:59:59, to the next second.
    wanted["interevent_time__allweek__night__call__mean"] = (43_200 + (2 * 86_400 + 17_999) + 1) / 3
    assert differences(found, wanted) == []


def test_weeks_begin_on_monday_and_empty_ones_do_not_count(telco: Telco) -> None:
    """ISO weeks: 2025-12-29 (Monday) and 2026-01-04 (Sunday) are one; then none; then 2026-01-12. 2 and 1 calls."""
    records = "".join(f"call,in,X,{day} 12:00:00,10,\n" for day in ("2025-12-29", "2026-01-04", "2026-01-12"))
    found = row(telco, records)
    wanted = {
        "number_of_interactions__allweek__allday__call__mean": 1.5,
        "number_of_interactions__allweek__allday__call__std": 0.5,
        "interevent_time__allweek__allday__call__mean__mean": 6 * 86400,  # the second week has no pair
        "interevent_time__allweek__allday__call__mean__std": 0,
        "number_of_interactions__allweek__allday__text__mean": None,
        "reporting__bins": 3,
        "reporting__bins_with_data": 2,
        "reporting__bins_without_data": 1,
    }
    assert differences(found, wanted) == []


def test_months_and_years(telco: Telco) -> None:
    days = ("2025-12-31", "2026-01-01", "2026-01-31", "2026-03-01")
    records = "".join(f"call,in,X,{day} 12:00:00,10,\n" for day in days)
    calls = "number_of_interactions__allweek__allday__call__mean"
    assert float(row(telco, records, "--groupby", "month")[calls]) == 4 / 3
    assert float(row(telco, records, "--groupby", "year")[calls]) == 2
    assert float(row(telco, records, "--groupby", "day")[calls]) == 1


def test_places(telco: Telco) -> None:
    """Half hours: 20:00 a (a, b, a: most), 20:30 b (b, c: the first of two alike), 21:00 a; by day c twice, b.

    Night: a, b, a; so home is a. A record without an antenna and a call that was answered elsewhere do not count.
    """
    found = row(
        telco,
        "text,in,X,2026-03-02 20:01:00,,a\n"
        "text,in,X,2026-03-02 20:02:00,,b\n"
        "text,in,X,2026-03-02 20:29:59,,a\n"
        "text,in,X,2026-03-02 20:30:00,,b\n"
        "text,in,X,2026-03-02 20:31:00,,c\n"
        "text,in,X,2026-03-02 21:00:00,,a\n"
        "text,in,X,2026-03-03 12:00:00,,c\n"
        "text,in,X,2026-03-03 12:10:00,,c\n"
        "text,in,X,2026-03-03 13:00:00,,b\n"
        "text,in,X,2026-03-03 13:30:00,,\n"
        "gps,,,2026-03-03 14:00:00,,c\n",
        "--groupby",
        "none",
        antennas="a,0,0\nb,0,90\n",
    )
    # a 2, b 2, c 2 of 6 stays. Known places: a and b, twice each, so their mean is (0, 45): 45 degrees from both.
    wanted = {
        "number_of_antennas__allweek__allday": 3,
        "entropy_of_antennas__allweek__allday": math.log(3),
        "percent_at_home__allweek__allday": 2 / 6,
        "frequent_antennas__allweek__allday": 3,  # 4.8 of 6 stays
        "radius_of_gyration__allweek__allday": 6371 * math.pi / 4,
        "reporting__antennas_missing_locations": 1,
        "reporting__percent_records_missing_location": 5 / 11,  # four at c, one nowhere
        "reporting__number_of_records": 11,
        "active_days__allweek__allday__callandtext": 2,
    }
    assert differences(found, wanted) == []


def test_change_of_places(telco: Telco) -> None:
    """Weeks (1/3, 1/3, 1/3, 0), the same, (1/4, 3/4, 0, 0), and after an empty one (0, 0, 1/2, 1/2) over places a to d:
    distances 0, 1 - (1/4 + 3/4)/(sqrt 3 sqrt(1/16 + 9/16)) and 1.
    """
    weeks = {"2026-01-05": "abc", "2026-01-12": "abc", "2026-01-19": "abbb", "2026-02-02": "cd"}
    records = "".join(
        f"text,in,X,{day} {hour:02}:00:00,,{place}\n"
        for day, places in weeks.items()
        for hour, place in enumerate(places)
    )
    middle = 1 - 1 / (math.sqrt(3) * math.sqrt(10) / 4)
    mean = (0 + middle + 1) / 3
    wanted = {
        "churn_rate__mean": mean,
        "churn_rate__std": math.sqrt((0 + middle**2 + 1) / 3 - mean**2),
    }
    assert differences(row(telco, records), wanted) == []
    assert differences(row(telco, records, "--groupby", "none"), wanted) == []


def test_recharges(telco: Telco) -> None:
    """30 on the 1st, 10 and 20 (one of 30) on the 11th, 5 on the 31st; days between 10, 0, 20.

    Balance: (30/2 * 10 + 30/2 * 20) / 30 = 15. Of 65 it takes 30, 20 and 10 to reach 52: 3 of 4.
    """
    found = row(
        telco,
        "call,in,X,2026-01-02 12:00:00,10,\n",
        "--groupby",
        "none",
        recharges="2026-1-1,30,\n2026-1-11,10,\n2026-01-11,20,\n2026-1-31,5,\n",
    )
    wanted = {
        "amount_recharges__allweek__allday__mean": 65 / 4,
        "amount_recharges__allweek__allday__std": math.sqrt((900 + 100 + 400 + 25) / 4 - (65 / 4) ** 2),
        "interevent_time_recharges__allweek__allday__mean": 10 * 86400,
        "percent_pareto_recharges__allweek__allday": 3 / 4,
        "number_of_recharges__allweek__allday": 4,
        "average_balance_recharges": 15,
        "reporting__number_of_recharges": 4,
        "reporting__has_recharges": 1,
    }
    assert differences(found, wanted) == []


def test_records_whose_other_party_is_unknown(telco: Telco) -> None:
    """They count as calls, but are nobody's contact."""
    telco.write(
        "usage.csv",
        "subscriber_id,start_time,service,direction,counterpart,duration_s\n"
        "P,2026-03-02 10:00:00,voice,out,X,60\nP,2026-03-02 11:00:00,voice,out,,40\n",
    )
    telco.good("indicators", "usage.csv", "-o", "out.csv", "--groupby", "none")
    call = "allweek__allday__call"
    wanted = {
        f"number_of_interactions__{call}": 2,
        f"call_duration__{call}__mean": 50,
        f"number_of_contacts__{call}": 1,
        f"balance_of_contacts__{call}__mean": 1,
        f"interactions_per_contact__{call}__mean": 1,
        f"percent_pareto_interactions__{call}": 1,
        "number_of_antennas__allweek__allday": None,
    }
    assert differences(table_in(telco.folder / "out.csv")["P"], wanted) == []


def test_services_and_directions_of_an_operator(telco: Telco, tmp_path: Path) -> None:
    """Messages of both kinds are texts; forwarded calls are no calls and say nothing of the place; data only that."""
    telco.write(
        "usage.csv",
        "subscriber_id,start_time,service,direction,counterpart,duration_s,cell_id\n"
        "P,2026-03-02 10:00:00,voice,out,X,60,a\n"
        "P,2026-03-02 10:30:00,sms,in,X,,a\n"
        "P,2026-03-02 11:00:00,mms,in,X,,a\n"
        "P,2026-03-02 11:30:00,voice,forward,Y,70,b\n"
        "P,2026-03-02 12:00:00,data,,,,c\n"
        "Q,2026-03-02 11:30:00,voice,forward,Y,70,b\n",
    )
    telco.good("indicators", "usage.csv", "-o", "out.csv", "--groupby", "none")
    found = table_in(telco.folder / "out.csv")
    wanted = {
        "number_of_interactions__allweek__allday__call": 1,
        "number_of_interactions__allweek__allday__text": 2,
        "number_of_antennas__allweek__allday": 2,
        "entropy_of_antennas__allweek__allday": -(0.75 * math.log(0.75) + 0.25 * math.log(0.25)),
        "reporting__number_of_records": 4,
    }
    assert differences(found["P"], wanted) == []
    assert list(found) == ["P"]
