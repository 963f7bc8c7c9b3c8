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
REPORT = "report.html"


def of_run(
    engine: Engine, tables: Iterable[str], style: OutputStyle, manifest: Mapping[str, Any], before: Path | None = None
) -> str:
    """The page over `tables` of the engine, with the values that are written in `style`; `before` is the folder of the
    run of the month before. Raises as `of_folder` does.
    """
    queries = {name: written(name, style) for name in tables}
    source = Source(engine, queries | _told(engine, manifest), manifest)
    with DuckEngine() as other:
        return page(content(source, style.lang, _filed(other, before) if before else None))


def month_of(folder: Path) -> str:
    """The as-of month of the run in a folder; empty if its manifest has none. Raises as `read_manifest` does."""
    return str(read_manifest(folder).get("parameters", {}).get("as_of") or "")


def of_folder(folder: Path, lang: str | None = None, before: Path | None = None) -> str:
    """The page over the tables that are in a folder of results, in `lang` (else in that of the run).

    `before` is the folder of the run of the month before.

    Raises:
        InputError: a folder has no table or no readable manifest, a file cannot be read, or `before` is of another
            month.
    """
    with DuckEngine() as engine, DuckEngine() as other:
        source = _filed(engine, folder)
        former = _filed(other, before) if before else None
        if former and (source.month is None or former.month != source.month.back(1)):
            was, now = former.month or "no month", source.month or "?"
            raise InputError(f"--before {before} is a run of {was}, and the month before {now} is wanted")
        return page(content(source, lang or source.manifest.get("parameters", {}).get("lang", "en"), former))


def _filed(engine: Engine, folder: Path) -> Source:
    """The tables of a folder of results."""
    manifest = read_manifest(folder)
    found = {name: path for name in OUTPUT_TABLES if (path := find_table(folder, name))}
    if not found:
        raise InputError(f"{folder}: there are no tables; name a folder that `telco-crm run` wrote")
    queries = {name: stored(engine, path, name) for name, path in found.items()}
    return Source(engine, queries | _told(engine, manifest), manifest)


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
    """What the manifest tells, as tables: inputs, notes, impossible, cuts, and how good the churn model is, or why
    there is none.
    """
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
    model = manifest.get("churn_model", {})
    rows["churn_measures"] = [{"measure": name, "measured": value} for name, value in model.get("measures", {}).items()]
    rows["churn_calibration"] = [
        {"part": str(at), "rows": n, "mean_churn": mean, "came": rate}
        for at, (n, mean, rate) in enumerate(model.get("calibration", ()), 1)
    ]
    if why := manifest.get("churn_by_rules"):
        rows["churn_by_rules"] = [{"why": why}]
    told = {}
    for name, found in rows.items():
        if found:
            engine.register(f"told_{name}", pa.Table.from_pylist(found))
            told[name] = f"FROM told_{name}"
    return told
