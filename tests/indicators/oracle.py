"""The indicators by their definitions, one record after the other: slow, and sharing nothing with the program.

A person is a list of Records; `expected` gives what the table must hold for them.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise

NIGHT, MORNING = time(19), time(7)
EXTENDED = ("mean", "std", "median", "skewness", "kurtosis", "min", "max")
Number = float | None
Places = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Record:
    """A call, a text, or only a position (kind "")."""

    kind: str
    out: bool
    contact: str
    at: datetime
    seconds: int = 0
    place: str = ""

    @property
    def night(self) -> bool:
        return not MORNING < self.at.time() < NIGHT

    @property
    def weekend(self) -> bool:
        return self.at.isoweekday() in (6, 7)

    @property
    def rank(self) -> tuple[datetime, bool, bool]:
        return self.at, self.kind == "text", self.out


@dataclass(frozen=True)
class Shape:
    groupby: str = "week"
    split_week: bool = False
    split_day: bool = False
    extended: bool = False

    @property
    def parts(self) -> list[tuple[str, str]]:
        week = ("allweek", "weekday", "weekend") if self.split_week else ("allweek",)
        day = ("allday", "day", "night") if self.split_day else ("allday",)
        return [(w, d) for w in week for d in day]

    @property
    def statistics(self) -> tuple[str, ...]:
        return EXTENDED if self.extended else EXTENDED[:2]


def expected(records: Sequence[Record], shape: Shape, places: Places | None = None) -> dict[str, Number]:
    """Every column about interactions and positions."""
    records = sorted(records, key=lambda r: r.rank)
    out: dict[str, Number] = {}
    home = home_of(records)
    for week, day in shape.parts:
        part = [r for r in records if _in_week(r, week) and _in_day(r, day)]
        for kinds, table in ((("call",), CALLS), (("text",), TEXTS), (("call", "text"), BOTH)):
            chosen = [r for r in part if r.kind in kinds]
            for name, function in table.items():
                steps = (name, week, day, "".join(kinds) if len(kinds) == 1 else "callandtext")
                out |= _over_periods(steps, [function(g) for g in periods(chosen, shape.groupby)], shape)
        placed = [stays(g) for g in periods([r for r in part if r.place], shape.groupby)]
        for name, spatial in SPATIAL.items():
            values = [spatial(g, home, places or {}) for g in placed]
            out |= _over_periods((name, week, day), values, shape)
    weekly = [stays(g) for g in periods([r for r in records if r.place], "week")]
    changes = [1 - _cosine(Counter(a), Counter(b)) for a, b in pairwise(weekly)]
    return out | {f"churn_rate__{s}": v for s, v in summary(changes, ("mean", "std")).items()}


def summary(values: Sequence[float], statistics: Sequence[str]) -> dict[str, Number]:
    """Statistics of a distribution; None for an empty one."""
    if not values:
        return dict.fromkeys(statistics)
    ordered, n = sorted(values), len(values)
    mean = math.fsum(values) / n
    second, third, fourth = (math.fsum((v - mean) ** k for v in values) / n for k in (2, 3, 4))
    spread = ordered[0] != ordered[-1]
    found = {
        "mean": mean,
        "std": math.sqrt(second),
        "median": (ordered[n // 2] + ordered[(n - 1) // 2]) / 2,
        "skewness": third / second**1.5 if spread else 0.0,
        "kurtosis": fourth / second**2 if spread else 0.0,
        "min": ordered[0],
        "max": ordered[-1],
    }
    return {s: found[s] for s in statistics}


def periods(records: Sequence[Record], groupby: str) -> list[list[Record]]:
    """The records of every period that has some."""
    key: dict[str, Callable[[datetime], object]] = {
        "none": lambda t: 0,
        "day": lambda t: t.date(),
        "week": lambda t: t.isocalendar()[:2],
        "month": lambda t: (t.year, t.month),
        "year": lambda t: t.year,
    }
    groups: dict[object, list[Record]] = {}
    for r in records:
        groups.setdefault(key[groupby](r.at), []).append(r)
    return list(groups.values())


def stays(records: Sequence[Record]) -> list[str]:
    """Where somebody was in each half hour with a record."""
    spells: dict[datetime, list[Record]] = {}
    for r in records:
        spells.setdefault(r.at.replace(minute=r.at.minute // 30 * 30, second=0), []).append(r)
    return [_most_frequent([r.place for r in spell]) for _, spell in sorted(spells.items())]


def home_of(records: Sequence[Record]) -> str | None:
    nights = stays([r for r in records if r.place and r.night])
    return _most_frequent(nights) if nights else None


def _most_frequent(values: Sequence[str]) -> str:
    """The commonest value, the first of those alike."""
    return max(values, key=values.count)


def conversations(records: Sequence[Record]) -> list[list[Record]]:
    """Texts with one contact, with less than an hour since the last record with that contact and no call between."""
    found = []
    for own in _by_contact(records).values():
        running: list[Record] = []
        last: Record | None = None
        for r in own:
            broken = last is None or r.at - last.at >= timedelta(hours=1) or last.kind == "call"
            if r.kind == "text" and (broken or not running):
                running = [r]
                found.append(running)
            elif r.kind == "text":
                running.append(r)
            last = r
    return found


def _by_contact(records: Sequence[Record]) -> dict[str, list[Record]]:
    own: dict[str, list[Record]] = defaultdict(list)
    for r in records:
        if r.contact:
            own[r.contact].append(r)
    return own


def initiated(records: Sequence[Record]) -> float:
    begun = conversations(records)
    return sum(c[0].out for c in begun) / len(begun) if begun else 0.0


def response_rate(records: Sequence[Record]) -> Number:
    asked = [c for c in conversations(records) if not c[0].out]
    return sum(any(r.out for r in c) for c in asked) / len(asked) if asked else None


def response_delays(records: Sequence[Record]) -> list[float]:
    pairs = [p for c in conversations(records) for p in pairwise(c)]
    delays = [(b.at - a.at).total_seconds() for a, b in pairs if b.out and not a.out]
    return [d for d in delays if d > 0]


def gaps(records: Sequence[Record]) -> list[float]:
    return [(b.at - a.at).total_seconds() for a, b in pairwise(records)]


def shannon(counts: Sequence[float]) -> Number:
    total = sum(counts)
    return -math.fsum(c / total * math.log(c / total) for c in counts) if counts else None


def fewest(weights: Sequence[float], share: float = 0.8) -> int:
    """How many of the weights, the largest first, reach the share of their sum."""
    needed, reached = 0, 0.0
    for weight in sorted(weights, reverse=True):
        if reached >= share * sum(weights):
            break
        reached += weight
        needed += 1
    return needed


def pareto(records: Sequence[Record], weight: Callable[[Record], float]) -> Number:
    own = [sum(map(weight, rs)) for rs in _by_contact(records).values()]
    return fewest(own) / len(own) if own else None


def balances(records: Sequence[Record]) -> list[float]:
    own = _by_contact(records)
    total = sum(map(len, own.values()))
    return [sum(r.out for r in rs) / total for rs in own.values()]


def gyration(where: Sequence[str], places: Places) -> Number:
    known = [places[p] for p in where if p in places]
    if not known:
        return None
    centre = tuple(math.fsum(k[i] for k in known) / len(known) for i in (0, 1))
    return math.sqrt(math.fsum(kilometres(centre, k) ** 2 for k in known) / len(known))  # type: ignore[arg-type]


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance by the spherical law of cosines, on a sphere of 6371 km."""
    (a, b), (c, d) = (tuple(map(math.radians, p)) for p in (one, other))
    half = math.sin((a - c) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((b - d) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(half))


def _cosine(one: Counter[str], other: Counter[str]) -> float:
    length = math.sqrt(sum(n * n for n in one.values()) * sum(n * n for n in other.values()))
    return sum(n * other[p] for p, n in one.items()) / length


def _share(flag: Callable[[Record], bool]) -> Callable[[Sequence[Record]], float]:
    return lambda records: sum(map(flag, records)) / len(records)


ALIKE: dict[str, Callable[[Sequence[Record]], object]] = {
    "number_of_contacts": lambda rs: len(_by_contact(rs)),
    "percent_nocturnal": _share(lambda r: r.night),
    "entropy_of_contacts": lambda rs: shannon([len(v) for v in _by_contact(rs).values()]),
    "balance_of_contacts": balances,
    "interactions_per_contact": lambda rs: [float(len(v)) for v in _by_contact(rs).values()],
    "interevent_time": gaps,
    "percent_pareto_interactions": lambda rs: pareto(rs, lambda r: 1),
    "number_of_interactions": len,
    "number_of_interaction_in": lambda rs: sum(not r.out for r in rs),
    "number_of_interaction_out": lambda rs: sum(r.out for r in rs),
}
TEXTS = ALIKE
CALLS = ALIKE | {
    "call_duration": lambda rs: [float(r.seconds) for r in rs],
    "percent_initiated_interactions": _share(lambda r: r.out),
    "percent_pareto_durations": lambda rs: pareto(rs, lambda r: r.seconds),
}
BOTH: dict[str, Callable[[Sequence[Record]], object]] = {
    "active_days": lambda rs: len({r.at.date() for r in rs}),
    "percent_initiated_conversations": initiated,
    "response_rate_text": response_rate,
    "response_delay_text": response_delays,
}
SPATIAL: dict[str, Callable[[Sequence[str], str | None, Places], Number]] = {
    "number_of_antennas": lambda where, home, places: len(set(where)),
    "entropy_of_antennas": lambda where, home, places: shannon(list(Counter(where).values())),
    "percent_at_home": lambda where, home, places: where.count(home) / len(where) if home else None,
    "radius_of_gyration": lambda where, home, places: gyration(where, places),
    "frequent_antennas": lambda where, home, places: fewest(list(Counter(where).values())),
}


def _over_periods(steps: Sequence[str], values: Sequence[object], shape: Shape) -> dict[str, Number]:
    """The columns of one indicator, from its value or distribution in every period."""
    name = "__".join(steps)
    each = name.startswith(("call_duration", "response_delay", "balance", "interactions_per", "interevent"))
    if each:
        found = [summary(v, shape.statistics) for v in values]  # type: ignore[arg-type]
        per = {f"{name}__{s}": [f[s] for f in found] for s in shape.statistics}
    else:
        per = {name: values}  # type: ignore[dict-item]
    if shape.groupby == "none":
        return {column: figures[0] if figures else None for column, figures in per.items()}
    return {f"{c}__{s}": v for c, fs in per.items() for s, v in summary(list(_known(fs)), ("mean", "std")).items()}


def _known(values: Sequence[Number]) -> Iterator[float]:
    return (v for v in values if v is not None)


def _in_week(record: Record, part: str) -> bool:
    return part == "allweek" or (part == "weekend") == record.weekend


def _in_day(record: Record, part: str) -> bool:
    return part == "allday" or (part == "night") == record.night
