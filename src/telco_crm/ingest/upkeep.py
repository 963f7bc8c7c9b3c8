"""Looking after a store: what is in it, whether it is whole, and taking things out."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from telco_crm.errors import InputError, OutputError
from telco_crm.ingest.store import VERSION, StoredSource, UsageStore, list_sources, meaning, read_kept
from telco_crm.manifest import file_hash


def open_store(root: Path) -> list[StoredSource]:
    """The sources of an existing store.

    Raises:
        InputError: there is no store at `root`.
    """
    if not (root / VERSION).exists():
        raise InputError(f"{root}: there is no store; name its folder (the default stands beside the output)")
    return list_sources(root)


def bytes_of(source: StoredSource) -> int:
    """Size of what the store holds of a source."""
    return sum(size for _, size, _ in source.parts)


def verify(root: Path) -> list[str]:
    """What is wrong with a store: parts that are missing or changed, sources that have changed since they were read.

    Raises:
        InputError: there is no store at `root`.
    """
    problems = []
    sources = open_store(root)
    if (root / VERSION).read_text() != meaning():
        problems.append(f"{root}: made by another version; it is made anew at the next run")
    for folder in sorted((root / "usage").iterdir()):
        if not any(s.folder == folder for s in sources):
            problems.append(f"{folder}: not a whole source; it is read again at the next run")
    for source in sources:
        remedy = f'take it out with: telco-crm store drop {root} --file "{source.file}"'
        problems += [
            f"{path}: changed since it was written; {remedy}" for path in _changed(source.folder, source.parts)
        ]
        problems += _outdated(source)
    for folder in sorted((root / "features").iterdir()):
        kept = read_kept(folder)
        remedy = f"take it out with: telco-crm store drop {root} --month {folder.name[:7]}"
        if not kept:
            problems.append(f"{folder}: not whole; it is made again at the next run")
        else:
            problems += [f"{path}: changed since it was written; {remedy}" for path in _changed(folder, kept["parts"])]
    return problems


def drop(root: Path, files: Sequence[str] = (), months: Sequence[str] = ()) -> list[StoredSource]:
    """Take sources out of a store, by name or path, or by a month they have rows of; all of them if neither is named.
    Kept features of what goes, and of the months, go too.

    Raises:
        InputError: there is no store, or nothing in it has such a name or month. OutputError: a run is using it.
    """
    sources = open_store(root)
    unknown = [f"{root}: the store has no source {f}" for f in files if not any(f in _names(s) for s in sources)]
    unknown += [f"{root}: the store has no month {m}" for m in months if not any(m in s.months for s in sources)]
    if unknown:
        raise InputError(unknown)
    store = UsageStore(root)
    try:
        if not store.alone():
            raise OutputError(f"{root}: a run is using the store; wait for it")
        every = not files and not months
        chosen = [s for s in sources if every or _names(s) & set(files) or set(s.months) & set(months)]
        gone = {s.key for s in chosen}
        for source in chosen:
            shutil.rmtree(source.folder, ignore_errors=True)
        for folder in (root / "features").iterdir():
            kept = read_kept(folder)
            if every or not kept or set(kept["sources"]) & gone or folder.name[:7] in months:
                shutil.rmtree(folder)
    finally:
        store.close()
    return chosen


def _names(source: StoredSource) -> set[str]:
    return {source.file, source.path, Path(source.path).name}


def _changed(folder: Path, parts: Sequence[tuple[str, int, str]]) -> list[Path]:
    return [folder / name for name, _, digest in parts if file_hash(folder / name) != digest]


def _outdated(source: StoredSource) -> list[str]:
    """What has become of the file of a source."""
    path = Path(source.path)
    if source.path == "-":
        return []
    if not path.exists():
        return [f"{source.file}: the file is gone; what the store has of it is not used any more"]
    if (path.stat().st_size, path.stat().st_mtime_ns) != (source.size, source.mtime_ns):
        return [f"{source.file}: the file has changed since; it is read again at the next run"]
    return []
