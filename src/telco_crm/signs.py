"""Signs: conditions of a rule file with the words that say so."""

from __future__ import annotations

from collections.abc import Iterable

from telco_crm.engine.sql import literal
from telco_crm.rules import Model


class Sign(Model):
    """A condition `when` (SQL over p, m1, m2, m3) and its words; {x} in them is the value of `show` (SQL)."""

    when: str
    en: str
    zh: str
    show: str | None = None


def any_sql(signs: Iterable[Sign]) -> str:
    """SQL: whether any sign holds; a sign that cannot be told does not."""
    return f"({' OR '.join(['false', *(holds_sql(sign) for sign in signs)])})"


def holds_sql(sign: Sign) -> str:
    """SQL: whether a sign holds."""
    return f"coalesce({sign.when}, false)"


def words_sql(signs: Iterable[Sign], lang: str) -> str:
    """SQL: the words of all signs that hold, separated by semicolons; "" for none."""
    texts = [f"CASE WHEN {sign.when} THEN {_text(sign, lang)} END" for sign in signs]
    return f"concat_ws('; ', {', '.join(texts)})" if texts else "''"


def sign_parts(path: str, signs: Iterable[Sign]) -> dict[str, str]:
    """The SQL of signs by their place in the rule file, for `measures.check_sql`."""
    parts: dict[str, str] = {}
    for number, sign in enumerate(signs):
        parts[f"{path}.{number}.when"] = sign.when
        if sign.show:
            parts[f"{path}.{number}.show"] = sign.show
    return parts


def _text(sign: Sign, lang: str) -> str:
    text = literal(sign.zh if lang == "zh" else sign.en)
    if sign.show is None:
        return text
    shown = f"printf('%.2f', CAST({sign.show} AS DOUBLE))"
    return f"replace({text}, '{{x}}', coalesce(rtrim(rtrim({shown}, '0'), '.'), '?'))"
