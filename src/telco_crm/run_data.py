"""Jobs that need no analysis: the feature table, and the check of the exports."""

from __future__ import annotations

from pathlib import Path

from telco_crm.config import Config
from telco_crm.features.table import feature_schema
from telco_crm.ingest.reconcile import reconcile
from telco_crm.output.staging import OutputFile, staged_rejects
from telco_crm.output.writers import OutputStyle, write_table
from telco_crm.results import Clock, Inputs, Result, finish, result_of
from telco_crm.session import Settings, features_of, loaded, month_asked


def run_features(inputs: Inputs, settings: Settings, target: str, style: OutputStyle, rejects: Path | None) -> Result:
    """The feature table into one file: every month in the data, or those up to --as-of.

    Raises:
        TelcoError: before the output was touched.
    """
    clock = Clock()
    _check_rules(settings.config)
    with (
        OutputFile(target, settings.temp_dir) as file,
        staged_rejects(rejects, settings.temp_dir) as stage,
        loaded(*inputs, settings, stage) as data,
    ):
        months = features_of(data, with_events=True)
        until = month_asked(data, months) or months[-1]
        result = result_of(data)
        result.months = [m for m in months if m <= until]
        sql = f"FROM features WHERE month <= '{until}' ORDER BY subscriber_id, month"
        result.rows["features"] = write_table(data.engine, sql, file.temp, feature_schema(data.catalog), style)
        finish(file, "features", clock, result, data)
    return result


def run_check(inputs: Inputs, settings: Settings, rejects: Path | None) -> Result:
    """Read everything and say what was read, mapped, rejected and whether it fits together; write nothing else."""
    clock = Clock()
    _check_rules(settings.config)
    with staged_rejects(rejects, settings.temp_dir) as stage, loaded(*inputs, settings, stage) as data:
        result = result_of(data)
        result.tables["reconcile"] = reconcile(data.engine, data.tables, data.usage, settings.lang)
        result.seconds = clock.seconds
    return result


def _check_rules(config: Config) -> None:
    """Look at the rules, though nothing here needs them: a user who tries a configuration wants to know."""
    if config.rules:
        from telco_crm.rulebook import check_rules  # loads what the rules belong to, which takes a while

        check_rules(config)
