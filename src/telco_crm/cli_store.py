"""The commands of the store: what it holds, whether it is whole, taking things out."""

from __future__ import annotations

from pathlib import Path

import click

from telco_crm.cli_options import DEFAULT_STORE
from telco_crm.errors import EXIT_PROBLEM

ARGUMENT = click.argument(
    "store", type=click.Path(path_type=Path, file_okay=False), default=Path(DEFAULT_STORE), metavar="[STORE]"
)


@click.group()
def store() -> None:
    """The store of usage files that were read before. STORE is its folder, by default .telco-crm-store."""


@store.command("list")
@ARGUMENT
def list_(store: Path) -> int:
    """The files in the store: rows, months, size."""
    from telco_crm.ingest.upkeep import bytes_of, open_store

    for source in open_store(store):
        months = list(source.months)
        span = f"{months[0]} to {months[-1]}" if months else "no rows"
        click.echo(f"{source.file}\t{sum(source.months.values()):,} rows\t{span}\t{bytes_of(source) / 1e6:,.1f} MB")
    return 0


@store.command()
@ARGUMENT
def verify(store: Path) -> int:
    """Check every part against its hash, and every source against its file; exit code 1 if something is wrong."""
    from telco_crm.ingest.upkeep import verify as verified

    problems = verified(store)
    for problem in problems:
        click.echo(problem)
    if not problems:
        click.echo(f"{store}: whole")
    return EXIT_PROBLEM if problems else 0


@store.command()
@ARGUMENT
@click.option("--file", "files", multiple=True, metavar="FILE", help="Only this source; repeatable.  [default: all]")
@click.option("--month", "months", multiple=True, metavar="YYYY-MM", help="Only what has rows of it; repeatable.")
def drop(store: Path, files: tuple[str, ...], months: tuple[str, ...]) -> int:
    """Take files out of the store; they are read again when they are needed."""
    from telco_crm.ingest.upkeep import drop as dropped

    for source in dropped(store, files, months):
        click.echo(f"dropped {source.file}", err=True)
    return 0
