"""The program for the examples of the pages."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from doc_server import served


@pytest.fixture(scope="session")
def program() -> Iterator[Path]:
    """A folder for the PATH with a `telco-crm` that starts at once."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as found:  # a short path: sockets need one
        yield found
