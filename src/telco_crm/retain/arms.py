"""Who was in a campaign: one row per subscriber with arm, day and cost; and what is wrong with the contacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import literal
from telco_crm.errors import InputError
from telco_crm.ingest.load import FileReport
from telco_crm.ingest.told import contact_files
from telco_crm.labels import text
from telco_crm.rules import Model, Wording

SHOWN = 5  # lines that are named


class EffectRules(Model):
    """See rules/effect.toml."""

    days: int = Field(ge=31)
    bill_back: float = Field(gt=0)
    broad_contacts: int = Field(ge=1)
    mid_high: float = Field(ge=0)
    high: float = Field(ge=0)
    minimum_segment: int = Field(ge=2)
    imbalance: float = Field(gt=0)
    permutations: int = Field(ge=99)
    measures: dict[str, Wording]

    @property
    def months(self) -> int:
        """Whole months that are looked at."""
        return self.days // 30


@dataclass(frozen=True)
class Known:
    """Of whom something is known: the engine table `people` (subscriber_id, left_on), what it is called, and whether
    the time of an outcome has not ended, as SQL over `day`, `subscriber_id` and `left_on`.
    """

    people: str
    words: str
    is_open: str


def find_members(context: RunContext, name: str, known: Known) -> list[str]:
    """Make `arms` of the contacts of campaign `name`: subscriber_id, treated, day, cost, left_on and is_open (whether
    the time of the outcome has not ended); what was found wrong with them, in words.

    Raises:
        InputError: there is no such campaign, or nobody in one of the arms.
    """
    found = context.engine.rows("SELECT DISTINCT campaign FROM contacts ORDER BY campaign")
    if (name,) not in found:
        names = text("effect.comma", context.lang).join(row[0] for row in found)
        raise InputError(text("effect.no_campaign", context.lang, name=name, names=names))
    context.create(
        "members",
        f"""
        SELECT c.subscriber_id, bool_or(arm = 'treated') AS treated, count(DISTINCT arm) > 1 AS is_both,
               min(contacted_on) AS day, sum(greatest(coalesce(cost, 0), 0))::DOUBLE AS cost, any_value(p.left_on) AS
               left_on, any_value(p.subscriber_id) IS NULL AS is_unknown, min(cost) < 0 AS is_negative,
               coalesce(any_value(p.left_on) < min(contacted_on), false) AS is_gone
        FROM contacts c LEFT JOIN {known.people} p USING (subscriber_id) WHERE campaign = {literal(name)}
        GROUP BY c.subscriber_id""",
    )
    context.create(
        "arms",
        f"SELECT subscriber_id, treated, day, cost, left_on, coalesce({known.is_open}, false) AS is_open FROM members "
        "WHERE NOT is_both AND NOT is_unknown AND NOT is_gone",
    )
    troubles = _troubles(context, name, known)
    counts = dict(context.engine.rows("SELECT treated, count(*) FROM arms GROUP BY treated"))
    for arm, key in ((True, "treated"), (False, "control")):
        if not counts.get(arm):
            where = places(context, f"SELECT * FROM contacts WHERE campaign = {literal(name)}")
            words = text(f"effect.{key}", context.lang)
            what = text("effect.no_arm", context.lang, name=name, arm=words, places=where)
            raise InputError([what, *troubles])
    return troubles


def mixed(context: RunContext, rules: EffectRules, name: str) -> list[str]:
    """What is to be said of arms that were not treated as they were drawn: treated who were not reached, control
    subscribers who were; and of those whom other campaigns contacted, or keep as control, within the days.
    """
    this, within = literal(name), f"INTERVAL {rules.days} DAY"
    after = f"c.contacted_on >= a.day AND c.contacted_on < a.day + {within}"
    cases = {
        "unreached": f"a.treated AND c.campaign = {this} AND NOT c.reached",
        "reached": f"NOT a.treated AND c.campaign = {this} AND (c.reached OR c.accepted)",
        "meddled": f"NOT a.treated AND c.campaign <> {this} AND c.arm = 'treated' AND {after}",
        "doubled": f"a.treated AND c.campaign <> {this} AND c.arm = 'treated' AND {after}",
        # The contact of this campaign lies within the days of the other one.
        "spoiled": f"a.treated AND c.campaign <> {this} AND c.arm = 'control' AND c.contacted_on <= a.day "
        f"AND c.contacted_on + {within} > a.day",
    }
    counts = dict(context.engine.rows("SELECT treated, count(*) FROM arms GROUP BY treated"))
    found = []
    for key, where in cases.items():
        sql = f"FROM contacts c JOIN arms a USING (subscriber_id) WHERE {where}"
        who = context.engine.rows(f"SELECT count(DISTINCT subscriber_id) {sql}")[0][0]
        if not who:
            continue
        others = context.engine.rows(f"SELECT campaign, count(DISTINCT subscriber_id) {sql} GROUP BY ALL ORDER BY ALL")
        names = text("effect.comma", context.lang).join(f'"{campaign}" {n:,}' for campaign, n in others)
        of, where = counts[key not in ("reached", "meddled")], places(context, f"SELECT c.* {sql}")
        found.append(text(f"effect.{key}", context.lang, n=who, all=of, names=names, places=where))
    return found


def places(context: RunContext, rows: str, file: str = "") -> str:
    """The files and lines of rows (a query with line, and with file_no if they are contacts and not all of one `file`),
    the first few of them.
    """
    known = not file and context.has("contact_files")
    files = dict(context.engine.rows("SELECT file_no, file FROM contact_files")) if known else {}
    count = context.engine.rows(f"SELECT count(*) FROM ({rows})")[0][0]
    which = "NULL" if file else "file_no"
    found = context.engine.rows(f"SELECT {which}, line FROM ({rows}) ORDER BY ALL LIMIT {SHOWN}")
    by_file: dict[str, list[str]] = {}
    for number, line in found:
        by_file.setdefault(files.get(number, file or "contacts"), []).append(str(line))
    words = [text("effect.lines", context.lang, file=name, lines=", ".join(lines)) for name, lines in by_file.items()]
    more = [text("effect.more", context.lang, n=count - SHOWN)] if count > SHOWN else []
    return "; ".join([*words, *more])


def name_files(context: RunContext, reports: Sequence[FileReport]) -> None:
    """Make `contact_files`, by which `places` names the files of contacts, where reading has not made it."""
    context.engine.register("contact_files", contact_files(reports))
    context.tables.add("contact_files")


def _troubles(context: RunContext, name: str, known: Known) -> list[str]:
    """What is wrong with members, each with the lines of its contacts."""
    found = []
    for key, where in (("unknown", known.words), ("both", ""), ("gone", ""), ("negative", "")):
        count = context.engine.rows(f"SELECT count(*) FROM members WHERE is_{key}")[0][0]
        if not count:
            continue
        cost = " AND c.cost < 0" if key == "negative" else ""
        rows = (
            f"SELECT c.* FROM contacts c JOIN members m USING (subscriber_id) WHERE m.is_{key} AND c.campaign = "
            f"{literal(name)}{cost}"
        )
        found.append(text(f"effect.{key}", context.lang, n=count, where=where, places=places(context, rows)))
    return found
