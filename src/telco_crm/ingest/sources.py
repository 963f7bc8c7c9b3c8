"""Which files hold which table: a data folder, or paths, globs, folders and standard input named one by one."""

from __future__ import annotations

import glob
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from telco_crm.errors import InputError
from telco_crm.schema import INPUT_TABLES, load_schema

TEXT_ENDINGS = (".csv", ".tsv", ".txt", ".psv", ".dat")
PARQUET_ENDINGS = (".parquet", ".pq")
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd", ".zstd": "zstd"}
STDIN, STDIN_NAME = "-", "standard input"
HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"  # the folder of rows without a value


@dataclass(frozen=True)
class SourceFile:
    """One file of a table. `shown` is the name people know it by; `hive` the key=value folders on its way."""

    table: str
    path: Path
    format: str
    compression: str | None = None
    hive: Mapping[str, str] = field(default_factory=dict)
    shown: str = ""

    @property
    def name(self) -> str:
        """The file as the user named it."""
        return self.shown or str(self.path)


@dataclass(frozen=True)
class Sources:
    """The files of each table, and the files of the folder that belong to none."""

    files: Mapping[str, tuple[SourceFile, ...]]
    unused: tuple[Path, ...] = ()

    def __bool__(self) -> bool:
        return any(self.files.values())


def find_sources(
    data: Path | None, flags: Mapping[str, Sequence[str]], temp: Path, options: Mapping[str, str] | None = None
) -> Sources:
    """The files of every table.

    `data` is a folder whose files or sub-folders begin with a table's name, English or Chinese; `flags` maps a table to
    paths, globs, folders or "-" (standard input, which is copied into `temp` first). A table named by a flag is not
    looked for in the folder. `options` tells by which option a table was named, where that is not --TABLE ("": none).

    Raises:
        InputError: naming every path that does not exist or holds nothing usable.
    """
    files: dict[str, tuple[SourceFile, ...]] = {}
    unused: list[Path] = []
    problems: list[str] = []
    if data is not None:
        files, unused = _from_folder(data)
    for table, patterns in flags.items():
        found: list[SourceFile] = []
        for pattern in patterns:
            try:
                found += _from_pattern(table, pattern, temp)
            except InputError as error:
                option = (options or {}).get(table, f"--{table}")
                problems += [f"{option} {problem}".strip() for problem in error.problems]
        if patterns:
            files[table] = _distinct(found) if len(patterns) > 1 else tuple(found)
    if problems:
        raise InputError(problems)
    sources = Sources(files, tuple(unused))
    if not sources:
        names, chinese = ", ".join(INPUT_TABLES), ", ".join(load_schema(t).files[0] for t in INPUT_TABLES)
        raise InputError(
            f"{data or 'the options'}: no usable table; name files or folders so that they begin with {names} "
            f"({chinese}) and end with .csv, .txt, .tsv (also .gz, .zst) or .parquet, or point at them with --usage, "
            "--bills, …"
        )
    return sources


def _from_folder(data: Path) -> tuple[dict[str, tuple[SourceFile, ...]], list[Path]]:
    if not data.exists():
        raise InputError(f"{data}: there is no such folder; give the folder that holds the exports")
    if not data.is_dir():
        raise InputError(f"{data} is a file, not a folder; give its folder, or name it with --usage, --bills, …")
    files: dict[str, tuple[SourceFile, ...]] = {}
    unused: list[Path] = []
    for path in sorted(data.iterdir()):
        if path.name.startswith((".", "_")):
            continue
        table = next((t for t in INPUT_TABLES if path.name.lower().startswith((t, *load_schema(t).files))), None)
        found = _below(table, path) if table else ()
        if table and found:
            files[table] = files.get(table, ()) + found
        else:
            unused.append(path)
    return files, unused


def _from_pattern(table: str, pattern: str, temp: Path) -> list[SourceFile]:
    if pattern == STDIN:
        return [_spool(table, temp)]
    paths = [Path(pattern)] if Path(pattern).exists() else [Path(p) for p in sorted(glob.glob(pattern, recursive=True))]
    found = [file for path in paths for file in _below(table, path, named=True)]
    if not paths:
        raise InputError(f"{pattern}: there is no such file, folder or match; check the path")
    if not found:
        raise InputError(f"{pattern}: holds no CSV or Parquet file; give files ending .csv, .txt or .parquet")
    return found


def _below(table: str | None, path: Path, named: bool = False) -> tuple[SourceFile, ...]:
    """`path` itself, or every table file below it; a file named by hand may have any ending and counts as text."""
    if table is None:
        return ()
    if path.is_dir():
        inner = sorted(p for p in path.rglob("*") if not p.is_dir() and not _hidden(p.relative_to(path)))
        return tuple(s for p in inner for s in _below(table, p))
    ending, compression = path.suffix.lower(), None
    if ending in COMPRESSIONS:
        compression = COMPRESSIONS[ending]
        ending = path.with_suffix("").suffix.lower()
    if ending in PARQUET_ENDINGS and not compression:
        return (SourceFile(table, path, "parquet", None, _hive(path)),)
    if ending in TEXT_ENDINGS or named:
        return (SourceFile(table, path, "csv", compression, _hive(path)),)
    return ()


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


def _hive(path: Path) -> dict[str, str]:
    pairs = (part.split("=", 1) for part in path.parts[:-1] if "=" in part)
    return {unquote(key): unquote(value) for key, value in pairs if key and value not in ("", HIVE_NULL)}


def _distinct(files: list[SourceFile]) -> tuple[SourceFile, ...]:
    """Each file once, however many patterns name it."""
    return tuple({file.path.resolve(): file for file in files}.values())


def _spool(table: str, temp: Path) -> SourceFile:
    """Standard input, kept in a file so that it can be hashed and read like any other."""
    path = temp / f"stdin-{table}"
    with path.open("wb") as out:
        shutil.copyfileobj(sys.stdin.buffer, out, 1 << 20)
    with path.open("rb") as spooled:
        magic = spooled.read(4)
    kind = "parquet" if magic == b"PAR1" else "csv"
    compression = "gzip" if magic[:2] == b"\x1f\x8b" else "zstd" if magic == b"\x28\xb5\x2f\xfd" else None
    return SourceFile(table, path, kind, compression, {}, STDIN_NAME)
