"""Fit and apply of the groups against scikit-learn's k-means on the same matrix: seconds and memory.

python benchmarks/segmentation.py [--rows 1000000] [--columns 40]

The matrix is drawn by the population of the tests, with further inputs made of sums and ratios of it. Every measurement
is a process of its own; memory is its peak less that of a process that only holds the matrix.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "tests" / "segment"))
TASKS = ("hold", "kmeans", "fit", "apply", "fit_all")  # fit looks at 100,000 rows, fit_all at all of them


def matrix(rows: int, columns: int) -> np.ndarray:
    """rows × columns, float32; the first 25 columns are the inputs of postpaid-17."""
    from population import people

    some = people(1, min(rows, 100_000)).inputs.to_numpy(np.float32)
    rng = np.random.default_rng(0)
    x = np.empty((rows, columns), dtype=np.float32)
    for first in range(0, rows, len(some)):
        part = some[: min(len(some), rows - first)]
        mixed = [part[:, j % 25] + part[:, (7 * j) % 25] for j in range(25, columns)]
        noise = np.exp(rng.normal(0, 0.05, (len(part), columns))).astype(np.float32)
        x[first : first + len(part)] = np.column_stack([part, *mixed]) * noise
    return x


def scheme_of(columns: int) -> Any:
    """postpaid-17 with further inputs that no archetype names."""
    from telco_crm.segment.scheme import Input, load_scheme

    scheme = load_scheme("postpaid-17").complete()
    more = {f"more{j}": Input(sql="0", en=f"more {j}", zh=f"more {j}") for j in range(columns - len(scheme.inputs))}
    return scheme.model_copy(update={"inputs": {**scheme.inputs, **more}})


def task(name: str, rows: int, columns: int, folder: Path) -> None:
    """Do one thing; print seconds and peak memory in MB."""
    from sklearn.cluster import KMeans

    from telco_crm.segment.behaviour import BehaviourSegmenter

    x = np.load(folder / "matrix.npy")
    model = None
    if name == "apply":
        model = BehaviourSegmenter(scheme_of(columns), random_state=0).fit(x[:50_000])
    scheme = scheme_of(columns)
    start = time.perf_counter()
    if name == "kmeans":
        KMeans(17, n_init=1, random_state=0).fit(np.nan_to_num(x))
    elif name == "fit":
        BehaviourSegmenter(scheme, random_state=0).fit(x)
    elif name == "fit_all":
        BehaviourSegmenter(scheme, max_rows=rows, random_state=0).fit(x)
    elif model is not None:
        model.predict(x)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"task": name, "seconds": round(seconds, 2), "peak_mb": round(peak)}), flush=True)


def main() -> None:
    """Measure everything and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=40)
    parser.add_argument("--folder", type=Path, default=Path("."))
    parser.add_argument("--task")
    options = parser.parse_args()
    if options.task:
        task(options.task, options.rows, options.columns, options.folder)
        return
    x = matrix(options.rows, options.columns)
    np.save(options.folder / "matrix.npy", x)
    size = x.nbytes / 2**20
    del x
    found = {}
    for name in TASKS:
        command = [sys.executable, __file__, "--task", name, "--rows", options.rows, "--columns", options.columns]
        done = subprocess.run([*map(str, command), "--folder", str(options.folder)], capture_output=True, check=True)
        found[name] = json.loads(done.stdout.splitlines()[-1])
    (options.folder / "matrix.npy").unlink()
    kmeans, idle = found["kmeans"]["seconds"], found["hold"]["peak_mb"]
    print(f"matrix {options.rows:,} x {options.columns}, {size:.0f} MB as float32")
    for name, row in found.items():
        extra = row["peak_mb"] - idle
        print(f"{name:8} {row['seconds']:8.2f} s  {row['seconds'] / kmeans:5.2f} x k-means  "
              f"peak {row['peak_mb']:6} MB  beyond the matrix {extra / size:5.2f} x")  # fmt: skip


if __name__ == "__main__":
    main()
