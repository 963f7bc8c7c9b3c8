"""The job behind `indicators`: read records, compute, write one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from telco_crm.engine.base import Engine
from telco_crm.errors import InputError, UsageError
from telco_crm.indicators.catalogue import Shape, indicator_schema
from telco_crm.indicators.compute import Question
from telco_crm.indicators.reading import Inputs, read
from telco_crm.indicators.rules import IndicatorRules
from telco_crm.indicators.sources import find
from telco_crm.indicators.table import indicator_table
from telco_crm.ingest.load import Reader
from telco_crm.months import Month
from telco_crm.output.staging import OutputFile, staged_rejects
from telco_crm.output.writers import OutputStyle, write_table
from telco_crm.results import Clock, Result, finish, opened_here
from telco_crm.rules import load_rules
from telco_crm.session import Settings

UNIX = date(1970, 1, 1)


@dataclass(frozen=True)
class Asked:
    """What the command was asked for: paths of records, of `events` and of `antennas`, and the shape of the table."""

    records: Sequence[str]
    others: Mapping[str, Sequence[str]]
    shape: Shape


def run_indicators(asked: Asked, settings: Settings, target: str, style: OutputStyle, rejects: Path | None) -> Result:
    """The indicators of every subscriber into one file; its rejects into the folder `rejects`, if one is given.

    Raises:
        TelcoError: before the output was touched.
    """
    clock = Clock()
    if settings.spark:
        raise UsageError("indicators are computed on this machine; leave out --engine spark")
    rules = load_rules(IndicatorRules, "indicators", settings.config.rules.get("indicators"))
    until = (Month(settings.as_of).end - UNIX).days * 86400 if settings.as_of else None
    with staged_rejects(rejects) as stage, opened_here(settings) as origin:
        engine = origin.engine
        with OutputFile(target, engine.temp_path("")) as file:
            mappings = settings.config.mappings
            found = find(asked.records, asked.others, mappings, engine.temp_path(""))
            reader = Reader(engine, mappings, settings.threads, stage, settings.max_rejects, settings.progress)
            inputs = read(reader, found, rules, until)
            if not inputs.records.count:
                raise InputError("there is no call, text or position to compute indicators from; check the files")
            question = Question(asked.shape, rules, inputs.coordinates)
            sql = indicator_table(engine, inputs, question, settings.progress)
            result = Result(inputs.reports, inputs.rejects, tuple(found.unused), notes=_notes(engine, inputs))
            result.parameters = asdict(asked.shape)
            result.rows["indicators"] = write_table(engine, sql, file.temp, indicator_schema(asked.shape), style)
            finish(file, "indicators", clock, result, origin)
    return result


def _notes(engine: Engine, inputs: Inputs) -> list[str]:
    """What the user should know about the result."""
    if not inputs.recharges:
        return []
    without = engine.rows("SELECT count(DISTINCT sid) FROM recharges ANTI JOIN subscriber_ids USING (sid)")[0][0]
    return [f"{without:,} subscribers have recharges but no records and are left out"] if without else []
