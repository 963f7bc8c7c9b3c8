"""Uplift models: how often they claim a signal that is not there, find one that is, and how long a large trial takes.

    python benchmarks/uplift.py signals [--trials 100] [--kind none] [--threads 2]
    python benchmarks/uplift.py speed [--rows 1000000] [--threads 2]

signals: trials of several sizes, shares of treated (half, or 85%) and rates of the outcome (0.5% to 20%), by the
functions of `campaign fit`. In a third of them treating does nothing; in a third it has the same effect on the odds of
everybody; in a third it works for one half of the customers only. Counted is how often a usable signal is found.

speed: `campaign fit --table` on a trial like those that online advertisers publish: twelve columns of numbers, 85%
treated, an outcome of 0.3%, or of 4.7%.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from process import PROGRAM, command_line, machine, timed
from telco_crm.intervals import wilson
from telco_crm.retain.uplift.fitting import Task, fit_uplift
from telco_crm.retain.uplift.model import Training
from telco_crm.retain.uplift.rules import UpliftRules
from telco_crm.rules import load_rules

KINDS = ("none", "same", "half")
LEAST = 30  # outcomes in each arm, as the program asks for


@dataclass(frozen=True)
class World:
    """Rows, share of treated, rate of the outcome among the control group, and what treating does."""

    rows: int
    share: float
    rate: float
    kind: str


def main() -> None:
    options = _options()
    print(f"{machine()}\n{command_line()}\n", flush=True)
    {"signals": signals, "speed": speed}[options.what](options)


def signals(options: argparse.Namespace) -> None:
    """How often a signal is found, by what treating does."""
    rules = load_rules(UpliftRules, "uplift")
    for kind in options.kind or KINDS:
        found: list[bool] = []
        by: dict[str, list[bool]] = {}
        for number in range(options.trials):
            rng = np.random.default_rng([options.seed, KINDS.index(kind), number])
            world = World(
                int(rng.choice(options.sizes)),
                float(rng.choice([0.5, 0.85])),
                float(rng.choice(options.rates)),
                kind,
            )
            task = _trial(world, rng)
            arms = (task.outcome[task.treated], task.outcome[~task.treated])
            if min(arm.sum() for arm in arms) < LEAST:
                continue  # refused in words
            training = Training(
                source="table",
                outcome="y",
                customers=len(task.outcome),
                treated=int(task.treated.sum()),
                treated_mean=float(arms[0].mean()),
                control_mean=float(arms[1].mean()),
                seed=number,
            )
            found.append(fit_uplift(task, training, rules, options.threads).model.signal)
            by.setdefault(f"{world.share:.0%} treated", []).append(found[-1])
            by.setdefault(f"rate {world.rate:.1%}", []).append(found[-1])
        low, high = wilson(sum(found), len(found))
        parts = ", ".join(f"{name} {sum(some)} of {len(some)}" for name, some in sorted(by.items()))
        print(f"{kind}: a signal in {sum(found)} of {len(found)} ({low:.1%} to {high:.1%}); {parts}", flush=True)


def speed(options: argparse.Namespace) -> None:
    """Seconds and memory of a fit."""
    options.dir.mkdir(parents=True, exist_ok=True)
    for rate in (0.003, 0.047):
        file = options.dir / f"trial-{options.rows}-{rate}.parquet"
        rng = np.random.default_rng(options.seed)
        task = _trial(World(options.rows, 0.85, rate, "half"), rng, columns=12)
        frame = task.frame.select_dtypes("number").assign(treatment=task.treated * 1, outcome=task.outcome)
        frame.to_parquet(file)
        model = options.dir / "uplift.json"
        command = [
            *PROGRAM,
            "campaign",
            "fit",
            "--table",
            str(file),
            "--treatment",
            "treatment",
            "--outcome",
            "outcome",
        ]
        took = timed([*command, "--model", str(model), "--threads", str(options.threads)])
        print(
            f"{options.rows:,} rows, rate {rate:.1%}: {took.wall:.0f} s, {took.cpu:.0f} s of processor, "
            f"{took.memory:,.0f} MB",
            flush=True,
        )


def _trial(world: World, rng: np.random.Generator, columns: int = 8) -> Task:
    """Outcomes by a logistic model of three columns; treating multiplies the odds, for all or for half of them."""
    values = rng.normal(size=(world.rows, columns))
    values[:, 3] = np.floor(np.abs(values[:, 3]) * 3)
    values[:, 4] = np.where(rng.random(world.rows) < 0.6, 0.0, np.exp(values[:, 4]))
    values[rng.random(world.rows) < 0.1, 5] = np.nan
    town = rng.choice(list("abcd"), world.rows)
    treated = rng.random(world.rows) < world.share
    base = 0.8 * values[:, 0] + 0.5 * values[:, 1] * (town == "a") + 0.2 * values[:, 3]
    gain = {"none": 0.0, "same": 0.4, "half": np.where(values[:, 2] > 0, 1.0, -0.2)}[world.kind]
    low, high = -20.0, 10.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if (1 / (1 + np.exp(-(base + middle)))).mean() > world.rate else (middle, high)
    outcome = rng.random(world.rows) < 1 / (1 + np.exp(-(base + low + treated * gain)))
    frame = pd.DataFrame(values, columns=[f"x{i}" for i in range(columns)])
    frame["town"] = town.astype(object)
    return Task(frame, treated, outcome.astype(float))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["signals", "speed"])
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--kind", action="append", choices=KINDS, help="what treating does; all of them if not given")
    parser.add_argument("--sizes", type=int, nargs="+", default=[3000, 10_000, 20_000], help="rows of the trials")
    parser.add_argument("--rates", type=float, nargs="+", default=[0.005, 0.02, 0.05, 0.2], help="rates of the outcome")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dir", type=Path, default=Path("/tmp/telco-crm-benchmarks"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
