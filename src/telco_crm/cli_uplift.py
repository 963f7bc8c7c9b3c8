"""The commands of uplift models: fit one on past randomised campaigns, score with it; on exports or a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from telco_crm.cli_options import Job, data_options, job_options, style_options
from telco_crm.cli_paths import output_option

if TYPE_CHECKING:
    from telco_crm.results import Result

MODEL = click.Path(path_type=Path, dir_okay=False)


@click.command()
@data_options
@click.option("--model", type=MODEL, required=True, help="File for the model (JSON).")
@click.option("--name", "names", multiple=True, help="Campaign to learn from; repeatable.  [default: all with control]")
@click.option(
    "--outcome",
    metavar="stayed|revenue|COLUMN",
    help="What a contact should raise; with --table a column of numbers, or of yes and no.  [default: stayed]",
)
@click.option("--table", metavar="FILE", help="A wide table instead of exports: CSV or Parquet, one customer a row.")
@click.option("--treatment", metavar="COLUMN", help="Column of --table that says who was treated.")
@click.option("--treated-value", metavar="VALUE", help="Value of --treatment that means treated.")
@click.option("--control-value", metavar="VALUE", help="Value that means control; rows with any other are left out.")
@click.option("--id", "identifier", metavar="COLUMN", help="Column of --table that names the customers.")
@click.option("--drop", multiple=True, metavar="COLUMN", help="Column of --table to leave out; repeatable.")
@click.option("--curves", metavar="FILE", help="File for the cumulative figures by tenth of each ranking.")
@job_options
@style_options
def fit(job: Job, model: Path, names: tuple[str, ...], outcome: str | None, curves: str | None, **said: Any) -> int:
    """Learn who is worth contacting from past campaigns with a control group, or from the trial in --table.

    Prints how good each learner is on customers it had not seen, and whether there is a usable signal.
    """
    from telco_crm.run_uplift import Curves, run_uplift_fit, run_uplift_table_fit

    where = Curves(curves, job.style_for(curves or "x.csv"))
    table = said.pop("table")
    if table is not None:
        if names:
            raise click.UsageError("--name goes with exports, not with --table")
        from telco_crm.retain.uplift.table import TrialTable

        _alone(job)
        treatment = said.pop("treatment")
        if not treatment or not outcome:
            raise click.UsageError("--table needs --treatment and --outcome: who was treated, and what came of it")
        treated, control = said.pop("treated_value"), said.pop("control_value")
        asked = TrialTable(treatment, outcome, treated, control, **said)
        result, report = run_uplift_table_fit(table, asked, job.settings(), model, where)
        click.echo(report, nl=False)
        _say(job, result, str(model))
    else:
        _only_table(said)
        kind: Literal["stayed", "revenue"] = "revenue" if outcome == "revenue" else "stayed"
        if outcome not in (None, "stayed", "revenue"):
            raise click.UsageError(f"--outcome {outcome}: on exports it is stayed or revenue")
        result, report = run_uplift_fit(job.inputs, job.settings(model), model, (names, kind), where)
        click.echo(report, nl=False)
        job.show(result, str(model))
    return 0


@click.command()
@data_options
@output_option
@click.option("--model", type=MODEL, required=True, help="Model from `campaign fit`.")
@click.option("--table", metavar="FILE", help="A wide table instead of exports: CSV or Parquet, one customer a row.")
@click.option("--id", "identifier", metavar="COLUMN", help="Column of --table that names the customers.")
@job_options
@style_options
def score(job: Job, out: str, model: Path, **said: Any) -> int:
    """Uplift and rank of every subscriber, or of the rows of --table; without a signal nobody is ranked."""
    from telco_crm.retain.uplift.model import UpliftModel
    from telco_crm.run_uplift import run_uplift_score, run_uplift_table_score

    table, style = said.pop("table"), job.style_for(out)
    if table is not None:
        _alone(job)
        how = (said["identifier"], style)
        _say(job, run_uplift_table_score(table, UpliftModel.load(model), job.settings(), out, how), out)
    else:
        _only_table(said)
        job.show(run_uplift_score(job.inputs, job.settings(out), UpliftModel.load(model), out, style), out)
    return 0


def _say(job: Job, result: Result, out: str) -> None:
    """Notes and what was written, on standard error."""
    if job.options["quiet"]:
        return
    from telco_crm.labels import text

    job.show_files(result.reports, result.rejects["table"])
    lang = job.options["lang"]
    for note in result.notes:
        click.echo(text("run.note", lang, note=note), err=True)
    tables = ", ".join(f"{name} {rows:,}" for name, rows in result.rows.items())
    click.echo(text("run.wrote", lang, out=out, tables=tables, seconds=result.seconds), err=True)


def _alone(job: Job) -> None:
    if job.data is not None or any(job.flags.values()):
        raise click.UsageError("--table goes without DATA, --usage, --bills …")


def _only_table(said: dict[str, Any]) -> None:
    named = [f"--{name.replace('_', '-')}" for name, value in said.items() if value]
    if named:
        raise click.UsageError(f"{', '.join(named).replace('identifier', 'id')}: only with --table")
