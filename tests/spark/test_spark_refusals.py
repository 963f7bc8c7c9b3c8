"""Spark missing, no Java, nobody at the address: one sentence with the remedy, nothing touched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from engines import telco

from telco_crm.engine.spark import VERSIONS, TaskSettings, _perform, _pickled
from telco_crm.engine.workers import Part

WITHOUT_PYSPARK = "import sys; sys.modules['pyspark'] = None; from telco_crm.cli import main; main()"


@pytest.fixture
def bills(tmp_path: Path) -> Path:
    path = tmp_path / "bills.csv"
    path.write_text("subscriber_id,month,total\n0139,2026-03,25.00\n", "utf-8")
    return path


def refused(tmp_path: Path, bills: Path, *flags: str, code: int = 1) -> str:
    out = tmp_path / "out.csv"
    done = telco("segment", "--bills", bills, "-o", out, "--engine", "spark", *flags)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir() if not p.name.startswith(".telco")) == ["bills.csv"]
    return done.stderr


def test_no_pyspark(tmp_path: Path, bills: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_PYSPARK, "segment", "--bills", str(bills), "-o", str(tmp_path / "o.csv")]
    done = subprocess.run([*command, "--engine", "spark"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        "telco-crm: --engine spark: PySpark is not installed; install it with: pip install 'telco-crm[spark]'\n"
    )


def test_no_java(tmp_path: Path, bills: Path, spark_home: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "JAVA_HOME"} | {"PATH": str(tmp_path)}
    command = [sys.executable, "-m", "telco_crm", "segment", "--bills", str(bills), "-o", str(tmp_path / "o.csv")]
    done = subprocess.run([*command, "--engine", "spark"], capture_output=True, text=True, env=environment)
    assert done.returncode == 1
    assert done.stderr == ("telco-crm: --engine spark: there is no Java; install Java 17 or newer, or set JAVA_HOME\n")


@pytest.mark.parametrize("flag", ["--master=spark://127.0.0.1:1", "--remote=sc://127.0.0.1:1"])
def test_nobody_at_the_address(tmp_path: Path, bills: Path, spark_home: Path, flag: str) -> None:
    said = refused(tmp_path, bills, flag)
    assert said.startswith(f"telco-crm: {flag.replace('=', ' ')}: nobody answers there (Connection refused); start ")


def test_a_master_that_is_none(tmp_path: Path, bills: Path, spark_home: Path) -> None:
    said = refused(tmp_path, bills, "--master=nonsense")
    assert said.startswith("telco-crm: Spark could not do it: ")
    assert "Master must either be yarn or start with spark, k8s, or local" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--master", "local", "--remote", "sc://x"), "give one of them"),
        (("--remote", "http://x"), "sc://host:port"),
        (("--master", "spark://x:y"), "the port must be a number"),
    ],
)
def test_addresses_that_cannot_be_meant(
    tmp_path: Path, bills: Path, spark_home: Path, flags: tuple[str, ...], says: str
) -> None:
    assert says in refused(tmp_path, bills, *flags, code=2)


def test_a_master_without_spark(tmp_path: Path, bills: Path) -> None:
    done = telco("segment", "--bills", bills, "-o", tmp_path / "out.csv", "--master", "local")
    assert done.returncode == 2
    assert "--master goes with --engine spark" in done.stderr


def test_a_worker_with_another_version_refuses(tmp_path: Path, spark_home: Path) -> None:
    payload = _pickled((len, TaskSettings(tmp_path), "telco-crm 0, duckdb 0", ["task"]))
    (problem,) = _perform(payload, 0).problems
    assert f"has {VERSIONS}, the driver telco-crm 0, duckdb 0; install the same on all machines" in problem


def test_a_worker_that_does_not_see_the_folder_refuses(tmp_path: Path, spark_home: Path) -> None:
    payload = _pickled((len, TaskSettings(tmp_path / "elsewhere"), VERSIONS, ["task"]))
    (problem,) = _perform(payload, 0).problems
    assert f"does not see {tmp_path / 'elsewhere'}; name a folder on a shared disk with --store" in problem


def test_parts_do_not_depend_on_the_process() -> None:
    assert Part(3, 8).holds("sid") == "(sid >= 6917529027641081856::UBIGINT AND sid <= 9223372036854775807::UBIGINT)"
