"""Every table of the report computed a second way: with pandas from the CSV files, in which values are texts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

Frame = pd.DataFrame


class Files:
    """The tables of a folder of results, by name: everything as text, and figures as numbers with `n`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = json.loads((folder / "manifest.json").read_text("utf-8"))

    def __call__(self, name: str) -> Frame:
        return pd.read_csv(self.folder / f"{name}.csv", dtype=str, keep_default_na=False)

    def n(self, name: str, *columns: str) -> Frame:
        table = self(name)
        for column in columns:
            table[column] = pd.to_numeric(table[column], errors="coerce")
        return table


def _grouped(table: Frame, by: str | list[str], **made: tuple[str, Any]) -> Frame:
    return table.groupby(by, sort=False, dropna=False).agg(**made).reset_index()


def _with_share(table: Frame, by: str) -> Frame:
    counted = _grouped(table, by, subscribers=(by, "size"))
    counted["share"] = counted.subscribers / counted.subscribers.sum()
    return counted


def months(f: Files) -> Frame:
    table = f.n("subscriber_months", "arpu", "voice_out_minutes", "sms_out", "data_mb")
    return _grouped(
        table, "month", subscribers=("arpu", "count"), revenue=("arpu", "sum"), mean_arpu=("arpu", "mean"),
        minutes_each=("voice_out_minutes", "mean"), messages_each=("sms_out", "mean"), data_each=("data_mb", "mean"),
    )  # fmt: skip


def tiers(f: Files) -> Frame:
    table = f.n("value_tiers", "arpu", "value_score")
    table["w"], table["p"] = table.warned == "true", table.plus == "true"
    made = _grouped(
        table, "tier_name", subscribers=("w", "size"), mean_arpu=("arpu", "mean"), mean_score=("value_score", "mean"),
        warned_count=("w", "sum"), bonus_count=("p", "sum"),
    )  # fmt: skip
    made["share"] = made.subscribers / len(table)
    return made.rename(columns={"tier_name": "tier_label"})


def _tier_names(f: Files) -> dict[str, str]:
    return dict(f("value_tiers")[["tier", "tier_name"]].itertuples(index=False))


def stages(f: Files) -> Frame:
    names = dict(f("lifecycle")[["stage", "stage_name"]].itertuples(index=False))
    table = f("stage_tiers")
    return table.assign(stage_label=table.stage.map(names), tier_label=table.tier.map(_tier_names(f)))


def moves(f: Files) -> Frame:
    table, names = f("tier_migration"), _tier_names(f)
    word = lambda code: names.get(code, code)  # noqa: E731
    return table.assign(from_label=table.from_tier.map(word), to_label=table.to_tier.map(word))


def flows(f: Files) -> Frame:
    table = f("migration")[lambda t: t.level == "group"]
    return table.assign(from_label=table.from_name.replace("", "new"), to_label=table.to_name.replace("", "lost"))


def reasons(f: Files) -> Frame:
    table = f.n("churn", "risk_rank")
    top = table[table.risk_rank <= -(-len(table) // 10)]
    said = pd.concat([top[f"reason_{n}"] for n in (1, 2, 3)])
    counted = said[said != ""].value_counts()
    frame = Frame({"reason_label": counted.index, "subscribers": counted.to_numpy()})
    frame["share"] = frame.subscribers / len(top)
    return frame.sort_values(["subscribers", "reason_label"], ascending=[False, True]).head(12)


def tenths(f: Files) -> Frame:
    table = f.n("churn", "risk_rank", "churn_score").sort_values("risk_rank")
    sizes = [len(part) for part in np.array_split(np.arange(len(table)), 10)]
    table["part"] = np.repeat([str(n) for n in range(1, 11)], sizes)
    return _grouped(
        table, "part", subscribers=("part", "size"), mean_churn=("churn_score", "mean"),
        lowest_churn=("churn_score", "min"), highest_churn=("churn_score", "max"),
    )  # fmt: skip


MONEY = ("arpu", "priority", "expected_cost", "expected_profit")


def _retention(f: Files, by: str) -> Frame:
    table = f.n("retention", *MONEY)
    made = _grouped(
        table, by, subscribers=("arpu", "size"), mean_arpu=("arpu", "mean"), at_risk=("priority", "sum"),
        expected_cost=("expected_cost", "sum"), expected_profit=("expected_profit", "sum"),
    )  # fmt: skip
    return made.merge(table.drop_duplicates(by)[[by, "ladder_state"]]) if by == "ladder_step" else made


def stars(f: Files) -> Frame:
    table = f.n("credit", "score", "mean_spend")
    extra = _grouped(table, "stars", mean_points=("score", "mean"), mean_spend=("mean_spend", "mean"))
    return _with_share(table, "stars").merge(extra)


def limits(f: Files) -> Frame:
    table = f.n("credit_limits", "credit_limit", "unpaid")
    table["over"] = table.over_limit == "true"
    return _grouped(
        table, "stars", subscribers=("over", "size"), mean_limit=("credit_limit", "mean"), unpaid=("unpaid", "sum"),
        over_count=("over", "sum"),
    )  # fmt: skip


def states(f: Files) -> Frame:
    table = f.n("arrears", "unpaid", "overdue")
    table["due"], table["over"] = table.action_due == "true", table.exemption_expired == "true"
    return _grouped(
        table, "state_words", subscribers=("due", "size"), due_count=("due", "sum"), expired_count=("over", "sum"),
        unpaid=("unpaid", "sum"), overdue=("overdue", "sum"),
    )  # fmt: skip


def alerts(f: Files) -> Frame:
    table = f("alerts")
    table["new"] = table.first_seen >= f"{f.manifest['parameters']['as_of']}-01"
    return _grouped(table, ["title", "severity"], subscribers=("new", "size"), newest=("new", "sum"))


def inputs(f: Files) -> Frame:
    table = Frame(f.manifest["inputs"]).rename(columns={"table": "table_label"})
    made = _grouped(
        table, "table_label", files=("read", "size"), read=("read", "sum"), accepted=("accepted", "sum"),
        rejected=("rejected", "sum"),
    )  # fmt: skip
    return made.assign(rejected_share=made.rejected / made.read)


def tags(f: Files) -> Frame:
    table = f.n("tags", "confidence")
    return _grouped(table, "tag_name", subscribers=("confidence", "size"), mean_confidence=("confidence", "mean"))


def products(f: Files) -> Frame:
    table = f.n("recommendations", "propensity", "expected_value")
    table["allowed"] = table.excluded_for == ""
    return _grouped(
        table, ["product_name", "kind"], subscribers=("allowed", "size"), allowed_count=("allowed", "sum"),
        mean_propensity=("propensity", "mean"), expected_value=("expected_value", "sum"),
    )  # fmt: skip


def filled(name: str) -> Callable[[Files], Frame]:
    """Rows of a table that have subscribers, as they stand in the file."""
    return lambda f: f(name)[lambda t: t.subscribers != "0"]


EXPECTED: dict[str, Callable[[Files], Frame]] = {
    "months.months": months,
    "bands.bands": filled("arpu_bands"),
    "groups.groups": filled("groups"),
    "groups.moves": flows,
    "groups.balance": lambda f: f("migration_balance")[lambda t: t.level == "group"],
    "groups.prices": lambda f: _with_share(f("price_sensitivity"), "price_sensitivity"),
    "strategy.strategy": lambda f: f("strategy"),
    "value.tiers": tiers,
    "value.stages": stages,
    "value.moves": moves,
    "lifetime.segments": lambda f: f("value_segments")[lambda t: t.kind.isin(["all", "group"])],
    "churn.rates": lambda f: f("churn_rates"),
    "churn.reasons": reasons,
    "churn.tenths": tenths,
    "churn.by_rules": lambda f: Frame({"why": [f.manifest["churn_by_rules"]]}),
    "satisfaction.scores": lambda f: f("satisfaction")[lambda t: (t.level == "all") & (t.question == "area")],
    "satisfaction.drivers": lambda f: f("satisfaction_drivers"),
    "satisfaction.levels": lambda f: f("satisfaction")[lambda t: (t.level != "all") & (t.question == "overall")],
    "satisfaction.complaint_levels": lambda f: f("complaints")[lambda t: t.level.isin(["tier", "group", "region"])],
    "satisfaction.complaints": lambda f: f("complaints")[lambda t: t.typed == "true"],
    "retention.steps": lambda f: _retention(f, "ladder_step"),
    "retention.offers": lambda f: _retention(f, "offer"),
    "recommendations.products": products,
    "credit.stars": stars,
    "credit.limits": limits,
    "arrears.ageing": lambda f: f("arrears_ageing"),
    "arrears.states": states,
    "arrears.what_if": lambda f: f("stop_rules"),
    "alerts.alerts": alerts,
    "alerts.tags": tags,
    "prospects.networks": lambda f: f("prospect_totals")[lambda t: (t.month == "") & (t.level == "network")].rename(
        columns={"name": "network"}
    ),
    "prospects.trend": lambda f: f("prospect_totals")[lambda t: (t.month != "") & (t.level == "all")],
    "quality.inputs": inputs,
    "quality.audit": lambda f: f("audit"),
    "quality.notes": lambda f: Frame({"note": f.manifest["notes"]}),
}
KEYS = {
    "recommendations.products": [
        "product_name",
        "kind",
    ],  # columns that tell the rows of a part apart, where it is not the first one
    "value.stages": ["stage_label", "tier_label"],
    "value.moves": ["from_label", "to_label"],
    "groups.moves": ["from_label", "to_label"],
    "satisfaction.levels": ["level", "name"],
    "satisfaction.complaint_levels": ["level", "name"],
}


def headlines(f: Files) -> dict[str, tuple[float, float | None]]:
    """Value now and a month before of every headline figure."""
    by_month = months(f).set_index("month").sort_index()
    rates = f.n("churn_rates", "churn_rate").set_index("month").churn_rate
    moved = f.n("tier_migration", "subscribers")[lambda t: t.from_tier == "high_value"]
    ageing = f.n("arrears_ageing", "unpaid")
    two = {
        name: (float(by_month[column].iloc[-1]), float(by_month[column].iloc[-2]))
        for name, column in {
            "subscribers": "subscribers", "revenue": "revenue", "arpu": "mean_arpu", "minutes": "minutes_each",
            "data": "data_each",
        }.items()
    }  # fmt: skip
    return {
        **two,
        "churn_rate": (rates.iloc[-1], rates.iloc[-2]),
        "high_value": (float((f("value_tiers").tier == "high_value").sum()), float(moved.subscribers.sum())),
        "risk": (f.n("retention", "priority").priority.sum(), None),
        "overdue": (ageing[ageing.bucket != "0"].unpaid.sum(), None),
        "alerts": (float((f("alerts").severity == "serious").sum()), None),
    }
