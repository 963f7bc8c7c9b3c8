"""`telco-crm features --store` killed with SIGKILL at random moments, then run to its end: the bytes must be the same.

    python benchmarks/kill.py [--rows 20000000] [--kills 10] [--threads 2] [--memory-limit 1GB] [--seed 0] [--dir DIR]

The moments are spread evenly at random over the time that an undisturbed run takes; the store stays as the killed run
left it. A run that ends before its moment does not count, and the store begins anew. The exit code is 1 if the bytes
differ, the store is not whole at the end, or there were too few kills.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from cdrs import make_cdrs
from process import PROGRAM, command_line, machine, timed


def main() -> None:
    options = _options()
    print(f"{machine()}\n{command_line()}\n", flush=True)
    cdrs = make_cdrs(options.dir, options.rows, options.months)
    print(cdrs.told, flush=True)
    work = options.dir / "kill"
    shutil.rmtree(work, ignore_errors=True)

    def command(name: str) -> list[str]:
        (work / name).mkdir(parents=True, exist_ok=True)
        out = ["-o", str(work / name / "features.parquet"), "--store", str(work / name / "store")]
        fixed = ["--threads", str(options.threads), "--memory-limit", options.memory_limit, "-q"]
        return [*PROGRAM, "features", "--usage", cdrs.files, *out, "--temp-dir", str(work / name / "temp"), *fixed]

    whole = timed(command("whole"))
    print(f"undisturbed: {whole.wall:.1f} s", flush=True)
    killed = _kill(command("killed"), work / "killed", whole.wall, options)
    last = timed(command("killed"))
    verified = (
        subprocess.run([*PROGRAM, "store", "verify", str(work / "killed" / "store")], check=False).returncode == 0
    )
    same = _digest(work / "whole" / "features.parquet") == _digest(work / "killed" / "features.parquet")
    left = sum(path.stat().st_size for path in (work / "killed" / "temp").rglob("*") if path.is_file()) / 2**20
    print(f"killed {killed} times, then run to its end in {last.wall:.1f} s")
    print(f"same bytes as the undisturbed run: {'yes' if same else 'NO'}; store whole: {'yes' if verified else 'NO'}")
    print(f"temporary files left behind by the killed runs: {left:,.0f} MB")
    shutil.rmtree(work)
    sys.exit(0 if same and verified and killed == options.kills else 1)


def _kill(command: list[str], folder: Path, seconds: float, options: argparse.Namespace) -> int:
    """Start the command again and again and kill it; how often it was really killed."""
    chance, killed = random.Random(options.seed), 0
    for number in range(options.kills * 5):
        if killed == options.kills:
            break
        moment = chance.uniform(0, seconds)
        process = subprocess.Popen(command)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        if process.wait() == -signal.SIGKILL:
            killed += 1
            stored = len(list((folder / "store" / "usage").glob("[!.]*")))
            kept = len(list((folder / "store" / "features").glob("[!.]*")))
            print(
                f"  killed after {moment:.1f} s: {stored} files and {kept} months of features in the store", flush=True
            )
        elif process.returncode:
            sys.exit(f"run {number + 1} ended by itself with exit code {process.returncode}")
        else:
            print(f"  ended before {moment:.1f} s", flush=True)
            shutil.rmtree(folder)
            folder.mkdir()
    return killed


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--months", type=int, default=3)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-limit", default="1GB")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--dir", type=Path, default=Path("/tmp/telco-crm-benchmarks"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
