"""The report of a small folder made by hand: changes since a former run, and how good the churn model was."""

from __future__ import annotations

import json

import pytest
from report_page import Page, parsed
from telco_process import Telco

ALERTS = "subscriber_id,alert,title,severity,weight,first_seen\n"


def folder(telco: Telco, name: str, month: str, serious: int, unpaid: tuple[str, str], **told: object) -> None:
    """A run with `serious` alerts and one more that is not, and unpaid bills by age."""
    manifest = {"outputs": [], "parameters": {"as_of": month}, "months": [month], **told}
    telco.write(f"{name}/manifest.json", json.dumps(manifest))
    rows = [f"{n},a,Title,serious,1,{month}-02\n" for n in range(serious)]
    telco.write(f"{name}/alerts.csv", ALERTS + "".join([*rows, f"9,b,Other,notice,1,{month}-02\n"]))
    ages = f"0,0,1,1,500.00\n1,1,1,1,{unpaid[0]}\n2,2,1,1,{unpaid[1]}\n"
    telco.write(f"{name}/arrears_ageing.csv", "bucket_no,bucket,bills,subscribers,unpaid\n" + ages)


@pytest.fixture
def runs(telco: Telco) -> Telco:
    folder(telco, "may", "2026-05", 4, ("30.00", "10.00"))
    folder(telco, "june", "2026-06", 5, ("20.00", "10.00"))
    return telco


def page(telco: Telco, *arguments: object) -> Page:
    telco.good("report", *arguments, "-o", "page.html", "-q")
    return parsed((telco.folder / "page.html").read_text("utf-8"))


def test_headline_figures_change_since_a_former_run(runs: Telco) -> None:
    alone = page(runs, "june").figures
    assert (alone["alerts"]["value"], alone["alerts"]["before"], alone["alerts"]["change"]) == ("5", "", "")
    both = page(runs, "june", "--before", "may").figures
    # 5 serious alerts against 4; unpaid a month and longer: 20 + 10 against 30 + 10, the newest bills left out.
    assert both["alerts"]["change"] == "+25.0% against 4 a month before worse"
    assert both["overdue"]["change"] == "-25.0% against 40.00 a month before better"


def test_a_former_run_is_of_the_month_before(runs: Telco) -> None:
    says = ("--before june is a run of 2026-06, and the month before 2026-05 is wanted",)
    runs.refused("report", "may", "--before", "june", says=says)
    runs.refused("report", "june", "--before", "nowhere", says=("nowhere/manifest.json cannot be read",))


BILLS = "subscriber_id,month,total\na,2026-05,100\na,2026-06,80\n"


def test_a_run_shows_the_changes_at_once(runs: Telco) -> None:
    """In June nothing of the bills is known to be unpaid, and no alert is serious; in May four were."""
    runs.write("in/bills.csv", BILLS)
    runs.good("run", "in", "-o", "with-may", "--before", "may", "--no-store", "-q")
    figures = parsed((runs.folder / "with-may/report.html").read_text("utf-8")).figures
    assert figures["alerts"]["change"] == "-100.0% against 4 a month before better"


def test_a_run_goes_on_without_a_run_of_the_month_before(runs: Telco) -> None:
    runs.write("in/bills.csv", BILLS)
    said = runs.good("run", "in", "-o", "with-june", "--before", "june", "--no-store").err
    assert "Note: report: june is a run of 2026-06, not of 2026-05, so changes since that month are not shown." in said
    assert parsed((runs.folder / "with-june/report.html").read_text("utf-8")).figures["alerts"]["change"] == ""
    runs.refused("run", "in", "-o", "x", "--before", "nowhere", says=("nowhere/manifest.json cannot be read",))
    assert not (runs.folder / "x").exists()


def test_quiet_says_nothing(runs: Telco) -> None:
    assert runs.good("report", "june", "-o", "x.html", "-q").err == ""
    assert "Wrote x.html." in runs.good("report", "june", "-o", "x.html").err


def test_how_good_the_churn_model_was(runs: Telco) -> None:
    model = {"measures": {"auc": 0.75, "lift_10": 3.5}, "calibration": [[40, 0.01, 0.0], [60, 0.05, 0.1]]}
    folder(runs, "fitted", "2026-06", 1, ("0.00", "0.00"), churn_model=model)
    made = page(runs, "fitted")
    measures = [[cell[1] for cell in row] for row in made.parts["churn.measures"].rows]
    assert measures == [["area under the ROC curve", "0.75"], ["lift of the highest 10%", "3.50"]]
    tenths = [[cell[1] for cell in row] for row in made.parts["churn.calibration"].rows]
    assert tenths == [["1", "40", "1.0%", "0.0%"], ["2", "60", "5.0%", "10.0%"]]
    drawn = [series["values"] for series in made.charts["churn.calibration.0"]["series"]]
    assert drawn == [[0.01, 0.05], [0, 0.1]]
    assert "churn.by_rules" not in made.parts


def test_a_score_by_rules_says_why_nothing_is_measured(runs: Telco) -> None:
    folder(runs, "rules", "2026-06", 1, ("0.00", "0.00"), churn_by_rules="only 3 left")
    made = page(runs, "rules")
    assert [[cell[1] for cell in row] for row in made.parts["churn.by_rules"].rows] == [["only 3 left"]]
    assert "neither lift nor calibration" in made.text
