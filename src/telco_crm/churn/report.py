"""The evaluation of a model on a wide table: every figure with its interval, as rows, as text and as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from telco_crm.churn.metrics import auc, caught, measures, reliability
from telco_crm.churn.pictures import BLUE, GREY, RED, Axes, Curve, bars, plot
from telco_crm.churn.profit import Campaign, profit, profit_curve
from telco_crm.churn.tablemodel import OutOfFold
from telco_crm.labels import text


class Measure(NamedTuple):
    """A figure with its 95% interval, where it has one."""

    measure: str
    value: float
    low: float | None = None
    high: float | None = None


def evaluation(result: OutOfFold, campaign: Campaign) -> list[Measure]:
    """All figures: the mean over repeats; the interval of the area is that of single repeats."""
    each = [measures(result.outcome, score) for score in result.scores]
    money = [profit(result.outcome, score, campaign)._asdict() for score in result.scores]
    mean = {name: float(np.mean([m[name] for m in each])) for name in each[0]}
    rows = [
        Measure("rows", len(result.outcome)),
        Measure("leavers", int(result.outcome.sum())),
        Measure("churn_rate", float(result.outcome.mean())),
        Measure("auc", mean.pop("auc"), mean.pop("auc_low"), mean.pop("auc_high")),
    ]
    rows += [Measure(name, value) for name, value in mean.items()]
    return rows + [Measure(name, float(np.mean([m[name] for m in money]))) for name in money[0]]


def reliability_rows(result: OutOfFold) -> list[tuple[int, float, float, float, float, float]]:
    """Rows, lowest and mean probability, rate with its interval, for ten parts of the first repeat."""
    return [(b.rows, b.lowest, b.mean, *b.rate) for b in reliability(result.outcome, result.scores[0])]


def as_text(rows: Sequence[Measure], result: OutOfFold, lang: str) -> str:
    """The figures and the reliability table for reading."""
    lines = []
    for row in rows:
        name = text(f"evaluation.{row.measure}", lang)
        between = f"   ({row.low:.4f} – {row.high:.4f})" if row.low is not None else ""
        lines.append(f"{_padded(name, 44)}{_figure(row):>12}{between}")
    heads = ("bin", "subscribers", "lowest", "mean", "rate", "interval")
    lines += ["", text("evaluation.reliability", lang)]
    lines.append("".join(f"{text(f'evaluation.{head}', lang):>14}" for head in heads))
    for at, (count, lowest, mean, rate, low, high) in enumerate(reliability_rows(result), 1):
        lines.append(f"{at:>14}{count:>14,}{lowest:>14.4f}{mean:>14.4f}{rate:>14.4f}{f'{low:.4f}–{high:.4f}':>18}")
    return "\n".join(lines) + "\n"


def pictures(result: OutOfFold, campaign: Campaign, lang: str) -> dict[str, str]:
    """SVG by file name: the gain, profit and reliability of the first repeat."""
    score = result.scores[0]
    share, left = caught(result.outcome, score)
    area = auc(result.outcome, score)
    unit = (0.0, 1.0)
    gain = plot(
        Axes(
            text("evaluation.gain_title", lang, auc=area.value), _word("taken", lang), _word("caught", lang), unit, unit
        ),
        [Curve(np.array(unit), np.array(unit), GREY, dashed=True), Curve(share, left)],
    )
    at, money = profit_curve(result.outcome, score, campaign)
    best = int(np.argmax(money))
    low, high = float(money.min()), float(money.max())
    earned = plot(
        Axes(_word("profit_title", lang), _word("taken", lang), _word("money", lang), unit, (low, high), (True, False)),
        [Curve(at, money), Curve(at[[best]], money[[best]], RED, dots=True)],
    )
    table = np.array(reliability_rows(result))
    most = float(np.ceil(max(table[:, 2].max(), table[:, 5].max()) * 20) / 20)
    sides = (0.0, most)
    reliable = plot(
        Axes(_word("reliability", lang), _word("mean", lang), _word("rate", lang), sides, sides),
        [
            Curve(np.array(sides), np.array(sides), GREY, dashed=True),
            Curve(table[:, 2], table[:, 3], BLUE, dots=True, bars=(table[:, 4], table[:, 5])),
        ],
    )
    return {"gain.svg": gain, "profit.svg": earned, "reliability.svg": reliable}


def importance_picture(rows: Sequence[tuple[str, float]], lang: str) -> str:
    """Bars of the mean contribution of each column."""
    return bars(_word("importance_title", lang), rows)


def _word(name: str, lang: str) -> str:
    return text(f"evaluation.{name}", lang)


def _figure(row: Measure) -> str:
    if row.measure in ("rows", "leavers"):
        return f"{row.value:,.0f}"
    if row.measure.startswith(("recall", "churn_rate")) or row.measure.endswith("share"):
        return f"{row.value:.2%}"
    return f"{row.value:.4f}"


def _padded(words: str, width: int) -> str:
    """`words` filled up to `width` columns of a terminal, on which Chinese characters are two wide."""
    return words + " " * max(1, width - sum(2 if ord(c) > 0x2E7F else 1 for c in words))
