"""The job of `campaign effect`: what a campaign did, by the exports since, or by a file that says what came of it."""

from __future__ import annotations

import csv
from pathlib import Path

from telco_crm.analysis import RunContext
from telco_crm.errors import InputError, TelcoError, UsageError
from telco_crm.ingest.load import Reader
from telco_crm.ingest.sources import find_sources
from telco_crm.months import Month
from telco_crm.output.staging import OutputFile
from telco_crm.output.writers import OutputStyle, write_table
from telco_crm.results import Clock, Here, Inputs, Result, finish, opened_here, result_of
from telco_crm.retain.arms import name_files
from telco_crm.retain.effect import measure_effect, of_file
from telco_crm.retain.outcome_file import OutcomeFile, contradictions
from telco_crm.rulebook import check_rules
from telco_crm.schema import load_schema
from telco_crm.session import Settings, analyse, loaded

ORDER = "segment_kind, segment, list_position(['left', 'revenue'], measure) NULLS LAST, measure"
SHOWN = 20  # rejected rows that are named


def run_effect(inputs: Inputs, settings: Settings, target: str, name: str, style: OutputStyle) -> Result:
    """The effect of campaign `name`, by the exports since, into one file, with its manifest beside it.

    Raises:
        TelcoError: before the output was touched.
    """
    clock = Clock()
    check_rules(settings.config)
    with loaded(*inputs, settings) as data, OutputFile(target, data.engine.temp_path("")) as file:
        context, _ = analyse(data, ())
        if missing := [table for table in ("contacts", "subscribers") if not context.has(table)]:
            raise TelcoError(
                f"campaign effect: needs {' and '.join(missing)}; give --{missing[0]} or its folder, or --outcome with "
                "a file that says what came of the campaign"
            )
        facts = measure_effect(context, name)
        result = result_of(data, context)
        result.facts["campaign"] = facts
        _write(context, file, style, result)
        finish(file, "effect", clock, result, data)
    return result


def run_file_effect(
    inputs: Inputs, outcome: str, settings: Settings, target: str, how: tuple[str, OutputStyle]
) -> Result:
    """The effect of a campaign, `how` = (its name, style), by the contacts of `inputs` and the file `outcome`.

    Raises:
        TelcoError: before the output was touched.
    """
    clock, (name, style) = Clock(), how
    if settings.spark:
        raise UsageError("--outcome is looked at on this machine; leave out --engine spark")
    check_rules(settings.config)
    with opened_here(settings) as origin, OutputFile(target, origin.engine.temp_path("")) as file:
        result, read = _read(origin, inputs, outcome)
        context = RunContext(
            origin.engine,
            Month(f"{clock.started:%Y-%m}"),
            [],
            {"contacts", "outcome"},
            settings.seed,
            settings.lang,
            settings.config.rules,
        )
        name_files(context, result.reports)
        result.facts["campaign"] = measure_effect(context, name, of_file(read))
        result.notes = context.notes
        _write(context, file, style, result)
        finish(file, "effect", clock, result, origin)
    return result


def _write(context: RunContext, file: OutputFile, style: OutputStyle, result: Result) -> None:
    sql = f"FROM effect ORDER BY {ORDER}"
    result.rows["effect"] = write_table(context.engine, sql, file.temp, load_schema("effect"), style)


def _read(origin: Here, inputs: Inputs, outcome: str) -> tuple[Result, OutcomeFile]:
    """Read contacts and outcome; what became of the files, and the outcome as it was read.

    A row of the outcome that cannot be understood is refused with all others: who is missing would spoil a comparison.

    Raises:
        InputError: with all problems of both.
    """
    engine, settings = origin.engine, origin.settings
    temp = engine.temp_path("")
    files = dict(find_sources(*inputs, temp).files)
    if not files.get("contacts"):
        raise InputError("campaign effect: needs contacts; give --contacts or the folder that holds them")
    wanted = {"contacts": files["contacts"], **find_sources(None, {"outcome": (outcome,)}, temp).files}
    mappings, rejects = settings.config.mappings, temp / "rejects"
    reader = Reader(engine, mappings, settings.threads, rejects, settings.max_rejects, settings.progress)
    problems: list[str] = []
    result, read = Result([], {}), OutcomeFile(outcome, frozenset())
    for table, found in wanted.items():
        try:
            reports, result.rejects[table] = reader.read(table, found)
        except InputError as why:
            problems += (table == "outcome" and _rejected(rejects / "outcome.csv")) or why.problems
            continue
        result.reports += reports
        if table == "outcome":
            read = OutcomeFile(outcome, frozenset(name for report in reports for name in report.columns))
            problems += _rejected(rejects / "outcome.csv") + contradictions(engine, read)
    if problems:
        raise InputError(problems)
    return result, read


def _rejected(path: Path) -> list[str]:
    """A sentence for each rejected row, up to SHOWN of them."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    found = [f"{row['file']}, line {row['line']}{_comma(row['column'])}: {row['reason']}" for row in rows[:SHOWN]]
    if len(rows) > SHOWN:
        found.append(f"{rows[0]['file']}: and {len(rows) - SHOWN:,} more rows that cannot be understood; mend the file")
    return found


def _comma(column: str) -> str:
    return f", {column}" if column else ""
