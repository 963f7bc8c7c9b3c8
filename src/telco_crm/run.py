"""The jobs behind the commands: read, analyse, write the outputs whole, leave a manifest."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from telco_crm.analysis import Analysis, RunContext
from telco_crm.catalog import ANALYSES, ON_REQUEST, OUTPUTS
from telco_crm.churn.dataset import check_signals
from telco_crm.churn.rules import ChurnRules
from telco_crm.churn.score import fit_on_history
from telco_crm.errors import CannotCompute, TelcoError
from telco_crm.features.table import feature_schema
from telco_crm.ingest.load import FileReport
from telco_crm.ingest.rejects import RejectFile
from telco_crm.manifest import file_hash, versions, write_manifest
from telco_crm.months import Month
from telco_crm.output.staging import OutputFile, OutputFolder, staged_rejects
from telco_crm.output.writers import FORMATS, OutputStyle, write_table
from telco_crm.schema import load_schema
from telco_crm.session import Loaded, Settings, analyse, features_of, loaded

MANIFEST = "manifest.json"
Inputs = tuple[Path | None, Mapping[str, Sequence[str]]]


@dataclass
class Result:
    """What a job did, for the summary and the manifest."""

    reports: list[FileReport]
    rejects: dict[str, RejectFile]
    unused: tuple[Path, ...] = ()
    as_of: Month | None = None
    months: list[Month] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    impossible: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    seconds: float = 0.0


def run_all(inputs: Inputs, settings: Settings, out: Path, style: OutputStyle) -> Result:
    """The main job: everything the data allows, into the folder `out`.

    Raises:
        TelcoError: before anything in `out` was touched.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    with OutputFolder(out) as folder, loaded(*inputs, settings, folder.stage / "rejects") as data:
        context, impossible = analyse(data, ANALYSES)
        result = _result(data, context, impossible)
        files = {}
        for name, order in OUTPUTS.items():
            if context.has(name):
                file = name + FORMATS[style.format]
                result.rows[name] = write_table(
                    data.engine, f"FROM {name} ORDER BY {order}", folder.stage / file, load_schema(name), style
                )
                files[file] = result.rows[name]
        if model := context.facts.get("churn_model"):
            model.save(folder.stage / "churn_model.json")
            files["churn_model.json"] = None
        files |= {f"rejects/{table}.csv": kept.count for table, kept in data.rejects.items()}
        result.tables = _headlines(context)
        result.seconds = time.monotonic() - clock
        content = _manifest("run", started, result, data)
        content["outputs"] = [_described(folder.stage / f, f, rows) for f, rows in files.items()]
        write_manifest(folder.stage / MANIFEST, content)
        folder.commit(last=MANIFEST)
    return result


def run_table(
    inputs: Inputs, settings: Settings, target: str, style: OutputStyle, table: str, rejects: Path | None
) -> Result:
    """One table into one file; its rejects into the folder `rejects`, if one is given.

    Raises:
        TelcoError: before the output was touched. CannotCompute is turned into result.impossible, and nothing is written.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    with (
        staged_rejects(rejects) as stage,
        loaded(*inputs, settings, stage) as data,
        OutputFile(target, data.engine.temp_path("")) as file,
    ):
        context, impossible = analyse(data, _needed(table))
        result = _result(data, context, impossible)
        if context.has(table):
            sql = f"FROM {table} ORDER BY {OUTPUTS[table]}"
            result.rows[table] = write_table(data.engine, sql, file.temp, load_schema(table), style)
            _finish(file, table, started, clock, result, data)
    return result


def run_features(inputs: Inputs, settings: Settings, target: str, style: OutputStyle, rejects: Path | None) -> Result:
    """The feature table into one file: every month in the data, or those up to --as-of."""
    started, clock = datetime.now(UTC), time.monotonic()
    with (
        staged_rejects(rejects) as stage,
        loaded(*inputs, settings, stage) as data,
        OutputFile(target, data.engine.temp_path("")) as file,
    ):
        months = features_of(data)
        until = Month(settings.as_of) if settings.as_of else months[-1]
        result = _result(data)
        result.months = [m for m in months if m <= until]
        sql = f"FROM features WHERE month <= '{until}' ORDER BY subscriber_id, month"
        result.rows["features"] = write_table(data.engine, sql, file.temp, feature_schema(data.catalog), style)
        _finish(file, "features", started, clock, result, data)
    return result


def run_churn_fit(inputs: Inputs, settings: Settings, target: Path) -> Result:
    """A churn model fitted on the history, into `target`.

    Raises:
        TelcoError: the history is too thin; the message says what is missing.
    """
    clock = time.monotonic()
    with loaded(*inputs, settings) as data, OutputFile(str(target), data.engine.temp_path("")) as file:
        context, _ = analyse(data, ())
        rules = context.rules(ChurnRules, "churn")
        check_signals(context, rules)
        try:
            model = fit_on_history(context, rules)
        except CannotCompute as why:
            raise TelcoError(f"churn fit: no model, because {why}") from None
        model.save(file.temp)
        file.commit()
        result = _result(data, context)
        result.rows["leavers"], result.rows["subscriber-months"] = model.leavers, model.rows
        result.seconds = time.monotonic() - clock
    return result


def run_check(inputs: Inputs, settings: Settings, rejects: Path | None) -> Result:
    """Read everything and say what was read, mapped, rejected and whether it fits together; write nothing else."""
    from telco_crm.ingest.reconcile import reconcile

    clock = time.monotonic()
    with staged_rejects(rejects) as stage, loaded(*inputs, settings, stage) as data:
        result = _result(data)
        result.tables["reconcile"] = reconcile(data.engine, data.tables, data.usage)
        result.seconds = time.monotonic() - clock
    return result


def _needed(table: str) -> list[Analysis]:
    """The analyses up to the one that gives `table`, in order."""
    wanted = {table}
    chosen: list[Analysis] = []
    for analysis in reversed((*ANALYSES, *ON_REQUEST)):
        if wanted & set(analysis.gives):
            chosen.insert(0, analysis)
            wanted |= {*analysis.needs, *analysis.uses}
    return chosen


def _result(data: Loaded, context: RunContext | None = None, impossible: dict[str, str] | None = None) -> Result:
    result = Result(data.reports, data.rejects, data.sources.unused, impossible=impossible or {})
    if context:
        result.as_of, result.months, result.notes, result.facts = (
            context.as_of,
            context.months,
            context.notes,
            context.facts,
        )
    return result


def _finish(file: OutputFile, table: str, started: datetime, clock: float, result: Result, data: Loaded) -> None:
    result.seconds = time.monotonic() - clock
    content = _manifest(table, started, result, data)
    content["outputs"] = [_described(file.temp, file.target, result.rows[table])]
    file.commit()
    if file.beside:
        with OutputFile(f"{file.target}.manifest.json", data.engine.temp_path("")) as manifest:
            write_manifest(manifest.temp, content)
            manifest.commit()


def _described(path: Path, name: str, rows: int | None) -> dict[str, Any]:
    return {"file": name, "rows": rows, "bytes": path.stat().st_size, "sha256": file_hash(path)}


def _manifest(command: str, started: datetime, result: Result, data: Loaded) -> dict[str, Any]:
    settings = data.settings
    parameters = {
        "as_of": str(result.as_of) if result.as_of else settings.as_of,
        "seed": settings.seed,
        "lang": settings.lang,
        "max_rejects": settings.max_rejects,
        "config": str(settings.config.file) if settings.config.file else None,
        "rules": settings.config.rules,
        "features": settings.config.features,
        **settings.extra,
    }
    models = {"churn": result.facts["churn_model"].checksum} if "churn_model" in result.facts else {}
    return {
        "command": command,
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(result.seconds, 3),
        "versions": versions(),
        "engine": data.engine.name,
        "parameters": {k: v for k, v in parameters.items() if k != "churn_model"},
        "inputs": [
            {
                "table": r.table,
                "file": r.file,
                "bytes": r.path.stat().st_size,
                "sha256": data.hasher.of(r.path),
                "read": r.read,
                "accepted": r.accepted,
                "rejected": r.rejected,
            }
            for r in result.reports
        ],
        "months": [str(m) for m in result.months],
        "models": models,
        "impossible": result.impossible,
        "notes": result.notes,
    }


def _headlines(context: RunContext) -> dict[str, list[tuple[Any, ...]]]:
    """The figures that the summary shows."""
    queries: dict[str, Callable[[], str]] = {
        "arpu_bands": lambda: (
            "SELECT arpu_band, subscribers, share, revenue_share, mean_arpu FROM arpu_bands ORDER BY band_no"
        ),
        "groups": lambda: (
            'SELECT group_id, "group", subscribers, share, arpu FROM groups WHERE subscribers > 0 ORDER BY arpu DESC, group_id'
        ),
        "credit": lambda: (
            "SELECT stars, count(*), count(*) / sum(count(*)) OVER () FROM credit GROUP BY stars ORDER BY stars DESC"
        ),
        "retention": lambda: (
            "SELECT rank, subscriber_id, arpu, churn_score, ladder_step, reason FROM retention ORDER BY rank LIMIT 5"
        ),
    }
    return {name: context.engine.rows(sql()) for name, sql in queries.items() if context.has(name)}
