"""Whether campaigns are measured and planned as promised: coverage, false alarms, lists by profit, and speed.

    python benchmarks/campaigns.py effect [--campaigns 500]
    python benchmarks/campaigns.py lists [--runs 200] [--subscribers 4000]
    python benchmarks/campaigns.py speed [--subscribers 1000000] [--rounds 3]

effect: campaigns whose true effect is known, and as many without any, of many sizes, control shares and rates, go
through `campaign effect` (its functions, tables in the engine). Counted is how often the 95% interval holds the truth,
for the share that leaves and for the revenue, and how often an effect is shown where there is none.

lists: a generated operator is scored by the program; its subscribers then leave, take offers and pay by chance, around
what the program believes but not as it believes (odds of leaving, take-up of every offer, and value are all off by
chance, differently in every run). The list by expected profit and the list by score × ARPU are made by `campaign plan`
(its functions) and called in every run; what they earn is compared, at the same length, and each at its own.

speed: the same operator many times over. `campaign plan` ranks, leaves out, draws the control group and writes call
lists, roster and contacts; the yardstick reads these very tables, sorts them and writes them again with DuckDB.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from process import PROGRAM, command_line, machine, median, rounds
from telco_crm.analysis import RunContext
from telco_crm.engine.base import Engine
from telco_crm.engine.duck import DuckEngine
from telco_crm.intervals import wilson
from telco_crm.months import Month
from telco_crm.retain.campaign import Plan, plan_campaign
from telco_crm.retain.effect import measure_effect, of_file
from telco_crm.retain.outcome_file import OutcomeFile

SMALL = ("bills", "subscribers", "events", "contacts")
LISTS = {"roster": "rank NULLS LAST, subscriber_id", "calls": "rank", "contacts": "subscriber_id"}
LENGTHS = (None, 0.05, 0.1, 0.3)  # parts of the subscribers; None: as the plan finds best
DAY = date(2026, 1, 10)
COLUMNS = frozenset({"left", "revenue"})


@dataclass(frozen=True)
class Shape:
    """A campaign: how many, the share of control, the rate of leaving without contact, and by what it falls."""

    people: int
    control: float
    rate: float
    effect: float


def main() -> None:
    options = _options()
    if options.task:
        {"make": _make, "sort": _sort, "plan": _plan}[options.task](options)
        return
    print(f"{machine()}\n{command_line()}\n", flush=True)
    {"effect": effect, "lists": lists, "speed": speed}[options.what](options)


def effect(options: argparse.Namespace) -> None:
    """Coverage and false alarms."""
    for words, is_null in (("known effect", False), ("no effect", True)):
        rng = np.random.default_rng(options.seed + is_null)
        covered = {"left": 0, "revenue": 0}
        shown = {"left": 0, "revenue": 0}
        with DuckEngine(options.threads, "2GB", None) as engine:
            for number in range(options.campaigns):
                truth, rows = _campaign(engine, rng, is_null, number)
                for measure, (low, high, is_shown) in rows.items():
                    covered[measure] += low <= truth[measure] <= high
                    shown[measure] += is_shown
        for measure in covered:
            print(
                f"{options.campaigns} campaigns, {words}, {measure}: the interval holds the truth in "
                f"{_share(covered[measure], options.campaigns)}; an effect is shown in "
                f"{_share(shown[measure], options.campaigns)}",
                flush=True,
            )


def _campaign(
    engine: Engine, rng: np.random.Generator, is_null: bool, number: int
) -> tuple[dict[str, float], dict[str, tuple[float, float, bool]]]:
    """The true effect of a campaign, and for each measure its interval and whether an effect is shown."""
    shape = Shape(
        int(rng.choice([1000, 3000, 10_000])),
        float(rng.choice([0.1, 0.2, 0.3, 0.5])),
        float(rng.uniform(0.03, 0.3)),
        0.0 if is_null else float(rng.uniform(0.1, 0.6)),
    )
    treated = rng.random(shape.people) >= shape.control
    rate = shape.rate * np.where(treated, 1 - shape.effect, 1.0)
    left = rng.random(shape.people) < rate
    # Bills of three months are skew (log-normal); who leaves pays a part, a contact raises what who stays pays.
    raised = 1.0 if is_null else float(rng.uniform(0.95, 1.1))
    paid = rng.lognormal(5.5, 0.7, shape.people) * np.where(treated, raised, 1.0)
    revenue = paid * np.where(left, rng.random(shape.people), 1.0)
    mean = np.exp(5.5 + 0.7**2 / 2)

    def expected(rate: float, factor: float) -> float:
        return float(mean * factor * (1 - rate + rate / 2))

    truth = {
        "left": -shape.rate * shape.effect,
        "revenue": expected(shape.rate * (1 - shape.effect), raised) - expected(shape.rate, 1.0),
    }
    ids = np.char.add("s", np.arange(shape.people).astype(str))
    contacts = pd.DataFrame({"subscriber_id": ids, "arm": np.where(treated, "treated", "control")})
    outcome = pd.DataFrame({"subscriber_id": ids, "left": left, "revenue": revenue})
    context = _context(engine, number)
    engine.register("made", contacts)
    context.create(
        "contacts",
        f"SELECT *, 'made' AS campaign, DATE '{DAY}' AS contacted_on, 2.0 AS cost, 0 AS file_no, 1 AS line FROM made",
    )
    engine.register("came", outcome)
    empty = ("left_on", "observed_until")
    more = ", ".join(f"NULL::DATE AS {name}" for name in empty)
    marks = ", ".join(f"NULL::BOOLEAN AS {name}" for name in ("bound", "bill_back", "broad_contacts", "not_again"))
    before = "NULL::DOUBLE AS arpu_before, NULL::DOUBLE AS tenure, NULL::VARCHAR AS region"
    context.create("outcome", f"SELECT *, '' AS month, {more}, {marks}, {before}, 1 AS line FROM came")
    measure_effect(context, "made", of_file(OutcomeFile("outcome", COLUMNS)))
    rows = engine.rows("SELECT measure, low, high, is_shown FROM effect WHERE segment = ''")
    return truth, {measure: (low, high, is_shown) for measure, low, high, is_shown in rows}


def lists(options: argparse.Namespace) -> None:
    """What the list by profit earns against that by score × ARPU."""
    folder = _operator(options, options.subscribers)
    with DuckEngine(options.threads, "2GB", folder) as engine:
        roster = {
            (by, top): _chosen(engine, folder, by, top)
            for by in ("profit", "revenue")
            for top in (None, 0.05, 0.1, 0.3)
        }
        candidates = engine.frame(f"FROM read_parquet('{folder}/candidates.parquet') ORDER BY subscriber_id")
    rng = np.random.default_rng(options.seed)
    won: dict[Any, list[tuple[float, float]]] = {}
    for _ in range(options.runs):
        earned = _earned(candidates, rng)
        for top in LENGTHS:
            pair = [float(earned[roster[by, top]].sum()) for by in ("profit", "revenue")]
            won.setdefault(top, []).append((pair[0], pair[1]))
    for top, pairs in won.items():
        ours, theirs = np.array(pairs).T
        lengths = [len(roster[by, top]) for by in ("profit", "revenue")]
        words = "each at its own length" if top is None else f"the first {top:.0%}"
        print(
            f"{words} ({lengths[0]:,} and {lengths[1]:,} of {len(candidates):,}): by profit earns more in "
            f"{_share(int((ours > theirs).sum()), len(pairs))}; on average {ours.mean():,.0f} against "
            f"{theirs.mean():,.0f}, {ours.mean() - theirs.mean():+,.0f} ({_range(ours - theirs)} in 95% of runs)"
        )


def _earned(candidates: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """What a contact of each candidate earns in a world around what the program believes."""
    n = len(candidates)
    score = candidates["churn_score"].to_numpy(float).clip(1e-4, 1 - 1e-4)
    odds = score / (1 - score) * np.exp(rng.normal(0, 0.5, n) + rng.normal(0, 0.3))
    offers, which = np.unique(candidates["offer_id"].astype(str), return_inverse=True)
    off = rng.uniform(0.5, 1.5, len(offers))[which]
    take_up = (candidates["take_up"].to_numpy(float) * off).clip(0, 1)
    leaves, takes = rng.random(n) < odds / (1 + odds), rng.random(n) < take_up
    value = candidates["kept_value"].to_numpy(float) * rng.gamma(2, 0.5, n)
    contact = 2.0
    assumed = candidates["take_up"].to_numpy(float).clip(1e-9, None)
    offer = (candidates["expected_cost"].to_numpy(float) - contact) / assumed
    return np.asarray(leaves * takes * value - contact - takes * offer)


def _chosen(engine: Engine, folder: Path, by: Any, top: float | None) -> np.ndarray:
    """Positions, by subscriber, of those whom the plan contacts (nobody is control)."""
    context = _tables(engine, folder)
    count = engine.rows("SELECT count(*) FROM candidates")[0][0]
    least = None if top is None else -1e9
    plan_campaign(context, Plan("made", by=by, control=0.0, top=top and int(top * count), min_profit=least))
    frame = engine.frame("SELECT arm = 'treated' AS is_chosen FROM roster ORDER BY subscriber_id")
    return np.flatnonzero(frame["is_chosen"].to_numpy(bool))


def speed(options: argparse.Namespace) -> None:
    """Seconds of the plan, of the yardstick, and their ratio."""
    _operator(options, options.subscribers)
    me = [sys.executable, __file__, *sys.argv[1:], "--task"]
    subprocess.run([*me, "plan"], check=True)  # the lists that the yardstick reads
    found = rounds({"read, sort and write": [*me, "sort"], "plan": [*me, "plan"]}, options.rounds)
    middle = {name: median(timings) for name, timings in found.items()}
    for name, t in middle.items():
        ratio = t.wall / middle["read, sort and write"].wall
        print(
            f"{name}: {t.wall:.1f} s, {t.cpu:.1f} s of processor, {t.memory:,.0f} MB, {ratio:.1f} times the yardstick"
        )


def _plan(options: argparse.Namespace) -> None:
    """Plan a campaign of all, and write its lists."""
    from telco_crm.output.writers import OutputStyle
    from telco_crm.run_campaign import Lists, write_lists

    folder = _folder(options, options.subscribers)
    with DuckEngine(options.threads, options.memory_limit, folder) as engine:
        context = _tables(engine, folder)
        plan_campaign(context, Plan("made", by="profit", min_profit=-1e9))
        out = folder / "lists"
        out.mkdir(exist_ok=True)
        write_lists(engine, out, Lists(OutputStyle(), "region"))
        for name, table in (("roster", "roster"), ("calls", "calls"), ("contacts", "contacts_made")):
            if not (folder / f"sorted-{name}.parquet").exists():
                engine.run(f"COPY {table} TO '{folder}/sorted-{name}.parquet' (FORMAT parquet)")


def _sort(options: argparse.Namespace) -> None:
    """Read the lists, sort them and write them."""
    folder = _folder(options, options.subscribers)
    with DuckEngine(options.threads, options.memory_limit, folder) as engine:
        for name, order in LISTS.items():
            engine.run(
                f"COPY (FROM read_parquet('{folder}/sorted-{name}.parquet') ORDER BY {order}) TO "
                f"'{folder}/again-{name}.csv' (HEADER)"
            )


def _context(engine: Engine, seed: int) -> RunContext:
    return RunContext(engine, Month("2026-06"), [], {"contacts", "outcome"}, seed)


def _tables(engine: Engine, folder: Path) -> RunContext:
    """A context with the candidates and what the policy looks at."""
    context = RunContext(engine, Month("2026-06"), [], set())
    for name in (*SMALL, "candidates"):
        context.create(name, f"FROM read_parquet('{folder}/{name}.parquet')")
    return context


def _folder(options: argparse.Namespace, subscribers: int) -> Path:
    return Path(options.dir) / f"campaigns-{subscribers}"


def _operator(options: argparse.Namespace, subscribers: int) -> Path:
    """The tables of an operator of that many, made once, in a process of its own."""
    folder = _folder(options, subscribers)
    if not (folder / "done").exists():
        subprocess.run([sys.executable, __file__, *sys.argv[1:], "--task", "make"], check=True)
    return folder


def _make(options: argparse.Namespace) -> None:
    """A generated operator, scored by the program, and where more are asked for many times over."""
    from telco_crm.cli_options import DEFAULT_STORE
    from telco_crm.retain.priority import CANDIDATES
    from telco_crm.run import analyses_for
    from telco_crm.session import Settings, analyse, loaded

    folder = _folder(options, options.subscribers)
    base = folder / "base"
    folder.mkdir(parents=True, exist_ok=True)
    size = min(options.subscribers, options.base)
    made = ["--subscribers", str(size), "--months", "6", "--records", "0.2", "--format", "parquet"]
    subprocess.run([*PROGRAM, "sample", str(base), *made, "-q"], check=True)
    settings = Settings(threads=options.threads, store=folder / DEFAULT_STORE)
    copies = -(-options.subscribers // size)
    with loaded(base, {}, settings) as data, DuckEngine(options.threads, options.memory_limit, folder) as engine:
        analyse(data, [*analyses_for("retention")[:-1], CANDIDATES])
        for name in (*SMALL, "candidates"):
            engine.register("base", data.engine.batches(f"FROM {name}").read_all())
            named = [c for c in ("subscriber_id", "account_id") if c in engine.columns("base")]
            replaced = ", ".join(f"({c}::BIGINT + copy * 7919)::VARCHAR AS {c}" for c in named)
            sql = f"SELECT * REPLACE ({replaced}) FROM base CROSS JOIN range({copies}) r(copy)"
            engine.run(f"COPY ({sql} ORDER BY hash(subscriber_id)) TO '{folder}/{name}.parquet' (FORMAT parquet)")
    (folder / "done").touch()


def _share(count: int, of: int) -> str:
    low, high = wilson(count, of)
    return f"{count / of:.1%} ({low:.1%} to {high:.1%})"


def _range(values: np.ndarray) -> str:
    low, high = np.quantile(values, [0.025, 0.975])
    return f"{low:+,.0f} to {high:+,.0f}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["effect", "lists", "speed"])
    parser.add_argument("--campaigns", type=int, default=500)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--subscribers", type=int)
    parser.add_argument("--base", type=int, default=4000, help="subscribers of the operator that is generated")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-limit", default="2GB")
    parser.add_argument("--dir", type=Path, default=Path("/tmp/telco-crm-benchmarks"))
    parser.add_argument("--task", choices=["make", "sort", "plan"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.subscribers = options.subscribers or (1_000_000 if options.what == "speed" else options.base)
    return options


if __name__ == "__main__":
    main()
