"""The audit: what does not fit together in the exports (domain section 7, checks)."""

from __future__ import annotations

from string import Template
from typing import Literal

from pydantic import Field

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import literal, number
from telco_crm.labels import text
from telco_crm.market.evidence import ALIASES, months_known, of_subscribers, over_all
from telco_crm.market.overlaps import find_repeats, name_repeats, note_shared
from telco_crm.measures import check_sql
from telco_crm.rules import Model
from telco_crm.schema import tables_in_words

SEVERITIES = ("notice", "warning", "serious")
OF_SUBSCRIBERS = (
    "months",
    "billed",
    "records",
    "complaints",
)  # relations that every part of the subscribers has its own of


class Check(Model):
    """One check; see rules/audit.toml."""

    severity: Literal["notice", "warning", "serious"]
    en: str
    zh: str
    over: Literal["months", "billed", "records", "complaints", "files", "rejects", "calendar", "overlaps"]
    of: str
    when: str
    needs: tuple[Literal["usage", "bills", "subscribers", "events"], ...] = ()
    detail: str = "''"
    detail_zh: str = ""

    def title(self, lang: str) -> str:
        """What it is called."""
        return self.zh if lang == "zh" else self.en

    def said(self, lang: str) -> str:
        """The SQL of what is said of a finding; that of English where there is no other."""
        return self.detail_zh or self.detail if lang == "zh" else self.detail

    @property
    def wanted(self) -> tuple[str, ...]:
        """The tables without which the check cannot be made."""
        implied = {"records": ("subscribers",), "complaints": ("events",)}.get(self.over, ())
        return (*self.needs, *implied)


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
    """Make the relations of subscribers and, from them, `audit_findings` and `audit_counts` of the checks of
    subscribers.
    """
    rules = context.rules(AuditRules, "audit")
    of_subscribers(context)
    find_repeats(context)
    checks = {
        name: check
        for name, check in rules.checks.items()
        if check.over in OF_SUBSCRIBERS and context.has(*check.wanted)
    }
    make_findings(context, rules, checks, "audit")


def compute_audit(context: RunContext) -> None:
    """Make `audit`: a row for every check, with counts and examples."""
    rules = context.rules(AuditRules, "audit")
    over_all(context)
    name_repeats(context)
    checks = {n: c for n, c in rules.checks.items() if c.over not in OF_SUBSCRIBERS}
    make_findings(context, rules, checks, "audit_files")
    names = ", ".join(_row(context, i, name, check) for i, (name, check) in enumerate(rules.checks.items()))
    context.create("audit", _summary(names, rules.examples, context.has("bills", "usage")))
    if unmade := [check.title(context.lang) for check in rules.checks.values() if _missing(context, check)]:
        context.say("unmade", names=text("segment.comma", context.lang).join(unmade))


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
        of, when, detail = (
            Template(sql).substitute(limits) for sql in (check.of, check.when, check.said(context.lang))
        )
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
    texts = (literal(word) for word in (name, check.title(context.lang), check.severity))
    of_subscribers = str(check.over in OF_SUBSCRIBERS).lower()
    weight = SEVERITIES.index(check.severity)
    return f"({number}, {', '.join(texts)}, {weight}, {literal(_missing(context, check))}, {of_subscribers})"


def _missing(context: RunContext, check: Check) -> str:
    """Which tables it lacks, in words; empty if none."""
    tables = [table for table in dict.fromkeys(check.wanted) if not context.has(table)]
    words = "、".join if context.lang == "zh" else ", ".join
    named = words(tables_in_words([table], context.lang) for table in tables)
    return text("notes.needs", context.lang, tables=named) if tables else ""


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
               CASE WHEN c.missing <> '' THEN c.missing ELSE coalesce(f.examples, '') END AS examples
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
