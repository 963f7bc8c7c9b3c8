"""Value tiers by recency, frequency and money, business contribution and loyalty; VIP levels; who moved between tiers
(domain section 8).
"""

from __future__ import annotations

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import literal, number
from telco_crm.measures import check_sql, lags_sql
from telco_crm.months import Month
from telco_crm.signs import any_sql, sign_parts, words_sql
from telco_crm.value.profile import before
from telco_crm.value.rules import DIMENSIONS, Measure, ValueRules

WARNING = "churn_warning"
FACT = "value_cuts"  # measure → cut points, in RunContext.facts


def find_cuts(context: RunContext) -> None:
    """Check the rules and make `value_cuts`: the cut points, taken from the data where the rules name quantiles.

    Raises:
        RuleError: SQL of the rules does not run.
    """
    rules = context.rules(ValueRules, "value")
    source = f"profile p {lags_sql(context.as_of)}"
    _check(context, rules, source)
    sampled = {name: measure for name, measure in rules.measures.items() if measure.quantiles}
    found = {name: measure.cuts for name, measure in rules.measures.items() if not measure.quantiles}
    if sampled:
        columns = [f"quantile_disc(CAST({m.sql} AS DOUBLE), {list(m.quantiles)})" for m in sampled.values()]
        row = context.engine.rows(f"SELECT {', '.join(columns)} FROM {source}")[0]
        found |= {name: tuple(sorted(set(cuts or ()))) for name, cuts in zip(sampled, row, strict=True)}
    context.facts[FACT] = {name: found[name] for name in rules.measures}
    lines = [
        f"({n}, {literal(m.dimension)}, {literal(name)}, {literal(m.zh if context.lang == 'zh' else m.en)}, "
        f"{literal('quantile' if m.quantiles else 'fixed')}, {m.low_is_good}, {i}, {number(cut)}::DOUBLE)"
        for n, (name, m) in enumerate(rules.measures.items())
        for i, cut in enumerate(found[name], 1)
    ]
    names = "measure_no, dimension, measure, label, kind, low_is_good, cut_no, cut"
    context.create("value_cuts", f"SELECT * FROM (VALUES {', '.join(lines)}) v({names})")


def compute_tiers(context: RunContext) -> None:
    """Make `value_tiers` of the as-of month, and `tiers_before` of the month it is compared with."""
    rules = context.rules(ValueRules, "value")
    context.create("value_tiers", tiers_sql(context, rules, "profile", context.as_of))
    earlier = before(context, rules)
    if earlier:
        context.create("tiers_before", tiers_sql(context, rules, "profile_before", earlier))


def tiers_sql(context: RunContext, rules: ValueRules, profile: str, month: Month) -> str:
    """Query for the tiers of everybody in table `profile`, which is of `month`."""
    lang, lags = context.lang, lags_sql(month)
    *others, last = rules.tiers
    tier = _chosen([(any_sql(t.signs), literal(t.name)) for t in others], literal(last.name))
    reason = _chosen([(f"tier = {literal(t.name)}", words_sql(t.signs, lang)) for t in others], "''")
    return f"""
        SELECT *, {rules.label_sql("tier", lang)} AS tier_name, warning <> '' AS warned,
               CASE WHEN warning <> '' THEN {literal(WARNING)} ELSE tier END AS list_tier
        FROM (SELECT s.*, {tier} AS tier, {reason} AS reason, {words_sql(rules.warnings, lang)} AS warning,
                     p.arpu, p.arpu_mean, p.months_on_network, {_vip(rules)}
              FROM ({_scores(context, rules, profile, lags)}) s JOIN {profile} p USING (subscriber_id) {lags})"""


def compare_tiers(context: RunContext) -> None:
    """Make `tier_migration`, and say what the tiers do without."""
    if not context.has("events"):
        context.say("no_warnings")
    known = context.has("tiers_before")
    if not known:
        months = context.rules(ValueRules, "value").migration_months
        context.say("no_migration", month=context.as_of.back(months))
    earlier = "tiers_before" if known else "(SELECT * FROM value_tiers LIMIT 0)"
    context.create(
        "tier_migration",
        f"""
        SELECT from_tier, to_tier, count(*) AS subscribers,
               count(*) / sum(count(*)) OVER (PARTITION BY from_tier) AS share_of_from,
               avg(arpu_from)::DOUBLE AS arpu_from, avg(arpu_to)::DOUBLE AS arpu_to
        FROM (SELECT coalesce(b.tier, 'new') AS from_tier, coalesce(t.tier, 'lost') AS to_tier,
                     b.arpu AS arpu_from, t.arpu AS arpu_to
              FROM {earlier} b FULL JOIN value_tiers t USING (subscriber_id) WHERE {known})
        GROUP BY from_tier, to_tier""",
    )


def _scores(context: RunContext, rules: ValueRules, profile: str, lags: str) -> str:
    cuts = context.facts[FACT]
    each = ", ".join(f"{_score(m, cuts[name])} AS {name}_score" for name, m in rules.measures.items())
    means = ", ".join(f"list_avg([{', '.join(f'{n}_score' for n in rules.of(d))}]) AS {d}_score" for d in DIMENSIONS)
    known = [(f"{d}_score", number(rules.weights[d])) for d in DIMENSIONS]
    total = " + ".join(f"coalesce({score} * {weight}, 0)" for score, weight in known)
    weights = " + ".join(f"CASE WHEN {score} IS NULL THEN 0 ELSE {weight} END" for score, weight in known)
    return (
        f"SELECT *, ({total}) / nullif({weights}, 0) AS value_score FROM "
        f"(SELECT *, {means} FROM (SELECT p.subscriber_id, {each} FROM {profile} p {lags}))"
    )


def _score(measure: Measure, cuts: tuple[float, ...]) -> str:
    """SQL for 1 to 5 by how many cut points the measure lies above; NULL where it is not known."""
    if not cuts:
        return "NULL::DOUBLE"
    above = " + ".join(f"CAST(({measure.sql}) > {number(cut)} AS INTEGER)" for cut in cuts)
    step = f"4.0 * ({above}) / {len(cuts)}"
    return f"CAST({f'5 - {step}' if measure.low_is_good else f'1 + {step}'} AS DOUBLE)"


def _chosen(cases: list[tuple[str, str]], otherwise: str) -> str:
    whens = " ".join(f"WHEN {when} THEN {then}" for when, then in cases)
    return f"CASE {whens} ELSE {otherwise} END" if cases else otherwise


def _vip(rules: ValueRules) -> str:
    vip = rules.vip
    card = "nullif(p.vip_card, 'none')"
    long_with_us = f"p.brand = {literal(vip.silver_brand)} AND p.months_on_network >= {vip.silver_months}"
    mean = "coalesce(p.arpu_mean, 0)"
    band = f"CASE WHEN {mean} >= {number(vip.high)} THEN 'high' WHEN {mean} >= {number(vip.mid_high)} THEN 'mid_high' "
    level = f"coalesce({card}, CASE WHEN {long_with_us} THEN 'silver' END)"
    return (
        f"{level} AS vip_level, {card} AS vip_card, p.spend_year, "
        f"{level} IS NULL AND coalesce(p.spend_year >= {number(vip.plus_spend)}, false) AS plus, "
        f"CASE WHEN {level} IS NULL THEN {band} ELSE 'mass' END END AS band_without_card"
    )


def _check(context: RunContext, rules: ValueRules, source: str) -> None:
    parts = {f"measures.{name}.sql": f"CAST({measure.sql} AS DOUBLE)" for name, measure in rules.measures.items()}
    check_sql(context, "value", parts, source)
    signs = {k: v for n, t in enumerate(rules.tiers) for k, v in sign_parts(f"tiers.{n}.signs", t.signs).items()}
    scores = [*(f"{name}_score" for name in rules.measures), *(f"{d}_score" for d in DIMENSIONS), "value_score"]
    known = ", ".join(f"1.0::DOUBLE AS {name}" for name in scores)
    check_sql(
        context, "value", signs | sign_parts("warnings", rules.warnings), f"{source} CROSS JOIN (SELECT {known}) s"
    )


TIERS = Analysis(
    "value tiers",
    ("people", "features", "profile", "bills"),
    ("value_cuts", "value_tiers", "tier_migration"),
    uses=("profile_before",),
    compute=find_cuts,
    each=compute_tiers,
    makes=("value_tiers", "tiers_before"),
    finish=compare_tiers,
)
