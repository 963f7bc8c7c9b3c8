"""The commands of churn: fit a model, score with it, test it against the past."""

from __future__ import annotations

from pathlib import Path

import click

from telco_crm.cli_options import (
    Job,
    data_options,
    job_options,
    output_option,
    rejects_option,
    style_options,
    write_one,
)


@click.group()
def churn() -> None:
    """Early warning: who is likely to leave, and why."""


@churn.command()
@data_options
@click.option(
    "--model", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File for the model (JSON)."
)
@job_options
def fit(job: Job, model: Path) -> int:
    """Fit a model on the history: every past month whose outcome is known."""
    from telco_crm.run import run_churn_fit

    job.show(run_churn_fit(job.inputs, job.settings(model), model), str(model))
    return 0


@churn.command()
@data_options
@output_option
@click.option(
    "--model",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Model from `churn fit`.  [default: fitted on this data, or the rule score]",
)
@job_options
@style_options
@rejects_option
def score(job: Job, out: str, model: Path | None, rejects: Path | None) -> int:
    """Churn score, rank and reasons of everybody who has not left."""
    job.options["model"] = model
    return write_one(job, out, rejects, "churn")


@churn.command()
@data_options
@output_option
@job_options
@style_options
@rejects_option
def evaluate(job: Job, out: str, rejects: Path | None) -> int:
    """Back-test: score every past month as it was known then, and hold the scores against who left."""
    return write_one(job, out, rejects, "churn_evaluation")
