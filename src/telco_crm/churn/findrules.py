"""Rules of the practice's kind found in the history and tested on later months, beside the expert rules."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from telco_crm.analysis import Analysis, RunContext
from telco_crm.churn.dataset import check_signals, outcomes_at, past_cutoffs, query, rule_hits
from telco_crm.churn.known import SOURCES
from telco_crm.churn.rulefind import Strength, find_rules, strength
from telco_crm.churn.rules import ChurnRules
from telco_crm.errors import CannotCompute
from telco_crm.months import Month

NOTHING = Strength(0, 0, float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True)
class _Rows:
    """People of some cut-offs: what rules may ask (`asked`), which expert rules hold, who left."""

    asked: pd.DataFrame
    hits: pd.DataFrame
    outcome: np.ndarray


def compute_rules(context: RunContext) -> None:
    """Make `churn_rules`: rules found on all past cut-offs but the last and the expert rules, each with its strength
    there and on the last one, and how many subscribers it marks now.

    Raises:
        CannotCompute: no past cut-off has enough leavers.
    """
    rules = context.rules(ChurnRules, "churn")
    check_signals(context, rules)
    cutoffs = past_cutoffs(context, rules)
    if not context.has("subscribers") or not cutoffs:
        raise CannotCompute("there is no past month whose outcome is known")
    early, late = (cutoffs[:-1], cutoffs[-1:]) if len(cutoffs) > 1 else (cutoffs, [])
    if not late:
        context.say("rules_one_cutoff")
    seen = _rows(context, rules, early)
    if min(seen.outcome.sum(), len(seen.outcome) - seen.outcome.sum()) < rules.minimum_leavers:
        raise CannotCompute(
            f"the history holds only {int(seen.outcome.sum())} leavers; rules need at least {rules.minimum_leavers}"
        )
    later = _rows(context, rules, late) if late else None
    search = rules.rule_search
    least = max(search.least_rows, round(search.least_share * len(seen.outcome)))
    found = find_rules(seen.asked, seen.outcome, search.rules, least, context.seed)
    now = context.engine.frame(query(context, search.sql(), context.as_of))
    hits_now = rule_hits(context, rules, context.as_of)
    rows = [
        _row("found", search.words(rule, context.lang), search.condition(rule), rule.holds(seen.asked), seen)
        | _later(rule.holds(later.asked) if later else None, later)
        | {"marked_now": int(rule.holds(now).sum())}
        for rule in found
    ]
    for at, expert in enumerate(rules.every_rule()):
        words = expert.zh if context.lang == "zh" else expert.en
        held = [part.hits[f"r{at}"].to_numpy() > 0 if part else None for part in (seen, later)]
        rows.append(
            _row("expert", words, expert.when, held[0], seen)
            | _later(held[1], later)
            | {"marked_now": int((hits_now[f"r{at}"] > 0).sum())}
        )
    context.engine.register("found_rules", pd.DataFrame([{"rule_no": n, **row} for n, row in enumerate(rows, 1)]))
    context.create("churn_rules", "SELECT * FROM found_rules")


def _rows(context: RunContext, rules: ChurnRules, cutoffs: list[Month]) -> _Rows:
    asked, hits, outcomes = [], [], []
    for cutoff in cutoffs:
        outcome = outcomes_at(context, rules, cutoff)
        frame = context.engine.frame(query(context, rules.rule_search.sql(), cutoff)).set_index("subscriber_id")
        both = frame.index.intersection(outcome.index)
        asked.append(frame.loc[both])
        hits.append(rule_hits(context, rules, cutoff).loc[both])
        outcomes.append(outcome.loc[both].to_numpy())
    return _Rows(pd.concat(asked), pd.concat(hits), np.concatenate(outcomes))


def _row(kind: str, words: str, condition: str, marked: object, rows: _Rows) -> dict[str, object]:
    return {
        "kind": kind,
        "rule": words,
        "condition": condition,
        **strength(np.asarray(marked, bool), rows.outcome)._asdict(),
    }


def _later(marked: object, rows: _Rows | None) -> dict[str, object]:
    found = strength(np.asarray(marked, bool), rows.outcome) if rows else NOTHING
    return {f"later_{name}": value for name, value in found._asdict().items()}


def as_toml(rows: list[tuple[str, str]]) -> str:
    """Found rules (condition, words) as flags for telco-crm.toml."""
    parts = [
        f"[[rules.churn.flags]]\nwhen = {json.dumps(condition)}\nen = {json.dumps(words, ensure_ascii=False)}\n"
        f"zh = {json.dumps(words, ensure_ascii=False)}\n"
        for condition, words in rows
    ]
    return "\n".join(parts)


FOUND_RULES = Analysis(
    "churn rules", ("people", "features", "subscribers"), ("churn_rules",), compute_rules, uses=SOURCES
)
