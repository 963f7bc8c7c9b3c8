"""An analysis: what it needs, what it gives, how it is computed; and the context it is computed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar, cast

from telco_crm.engine.base import Engine
from telco_crm.engine.workers import Part, Workers
from telco_crm.errors import CannotCompute
from telco_crm.ingest.store import UsageRows
from telco_crm.labels import text
from telco_crm.months import Month
from telco_crm.rules import Model, load_rules

M = TypeVar("M", bound=Model)
Step = Callable[["RunContext"], None]


@dataclass
class RunContext:
    """What analyses share: the engine with its tables, the month, seed and language, and what they have to say.

    `tables` are the engine tables at hand; `months` the months with features, oldest first, up to the as-of month;
    `usage` the packed usage rows; `part` the subscribers that a step `each` is looking at;
    `source` the user's configuration (file, its text), to name lines.
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
    usage: UsageRows | None = None
    part: Part = field(default_factory=Part)
    source: tuple[str, str] | None = None

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

    def say(self, key: str, **values: Any) -> None:
        """Note the words of labels.toml's `notes.key`, in the language of the run."""
        self.note(text(f"notes.{key}", self.lang, **values))

    def fitted(self, model: str, rows: int, of: int) -> None:
        """Remember for the manifest on how many rows, out of how many, `model` was fitted."""
        self.facts.setdefault("fitted", {})[model] = {"rows": rows, "of": of, "sample": rows < of}

    def create(self, name: str, sql: str) -> None:
        """Make table `name` from a query."""
        self.engine.run(f"CREATE OR REPLACE TABLE {name} AS {sql}")
        self.tables.add(name)


@dataclass(frozen=True)
class Analysis:
    """One entry of the catalogue. `needs` are checked before it is computed; `uses` names the tables it makes use of
    where they are at hand; `gives` are the tables it may leave.

    It has up to three steps. `compute` is for the whole: it may fit a model, on a sample where there are many
    subscribers, and leave it in context.facts. `each` looks at every subscriber alone, so it can be run on any part of
    the subscribers, wherever that is; it makes the tables `makes`. `finish` puts the whole together. A step may raise
    CannotCompute.
    """

    name: str
    needs: tuple[str, ...]
    gives: tuple[str, ...]
    compute: Step | None = None
    uses: tuple[str, ...] = ()
    each: Step | None = None
    makes: tuple[str, ...] = ()
    finish: Step | None = None

    def run(self, context: RunContext, workers: Workers) -> None:
        """Take the steps, `each` by the workers.

        Raises:
            CannotCompute: the data does not allow it; the message says why.
        """
        if self.compute:
            self.compute(context)
        if self.each:
            workers.share(context.tables & {*self.needs, *self.uses})
            sent = replace(context, engine=cast(Engine, None), notes=[])  # every part has an engine of its own
            for made, notes, impossible in workers.each(partial(_on_part, self.each, self.makes, sent), self.makes):
                if impossible:
                    raise CannotCompute(impossible)
                context.tables |= made
                for note in notes:
                    context.note(note)
        if self.finish:
            self.finish(context)
        context.tables |= set(self.gives)


def _on_part(
    step: Step, makes: tuple[str, ...], sent: RunContext, engine: Engine, part: Part
) -> tuple[set[str], list[str], str]:
    """Take a step on the tables of a part: the tables it made, its notes, and why it is impossible (else "")."""
    context = replace(sent, engine=engine, notes=[], tables=set(sent.tables), part=part)
    try:
        step(context)
    except CannotCompute as why:
        return set(), context.notes, str(why)
    return context.tables & set(makes), context.notes, ""
