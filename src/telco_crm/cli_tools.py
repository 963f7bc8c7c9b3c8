"""Commands around the analyses: sample data, the data dictionary, a first configuration."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from telco_crm.errors import OutputError


@click.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--subscribers", type=click.IntRange(1), default=2000, show_default=True, help="How many subscribers.")
@click.option("--months", type=click.IntRange(1, 60), default=6, show_default=True, help="How many months.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Equal seeds give equal files.")
@click.option(
    "--format", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True, help="Format of the tables."
)
@click.option(
    "--lang",
    type=click.Choice(["en", "zh"]),
    default="en",
    show_default=True,
    help="Headers and values; zh CSV files are GB18030.",
)
@click.option(
    "--dirty", type=click.FloatRange(0, 1), default=0.0, metavar="SHARE", help="Share of defective rows to plant."
)
@click.option("--first-month", default="2026-01", show_default=True, metavar="YYYY-MM", help="First month.")
@click.option(
    "--noise",
    type=click.FloatRange(0, 3),
    default=0.35,
    show_default=True,
    help="How much people of a group differ (log scale).",
)
@click.option(
    "--shares", type=click.Choice(["real", "equal"]), default="real", show_default=True, help="Sizes of the groups."
)
@click.option(
    "--price-level", type=click.FloatRange(0.01, 100), default=1.0, show_default=True, help="Factor on all prices."
)
@click.option(
    "--without-group", "without_groups", type=int, multiple=True, metavar="ID", help="Leave a group out; repeatable."
)
@click.option("--churn-level", type=click.FloatRange(0, 20), default=1.0, show_default=True, help="Factor on leaving.")
@click.option(
    "--records",
    type=click.FloatRange(0.01, 10),
    default=1.0,
    show_default=True,
    help="Factor on the number of records; each is charged that much more, so that bills stay.",
)
@click.option("-q", "--quiet", is_flag=True, help="No summary.")
def sample(out: Path, quiet: bool, **options: object) -> int:
    """Write synthetic exports with a known truth: for trying out, for tests and benchmarks.

    OUT gets usage, bills, subscribers, events and contacts as an operator would export them, and truth.csv (the
    real group of everybody, who leaves and why) and truth_prospects.csv (rivals' numbers that call our subscribers for
    100 minutes or more in a month), which no other command reads.
    """
    from telco_crm.synth import SampleOptions, generate

    report = generate(out, SampleOptions(**options))  # type: ignore[arg-type]
    if not quiet:
        rows = ", ".join(f"{table} {count:,}" for table, count in report.rows.items())
        click.echo(
            f"Wrote {out}: {rows} in {report.seconds:.1f} s ({report.cdrs_per_second:,.0f} CDRs a second).", err=True
        )
    return 0


@click.command()
@click.argument("table", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "csv"]),
    default="text",
    show_default=True,
    help="How it is printed.",
)
@click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of names and titles."
)
def schema(table: str | None, form: str, lang: str) -> int:
    """The data dictionary: columns, types, units and definitions of TABLE, or a list of the tables."""
    from telco_crm.dictionary import dictionary

    click.echo(dictionary(table, form, lang), nl=False)
    return 0


@click.command()
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("telco-crm.toml"),
    show_default=True,
    help="File.",
)
def init(out: Path) -> int:
    """Write a commented telco-crm.toml to start from."""
    from importlib import resources

    text = resources.files("telco_crm").joinpath("template.toml").read_text("utf-8")
    try:
        with out.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise OutputError(f"{out} exists already; remove it first, or name another file with -o") from None
    except OSError as error:
        raise OutputError(f"{out} cannot be written ({error.strerror}); name another file with -o") from None
    click.echo(
        f"Wrote {out}. Everything in it is optional; take away the # in front of what you want to change.", err=True
    )
    sys.stdout.flush()
    return 0
