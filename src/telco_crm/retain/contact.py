"""The contact policy: who must not be contacted now, and why."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from telco_crm.analysis import RunContext
from telco_crm.engine.sql import literal, number
from telco_crm.rules import Model, Wording
from telco_crm.schema import tables_in_words

Reason = Literal["opted_out", "complaint", "arrears", "called", "campaign", "account", "quota", "capacity"]
REASONS: tuple[Reason, ...] = get_args(Reason)
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
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


def find_exclusions(context: RunContext, rules: ContactRules, campaign: str, day: str) -> None:
    """Make `exclusions` (subscriber_id, reason): whom the policy forbids to contact on `day`, by every reason that
    is about the subscriber alone; notes what could not be looked at.
    """
    on = f"DATE '{day}'"
    earlier = f"contacted_on < {on} AND campaign <> {literal(campaign)} AND contacted_on >= {on} - INTERVAL"
    unpaid = f"due_date < {on} AND coalesce(paid, 0) < total AND coalesce(paid_on < {on}, true)"
    queries: dict[tuple[str, Reason], str] = {
        ("subscribers", "opted_out"): "SELECT subscriber_id FROM subscribers WHERE opted_out",
        ("events", "complaint"): (
            f"SELECT subscriber_id FROM events WHERE kind = 'complaint' AND time < {on} "
            f"AND time >= {on} - INTERVAL {rules.complaint_days} DAY AND coalesce(resolved_at >= {on}, true)"
        ),
        ("bills", "arrears"): (
            f"SELECT subscriber_id FROM bills WHERE {unpaid} GROUP BY subscriber_id "
            f"HAVING sum(total - coalesce(paid, 0)) >= {number(rules.owed_from)}"
        ),
        ("contacts", "called"): (
            f"SELECT subscriber_id FROM contacts WHERE arm = 'treated' AND {earlier} {rules.days_between} DAY"
        ),
        ("contacts", "campaign"): f"SELECT subscriber_id FROM contacts WHERE {earlier} {rules.campaign_days} DAY",
    }
    parts = ["SELECT '' AS subscriber_id, '' AS reason LIMIT 0"]
    for (table, reason), sql in queries.items():
        if context.has(table):
            parts.append(f"SELECT DISTINCT subscriber_id, {literal(reason)} AS reason FROM ({sql})")
        else:
            words = rules.words[reason].text(context.lang)
            context.say("campaign_no_table", table=tables_in_words([table], context.lang), reason=words)
    context.create("exclusions", " UNION ALL ".join(f"({part})" for part in parts))


def words_sql(rules: ContactRules, column: str, lang: str) -> str:
    """SQL for the words of the reason in `column`."""
    cases = " ".join(f"WHEN {literal(r)} THEN {literal(rules.words[r].text(lang))}" for r in REASONS)
    return f"CASE {column} {cases} END"


def order_sql(column: str) -> str:
    """SQL for the place of the reason in `column` in the order of the rules."""
    return f"list_position([{', '.join(map(literal, REASONS))}], {column})"
