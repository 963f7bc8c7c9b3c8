"""Subscribers with nothing but service events in a month: their features are given, and they are on no list."""

from __future__ import annotations

from world import Run, by

USAGE = """
subscriber_id start_time          service direction counterpart duration_s
ann           2026-02-10~10:00:00 voice   out       900         60
ann           2026-03-31~10:00:00 voice   out       900         60
"""
BILLS = """
subscriber_id month   total
ann           2026-03 40
bob           2026-03 50
"""
EVENTS = """
subscriber_id time                kind      resolved_at
ann           2026-03-05~10:00:00 complaint -
bob           2026-02-05~10:00:00 enquiry   -           # neither usage nor bill in February
cid           2026-03-06~10:00:00 complaint -           # neither in any month
cid           2026-03-07~10:00:00 complaint 2026-03-08~10:00:00
cid           2026-01-07~10:00:00 complaint -           # a month without any usage or bill is not in the data
"""
WORLD = {"usage": USAGE, "bills": BILLS, "events": EVENTS}


def test_features_of_events_alone(run: Run) -> None:
    rows = by(run(WORLD, command="features")["features"], "subscriber_id", "month")
    assert list(rows) == [
        *(("ann", "2026-02"), ("ann", "2026-03")),
        *(("bob", "2026-02"), ("bob", "2026-03")),
        ("cid", "2026-03"),
    ]
    cid = rows["cid", "2026-03"]
    assert (cid["complaints"], cid["complaints_open"], cid["enquiries"]) == ("2", "1", "0")
    assert (cid["records"], cid["voice_minutes"], cid["bill_total"], cid["contact_entropy"]) == ("0", "0.0", "", "")
    assert (rows["bob", "2026-02"]["enquiries"], rows["bob", "2026-02"]["bill_total"]) == ("1", "")
    assert rows["bob", "2026-03"]["bill_total"] == "50.0"


def test_whoever_has_nothing_but_events_is_on_no_list(run: Run) -> None:
    tables = run(WORLD)
    assert set(by(tables["segments"], "subscriber_id")) == {"ann", "bob"}
    assert set(by(tables["churn"], "subscriber_id")) == {"ann", "bob"}
