"""Writes the pages of docs/ that are made from the program itself.

`python scripts/docs.py` writes them; with `--check` nothing is written, and the exit code is 1 if a page is not what
the program would give now.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

import click

from telco_crm.cli import cli
from telco_crm.config import RULE_FILES, Options
from telco_crm.dictionary import dictionary
from telco_crm.errors import EXIT_FOUND, EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_PROBLEM, EXIT_USAGE
from telco_crm.features.catalog import Term
from telco_crm.features.loading import load_catalog
from telco_crm.schema import INPUT_TABLES, OUTPUT_TABLES

DOCS = Path(__file__).resolve().parent.parent / "docs"
WIDTH = 100
NOTICE = "<!-- Made by scripts/docs.py; change the program, not this page. -->\n\n"
EXIT_CODES = {
    0: "Done. Also when whoever reads standard output has gone (`| head`).",
    EXIT_PROBLEM: "A problem with the input, the configuration, the rules or the place of the output. One sentence per "
    "problem on standard error; outputs that were there stay as they were.",
    EXIT_USAGE: "The command line is not understood: unknown option, wrong value, no data.",
    EXIT_INCOMPLETE: "`--strict` was given and an analysis was impossible. What was possible has been written.",
    EXIT_FOUND: "`audit` found something at least as severe as `--fail-on` names. The table has been written.",
    EXIT_INTERRUPTED: "Interrupted (Ctrl-C or a TERM signal). Outputs that were there stay as they were.",
}
RULES = {
    "arpu": "The bands of the revenue table and the policy bands of the lists ([definition](methods.md#arpu-bands)).",
    "credit": "Points and stars ([definition](methods.md#credit-stars)).",
    "segment": "How the behavioural groups are found ([definition](methods.md#behavioural-groups)).",
    "churn": "What counts as leaving, the signals of the model, their words, and the rule score "
    "([definition](methods.md#churn-score)).",
    "retention": "The length of the list and the ladder ([definition](methods.md#retention-list)).",
    "value": "Measures and cut points of the value scores, tiers, churn warnings and VIP levels "
    "([definition](value.md#value-tiers)).",
    "assessment": "Margin, horizon, discount and the hazard model ([definition](value.md#customer-value-assessment)).",
    "lifecycle": "Stages, signs of leaving and actions ([definition](value.md#lifecycle)).",
    "arrears": "Stop rule, ageing buckets, ends of stopped lines, what-if and credit limits "
    "([definition](value.md#arrears-and-credit-control)).",
    "tags": "Scenario tags and their signs ([definition](value.md#scenario-tags)).",
    "indicators": "Night, weekend, conversations and what counts as a call, a text and a position "
    "([definition](indicators.md)).",
    "audit": "What is checked, how severe it is and its limits ([definition](market.md#audit)).",
    "alerts": "What is an alert, how severe it is and its limits ([definition](market.md#alerts)).",
    "prospects": "Which competitor customers are worth winning, and how close they are "
    "([definition](market.md#competitor-customers)).",
    "satisfaction": "Surveys, complaints and who leaves ([definition](market.md#satisfaction)).",
    "offers": "The catalogue of offers ([definition](methods.md#offers)).",
    "contact": "Who is not contacted in a campaign ([definition](retention.md#whom-a-campaign-leaves-out)).",
    "recommend": "Products, what speaks for them and what they bring ([definition](retention.md#recommendations)).",
    "effect": "How the effect of a campaign is measured ([definition](retention.md#the-effect)).",
    "uplift": "When an uplift model may be used ([definition](uplift.md)).",
}


def main(arguments: list[str]) -> int:
    """Write the pages, or check them; the exit code."""
    pages = {name: NOTICE + "\n".join(make()).rstrip() + "\n" for name, make in PAGES.items()}
    if arguments == ["--check"]:
        stale = [name for name, text in pages.items() if _on_disk(DOCS / name) != text]
        if stale:
            print(f"docs: {', '.join(stale)} not current; run python scripts/docs.py", file=sys.stderr)
        return 1 if stale else 0
    if arguments:
        print("usage: python scripts/docs.py [--check]", file=sys.stderr)
        return 2
    for name, text in pages.items():
        (DOCS / name).write_text(text, encoding="utf-8")
    return 0


def reference() -> Iterator[str]:
    """Every command with its help, the exit codes, and where options can be set."""
    yield "# Command reference\n"
    yield from _exit_codes()
    yield from _option_table()
    for path, command, context in commands():
        yield f"## {path}\n"
        yield f"```text\n{command.get_help(context)}\n```\n"


def tables() -> Iterator[str]:
    """Every column of every table, inputs first."""
    yield "# Data dictionary\n"
    yield "The same as `telco-crm schema TABLE`. Types: `id` and `name` are text and never numbers; `enum` takes one of"
    yield "the values listed; `money` is exact to six decimals, in the currency of the export.\n"
    parts = {
        "Tables that are read": (*INPUT_TABLES, "antennas", "outcome"),
        "Features": ("features",),
        "Indicators": ("indicators",),
        "Tables that are written": OUTPUT_TABLES,
    }
    names = {row[0]: row[1:] for row in _rows(None, "en")}
    for title, members in parts.items():
        yield f"## {title}\n"
        for table in members:
            yield from _table(table, *names[table])
        if table == "features":
            yield from _words()


def rules() -> Iterator[str]:
    """The rule files and schemes as they are shipped."""
    yield "# Shipped rules\n"
    yield "Every number below is a default. A table `[rules.NAME]` in telco-crm.toml is laid over the file of that"
    yield "name; see [Configuration](configuration.md#rules).\n"
    for name in RULE_FILES:
        yield "\n\n".join(filter(None, [f"## {name}", RULES.get(name)])) + "\n"
        yield _toml(resources.files("telco_crm.rules").joinpath(f"{name}.toml").read_text("utf-8"))
    schemes = resources.files("telco_crm.segment") / "schemes"
    for file in sorted(schemes.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            yield f"## Scheme {file.name.removesuffix('.toml')}\n"
            yield "Inputs, archetypes and recommendations of the groups; chosen with `scheme` in `[rules.segment]`.\n"
            yield _toml(file.read_text("utf-8"))


PAGES: dict[str, Callable[[], Iterator[str]]] = {"reference.md": reference, "dictionary.md": tables, "rules.md": rules}


def commands() -> Iterator[tuple[str, click.Command, click.Context]]:
    """Every command as it is typed, with the context its help is printed in; groups before their members."""
    yield from _below("telco-crm", cli, None)


def _below(
    name: str, command: click.Command, parent: click.Context | None
) -> Iterator[tuple[str, click.Command, click.Context]]:
    settings = {**command.context_settings, "terminal_width": WIDTH}
    context = click.Context(command, info_name=name, parent=parent, **settings)
    yield context.command_path, command, context
    if isinstance(command, click.Group):
        for member in command.list_commands(context):
            found = command.get_command(context, member)
            assert found is not None  # noqa: S101 - it was listed
            yield from _below(member, found, context)


def _exit_codes() -> Iterator[str]:
    yield "## Exit codes\n"
    yield "| code | meaning |\n| --- | --- |"
    yield from (f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items())
    yield ""


def _option_table() -> Iterator[str]:
    yield "## Where options can be set\n"
    yield "A flag beats the environment variable, which beats the key in `[options]` of telco-crm.toml. A flag that"
    yield "takes no value is set by `1` in the environment and by `true` in the file. Options that are not listed can"
    yield "only be given on the command line.\n"
    yield "| option | environment variable | key in `[options]` | commands |\n| --- | --- | --- | --- |"
    users: dict[tuple[str, str, str], list[str]] = {}
    for path, command, _ in commands():
        options = [p for p in command.params if isinstance(p, click.Option)]
        configured = any(o.name == "config" for o in options)  # sample, schema and init read no configuration
        for option in options if configured else ():
            key = str(option.name) if option.name in Options.model_fields else ""
            if option.envvar or key:
                row = (option.opts[-1], str(option.envvar or ""), key)
                users.setdefault(row, []).append(path.removeprefix("telco-crm "))
    for (flag, variable, key), names in users.items():
        shown = [f"`{text}`" if text else "" for text in (flag, variable, key)]
        yield f"| {' | '.join(shown)} | {', '.join(names)} |"
    yield ""


def _table(table: str, title: str, about: str) -> Iterator[str]:
    """One table, with the names in both languages."""
    yield f"### {table}\n\n{title}. {about}\n"
    yield "| column | type | unit | name | 名称 | definition |\n| --- | --- | --- | --- | --- | --- |"
    for (column, kind, unit, name, definition), chinese in zip(_rows(table, "en"), _rows(table, "zh"), strict=True):
        cells = (f"`{column}`", kind, unit, name, chinese[3], definition)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""


def _words() -> Iterator[str]:
    """The words of the features' conditions, and what each restricts."""
    yield "### Words of conditions\n"
    yield "What `where` of a feature is made of; see [Features](features.md#words-of-conditions).\n"
    yield "| word | holds for a record that is | restricts |\n| --- | --- | --- |"
    for word, term in load_catalog().vocabulary.terms.items():
        yield f"| `{word}` | {term.about} | {_limit(term)} |"
    yield ""


def _limit(term: Term) -> str:
    if term.field:
        return f"{term.field}: {', '.join(value or 'empty' for value in term.values)}"
    if term.hours:
        return f"hours: {term.hours[0]} to {term.hours[1]}"
    return next(f"{key}: {str(value).lower()}" for key, value in term if key != "about" and value)


def _rows(table: str | None, lang: str) -> list[list[str]]:
    """The dictionary of `table` (None: the list of tables) without its headings."""
    return list(csv.reader(io.StringIO(dictionary(table, "csv", lang))))[1:]


def _toml(text: str) -> str:
    return f"```toml\n{text.rstrip()}\n```\n"


def _on_disk(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
