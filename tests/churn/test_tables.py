"""The commands on a wide table, end to end: what they write, and what bad input gets."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from churn_tables import people
from telco_process import Telco

LABEL = ("--label", "left", "--id", "number")


@pytest.fixture(scope="module")
def fitted(customers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of `customers`."""
    folder = tmp_path_factory.mktemp("model")
    done = Telco(folder).good("churn", "fit", "--table", customers, *LABEL, "--model", "m.json", "--pictures", ".")
    assert "leavers" in done.err
    return folder / "m.json"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def changed(customers: Path, target: Path, **columns: str | None) -> Path:
    """The table with columns of one value (or without them, where None)."""
    table = rows(customers)
    for row in table:
        row |= {name: value for name, value in columns.items() if value is not None}
    names = [name for name in table[0] if columns.get(name, "") is not None]
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(table)
    return target


def test_scores_ranks_and_reasons(telco: Telco, customers: Path, fitted: Path) -> None:
    telco.good("churn", "score", "--table", customers, "--model", fitted, "-o", "scores.csv")
    found = rows(telco.folder / "scores.csv")
    assert len(found) == 600
    assert found[0]["row_id"].startswith("0")  # identifiers stay text
    scores = [float(row["churn_score"]) for row in found]
    assert scores == sorted(scores, reverse=True)
    assert [row["risk_rank"] for row in found] == [str(n) for n in range(1, 601)]
    label = {row["number"]: row["left"] for row in rows(customers)}
    assert sum(label[row["row_id"]] == "yes" for row in found[:60]) > 30  # 0.2333 of them left: 14 by chance
    assert all(" = " in row["reason_1"] and row["reason_1"].endswith(")") for row in found[:60])


def test_same_bytes_whatever_the_threads(telco: Telco, customers: Path, fitted: Path) -> None:
    telco.good("churn", "fit", "--table", customers, *LABEL, "--model", "one.json", "--threads", "1")
    assert (telco.folder / "one.json").read_bytes() == fitted.read_bytes()


def test_model_is_readable_and_importance_is_pictured(fitted: Path) -> None:
    model = json.loads(fitted.read_text("utf-8"))
    assert model["meaning"] == {"minutes": "number", "age": "number", "plan": "text", "city": "text"}
    assert model["training"]["rows"] == 600
    assert max(model["importance"], key=model["importance"].get) in ("minutes", "city")
    assert (fitted.parent / "importance.svg").read_text("utf-8").startswith("<svg")


def test_evaluation_is_printed_written_and_pictured(telco: Telco, customers: Path) -> None:
    options = ("--folds", "2", "-o", "m.csv", "--pictures", "pics", "--clv", "300")
    done = telco.good("churn", "evaluate", "--table", customers, *LABEL, *options)
    assert "ROC AUC (95% interval)" in done.out
    found = {row["measure"]: float(row["value"]) for row in rows(telco.folder / "m.csv")}
    assert found["rows"] == 600
    assert 0.65 < found["auc"] < 0.9
    assert found["calibration_error"] < 0.1
    assert {"lift_1", "recall_10", "average_precision", "brier", "mp", "empc", "empc_share"} <= set(found)
    assert {p.name for p in (telco.folder / "pics").iterdir()} == {"gain.svg", "profit.svg", "reliability.svg"}


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"left": "no"}, ("it is no (600) in every row", "no leavers")),
        ({"left": "yes"}, ("it is yes (600) in every row", "only leavers")),
    ],
)
def test_everybody_the_same(telco: Telco, customers: Path, columns: dict[str, str], says: tuple[str, ...]) -> None:
    table = changed(customers, telco.folder / "t.csv", **columns)
    telco.refused("churn", "fit", "--table", table, *LABEL, "--model", "m.json", says=says)
    assert not (telco.folder / "m.json").exists()


def test_too_few_leavers(telco: Telco) -> None:
    lines = ["x,left", *(f"{n % 7},{'yes' if n < 49 else 'no'}" for n in range(300))]
    table = telco.write("t.csv", "\n".join(lines) + "\n")
    says = ("the table has 49 leavers, and a model needs at least 50",)
    telco.refused("churn", "fit", "--table", table, "--label", "left", "--model", "m.json", says=says)


def test_label_of_three_values(telco: Telco, customers: Path) -> None:
    text = customers.read_text("utf-8").replace(",no\n", ",no idea\n", 30)
    table = telco.write("t.csv", text)
    fit = ("churn", "fit", "--table", table, *LABEL, "--positive", "yes", "--model", "m.json")
    telco.refused(*fit, says=("--label left has 3 values", "no idea (30)", "--negative"))
    done = telco.good(*fit, "--negative", "no")
    assert "30 rows have neither yes nor no; they are left out" in done.err


def test_names_that_are_not_there(telco: Telco, customers: Path) -> None:
    says = ("--label lef:", 'did you mean "left"?', "--drop ag:", "it has number, minutes, age, plan, city, left")
    options = ("--label", "lef", "--drop", "ag", "--model", "m.json")
    telco.refused("churn", "fit", "--table", customers, *options, says=says)


def test_columns_that_know_the_outcome_are_reported_and_left_out_when_told(telco: Telco, customers: Path) -> None:
    text = customers.read_text("utf-8").splitlines()
    leaky = [f"{line},{'reason' if n == 0 else 'moved' if line.endswith('yes') else ''}" for n, line in enumerate(text)]
    table = telco.write("t.csv", "\n".join(leaky) + "\n")
    fit = ("churn", "fit", "--table", table, "--label", "left", "--model", "m.json")
    done = telco.good(*fit)
    assert "column reason tells leavers from stayers almost alone (AUC 1.000)" in done.err
    assert "column number looks like an identifier" in done.err
    assert done.err.count("(kept; leave it out with --drop or --drop-suspects)") == 2
    telco.good(*fit, "--drop-suspects")
    assert set(json.loads((telco.folder / "m.json").read_text("utf-8"))["meaning"]) == {
        "minutes",
        "age",
        "plan",
        "city",
    }


def test_unseen_values_at_scoring_are_said(telco: Telco, customers: Path, fitted: Path) -> None:
    table = changed(customers, telco.folder / "t.csv", plan="platinum")
    done = telco.good("churn", "score", "--table", table, "--model", fitted, "-o", "s.csv")
    assert "column plan: 600 rows have a value that was rare or unknown in training, such as platinum" in done.err


def test_notes_in_chinese(telco: Telco, customers: Path, fitted: Path) -> None:
    odd = customers.read_text("utf-8").replace(",yes\n", ",maybe\n", 3).splitlines()
    lines = [f"{line},{'same' if n == 0 else 'k'}" for n, line in enumerate(odd)]
    table = telco.write("t.csv", "\n".join(lines) + "\n")
    options = ("--positive", "yes", "--negative", "no", "--lang", "zh")
    done = telco.good("churn", "fit", "--table", table, "--label", "left", *options, "--model", "m.json")
    assert "说明：--label left：3行的值不是yes或no，略去。" in done.err
    assert "说明：列same各行都相同（保留；可用--drop或--drop-suspects略去）。" in done.err
    assert "说明：列number像是标识：每行都有不同的整数（保留" in done.err
    assert "已写入 m.json：rows 597" in done.err
    table = changed(customers, telco.folder / "t.csv", age=None, plan="platinum")
    done = telco.good("churn", "score", "--table", table, "--model", fitted, "-o", "s.csv", "--lang", "zh")
    assert "说明：列plan：600行的值在训练数据中罕见或没有，如platinum；按其他罕见值或空处理。" in done.err
    assert "说明：没有列age：占模型所看的" in done.err
    assert "Note" not in done.err


def test_columns_missing_at_scoring(telco: Telco, customers: Path, fitted: Path) -> None:
    some = changed(customers, telco.folder / "some.csv", age=None)
    done = telco.good("churn", "score", "--table", some, "--model", fitted, "-o", "s.csv")
    assert "it has no column age: " in done.err
    assert "it counts as empty" in done.err
    other = changed(customers, telco.folder / "other.csv", minutes=None, city=None, age="old")
    says = ("it has no columns minutes, city: ", "column age was number and now holds old", "fit it again")
    telco.refused("churn", "score", "--table", other, "--model", fitted, "-o", "s.csv", says=says)


def test_model_of_a_table_is_not_one_of_exports(telco: Telco, fitted: Path) -> None:
    telco.write("bills.csv", "subscriber_id,month,total\n1,2026-01,5\n")
    says = ("fitted on a wide table, not on exports",)
    telco.refused("churn", "score", "--bills", "bills.csv", "--model", fitted, "-o", "s.csv", says=says)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"rows": 600', '"rows": 601', "changed after it was fitted"),
        ("telco-crm churn model 4", "telco-crm churn model 3", "another version"),
        ('"edges"', '"edgy"', "is not a churn model"),
    ],
)
def test_model_that_was_changed(telco: Telco, customers: Path, fitted: Path, old: str, new: str, says: str) -> None:
    model = telco.write("m.json", fitted.read_text("utf-8").replace(old, new, 1))
    telco.refused("churn", "score", "--table", customers, "--model", model, "-o", "s.csv", says=(says,))


def test_monitor_of_a_table_that_has_drifted(telco: Telco, customers: Path, fitted: Path) -> None:
    same = ("churn", "monitor", "--table", customers, *LABEL, "--model", fitted, "-o", "w.csv")
    assert "keep" in telco.good(*same).out.lower()
    table = changed(customers, telco.folder / "t.csv", plan="basic", minutes="10")
    telco.good("churn", "monitor", "--table", table, "--model", fitted, "-o", "w.csv")
    found = {row["name"]: row for row in rows(telco.folder / "w.csv")}
    assert float(found["minutes"]["value"]) > 1
    assert found["churn_score"]["status"] == "refit"
    assert rows(telco.folder / "w.csv")[-1]["what"] == "advice"


def test_table_of_the_tests_is_what_it_says() -> None:
    frame, left = people()
    assert len(frame) == 600
    assert 100 < left.sum() < 300


def with_commas(customers: Path, target: Path, decimals: int = 1) -> Path:
    """The table with semicolons, and minutes with a decimal comma."""
    lines = ["number;minutes;age;plan;city;left"]
    for row in rows(customers):
        minutes = f"{float(row['minutes']):.{decimals}f}".replace(".", ",") if row["minutes"] else ""
        lines.append(";".join([row["number"], minutes, *(row[name] for name in ("age", "plan", "city", "left"))]))
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return target


def test_decimal_commas_are_read_as_points(telco: Telco, customers: Path, fitted: Path) -> None:
    telco.good("churn", "score", "--table", customers, "--model", fitted, "-o", "s.csv")
    for decimals in (1, 3):
        table = with_commas(customers, telco.folder / "c.csv", decimals)
        done = telco.good("churn", "score", "--table", table, "--model", fitted, "-o", "c_s.csv")
        assert "minutes: the comma is read as decimal point, such as " in done.err
        assert (telco.folder / "c_s.csv").read_bytes() == (telco.folder / "s.csv").read_bytes()


def test_column_that_is_no_longer_numbers_counts_as_missing(telco: Telco, customers: Path, fitted: Path) -> None:
    age = changed(customers, telco.folder / "age.csv", age="old")
    done = telco.good("churn", "score", "--table", age, "--model", fitted, "-o", "s.csv")
    assert "column age was number and now holds old: " in done.err
    assert "it counts as empty" in done.err
    minutes = changed(customers, telco.folder / "minutes.csv", minutes="0,346")
    says = ("column minutes was number and now holds 0,346: ", "of what the model looks at; fit it again")
    telco.refused("churn", "score", "--table", minutes, "--model", fitted, "-o", "s.csv", says=says)


@pytest.fixture
def ragged(telco: Telco, customers: Path) -> Path:
    """The table with two rows that have too many and too few fields, on lines 4 and 6."""
    lines = customers.read_text("utf-8").splitlines()
    lines[3] += ",zz"
    lines[5] = "=C,1"
    return telco.write("ragged.csv", "\n".join(lines) + "\n")


def test_damaged_rows_are_kept_and_counted(telco: Telco, ragged: Path, fitted: Path) -> None:
    score = ("churn", "score", "--table", ragged, "--model", fitted, "-o", "s.csv")
    done = telco.good(*score)
    counts = next(line for line in done.err.splitlines() if "ragged.csv" in line)
    assert counts.split()[-3:] == ["600", "598", "2"]  # read = accepted + rejected
    kept = rows(telco.folder / "s.csv.rejects" / "table.csv")
    assert [(row["line"], row["column"], row["reason"]) for row in kept] == [
        ("4", "", "has 7 fields instead of 6"),
        ("6", "", "has 2 fields instead of 6"),
    ]
    assert kept[1]["row"] == "'=C,1"  # whole, and no formula
    assert len(rows(telco.folder / "s.csv")) == 598
    telco.good(*score, "--rejects", "elsewhere", "--lang", "zh")
    assert len(rows(telco.folder / "elsewhere" / "table.csv")) == 2


def test_no_more_damaged_rows_than_allowed(telco: Telco, ragged: Path, fitted: Path) -> None:
    commands = {
        "fit": (*LABEL, "--model", "m.json"),
        "evaluate": (*LABEL, "--folds", "2"),
        "score": ("--model", fitted, "-o", "s.csv"),
        "monitor": ("--model", fitted, "-o", "s.csv"),
    }
    says = ("table: 2 of 600 rows were rejected, more than --max-rejects 1 allows", "line 4: has 7 fields")
    for name, options in commands.items():
        telco.refused("churn", name, "--table", ragged, *options, "--max-rejects", "1", says=says)
    telco.good("churn", "score", "--table", ragged, *commands["score"], "--max-rejects", "1%")


def test_nothing_has_drifted_in_the_table_of_the_fit(telco: Telco, customers: Path) -> None:
    lines = customers.read_text("utf-8").splitlines()
    own = ["own" if n == 0 else f"v{n % 590}" for n in range(len(lines))]  # nearly every row has a text of its own
    table = telco.write("t.csv", "\n".join(f"{word},{line}" for word, line in zip(own, lines, strict=True)) + "\n")
    telco.good("churn", "fit", "--table", table, *LABEL, "--model", "m.json")
    telco.good("churn", "monitor", "--table", table, "--model", "m.json", "-o", "w.csv")
    drift = {row["name"]: float(row["value"]) for row in rows(telco.folder / "w.csv") if row["what"] == "column"}
    assert drift == dict.fromkeys(("minutes", "age", "plan", "city", "own"), 0.0)


@pytest.mark.parametrize(
    "option",
    [
        *("--alpha=0", "--alpha=nan", "--beta=-3", "--beta=inf", "--offer-cost=-1", "--contact-cost=-5"),
        *("--contact-cost=nan", "--clv=-5", "--clv=nan", "--clv=inf", "--folds=1", "--folds=500", "--repeats=0"),
    ],
)
def test_impossible_figures_are_usage_errors(telco: Telco, customers: Path, option: str) -> None:
    done = telco("churn", "evaluate", "--table", customers, *LABEL, option)
    assert done.code == 2
    assert option.split("=")[0] in done.err
    assert not done.out


def test_column_of_values_below_nothing(telco: Telco, customers: Path) -> None:
    table = changed(customers, telco.folder / "t.csv", age="-5")
    says = ("--clv age: the column has 600 rows below 0 or infinite, such as -5",)
    telco.refused("churn", "evaluate", "--table", table, *LABEL, "--clv", "age", says=says)


@pytest.mark.parametrize("leavers", [8, 52])
def test_counts_are_those_of_the_whole_table(telco: Telco, leavers: int) -> None:
    lines = ["x,left", *(f"{n * 37 % 101},{'yes' if n < leavers else 'no'}" for n in range(200))]
    table = telco.write("t.csv", "\n".join(lines) + "\n")
    evaluate = ("churn", "evaluate", "--table", table, "--label", "left", "--folds", "3")
    if leavers < 50:
        telco.refused(*evaluate, says=("the table has 8 leavers, and a model needs at least 50",))
    else:
        assert "Leavers" in telco.good(*evaluate).out
