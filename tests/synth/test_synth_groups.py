from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import cross_val_predict

MONTHLY = """
    select subscriber_id, any_value(group_id) as group_id,
        count(*) filter (service = 'voice' and direction = 'out' and toll = 'local') as local_out,
        count(*) filter (service = 'voice' and direction = 'in' and toll = 'local') as local_in,
        count(*) filter (toll = 'domestic' and direction = 'out' and not ip_prefix) as domestic,
        count(*) filter (ip_prefix) as ip, sum(duration_s) filter (ip_prefix) as ip_s,
        count(*) filter (toll = 'hk_macau' and direction = 'out') as hk_macau,
        count(*) filter (toll = 'taiwan' and direction = 'out') as taiwan,
        count(*) filter (toll = 'international' and direction = 'out') as international,
        count(*) filter (direction = 'forward' and counterpart_network = 'own') as forward_own,
        count(*) filter (direction = 'forward' and counterpart_network = 'unicom') as forward_unicom,
        count(*) filter (direction = 'forward' and counterpart_network = 'telecom') as forward_telecom,
        count(*) filter (service = 'sms') as sms, count(*) filter (service = 'mms') as mms,
        count(*) filter (service = 'data') as data, count(*) filter (roaming = 'domestic') as roaming,
        sum(duration_s) filter (toll = 'local' and direction <> 'forward') as local_s,
        count(*) filter (service = 'voice' and hour(start_time) between 9 and 17) as busy,
        count(distinct start_time::date) as days
    from usage join truth using (subscriber_id) group by 1 order by 1"""


def rates(frame: pd.DataFrame) -> np.ndarray:
    """Log rates per active day, and the minutes per call that tell some groups apart."""
    counts = frame.drop(columns=["subscriber_id", "group_id", "days"]).fillna(0)
    per_day = counts.div(frame.days, axis=0)
    per_day["talk"] = counts.local_s / (counts.local_out + counts.local_in + 1)
    per_day["ip_talk"] = counts.ip_s / (counts.ip + 1)
    per_day["busy_part"] = counts.busy / (counts.local_out + counts.local_in + counts.domestic + 1)
    return np.log1p(per_day.to_numpy(dtype=float) * 30)


def test_groups_can_be_told_apart(operator):
    frame = operator.ask(MONTHLY)
    model = ExtraTreesClassifier(150, n_jobs=2, random_state=0)
    found = cross_val_predict(model, rates(frame), frame.group_id, cv=3)
    assert (found == frame.group_id).mean() >= 0.93


def test_every_group_stands_out_in_what_names_it(city):
    frame = city.ask(MONTHLY)
    means = frame.groupby("group_id").mean(numeric_only=True)
    peaks = {
        "international": 9, "hk_macau": 2, "domestic": 14, "taiwan": 15, "forward_own": 11, "ip": 10, "ip_s": 8,
        "data": 13, "mms": 13, "forward_telecom": 5, "sms": 7, "forward_unicom": 17, "local_out": 4, "roaming": 4,
    }  # fmt: skip
    assert {name: int(means[name].idxmax()) for name in peaks} == peaks
    assert (means.local_s / means.local_out).idxmax() == 1
    assert means.local_out.nsmallest(3).index.isin([1, 3, 6]).all()
