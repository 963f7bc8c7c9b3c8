"""The segments that lifetimes are told by, and what they are called."""

from __future__ import annotations

from collections.abc import Mapping

from telco_crm.analysis import RunContext
from telco_crm.labels import text
from telco_crm.schema import load_schema
from telco_crm.value.lives import ENDED, FREE, NONE, RUNNING, month_of
from telco_crm.worth import WorthRules

SEGMENTS = ("group_id", "band", "brand", "contract", "tenure")
CONTRACTS = {RUNNING: "running", ENDED: "ended", FREE: "none"}


class Names:
    """Codes and words of segments, in the language of the run."""

    def __init__(self, context: RunContext, rules: WorthRules) -> None:
        """Group names come from `grouped`, where it is at hand."""
        self._lang = context.lang
        self._arpu, self._tenure = rules.arpu_steps, rules.tenure_steps
        self._groups: Mapping[int, str] = {}
        if context.has("grouped"):
            self._groups = dict(context.engine.rows('SELECT DISTINCT group_id, "group" FROM grouped'))

    def kind(self, kind: str) -> tuple[int, str, str]:
        """Place in the order, code and words of a kind of segment."""
        code = {"group_id": "group", "band": "arpu_band"}.get(kind, kind)
        order = ("all", *SEGMENTS, "decile", "month")
        return order.index(kind), code, text(f"assessment.{code}", self._lang)

    def segment(self, kind: str, level: object) -> tuple[int, str, str]:
        """Place in the order, code and words of a segment of a kind."""
        if kind == "all":
            return 0, "all", text("assessment.everybody", self._lang)
        if kind == "brand":
            label = load_schema("subscribers").columns["brand"].value_label(str(level), self._lang)
            return 0, str(level), label
        number = int(float(str(level)))
        if kind == "group_id":
            none = text("assessment.no_group", self._lang)
            return number, str(number), self._groups.get(number, none if number == NONE else str(number))
        if kind == "band":
            words = (self._band(number), self._band(number)) if number != NONE else self._said("no_bill")
            return number, *words
        if kind == "contract":
            return 2 - number, *self._said(CONTRACTS[number])
        if kind == "tenure":
            return number, self._months(number), self._months(number)
        if kind == "month":
            month = str(month_of(number))
            return number, month, month
        return number, str(number), str(number)

    def _said(self, key: str) -> tuple[str, str]:
        return key, text(f"assessment.{key}", self._lang)

    def _band(self, band: int) -> str:
        edges = ["0" if band == 0 else f"{self._arpu[band - 1]:g}", *(f"{edge:g}" for edge in self._arpu[band:])]
        return f"({edges[0]},{edges[1]}]" if band < len(self._arpu) else f"({edges[0]},inf)"

    def _months(self, step: int) -> str:
        edges = [0, *self._tenure]
        return f"[{edges[step]},{edges[step + 1]})" if step < len(self._tenure) else f"[{edges[step]},inf)"
