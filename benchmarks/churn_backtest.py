"""The back-test of the churn model against models that know what the operator was generated from; and its calibration.

    python benchmarks/churn_backtest.py [--subscribers 8000] [--months 9] [--seeds 1 2 3] [--noise 0.35] [--records 1]
    python benchmarks/churn_backtest.py --subscribers 120000 --months 7 --records 0.1 --seeds 1    # calibration

Operators are generated, exported, read and back-tested: the latest cut-off with a known outcome is scored by a model
fitted on the earlier ones whose outcome was known by then. The other models are the same learner on the same rows, but
on the truth as it stood at each cut-off: on all that leaving was drawn from (every factor of the hazard, and the hazard
itself); and, beyond that, on every sign that was planted in leavers and others (the part of the usual traffic that is
left, forwarding, complaints, requests to cancel), without the noise with which an export shows it. The end of a
contract has no date in exports, so that one is looked at without it as well.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from telco_crm.analysis import RunContext
from telco_crm.churn.circle import HISTORY
from telco_crm.churn.dataset import outcomes_at, past_cutoffs, signals_at
from telco_crm.churn.labels import create_leavers
from telco_crm.churn.metrics import measures
from telco_crm.churn.rules import ChurnRules
from telco_crm.churn.score import fit_on_history
from telco_crm.learn.fit import fit
from telco_crm.months import Month
from telco_crm.session import Settings, analyse, loaded
from telco_crm.synth.arrays import NEVER
from telco_crm.synth.fate import Known, _chances, _friends_gone
from telco_crm.synth.options import SampleOptions
from telco_crm.synth.sample import generate
from telco_crm.synth.setting import Setting
from telco_crm.synth.world import World, make_world

SIGNS = ("fade", "forwards", "complained", "asked")
CONTRACT = ("contract_left", "chance")  # what the end of the contract goes into
TRUTHS = {"drawn_from": SIGNS, "and_signs": (), "and_signs_without_contract": CONTRACT}  # what each leaves out


def truth_at(world: World, now: int) -> pd.DataFrame:
    """What is true of everybody at the end of month `now`, by subscriber; nothing that only comes later."""
    setting, people, fate, signs = world.setting, world.people, world.fate, world.signs
    end = setting.timeline.start(now + 1)
    left = np.where(fate.month <= now, fate.month, NEVER)
    known = Known(people, world.plans, world.circles, world.contacts, fate.unresolved)
    price = np.array([plan.local for plan in setting.plans])[world.plans.of_month[now]]
    columns = {
        "tenure": (end - people.joined) / 30.4,
        "leaving_of_group": setting.by_group(lambda g: g.leaving)[people.group],
        "group": people.group,
        "payer": people.payer,
        "silent": people.silent,
        "price": price,
        "activity": people.activity,
        "friends_gone": _friends_gone(world.circles, left, now + 1),
        "campaigns": np.log(world.contacts.hazard(setting, people, now + 1)),
        "unresolved": fate.unresolved[now + 1 : now + 3].any(axis=0),
        "contract_left": np.where(people.contract_end < NEVER, people.contract_end - end, np.nan),
        **{f"chance_{ahead}": np.log(_chances(setting, known, left, now + ahead) + 1e-9) for ahead in (1, 2)},
    }
    for back in range(3):
        columns[f"fade_{back}"] = signs.fade[now - back]
        columns[f"forwards_{back}"] = signs.forwards[now - back]
    for name, days in (("complained", [signs.complained_on]), ("asked", [signs.asked_on, signs.kept_on])):
        columns[name] = np.nanmin([np.where(day < end, end - day, 1e4) for day in days], axis=0)
    frame = pd.DataFrame({name: np.asarray(values, np.float64) for name, values in columns.items()})
    return frame.set_index(pd.Index(world.book.texts.slice(0, setting.n).to_pylist()))


def of_truth(
    context: RunContext, world: World, fitted_on: list[Month], cutoff: Month, leave_out: tuple[str, ...]
) -> float:
    """AUC, at `cutoff`, of the learner fitted on the truth at the months `fitted_on`."""
    rules, timeline = context.rules(ChurnRules, "churn"), world.setting.timeline
    month = {timeline.label(n): n for n in range(timeline.months)}

    def rows(at: Month) -> tuple[pd.DataFrame, pd.Series]:
        outcome = outcomes_at(context, rules, at)
        truth = truth_at(world, month[str(at)]).loc[outcome.index]
        return truth[[name for name in truth if not name.startswith(leave_out)]], outcome

    frames, outcomes = zip(*(rows(at) for at in fitted_on), strict=True)
    groups = pd.Series(np.concatenate([frame.index for frame in frames]))
    signals = pd.concat(frames, ignore_index=True)
    learned = fit(signals, np.concatenate(outcomes), groups, 0, 2)
    frame, outcome = rows(cutoff)
    return float(measures(outcome.to_numpy(), learned.model.probability(frame, 2).to_numpy())["auc"])


def back_test(context: RunContext, world: World) -> dict[str, float]:
    """AUC of both models at the latest cut-off, and the calibration error of ours."""
    rules = context.rules(ChurnRules, "churn")
    cutoff = past_cutoffs(context, rules)[-1]
    outcome = outcomes_at(context, rules, cutoff)
    signals = signals_at(context, rules, cutoff).loc[outcome.index]
    then = replace(context, as_of=cutoff, months=[m for m in context.months if m <= cutoff])
    create_leavers(then, rules.leaving)
    model = fit_on_history(then, rules)
    fitted_on = past_cutoffs(then, rules)
    score = model.probability(signals, 2)
    found = measures(outcome.to_numpy(), score.to_numpy())
    create_leavers(context, rules.leaving)
    return {
        "rows": len(outcome),
        "leavers": int(outcome.sum()),
        "auc": found["auc"],
        "calibration_error": found["calibration_error"],
        **{name: of_truth(context, world, fitted_on, cutoff, without) for name, without in TRUTHS.items()},
    }


def main() -> None:
    """One operator per seed; the means and ratios last."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--subscribers", type=int, default=8000)
    parser.add_argument("--months", type=int, default=9)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    for name, default in (("--noise", 0.35), ("--churn-level", 1.0), ("--records", 1.0)):
        parser.add_argument(name, type=float, default=default)
    asked = vars(parser.parse_args())
    results = []
    for seed in asked.pop("seeds"):
        options = SampleOptions(**asked, seed=seed, format="parquet")
        with tempfile.TemporaryDirectory() as folder:
            generate(Path(folder), options)
            with loaded(Path(folder), {}, Settings()) as data:
                context, _ = analyse(data, (HISTORY,))
                results.append(back_test(context, make_world(Setting.of(options))))
        print(seed, {name: round(value, 4) for name, value in results[-1].items()}, flush=True)
    mean = pd.DataFrame(results).mean()
    print(f"AUC {mean.auc:.4f}; calibration error {mean.calibration_error:.4f} (wanted: at most 0.01 at 100,000 rows)")
    for name in TRUTHS:
        wanted = "   (wanted: at least 0.97)" if name == "drawn_from" else ""
        print(f"÷ {mean[name]:.4f} on the truth, {name.replace('_', ' ')}: {mean.auc / mean[name]:.3f}{wanted}")


if __name__ == "__main__":
    main()
