"""Business rules are data: TOML shipped in this package, validated strictly, overridable by the user's file."""

from telco_crm.rules.lines import line_of
from telco_crm.rules.loading import Model, ProblemsError, Wording, explain, load_rules, merge, nearest
from telco_crm.tomlfile import parse_toml

__all__ = ["Model", "ProblemsError", "Wording", "explain", "line_of", "load_rules", "merge", "nearest", "parse_toml"]
