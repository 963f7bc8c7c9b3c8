"""The usage features of one bucket of one month.

Three looks at the same rows: per class of record (features with `measure`), row by row (`rows`), per other party
(`contacts`); the last is kept, since other analyses ask who was in touch with whom. What is summed are whole numbers
below 2**53, so no result depends on the order of rows or on threads.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from telco_crm.engine.arrow import to_arrow, to_numpy
from telco_crm.engine.base import Engine
from telco_crm.engine.sql import identifier
from telco_crm.features.catalog import Calendar, Catalog, Measure
from telco_crm.features.conditions import bands_of, class_sql, fulfil
from telco_crm.ingest.usage import KIND, MONEY_SCALE, OTHER_NETWORK, kind_code
from telco_crm.months import Month

DAY = 86400
UNIX = date(1970, 1, 1)
# Measures that add up: column of the class sums, and what it is divided by.
ADDED: dict[Measure, tuple[str, float]] = {
    "records": ("n", 1),
    "first_half": ("n_first", 1),
    "minutes": ("seconds", 60),
    "fee": ("charge", MONEY_SCALE),
    "mb": ("bytes", 1 << 20),
}
Floats = npt.NDArray[np.float64]


def contacts_query(rows: str) -> str:
    """SQL for one row per subscriber and other party of FROM item `rows` (see ingest.store.CONTACT_COLUMNS): calls and
    messages with a known number, not what was forwarded.
    """
    network = _field("counterpart_network")
    rivals = [kind_code("counterpart_network", v) for v in ("unicom", "telecom", "phs", OTHER_NETWORK)]
    called = f"{_is('service', 'voice')} AND {_is('direction', 'in')} AND {network} > {_own()} AND duration_s > 0"
    return (
        f"SELECT sid, cp, count_if({_is('direction', 'out')}) AS n_out, count_if({_is('direction', 'in')}) AS n_in, "
        f"bool_or({network} IN ({', '.join(map(str, rivals))})) AS rival, count_if({called}) AS calls, "
        f"coalesce(sum(duration_s) FILTER ({called}), 0)::BIGINT AS seconds, "
        f"max(second * 8 + {network}) FILTER ({network} > 0) AS latest FROM {rows} "
        f"WHERE cp IS NOT NULL AND NOT {_is('service', 'data')} AND NOT {_is('direction', 'forward')} GROUP BY sid, cp"
    )


def usage_query(engine: Engine, catalog: Catalog, rows: str, contacts: str, month: Month) -> str:
    """SQL for one row per subscriber (sid) of FROM item `rows` (see ingest.usage.ROW_COLUMNS) with all usage features;
    `contacts` is a FROM item with the rows of contacts_query.

    Features with `measure` are computed at once and made known to the engine as `class_features`.
    """
    timed = f"(SELECT *, second - {(month.start - UNIX).days * DAY} AS s FROM {rows})"
    engine.register("class_features", _measured(engine, catalog, timed, month))
    return (
        f"SELECT * FROM class_features LEFT JOIN ({_rows(catalog, timed, month)}) USING (sid) "
        f"LEFT JOIN ({_contacts(catalog, contacts)}) USING (sid)"
    )


def _measured(engine: Engine, catalog: Catalog, timed: str, month: Month) -> pa.Table:
    """sid and the features with `measure`, one row per subscriber in the order of sid."""
    from scipy.sparse import csr_array  # takes long to load, and not every command needs it

    bands = bands_of(catalog.vocabulary)
    workday = f"(({_workdays(catalog.vocabulary.calendar, month)}::BIGINT >> (s // {DAY})) & 1)::INTEGER"
    of_record = class_sql(bands, "((s // 3600) % 24)", workday, "duration_s", "cp")
    sums = engine.arrays(
        f"SELECT sid, {of_record} AS class, count(*)::DOUBLE AS n, "
        f"count_if(s < {month.days * DAY // 2})::DOUBLE AS n_first, coalesce(sum(duration_s::DOUBLE), 0) AS seconds, "
        "coalesce(sum(volume_bytes::DOUBLE), 0) AS bytes, coalesce(sum(charge::DOUBLE), 0) AS charge, "
        f"bit_or(1::BIGINT << (s // {DAY})) AS days, coalesce(max(duration_s), -1) AS longest "
        f"FROM {timed} GROUP BY ALL"
    )
    order = np.argsort(sums["sid"])  # quicker than the engine sorts
    sums = {name: values[order] for name, values in sums.items()}
    coded = to_arrow(sums["class"].astype(np.int64)).dictionary_encode()  # quicker than np.unique, which sorts
    classes, which = to_numpy(coded.dictionary), to_numpy(coded.indices)
    starts = np.flatnonzero(np.diff(sums["sid"], prepend=~sums["sid"][:1]) != 0)
    columns = {"sid": sums["sid"][starts]}
    features = catalog.of("measure")
    fulfilled = {n: fulfil(classes, f.where or "", catalog.vocabulary, bands) for n, f in features.items()}
    for measure, (column, scale) in ADDED.items():
        names = [n for n, f in features.items() if f.measure == measure]
        matrix = csr_array((sums[column], which, np.append(starts, len(which))), shape=(len(starts), len(classes)))
        made = matrix @ np.array([fulfilled[n] for n in names], np.float64).reshape(len(names), len(classes)).T
        columns |= {n: made[:, i] / scale for i, n in enumerate(names)}
    for name, feature in features.items():
        if feature.measure not in ADDED:
            columns[name] = _over(str(feature.measure), fulfilled[name][which], sums, starts, month)
    return pa.table({name: to_arrow(values) for name, values in columns.items()})


def _over(
    measure: str,
    wanted: npt.NDArray[np.bool_],
    sums: dict[str, np.ndarray],
    starts: npt.NDArray[np.int64],
    month: Month,
) -> Floats:
    """A measure that does not add up, per subscriber; NaN where a gap or length has no record to go by."""
    if measure == "longest_s":
        longest = np.maximum.reduceat(np.where(wanted, sums["longest"], -1), starts).astype(np.float64)
        return np.where(longest < 0, np.nan, longest)
    days = np.bitwise_or.reduceat(np.where(wanted, sums["days"], 0), starts).astype(np.uint64)
    if measure == "days":
        return np.bitwise_count(days).astype(np.float64)
    last = np.floor(np.log2(np.maximum(days, 1).astype(np.float64)))  # exact: at most 31 bits
    return np.where(days == 0, np.nan, month.days - 1 - last)


def _rows(catalog: Catalog, timed: str, month: Month) -> str:
    flags = {
        **{service: _is("service", service) for service in ("voice", "sms", "mms", "data")},
        "outgoing": _is("direction", "out"),
        "incoming": _is("direction", "in"),
        "forwarded": _is("direction", "forward"),
        "day": f"s // {DAY}",
        "days_in_month": str(month.days),
        "first_half": f"s < {month.days * DAY // 2}",
    }
    columns = ", ".join(f"{sql} AS {name}" for name, sql in flags.items())
    source = f"(SELECT sid, duration_s, volume_bytes, charge / {MONEY_SCALE} AS charge, {columns} FROM {timed})"
    wanted = "".join(f", ({f.rows})::DOUBLE AS {identifier(name)}" for name, f in catalog.of("rows").items())
    return f"SELECT sid{wanted} FROM {source} GROUP BY sid"


def _contacts(catalog: Catalog, contacts: str) -> str:
    wanted = "".join(f", ({f.contacts})::DOUBLE AS {identifier(name)}" for name, f in catalog.of("contacts").items())
    return f"SELECT sid{wanted} FROM (SELECT *, n_out + n_in AS n FROM {contacts}) GROUP BY sid"


def _own() -> int:
    return kind_code("counterpart_network", "own")


def _field(name: str) -> str:
    shift, bits = KIND[name]
    return f"((kind >> {shift}) & {(1 << bits) - 1})"


def _is(field: str, value: str) -> str:
    return f"({_field(field)} = {kind_code(field, value)})"


def _workdays(rule: Calendar, month: Month) -> int:
    """A bit per day of the month, the first day lowest: whether it is a working day."""
    days = [month.start + timedelta(days=i) for i in range(month.days)]
    return sum(
        1 << i
        for i, day in enumerate(days)
        if day in rule.extra_workdays or (day.weekday() < 5 and day not in rule.holidays)
    )
