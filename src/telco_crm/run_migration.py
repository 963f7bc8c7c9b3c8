"""The job of `migrate`: two periods held against each other, into one folder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from telco_crm.engine.base import Engine
from telco_crm.engine.duck import DuckEngine
from telco_crm.engine.sql import identifier, literal
from telco_crm.errors import InputError, TelcoError, UsageError
from telco_crm.labels import text
from telco_crm.manifest import versions, write_manifest
from telco_crm.months import Month
from telco_crm.output.sankey import Flow, sankey
from telco_crm.output.staging import OutputFolder
from telco_crm.output.writers import FORMATS, OutputStyle, write_table
from telco_crm.outputs import OUTPUTS
from telco_crm.results import Clock, Inputs, Result, described
from telco_crm.rulebook import check_rules
from telco_crm.run import SEGMENT_MODEL, analyses_for
from telco_crm.schema import load_schema
from telco_crm.segment.migration import create_migration, summary
from telco_crm.segment.model import former_model
from telco_crm.session import Settings, analyse, loaded

TABLES = ("migration", "migration_balance")
COLUMNS = {
    "month": "VARCHAR",
    "group_id": "BIGINT",
    "group": "VARCHAR",
    "group_class": "VARCHAR",
    "arpu": "DOUBLE",
    "has_left": "BOOLEAN",
}


def run_migration(
    inputs: Inputs | None, settings: Settings, periods: tuple[str, str], out: Path, style: OutputStyle
) -> Result:
    """Hold two periods against each other, each a result (folder or file) or a month of the data.

    Raises:
        TelcoError: a period that cannot be read; nothing in `out` was touched.
    """
    clock = Clock()
    check_rules(settings.config)
    months = [_month(period) for period in periods]
    if all(months) and inputs:
        return _of_months(inputs, settings, periods, out, style)
    if any(months):
        raise UsageError("--from and --to: give two results, or two months of DATA")
    with DuckEngine(settings.threads, settings.memory_limit, settings.temp_dir) as engine:
        result = Result([], {})
        for name, place in zip(("before", "after"), periods, strict=True):
            _read(engine, name, Path(place))
        if _models_differ(*map(Path, periods)):
            result.notes.append("A and B were grouped by different models, so that some moves are the models' doing")
        _write(engine, periods, out, style, result, clock)
    return result


def _of_months(inputs: Inputs, settings: Settings, months: tuple[str, str], out: Path, style: OutputStyle) -> Result:
    """Both months of the data, grouped by one model."""
    clock = Clock()
    with loaded(*inputs, settings) as data:
        notes: list[str] = []
        for name, month in zip(("before", "after"), months, strict=True):
            data.settings = replace(settings, as_of=month)
            context, impossible = analyse(data, analyses_for("segments"))
            if impossible.get("groups"):
                raise TelcoError(f"migrate: {month} cannot be grouped, because {impossible['groups']}")
            data.engine.run(
                f'CREATE OR REPLACE TABLE {name} AS SELECT subscriber_id, month, group_id, "group", group_class, arpu '
                "FROM segments WHERE NOT has_left"
            )
            settings = replace(settings, extra={**settings.extra, "segment_model": context.facts["segment_model"]})
            notes += [note for note in context.notes if note not in notes]
        result = Result(data.reports, data.rejects, data.sources.unused, notes=[*data.notes, *notes])
        result.models["segment"] = context.facts["segment_model"].checksum
        _write(data.engine, months, out, style, result, clock)
    return result


def _write(
    engine: Engine, periods: tuple[str, str], out: Path, style: OutputStyle, result: Result, clock: Clock
) -> None:
    create_migration(engine, style.lang)
    with OutputFolder(out) as folder:
        for name in TABLES:
            file = name + FORMATS[style.format]
            sql = f"FROM {name} ORDER BY {OUTPUTS[name]}"
            result.rows[name] = write_table(engine, sql, folder.stage / file, load_schema(name), style)
        whole = {"from": periods[0], "to": periods[1], **summary(engine)}
        for name in TABLES:
            whole[name] = engine.frame(f"FROM {name} ORDER BY {OUTPUTS[name]}").to_json(orient="records")
            whole[name] = json.loads(whole[name])
        (folder.stage / "migration.json").write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", "utf-8")
        (folder.stage / "migration.svg").write_text(_picture(engine, periods, style.lang), "utf-8")
        result.seconds = clock.seconds
        content = {
            "command": "migrate", "started": clock.started.isoformat(timespec="seconds"),
            "seconds": round(clock.seconds, 3), "versions": versions(), "from": periods[0], "to": periods[1],
            "models": result.models, "notes": result.notes,
        }  # fmt: skip
        files = sorted(p.name for p in folder.stage.iterdir() if p.is_file())
        content["outputs"] = [described(folder.stage / f, f, result.rows.get(f.split(".")[0])) for f in files]
        write_manifest(folder.stage / "manifest.json", content)
        folder.commit(last="manifest.json")


def _picture(engine: Engine, periods: tuple[str, str], lang: str) -> str:
    """Flows between classes where there are classes, else between groups."""
    level = engine.rows("SELECT min(level) FROM migration")[0][0]
    rows = engine.rows(
        f"SELECT from_name, to_name, subscribers FROM migration WHERE level = '{level}' "
        "ORDER BY from_name IS NULL, from_id, from_name, to_name IS NULL, to_id, to_name"
    )
    joined, left = text("migration.joined", lang), text("migration.left", lang)
    flows = [Flow(a or joined, b or left, n) for a, b, n in rows]
    return sankey(text("migration.title", lang, start=periods[0], end=periods[1]), periods, flows)


def _read(engine: Engine, name: str, place: Path) -> None:
    """The segments of a former run as table `name`."""
    path = place
    if place.is_dir():
        found = [place / f"segments{ending}" for ending in (".parquet", ".csv", ".jsonl")]
        path = next((p for p in found if p.is_file()), place)
    readers = {".csv": "read_csv({0}, header = true, all_varchar = true)", ".parquet": "read_parquet({0})"}
    readers[".jsonl"] = "read_json({0}, format = 'newline_delimited')"
    if not path.is_file() or path.suffix not in readers:
        raise InputError(f"{place}: there are no segments; name a folder of `run`, or a .csv, .parquet or .jsonl file")
    source = readers[path.suffix].format(literal(str(path)))
    try:
        has = engine.columns(source)
    except Exception as error:
        raise InputError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None
    missing = [c for c in ("subscriber_id", "group_id", "group") if c not in has]
    if missing:
        raise InputError(f"{path} is no table of segments: it lacks {', '.join(missing)}")
    columns = [
        f"CAST({identifier(c)} AS {kind}) AS {identifier(c)}"
        if c in has
        else f"CAST(NULL AS {kind}) AS {identifier(c)}"
        for c, kind in COLUMNS.items()
    ]
    rows = f"SELECT CAST(subscriber_id AS VARCHAR) AS subscriber_id, {', '.join(columns)} FROM {source}"
    engine.run(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM ({rows}) WHERE NOT coalesce(has_left, false)")
    twice = engine.rows(
        f"SELECT subscriber_id FROM {name} GROUP BY subscriber_id HAVING count(*) > 1 ORDER BY 1 LIMIT 1"
    )
    if twice:
        raise InputError(f"{path}: subscriber {twice[0][0]} has more than one row")


def _models_differ(start: Path, end: Path) -> bool:
    models = [former_model(place / SEGMENT_MODEL) if place.is_dir() else None for place in (start, end)]
    return all(models) and len({m.checksum for m in models if m}) > 1


def _month(word: str) -> Month | None:
    try:
        return None if Path(word).exists() else Month(word)
    except ValueError:
        return None
