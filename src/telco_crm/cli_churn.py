"""The commands of churn: fit a model, score with it, test it against the past, find rules, watch it; on exports or on a
wide table.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from telco_crm.cli_options import Job, data_options, finite, job_options, rejects_folder, style_options, write_one
from telco_crm.cli_paths import output_option, rejects_option
from telco_crm.labels import text

if TYPE_CHECKING:
    from telco_crm.run_churn import TableJob, TableResult

Command = Callable[..., Any]
MODEL = click.Path(path_type=Path, dir_okay=False)
COST, SHAPE = click.FloatRange(0), click.FloatRange(0, min_open=True)
FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group()
def churn() -> None:
    """Early warning: who is likely to leave, and why.

    The commands take exports (DATA) or, with --table, any wide table with one row per customer.
    """


def table_options(label: bool = True) -> Callable[[Command], Command]:
    """--table and what is said about it; the command gets them as `table`, a dictionary, empty without --table."""
    options = [
        click.option("--table", metavar="FILE", help="A wide table instead of exports: CSV or Parquet, one row each."),
        click.option("--id", "identifier", metavar="COLUMN", help="Column of --table that names the rows."),
    ]
    if label:
        options += [
            click.option("--label", metavar="COLUMN", help="Column of --table that says who left."),
            click.option("--positive", metavar="VALUE", help="Value of --label that means leaving."),
            click.option(
                "--negative", multiple=True, metavar="VALUE", help="Value that means staying, if several; repeatable."
            ),
            click.option("--drop", multiple=True, metavar="COLUMN", help="Column of --table to leave out; repeatable."),
            click.option("--drop-suspects", is_flag=True, help="Leave out columns that are reported as suspect."),
        ]
    names = ("table", "identifier", "label", "positive", "negative", "drop", "drop_suspects")

    def decorate(command: Command) -> Command:
        def wrapped(**given: Any) -> Any:
            said = {name: given.pop(name) for name in names if name in given}
            return command(table=said, **given)

        wrapped.__doc__, wrapped.__name__ = command.__doc__, command.__name__
        wrapped.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
        decorated: Command = wrapped
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


@churn.command()
@data_options
@click.option("--model", type=MODEL, required=True, help="File for the model (JSON).")
@table_options()
@click.option("--pictures", type=FOLDER, help="Folder for importance.svg.")
@job_options
def fit(job: Job, model: Path, table: dict[str, Any], pictures: Path | None) -> int:
    """Fit a model on the history: every past month whose outcome is known; or on the rows of --table."""
    from telco_crm.run_churn import run_churn_fit, run_table_fit

    if task := _table_job(job, table):
        _say(job, run_table_fit(task, model, pictures), str(model))
    else:
        job.show(run_churn_fit(job.inputs, job.settings(model), model, pictures), str(model))
    return 0


@churn.command()
@data_options
@output_option
@click.option(
    "--model",
    type=MODEL,
    help="Model from `churn fit`.  [default: fitted on this data, or the rule score; required with --table]",
)
@table_options(label=False)
@job_options
@style_options
@rejects_option
def score(job: Job, out: str, model: Path | None, table: dict[str, Any], rejects: Path | None) -> int:
    """Churn score, rank and reasons of everybody who has not left; or of the rows of --table."""
    from telco_crm.churn.model import ChurnModel
    from telco_crm.run_churn import run_table_score

    if task := _table_job(job, table, rejects_folder(out, rejects)):
        if model is None:
            raise click.UsageError("--table needs --model: make one with `churn fit --table`")
        _say(job, run_table_score(task, ChurnModel.load(model), out, job.style_for(out)), out)
        return 0
    job.options["model"] = model
    return write_one(job, out, rejects, "churn")


@churn.command()
@data_options
@click.option("-o", "--out", metavar="FILE", help="File for the figures; - is standard output; needed with DATA.")
@table_options()
@click.option("--folds", type=click.IntRange(2, 100), default=5, show_default=True, help="Folds (--table).")
@click.option("--repeats", type=click.IntRange(1, 100), default=1, show_default=True, help="Repeats (--table).")
@click.option("--pictures", type=FOLDER, help="Folder for gain.svg, profit.svg and reliability.svg (--table).")
@click.option("--clv", metavar="MONEY|COLUMN", help="What a kept leaver is worth (--table).  [default: 200]")
@click.option(
    "--offer-cost", type=COST, callback=finite, help="Cost of the offer, for whoever accepts (--table).  [default: 10]"
)
@click.option("--contact-cost", type=COST, callback=finite, help="Cost of a contact (--table).  [default: 1]")
@click.option(
    "--alpha", type=SHAPE, callback=finite, help="Of the beta distribution of acceptance (--table).  [default: 6]"
)
@click.option("--beta", type=SHAPE, callback=finite, help="Of the same (--table).  [default: 14]")
@job_options
@style_options
@rejects_option
def evaluate(job: Job, out: str | None, table: dict[str, Any], rejects: Path | None, **options: Any) -> int:
    """Back-test: score every past month as it was known then, and hold the scores against who left; or cross-validate
    on the rows of --table and print the report."""
    from telco_crm.run_churn import TableCampaign, run_table_evaluation

    cuts, pictures = (options.pop("folds"), options.pop("repeats")), options.pop("pictures")
    if task := _table_job(job, table, rejects_folder(out or "-", rejects)):
        result = run_table_evaluation(task, cuts, TableCampaign(**options), out, pictures)
        _say(job, result, out or "", report=out != "-")
        return 0
    if out is None:
        raise click.UsageError("Missing option '-o' / '--out'.")
    return write_one(job, out, rejects, "churn_evaluation")


@churn.command()
@data_options
@output_option
@job_options
@style_options
@rejects_option
def rules(job: Job, out: str, rejects: Path | None) -> int:
    """Readable rules found in the history, beside the expert rules, with their strength on later months.

    With -o FILE.toml the found rules are written as flags for telco-crm.toml.
    """
    from telco_crm.run_churn import run_churn_rules

    if out.endswith(".toml"):
        job.show(run_churn_rules(job.inputs, job.settings(out), out), out)
        return 0
    return write_one(job, out, rejects, "churn_rules")


@churn.command()
@data_options
@output_option
@click.option("--model", type=MODEL, required=True, help="Model from `churn fit`.")
@table_options()
@job_options
@style_options
@rejects_option
def monitor(job: Job, out: str, model: Path, table: dict[str, Any], rejects: Path | None) -> int:
    """Watch a model: drift of signals and scores, what came of its scores once outcomes are known, and whether to
    refit. With --table, outcomes are looked at if --label is given."""
    from telco_crm.churn.model import ChurnModel
    from telco_crm.run_churn import run_table_monitor

    if task := _table_job(job, table, rejects_folder(out, rejects)):
        result = run_table_monitor(task, ChurnModel.load(model), out, job.style_for(out))
        _say(job, result, out, report=out != "-")
        return 0
    job.options["model"] = model
    return write_one(job, out, rejects, "churn_monitor")


def _table_job(job: Job, said: dict[str, Any], rejects: Path | None = None) -> TableJob | None:
    """The job on a wide table, if one is named; its damaged rows go to folder `rejects`."""
    from telco_crm.churn.tabletask import TableTask
    from telco_crm.run_churn import TableJob

    path = said.pop("table")
    if path is None:
        named = [f"--{name.replace('_', '-')}" for name, value in said.items() if value]
        if named:
            raise click.UsageError(f"{', '.join(named).replace('identifier', 'id')}: only with --table")
        return None
    if job.data is not None or any(job.flags.values()):
        raise click.UsageError("--table goes without DATA, --usage, --bills …")
    settings = job.settings()
    return TableJob(path, TableTask(**said, lang=settings.lang), settings, rejects)


def _say(job: Job, result: TableResult, out: str, report: bool = True) -> None:
    """The report on standard output, notes and what was written on standard error."""
    if result.report and report:
        click.echo(result.report, nl=False)
    if job.options["quiet"]:
        return
    job.show_files(result.table.reports, result.table.rejects)
    lang = job.options["lang"]
    for note in result.notes:
        click.echo(text("run.note", lang, note=note), err=True)
    if result.rows and out:
        tables = ", ".join(f"{name} {rows:,}" for name, rows in result.rows.items())
        click.echo(text("table.wrote", lang, out=out, tables=tables), err=True)
