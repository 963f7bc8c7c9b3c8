"""Recommendations: the next business of every subscriber, by the group's recommended business, by being like those who
hold it, and by triggers, with reasons and expected value (domain section 13, cross-sell; contact policy of section 10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.sql import identifier, literal, number
from telco_crm.labels import text
from telco_crm.measures import check_sql, lags_sql
from telco_crm.retain.alike import Alike, Scale, fit_products, taken_sql
from telco_crm.retain.contact import ContactRules, find_exclusions, say_unknown, words_sql
from telco_crm.retain.judging import judge
from telco_crm.retain.products import Product, RecommendRules
from telco_crm.schema import tables_in_words
from telco_crm.signs import holds_sql
from telco_crm.signs import words_sql as sign_words_sql

FACT = "recommend"
ORDER = "expected_value DESC, subscriber_id"
NOBODY = Scale((), ())
SAYS = 0.1  # part of the log odds from which an input is named


@dataclass(frozen=True)
class Basis:
    """What everybody is judged by: the scheme of the groups and what it recommends for each, the look-alike models by
    product, and whether any record tells which services are held.
    """

    scheme: str | None = None
    business: dict[int, str] = field(default_factory=dict)
    scale: Scale = NOBODY
    models: dict[str, Alike] = field(default_factory=dict)
    known: bool = False


def prepare(context: RunContext) -> None:
    """Check the rules' SQL, make `account_sizes` (subscriber_id, account_lines) and fit the look-alike models; leave
    context.facts["recommend"], a Basis.

    Raises:
        RuleError: some SQL of the rules does not run.
    """
    rules = context.rules(RecommendRules, "recommend")
    context.create(
        "account_sizes",
        "SELECT subscriber_id, count(*) OVER (PARTITION BY account_id) AS account_lines FROM profile "
        "WHERE account_id IS NOT NULL",
    )
    known = bool(context.has("subscribers") and context.engine.rows("SELECT count(services) FROM subscribers")[0][0])
    model = context.facts.get("segment_model") if context.has("grouped", "groups") else None
    business = dict(context.engine.rows("SELECT group_id, business FROM groups")) if model else {}
    scheme = model.scheme.name if model else None
    context.facts[FACT] = Basis(scheme, business, known=known)
    check_sql(context, "recommend", rules.parts(), _source(context))
    if scheme and not any(scheme in product.groups for product in rules.products):
        context.say("no_business", scheme=scheme)
    scale, models = _fit(context, rules)
    context.facts[FACT] = Basis(scheme, business, scale, models, known)


def propose(context: RunContext) -> None:
    """Make `proposed`: the best product of everybody for whom there is one, and the next best."""
    rules, basis = context.rules(RecommendRules, "recommend"), context.facts[FACT]
    lang, products = context.lang, rules.products
    others = "list_transform(worth, lambda x, i: CASE WHEN i = best THEN -1 ELSE x END)"
    picked = ", ".join(f"{name}[best] AS {name}" for name in ("alike", "lift", "chance", "margin"))
    context.create(
        "chosen_products",
        f"""
        SELECT subscriber_id, best, {picked}, worth[best] AS worth, others[second] AS other_worth,
               CASE WHEN others[second] >= {number(rules.minimum_value)} THEN second END AS second
        FROM (SELECT *, list_position(others, list_max(others)) AS second FROM (
            SELECT *, {others} AS others FROM (
                SELECT *, list_position(worth, list_max(worth)) AS best FROM ({_weighed(context, rules, basis)})
                WHERE list_max(worth) >= {number(rules.minimum_value)})))""",
    )

    def said(key: str, which: str) -> str:
        texts = (literal(str(getattr(p, key))) for p in products)
        return f"([{', '.join(texts)}])[{which}]"

    points = ", ".join(literal(p.talking_points.text(lang)) for p in products)
    reasons = " ".join(f"WHEN {n} THEN {_reason(rules, basis, n, lang)}" for n in range(1, len(products) + 1))
    context.create(
        "proposed",
        f"""
        SELECT p.subscriber_id, p.region, p.account_id, p.arpu_mean, p."group", {said("id", "best")} AS product,
               {said(lang, "best")} AS product_name, {said("kind", "best")} AS kind, CASE best {reasons} END AS reason,
               chance AS propensity, margin AS margin_value, worth AS expected_value, alike AS look_alike,
               {said("channel", "best")} AS channel, ([{points}])[best] AS talking_points,
               {said("id", "second")} AS alternative, {said(lang, "second")} AS alternative_name,
               CASE WHEN second IS NOT NULL THEN other_worth END AS alternative_value
        FROM chosen_products c JOIN {_source(context)} ON p.subscriber_id = c.subscriber_id""",
    )


def rank(context: RunContext) -> None:
    """Make `recommendations`: those who may be contacted in the order of expected value, the others with the reason."""
    rules, lang = context.rules(ContactRules, "contact"), context.lang
    for table, unknown in find_exclusions(context, rules, str(context.as_of.end)).items():
        words = "; ".join(rules.words[reason].text(lang) for reason in unknown)
        context.say("no_policy", table=tables_in_words([table], lang), words=words)
    say_unknown(context, rules)
    judge(context, rules, "(SELECT subscriber_id, account_id, region, expected_value FROM proposed)", ORDER)
    words = words_sql(rules, "x", lang)
    context.create(
        "recommendations",
        f"""
        SELECT proposed.*, place AS rank, {words.replace("CASE x", "CASE reasons[1]")} AS excluded_for,
               array_to_string(list_transform(reasons, lambda x: {words}), '; ') AS all_reasons
        FROM proposed JOIN ranked USING (subscriber_id)""",
    )


def _weighed(context: RunContext, rules: RecommendRules, basis: Basis) -> str:
    """Query over everybody eligible: lists with an entry for each product. `alike`: probability of being a holder by
    likeness; `lift`: how its odds compare with those of all subscribers (1 without a model); `chance` that the product
    is taken; `margin` it would bring; `worth`: the product of both, -1 where it is held or nothing speaks for it.
    """
    names = [f"z{n}" for n in range(len(basis.scale.means))]
    scaled = basis.scale.sql(list(rules.alike.inputs.values())) if names else []
    columns = [f"{sql} AS {name}" for name, sql in zip(names, scaled, strict=True)]
    alike, lift, odds, margin, speaks = [], [], [], [], []
    for n, product in enumerate(rules.products, 1):
        model = basis.models.get(product.id)
        signs = {f"t{n}_{at}": trigger for at, trigger in enumerate(product.triggers)}
        columns += [f"{holds_sql(trigger)} AS {name}" for name, trigger in signs.items()]
        columns += [f"{_possible(product)} AS p{n}", f"{_recommended(product, basis)} AS g{n}"]
        alike.append(f"greatest(1e-6, least(1 - 1e-6, round({model.sql(names)}, 6)))" if model else "NULL")
        lift.append(f"alike[{n}] / (1 - alike[{n}]) * {number((1 - model.share) / model.share)}" if model else "1")
        times = {f"g{n}": rules.group_odds, **{name: trigger.odds for name, trigger in signs.items()}}
        factors = [f"CASE WHEN {name} THEN {number(factor)} ELSE 1 END" for name, factor in times.items()]
        odds.append(f"{number(product.take_up / (1 - product.take_up))} * lift[{n}] * {' * '.join(factors)}")
        money = f"{number(product.monthly)} + {number(product.arpu_share)} * coalesce(arpu_mean, 0)"
        margin.append(f"round(({money}) * {number(rules.margin * rules.months)}, 6)")
        speaks.append(f"p{n} AND ({' OR '.join(times)} OR lift[{n}] >= {number(rules.alike.says_from)})")
    places = range(1, len(rules.products) + 1)
    worth = ", ".join(f"CASE WHEN speaks[{n}] THEN round(chance[{n}] * margin[{n}], 6) ELSE -1 END" for n in places)
    return f"""
        SELECT subscriber_id, alike, lift, chance, margin, [{worth}]::DOUBLE[] AS worth
        FROM (SELECT *, list_transform(odds, lambda o: round(o / (1 + o), 6)) AS chance,
                     [{", ".join(speaks)}] AS speaks
              FROM (SELECT *, [{", ".join(odds)}]::DOUBLE[] AS odds, [{", ".join(margin)}]::DOUBLE[] AS margin
                    FROM (SELECT *, [{", ".join(lift)}]::DOUBLE[] AS lift
                          FROM (SELECT *, [{", ".join(alike)}]::DOUBLE[] AS alike
                                FROM (SELECT p.subscriber_id, p.arpu_mean, {", ".join(columns)}
                                      FROM {_source(context)} WHERE coalesce({rules.eligible}, false))))))"""


def _possible(product: Product) -> str:
    """SQL: whether the product suits and is not held, as far as known."""
    held = f" AND NOT coalesce({product.held_sql}, false)" if product.held_sql else ""
    return f"(coalesce({product.fits}, false){held})"


def _recommended(product: Product, basis: Basis) -> str:
    """SQL: whether the practice recommends the product for the group."""
    groups = product.groups.get(basis.scheme or "", ())
    return f"coalesce(p.group_id IN ({', '.join(map(str, groups))}), false)" if groups else "false"


def _reason(rules: RecommendRules, basis: Basis, at: int, lang: str) -> str:
    """SQL for the words of everything that speaks for product number `at`: triggers, group, likeness."""
    product, words = rules.products[at - 1], rules.words
    parts = [f"nullif({sign_words_sql(product.triggers, lang)}, '')"]
    if product.groups.get(basis.scheme or ""):
        business = " ".join(f"WHEN {group} THEN {literal(said or '')}" for group, said in basis.business.items())
        said = _filled(words.group.text(lang), {"group": 'p."group"', "business": f"CASE p.group_id {business} END"})
        parts.append(f"CASE WHEN {_recommended(product, basis)} THEN {said} END")
    if model := basis.models.get(product.id):
        shares = {"alike": "printf('%.0f', 100 * alike)", "all": literal(f"{100 * model.share:.0f}")}
        said = f"{_filled(words.alike.text(lang), shares)} || {_likeness(rules, basis, model, lang)}"
        parts.append(f"CASE WHEN lift >= {number(rules.alike.says_from)} THEN {said} END")
    return f"concat_ws('; ', {', '.join(parts)})"


def _likeness(rules: RecommendRules, basis: Basis, model: Alike, lang: str) -> str:
    """SQL: the inputs that say most for being a holder, in words."""
    inputs = list(rules.alike.inputs.values())
    terms = zip(inputs, basis.scale.sql(inputs), model.weights, strict=True)
    rows = ", ".join(f"{{'part': {number(w)} * {z}, 'name': {literal(i.text(lang))}}}" for i, z, w in terms)
    most = f"list_slice(list_sort(list_filter([{rows}], lambda x: x.part >= {SAYS}), 'DESC'), 1, {rules.alike.shown})"
    names = f"array_to_string(list_transform({most}, lambda x: x.name), {literal('、' if lang == 'zh' else ', ')})"
    said = _filled(rules.words.inputs.text(lang), {"inputs": f"nullif({names}, '')"})
    return f"coalesce({said}, '')"


def _filled(words: str, values: Mapping[str, str]) -> str:
    """SQL for words with SQL values in place of its {names}."""
    sql = literal(words)
    for name, value in values.items():
        sql = f"replace({sql}, '{{{name}}}', {value})"
    return sql


def _source(context: RunContext) -> str:
    """SQL: everybody as p, with the features of three months as m3, m2 and m1."""
    split = r"list_transform(regexp_split_to_array(services, ' *[;,|+、] *'), lambda x: lower(trim(x)))"
    listed = (
        "CASE WHEN services IS NULL OR services = '0' THEN []::VARCHAR[] "
        f"WHEN NOT regexp_full_match(services, '[0-9]+') THEN {split} END"
    )
    services = f"SELECT subscriber_id, {listed} AS services FROM subscribers"
    if not context.facts[FACT].known:
        services = "SELECT '' AS subscriber_id, NULL::VARCHAR[] AS services LIMIT 0"
    groups = "SELECT '' AS subscriber_id, NULL::INTEGER AS group_id, NULL::VARCHAR AS \"group\" LIMIT 0"
    if context.has("grouped"):
        groups = 'SELECT subscriber_id, group_id, "group" FROM grouped'
    return (
        f"(FROM profile LEFT JOIN account_sizes USING (subscriber_id) LEFT JOIN ({services}) USING (subscriber_id) "
        f"LEFT JOIN ({groups}) USING (subscriber_id)) p {lags_sql(context.as_of)}"
    )


def _fit(context: RunContext, rules: RecommendRules) -> tuple[Scale, dict[str, Alike]]:
    """The look-alike models, on at most fit_rows of the subscribers; what could not be fitted is noted."""
    products = {p.id: p for p in rules.products if p.held_sql}
    if not context.facts[FACT].known and not any(p.held for p in products.values()):
        context.say("no_holdings")
        return NOBODY, {}
    frame, everybody = _sample(context, rules, list(products.values()))
    inputs, least = rules.alike.inputs, rules.alike.least
    scale, found = fit_products(frame, inputs, list(products), least, context.seed)
    models = {name: model for name, model in found.items() if model}
    for name in models:
        context.fitted(f"recommend {name}", models[name].rows, everybody)
    _tell(context, [products[n] for n in models], [products[n] for n in found if n not in models], rules)
    return scale, models


def _sample(context: RunContext, rules: RecommendRules, products: Sequence[Product]) -> tuple[pd.DataFrame, int]:
    """Inputs and holdings of at most fit_rows subscribers, the same for the same seed; and of how many."""
    columns = [f"{taken_sql(i)} AS {identifier(name)}" for name, i in rules.alike.inputs.items()]
    columns += [f"({p.held_sql})::DOUBLE AS {identifier(p.id)}" for p in products]
    everybody = int(context.engine.rows("SELECT count(*) FROM profile")[0][0])
    most = rules.alike.fit_rows
    few = f"ORDER BY md5(p.subscriber_id || {literal(str(context.seed))}), p.subscriber_id LIMIT {most}"
    chosen = f"SELECT p.subscriber_id FROM profile p {few}" if everybody > most else "SELECT subscriber_id FROM profile"
    where = f"WHERE p.subscriber_id IN ({chosen}) ORDER BY p.subscriber_id"
    return context.engine.frame(f"SELECT {', '.join(columns)} FROM {_source(context)} {where}"), everybody


def _tell(context: RunContext, alike: Sequence[Product], same: Sequence[Product], rules: RecommendRules) -> None:
    """Note for which products there are look-alikes, and why not for the others."""
    mark = "、" if context.lang == "zh" else ", "
    models, others = (
        mark.join(p.text(context.lang) for p in products) or text("notes.no_product", context.lang)
        for products in (alike, same)
    )
    few = sum(p.held_sql is not None for p in rules.products) - len(alike) - len(same)
    if same or few:
        context.say("alikes", models=models, same=others, few=few, least=rules.alike.least)


RECOMMEND = Analysis(
    "recommendations",
    ("profile", "features"),
    ("recommendations",),
    prepare,
    uses=("subscribers", "grouped", "groups", "account_sizes"),
    each=propose,
    makes=("proposed",),
    finish=rank,
)
