"""Samples that several tests look at, each made once, and a way to ask about them in SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from telco_crm.synth import SampleOptions, generate

TABLES = ("usage", "bills", "subscribers", "events", "contacts")


@dataclass(frozen=True)
class Sample:
    folder: Path
    options: SampleOptions
    ask: Callable[[str], pd.DataFrame]


def open_sample(folder: Path, options: SampleOptions) -> Sample:
    """A Parquet sample whose tables, `truth` among them, can be asked about."""
    generate(folder, options)
    con = duckdb.connect()
    for table in TABLES:
        con.execute(f"create view {table} as select * from read_parquet('{folder}/{table}*.parquet')")
    con.execute(
        f"create table truth as select * from read_csv('{folder}/truth.csv', header = true,"
        " types = {'subscriber_id': 'varchar', 'leave_month': 'varchar'})"
    )
    return Sample(folder, options, lambda sql: con.execute(sql).df())


@pytest.fixture(scope="session")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """4,000 subscribers over 4 months."""
    options = SampleOptions(subscribers=4000, months=4, seed=7, format="parquet")
    return open_sample(tmp_path_factory.mktemp("operator"), options)


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """20,000 subscribers in one month: large enough for the figures of single groups."""
    options = SampleOptions(subscribers=20_000, months=1, seed=3, format="parquet")
    return open_sample(tmp_path_factory.mktemp("city"), options)
