"""Making a sample: draw the world, write its months of traffic and bills, then its people."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv

from telco_crm.schema import INPUT_TABLES
from telco_crm.synth.billing import Ledger
from telco_crm.synth.expected import month_traffic
from telco_crm.synth.export import bills_table, contacts_table, events_table, subscribers_table, usage_table
from telco_crm.synth.happenings import life_events, month_events, payment_events
from telco_crm.synth.history import Events
from telco_crm.synth.options import SampleOptions, SampleReport, check_options
from telco_crm.synth.planting import Planter
from telco_crm.synth.rivals import RivalTally
from telco_crm.synth.setting import Setting
from telco_crm.synth.sinks import CsvSink, ParquetSink, Sink
from telco_crm.synth.staging import DEFECTS, Staging
from telco_crm.synth.traffic import day_traffic
from telco_crm.synth.truth import rejects_table, truth_table
from telco_crm.synth.world import World, make_world

Progress = Callable[[str], None]
MONTHLY = ("usage", "bills")


def generate(out: Path, options: SampleOptions, progress: Progress | None = None) -> SampleReport:
    """Write a sample operator into the folder `out`.

    Files: usage_YYYY-MM and bills_YYYY-MM per month, subscribers, events, contacts (csv or parquet),
    truth.csv, truth_prospects.csv and, where defects are planted, truth_rejects.csv. They appear together when all are
    whole.
    `progress` is told a line per month.

    Raises:
        UsageError: if no sample can be made with `options`.
        OutputError: if `out` cannot be written or holds another sample's files.
    """
    check_options(options)
    begun = time.perf_counter()
    setting = Setting.of(options)
    tell = progress or (lambda _: None)
    with Staging(out, _file_names(setting)) as staging:
        tell(f"Drawing {options.subscribers:,} subscribers")
        writer = _Writer(setting, staging)
        _write_all(make_world(setting), writer, tell)
    return SampleReport(
        rows={table: writer.rows[table] for table in INPUT_TABLES},
        files=tuple(out / name for name in writer.files),
        seconds=time.perf_counter() - begun,
        defects=sum(writer.defects.values()),
    )


def _write_all(world: World, writer: _Writer, tell: Progress) -> None:
    ledger, tally, happened = Ledger(world), RivalTally(world.book), [life_events(world)]
    for month in range(world.setting.timeline.months):
        rows = _write_usage(world, writer, (ledger, tally), month)
        tell(f"{world.setting.timeline.label(month)}: {rows:,} records")
        bills, megabytes = ledger.close(month)
        writer.write("bills", bills_table(world, bills), month)
        happened += [month_events(world, month, megabytes), payment_events(world, bills)]
    writer.write("subscribers", subscribers_table(world))
    writer.write("events", events_table(world, Events.joined(happened)))
    writer.write("contacts", contacts_table(world))
    writer.write_truth(truth_table(world), tally.table(world.setting, world.prospects))


def _write_usage(world: World, writer: _Writer, counts: tuple[Ledger, RivalTally], month: int) -> int:
    """One month's records, day by day."""
    timeline, (ledger, tally) = world.setting.timeline, counts
    traffic, sink = month_traffic(world, month), writer.open("usage", month)
    for day in range(timeline.start(month), timeline.start(month + 1)):
        records = day_traffic(world, traffic, day)
        ledger.add(records)
        tally.add(month, records)
        sink.write(usage_table(world, day, records))
    return writer.close("usage", sink)


class _Writer:
    """Opens the files of a sample in its format and language, and counts what goes into them."""

    def __init__(self, setting: Setting, staging: Staging) -> None:
        self._setting, self._staging = setting, staging
        self._planters: list[tuple[str, str, Planter]] = []
        self.rows: Counter[str] = Counter()
        self.defects: Counter[str] = Counter()
        self.files: list[str] = []

    def open(self, table: str, month: int | None = None) -> Sink:
        """Begin a file of `table`."""
        options = self._setting.options
        name = _file_name(self._setting, table, month)
        self.files.append(name)
        planter = self._planter(table, name, month)
        kind = CsvSink if options.format == "csv" else ParquetSink
        return kind(self._staging.path(name), table, options.lang, planter)

    def close(self, table: str, sink: Sink) -> int:
        """Finish a file; how many rows it has."""
        sink.close()
        self.rows[table] += sink.rows
        return sink.rows

    def write(self, table: str, data: pa.Table, month: int | None = None) -> None:
        """Write a whole file."""
        sink = self.open(table, month)
        sink.write(data)
        self.close(table, sink)

    def write_truth(self, truth: pa.Table, rivals: pa.Table) -> None:
        """Write what is true of the people, of rivals' numbers, and of the rows if any are defective."""
        self._plain("truth.csv", truth)
        self._plain("truth_prospects.csv", rivals)
        for table, _, planter in self._planters:
            planted = sum(len(lines) for lines, _ in planter.found)
            self.defects[table] += planted
            self.rows[table] += planted
        if self._setting.options.dirty:
            self._plain(DEFECTS, rejects_table(self._planters))

    def _plain(self, name: str, data: pa.Table) -> None:
        self.files.append(name)
        pacsv.write_csv(data, self._staging.path(name), pacsv.WriteOptions(quoting_style="none"))

    def _planter(self, table: str, file: str, month: int | None) -> Planter | None:
        options = self._setting.options
        if not options.dirty:
            return None
        planter = Planter(
            rng=self._setting.dice.rng("defects " + table, month or 0),
            defects=self._setting.figures.defects.of(table, options.format),
            share=options.dirty,
            lang=options.lang,
            header=1 if options.format == "csv" else 0,
        )
        self._planters.append((table, file, planter))
        return planter


def _file_names(setting: Setting) -> set[str]:
    """Names of all files of the sample."""
    names = {"truth.csv", "truth_prospects.csv"} | ({DEFECTS} if setting.options.dirty else set())
    for table in INPUT_TABLES:
        months = range(setting.timeline.months) if table in MONTHLY else [None]
        names |= {_file_name(setting, table, month) for month in months}
    return names


def _file_name(setting: Setting, table: str, month: int | None) -> str:
    part = "" if month is None else f"_{setting.timeline.label(month)}"
    return f"{table}{part}.{setting.options.format}"
