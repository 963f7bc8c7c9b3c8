"""Where the tests of segmentation find their helpers."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(folder) for folder in (HERE, HERE.parent / "world", HERE.parent / "cli")]
