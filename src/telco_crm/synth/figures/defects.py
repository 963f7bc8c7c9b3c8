"""What goes wrong in planted rows."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from telco_crm.rules import Model


class Defect(Model):
    """One defect: a new content for a column, a row cut short, or a row that stands twice."""

    parquet: bool
    column: str = ""
    value: str = ""
    zh: str = ""
    hex: str = ""
    keep: int = 0
    twice: bool = False

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if bool(self.column) + bool(self.keep) + self.twice != 1:
            raise ValueError("give exactly one of column, keep, twice")
        return self

    def content(self, lang: str) -> bytes:
        """The column's new content as it stands in the file."""
        if self.hex:
            return bytes.fromhex(self.hex)
        return self.zh.encode("gb18030") if lang == "zh" and self.zh else self.value.encode()


class DefectFigures(Model):
    """defects.toml: table → defect → what it is."""

    usage: dict[str, Defect]
    bills: dict[str, Defect]
    subscribers: dict[str, Defect]
    events: dict[str, Defect]
    contacts: dict[str, Defect]

    def of(self, table: str, file_format: str) -> dict[str, Defect]:
        """Defects that a file of `table` can have."""
        found: dict[str, Defect] = getattr(self, table)
        return {name: defect for name, defect in found.items() if file_format == "csv" or defect.parquet}
