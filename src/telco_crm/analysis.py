"""An analysis: what it needs, what it gives, how it is computed; and the context it is computed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from telco_crm.engine.base import Engine
from telco_crm.months import Month
from telco_crm.rules import Model, load_rules

M = TypeVar("M", bound=Model)


@dataclass
class RunContext:
    """What analyses share: the engine with its tables, the month, seed and language, and what they have to say.

    `tables` are the engine tables at hand; `months` the months with features, oldest first, up to the as-of month.
    """

    engine: Engine
    as_of: Month
    months: list[Month]
    tables: set[str]
    seed: int = 0
    lang: str = "en"
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def rules(self, model: type[M], name: str) -> M:
        """The rules `name`, with the user's laid over them."""
        return load_rules(model, name, self.overrides.get(name))

    def has(self, *names: str) -> bool:
        """Whether all these tables are at hand."""
        return set(names) <= self.tables

    def note(self, text: str) -> None:
        """Something the user should know about the result; said once."""
        if text not in self.notes:
            self.notes.append(text)

    def create(self, name: str, sql: str) -> None:
        """Make table `name` from a query."""
        self.engine.run(f"CREATE OR REPLACE TABLE {name} AS {sql}")
        self.tables.add(name)


@dataclass(frozen=True)
class Analysis:
    """One entry of the catalogue: `compute` may raise CannotCompute; `needs` are checked before it is called.

    `uses` names the tables it makes use of where they are at hand.
    """

    name: str
    needs: tuple[str, ...]
    gives: tuple[str, ...]
    compute: Callable[[RunContext], None]
    uses: tuple[str, ...] = ()
