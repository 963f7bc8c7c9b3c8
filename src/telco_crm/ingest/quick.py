"""The quick conversion: what cells usually look like, taken without trimming, folding or guessing.

Big tables are read with it first; the few rows it does not recognise as good get a second look with the full conversion
(ingest.convert), which alone decides what is rejected. So it may refuse a good row, but never accept a bad one, and the
value of what it accepts is the one that the full conversion gives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product

from telco_crm.engine.sql import literal
from telco_crm.ingest.convert import MONEY, Cell, Conversion, Steps, conversion
from telco_crm.ingest.mapping import Binding, TableMapping, fold, spellings
from telco_crm.schema import Check, Column, Schema

UNKNOWN = 64  # code of a spelling that is not known exactly; above all codes


def quick_conversion(
    schema: Schema,
    bindings: Sequence[Binding],
    cells: Mapping[str, Cell],
    mapping: TableMapping,
    samples: Mapping[str, Sequence[str]],
    file: str,
) -> Conversion:
    """The quick conversion of one file; `samples` holds some cells by header, whose spellings are looked up beforehand.

    `v_` of an enumeration, open ones included, is its code (`Column.code`), that of the default for an empty cell, or
    UNKNOWN for a spelling that needs a second look.

    Raises:
        InputError: as ingest.convert.conversion.
    """
    full = conversion(schema, bindings, cells, mapping, file)
    steps = [_QuickSteps(b, cells[b.name], mapping, samples.get(b.header or "", ())) for b in bindings]
    coded = [f"v_{b.name}" for b in bindings if b.column.type == "enum"]
    good = {f"{n} filled": f"v_{n} IS NOT NULL" for n in schema.required}
    good |= {s.name: g for s in steps if (g := s.good())}
    good |= {"codes": f"({' | '.join(coded)}) < {UNKNOWN}"} if coded else {}
    good |= {f"check {n}": check for n, check in enumerate(_checks(schema, {b.name for b in bindings}))}
    bound = {b.name for b in bindings}
    enums = {n: c for n, c in schema.columns.items() if c.type == "enum"}
    values = {n: f"v_{n}" if n in bound else str(c.code(c.default or "")) for n, c in enums.items()}
    return Conversion(
        raw=", ".join(f"{r} AS r_{s.name}" for s in steps if (r := s.raw())),
        parsed=", ".join(f"{p} AS p_{s.name}" for s in steps if (p := s.parsed())),
        typed=", ".join(f"{s.typed()} AS v_{s.name}" for s in steps),
        good=good,
        columns={**full.columns, **values},
        problems={},
        open_coded=True,
        plain_ids={s.name for s in steps if s.plain},
    )


class _QuickSteps:
    """The expressions of one bound column: quick where the raw cell is text of a kind that allows it, else the
    full ones.
    """

    def __init__(self, binding: Binding, cell: Cell, mapping: TableMapping, sample: Sequence[str]) -> None:
        self.name, self._b, self._cell, self._mapping, self._sample = binding.name, binding, cell, mapping, sample
        self._full = Steps(binding, cell, mapping)
        self._nulls = () if cell.clean else mapping.stored_nulls
        self._kind = self._quick_kind()
        self.plain = self._kind == "id" and not any(word.isdigit() for word in self._nulls)

    def raw(self) -> str:
        return "" if self._kind else self._full.raw()

    def parsed(self) -> str:
        return "" if self._kind else self._full.parsed() or ""

    def typed(self) -> str:
        x, column = self._cell.sql, self._b.column
        if self._kind == "coded":
            return self._code(x, column)
        if self._kind == "int":
            number = f"TRY_CAST({x} AS {MONEY})"
            low = f" AND {number} >= {column.minimum}" if column.minimum is not None else ""
            high = f" AND {number} <= {column.maximum}" if column.maximum is not None else ""
            plain = f"NOT contains({x}, '.') AND NOT contains({x}, '_')"
            return f"CASE WHEN {plain}{low}{high} THEN CAST({number} AS BIGINT) END"
        return x if self._kind else self._full.typed()

    def good(self) -> str:
        """When the value may be taken; "" if that is always so or looked at elsewhere."""
        x = self._cell.sql
        if self._kind == "coded":
            return ""
        if self._kind == "id":
            clean = (
                "" if self._cell.clean else f"{x} >= '!' AND NOT ends_with({x}, ' ') AND NOT ends_with({x}, '\t') AND "
            )
            other = "".join(f"{x} <> {literal(n)} AND " for n in self._nulls if n)
            text = f"NOT {self._cell.no_text(x)} AND " if self._cell.bytes else ""
            return f"({x} IS NULL OR ({clean}{other}{text}NOT contains({x}, 'E+')))"
        if self._kind:
            return f"({x} IS NULL OR v_{self.name} IS NOT NULL)"
        wanted = self._full.can_fail and not self._b.column.required
        return f"(r_{self.name} IS NULL OR v_{self.name} IS NOT NULL)" if wanted else ""

    def _quick_kind(self) -> str:
        column = self._b.column
        if column.type == "enum":
            return "coded"
        if self._cell.type != "VARCHAR" or self._b.constant is not None:
            return ""
        plain = self._b.factor == "1" and self._mapping.decimal == "."
        return {"id": "id", "int": "int" if plain else ""}.get(column.type, "")

    def _code(self, x: str, column: Column) -> str:
        empty = UNKNOWN if column.required else column.code(column.default or "")
        if self._cell.type != "VARCHAR":
            x = f"CAST({x} AS VARCHAR)"
        # The engine tries the branches in turn on what is left of the rows: those that most rows take come first.
        whens = " ".join(f"WHEN {x} = {literal(s)} THEN {column.code(v)}" for s, v in self._spellings().items())
        return f"CASE WHEN {x} IS NULL THEN {empty} {whens} ELSE {UNKNOWN} END"

    def _spellings(self) -> dict[str, str]:
        """Exact spelling → accepted value: first those of the sample that fold to one, the most frequent first, then
        those of the schema and the mapping.
        """
        known = spellings(self._b.column, self._b.values)
        sampled = [s for s, _ in Counter(self._sample).most_common() if s and s == s.strip()]
        seen = {s: known.get(fold(s), s) for s in sampled if fold(s) in known or self._b.column.open}
        return {s: v for s, v in {**seen, **known, **seen}.items() if s not in self._nulls}


def _checks(schema: Schema, bound: set[str]) -> list[str]:
    """The schema's checks over codes: for every pair of columns, the pairs of codes that all checks allow."""
    pairs: dict[tuple[str, str], list[tuple[Check, tuple[str, ...]]]] = {}
    for check in schema.checks:
        for when, values in check.when.items():
            if when in bound:
                pairs.setdefault((when, check.column), []).append((check, values))
    tests = []
    for (when, column), checks in pairs.items():
        first, second = [["", *schema.columns[n].values] for n in (when, column)]
        # A bit per pair of codes (below 8 each); a long IN list would become a join.
        allowed = sum(
            1 << (i * 8 + j)
            for (i, a), (j, b) in product(enumerate(first), enumerate(second))
            if all(a not in values or b in check.allow for check, values in checks)
        )
        value = f"v_{column}" if column in bound else "0"
        tests.append(f"(({allowed}::BIGINT >> ((v_{when} * 8 + {value}) & 63)) & 1) = 1")
    return tests
