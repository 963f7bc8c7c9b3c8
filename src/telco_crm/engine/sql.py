"""Quoting for generated SQL, and numbers in it."""

from __future__ import annotations


def literal(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def number(value: float) -> str:
    """`value` as an SQL number with every digit that was given (up to 15), without an empty fraction."""
    return f"{value:.15g}"


def exact(fraction: str) -> str:
    """SQL: `fraction` (below 1e18) to nine decimals: neither its sum nor its mean depends on the order of rows.

    What is no number (nan) counts as empty.
    """
    return f"TRY_CAST({fraction} AS DECIMAL(28, 9))"


def identifier(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
