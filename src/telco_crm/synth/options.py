"""What a sample is asked to be, and what became of it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

from telco_crm.errors import UsageError
from telco_crm.rules import nearest
from telco_crm.synth.figures import load_figures

FORMATS = ("csv", "parquet")
LANGUAGES = ("en", "zh")
SHARES = ("real", "equal")


@dataclass(frozen=True)
class SampleOptions:
    """How a sample is made; equal options give equal files.

    Attributes:
        subscribers: How many subscribers there are, those who join or leave meanwhile included.
        months: How many months are exported.
        seed: Start of all random draws.
        format: csv or parquet.
        lang: Language of headers and values; CSV files in zh are GB18030, else UTF-8.
        dirty: Defective rows planted per good row, 0 to 1.
        first_month: First exported month, YYYY-MM.
        noise: Sigma (log scale) of what people of a group differ by.
        shares: Sizes of the groups: as in practice (real) or all the same (equal).
        price_level: Factor on every charge and bill.
        without_groups: Ids of groups left out; the others grow in proportion.
        churn_level: Factor on the chance of leaving.
        records: Factor on the number of records; each is charged that much more, so that bills stay as they are.
    """

    subscribers: int = 2000
    months: int = 6
    seed: int = 0
    format: str = "csv"
    lang: str = "en"
    dirty: float = 0.0
    first_month: str = "2026-01"
    noise: float = 0.35
    shares: str = "real"
    price_level: float = 1.0
    without_groups: tuple[int, ...] = ()
    churn_level: float = 1.0
    records: float = 1.0


@dataclass(frozen=True)
class SampleReport:
    """What was written: rows per table (planted ones included), files, and how long it took."""

    rows: dict[str, int]
    files: tuple[Path, ...]
    seconds: float
    defects: int = 0
    cdrs_per_second: float = field(init=False)

    def __post_init__(self) -> None:
        """Work out the speed."""
        object.__setattr__(self, "cdrs_per_second", self.rows.get("usage", 0) / max(self.seconds, 1e-9))


def check_options(options: SampleOptions) -> None:
    """Refuse options that no sample can be made with.

    Raises:
        UsageError: with one sentence for each option that is wrong.
    """
    problems = [
        *_within("subscribers", options.subscribers, 1, 20_000_000),
        *_within("months", options.months, 1, 60),
        *_within("seed", options.seed, 0, 2**63 - 1),
        *_within("dirty", options.dirty, 0, 1),
        *_within("noise", options.noise, 0, 3),
        *_within("price_level", options.price_level, 0.01, 100),
        *_within("churn_level", options.churn_level, 0, 20),
        *_within("records", options.records, 0.01, 10),
        *_one_of("format", options.format, FORMATS),
        *_one_of("lang", options.lang, LANGUAGES),
        *_one_of("shares", options.shares, SHARES),
        *_month(options.first_month),
        *_groups(options.without_groups),
    ]
    if problems:
        raise UsageError(problems)


def _within(name: str, value: float, low: float, high: float) -> list[str]:
    if math.isfinite(value) and low <= value <= high:
        return []
    return [f"{name} must be between {low} and {high}, not {value}."]


def _one_of(name: str, value: str, known: tuple[str, ...]) -> list[str]:
    return [] if value in known else [f"{name} must be {' or '.join(known)}, not {value!r}{nearest(value, known)}."]


def _month(text: str) -> list[str]:
    if re.fullmatch(r"(19|20)\d\d-(0[1-9]|1[0-2])", text):
        return []
    return [f"first_month must be a month such as 2026-01, not {text!r}."]


def _groups(left_out: tuple[int, ...]) -> list[str]:
    known = [int(key) for key in load_figures().groups]
    strangers = sorted(set(left_out) - set(known))
    if strangers:
        return [f"without_groups names {strangers[0]}, but the groups are {', '.join(map(str, sorted(known)))}."]
    return ["without_groups leaves no group at all."] if not set(known) - set(left_out) else []
