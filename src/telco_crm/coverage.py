"""Which months the data covers: the complete ones, those a table has nothing of, and what there is to say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from telco_crm.engine.base import Engine
from telco_crm.ingest.store import UsageRows
from telco_crm.labels import text
from telco_crm.months import Month, spans


@dataclass(frozen=True)
class Coverage:
    """`months` are those with features, oldest first; `complete` those that no table has in part only; `known` those
    of each table.
    """

    months: Sequence[Month]
    complete: Set[Month]
    known: Mapping[str, Set[Month]]

    @property
    def newest(self) -> Month:
        """The newest complete month, or the newest of all if none is complete."""
        return max(self.complete, default=self.months[-1])

    def remarks(self, as_of: Month, lang: str) -> list[str]:
        """Sentences about what is missing up to the as-of month, and about months after it that are not complete."""
        found, to = [], text("notes.to", lang)
        later = [m for m in self.months if m > as_of]
        if as_of not in self.complete:
            found.append(text("notes.incomplete", lang, month=as_of))
        elif later and as_of == self.newest:
            found.append(text("notes.later", lang, months=spans(later, to), month=as_of))
        wanted = self.months[0].until(as_of)
        for table, known in self.known.items():
            if missing := [m for m in wanted if m not in known]:
                found.append(text(f"notes.no_{table}", lang, months=spans(missing, to)))
        return found


def coverage_of(engine: Engine, usage: UsageRows | None, tables: Set[str], months: Sequence[Month]) -> Coverage:
    """What the tables `features` and `bills` and the usage rows cover.

    A month is complete if every table with months (usage, bills) has it whole: usage that reaches its last day or
    goes on in a later month; bills at least half as many as in the month with most.
    """
    complete, known = set(months), {}
    if usage:
        known["usage"] = set(usage.months())
        reached = engine.rows("SELECT month FROM features GROUP BY month HAVING min(last_activity_gap_days) = 0")
        complete &= {Month(r[0]) for r in reached} | (known["usage"] - {max(known["usage"])})
    if "bills" in tables:
        billed = {Month(m): n for m, n in engine.rows("SELECT month, count(*) FROM bills GROUP BY month")}
        known["bills"] = set(billed)
        complete &= {m for m, n in billed.items() if n * 2 >= max(billed.values())}
    return Coverage(months, complete, known)
