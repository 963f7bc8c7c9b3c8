"""What makes a competitor's customer a prospect, and how close it is."""

from __future__ import annotations

from pydantic import Field, model_validator

from telco_crm.rules import Model


class Evidence(Model):
    """The least calls, contacts and months of a prospect that is not thin."""

    calls: int = Field(ge=0)
    contacts: int = Field(ge=0)
    months: int = Field(ge=0)


class Closeness(Model):
    """Weights of what closeness is made of."""

    contacts: float = Field(ge=0)
    value: float = Field(ge=0)
    stability: float = Field(ge=0)

    @model_validator(mode="after")
    def _something_weighs(self) -> Closeness:
        if not self.total:
            raise ValueError("at least one weight must be above 0")
        return self

    @property
    def total(self) -> float:
        """The sum of the weights."""
        return self.contacts + self.value + self.stability


class ProspectRules(Model):
    """rules/prospects.toml."""

    minutes: float = Field(gt=0)
    months: int = Field(ge=1)
    leave_out: tuple[str, ...]
    minimum_digits: int = Field(ge=1)
    contacts_listed: int = Field(ge=1)
    evidence: Evidence
    closeness: Closeness
