"""Where a report's tables come from: the engine of a run that is going on, or the folder of one that is done."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import Any

import pyarrow as pa

from telco_crm.engine.base import Engine
from telco_crm.engine.duck import DuckEngine
from telco_crm.errors import InputError
from telco_crm.output.report.content import Source, content
from telco_crm.output.report.render import page
from telco_crm.output.tables import find_table, stored, written
from telco_crm.output.writers import OutputStyle
from telco_crm.schema import OUTPUT_TABLES

MANIFEST = "manifest.json"


def of_run(engine: Engine, tables: Iterable[str], style: OutputStyle, manifest: Mapping[str, Any]) -> str:
    """The page over `tables` of the engine, with the values that are written in `style`."""
    queries = {name: written(name, style) for name in tables}
    return page(content(Source(engine, queries | _told(engine, manifest), manifest), style.lang))


def of_folder(folder: Path, lang: str | None = None) -> str:
    """The page over the tables that are in a folder of results, in `lang` (else in that of the run).

    Raises:
        InputError: the folder has no table or no readable manifest, or a file cannot be read.
    """
    manifest = read_manifest(folder)
    with DuckEngine() as engine:
        found = {name: path for name in OUTPUT_TABLES if (path := find_table(folder, name))}
        if not found:
            raise InputError(f"{folder}: there are no tables; name a folder that `telco-crm run` wrote")
        queries = {name: stored(engine, path, name) for name, path in found.items()}
        language = lang or manifest.get("parameters", {}).get("lang", "en")
        return page(content(Source(engine, queries | _told(engine, manifest), manifest), language))


def read_manifest(folder: Path) -> dict[str, Any]:
    """What the manifest of a folder of results says.

    Raises:
        InputError: there is none, or it is damaged.
    """
    path = folder / MANIFEST
    try:
        told = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}); name a folder that `telco-crm run` wrote"
        ) from None
    except ValueError:
        told = None
    if not isinstance(told, dict) or "outputs" not in told:
        raise InputError(f"{path} is no manifest of telco-crm; run again, or name another folder")
    return told


def _told(engine: Engine, manifest: Mapping[str, Any]) -> dict[str, str]:
    """What the manifest tells, as tables: inputs, notes, impossible, cuts."""
    rows: dict[str, list[dict[str, Any]]] = {
        "inputs": [
            {**{k: i[k] for k in ("table", "read", "accepted", "rejected")}, "file": PurePath(i["file"]).name}
            for i in manifest.get("inputs", [])
        ],
        "notes": [{"note": note} for note in manifest.get("notes", [])],
        "impossible": [{"analysis": a, "why": why} for a, why in manifest.get("impossible", {}).items()],
    }
    if cuts := manifest.get("strategy_cuts"):
        rows["cuts"] = [dict(zip(("cut_across", "cut_up"), map(float, cuts), strict=True))]
    told = {}
    for name, found in rows.items():
        if found:
            engine.register(f"told_{name}", pa.Table.from_pylist(found))
            told[name] = f"FROM told_{name}"
    return told
