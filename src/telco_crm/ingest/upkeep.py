"""Looking after a store: what is in it, whether it is whole, and taking things out."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from telco_crm.errors import InputError, OutputError
from telco_crm.ingest.store import VERSION, StoredSource, UsageStore, list_sources, meaning
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
        problems += [
            f"{source.folder / name}: changed since it was written; take {source.file} out with: telco-crm store drop"
            for name, _, digest in source.parts
            if file_hash(source.folder / name) != digest
        ]
        path = Path(source.path)
        if not path.exists():
            problems.append(f"{source.file}: the file is gone; what the store has of it is not used any more")
        elif (path.stat().st_size, path.stat().st_mtime_ns) != (source.size, source.mtime_ns):
            problems.append(f"{source.file}: the file has changed since; it is read again at the next run")
    return problems


def drop(root: Path, files: Sequence[str]) -> list[StoredSource]:
    """Take sources out of a store, by name or path; all of them (and the kept features) if none is named.

    Raises:
        InputError: there is no store, or none of its sources has such a name. OutputError: a run is using it.
    """
    sources = open_store(root)
    store = UsageStore(root)
    try:
        if not store.alone():
            raise OutputError(f"{root}: a run is using the store; wait for it")
        chosen = [s for s in sources if not files or {s.file, s.path, Path(s.path).name} & set(files)]
        unknown = [f for f in files if not any(f in (s.file, s.path, Path(s.path).name) for s in sources)]
        if unknown:
            raise InputError([f"{root}: the store has no source {name}" for name in unknown])
        for source in chosen:
            shutil.rmtree(source.folder)
        if not files:
            shutil.rmtree(root / "features")
            (root / "features").mkdir()
    finally:
        store.close()
    return chosen
