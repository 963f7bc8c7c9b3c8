"""SQL for the features of one bucket of one month of usage.

Three passes over the same rows: summed per class of record (features with `sum`), row by row (`rows`), and summed
per other party (`contacts`). Sums are of whole numbers held as DOUBLE, exact below 2**53 whatever the order.
"""

from __future__ import annotations

from datetime import date, timedelta

from telco_crm.engine.sql import identifier
from telco_crm.features.catalog import Calendar, Catalog
from telco_crm.features.conditions import bands_of, class_sql, condition_sql
from telco_crm.ingest.usage import KIND, MONEY_SCALE, OTHER_NETWORK, kind_code
from telco_crm.months import Month

MEASURES = {"records": "n", "minutes": "seconds", "fee": "charge", "mb": "bytes"}
SCALES = {"records": "", "minutes": " / 60", "fee": f" / {MONEY_SCALE}", "mb": " / 1048576"}
DAY = 86400
UNIX = date(1970, 1, 1)


def usage_query(catalog: Catalog, rows: str, month: Month) -> str:
    """One row per subscriber (sid) of FROM item `rows` (see ingest.usage.ROW_COLUMNS), one column per usage feature."""
    timed = f"(SELECT *, second - {_epoch(month)} AS s FROM {rows})"
    parts = [_sums(catalog, timed, month), _rows(catalog, timed, month), _contacts(catalog, timed)]
    joined = " LEFT JOIN ".join(f"({sql}) {name}" + (" USING (sid)" if i else "")
                                for i, (name, sql) in enumerate(zip("abc", parts, strict=True)))
    return f"SELECT * FROM {joined}"


def _sums(catalog: Catalog, timed: str, month: Month) -> str:
    bands = bands_of(catalog.vocabulary)
    workday = f"(({_workdays(catalog.vocabulary.calendar, month)}::BIGINT >> (s // {DAY})) & 1)::INTEGER"
    classes = (f"SELECT sid, {class_sql(bands, '((s // 3600) % 24)', workday, 'duration_s')} AS class, count(*)::DOUBLE AS n, "
               "coalesce(sum(duration_s::DOUBLE), 0) AS seconds, coalesce(sum(volume_bytes::DOUBLE), 0) AS bytes, "
               f"coalesce(sum(charge::DOUBLE), 0) AS charge FROM {timed} GROUP BY ALL")
    sums = []
    for name, feature in catalog.of("sum").items():
        measure = str(feature.sum)
        test = condition_sql(feature.where or "", catalog.vocabulary, bands)
        sums.append(f"sum(if({test}, {MEASURES[measure]}, 0)){SCALES[measure]} AS {identifier(name)}")
    return f"SELECT sid, {', '.join(sums)} FROM ({classes}) GROUP BY sid"


def _rows(catalog: Catalog, timed: str, month: Month) -> str:
    flags = {
        "voice": _is("service", "voice"), "sms": _is("service", "sms"), "mms": _is("service", "mms"), "data": _is("service", "data"),
        "outgoing": _is("direction", "out"), "incoming": _is("direction", "in"), "forwarded": _is("direction", "forward"),
        "day": f"s // {DAY}", "days_in_month": str(month.days), "first_half": f"s < {month.days * DAY // 2}",
    }
    columns = ", ".join(f"{sql} AS {name}" for name, sql in flags.items())
    source = f"(SELECT sid, duration_s, volume_bytes, charge / {MONEY_SCALE} AS charge, {columns} FROM {timed})"
    wanted = "".join(f", ({f.rows})::DOUBLE AS {identifier(name)}" for name, f in catalog.of("rows").items())
    return f"SELECT sid{wanted} FROM {source} GROUP BY sid"


def _contacts(catalog: Catalog, timed: str) -> str:
    rivals = [kind_code("counterpart_network", v) for v in ("unicom", "telecom", "phs", OTHER_NETWORK)]
    pairs = (f"SELECT sid, cp, count(*) AS n, count_if({_is('direction', 'out')}) AS n_out, count_if({_is('direction', 'in')}) AS n_in, "
             f"bool_or({_field('counterpart_network')} IN ({', '.join(map(str, rivals))})) AS rival FROM {timed} "
             f"WHERE cp IS NOT NULL AND NOT {_is('service', 'data')} AND NOT {_is('direction', 'forward')} GROUP BY sid, cp")
    wanted = "".join(f", ({f.contacts})::DOUBLE AS {identifier(name)}" for name, f in catalog.of("contacts").items())
    return f"SELECT sid{wanted} FROM ({pairs}) GROUP BY sid"


def _field(name: str) -> str:
    shift, bits = KIND[name]
    return f"((kind >> {shift}) & {(1 << bits) - 1})"


def _is(field: str, value: str) -> str:
    return f"({_field(field)} = {kind_code(field, value)})"


def _epoch(month: Month) -> int:
    return (month.start - UNIX).days * DAY


def _workdays(rule: Calendar, month: Month) -> int:
    """A bit per day of the month, the first day lowest: whether it is a working day."""
    days = [month.start + timedelta(days=i) for i in range(month.days)]
    return sum(1 << i for i, day in enumerate(days)
               if day in rule.extra_workdays or (day.weekday() < 5 and day not in rule.holidays))
