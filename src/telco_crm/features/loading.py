"""Reading the feature catalogue: the shipped TOML entries with the user's `[features]` and `[vocabulary]` laid
over them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any

from telco_crm.features.catalog import SOURCES, Catalog
from telco_crm.features.conditions import check_conditions
from telco_crm.rules import explain, merge

FILES = ("calls", "minutes", "fees", "messages_data", "activity", "bills", "service", "ratios", "rivals")


def load_catalog(
    features: Mapping[str, Any] | None = None,
    vocabulary: Mapping[str, Any] | None = None,
    source: tuple[str, str] | None = None,
) -> Catalog:
    """The shipped catalogue with the user's `[features]` and `[vocabulary]` (of file `source`) laid over it.

    Raises:
        RuleError: naming every wrong entry.
    """
    folder = resources.files("telco_crm.features")
    shipped: dict[str, Any] = {}
    for name in FILES:
        shipped |= tomllib.loads((folder / "catalogue" / f"{name}.toml").read_text("utf-8"))
    words = tomllib.loads((folder / "terms.toml").read_text("utf-8"))
    data = {"features": _replaced(shipped, features or {}), "vocabulary": merge(words, vocabulary or {})}
    catalog = explain(Catalog, data, "", source)
    check_conditions(catalog)
    return catalog


def _replaced(shipped: dict[str, Any], user: Mapping[str, Any]) -> dict[str, Any]:
    """User entries laid over shipped ones; one that names a source of its own loses the shipped source."""
    out = dict(shipped)
    for name, entry in user.items():
        base = dict(out.get(name, {}))
        if isinstance(entry, Mapping) and any(s in entry for s in SOURCES):
            base = {k: v for k, v in base.items() if k not in (*SOURCES, "where")}
        out[name] = {**base, **entry} if isinstance(entry, Mapping) else entry
    return out
