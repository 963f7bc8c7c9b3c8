"""What the pages show really happens: commands run, outputs are printed, configurations load."""

from __future__ import annotations

from pathlib import Path

import pytest
from doc_pages import GENERATED, PAGES, ROOT, Block, blocks, check_output, run_page

from telco_crm.churn.rules import ChurnRules
from telco_crm.config import RULE_FILES, load_config
from telco_crm.credit.stars import CreditRules
from telco_crm.features.loading import load_catalog
from telco_crm.retain.ladder import RetentionRules
from telco_crm.retain.offers import OfferRules
from telco_crm.rules import load_rules
from telco_crm.segment.arpu import ArpuRules
from telco_crm.segment.groups import SegmentRules

MODELS = {
    "arpu": ArpuRules,
    "credit": CreditRules,
    "segment": SegmentRules,
    "churn": ChurnRules,
    "retention": RetentionRules,
    "offers": OfferRules,
}
WRITTEN = [page for page in PAGES if page.name not in GENERATED]
RUN = [page for page in WRITTEN if any(b.marker.startswith(("example", "run")) for b in blocks(page))]
CONFIGURATIONS = [
    (page, block)
    for page in WRITTEN
    for block in blocks(page)
    if block.language == "toml" and block.marker != "excerpt"
]


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_examples_do_what_the_page_says(page: Path, tmp_path: Path) -> None:
    run_page(page, tmp_path)


def test_every_command_of_the_program_in_a_sh_block_is_run() -> None:
    """A command that cannot be run here (a schedule, a completion script) belongs into a block of another language."""
    left = [
        f"{page.name}, line {block.line}"
        for page in WRITTEN
        for block in blocks(page)
        if block.language == "sh"
        and any(line.startswith("telco-crm") for line in block.text.splitlines())
        and not block.marker.startswith("example")
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


def test_every_rule_file_is_looked_at() -> None:
    assert set(MODELS) == set(RULE_FILES)


def load_everything(file: Path) -> None:
    config = load_config(file)
    load_catalog(config.features, config.vocabulary)
    for name, model in MODELS.items():
        load_rules(model, name, config.rules.get(name))


PRINTED = ["title", "", "a  1", "b  2", "Wrote x in 3.1 s."]


def test_an_output_may_leave_lines_out_where_it_says_so() -> None:
    check_output("title\n…\nb  2\nWrote x in 9.9 s.\n", PRINTED, "")


@pytest.mark.parametrize("shown", ["title\na  1\n", "b  2\na  1\n", "title\n…\nc  3\n"])
def test_an_output_that_was_not_printed_is_found_out(shown: str) -> None:
    with pytest.raises(AssertionError, match="not printed"):
        check_output(shown, PRINTED, "")
