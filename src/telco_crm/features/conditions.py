"""Conditions over usage records, such as "voice and out and not local", on packed class numbers.

The class of a record is its `kind` (see ingest.usage.KIND) with the hour band, the working day, answered, length and
the lists of numbers that hold the other party packed above it. Records of one class fulfil the same conditions, so
records are summed per class first, and conditions are looked at once per class.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from telco_crm.engine.sql import literal
from telco_crm.errors import RuleError
from telco_crm.features.catalog import Catalog, Term, Vocabulary
from telco_crm.ingest.dialling import packed
from telco_crm.ingest.usage import KIND, OTHER_NETWORK, kind_code
from telco_crm.rules import nearest
from telco_crm.schema import load_schema

BAND, WORKDAY, ANSWERED, LENGTH, LISTED = "band", "workday", "answered", "length", "listed"
CLASS_FIELDS = {**KIND, BAND: (15, 4), WORKDAY: (19, 1), ANSWERED: (20, 1), LENGTH: (21, 3), LISTED: (24, 6)}
MAX_BANDS, MAX_LENGTHS, MAX_LISTS = 16, 8, 6


@dataclass(frozen=True)
class Bands:
    """The hours at which terms begin or end, and the call lengths (s) that terms name: both cut records into bands; and
    the lists of numbers, each of which has a bit of its own.
    """

    hours: tuple[int, ...]
    lengths: tuple[int, ...]
    lists: tuple[tuple[str, ...], ...]


def bands_of(vocabulary: Vocabulary) -> Bands:
    """The bands that the vocabulary's terms need.

    Raises:
        RuleError: there are more than can be told apart.
    """
    hours = sorted({h % 24 for t in vocabulary.terms.values() if t.hours for h in t.hours} - {0})
    lengths = sorted({t.minimum_s for t in vocabulary.terms.values() if t.minimum_s})
    lists = sorted({t.numbers for t in vocabulary.terms.values() if t.numbers is not None})
    if len(hours) >= MAX_BANDS or len(lengths) >= MAX_LENGTHS or len(lists) > MAX_LISTS:
        raise RuleError(
            f"vocabulary: at most {MAX_BANDS} hour bands, {MAX_LENGTHS} lengths and {MAX_LISTS} lists of numbers can "
            "be told apart"
        )
    return Bands(tuple(hours), tuple(lengths), tuple(lists))


def class_sql(bands: Bands, hour: str, workday: str, seconds: str, number: str) -> str:
    """SQL for the class of a record, from its kind, hour, working-day flag (0/1), length in seconds and the other party
    (a packed number, see ingest.dialling).
    """
    parts = {
        BAND: _steps(hour, bands.hours),
        WORKDAY: workday,
        ANSWERED: f"(coalesce({seconds}, 0) > 0)::INTEGER",
        LENGTH: _steps(f"coalesce({seconds}, 0)", bands.lengths),
    }
    if any(bands.lists):
        parts[LISTED] = " + ".join(
            f"{_listed(number, numbers)} * {1 << bit}" for bit, numbers in enumerate(bands.lists) if numbers
        )
    return "kind + " + " + ".join(f"(({sql}) << {CLASS_FIELDS[name][0]})" for name, sql in parts.items())


def fulfil(classes: npt.NDArray[np.int64], where: str, vocabulary: Vocabulary, bands: Bands) -> npt.NDArray[np.bool_]:
    """Which of the `classes` fulfil the condition `where`; all of them without any restriction."""
    result = np.ones(len(classes), bool)
    for word, negated in parse(where):
        field, codes = _codes(vocabulary.terms[word], bands)
        shift, bits = CLASS_FIELDS[field]
        allowed = np.zeros(1 << bits, bool)
        allowed[list(codes)] = True
        inside = allowed[(classes >> shift) & ((1 << bits) - 1)]
        result &= ~inside if negated else inside
    return result


def parse(where: str) -> list[tuple[str, bool]]:
    """(term, negated) of each part of "a and not b"; an empty condition has none."""
    parts = [part.split() for part in where.split(" and ")] if where.strip() else []
    return [(" ".join(w[1:]), True) if w[:1] == ["not"] else (" ".join(w), False) for w in parts]


def check_conditions(catalog: Catalog) -> None:
    """Every condition of the catalogue uses known terms, every term known fields and values.

    Raises:
        RuleError: naming all that do not.
    """
    problems = []
    for name, term in catalog.vocabulary.terms.items():
        known = _known_values(term.field)
        if known is None:
            listed = ", ".join(KIND)
            problems.append(
                f"vocabulary.terms.{name}: unknown field{nearest(str(term.field), KIND)}; known are {listed}"
            )
            continue
        problems += [
            f'vocabulary.terms.{name}: {term.field} has no value "{v}"{nearest(v, known)}'
            for v in term.values
            if v not in known
        ]
    for name, feature in catalog.of("measure").items():
        for word, _ in parse(feature.where or ""):
            if word not in catalog.vocabulary.terms:
                hint = nearest(word, catalog.vocabulary.terms)
                problems.append(f'features.{name}.where: unknown term "{word}"{hint}')
    if problems:
        raise RuleError(problems)


def _known_values(field: str | None) -> list[str] | None:
    """Values a term may list for `field`; none for a term without a field, None for an unknown field."""
    if field is None:
        return []
    if field not in KIND:
        return None
    if field == "ip_prefix":
        return ["true", "false"]
    return [*load_schema("usage").columns[field].values, OTHER_NETWORK, ""]


def _codes(term: Term, bands: Bands) -> tuple[str, Set[int]]:
    """The field that a term restricts, and the codes it allows there."""
    if term.field:
        return term.field, {kind_code(term.field, v) if v else 0 for v in term.values}
    if term.hours:
        start, end = term.hours
        inside = [h for h in range(24) if (start <= h < end if start < end else h >= start or h < end)]
        return BAND, {sum(h >= edge for edge in bands.hours) for h in inside}
    if term.minimum_s:
        return LENGTH, set(range(bands.lengths.index(term.minimum_s) + 1, len(bands.lengths) + 1))
    if term.numbers is not None:
        bit = 1 << bands.lists.index(term.numbers)
        return LISTED, {code for code in range(1 << CLASS_FIELDS[LISTED][1]) if code & bit}
    return (WORKDAY, {int(term.workday)}) if term.workday is not None else (ANSWERED, {int(bool(term.answered))})


def _listed(number: str, numbers: tuple[str, ...]) -> str:
    wanted = ", ".join(packed(literal(one)) for one in numbers)
    return f"coalesce({number} IN ({wanted}), false)::INTEGER"


def _steps(value: str, edges: tuple[int, ...]) -> str:
    whens = " ".join(f"WHEN {value} < {edge} THEN {n}" for n, edge in enumerate(edges))
    return f"CASE {whens} ELSE {len(edges)} END" if edges else "0"
