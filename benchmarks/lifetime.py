"""Does the value of customers come true? Generated operators of two years, of which the program sees only the first
months.

    python benchmarks/lifetime.py [--seeds 8] [--subscribers 3000] [--seen 12 …] [--months 24] [--ahead 12]
                                   [--folder FOLDER] [--save FOLDER]

For every seed an operator of `--months` months is generated. The program gets what an export after the first `--seen`
months would have held: bills, usage and events of these months, subscribers who had joined by then, leavers only if
they had left by then. Its value over the next `--ahead` months (all that are left) is held against the discounted
margin that these subscribers really brought. Printed is the share of segments (and of subscribers) whose amount lies
within the interval, which is one of 95%, and how wide it is. With several `--seen` every operator is looked at after
each of them.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

import pandas as pd

from telco_crm.config import Config
from telco_crm.run import analyses_for
from telco_crm.session import Settings, analyse, loaded
from telco_crm.synth import SampleOptions, generate
from telco_crm.synth.numbering import make_numbers
from telco_crm.synth.people import make_people
from telco_crm.synth.plans import make_plans
from telco_crm.synth.setting import Setting

FIRST = pd.Period("2026-01", "M")
MARGIN, DISCOUNT = 0.4, 1.1 ** (-1 / 12)
FIGURES = ["segments", "within", "below", "above", "half_width", "error"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("seeds", 8), ("first-seed", 1), ("subscribers", 3000), ("months", 24)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--seen", type=int, nargs="+", default=[12])
    parser.add_argument("--ahead", type=int)
    parser.add_argument("--records", type=float, default=0.1)
    parser.add_argument("--churn-level", type=float, default=1.0)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--save", type=Path, help="folder for the segments with what they brought, as CSV")
    asked = parser.parse_args()
    asked.ahead = asked.ahead or asked.months - max(asked.seen)
    found: dict[int, list[tuple[pd.DataFrame, ...]]] = {seen: [] for seen in asked.seen}
    for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
        for seen, tables in one_operator(asked, seed).items():
            found[seen].append(tables)
    for seen, parts in found.items():
        print(f"\nafter {seen} months")
        segments, people, leavers = (pd.concat(of) for of in zip(*parts, strict=True))
        if asked.save:
            segments.to_csv(asked.save / f"segments-{asked.subscribers}-{seen}.csv", index=False)
        report(segments, people, leavers)


def one_operator(asked: argparse.Namespace, seed: int) -> dict[int, tuple[pd.DataFrame, ...]]:
    """Segments, subscribers and calibration of an operator, by how many months of it were seen."""
    options = SampleOptions(
        subscribers=asked.subscribers,
        months=asked.months,
        seed=seed,
        records=asked.records,
        churn_level=asked.churn_level,
    )
    tables = {}
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        whole = Path(folder) / "whole"
        generate(whole, options)
        for months in asked.seen:
            seen = Path(folder) / f"seen-{months}"
            cut(whole, seen, months, brands(options, months))
            people, segments, leavers = assessed(seen, asked.ahead)
            shutil.rmtree(seen)
            truth = brought(whole, months, months + asked.ahead)
            people["actual"] = people["subscriber_id"].map(truth).fillna(0.0)
            tables[months] = (against(people, segments, truth).assign(seed=seed), people, leavers)
    return tables


def brands(options: SampleOptions, months: int) -> dict[str, str]:
    """The brand of every subscriber after `months` months: an export holds that of its end, after later changes."""
    setting = Setting.of(options)
    plans = make_plans(setting, make_people(setting)).of_month[months]
    names = [plan.brand for plan in setting.plans]
    return dict(zip(make_numbers(setting).texts.to_pylist(), (names[plan] for plan in plans), strict=False))


def cut(whole: Path, seen: Path, months: int, brand: dict[str, str]) -> None:
    """Copy what an export after `months` months would have held; `brand` is the one of then."""
    seen.mkdir()
    end = str((FIRST + months).start_time.date())
    for table in ("bills", "usage"):
        for file in sorted(whole.glob(f"{table}_*.csv"))[:months]:
            shutil.copy(file, seen)
    events = pd.read_csv(whole / "events.csv", dtype=str)
    events[events["time"] < end].to_csv(seen / "events.csv", index=False)
    people = pd.read_csv(whole / "subscribers.csv", dtype=str)
    people = people[people["activated_on"] < end]
    people["brand"] = people["subscriber_id"].map(brand)
    people = people.drop(columns=["plan", "plans_ever"])  # which the program does not look at here
    later = people["cancelled_on"] >= end
    people.loc[later, ["cancelled_on", "cancel_kind"]] = None
    people.loc[later, "status"] = "active"
    people.to_csv(seen / "subscribers.csv", index=False)


def assessed(seen: Path, horizon: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """value_assessment, value_segments and value_calibration, by the program."""
    rules = {"assessment": {"margin": MARGIN, "discount": 0.1, "horizon_months": horizon}}
    with loaded(seen, {}, Settings(Config(rules=rules))) as data:
        context, impossible = analyse(data, analyses_for("value_segments"))
        assert not impossible, impossible
        tables = [
            context.engine.frame(f"FROM {t}") for t in ("value_assessment", "value_segments", "value_calibration")
        ]
    return tables[0], tables[1], tables[2]


def brought(whole: Path, seen: int, months: int) -> pd.Series:
    """Discounted margin of the months after `seen`, by subscriber_id."""
    parts = []
    for ahead, file in enumerate(sorted(whole.glob("bills_*.csv"))[seen:months], 1):
        bills = pd.read_csv(file, dtype={"subscriber_id": str})
        worth = MARGIN * DISCOUNT**ahead * (bills["total"] - bills["late_fee"].fillna(0))
        parts.append(worth.set_axis(bills["subscriber_id"]))
    return pd.concat(parts).groupby(level=0).sum()


def against(people: pd.DataFrame, segments: pd.DataFrame, truth: pd.Series) -> pd.DataFrame:
    """The table of segments with what they really brought."""
    actual = people["subscriber_id"].map(truth).fillna(0.0)
    keys = {
        "all": pd.Series("all", people.index),
        "group": people["group_id"].astype("Int64").astype("string"),
        "brand": people["brand"],
        "contract": people["contract_state"],
        "arpu_band": people["arpu_level"].map(_band).fillna("no_bill"),
        "tenure": people["months_on_network"].map(_step),
    }
    sums = pd.concat({kind: actual.groupby(key).sum() for kind, key in keys.items()}).rename("actual")
    return segments.merge(sums, left_on=["kind", "segment"], right_index=True, how="left")


def _band(level: float) -> str:
    edges = [0, 20, 50, 80, 120, 200, 400]
    n = sum(level > edge for edge in edges[1:])
    return f"({edges[n]},{edges[n + 1] if n < 6 else 'inf'}]".replace("inf]", "inf)")


def _step(months: float) -> str:
    edges = [0, 1, 3, 6, 12, 24, 36, 60]
    n = sum(months >= edge for edge in edges[1:])
    return f"[{edges[n]},{edges[n + 1] if n < 7 else 'inf'})"


def report(segments: pd.DataFrame, people: pd.DataFrame, leavers: pd.DataFrame) -> None:
    """Print shares within the interval."""
    assert segments["actual"].notna().all(), segments[segments["actual"].isna()]
    segments["below"], segments["above"] = (segments["actual"] < segments["value_low"],
                                            segments["actual"] > segments["value_high"])  # fmt: skip
    segments["within"] = ~(segments["below"] | segments["above"])
    segments["half_width"] = (segments["value_high"] - segments["value_low"]) / 2 / segments["value"]
    segments["error"] = segments["value"] / segments["actual"] - 1
    shown = segments.assign(segments=1.0)
    columns = {"segments": "sum", "within": "mean", "below": "mean", "above": "mean", "half_width": "median",
               "error": "median"}  # fmt: skip
    table = pd.concat(
        [shown.groupby("kind").agg(columns), shown.assign(kind="every kind").groupby("kind").agg(columns)]
    )
    print(table[FIGURES].round(3).to_string())
    inside = people["actual"].between(people["value_low"], people["value_high"])
    print(f"subscribers within their interval: {inside.mean():.3f} of {len(people)}")
    print(leavers.groupby("kind")["within"].agg(["size", "mean"]).round(3).to_string())


if __name__ == "__main__":
    main()
