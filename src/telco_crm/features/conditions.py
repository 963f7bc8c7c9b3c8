"""Conditions over usage records: "voice and out and not local" becomes one comparison of a packed class number.

The class of a record is its `kind` (see ingest.usage.KIND) with the hour band, the working day, answered and length packed above it.
Records of one class fulfil the same conditions, so they are summed per class first and the conditions are looked at once per class.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from telco_crm.errors import RuleError
from telco_crm.features.catalog import Catalog, Term, Vocabulary
from telco_crm.ingest.usage import KIND, OTHER_NETWORK, kind_code
from telco_crm.rules import nearest
from telco_crm.schema import load_schema

BAND, WORKDAY, ANSWERED, LENGTH = "band", "workday", "answered", "length"
CLASS_FIELDS = {**KIND, BAND: (15, 4), WORKDAY: (19, 1), ANSWERED: (20, 1), LENGTH: (21, 3)}
MAX_BANDS, MAX_LENGTHS = 16, 8


@dataclass(frozen=True)
class Bands:
    """The hours at which a term begins or ends, and the call lengths (s) that terms name: both cut records into bands."""

    hours: tuple[int, ...]
    lengths: tuple[int, ...]

    def hour_band(self, hour: str) -> str:
        """SQL for the band number of an hour expression."""
        return _steps(hour, self.hours)

    def length_band(self, seconds: str) -> str:
        """SQL for the band number of a length in seconds."""
        return _steps(f"coalesce({seconds}, 0)", self.lengths)


def bands_of(vocabulary: Vocabulary) -> Bands:
    """The bands that the vocabulary's terms need."""
    hours = sorted({h % 24 for t in vocabulary.terms.values() if t.hours for h in t.hours} - {0})
    lengths = sorted({t.minimum_s for t in vocabulary.terms.values() if t.minimum_s})
    if len(hours) >= MAX_BANDS or len(lengths) >= MAX_LENGTHS:
        raise RuleError(f"vocabulary: at most {MAX_BANDS} hour bands and {MAX_LENGTHS} lengths can be told apart")
    return Bands(tuple(hours), tuple(lengths))


def class_sql(bands: Bands, hour: str, workday: str, seconds: str) -> str:
    """SQL for the class of a record, from its kind, hour, working-day flag (0/1) and length."""
    parts = {BAND: bands.hour_band(hour), WORKDAY: workday, ANSWERED: f"(coalesce({seconds}, 0) > 0)::INTEGER",
             LENGTH: bands.length_band(seconds)}
    return "kind + " + " + ".join(f"(({sql}) << {CLASS_FIELDS[name][0]})" for name, sql in parts.items())


def condition_sql(where: str, vocabulary: Vocabulary, bands: Bands) -> str:
    """SQL over `class` that is true for the records fulfilling `where`; "true" without any restriction."""
    allowed: dict[str, Set[int]] = {}
    for word, negated in parse(where):
        field, codes = _codes(vocabulary.terms[word], bands)
        codes = _every_code(field, bands) - codes if negated else codes
        allowed[field] = allowed.get(field, codes) & codes
    mask = value = 0
    tests = []
    for field, codes in allowed.items():
        shift, bits = CLASS_FIELDS[field]
        if len(codes) == 1:
            mask |= ((1 << bits) - 1) << shift
            value |= next(iter(codes)) << shift
        else:
            listed = ", ".join(map(str, sorted(codes)))
            tests.append(f"((class >> {shift}) & {(1 << bits) - 1}) IN ({listed})" if codes else "false")
    if mask:
        tests.insert(0, f"(class & {mask}) = {value}")
    return " AND ".join(tests) or "true"


def parse(where: str) -> list[tuple[str, bool]]:
    """(term, negated) of "a and not b"; an empty condition has none."""
    words = [part.split() for part in where.split(" and ")] if where.strip() else []
    return [(w[-1] if w else "", w[:1] == ["not"]) if len(w) in (1, 2) and w[:-1] in ([], ["not"]) else (" ".join(w), False)
            for w in words]


def check_conditions(catalog: Catalog) -> None:
    """Every condition of the catalogue uses known terms, every term known fields and values.

    Raises:
        RuleError: naming all that do not.
    """
    usage = load_schema("usage").columns
    problems = []
    for name, term in catalog.vocabulary.terms.items():
        if term.field is not None and term.field not in KIND:
            problems.append(f"vocabulary.terms.{name}: unknown field{nearest(term.field, KIND)}; known are {', '.join(KIND)}")
            continue
        known = ["true", "false"] if term.field == "ip_prefix" else [*usage[term.field].values, OTHER_NETWORK] if term.field else []
        problems += [f'vocabulary.terms.{name}: {term.field} has no value "{v}"{nearest(v, known)}' for v in term.values if v not in known]
    for name, feature in catalog.of("sum").items():
        for word, _ in parse(feature.where or ""):
            if word not in catalog.vocabulary.terms:
                problems.append(f'features.{name}.where: unknown term "{word}"{nearest(word, catalog.vocabulary.terms)}')
    if problems:
        raise RuleError(problems)


def _codes(term: Term, bands: Bands) -> tuple[str, Set[int]]:
    if term.field:
        return term.field, {kind_code(term.field, v) for v in term.values}
    if term.hours:
        start, end = term.hours
        inside = {h for h in range(24) if (start <= h < end if start < end else h >= start or h < end)}
        return BAND, {_band_number(h, bands.hours) for h in inside}
    if term.minimum_s:
        return LENGTH, {n for n in range(len(bands.lengths) + 1) if n > bands.lengths.index(term.minimum_s)}
    return (WORKDAY, {int(bool(term.workday))}) if term.workday is not None else (ANSWERED, {int(bool(term.answered))})


def _every_code(field: str, bands: Bands) -> Set[int]:
    counts: Mapping[str, int] = {BAND: len(bands.hours) + 1, LENGTH: len(bands.lengths) + 1}
    return set(range(counts.get(field, 1 << CLASS_FIELDS[field][1])))


def _band_number(value: int, edges: tuple[int, ...]) -> int:
    return sum(value >= edge for edge in edges)


def _steps(value: str, edges: tuple[int, ...]) -> str:
    whens = " ".join(f"WHEN {value} < {edge} THEN {n}" for n, edge in enumerate(edges))
    return f"CASE {whens} ELSE {len(edges)} END" if edges else "0"
