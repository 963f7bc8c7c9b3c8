"""A real standalone cluster on loopback: a master and a worker process, started once and stopped at the end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / "world")]

START_SECONDS = 120


@pytest.fixture(scope="session")
def spark_home() -> Path:
    """Where Spark is installed."""
    pyspark = pytest.importorskip("pyspark", reason="the extra spark is not installed")
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip("Spark needs Java, and there is none")
    return Path(pyspark.__file__).parent


@pytest.fixture(scope="session")
def cluster(spark_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the master of a cluster with one worker of two cores."""
    folder = tmp_path_factory.mktemp("cluster")
    port = _free_port()
    url = f"spark://127.0.0.1:{port}"
    deploy = "org.apache.spark.deploy"
    commands = {
        "master": [f"{deploy}.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"],
        "worker": [f"{deploy}.worker.Worker", "--host", "127.0.0.1", "-c", "2", "-m", "2g", "--webui-port", "0", url],
    }
    said = {"master": "I have been elected leader", "worker": "Successfully registered with master"}
    running = []
    try:
        for name, command in commands.items():
            log = folder / f"{name}.log"
            running.append(_start(spark_home, command, folder, log))
            _wait(running[-1], log, said[name])
        yield url
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait(30)


def _start(home: Path, command: list[str], folder: Path, log: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_WORKER_DIR": str(folder / "work"),
    }
    with log.open("wb") as stream:
        return subprocess.Popen(
            [str(home / "bin" / "spark-class"), *command], env=environment, stdout=stream, stderr=stream
        )


def _wait(process: subprocess.Popen[bytes], log: Path, text: str) -> None:
    end = time.monotonic() + START_SECONDS
    while text not in log.read_text("utf-8", "replace"):
        assert process.poll() is None, log.read_text("utf-8", "replace")[-2000:]
        assert time.monotonic() < end, f"{log.name}: it does not say {text!r}"
        time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
