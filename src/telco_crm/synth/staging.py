"""Writing a set of files aside, and putting all in place when the last is whole."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from types import TracebackType

from telco_crm.errors import OutputError
from telco_crm.schema import INPUT_TABLES

DEFECTS = "truth_rejects.csv"  # the defects of a sample; those of one that is overwritten go with it


class Staging:
    """Files of the folder `out`, written under temporary names until the end of the `with` block.

    Raises:
        OutputError: if the folder cannot be written, or holds files of another sample that would stay.
    """

    def __init__(self, out: Path, names: Collection[str]) -> None:
        """Files of `out` that will be called `names`."""
        self._out, self._names, self._begun = out, names, list[str]()

    def path(self, name: str) -> Path:
        """Where to write the file that will be called `name`."""
        self._begun.append(name)
        return self._aside(name)

    def __enter__(self) -> Staging:
        """Make the folder and look whether it is free."""
        try:
            self._out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self._out} cannot be made a folder: {error.strerror}.") from None
        self._refuse_strangers()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put the files in place or, after an error, remove what there is of them."""
        if kind is None:
            for name in self._begun:
                os.replace(self._aside(name), self._out / name)
            if DEFECTS not in self._names:
                (self._out / DEFECTS).unlink(missing_ok=True)
            return
        for name in self._begun:
            self._aside(name).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OutputError(f"{self._out} cannot be written: {error.strerror or error}.") from error

    def _aside(self, name: str) -> Path:
        return self._out / f".{name}.part"

    def _refuse_strangers(self) -> None:
        """Refuse to write beside files that would be read as part of this sample."""
        for path in sorted(self._out.iterdir()):
            if path.name.startswith(INPUT_TABLES) and path.name not in self._names:
                remedy = "choose another folder or remove it"
                raise OutputError(f"{path} is not part of this sample but would be read with it: {remedy}.")
