"""The jobs behind the commands: read, analyse, write the outputs whole, leave a manifest."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.base import Engine
from telco_crm.labels import text
from telco_crm.manifest import write_manifest
from telco_crm.market.alert_state import save_state
from telco_crm.market.alerts import STATE, kept_state
from telco_crm.output.report.source import REPORT, month_of, of_run
from telco_crm.output.scatter import Dot, Matrix, scatter
from telco_crm.output.staging import OutputFile, OutputFolder, staged_rejects
from telco_crm.output.writers import FORMATS, OutputStyle, write_table
from telco_crm.outputs import OUTPUTS
from telco_crm.results import Clock, Inputs, Result, described, finish, manifest, result_of
from telco_crm.rulebook import check_rules
from telco_crm.run_pictures import trend_picture
from telco_crm.schema import load_schema
from telco_crm.segment.strategy import FIELDS
from telco_crm.session import Settings, analyse, loaded

MANIFEST = "manifest.json"
SEGMENT_MODEL = "segment_model.json"
MODELS = {"churn_model": "churn_model.json", "segment_model": SEGMENT_MODEL}  # fact of the context → file
STRATEGY_PICTURE, PROSPECTS_PICTURE = "strategy.svg", "prospects.svg"
# Figures that the summary shows, by the table they are from.
HEADLINES = {
    "arpu_bands": "SELECT arpu_band, subscribers, share, revenue_share, mean_arpu FROM arpu_bands ORDER BY band_no",
    "groups": 'SELECT group_id, "group", subscribers, share, arpu FROM groups WHERE subscribers > 0 '
    "ORDER BY arpu DESC, group_id",
    "credit": "SELECT stars, count(*), count(*) / sum(count(*)) OVER () FROM credit GROUP BY stars ORDER BY stars DESC",
    "retention": "SELECT rank, subscriber_id, arpu, churn_score, ladder_step, reason FROM retention "
    "ORDER BY rank LIMIT 5",
}
# The same where the table is written alone.
HEADLINES_ALONE = {
    "audit": "SELECT title, severity, findings, subscribers, share, examples FROM audit WHERE result = 'found' "
    "ORDER BY weight DESC, no",
}


def run_all(inputs: Inputs, settings: Settings, out: Path, style: OutputStyle, before: Path | None = None) -> Result:
    """The main job: everything the data allows, into the folder `out`; `before` is the folder of the run of the month
    before, for changes that the report shows.

    Raises:
        TelcoError: before anything in `out` was touched.
    """
    clock = Clock()
    check_rules(settings.config)
    was = month_of(before) if before else ""
    with (
        OutputFolder(out) as folder,
        loaded(*inputs, settings, folder.stage / "rejects", _load_catalog) as data,
    ):
        from telco_crm.catalog import ANALYSES

        data.settings = replace(settings, extra={**settings.extra, **_former_model(out / SEGMENT_MODEL)})
        context, impossible = analyse(data, ANALYSES)
        if before and was != str(context.as_of.back(1)):
            context.say("not_before", folder=before, was=was or "–", month=context.as_of.back(1))
            before = None
        result = result_of(data, context, impossible)
        wanted = {name: f"FROM {name} ORDER BY {order}" for name, order in OUTPUTS.items() if context.has(name)}
        result.rows = _write_tables(data.engine, wanted, folder.stage, style)
        files: dict[str, int | None] = {name + FORMATS[style.format]: rows for name, rows in result.rows.items()}
        for fact, file in MODELS.items():
            if model := context.facts.get(fact):
                model.save(folder.stage / file)
                files[file] = None
        if context.has("strategy"):
            (folder.stage / STRATEGY_PICTURE).write_text(_strategy_picture(context), encoding="utf-8")
            files[STRATEGY_PICTURE] = None
        if context.has("prospect_totals"):
            (folder.stage / PROSPECTS_PICTURE).write_text(trend_picture(context), encoding="utf-8")
            files[PROSPECTS_PICTURE] = None
        files |= {f"rejects/{table}.csv": kept.count for table, kept in data.rejects.items()}
        result.tables = _headlines(context, HEADLINES)
        result.seconds = clock.seconds
        content = manifest("run", clock, result, data)
        if churn := context.facts.get("churn_model"):
            content["churn_model"] = {"measures": churn.metrics, "calibration": churn.calibration}
        (folder.stage / REPORT).write_text(of_run(data.engine, result.rows, style, content, before), encoding="utf-8")
        files[REPORT] = None
        content["outputs"] = [described(folder.stage / file, file, rows) for file, rows in files.items()]
        write_manifest(folder.stage / MANIFEST, content)
        folder.commit(last=MANIFEST)
    return result


def run_table(
    inputs: Inputs, settings: Settings, target: str, style: OutputStyle, table: str, rejects: Path | None
) -> Result:
    """One table into one file; its rejects into the folder `rejects`, if one is given.

    Where the data does not allow the table, the result says why in `impossible` and nothing is written.

    Raises:
        TelcoError: before the output was touched.
    """
    clock = Clock()
    check_rules(settings.config)
    with (
        OutputFile(target, settings.temp_dir) as file,
        staged_rejects(rejects, settings.temp_dir) as stage,
        loaded(*inputs, settings, stage, _load_catalog) as data,
    ):
        context, impossible = analyse(data, analyses_for(table))
        result = result_of(data, context, impossible)
        if context.has(table):
            sql = f"FROM {table} ORDER BY {OUTPUTS[table]}"
            result.rows[table] = write_table(data.engine, sql, file.temp, load_schema(table), style)
            result.tables = _headlines(context, {t: sql for t, sql in HEADLINES_ALONE.items() if t == table})
            finish(file, table, clock, result, data)
            if table == "alerts":
                _keep_alerts(context)
    return result


def _load_catalog() -> None:
    """Load the catalogue with all it needs. Reading files leaves time for that; a problem with one is told before."""
    import_module("telco_crm.catalog")


def _write_tables(engine: Engine, wanted: Mapping[str, str], folder: Path, style: OutputStyle) -> dict[str, int]:
    """Write tables, by the query for each, side by side; how many rows each has."""

    def write(name: str) -> int:
        path = folder / (name + FORMATS[style.format])
        return write_table(engine.session(), wanted[name], path, load_schema(name), style)

    with ThreadPoolExecutor(min(2, engine.threads)) as pool:
        return dict(zip(wanted, pool.map(write, wanted), strict=True))


def _keep_alerts(context: RunContext) -> None:
    """Leave the state of alerts for the next run; after the list is in place, so that nothing new goes untold."""
    if path := context.settings.get(STATE):
        with OutputFile(path) as file:
            save_state(kept_state(context), context.as_of, file.temp)
            file.commit()


def analyses_for(table: str) -> list[Analysis]:
    """The analyses up to the one that gives `table`, in order."""
    from telco_crm.catalog import ANALYSES, ON_REQUEST

    wanted = {table}
    chosen: list[Analysis] = []
    for analysis in reversed((*ANALYSES, *ON_REQUEST)):
        if wanted & set(analysis.gives):
            chosen.insert(0, analysis)
            wanted |= {*analysis.needs, *analysis.uses}
    return chosen


def why_not(table: str, impossible: Mapping[str, str]) -> str:
    """Why `table` could not be made, out of the reasons of all analyses of its job: that of the one that gives it, and
    those of what that one needs. What it would only have used does not stand in the way.
    """
    reasons: list[str] = []
    wanted = [table]
    for analysis in reversed(analyses_for(table)):
        if analysis.name in impossible and {*analysis.gives} & {*wanted}:
            reasons.append(impossible[analysis.name])
            wanted += analysis.needs
    return "; ".join(dict.fromkeys(reasons))


def _headlines(context: RunContext, wanted: Mapping[str, str]) -> dict[str, list[tuple[Any, ...]]]:
    return {table: context.engine.rows(sql) for table, sql in wanted.items() if context.has(table)}


def _strategy_picture(context: RunContext) -> str:
    words = {key: text(f"strategy.{key}", context.lang) for key in ("across", "up", *FIELDS)}
    matrix = Matrix(
        text("strategy.title", context.lang, month=context.as_of),
        words["across"],
        words["up"],
        context.facts["strategy_cuts"],
        (words["raise"], words["bundle"], words["care"], words["research"]),
    )
    sql = 'SELECT subscribers, contribution, "group" FROM strategy WHERE contribution IS NOT NULL ORDER BY group_id'
    return scatter(matrix, [Dot(*row) for row in context.engine.rows(sql)])


def _former_model(path: Path) -> dict[str, Any]:
    from telco_crm.segment.model import former_model

    former = former_model(path)
    return {"former_segment_model": former, "former_segment_model_damaged": former is None and path.exists()}
