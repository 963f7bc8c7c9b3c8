"""What is true of every rival's number: how long it calls our subscribers, month by month."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa

from telco_crm.schema import load_schema
from telco_crm.synth.columns import coded
from telco_crm.synth.numbering import NO_NETWORK, NumberBook, network_code
from telco_crm.synth.prospects import Prospects
from telco_crm.synth.records import Records
from telco_crm.synth.setting import Setting
from telco_crm.synth.streams import STREAMS, VOICE

_CALLED = np.array([stream.service == VOICE and stream.direction == "in" for stream in STREAMS])


class RivalTally:
    """Seconds of calls from each rival's number to the subscribers, by month."""

    def __init__(self, book: NumberBook) -> None:
        """Of all numbers of `book`."""
        self._book, self._seconds = book, Counter[tuple[int, int]]()
        self._rival = (book.network != NO_NETWORK) & (book.network != network_code("own"))

    def add(self, month: int, records: Records) -> None:
        """Count the calls of some records of a month."""
        party = records.counterpart
        calls = np.flatnonzero(_CALLED[records.stream] & (records.seconds > 0) & (party >= 0))
        calls = calls[self._rival[party[calls]]]
        who, place = np.unique(party[calls], return_inverse=True)
        seconds = np.bincount(place, records.seconds[calls]).astype(np.int64)
        for number, total in zip(who.tolist(), seconds.tolist(), strict=True):
            self._seconds[month, number] += total

    def table(self, setting: Setting, planted: Prospects) -> pa.Table:
        """One row per rival's number and month with at least the minutes of the figures: counterpart, network, month,
        minutes, planted (whether it is one of the `planted` prospects).
        """
        least = setting.figures.people.prospects.minutes * 60
        found = sorted(key for key, seconds in self._seconds.items() if seconds >= least)
        month, number = (np.array([key[i] for key in found], dtype=np.int64) for i in (0, 1))
        networks = list(load_schema("usage").columns["counterpart_network"].values)
        months = [setting.timeline.label(m) for m in range(setting.timeline.months)]
        columns = {
            "counterpart": self._book.texts.take(pa.array(number)),
            "network": coded(self._book.network[number].astype(np.int64), networks).dictionary_decode(),
            "month": coded(month, months).dictionary_decode(),
            "minutes": pa.array([round(self._seconds[key] / 60, 4) for key in found], pa.float64()),
            "planted": pa.array(np.isin(number, planted.number)),
        }
        return pa.table(columns)
