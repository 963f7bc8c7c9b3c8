"""The jobs behind the churn commands that are no tables of a run: fitting, wide tables, watching."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_crm.churn.circle import HISTORY
from telco_crm.churn.dataset import check_signals
from telco_crm.churn.explain import important
from telco_crm.churn.findrules import FOUND_RULES, as_toml
from telco_crm.churn.model import ChurnModel
from telco_crm.churn.monitor import drift, outcomes, verdict
from telco_crm.churn.profit import Campaign
from telco_crm.churn.report import as_text, evaluation, importance_picture, pictures
from telco_crm.churn.rules import ChurnRules
from telco_crm.churn.score import fit_on_history
from telco_crm.churn.tablemodel import fit_table, matching, out_of_fold, score_table
from telco_crm.churn.tabletask import Prepared, TableTask, prepare
from telco_crm.engine.duck import DuckEngine
from telco_crm.errors import CannotCompute, InputError, OutputError, TelcoError, UsageError
from telco_crm.ingest.widetable import NUMBER, Rejecting, WideTable, read_wide
from telco_crm.ingest.widewords import check_columns
from telco_crm.output.staging import OutputFile
from telco_crm.output.writers import OutputStyle, write_table
from telco_crm.results import Clock, Inputs, Result, result_of
from telco_crm.rulebook import check_rules
from telco_crm.rules import load_rules
from telco_crm.schema import load_schema
from telco_crm.session import Settings, analyse, loaded


@dataclass(frozen=True)
class TableJob:
    """A wide table and what is to be done with it."""

    path: str
    task: TableTask
    settings: Settings
    rejects: Path | None = None


@dataclass
class TableResult:
    """What a table job did: rows read and written, notes, and the report where there is one."""

    table: WideTable
    rows: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    report: str = ""


def run_churn_fit(inputs: Inputs, settings: Settings, target: Path, picture: Path | None = None) -> Result:
    """A churn model fitted on the history, into `target`; its importance as SVG into folder `picture`.

    Raises:
        TelcoError: the history is too thin; the message says what is missing.
    """
    clock = Clock()
    check_rules(settings.config)
    with OutputFile(str(target), settings.temp_dir) as file, loaded(*inputs, settings) as data:
        context, _ = analyse(data, (HISTORY,))
        rules = context.rules(ChurnRules, "churn")
        check_signals(context, rules)
        try:
            model = fit_on_history(context, rules)
        except CannotCompute as why:
            raise TelcoError(f"churn fit: no model, because {why}") from None
        _keep(model, file, picture, settings.lang)
        result = result_of(data, context)
        result.rows |= {"leavers": model.training.leavers, "subscriber-months": model.training.rows}
        result.seconds = clock.seconds
    return result


def run_churn_rules(inputs: Inputs, settings: Settings, target: str) -> Result:
    """Rules found in the history, as flags in TOML, into `target`.

    Raises:
        TelcoError: the history is too thin.
    """
    clock = Clock()
    check_rules(settings.config)
    with OutputFile(target, settings.temp_dir) as file, loaded(*inputs, settings) as data:
        context, impossible = analyse(data, (HISTORY, FOUND_RULES))
        if impossible:
            raise TelcoError(f"churn rules: nothing was written, because {'; '.join(impossible.values())}")
        found = context.engine.rows("SELECT condition, rule FROM churn_rules WHERE kind = 'found' ORDER BY rule_no")
        file.temp.write_text(as_toml(found), encoding="utf-8")
        file.commit()
        result = result_of(data, context)
        result.rows["rules"] = len(found)
        result.seconds = clock.seconds
    return result


def run_table_fit(job: TableJob, target: Path, picture: Path | None) -> TableResult:
    """A model fitted on every row with a label, into `target`.

    Raises:
        TelcoError: before `target` was touched.
    """
    with OutputFile(str(target), job.settings.temp_dir) as file, _opened(job) as (engine, table):
        prepared = prepare(table, job.task, job.settings.seed)
        model = fit_table(prepared, job.task, job.settings.seed, engine.threads)
        _keep(model, file, picture, job.settings.lang)
    rows = {"rows": model.training.rows, "leavers": model.training.leavers, "columns": len(model.meaning)}
    return TableResult(table, rows, prepared.notes)


def run_table_score(job: TableJob, model: ChurnModel, target: str, style: OutputStyle) -> TableResult:
    """Score, rank and reasons of every row, into `target`.

    Raises:
        TelcoError: before `target` was touched.
    """
    with OutputFile(target, job.settings.temp_dir) as file, _opened(job) as (engine, table):
        scores, notes = score_table(model, table, job.task.identifier, job.settings.lang, engine.threads)
        engine.register("table_scores", scores)
        schema = load_schema("table_scores")
        rows = write_table(engine, "FROM table_scores ORDER BY risk_rank", file.temp, schema, style)
        file.commit()
    return TableResult(table, {"scores": rows}, notes)


def run_table_evaluation(
    job: TableJob, cuts: tuple[int, int], campaign: TableCampaign, target: str | None, pictured: Path | None
) -> TableResult:
    """Cross-validation in `cuts` = (folds, repeats): the report, the figures into `target`, pictures into a folder.

    Raises:
        TelcoError: before anything was written.
    """
    with _opened(job) as (engine, table):
        prepared = prepare(table, job.task, job.settings.seed)
        values = campaign.of(table, prepared, job)
        result = out_of_fold(prepared, *cuts, job.settings.seed, engine.threads)
        rows = evaluation(result, values)
        done = TableResult(table, {}, prepared.notes, as_text(rows, result, job.settings.lang))
        if pictured:
            _write_pictures(pictured, pictures(result, values, job.settings.lang))
        if target:
            engine.register("table_measures", pd.DataFrame(rows))
            with OutputFile(target, engine.temp_path("")) as file:
                schema = load_schema("table_measures")
                done.rows["measures"] = write_table(engine, "FROM table_measures", file.temp, schema, OutputStyle())
                file.commit()
    return done


def run_table_monitor(job: TableJob, model: ChurnModel, target: str, style: OutputStyle) -> TableResult:
    """Drift of a wide table against the model's, its outcomes where a label is named, and the advice, into `target`.

    Raises:
        TelcoError: before `target` was touched.
    """
    watch = load_rules(ChurnRules, "churn", job.settings.config.rules.get("churn")).watch
    with OutputFile(target, job.settings.temp_dir) as file, _opened(job) as (engine, table):
        check_columns(table, [("--id", job.task.identifier)], job.settings.lang)
        frame, notes = matching(model, table, job.settings.lang)
        rows = drift(model, frame, table.name, watch)
        if job.task.label:
            prepared = prepare(table, job.task, job.settings.seed)
            score = model.probability(frame[prepared.known], engine.threads).to_numpy()
            rows += outcomes(model, prepared.outcome, score, table.name, watch)
        rows.append(verdict(rows, job.settings.lang))
        engine.register("monitored", pd.DataFrame(rows))
        numbered = "SELECT row_number() OVER () AS row_no, * FROM monitored"
        written = write_table(engine, numbered, file.temp, load_schema("churn_monitor"), style)
        file.commit()
    return TableResult(table, {"churn_monitor": written}, notes, rows[-1].advice + "\n")


@dataclass(frozen=True)
class TableCampaign:
    """Costs and value of a campaign; `clv` is money or the name of a column, None for the value in the rules."""

    clv: str | None = None
    offer_cost: float | None = None
    contact_cost: float | None = None
    alpha: float | None = None
    beta: float | None = None

    def of(self, table: WideTable, prepared: Prepared, job: TableJob) -> Campaign:
        """The campaign, with the rules' figures where none were given.

        Raises:
            InputError: the column of values is no column of numbers.
        """
        rules = load_rules(ChurnRules, "churn", job.settings.config.rules.get("churn")).profit

        def chosen(given: float | None, default: float) -> float:
            return default if given is None else given

        return Campaign(
            chosen(self.alpha, rules.alpha),
            chosen(self.beta, rules.beta),
            self._values(table, prepared, rules.campaign.value),
            chosen(self.offer_cost, rules.offer_cost),
            chosen(self.contact_cost, rules.contact_cost),
        )

    def _values(self, table: WideTable, prepared: Prepared, default: Any) -> float | npt.NDArray[np.float64]:
        if self.clv is None:
            return float(default) or 200.0
        try:
            money = float(self.clv)
        except ValueError:
            money = None
        if money is not None and 0 <= money < np.inf:
            return money
        if self.clv not in table.columns:
            if money is None:
                raise InputError(f"--clv {self.clv}: neither money nor a column of {table.name}")
            raise UsageError(f"--clv {self.clv}: a kept leaver is worth 0 or more, in money or by a column")
        kind, values, _ = table.typed(self.clv)
        if kind != NUMBER:
            raise InputError(f"--clv {self.clv}: the column holds {kind}, not money")
        value = values[prepared.known].fillna(0).to_numpy(np.float64)
        wrong = ~np.isfinite(value) | (value < 0)
        if wrong.any():
            shown = f"{int(wrong.sum()):,} rows below 0 or infinite, such as {value[wrong][0]:g}"
            raise InputError(f"--clv {self.clv}: the column has {shown}; a kept leaver is worth 0 or more")
        return value


@contextmanager
def _opened(job: TableJob) -> Iterator[tuple[DuckEngine, WideTable]]:
    settings = job.settings
    with DuckEngine(settings.threads, settings.memory_limit, settings.temp_dir) as engine:
        rejecting = Rejecting(job.rejects, settings.max_rejects)
        yield engine, read_wide(job.path, engine.temp_path(""), engine.threads, settings.lang, rejecting)


def _keep(model: ChurnModel, file: OutputFile, picture: Path | None, lang: str) -> None:
    model.save(file.temp)
    if picture:
        _write_pictures(picture, {"importance.svg": importance_picture(important(model), lang)})
    file.commit()


def _write_pictures(folder: Path, files: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"--pictures {folder} cannot be written ({error.strerror}); name another folder") from None
