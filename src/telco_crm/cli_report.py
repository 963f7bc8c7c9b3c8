"""Commands that look at what a run left: the report, and one subscriber."""

from __future__ import annotations

from pathlib import Path

import click

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
@LANG
def report(out: Path, target: str | None, lang: str | None) -> int:
    """The management report of a run: one HTML page with figures, charts and tables.

    OUT is a folder that `telco-crm run` wrote, in any format; `run` leaves the same report there. The page holds
    everything it shows, asks nothing of any network, and names no subscriber.
    """
    from telco_crm.run_report import run_report

    place = run_report(out, target, lang)
    if place != "-":
        click.echo(f"Wrote {place}.", err=True)
    return 0
