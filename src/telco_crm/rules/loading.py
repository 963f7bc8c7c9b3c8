"""Reading and validating rule files: every problem of a file is reported at once, with its line."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from telco_crm.errors import RuleError
from telco_crm.rules.lines import line_of

M = TypeVar("M", bound="Model")


class Model(BaseModel):
    """Base of every rule: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, protected_namespaces=())


class Wording(Model):
    """A text in both languages."""

    en: str
    zh: str

    def text(self, lang: str) -> str:
        """The text in `lang` (en or zh)."""
        return self.zh if lang == "zh" else self.en


class ProblemsError(ValueError):
    """Several things that one validator found: what is wrong, by the dotted path below the place it looks at."""

    def __init__(self, found: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{path}: {reason}" for path, reason in found.items()))
        self.found = found


def load_rules(
    model: type[M], name: str, override: Mapping[str, Any] | None = None, source: tuple[str, str] | None = None
) -> M:
    """Default rules `name` as `model`, with the user's `[rules.name]` table (of file `source`) laid over them.

    Raises:
        RuleError: naming each wrong key or value, as `rules.name.key`.
    """
    text = resources.files("telco_crm.rules").joinpath(f"{name}.toml").read_text("utf-8")
    return explain(model, merge(tomllib.loads(text), override or {}), f"rules.{name}", source)


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid on `base`: tables are merged key by key, everything else is replaced."""
    out = dict(base)
    for key, value in over.items():
        if isinstance(value, Mapping) and isinstance(out.get(key), Mapping):
            out[key] = merge(out[key], value)
        else:
            out[key] = value
    return out


def explain(model: type[M], data: Any, where: str, source: tuple[str, str] | None = None) -> M:
    """`data` as `model`; all its problems in one RuleError.

    `where` is the dotted path of `data`; `source` is (file, its text), used to name the line of each problem.
    """
    try:
        return model.model_validate(_tuples(data))
    except ValidationError as error:
        problems = []
        for item in error.errors(include_url=False):
            several = item.get("ctx", {}).get("error")
            found = several.found if isinstance(several, ProblemsError) else {"": _reason(item, model)}
            for below, reason in found.items():
                path = ".".join([where, *map(str, item["loc"]), below]).strip(".")
                line = line_of(path, source[1]) if source else None
                place = f"{source[0]}, line {line}: " if source and line else f"{source[0]}: " if source else ""
                problems.append(f"{place}{path}: {reason}")
        raise RuleError(problems) from None


def nearest(word: str, known: Iterable[str]) -> str:
    """' (did you mean "x"?)' for the nearest known word, or nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f' (did you mean "{close[0]}"?)' if close else ""


def _tuples(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {key: _tuples(value) for key, value in data.items()}
    return tuple(map(_tuples, data)) if isinstance(data, list) else data


def _reason(item: Any, model: type[BaseModel]) -> str:
    if item["type"] == "extra_forbidden":
        known = _fields_at(model, item["loc"][:-1])
        return f"unknown key{nearest(str(item['loc'][-1]), known)}"
    if item["type"] == "missing":
        return "is missing"
    reason = str(item["msg"]).removeprefix("Value error, ")
    given = "" if isinstance(item["input"], dict | tuple) else f", got {item['input']!r}"
    if item["type"] == "literal_error":
        given += nearest(str(item["input"]), re.findall("'([^']*)'", item["ctx"]["expected"]))
    return f"{reason[0].lower()}{reason[1:]}{given}"


def _fields_at(model: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    current: Any = model
    for step in loc:
        field = getattr(current, "model_fields", {}).get(step)
        annotation = field.annotation if field else current
        arguments = getattr(annotation, "__args__", ())
        models = [a for a in (annotation, *arguments) if isinstance(a, type) and issubclass(a, BaseModel)]
        if not models:
            return []
        current = models[0]
    return list(getattr(current, "model_fields", {}))
