"""Data that several tests of the commands look at."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from telco_process import Telco

BILLS = "subscriber_id,month,total\n0139,2026-03,25.00\n0140,2026-03,60.00\n0141,2026-03,300.00\n0139,2026-02,25.00\n"
USAGE = (
    "subscriber_id,start_time,service,direction,counterpart,duration_s\n"
    "0139,2026-03-02 09:15:00,voice,out,0140,61\n0140,2026-03-31 21:00:00,voice,in,0139,5\n"
    "0141,2026-02-11 12:00:00,sms,out,0140,\n"
)
SUBSCRIBERS = "subscriber_id,brand,activated_on,region\n0139,gotone,2020-01-05,Nanshan\n0140,mzone,2024-06-30,Luohu\n"


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Ctrl-C interrupts, also where the tests themselves were started in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def telco(tmp_path: Path) -> Telco:
    """The program, called in an empty folder."""
    return Telco(tmp_path)


@pytest.fixture
def little(telco: Telco) -> Telco:
    """The program, called beside a folder `data` with usage, bills and subscribers of three people."""
    for name, text in (("usage", USAGE), ("bills", BILLS), ("subscribers", SUBSCRIBERS)):
        telco.write(f"data/{name}.csv", text)
    return telco


@pytest.fixture(scope="session")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A damaged sample of an operator: 240 subscribers, 4 months."""
    folder = tmp_path_factory.mktemp("operator")
    options = ("--subscribers", 240, "--months", 4, "--seed", 11, "--records", 0.1, "--churn-level", 3, "--dirty", 0.01)
    Telco(folder).good("sample", folder, "--format", "parquet", *options)
    return folder
