"""The pages are whole: generated ones are current, links lead somewhere, every command and option is documented."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path
from types import ModuleType

import click
import pytest
from doc_pages import GENERATED, PAGES, ROOT, blocks, prose


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_script", ROOT / "scripts" / "docs.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SCRIPT = _script()
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def test_generated_pages_are_current() -> None:
    assert SCRIPT.main(["--check"]) == 0, "run python scripts/docs.py"


def test_a_stale_page_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(SCRIPT, "DOCS", tmp_path)
    assert SCRIPT.main([]) == 0
    (tmp_path / "rules.md").write_text("old")
    assert SCRIPT.main(["--check"]) == 1
    assert capsys.readouterr().err == "docs: rules.md not current; run python scripts/docs.py\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(GENERATED)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    wrong = []
    for target in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            wrong.append(target)
    assert wrong == []


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings get on GitHub."""
    titles = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.M), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_command_and_option_is_documented() -> None:
    sections = re.split(r"^## ", (ROOT / "docs" / "reference.md").read_text("utf-8"), flags=re.MULTILINE)
    pages = {section.splitlines()[0]: section for section in sections}
    for path, command, _ in SCRIPT.commands():
        assert command.help, f"{path} has no help"
        for parameter in command.params:
            names = parameter.opts if isinstance(parameter, click.Option) else [parameter.human_readable_name]
            for name in names:
                assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", pages[path]), f"{path} {name}"
            assert not isinstance(parameter, click.Option) or parameter.help, f"{path} {parameter.name} has no help"


def test_every_environment_variable_and_mapping_key_is_explained() -> None:
    from telco_crm.config import Options
    from telco_crm.ingest.mapping import TableMapping

    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    for key in [*Options.model_fields, *TableMapping.model_fields]:
        assert f"`{key}`" in page, key


def test_every_word_of_conditions_and_every_source_is_explained() -> None:
    from telco_crm.features.catalog import MEASURED, SOURCES
    from telco_crm.features.loading import load_catalog

    page = (ROOT / "docs" / "features.md").read_text("utf-8")
    for word in [*load_catalog().vocabulary.terms, *SOURCES, *MEASURED]:
        assert f"`{word}`" in page, word


def test_readme_has_the_two_marked_commands() -> None:
    page = ROOT / "README.md"
    marked = {b.marker: b for b in blocks(page) if b.marker in ("run", "tests")}
    assert page.read_text("utf-8").count("<!-- run -->") == 1
    assert page.read_text("utf-8").count("<!-- tests -->") == 1
    for block in marked.values():
        assert block.language == "sh"
        assert block.text.count("\n") == 1
    assert "telco-crm run data/samples/operator" in marked["run"].text
    assert "pytest" in marked["tests"].text
    setups = [b.text for b in blocks(page) if "venv" in b.text]
    assert set(setups) == {b.text for b in marked.values()}, "the Chinese section repeats the same two commands"


def test_the_check_script_finds_the_test_command() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    find = re.search(r"command=\$\((awk .*)\)$", script, re.MULTILINE)
    assert find
    found = subprocess.run(["sh", "-c", find[1]], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert found.strip() == next(b.text for b in blocks(ROOT / "README.md") if b.marker == "tests").strip()
