"""Options: a flag beats an environment variable, which beats the configuration; wrong ones are told all at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from telco_process import Telco

from telco_crm import run
from telco_crm.cli import cli
from telco_crm.config import RULE_FILES, Options
from telco_crm.rulebook import RULES


@dataclass(frozen=True)
class Option:
    """An option with three values: for the file, the environment and the flag; `seen` finds it in what a run gets."""

    values: tuple[Any, Any, Any]
    seen: Callable[[Any, Any], Any]  # of settings, style


OPTIONS = {
    "as_of": Option(("2026-01", "2026-02", "2026-03"), lambda s, _: s.as_of),
    "seed": Option((1, 2, 3), lambda s, _: s.seed),
    "threads": Option((1, 2, 3), lambda s, _: s.threads),
    "memory_limit": Option(("1GB", "2GB", "3GB"), lambda s, _: s.memory_limit),
    "temp_dir": Option(("a", "b", "c"), lambda s, _: str(s.temp_dir)),
    "store": Option(("a", "b", "c"), lambda s, _: str(s.store)),
    "lang": Option(("zh", "en", "zh"), lambda s, _: s.lang),
    "format": Option(("parquet", "xlsx", "jsonl"), lambda _, style: style.format),
    "max_rejects": Option(("1%", "2", "3%"), lambda s, _: s.max_rejects),
    "top": Option((1, 2, 3), lambda s, _: s.extra.get("top")),
    "by": Option(("profit", "revenue", "profit"), lambda s, _: s.extra.get("by")),
    "budget": Option((1, 2, 3), lambda s, _: s.extra.get("budget")),
    "min_profit": Option((1, 2, 3), lambda s, _: s.extra.get("min_profit")),
    "engine": Option(("spark", "duckdb", "spark"), lambda s, _: "spark" if s.spark else "duckdb"),
}
SWITCHES: dict[str, Callable[[Any, Any], Any]] = {
    "strict": lambda s, _: s.strict,
    "hash_inputs": lambda s, _: s.hash_inputs,
    "excel": lambda _, style: style.excel,
}


class Seen(Exception):  # noqa: N818
    """Ends a run that was called as wanted."""


@pytest.fixture
def got(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., tuple[Any, Any]]:
    """`got(flags, environment, file)`: (settings, style) that a run is called with."""
    monkeypatch.chdir(tmp_path)

    def call(flags: list[str], env: dict[str, str], toml: str) -> tuple[Any, Any]:
        (tmp_path / "telco-crm.toml").write_text(toml)
        seen: list[Any] = []

        def run_all(inputs: Any, settings: Any, out: Path, style: Any, before: Any) -> None:
            seen.append((settings, style))
            raise Seen

        with monkeypatch.context() as patch:
            patch.setattr(run, "run_all", run_all)
            result = CliRunner().invoke(cli, ["run", "data", "-o", "out", *flags], env=env)
        assert isinstance(result.exception, Seen), result.output or result.exception
        return seen[0]  # type: ignore[no-any-return]

    return call


def toml_value(value: Any) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'


@pytest.mark.parametrize("name", OPTIONS)
def test_flag_beats_environment_beats_file(got: Callable[..., tuple[Any, Any]], name: str) -> None:
    option = OPTIONS[name]
    in_file, in_environment, in_flag = option.values
    toml = f"[options]\n{name} = {toml_value(in_file)}\n"
    env = {f"TELCO_CRM_{name.upper()}": str(in_environment)}
    flag = ["--" + name.replace("_", "-"), str(in_flag)]
    assert option.seen(*got(flag, env, toml)) == in_flag
    assert option.seen(*got([], env, toml)) == in_environment
    assert option.seen(*got([], {}, toml)) == in_file
    assert option.seen(*got(flag, {}, toml)) == in_flag
    assert option.seen(*got(flag, env, "")) == in_flag
    assert option.seen(*got([], {}, "")) not in option.values or name in (
        "memory_limit",
        "lang",
        "format",
        "engine",
        "threads",
        "by",
    )


@pytest.mark.parametrize("name", SWITCHES)
def test_switches(got: Callable[..., tuple[Any, Any]], name: str) -> None:
    seen, flag, variable = SWITCHES[name], "--" + name.replace("_", "-"), f"TELCO_CRM_{name.upper()}"
    on = f"[options]\n{name} = true\n"
    assert seen(*got([], {}, "")) is False
    assert seen(*got([], {}, on)) is True
    assert seen(*got([], {variable: "0"}, on)) is False
    assert seen(*got([], {variable: "1"}, "")) is True
    assert seen(*got([flag], {variable: "0"}, "")) is True


@pytest.mark.parametrize("name", ["master", "remote"])
def test_where_spark_is(got: Callable[..., tuple[Any, Any]], name: str) -> None:
    toml = f'[options]\nengine = "spark"\n{name} = "file"\n'
    env = {f"TELCO_CRM_{name.upper()}": "environment"}
    for flags, variables, value in (([], {}, "file"), ([], env, "environment"), ([f"--{name}", "flag"], env, "flag")):
        assert getattr(got(flags, variables, toml)[0].spark, name) == value


def test_every_option_of_the_file_is_tested() -> None:
    assert {*OPTIONS, *SWITCHES, "master", "remote"} == set(Options.model_fields)


def test_the_defaults(got: Callable[..., tuple[Any, Any]]) -> None:
    settings, style = got([], {}, "")
    assert (settings.seed, settings.memory_limit, settings.lang, settings.as_of) == (0, "2GB", "en", None)
    assert settings.threads >= 1
    assert settings.store is not None
    assert settings.store.name == ".telco-crm-store"
    assert (style.format, style.excel, style.lang) == ("csv", False, "en")
    assert got(["--no-store", "--store", "x"], {}, "")[0].store is None


def test_the_file_may_be_named_by_flag_and_by_variable(got: Callable[..., tuple[Any, Any]], tmp_path: Path) -> None:
    for name, seed in (("one.toml", 11), ("two.toml", 12)):
        (tmp_path / name).write_text(f"[options]\nseed = {seed}\n")
    here = "[options]\nseed = 10\n"
    assert got([], {}, here)[0].seed == 10
    assert got([], {"TELCO_CRM_CONFIG": "one.toml"}, here)[0].seed == 11
    assert got(["--config", "two.toml"], {"TELCO_CRM_CONFIG": "one.toml"}, here)[0].seed == 12


def test_the_options_are_obeyed_end_to_end(little: Telco) -> None:
    little.write("telco-crm.toml", '[options]\nlang = "zh"\nformat = "jsonl"\n')
    assert "已写入" in little.good("segment", "data", "-o", "x.csv").err
    assert (little.folder / "x.csv").read_text("utf-8").startswith("{")
    done = little.good("segment", "data", "-o", "x.csv", "--format", "csv", env={"TELCO_CRM_LANG": "en"})
    assert "Wrote x.csv" in done.err
    assert (little.folder / "x.csv").read_text("utf-8").startswith("subscriber_id,")


def test_all_problems_of_the_file_are_told_at_once_with_lines_and_suggestions(little: Telco) -> None:
    little.write(
        "telco-crm.toml",
        '[optons]\n[options]\nthread = 2\nlang = "fr"\nseed = -1\nas_of = "May"\ntop = 0\n[inputs]\n'
        '[input.usages]\n[input.usage]\ndecimals = ","\ndelimiter = ";;"\n[rules.churns]\n',
    )
    lines = little.refused("run", "data", "-o", "out", says=())
    told = "\n".join(lines)
    for says in (
        'unknown section [optons] (did you mean "options"?)',
        'unknown section [inputs] (did you mean "input"?)',
        '[input.usages]: there is no such table (did you mean "usage"?)',
        '[rules.churns]: there are no such rules (did you mean "churn"?)',
        'line 3: options.thread: unknown key (did you mean "threads"?)',
        "line 4: options.lang: input should be 'en' or 'zh', got 'fr'",
        "line 5: options.seed: input should be greater than or equal to 0, got -1",
        'line 6: options.as_of: "May" is not a month of the form YYYY-MM',
        "line 7: options.top: input should be greater than or equal to 1, got 0",
        'line 11: input.usage.decimals: unknown key (did you mean "decimal"?)',
        "line 12: input.usage.delimiter: a delimiter is one ASCII character",
    ):
        assert f"telco-crm.toml, {says}" in told or f"telco-crm.toml: {says}" in told, f"{says} not in {told}"
    assert len(lines) == 11
    assert not (little.folder / "out").exists()


def test_rules_features_and_words_are_checked_before_anything_is_read(telco: Telco) -> None:
    telco.write("usage.csv", "this is not looked at")
    telco.write(
        "telco-crm.toml",
        '[rules.arpu]\nband = [1]\n[rules.credit.brand]\ngotone = "x"\n[features.mine]\nmeasures = "records"\n'
        "[vocabulary.terms.busy]\nhour = [9, 18]\n",
    )
    told = "\n".join(telco.refused("run", "--usage", "usage.csv", "-o", "out", says=()))
    for says in (
        'telco-crm.toml, line 2: rules.arpu.band: unknown key (did you mean "bands"?)',
        "telco-crm.toml, line 4: rules.credit.brand.gotone: ",
        'telco-crm.toml, line 6: features.mine.measures: unknown key (did you mean "measure"?)',
        'telco-crm.toml, line 8: vocabulary.terms.busy.hour: unknown key (did you mean "hours"?)',
    ):
        assert says in told


def test_rules_of_every_name_are_checked() -> None:
    assert set(RULES) == set(RULE_FILES)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[options\n", "telco-crm.toml is not valid TOML: "),
        (b"\xff\xfe", "telco-crm.toml: the configuration cannot be read"),
        ("options = 3\ninput = 4\n", "telco-crm.toml: options must be a table: [options]"),
    ],
)
def test_a_file_that_cannot_be_read(little: Telco, content: str | bytes, says: str) -> None:
    little.write("telco-crm.toml", content)
    little.refused("check", "data", says=(says,))


def test_a_file_that_is_named_must_be_there(little: Telco) -> None:
    little.refused("check", "data", "--config", "nope.toml", says=("nope.toml: the configuration cannot be read",))


def test_the_file_may_be_a_pipe(little: Telco) -> None:
    """It is read once: a second look would find nothing, and everything would be as if there were no file."""
    pipe = little.folder / "pipe"
    os.mkfifo(pipe)
    running = little.start("check", "data", "--config", "pipe")
    pipe.write_text("[input.nope]\n")
    assert "[input.nope]: there is no such table" in running.wait().err


@pytest.mark.parametrize("command", [("check", "data"), ("features", "data", "-o", "out.csv")])
def test_rules_are_looked_at_by_commands_that_need_none(little: Telco, command: tuple[str, ...]) -> None:
    little.write("telco-crm.toml", "[rules.arpu]\nbands = [50, 20]\n")
    little.refused(*command, says=("rules.arpu: bands must be positive and rising",))


def test_the_first_configuration_is_valid_and_never_overwrites(little: Telco) -> None:
    little.good("init")
    little.good("check", "data")
    little.refused("init", says=("telco-crm.toml exists already", "-o"))
    little.good("init", "-o", "other.toml")


def test_a_temporary_folder_that_does_not_exist_is_made(little: Telco) -> None:
    little.good("features", "data", "-o", "out.csv", "-q", "--temp-dir", "new/temp")
    assert (little.folder / "out.csv").exists()
