"""Reading TOML files without loading anything heavy."""

from __future__ import annotations

import tomllib
from typing import Any

from telco_crm.errors import RuleError


def parse_toml(text: str, file: str) -> dict[str, Any]:
    """The tables of a TOML file; a syntax error names file and line."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(f"{file} is not valid TOML: {error}") from None
