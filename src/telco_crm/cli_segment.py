"""The commands of the behavioural groups: assign, fit a model, evaluate it, and follow people between two periods."""

from __future__ import annotations

from pathlib import Path

import click

from telco_crm.cli_options import Job, data_options, job_options, style_options, write_one
from telco_crm.cli_paths import folder_option, output_option, rejects_option, segment_model_option
from telco_crm.errors import EXIT_INCOMPLETE


class WithDefault(click.Group):
    """A group of commands that is a command itself: what does not begin with a member's name is its `default`."""

    default = "apply"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default's name before arguments that name no member."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = [self.default, *args]
        return super().parse_args(ctx, args)


@click.group(cls=WithDefault, options_metavar="", subcommand_metavar="[COMMAND] [DATA] [OPTIONS]")
def segment() -> None:
    """ARPU band and behavioural group of every subscriber.

    `telco-crm segment DATA -o FILE` is short for `telco-crm segment apply DATA -o FILE`.
    """


@segment.command()
@data_options
@output_option
@segment_model_option("--model", "Model from `segment fit`.  [default: fitted on this data]")
@job_options
@style_options
@rejects_option
def apply(job: Job, out: str, rejects: Path | None) -> int:
    """ARPU band and behavioural group of every subscriber."""
    return write_one(job, out, rejects, "segments")


@segment.command()
@data_options
@click.option(
    "--model", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File for the model (JSON)."
)
@click.option(
    "--previous",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Former model: groups that continue keep their numbers and names.",
)
@job_options
def fit(job: Job, model: Path, previous: Path | None) -> int:
    """Fit a grouping model on the months up to --as-of, for `segment apply` and `run` in later months."""
    from telco_crm.run_segment import run_segment_fit

    job.show(run_segment_fit(job.inputs, job.settings(model), model, previous), str(model))
    return 0


@segment.command()
@data_options
@output_option
@segment_model_option("--model", "Model from `segment fit`.  [default: fitted on this data]")
@click.option(
    "--truth",
    type=click.Path(path_type=Path, dir_okay=False),
    help="CSV with subscriber_id and the true group_id, such as truth.csv of a sample.",
)
@click.option("--bootstraps", type=click.IntRange(1, 100), default=5, show_default=True, help="Refits on resamples.")
@job_options
@style_options
@rejects_option
def evaluate(job: Job, out: str, truth: Path | None, bootstraps: int, rejects: Path | None) -> int:
    """How good the grouping is: stable under resampling, separate, steady from month to month, and true if the truth is
    known."""
    job.options.update(truth=truth, bootstraps=bootstraps)
    return write_one(job, out, rejects, "segment_quality")


@click.command()
@data_options
@click.option(
    "--from",
    "start",
    required=True,
    metavar="A",
    help="Result of `run` or `segment` (folder or file), or a month of DATA.",
)
@click.option("--to", "end", required=True, metavar="B", help="The same, of the later period.")
@folder_option("Folder for the results.")
@segment_model_option("--model", "Model for months of DATA.  [default: fitted on the first month]")
@job_options
@style_options
def migrate(job: Job, start: str, end: str, out: Path) -> int:
    """Who stayed and who moved between groups and classes: flows, net changes, ARPU changes, and a picture.

    A and B are what `run` or `segment` wrote in two months (a folder, or the file of segments). With DATA they can be
    two of its months: both are grouped by one model then.
    """
    from telco_crm.run_migration import run_migration

    inputs = job.inputs if job.data or any(job.flags.values()) else None
    result = run_migration(inputs, job.settings(out), (start, end), out, job.style("csv"))
    job.show(result, str(out))
    return EXIT_INCOMPLETE if result.impossible and job.options["strict"] else 0
