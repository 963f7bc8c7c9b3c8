"""The audit: what does not fit together in the exports (domain section 7, checks)."""

from __future__ import annotations

from string import Template
from typing import Literal

from pydantic import Field

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import literal, number
from telco_crm.market.evidence import ALIASES, months_known, of_subscribers, over_all
from telco_crm.market.overlaps import find_repeats, name_repeats, note_shared
from telco_crm.measures import check_sql
from telco_crm.rules import Model

SEVERITIES = ("notice", "warning", "serious")


class Check(Model):
    """One check; see rules/audit.toml."""

    severity: Literal["notice", "warning", "serious"]
    en: str
    zh: str
    over: Literal["months", "records", "files", "rejects", "calendar", "overlaps"]
    of: str
    when: str
    needs: tuple[Literal["usage", "bills", "subscribers", "events"], ...] = ()
    detail: str = "''"

    @property
    def wanted(self) -> tuple[str, ...]:
        """The tables without which the check cannot be made."""
        return (*self.needs, "subscribers") if self.over == "records" else self.needs


class AuditRules(Model):
    """The checks, and the limits that their conditions name with a $."""

    examples: int = Field(ge=0)
    suspension_days: int = Field(ge=1)
    difference_money: float = Field(ge=0)
    difference_share: float = Field(ge=0)
    checks: dict[str, Check]


def prepare(context: RunContext) -> None:
    """Note what all subscribers and files together tell."""
    months_known(context)
    note_shared(context)


def compute_evidence(context: RunContext) -> None:
    """Make `audit_months`, `audit_records` and, from them, `audit_findings` and `audit_counts` of the checks of
    subscribers.
    """
    rules = context.rules(AuditRules, "audit")
    of_subscribers(context)
    find_repeats(context)
    checks = {
        name: check
        for name, check in rules.checks.items()
        if check.over in ("months", "records") and context.has(*check.wanted)
    }
    make_findings(context, rules, checks, "audit")


def compute_audit(context: RunContext) -> None:
    """Make `audit`: a row for every check, with counts and examples."""
    rules = context.rules(AuditRules, "audit")
    over_all(context)
    name_repeats(context)
    checks = {n: c for n, c in rules.checks.items() if c.over not in ("months", "records")}
    make_findings(context, rules, checks, "audit_files")
    names = ", ".join(_row(context, i, name, check) for i, (name, check) in enumerate(rules.checks.items()))
    context.create("audit", _summary(names, rules.examples, context.has("bills", "usage")))
    if unmade := [name for name, check in rules.checks.items() if _missing(context, check)]:
        context.say("unmade", names=", ".join(unmade))


def make_findings(context: RunContext, rules: AuditRules, checks: dict[str, Check], name: str) -> None:
    """Make tables NAME_findings (check_id, who, month, n, detail) and NAME_counts (check_id, checked) of `checks`."""
    limits = {
        "start": f"DATE '{context.as_of.start}'",
        "end": f"DATE '{context.as_of.end}'",
        "suspension_days": str(rules.suspension_days),
        "difference_money": number(rules.difference_money),
        "difference_share": number(rules.difference_share),
    }
    found = ["SELECT '' AS check_id, '' AS who, '' AS month, 0::BIGINT AS n, '' AS detail LIMIT 0"]
    counts = ["SELECT '' AS check_id, 0::BIGINT AS checked LIMIT 0"]
    for check_id, check in checks.items():
        of, when, detail = (Template(text).substitute(limits) for text in (check.of, check.when, check.detail))
        at = ALIASES[check.over]
        parts = {f"checks.{check_id}.{key}": sql for key, sql in (("of", of), ("when", when), ("detail", detail))}
        check_sql(context, "audit", parts, f"audit_{check.over} {at}")
        source = f"FROM audit_{check.over} {at} WHERE ({of})"
        found.append(
            f"SELECT {literal(check_id)}, {at}.who, {at}.month, {at}.n, coalesce(CAST({detail} AS VARCHAR), '') "
            f"{source} AND ({when})"
        )
        counts.append(f"SELECT {literal(check_id)}, coalesce(sum({at}.n), 0)::BIGINT {source}")
    context.create(f"{name}_findings", " UNION ALL ".join(f"({sql})" for sql in found))
    context.create(f"{name}_counts", " UNION ALL ".join(f"({sql})" for sql in counts))


def _row(context: RunContext, number: int, name: str, check: Check) -> str:
    """A check as a row of the table `checks` of `_summary`."""
    title = check.zh if context.lang == "zh" else check.en
    texts = (literal(text) for text in (name, title, check.severity))
    of_subscribers = str(check.over in ("months", "records")).lower()
    weight = SEVERITIES.index(check.severity)
    return f"({number}, {', '.join(texts)}, {weight}, {literal(_missing(context, check))}, {of_subscribers})"


def _missing(context: RunContext, check: Check) -> str:
    return ", ".join(table for table in dict.fromkeys(check.wanted) if not context.has(table))


def _summary(names: str, examples: int, compared: bool) -> str:
    differences = (
        "SELECT quantile_cont(difference, 0.05) AS difference_low, median(difference) AS difference_median, "
        "quantile_cont(difference, 0.95) AS difference_high FROM audit_months"
        if compared
        else "SELECT NULL::DOUBLE AS difference_low, NULL::DOUBLE AS difference_median, NULL::DOUBLE AS difference_high"
    )
    only = ", ".join(
        f"CASE WHEN c.check_id = 'bill_differs' THEN d.{column}::DOUBLE END AS {column}"
        for column in ("difference_low", "difference_median", "difference_high")
    )
    quoted = "concat_ws(' ', who, nullif(month, ''), CASE WHEN detail <> '' THEN '(' || detail || ')' END)"
    return f"""
        WITH checks(no, check_id, title, severity, weight, missing, of_subscribers) AS (VALUES {names}),
        findings AS (FROM audit_findings UNION ALL FROM audit_files_findings),
        counts AS (SELECT check_id, sum(checked) AS checked
                   FROM (FROM audit_counts UNION ALL FROM audit_files_counts) GROUP BY check_id),
        sums AS (SELECT check_id, sum(n) AS findings, count(DISTINCT who) AS subscribers FROM findings
                 GROUP BY check_id),
        first AS (SELECT check_id, string_agg({quoted}, '; ' ORDER BY who, month, detail) AS examples
                  FROM (FROM findings QUALIFY row_number()
                        OVER (PARTITION BY check_id ORDER BY who, month, detail) <= {examples})
                  GROUP BY check_id)
        SELECT c.no, c.check_id, c.title, c.severity, c.weight,
               CASE WHEN c.missing <> '' THEN 'not checked' WHEN s.findings > 0 THEN 'found' ELSE 'clean' END AS result,
               CASE WHEN c.missing = '' THEN coalesce(s.findings, 0) END AS findings,
               CASE WHEN c.missing = '' AND c.of_subscribers THEN coalesce(s.subscribers, 0) END AS subscribers,
               n.checked, (coalesce(s.findings, 0) / nullif(n.checked, 0))::DOUBLE AS share, {only},
               CASE WHEN c.missing <> '' THEN 'needs ' || c.missing ELSE coalesce(f.examples, '') END AS examples
        FROM checks c LEFT JOIN counts n USING (check_id) LEFT JOIN sums s USING (check_id)
        LEFT JOIN first f USING (check_id) CROSS JOIN ({differences}) d"""


AUDIT = Analysis(
    "audit",
    ("people", "features"),
    ("audit",),
    compute=prepare,
    uses=("bills", "subscribers", "events"),
    each=compute_evidence,
    makes=("audit_months", "audit_findings", "audit_counts", "usage_repeats"),
    finish=compute_audit,
)
