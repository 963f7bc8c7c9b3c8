"""What can go wrong, and the exit code each kind gives.

Exit codes: 0 done, 1 input or rule problem, 2 usage, 3 some analyses were impossible (`--strict`), 4 the
audit found something, 130 interrupted.
"""

from __future__ import annotations

from collections.abc import Sequence

EXIT_PROBLEM = 1
EXIT_USAGE = 2
EXIT_INCOMPLETE = 3
EXIT_FOUND = 4
EXIT_INTERRUPTED = 130


class TelcoError(Exception):
    """A problem with what the user gave: shown as one sentence per problem, without a traceback."""

    exit_code = EXIT_PROBLEM

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class InputError(TelcoError):
    """A file or table that cannot be read or mapped."""


class DamagedError(InputError):
    """A stored file that its reader cannot make sense of; whoever knows which one says so."""


class RuleError(TelcoError):
    """A configuration, rule or feature definition that is not valid."""


class OutputError(TelcoError):
    """A place that cannot be written."""


class UsageError(TelcoError):
    """Options that do not go together."""

    exit_code = EXIT_USAGE


class CannotCompute(Exception):  # noqa: N818 - a statement about the data, not a failure
    """One analysis is impossible with this data; the others go on. The message says what is missing."""
