"""Cells that a spreadsheet program would run as a formula are made harmless."""

from __future__ import annotations

import re

# What starts a formula; a sign before nothing but digits is a number or an international MSISDN and stays.
FORMULA = re.compile(r"^([=@\t\r\n＝＠＋－]|[+\-][0-9. ]*[^0-9. ])")


def neutral(text: str) -> str:
    """`text` with an apostrophe before it if a spreadsheet would take it for a formula."""
    return "'" + text if FORMULA.match(text) else text
