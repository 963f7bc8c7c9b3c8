"""Options that name a file or a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from telco_crm.cli_options import Command


def before_option(command: Command) -> Command:
    """--before FOLDER."""
    return click.option(
        "--before",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="FOLDER",
        help="The run of the month before; headline figures of the report then all show their change.",
    )(command)


def output_option(command: Command) -> Command:
    """-o FILE."""
    return click.option(
        "-o",
        "--out",
        required=True,
        metavar="FILE",
        help="File for the result (.csv, .parquet, .xlsx, .jsonl); - is standard output.",
    )(command)


def folder_option(help_text: str) -> Callable[[Command], Command]:
    """-o DIRECTORY, for results of several files."""
    return click.option("-o", "--out", type=_Folder(path_type=Path, file_okay=False), required=True, help=help_text)


def segment_model_option(name: str, help_text: str) -> Callable[[Command], Command]:
    """A grouping model to take over."""
    return click.option(name, "segment_model", type=click.Path(path_type=Path, dir_okay=False), help=help_text)


def rejects_option(command: Command) -> Command:
    """--rejects DIR."""
    return click.option(
        "--rejects",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder for rejected rows.  [default: FILE.rejects beside the result]",
    )(command)


class _Folder(click.Path):
    """A folder, new or not; what looks like a file is a slip."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from telco_crm.output.writers import ENDINGS

        path = Path(str(super().convert(value, param, ctx)))
        if path.suffix.lower() in ENDINGS and not path.is_dir():
            other = path.with_suffix("")
            self.fail(f"'{path}' names a file, but the results are several: name a folder, such as '{other}'.")
        return path
