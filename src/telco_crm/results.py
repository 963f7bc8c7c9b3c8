"""What a job did: for the summary, and for the manifest beside its outputs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from telco_crm.analysis import RunContext
from telco_crm.engine.base import Engine
from telco_crm.engine.duck import DuckEngine
from telco_crm.engine.workers import LocalWorkers, Workers
from telco_crm.ingest.load import FileReport
from telco_crm.ingest.rejects import RejectFile
from telco_crm.manifest import Hasher, file_hash, versions, write_manifest
from telco_crm.months import Month
from telco_crm.output.staging import OutputFile
from telco_crm.session import Loaded, Settings

Inputs = tuple[Path | None, Mapping[str, Sequence[str]]]


@dataclass
class Result:
    """What a job did: `rows` of each table written; `impossible` says why an analysis could not be made."""

    reports: list[FileReport]
    rejects: dict[str, RejectFile]
    unused: tuple[Path, ...] = ()
    as_of: Month | None = None
    months: list[Month] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    impossible: dict[str, str] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    tables: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)  # for the manifest, as they are
    parameters: dict[str, Any] = field(default_factory=dict)  # of this command alone, for the manifest
    seconds: float = 0.0


class Origin(Protocol):
    """Where results come from, as far as the manifest tells."""

    @property
    def engine(self) -> Engine:
        """What ran the SQL."""

    @property
    def settings(self) -> Settings:
        """What was asked for."""

    @property
    def hasher(self) -> Hasher:
        """What hashes the inputs."""

    @property
    def workers(self) -> Workers:
        """Who did the work."""


@dataclass(frozen=True)
class Here:
    """An origin beside the exports' tables: an engine of its own in this process."""

    engine: Engine
    settings: Settings
    hasher: Hasher

    @property
    def workers(self) -> Workers:
        """The threads of this process."""
        return LocalWorkers(self.engine)


@contextmanager
def opened_here(settings: Settings) -> Iterator[Here]:
    """An engine for a job that reads its own files; the caller refuses Spark in its own words."""
    with (
        DuckEngine(settings.threads, settings.memory_limit, settings.temp_dir) as engine,
        closing(Hasher()) as hasher,
    ):
        yield Here(engine, settings, hasher)


class Clock:
    """When a job began."""

    def __init__(self) -> None:
        self.started = datetime.now(UTC)
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._start


def result_of(data: Loaded, context: RunContext | None = None, impossible: dict[str, str] | None = None) -> Result:
    """The result so far: what was read, and what the analyses had to say."""
    result = Result(data.reports, data.rejects, data.sources.unused, notes=data.notes, impossible=impossible or {})
    if context:
        result.as_of, result.months, result.notes = context.as_of, data.months, [*data.notes, *context.notes]
        for name in ("churn", "segment"):
            if model := context.facts.get(f"{name}_model"):
                result.models[name] = model.checksum
        for name in ("fitted", "strategy_cuts", "churn_by_rules"):
            if fact := context.facts.get(name):
                result.facts[name] = dict(sorted(fact.items())) if name == "fitted" else fact
    return result


def finish(file: OutputFile, table: str, clock: Clock, result: Result, data: Origin) -> None:
    """Put a finished table in place, with its manifest beside it where there is a beside."""
    result.seconds = clock.seconds
    content = manifest(table, clock, result, data)
    content["outputs"] = [described(file.temp, file.target, result.rows[table])]
    file.commit()
    if file.beside:
        with OutputFile(f"{file.target}.manifest.json") as beside:
            write_manifest(beside.temp, content)
            beside.commit()


def described(path: Path, name: str, rows: int | None) -> dict[str, Any]:
    """An output in the manifest: its name, rows, size and hash."""
    return {"file": name, "rows": rows, "bytes": path.stat().st_size, "sha256": file_hash(path)}


def manifest(command: str, clock: Clock, result: Result, data: Origin) -> dict[str, Any]:
    """Everything that is needed to repeat a job and to check its inputs; the outputs are added by the caller."""
    settings = data.settings
    config = settings.config
    return {
        "command": command,
        "started": clock.started.isoformat(timespec="seconds"),
        "seconds": round(result.seconds, 3),
        "versions": versions(),
        "engine": data.workers.name,
        "parameters": {
            "as_of": str(result.as_of) if result.as_of else settings.as_of,
            "seed": settings.seed,
            "lang": settings.lang,
            "max_rejects": settings.max_rejects,
            "top": settings.extra.get("top"),
            "day": settings.extra.get("day"),
            "since": settings.extra.get("since"),
            "alert_state": settings.extra.get("alert_state"),
            **result.parameters,
            "config": str(config.file) if config.file else None,
            "rules": config.rules,
            "features": config.features,
            "vocabulary": config.vocabulary,
            "mappings": {
                table: mapping.model_dump(exclude_defaults=True) for table, mapping in config.mappings.items()
            },
        },
        "inputs": [_input(report, data) for report in result.reports],
        "months": [str(month) for month in result.months],
        "models": result.models,
        "impossible": result.impossible,
        "notes": result.notes,
        **result.facts,
    }


def _input(report: FileReport, data: Origin) -> dict[str, Any]:
    counts = {"read": report.read, "accepted": report.accepted, "rejected": report.rejected}
    size = report.path.stat().st_size if report.size is None else report.size
    digest = report.sha256 or data.hasher.of(report.path)
    return {"table": report.table, "file": report.file, "bytes": size, "sha256": digest, **counts}
