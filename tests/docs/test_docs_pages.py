"""The pages are whole: generated ones are current, links lead somewhere, every command and option is documented."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path
from types import ModuleType

import click
import pytest
from doc_pages import GENERATED, PAGES, ROOT, WRITTEN, blocks, prose, run


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


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_markers_are_known(page: Path) -> None:
    """A misspelt one would leave its block unlooked at."""
    known = r"|run|tests|excerpt|example(: exit \d+)?|file: \S+|output(: words)?"
    assert [b.marker for b in blocks(page) if not re.fullmatch(known, b.marker)] == []


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


def test_every_key_of_the_configuration_is_explained() -> None:
    """On some page that is written by hand; the generated ones only list them."""
    from telco_crm.config import SECTIONS, Options
    from telco_crm.features.catalog import MEASURED, SOURCES, Feature, Term
    from telco_crm.ingest.mapping import TableMapping

    text = "\n".join(page.read_text("utf-8") for page in WRITTEN)
    models = (Options, TableMapping, Feature, Term)
    for key in [*(key for model in models for key in model.model_fields), *SOURCES, *MEASURED]:
        assert f"`{key}`" in text, key
    for section in SECTIONS:
        assert f"`[{section}" in text, section


def test_readme_has_the_two_marked_commands_and_no_others() -> None:
    """One that sets up and runs the main job on the bundled sample, one that sets up and runs the tests."""
    commands = [b for b in blocks(ROOT / "README.md") if b.language in ("sh", "bash")]
    assert [b.marker for b in commands] == ["run", "tests"]
    for block in commands:
        assert block.text.count("\n") == 1
        assert block.text.startswith("python3 -m venv .venv && .venv/bin/pip install ")
    assert "telco-crm run data/samples/operator" in commands[0].text
    assert "pytest" in commands[1].text


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_that_the_page_tells_of_is_there(shell: str, tmp_path: Path) -> None:
    told = f"_TELCO_CRM_COMPLETE={shell}_source telco-crm"
    assert told in (ROOT / "docs" / "install.md").read_text("utf-8")
    code, script = run(told, tmp_path)
    assert code == 0
    asked = f"_TELCO_CRM_COMPLETE={shell}_complete"
    assert any(asked in line for line in script), script


def test_commands_are_completed(tmp_path: Path) -> None:
    _, found = run("_TELCO_CRM_COMPLETE=bash_complete COMP_WORDS='telco-crm ch' COMP_CWORD=1 telco-crm", tmp_path)
    assert {"plain,check", "plain,churn"} <= set(found)


def test_the_check_script_finds_the_test_command() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    find = re.search(r"command=\$\((awk .*)\)$", script, re.MULTILINE)
    assert find
    found = subprocess.run(["sh", "-c", find[1]], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert found.strip() == next(b.text for b in blocks(ROOT / "README.md") if b.marker == "tests").strip()
