"""Words in English and Chinese."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any


def text(key: str, lang: str, **values: Any) -> str:
    """The words of `section.name` in `lang` (en or zh), with `values` filled in."""
    section, name = key.split(".")
    words = str(_labels()[section][name]["zh" if lang == "zh" else "en"])
    return words.format(**values) if values else words


def named(section: str, code: str, lang: str) -> str:
    """The words of `section` of sayings.toml for a name of the program; a code without words stands for itself."""
    words = _sayings()[section].get(code)
    return str(words["zh" if lang == "zh" else "en"]) if words else code


def codes(section: str, lang: str) -> dict[str, str]:
    """The words of all codes of `section`."""
    return {code: named(section, code, lang) for code in _sayings()[section]}


def told(sentence: str, lang: str) -> str:
    """A sentence of the program about a row of input, which is kept in English, in `lang`; what is not among
    the [reasons] of sayings.toml stays as it is.
    """
    if lang != "zh":
        return sentence
    for pattern, chinese in _reasons():
        if found := pattern.fullmatch(sentence):
            parts = {name: told(part or "", lang) for name, part in found.groupdict().items()}
            return chinese.format(**parts)
    return sentence


@cache
def _reasons() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(words["en"], re.DOTALL), words["zh"]) for words in _sayings()["reasons"]]


@cache
def _labels() -> dict[str, Any]:
    return {**_read("labels.toml"), **_read("labels_campaign.toml")}


@cache
def _sayings() -> dict[str, Any]:
    return _read("sayings.toml")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("telco_crm").joinpath(name).read_text("utf-8"))
