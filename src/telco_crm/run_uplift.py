"""The jobs of uplift models: fit one on a past trial, score with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from rich.cells import cell_len

from telco_crm.engine.base import Engine
from telco_crm.engine.duck import DuckEngine
from telco_crm.errors import InputError
from telco_crm.ingest.widetable import Rejecting, read_wide
from telco_crm.labels import text
from telco_crm.output.staging import OutputFile
from telco_crm.output.writers import OutputStyle, write_table
from telco_crm.results import Clock, Inputs, Result, finish, result_of
from telco_crm.retain.uplift.exports import Outcome, fit_exports, uplift_now
from telco_crm.retain.uplift.fitting import Fitted, Task
from telco_crm.retain.uplift.gain import deciles
from telco_crm.retain.uplift.model import UpliftModel
from telco_crm.retain.uplift.rules import UpliftRules
from telco_crm.retain.uplift.table import TrialTable, fit_table, ranked, score_table
from telco_crm.rulebook import check_rules
from telco_crm.rules import load_rules
from telco_crm.schema import load_schema
from telco_crm.session import Settings, analyse, loaded

RANKED = "FROM uplift ORDER BY uplift_rank NULLS LAST"


@dataclass(frozen=True)
class Curves:
    """Where the table of the curves goes, if anywhere, and how it is written."""

    target: str | None
    style: OutputStyle


def run_uplift_fit(
    inputs: Inputs, settings: Settings, target: Path, asked: tuple[Sequence[str], Outcome], curves: Curves
) -> tuple[Result, str]:
    """A model of past campaigns, `asked` = (their names or none for all, outcome), into `target`; and the report.

    Raises:
        TelcoError: before `target` was touched.
    """
    clock = Clock()
    check_rules(settings.config)
    with OutputFile(str(target), settings.temp_dir) as file, loaded(*inputs, settings) as data:
        context, _ = analyse(data, ())
        if missing := [table for table in ("contacts", "subscribers") if not context.has(table)]:
            raise InputError(f"campaign fit: needs {' and '.join(missing)}; give --{missing[0]} or its folder")
        fitted, task = fit_exports(context, *asked, data.engine.threads)
        for note in fitted.notes:
            context.note(note)
        result = result_of(data, context)
        result.rows |= _keep(data.engine, fitted, task, file, curves)
        result.seconds = clock.seconds
    return result, report(fitted.model, settings.lang)


def run_uplift_score(inputs: Inputs, settings: Settings, model: UpliftModel, target: str, style: OutputStyle) -> Result:
    """Uplift and rank of every subscriber who has not left, into `target`, with its manifest.

    Raises:
        TelcoError: before `target` was touched.
    """
    clock = Clock()
    with loaded(*inputs, settings) as data, OutputFile(target, data.engine.temp_path("")) as file:
        context, _ = analyse(data, ())
        rows, notes = ranked(*uplift_now(context, model), model, context.lang)
        for note in notes:
            context.note(note)
        result = result_of(data, context)
        result.models["uplift"] = model.checksum
        data.engine.register("uplift", rows)
        result.rows["uplift"] = write_table(data.engine, RANKED, file.temp, load_schema("uplift"), style)
        finish(file, "uplift", clock, result, data)
    return result


def run_uplift_table_fit(
    path: str, said: TrialTable, settings: Settings, target: Path, curves: Curves
) -> tuple[Result, str]:
    """A model of the trial in a wide table, into `target`; and the report.

    Raises:
        TelcoError: before `target` was touched.
    """
    clock = Clock()
    check_rules(settings.config)
    rules = load_rules(UpliftRules, "uplift", settings.config.rules.get("uplift"))
    with OutputFile(str(target), settings.temp_dir) as file, _engine(settings) as engine:
        table = read_wide(
            path, engine.temp_path(""), engine.threads, settings.lang, Rejecting(most=settings.max_rejects)
        )
        fitted, task, notes = fit_table(table, said, rules, settings.seed, engine.threads, settings.lang)
        rows = _keep(engine, fitted, task, file, curves)
    return Result([*table.reports], {"table": table.rejects}, rows=rows, notes=notes, seconds=clock.seconds), report(
        fitted.model, settings.lang
    )


def run_uplift_table_score(
    path: str, model: UpliftModel, settings: Settings, target: str, how: tuple[str | None, OutputStyle]
) -> Result:
    """Uplift and rank of every row of a wide table, into `target`; `how` = (column of identifiers, style).

    Raises:
        TelcoError: before `target` was touched.
    """
    clock, (identifier, style) = Clock(), how
    with OutputFile(target, settings.temp_dir) as file, _engine(settings) as engine:
        table = read_wide(
            path, engine.temp_path(""), engine.threads, settings.lang, Rejecting(most=settings.max_rejects)
        )
        rows, notes = score_table(model, table, identifier, engine.threads, settings.lang)
        engine.register("uplift", rows)
        count = write_table(engine, RANKED, file.temp, load_schema("uplift"), style)
        file.commit()
    return Result(
        [*table.reports], {"table": table.rejects}, rows={"uplift": count}, notes=notes, seconds=clock.seconds
    )


def report(model: UpliftModel, lang: str = "en") -> str:
    """The learners on customers they had not seen, best first, as a table for people."""
    said = model.training
    outcome = text(f"uplift.{said.outcome}", lang) if said.source == "exports" else said.outcome
    figures = {"treated": said.treated, "treated_mean": said.treated_mean, "control_mean": said.control_mean}
    first = text("uplift.customers", lang, n=said.customers, outcome=outcome, effect=1000 * said.effect, **figures)
    names = {name: text(f"uplift.{name}", lang) for name in ("learner", "incremental", "interval", "random")}
    rows = [(names["learner"], names["incremental"], names["interval"], "Qini", "AUUC", names["random"])]
    for q in sorted(model.quality, key=lambda q: -q.incremental):
        mark = " *" if model.signal and q.learner == model.chosen else ""
        interval = f"{q.low:.2f}{text('uplift.to', lang)}{q.high:.2f}"
        figures_of = (f"{q.incremental:.2f}", interval, f"{q.qini:.3f}", f"{q.auuc:.2f}", f"{q.auuc_random:.2f}{mark}")
        rows.append((q.learner, *figures_of))
    return "\n".join([first, *map(_line, rows), ""])


def _line(cells: Sequence[str]) -> str:
    """A line of the report; Chinese characters are two columns wide."""
    first, *rest = cells
    padded = [first + " " * (22 - cell_len(first))]
    for cell, width in zip(rest, (12, 19, 8, 9, 9), strict=True):
        padded.append(" " * (width - cell_len(cell.removesuffix(" *"))) + cell)
    return "".join(padded)


def _keep(engine: Engine, fitted: Fitted, task: Task, file: OutputFile, curves: Curves) -> dict[str, int]:
    """Write model and curves; how many rows of what."""
    fitted.model.save(file.temp)
    rows = {"customers": fitted.model.training.customers, "columns": len(fitted.model.meaning)}
    if curves.target:
        found = [
            {"learner": name, "is_chosen": fitted.model.signal and name == fitted.model.chosen, **row}
            for name, rank in fitted.ranks.items()
            for row in deciles(rank, task.trial)
        ]
        engine.register("uplift_curve", pd.DataFrame(found))
        with OutputFile(curves.target, engine.temp_path("")) as beside:
            sql = "FROM uplift_curve ORDER BY learner, part"
            rows["uplift_curve"] = write_table(engine, sql, beside.temp, load_schema("uplift_curve"), curves.style)
            beside.commit()
    file.commit()
    return rows


def _engine(settings: Settings) -> DuckEngine:
    return DuckEngine(settings.threads, settings.memory_limit, settings.temp_dir)
