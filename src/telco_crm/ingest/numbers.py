"""SQL for numbers written with separators."""

from __future__ import annotations

from telco_crm.engine.sql import literal

EXACT = "DECIMAL(18,6)"


def number_from_text(r: str, decimal: str, thousands: str) -> str:
    """DECIMAL(18,6) of the text `r` with these separators; NULL where it is no number or they stand oddly."""
    plain = without_joints(r, f"TRY_CAST({r} AS {EXACT})")
    if not thousands and decimal == ".":
        return plain
    number = rf"[+-]?\d{{1,3}}([{thousands}]\d{{3}})+([{decimal}]\d*)?" if thousands else ""
    simple = rf"[+-]?\d*[{decimal}]?\d+"
    pattern = literal(f"{number}|{simple}" if number else simple)
    bare = f"replace({r}, {literal(thousands)}, '')" if thousands else r
    pointed = f"TRY_CAST(replace({bare}, {literal(decimal)}, '.') AS {EXACT})"
    separated = f"CASE WHEN regexp_full_match({r}, {pattern}) THEN {pointed} END"
    # With a decimal point, whatever casts as it stands needs no second look.
    return f"coalesce({plain}, {separated})" if decimal == "." and thousands != "." else separated


def without_joints(r: str, number: str) -> str:
    """SQL: `number`, cast from the text `r`, unless _ joins digits there, which the engine's casts pass over."""
    return f"CASE WHEN NOT contains({r}, '_') THEN {number} END"


def whole(p: str, rounding: bool) -> str:
    """BIGINT of the exact number `p`: rounded after a change of unit, otherwise NULL unless it is whole."""
    return f"CAST(round({p}) AS BIGINT)" if rounding else f"CASE WHEN {p} = floor({p}) THEN CAST({p} AS BIGINT) END"
