"""segment fit, apply and evaluate, migrate, and the model in a run, end to end."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from telco_process import Telco

from world import by, read, write

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def telco(tmp_path_factory: pytest.TempPathFactory) -> Telco:
    """A sample of 500 subscribers and four months, and a model of its first three months."""
    telco = Telco(tmp_path_factory.mktemp("segment"))
    size = ("--subscribers", 500, "--months", 4, "--seed", 4, "--records", 0.12)
    telco.good("sample", "data", *size, "-q")
    telco.good("segment", "fit", "data", "--model", "model.json", "--as-of", "2026-03", "-q", *STORE)
    telco.good("segment", "apply", "data", "--model", "model.json", "-o", "march.csv", "--as-of", "2026-03", *STORE)
    telco.good("segment", "apply", "data", "--model", "model.json", "-o", "april.csv", "--as-of", "2026-04", *STORE)
    return telco


STORE = ("--store", "store")


def test_segment_alone_is_apply_and_the_fitted_model_gives_the_same_as_fitting(telco: Telco) -> None:
    telco.good("segment", "data", "-o", "direct.csv", "--as-of", "2026-03", "-q", *STORE)
    assert (telco.folder / "direct.csv").read_bytes() == (telco.folder / "march.csv").read_bytes()


def test_the_model_is_readable_and_says_where_it_is_from(telco: Telco) -> None:
    model = json.loads((telco.folder / "model.json").read_text("utf-8"))
    assert model["months"] == ["2026-01", "2026-02", "2026-03"]
    assert model["rows"] == model["fitted_rows"] == len(read(telco.folder / "march.csv"))
    assert model["scheme"]["name"] == "postpaid-17"
    assert {c["group"] for c in model["components"]} == {int(g) for g in model["group_shares"]}
    assert len(model["checksum"]) == 64
    assert all(len(row) == len(next(iter(model["loadings"].values()))) for row in model["loadings"].values())


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"seed": 0', '"seed": 1', "changed after it was fitted"),
        ("telco-crm segment model 1", "telco-crm segment model 0", "made by another version"),
        ('"components"', '"component"', "is not a segment model"),
        ("{", "", "is not a segment model"),
    ],
)
def test_models_that_are_not_whole_are_refused(telco: Telco, old: str, new: str, says: str) -> None:
    telco.write("bad.json", (telco.folder / "model.json").read_text("utf-8").replace(old, new, 1))
    telco.refused(
        "segment", "apply", "data", "--model", "bad.json", "-o", "x.csv", "-q", *STORE, says=("bad.json", says)
    )
    assert not (telco.folder / "x.csv").exists()


def test_a_model_that_is_not_there(telco: Telco) -> None:
    telco.refused(
        "segment", "apply", "data", "--model", "none.json", "-o", "x.csv", says=("none.json", "check the path")
    )


def test_a_run_keeps_its_model_for_later_months_and_says_so(telco: Telco) -> None:
    telco.good("run", "data", "-o", "out", "--as-of", "2026-03", "-q", *STORE)
    first = (telco.folder / "out/segment_model.json").read_bytes()
    groups = read(telco.folder / "out/strategy.csv")
    picture = ElementTree.parse(telco.folder / "out/strategy.svg").getroot()
    assert len(picture.findall(f"{SVG}circle")) == len(groups) > 10  # a dot for each
    assert {row["field"] for row in groups} <= {"raise", "bundle", "care", "research"}
    later = telco.good("run", "data", "-o", "out", "--as-of", "2026-04", *STORE)
    assert "groups: by the model of 2026-03 in the output folder" in later.err
    assert (telco.folder / "out/segment_model.json").read_bytes() == first
    ours, theirs = (by(read(telco.folder / p), "subscriber_id") for p in ("out/segments.csv", "april.csv"))
    assert {k: r["group_id"] for k, r in ours.items()} == {k: r["group_id"] for k, r in theirs.items()}
    manifest = json.loads((telco.folder / "out/manifest.json").read_text("utf-8"))
    assert manifest["models"]["segment"] == json.loads(first)["checksum"]
    drift = read(telco.folder / "out/segment_drift.csv")
    assert {row["kind"] for row in drift} == {"input", "group", "groups"}
    assert {row["model_month"] for row in drift} == {"2026-03"}
    assert any(float(row["psi"]) > 0 for row in drift)


def test_a_damaged_model_in_the_folder_is_not_replaced_silently(telco: Telco) -> None:
    telco.write("hurt/segment_model.json", "{}")
    telco.write("hurt/manifest.json", "{}")
    done = telco.good("run", "data", "-o", "hurt", "--as-of", "2026-03", *STORE)
    assert "groups: the model in the output folder cannot be used; a new one was fitted" in done.err


def test_a_population_that_changed_is_reported_and_nothing_is_refitted(telco: Telco) -> None:
    """Twenty times as many SMS: their share in the upper bins makes a large index, and the note names them."""
    usage = telco.folder / "loud"
    usage.mkdir()
    for path in (telco.folder / "data").glob("*.csv"):
        rows = read(path)
        if path.name.startswith("usage"):
            rows += [row for row in rows if row["service"] == "sms"] * 19
        write(usage / path.name, rows, list(rows[0]))
    done = telco.good(
        "run", "loud", "-o", "loud-out", "--segment-model", "model.json", "--as-of", "2026-03", "--no-store"
    )
    assert "since the model of 2026-03 the population has changed in" in done.err
    assert "segment fit --previous" in done.err
    levels = {row["name"]: row["level"] for row in read(telco.folder / "loud-out/segment_drift.csv")}
    assert (levels["sms"], levels["taiwan_calls"]) == ("large", "stable")


def test_a_refit_keeps_the_names_of_the_former_model(telco: Telco) -> None:
    telco.good(
        "segment", "fit", "data", "--model", "new.json", "--previous", "model.json", "--as-of", "2026-04", "-q", *STORE
    )
    telco.good("segment", "apply", "data", "--model", "new.json", "-o", "refit.csv", "--as-of", "2026-04", "-q", *STORE)
    ours, theirs = (by(read(telco.folder / p), "subscriber_id") for p in ("refit.csv", "april.csv"))
    same = [ours[k]["group_id"] == theirs[k]["group_id"] for k in ours if theirs[k]["group_id"]]
    assert sum(same) / len(same) >= 0.9


def test_migration_of_two_results_adds_up(telco: Telco) -> None:
    telco.good("migrate", "--from", "march.csv", "--to", "april.csv", "-o", "moves", "-q")
    flows = read(telco.folder / "moves/migration.csv")
    sizes = {
        name: sum(row["has_left"] != "true" for row in read(telco.folder / f"{name}.csv"))
        for name in ("march", "april")
    }
    assert sum(int(r["subscribers"]) for r in flows if r["kind"] != "joined") == sizes["march"]
    assert sum(int(r["subscribers"]) for r in flows if r["kind"] != "left") == sizes["april"]
    whole = json.loads((telco.folder / "moves/migration.json").read_text("utf-8"))
    assert (whole["before"], whole["after"]) == (sizes["march"], sizes["april"])
    assert len(whole["migration"]) == len(flows)
    picture = ElementTree.parse(telco.folder / "moves/migration.svg").getroot()
    assert len(picture.findall(f"{SVG}path")) == len(flows)


def test_migration_of_two_months_of_data_is_that_of_one_model(telco: Telco) -> None:
    months = ("--from", "2026-03", "--to", "2026-04")
    telco.good("migrate", "data", *months, "--model", "model.json", "-o", "months", "-q", *STORE)
    telco.good("migrate", "--from", "march.csv", "--to", "april.csv", "-o", "files", "-q")
    one, other = (read(telco.folder / f"{f}/migration_balance.csv") for f in ("months", "files"))
    assert one == other


def test_a_run_has_the_moves_since_the_middle_of_its_months(telco: Telco) -> None:
    telco.good("run", "data", "-o", "whole", "-q", *STORE)  # four months: from the second one
    months = ("--from", "2026-02", "--to", "2026-04")
    telco.good("migrate", "data", *months, "--model", "whole/segment_model.json", "-o", "second", "-q", *STORE)
    for name in ("migration", "migration_balance"):
        ours, theirs = (read(telco.folder / f"{folder}/{name}.csv") for folder in ("whole", "second"))
        assert ours == theirs
        assert {(r["from_month"], r["to_month"]) for r in ours} == {("2026-02", "2026-04")}
    assert {r["kind"] for r in read(telco.folder / "whole/migration.csv")} == {"stayed", "moved", "joined", "left"}


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--from", "2026-03", "--to", "2026-04"), 2, "two months of DATA"),
        (("--from", "march.csv", "--to", "nowhere.csv"), 1, "there are no segments"),
        (("--from", "march.csv", "--to", "data/bills_2026-01.csv"), 1, "it lacks group_id, group"),
    ],
)
def test_wrong_periods(telco: Telco, arguments: tuple[str, ...], code: int, says: str) -> None:
    telco.refused("migrate", *arguments, "-o", "bad", says=(says,), code=code)
    assert not (telco.folder / "bad").exists()


def test_evaluation_with_the_truth(telco: Telco) -> None:
    options = ("--truth", "data/truth.csv", "--bootstraps", 1, "--as-of", "2026-03", "-q", *STORE)
    telco.good("segment", "evaluate", "data", "-o", "quality.csv", *options)
    rows = by(read(telco.folder / "quality.csv"), "measure")
    assert list(rows) == ["stability", "stability_least", "silhouette", "moved", "moved_unexplained", "uncertain",
                          "accuracy", "balanced_accuracy", "truth_ari", "names_right"]  # fmt: skip
    truth = by(read(telco.folder / "data/truth.csv"), "subscriber_id")
    given = [row for row in read(telco.folder / "march.csv") if row["group_id"]]
    right = sum(truth[row["subscriber_id"]]["group_id"] == row["group_id"] for row in given) / len(given)
    assert float(rows["accuracy"]["value"]) == pytest.approx(right, abs=1e-6)
    assert right > 0.8


@pytest.mark.parametrize(
    "content", ["a,b\n1,2\n", "subscriber_id,group_id\nx,one\n", "subscriber_id,group_id\nx,1\nx,1\n"]
)
def test_a_truth_that_is_none(telco: Telco, content: str) -> None:
    telco.write("lies.csv", content)
    options = ("--truth", "lies.csv", "-q", *STORE)
    telco.refused("segment", "evaluate", "data", "-o", "x.csv", *options, says=("--truth lies.csv",))


def test_the_second_scheme_has_classes(telco: Telco) -> None:
    telco.write("sixteen.toml", '[rules.segment]\nscheme = "behaviour-16"\n')
    options = ("--config", "sixteen.toml", "--as-of", "2026-03", "-q", *STORE)
    telco.good("segment", "data", "-o", "sixteen.csv", *options)
    segments = [row for row in read(telco.folder / "sixteen.csv") if row["group_id"]]
    assert {row["group_class"] for row in segments} >= {"premium", "weak"}
    telco.good("migrate", "data", "--from", "2026-03", "--to", "2026-04", "-o", "classes", "-q", "--config",
               "sixteen.toml", *STORE)  # fmt: skip
    levels = {row["level"] for row in read(telco.folder / "classes/migration.csv")}
    assert levels == {"group", "class"}


def test_an_input_that_names_no_feature_is_told_with_the_nearest(telco: Telco) -> None:
    traits = {1: "sms = 1", 2: "sms = -1"}
    groups = "".join(f'[groups.{n}]\nen = "{n}"\nzh = "{n}"\ntraits = {{ {trait} }}\n' for n, trait in traits.items())
    inputs = '[inputs]\nsms = { sql = "smss", en = "SMS", zh = "短信" }\n'
    telco.write("wrong.toml", f'name = "own"\nen = "own"\nzh = "own"\n{inputs}{groups}')
    telco.write("uses.toml", '[rules.segment]\nscheme = "wrong.toml"\n')
    says = ('scheme own: inputs.sms: there is no feature "smss" (did you mean "sms"?)',)
    telco.refused("segment", "data", "-o", "x.csv", "--config", "uses.toml", "-q", *STORE, says=says)


def test_too_few_subscribers_one_month_and_no_bills(telco: Telco) -> None:
    rows = read(telco.folder / "data/usage_2026-01.csv")
    some = sorted({row["subscriber_id"] for row in rows})
    for name, known in (("few", set(some[:100])), ("one", set(some))):
        (telco.folder / name).mkdir()
        write(telco.folder / f"{name}/usage.csv", [r for r in rows if r["subscriber_id"] in known], list(rows[0]))
    telco.refused("segment", "fit", "few", "--model", "x.json", "--no-store", "-q",
                  says=("no model, because 17 groups need at least 170 subscribers",))  # fmt: skip
    done = telco.good("run", "one", "-o", "one-out", "--no-store")
    assert "groups: rates rest on 1 of 3 months, since the data has no more" in done.err
    assert len({row["group_id"] for row in read(telco.folder / "one-out/segments.csv")}) > 10
    assert "strategy (needs bills)" in done.err
    assert {row["arpu"] for row in read(telco.folder / "one-out/groups.csv")} == {""}
    assert not Path(telco.folder / "x.json").exists()
