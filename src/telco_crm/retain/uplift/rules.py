"""The rules of uplift models."""

from __future__ import annotations

from pydantic import Field

from telco_crm.rules import Model


class UpliftRules(Model):
    """See rules/uplift.toml."""

    least_gain: float = Field(ge=0)
    least_customers: int = Field(ge=10)
    most_cells: int = Field(ge=1_000_000)
    imbalance: float = Field(gt=0)
    undated: tuple[str, ...]
