"""Commands that look at what a run left: the report, and one subscriber."""

from __future__ import annotations

from pathlib import Path

import click

from telco_crm.cli_paths import before_option

LANG = click.option(
    "--lang", type=click.Choice(["en", "zh"]), help="Language of headings and labels.  [default: that of the run]"
)


@click.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "-o",
    "--out",
    "target",
    metavar="FILE",
    help="File for the page; - is standard output.  [default: report.html in OUT]",
)
@before_option
@LANG
@click.option("-q", "--quiet", is_flag=True, help="Do not say where it went.")
def report(out: Path, target: str | None, before: Path | None, lang: str | None, quiet: bool) -> int:
    """The management report of a run: one HTML page with figures, charts and tables.

    OUT is a folder that `telco-crm run` wrote, in any format; `run` leaves the same report there. The page holds
    everything it shows, asks nothing of any network, and names no subscriber.
    """
    from telco_crm.run_report import run_report

    place = run_report(out, target, lang, before)
    if place != "-" and not quiet:
        click.echo(f"Wrote {place}.", err=True)
    return 0


@click.command()
@click.argument("subscriber", metavar="ID")
@click.option(
    "--from",
    "out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("out"),
    show_default=True,
    help="Folder that `telco-crm run` wrote.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How it is printed.",
)
@LANG
def show(subscriber: str, out: Path, form: str, lang: str | None) -> int:
    """One subscriber: everything that the tables of a run say about ID.

    Bills and use of the last months as sparklines; group, tier, stage, stars with points, churn score and reasons,
    arrears, tags, offers, recommendations and alerts. It reads the files of the folder and computes nothing anew.
    """
    from telco_crm.run_report import run_show

    run_show(out, subscriber, form == "json", lang)
    return 0
