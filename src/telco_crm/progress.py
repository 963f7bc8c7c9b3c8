"""What long work tells about itself: phases, how much of them is done, and rows."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told of phases one after the other; `total` and `done` are in one unit of the phase's own, such as bytes."""

    def phase(self, name: str, total: float) -> None:
        """A new phase begins; `name` is a key of labels.toml, section progress."""

    def advance(self, done: float, rows: int) -> None:
        """That much more of the phase is done, and that many more rows; may be called from any thread."""


class Silent:
    """Shows nothing."""

    def phase(self, name: str, total: float) -> None:
        """A new phase begins."""

    def advance(self, done: float, rows: int) -> None:
        """More of the phase is done."""
