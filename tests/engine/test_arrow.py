"""Numbers between NumPy and Arrow: equal to what Arrow's own conversion gives, and pandas stays unloaded."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from telco_crm.engine.arrow import to_arrow, to_numpy

COLUMNS = {
    "sliced": pa.array([1, 2, 3, 4], pa.uint64())[1:3],
    "chunks": pa.chunked_array([pa.array([2**63], pa.uint64()), pa.array([], pa.uint64()), pa.array([7], pa.uint64())]),
    "no rows": pa.chunked_array([], pa.int32()),
    "floats": pa.chunked_array([[0.1, -0.0], [float("inf")]]),
    "missing": pa.array([1, None, 3]),
    "text": pa.array(["a", "b"]),
    "flags": pa.array([True, False, True]),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_to_numpy_is_what_arrow_says(name):
    column = COLUMNS[name]
    expected = column.to_numpy(zero_copy_only=False) if isinstance(column, pa.Array) else column.to_numpy()
    found = to_numpy(column)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_there_and_back_with_steps():
    values = np.arange(10, dtype=np.int64)[::3]
    assert to_arrow(values).to_pylist() == [0, 3, 6, 9]
    np.testing.assert_array_equal(to_numpy(to_arrow(values)), values)


def test_what_is_no_number_is_empty():
    assert to_arrow(np.array([1.5, np.nan, 0.0])).to_pylist() == [1.5, None, 0.0]
    np.testing.assert_array_equal(to_numpy(to_arrow(np.array([1.5, np.nan]))), [1.5, np.nan])


def test_features_do_not_load_pandas(tmp_path):
    """It takes a tenth of the time that a small month needs."""
    command = ["", "features", "data/samples/operator", "-o", str(tmp_path / "f.parquet"), "--no-store", "-q"]
    script = (
        f"import sys; from telco_crm.cli import main; sys.argv = {command!r}\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "assert 'pandas' not in sys.modules, 'pandas was loaded'"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
