"""What the pages show really happens: commands run, outputs are printed, configurations load."""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from pathlib import Path

import pytest
from doc_pages import ROOT, WRITTEN, Block, blocks, check_output, check_words, run_page

import telco_crm
from telco_crm.config import RULE_FILES, load_config
from telco_crm.errors import RuleError
from telco_crm.features.loading import load_catalog
from telco_crm.rules import Model, load_rules

RUN = [page for page in WRITTEN if any(b.marker.startswith(("example", "run")) for b in blocks(page))]
CONFIGURATIONS = [
    (page, block)
    for page in WRITTEN
    for block in blocks(page)
    if block.language == "toml" and block.marker != "excerpt"
]


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_examples_do_what_the_page_says(page: Path, tmp_path: Path, program: Path) -> None:
    run_page(page, tmp_path, program)


def test_every_sh_block_is_run() -> None:
    """A command that cannot be run here (a schedule, a completion script) belongs into a block of another language."""
    left = [
        f"{page.name}, line {block.line}"
        for page in WRITTEN
        for block in blocks(page)
        if block.language == "sh" and not block.marker.startswith(("example", "run", "tests"))
    ]
    assert left == []


@pytest.mark.parametrize(("page", "block"), CONFIGURATIONS, ids=lambda it: getattr(it, "name", getattr(it, "line", "")))
def test_configurations_load(page: Path, block: Block, tmp_path: Path) -> None:
    file = tmp_path / "telco-crm.toml"
    file.write_text(block.text, "utf-8")
    load_everything(file)


@pytest.mark.parametrize("file", sorted((ROOT / "docs" / "examples").glob("*.toml")), ids=lambda file: file.name)
def test_example_files_load(file: Path) -> None:
    load_everything(file)


def test_the_examples_of_the_first_configuration_load(tmp_path: Path) -> None:
    """What `telco-crm init` writes, with the # taken away in front of everything that is a table or a key."""
    text = (Path(telco_crm.__file__).parent / "template.toml").read_text("utf-8")
    file = tmp_path / "telco-crm.toml"
    file.write_text(re.sub(r"^# (?=\[|[\w\"]+ = )", "", text, flags=re.MULTILINE), "utf-8")
    load_everything(file)
    assert len(load_config(file).mappings["usage"].columns) == 1


def load_everything(file: Path) -> None:
    config = load_config(file)
    load_catalog(config.features, config.vocabulary)
    for name in RULE_FILES:
        load_rules(rule_model(name), name, config.rules.get(name))


@cache
def rule_model(name: str) -> type[Model]:
    """The model of a rule file: the one that takes the file as it is shipped."""
    for module in pkgutil.walk_packages(telco_crm.__path__, "telco_crm."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    fitting = [model for model in below(Model) if takes(model, name)]
    assert len(fitting) == 1, f"rules {name}: {fitting}"
    return fitting[0]


def below(model: type[Model]) -> list[type[Model]]:
    return [m for child in model.__subclasses__() for m in (child, *below(child))]


def takes(model: type[Model], name: str) -> bool:
    try:
        load_rules(model, name)
    except RuleError:
        return False
    return True


PRINTED = ["title", "", "a  1", "b  2", "Wrote x in 3.1 s."]


def test_an_output_may_leave_lines_out_where_it_says_so() -> None:
    check_output("title\n…\nb  2\nWrote x in 9.9 s.\n", PRINTED, "")


@pytest.mark.parametrize("shown", ["title\na  1\n", "b  2\na  1\n", "title\n…\nc  3\n"])
def test_an_output_that_was_not_printed_is_found_out(shown: str) -> None:
    with pytest.raises(AssertionError, match="not printed"):
        check_output(shown, PRINTED, "")


def test_words_may_have_other_figures_widths_and_order() -> None:
    check_words(" b    12\n…\n a 1,234.5%\n", PRINTED, "")


@pytest.mark.parametrize("shown", ["a  1\nc  2\n", "title b\n"])
def test_other_words_are_found_out(shown: str) -> None:
    with pytest.raises(AssertionError, match="not printed"):
        check_words(shown, PRINTED, "")
