"""The jobs of campaigns: plan one, turn pseudonyms back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from telco_crm.engine.base import Engine
from telco_crm.engine.sql import identifier, literal
from telco_crm.errors import TelcoError
from telco_crm.labels import text
from telco_crm.manifest import write_manifest
from telco_crm.output.staging import OutputFile, OutputFolder
from telco_crm.output.writers import FORMATS, OutputStyle, write_sheets, write_table
from telco_crm.results import Clock, Inputs, Result, described, manifest, result_of
from telco_crm.retain.campaign import Plan, plan_campaign
from telco_crm.retain.catalogue import say_unserved
from telco_crm.retain.priority import CANDIDATES
from telco_crm.retain.pseudonym import Pseudonyms
from telco_crm.retain.reveal import reveal_file
from telco_crm.retain.uplift.exports import use_uplift
from telco_crm.rulebook import check_rules
from telco_crm.run import MANIFEST, analyses_for
from telco_crm.schema import load_schema
from telco_crm.session import Settings, analyse, loaded

FOR_PEOPLE = ("csv", "xlsx")  # formats in which all codes are written in words
ARM, STRATUM, TIER = "arm", "stratum", "tier"
SHEETLESS = re.compile(r"[\[\]:*?/\\]+")  # characters that the title of a sheet must not hold


@dataclass(frozen=True)
class Lists:
    """How the lists are written: the style, the column the call list is split by, and the key of pseudonyms."""

    style: OutputStyle
    split: str | None = None
    key: bytes | None = None


def run_plan(inputs: Inputs, settings: Settings, out: Path, plan: Plan, lists: Lists) -> Result:
    """Plan a campaign: call list, roster, contacts table and exclusions into the folder `out`.

    Raises:
        TelcoError: before anything in `out` was touched.
    """
    clock = Clock()
    check_rules(settings.config)
    with (
        OutputFolder(out) as folder,
        loaded(*inputs, settings, _rejects(folder, lists)) as data,
    ):
        context, impossible = analyse(data, [*analyses_for("retention")[:-1], CANDIDATES])
        if not context.has("candidates", "bills"):
            why = impossible.get("candidates", "there are no bills") if context.has("bills") else "there are no bills"
            raise TelcoError(f"campaign plan: nothing was written ({why})")
        if model := settings.extra.get("uplift_model"):
            use_uplift(context, model)
        facts = plan_campaign(context, plan)
        say_unserved(context, "calls")
        result = result_of(data, context, impossible)
        result.facts["campaign"] = facts
        if lists.key:
            _add_pseudonyms(data.engine, lists.key)
        files = write_lists(data.engine, folder.stage, lists)
        result.rows = {name: rows for name, rows in files.items() if rows is not None}
        if not lists.key:
            files |= {f"rejects/{table}.csv": kept.count for table, kept in data.rejects.items()}
        result.seconds = clock.seconds
        content = manifest("campaign plan", clock, result, data)
        content["outputs"] = [described(folder.stage / file, file, rows) for file, rows in files.items()]
        write_manifest(folder.stage / MANIFEST, content)
        folder.commit(last=MANIFEST)
    return result


def reveal(source: Path, target: str, key: bytes) -> int:
    """Copy a list with the identifiers in place of its pseudonyms; how many rows.

    Raises:
        InputError: no such file or column, or a pseudonym of another key; with its line.
    """
    with OutputFile(target, source.absolute().parent) as file:
        count = reveal_file(source, file.temp, Pseudonyms(key))
        file.commit()
    return count


def _rejects(folder: OutputFolder, lists: Lists) -> Path | None:
    """Where rejected rows go: nowhere beside pseudonyms, since they hold the identifiers as they were exported."""
    return None if lists.key else folder.stage / "rejects"


def _add_pseudonyms(engine: Engine, key: bytes) -> None:
    """Put pseudonyms in place of the identifiers of all lists."""
    names = Pseudonyms(key)
    known = [row[0] for row in engine.rows("SELECT subscriber_id FROM roster")]
    engine.register("pseudonyms", pd.DataFrame({"subscriber_id": known, "pseudonym": [names.of(i) for i in known]}))
    for table in ("roster", "calls", "contacts_made"):
        query = f"SELECT * EXCLUDE (pseudonym) REPLACE (pseudonym AS subscriber_id) FROM {table}"
        engine.run(f"CREATE OR REPLACE TABLE {table} AS {query} JOIN pseudonyms USING (subscriber_id)")


def write_lists(engine: Engine, folder: Path, lists: Lists) -> dict[str, int | None]:
    """Write the lists of a campaign that was planned into `folder`: file → rows."""
    ending, style = FORMATS[lists.style.format], lists.style
    files: dict[str, int | None] = dict(_write_calls(engine, folder, lists))
    roster = "FROM roster ORDER BY rank NULLS LAST, subscriber_id"
    others = {
        "roster": ("roster", roster, style),
        "exclusions": ("exclusions", "FROM exclusion_counts ORDER BY place", style),
        "contacts": ("contacts", "FROM contacts_made ORDER BY subscriber_id", OutputStyle()),
    }
    for name, (schema, sql, how) in others.items():
        file = name + (".csv" if name == "contacts" else ending)
        files[file] = write_table(engine, in_words(sql, schema, how), folder / file, load_schema(schema), how)
    return files


def in_words(sql: str, table: str, style: OutputStyle) -> str:
    """Query `sql` with the codes of a list in Chinese words, if that is the language. Programs, which read the other
    formats, find the codes as they are, but for the arms.
    """
    if style.lang != "zh":
        return sql
    columns = load_schema(table).columns
    named = {name: c.values for name, c in columns.items() if c.values and (style.format in FOR_PEOPLE or name == ARM)}
    words = {name: _cases(identifier(name), values) for name, values in named.items()}
    if STRATUM in columns and TIER in named:  # a fifth and a policy band
        band = _cases(f"split_part({STRATUM}, ' ', 2)", named[TIER])
        words[STRATUM] = f"split_part({STRATUM}, ' ', 1) || ' ' || {band}"
    replaced = ", ".join(f"{value} AS {identifier(name)}" for name, value in words.items())
    return f"SELECT * REPLACE ({replaced}) FROM ({sql})" if replaced else sql


def _cases(value: str, words: Mapping[str, Sequence[str]]) -> str:
    cases = " ".join(f"WHEN {literal(code)} THEN {literal(said[0])}" for code, said in words.items())
    return f"CASE {value} {cases} ELSE {value} END"


def _write_calls(engine: Engine, folder: Path, lists: Lists) -> dict[str, int]:
    """The call list: one file, or with `split` a file or sheet for each value."""
    ending, style, schema = FORMATS[lists.style.format], lists.style, load_schema("calls")
    if not lists.split:
        file = f"calls{ending}"
        sql = in_words("FROM calls ORDER BY rank", "calls", style)
        return {file: write_table(engine, sql, folder / file, schema, style)}
    column = identifier(lists.split)
    values = [
        row[0] for row in engine.rows(f"SELECT DISTINCT coalesce({column}::VARCHAR, '') AS v FROM calls ORDER BY v")
    ]
    part = f"FROM calls WHERE coalesce({column}::VARCHAR, '') = "
    queries = {value: in_words(f"{part}{literal(value)} ORDER BY rank", "calls", style) for value in values}
    names = _names(values, text(f"effect.no_{lists.split}", style.lang))
    if style.format == "xlsx":
        sheets = {names[value]: sql for value, sql in queries.items()} or {
            (schema.zh if style.lang == "zh" else schema.en): "FROM calls"
        }
        return {f"calls{ending}": write_sheets(engine, sheets, folder / f"calls{ending}", schema, style)}
    return {
        f"calls-{names[value]}{ending}": write_table(
            engine, sql, folder / f"calls-{names[value]}{ending}", schema, style
        )
        for value, sql in queries.items()
    }


def _names(values: list[str], nothing: str) -> dict[str, str]:
    """A name for each value that fits a file and a sheet, `nothing` for an empty one; values that would share one get a
    number.
    """
    names: dict[str, str] = {}
    for value in values:
        base = SHEETLESS.sub("_", value).strip(" .'")[:24] or nothing
        name, number = base, 1
        while name.lower() in {n.lower() for n in names.values()}:
            number += 1
            name = f"{base}_{number}"
        names[value] = name
    return names
