"""Words in English and Chinese."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


def text(key: str, lang: str, **values: Any) -> str:
    """The words of `section.name` in `lang` (en or zh), with `values` filled in."""
    section, name = key.split(".")
    words = str(_labels()[section][name]["zh" if lang == "zh" else "en"])
    return words.format(**values) if values else words


@cache
def _labels() -> dict[str, Any]:
    return tomllib.loads(resources.files("telco_crm").joinpath("labels.toml").read_text("utf-8"))
