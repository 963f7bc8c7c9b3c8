"""How many of the true groups are found, against a discriminant analysis that is told them, on the same inputs.

python benchmarks/groups_found.py [--population generator] [--seeds 1101-1110] [--cases noise-0.35 prices ...]
                                  [--subscribers 20000] [--folder FOLDER]

Populations: `generator`, the one of `telco-crm sample`, read and turned into features by the program itself; and
`traits`, `elsewhere` and `bursty`, drawn by other laws (tests/segment). Cases:

  noise-0.35, noise-0.6, equal   groups found; noise-0.35 also a resample of the same month, and the next month by the
                                 same model for those whose behaviour has not changed
  without                        4 of the 17 groups, drawn by the seed, do not exist
  prices                         (generator) all prices × 0.1 and × 10: share of people in the same group

Inputs that were drawn are kept in FOLDER, if one is named, and used again. The table has one row per seed: parts of
what is possible (accuracy, adjusted Rand index), balanced accuracy − accuracy, names right; then what the case asks.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import adjusted_rand_score, balanced_accuracy_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from telco_crm.segment.behaviour import BehaviourSegmenter
from telco_crm.segment.inputs import inputs_sql
from telco_crm.segment.scheme import load_scheme
from telco_crm.session import Settings, analyse, loaded
from telco_crm.synth import SampleOptions, generate

sys.path.append(str(Path(__file__).parents[1] / "tests" / "segment"))
from finding import left_out

CASES = ("noise-0.35", "noise-0.6", "equal", "without", "prices")
MONTHS = 3


@dataclass(frozen=True)
class Population:
    """`inputs` and true `group` by subscriber; `later`, inputs of a later stretch of months of the `unchanged`."""

    inputs: pd.DataFrame
    group: np.ndarray
    later: pd.DataFrame | None = None
    unchanged: np.ndarray | None = None


Draw = Callable[[int, int, str], Population]


def main() -> None:
    """Draw, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--population", default="generator", choices=sorted(POPULATIONS))
    parser.add_argument("--seeds", default="1-3", help="first-last")
    parser.add_argument("--cases", nargs="+", default=["noise-0.35"], choices=CASES)
    parser.add_argument("--subscribers", type=int, default=20_000)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    first, _, last = asked.seeds.partition("-")
    draw = kept(POPULATIONS[asked.population], asked.folder, asked.population)
    for case in asked.cases:
        seeds = range(int(first), int(last or first) + 1)
        rows = [{"seed": seed, **measured(draw, seed, asked.subscribers, case)} for seed in seeds]
        show(f"{asked.population}, {case}, {asked.subscribers:,} subscribers", pd.DataFrame(rows))


def show(title: str, table: pd.DataFrame) -> None:
    """Print the table with the worst figures under it."""
    worst = {c: table[c].min() for c in table.columns if c not in ("seed", "given to absent")}
    if "given to absent" in table:
        worst["given to absent"] = table["given to absent"].max()
    table = pd.concat([table.astype({"seed": str}), pd.DataFrame([{"seed": "worst", **worst}])])
    print(f"\n{title}\n{table.round(4).to_string(index=False)}", flush=True)


def measured(draw: Draw, seed: int, count: int, case: str) -> dict[str, float]:
    """The figures of one population."""
    if case == "prices":
        return same_groups(draw, seed, count)
    drawn = draw(seed, count, case)
    segmenter = BehaviourSegmenter(random_state=0).fit(drawn.inputs)
    row = found(drawn, segmenter)
    if case == "without":
        row["given to absent"] = max(float((segmenter.labels_ == g).mean()) for g in left_out(seed))
    if case == "noise-0.35":
        rows = np.random.default_rng(seed).integers(0, count, len(drawn.inputs))
        again = BehaviourSegmenter(random_state=1).fit(drawn.inputs.iloc[rows % len(drawn.inputs)])
        row["resample"] = adjusted_rand_score(segmenter.labels_, again.predict(drawn.inputs))
        if drawn.later is not None and drawn.unchanged is not None:
            now = pd.Series(segmenter.labels_, drawn.inputs.index)[drawn.unchanged]
            then = pd.Series(segmenter.predict(drawn.later), drawn.later.index).reindex(now.index).dropna()
            row["kept"] = float((now[then.index] == then).mean())
    return row


def found(drawn: Population, segmenter: BehaviourSegmenter) -> dict[str, float]:
    """Accuracy, adjusted Rand index and names against the truth, and as parts of what is possible."""
    true, given = drawn.group, segmenter.labels_
    z = segmenter.solution_.scaling.apply(drawn.inputs.to_numpy())
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    told = cross_val_predict(LinearDiscriminantAnalysis(), z, true, cv=folds)
    accuracy, balanced = float((given == true).mean()), float(balanced_accuracy_score(true, given))
    right = sum((given[true == g] == g).mean() > 0.5 and (true[given == g] == g).mean() > 0.5 for g in np.unique(true))
    return {
        "accuracy": accuracy,
        "of possible": accuracy / (told == true).mean(),
        "ARI of possible": adjusted_rand_score(true, given) / adjusted_rand_score(true, told),
        "balanced - plain": balanced - accuracy,
        "possible balanced - plain": balanced_accuracy_score(true, told) - (told == true).mean(),
        "names": float(right),
        "groups": float(len(np.unique(true))),
        "beyond": float((segmenter.group_ids_ > 100).sum()),
    }


def same_groups(draw: Draw, seed: int, count: int) -> dict[str, float]:
    """Share of people who are in the same group whatever the price level."""
    usual = groups_of(draw(seed, count, "prices-1"))
    row = {}
    for case in ("prices-0.1", "prices-10"):
        other = groups_of(draw(seed, count, case)).reindex(usual.index)
        row[case] = float((usual == other).mean())
    return row


def groups_of(drawn: Population) -> pd.Series:
    """The group given to each."""
    return pd.Series(BehaviourSegmenter(random_state=0).fit(drawn.inputs).labels_, drawn.inputs.index)


def options_of(seed: int, case: str) -> dict[str, object]:
    """The options of a case that all independent populations know."""
    return {
        "noise": 0.6 if case == "noise-0.6" else 0.35,
        "equal": case == "equal",
        "without": left_out(seed) if case == "without" else (),
    }


def generator(seed: int, count: int, case: str) -> Population:
    """An operator of `telco-crm sample`; what the program makes of its exports."""
    asked = options_of(seed, case)
    options = SampleOptions(
        subscribers=count, months=MONTHS + (case == "noise-0.35"), seed=seed, format="parquet", noise=asked["noise"],
        shares="equal" if asked["equal"] else "real", without_groups=asked["without"],
        price_level=float(case.partition("-")[2]) if case.startswith("prices") else 1.0,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), options)
        truth = pd.read_csv(Path(folder) / "truth.csv", dtype={"subscriber_id": str}).set_index("subscriber_id")
        inputs = read(Path(folder), options.months)
    now = inputs[MONTHS]
    odd = truth["leave_month"].notna() | truth["faded"] | truth["forwarded_to_rival"] | truth["silent"]
    group, unchanged = truth.loc[now.index, "group_id"].to_numpy(), ~odd.loc[now.index].to_numpy()
    return Population(now, group, inputs.get(MONTHS + 1), unchanged)


def read(folder: Path, months: int) -> dict[int, pd.DataFrame]:
    """Month (1 …) → inputs of postpaid-17 over the three months up to it, from month 3 on."""
    scheme, found = load_scheme("postpaid-17").complete(), {}
    with loaded(folder, {}, Settings()) as data:
        context, _ = analyse(data, ())
        for month in range(MONTHS, months + 1):
            then = replace(context, as_of=context.as_of.back(months - month))
            sql = inputs_sql(then, scheme, MONTHS, "SELECT subscriber_id FROM features")
            found[month] = context.engine.frame(f"{sql} ORDER BY subscriber_id").set_index("subscriber_id")
    return found


def traits(seed: int, count: int, case: str) -> Population:
    """The operators of tests/segment/population.py."""
    from population import Operator, people

    drawn = people(seed, count, Operator(**options_of(seed, case)))
    return Population(drawn.inputs, drawn.group, drawn.again(seed + 1), drawn.months == MONTHS)


def elsewhere(seed: int, count: int, case: str) -> Population:
    """The operators of tests/segment/elsewhere.py; groups 12 and 14 rise and fall there."""
    from elsewhere import Elsewhere, draw

    drawn = draw(seed, count, Elsewhere(**options_of(seed, case)))
    return Population(drawn.inputs, drawn.group, drawn.again(seed + 1), ~np.isin(drawn.group, (12, 14)))


def bursty(seed: int, count: int, case: str) -> Population:
    """The operators of tests/segment/bursty.py."""
    from bursty import Bursty, draw, later

    drawn = draw(seed, count, Bursty(**options_of(seed, case)))
    return Population(drawn.inputs, drawn.group, later(drawn, seed + 1).inputs, np.full(count, True))


def kept(draw: Draw, folder: Path | None, name: str) -> Draw:
    """`draw`, with what it gives kept in `folder`."""
    if folder is None:
        return draw

    def again(seed: int, count: int, case: str) -> Population:
        place = folder / f"{name}-{case}-{count}-{seed}"
        if not (place / "now.parquet").exists():
            drawn = draw(seed, count, case)
            place.mkdir(parents=True, exist_ok=True)
            if drawn.later is not None:
                drawn.later.to_parquet(place / "later.parquet")
            drawn.inputs.assign(_group=drawn.group, _unchanged=drawn.unchanged).to_parquet(place / "now.parquet")
        now = pd.read_parquet(place / "now.parquet")
        later = pd.read_parquet(place / "later.parquet") if (place / "later.parquet").exists() else None
        inputs = now.drop(columns=["_group", "_unchanged"])
        return Population(inputs, now["_group"].to_numpy(), later, now["_unchanged"].to_numpy())

    return again


POPULATIONS: dict[str, Draw] = {"generator": generator, "traits": traits, "elsewhere": elsewhere, "bursty": bursty}

if __name__ == "__main__":
    main()
