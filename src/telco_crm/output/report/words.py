"""Values as people read them, and columns as people call them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from telco_crm.labels import codes, text
from telco_crm.output.report.catalogue import Form, catalogue
from telco_crm.schema import INPUT_TABLES, OUTPUT_TABLES, load_schema

NOTHING = "–"
FORMS: dict[str, Form] = {"int": "int", "number": "number", "money": "money", "degrees": "number", "bool": "flag"}
DECIMALS = 2
LABELLED = {"analysis": "analyses"}  # column → section of sayings.toml that has words for its codes


@dataclass(frozen=True)
class Column:
    """A column of a report's table: its heading, the form of its values, and words for its codes."""

    name: str
    label: str
    form: Form
    decimals: int = DECIMALS
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def number(self) -> bool:
        """Whether it holds figures."""
        return self.form not in ("text", "flag")


def column_of(name: str, tables: Sequence[str], lang: str) -> Column:
    """Column `name` of a query over `tables`: headed and written as report.toml says, else as their schemas say."""
    heading = catalogue().columns.get(name)
    words = codes(LABELLED[name], lang) if name in LABELLED else {}
    words |= {code: word.text(lang) for code, word in catalogue().words.get(name, {}).items()}
    words = _of_exports(name, lang) | words
    for table in tables:
        known = load_schema(table).columns.get(name) if table in OUTPUT_TABLES else None
        if known:
            words = {code: known.value_label(code, lang).replace("_", " ") for code in known.values} | words
            form = heading.form if heading and heading.form else FORMS.get(known.type, "text")
            return Column(name, known.label(lang), form, min(known.decimals or 0, DECIMALS), words)
    if heading is None or not heading.en:
        raise LookupError(f"report.toml: column {name} has no heading, and {', '.join(tables)} no such column")
    return Column(name, heading.zh if lang == "zh" else heading.en, heading.form or "text", DECIMALS, words)


def _of_exports(name: str, lang: str) -> dict[str, str]:
    """The words that exports have for the codes of a column which bears the name of one of theirs."""
    for table in INPUT_TABLES:
        if (known := load_schema(table).columns.get(name)) and known.values:
            return {code: known.value_label(code, lang).replace("_", " ") for code in known.values}
    return {}


def plain(value: Any) -> str:
    """A value as it stands in the files; empty where there is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def shown(value: Any, form: Form, lang: str, decimals: int = DECIMALS) -> str:
    """A value in `form` for reading."""
    if value is None or value == "":
        return NOTHING
    if form == "flag":
        return text("report.yes" if value else "report.no", lang)
    if form == "stars":
        return "★" * int(value) or NOTHING
    patterns = {"int": ",.0f", "number": f",.{decimals}f", "money": ",.2f", "percent": ".1%", "change": "+.1%"}
    return format(value, patterns[form]) if form in patterns else str(value)


def change(now: Any, before: Any, form: Form, lang: str) -> str:
    """How a figure has moved since the month before: in percent, or in percentage points where it is a share."""
    if before is None or (not before and form != "percent"):
        return ""
    if form == "percent":
        return text("report.points", lang, change=f"{(float(now) - float(before)) * 100:+.1f}")
    return f"{float(now) / float(before) - 1:+.1%}"
