"""One number, however it is written: with a country code, a trunk 0, an IP prefix, or separators."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from telco_crm.engine.sql import literal
from telco_crm.rules import Model

OTHER = 1 << 63  # from here on it stands for what is no number of up to 18 digits


def packed(number: str) -> str:
    """SQL (UBIGINT): what stands for `number`, one as `Dialling.one_number` gives it: up to 18 digits are themselves
    after a 1, which keeps zeros in front; of anything else it is a hash.
    """
    told = f"try_cast('1' || {number} AS UBIGINT)"
    return (
        f"CASE WHEN {told}::VARCHAR = '1' || {number} AND {told} < {OTHER}::UBIGINT THEN {told} "
        f"WHEN {number} IS NOT NULL THEN hash({number}) | {OTHER}::UBIGINT END"
    )


def unpacked(cp: str) -> str:
    """SQL: the number that `cp` stands for, NULL if that is only a hash."""
    return f"CASE WHEN {cp} < {OTHER}::UBIGINT THEN substr({cp}::VARCHAR, 2) END"


class NumberForm(Model):
    """A way of writing a number: a number that fits `pattern` as a whole is the number `to`."""

    pattern: str
    to: str

    @field_validator("pattern")
    @classmethod
    def _is_pattern(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from None
        return value


class Dialling(Model):
    """What dialled numbers mean; see [dialling] in features/terms.toml."""

    ip_prefixes: tuple[str, ...]
    plain_length: int = Field(ge=0)
    separators: str
    forms: tuple[NumberForm, ...]

    def one_number(self, number: str) -> str:
        """SQL: `number` (text) as every other way of writing it gives it, too.

        Most are plain, and of the others most need nothing; one look at all patterns together finds that out.
        """
        plain = f"length({number}) <= {self.plain_length} AND {number} >= '1' AND {number} < ':'"
        forms = [form.pattern for form in self.forms]
        ways = "|".join(f"(?:{pattern})" for pattern in ([*forms, self._prefixed] if self.ip_prefixes else forms))
        odd = "|".join(filter(None, [f"^(?:{ways})$" if ways else "", f"[{self._marks}]" if self._marks else ""]))
        rest = f"WHEN regexp_matches({number}, {literal(odd)}) THEN {self._rewritten(number)} " if odd else ""
        return f"CASE WHEN {plain} THEN {number} {rest}ELSE {number} END"

    def packed(self, number: str) -> str:
        """SQL: what stands for `number` (text) in the packed rows of usage; see `packed`."""
        return packed(self.one_number(number))

    @property
    def _marks(self) -> str:
        """The separators within the brackets of a pattern."""
        return re.escape(self.separators)

    @property
    def _prefixed(self) -> str:
        return f"(?:{'|'.join(map(re.escape, self.ip_prefixes))})([0-9]{{7,}})"

    def _rewritten(self, number: str) -> str:
        written = literal(rf"\+?[0-9{self._marks}]+")
        bare = f"translate({number}, {literal(self.separators)}, '')" if self.separators else number
        if self.ip_prefixes:
            bare = f"regexp_replace({bare}, {literal(f'^{self._prefixed}$')}, '\\1')"
        for form in self.forms:
            bare = f"regexp_replace({bare}, {literal(f'^(?:{form.pattern})$')}, {literal(form.to)})"
        return f"CASE WHEN regexp_full_match({number}, {written}) THEN {bare} ELSE {number} END"
