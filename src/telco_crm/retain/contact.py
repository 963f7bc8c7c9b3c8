"""The contact policy: who must not be contacted now, and why."""

from __future__ import annotations

import difflib
from collections.abc import Container, Mapping
from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import literal, number
from telco_crm.labels import text
from telco_crm.measures import cash_sql, tells_payments, unpaid_sql
from telco_crm.retain.arms import places
from telco_crm.rules import Model, Wording, line_of
from telco_crm.schema import tables_in_words

Reason = Literal["opted_out", "complaint", "arrears", "called", "campaign", "account", "quota", "capacity"]
REASONS: tuple[Reason, ...] = get_args(Reason)
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
ANY_COMPLAINT = "SELECT 1 FROM events WHERE kind = 'complaint' LIMIT 1"
HOUR = r"^([01]\d|2[0-3]):[0-5]\d$"


class ContactRules(Model):
    """See rules/contact.toml."""

    days_between: int = Field(ge=0)
    campaign_days: int = Field(ge=0)
    complaint_days: int = Field(ge=0)
    owed_from: float = Field(ge=0)
    one_per_account: bool
    call_from: str = Field(pattern=HOUR)
    call_until: str = Field(pattern=HOUR)
    calling_weekdays: tuple[Weekday, ...] = Field(min_length=1)
    no_calls_on: tuple[date, ...]
    agent_channels: tuple[str, ...]
    calls_per_day: int = Field(ge=0)
    agents: dict[str, Annotated[int, Field(ge=0)]] = {}
    quotas: dict[str, Annotated[int, Field(ge=0)]] = {}
    words: dict[Reason, Wording]

    @model_validator(mode="after")
    def _usable(self) -> ContactRules:
        if self.call_from >= self.call_until:
            raise ValueError(f"call_from {self.call_from} must be before call_until {self.call_until}")
        if missing := [reason for reason in REASONS if reason not in self.words]:
            raise ValueError(f"words has no {', '.join(missing)}")
        if self.agents and not sum(self.agents.values()):
            raise ValueError("agents has no agent in any region")
        return self


def find_exclusions(
    context: RunContext, rules: ContactRules, day: str, campaign: str | None = None
) -> dict[str, list[Reason]]:
    """Make `exclusions` (subscriber_id, reason): whom the policy forbids to contact on `day`, by every reason that
    is about the subscriber alone. Returns the reasons that could not be looked at, by the table that is missing; says
    so itself where a table lacks the column, or bills tell of no payment.

    Contacts of the `campaign` that is planned do not count, those of others for the day or later do. Where none is
    planned, nothing from the day on is known.
    """
    queries = _queries(context, rules, day, campaign)
    needed = _needed(rules, queries)
    _say_missing(context, rules, needed)
    parts = ["SELECT '' AS subscriber_id, '' AS reason LIMIT 0"]
    unknown: dict[str, list[Reason]] = {}
    for (table, reason), sql in queries.items():
        if context.has(table):
            parts.append(f"SELECT DISTINCT subscriber_id, {literal(reason)} AS reason FROM ({sql})")
        else:
            unknown.setdefault(table, []).append(reason)
    if not context.has("subscribers"):
        unknown["subscribers"] += [reason for reason in needed.values() if reason in ("account", "quota")]
    context.create("exclusions", " UNION ALL ".join(f"({part})" for part in parts))
    return unknown


def _queries(context: RunContext, rules: ContactRules, day: str, campaign: str | None) -> dict[tuple[str, Reason], str]:
    """Whom to leave out, by table and reason: SQL for the subscriber_id."""
    on = f"DATE '{day}'"
    known = f"contacted_on < {on}" if campaign is None else f"campaign <> {literal(campaign)}"
    others = f"SELECT subscriber_id FROM contacts WHERE {known} AND contacted_on >= {on} - INTERVAL"
    unpaid = unpaid_sql("total", "coalesce(gift, 0)", f"({cash_sql(on)})")
    queries: dict[tuple[str, Reason], str] = {
        ("subscribers", "opted_out"): "SELECT subscriber_id FROM subscribers WHERE opted_out",
        ("events", "complaint"): (
            f"SELECT subscriber_id FROM events WHERE kind = 'complaint' AND time < {on} "
            f"AND time >= {on} - INTERVAL {rules.complaint_days} DAY AND coalesce(resolved_at >= {on}, true)"
        ),
        ("bills", "arrears"): (
            f"SELECT subscriber_id FROM (SELECT subscriber_id, {unpaid} AS unpaid FROM bills WHERE due_date < {on}) "
            f"WHERE unpaid > 0 GROUP BY subscriber_id HAVING sum(unpaid) >= {number(rules.owed_from)}"
        ),
        ("contacts", "called"): f"{others} {rules.days_between} DAY AND contacted_on < {on} AND arm = 'treated'",
        ("contacts", "campaign"): f"{others} {rules.campaign_days} DAY",
    }
    if context.has("bills") and not tells_payments(context):
        del queries["bills", "arrears"]
    return queries


def _say_missing(context: RunContext, rules: ContactRules, needed: Mapping[tuple[str, str], Reason]) -> None:
    """Say for which reasons a table that is at hand lacks what they look at."""
    if context.has("bills") and not tells_payments(context):
        context.say("no_paid", reason=rules.words["arrears"].text(context.lang))
    for (table, column), reason in needed.items():
        if context.has(table) and not _tells(context, table, column):
            what, words = tables_in_words([table], context.lang), rules.words[reason].text(context.lang)
            context.say("no_column", table=what, column=column, reason=words)
    if context.has("events") and not _tells(context, "events", "resolved_at") and context.engine.rows(ANY_COMPLAINT):
        context.say("no_resolved", days=rules.complaint_days)


def say_unknown(context: RunContext, rules: ContactRules) -> None:
    """Say which contacts are of people whom the subscriber table lacks, and in which regions of the rules nobody is."""
    if not context.has("subscribers"):
        return
    if context.has("contacts"):
        rows = "SELECT c.* FROM contacts c ANTI JOIN subscribers s USING (subscriber_id)"
        if count := context.engine.rows(f"SELECT count(*) FROM ({rows})")[0][0]:
            context.say("unknown_contacts", n=count, places=places(context, rows))
    if not (rules.quotas or rules.agents) or not _tells(context, "subscribers", "region"):
        return
    known = [row[0] for row in context.engine.rows("SELECT DISTINCT region FROM subscribers WHERE region IS NOT NULL")]
    for name, regions in (("quotas", rules.quotas), ("agents", rules.agents)):
        for region in sorted({*regions} - {*known, "*"}):
            path = f"rules.contact.{name}.{region}"
            line = line_of(path, context.source[1]) if context.source else None
            where = text("notes.at_line", context.lang, name=path, line=line) if line else path
            hint = difflib.get_close_matches(region, known, n=1)
            near = text("notes.did_you_mean", context.lang, word=hint[0]) if hint else ""
            context.say("no_region", where=where, region=region, near=near)


def _needed(rules: ContactRules, queries: Container[tuple[str, Reason]]) -> dict[tuple[str, str], Reason]:
    """The columns without which a reason cannot be looked at: (table, column) → reason."""
    needed: dict[tuple[str, str], Reason] = {("subscribers", "opted_out"): "opted_out"}
    if ("bills", "arrears") in queries:
        needed["bills", "due_date"] = "arrears"
    if rules.one_per_account:
        needed["subscribers", "account_id"] = "account"
    if rules.quotas:
        needed["subscribers", "region"] = "quota"
    return needed


def _tells(context: RunContext, table: str, column: str) -> bool:
    """Whether any row of a table has a value in a column."""
    return bool(context.engine.rows(f"SELECT 1 FROM {table} WHERE {column} IS NOT NULL LIMIT 1"))


def words_sql(rules: ContactRules, column: str, lang: str) -> str:
    """SQL for the words of the reason in `column`."""
    cases = " ".join(f"WHEN {literal(r)} THEN {literal(rules.words[r].text(lang))}" for r in REASONS)
    return f"CASE {column} {cases} END"


def order_sql(column: str) -> str:
    """SQL for the place of the reason in `column` in the order of the rules."""
    return f"list_position([{', '.join(map(literal, REASONS))}], {column})"
