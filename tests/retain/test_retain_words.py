"""Lists and reports in Chinese as people see them, people without an agent, and a roster under pseudonyms and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from telco_process import Telco
from test_uplift_table import FIT, trial, written

from world import export, read

RULES = """
[rules.retention]
contact_cost = 1
[[rules.offers.offers]]
id = "text"
en = "SMS pack"
zh = "短信包"
arpu_from = 500
take_up = 1.0
channel = "sms"
[[rules.offers.offers]]
id = "gift"
en = "gift"
zh = "礼"
take_up = 1.0
"""
# s0 and s1 get a text message, which needs no agent; s2 to s5 are called; s6 does not want to be contacted.
SUBSCRIBERS = "subscriber_id activated_on region opted_out\n" + "\n".join(
    f"s{n} 2020-01-01 {'-' if n == 3 else 'North'} {'yes' if n == 6 else 'no'}" for n in range(7)
)
BILLS = "subscriber_id month total\n" + "\n".join(
    f"s{n} 2026-0{month} {900 - 100 * n if n < 2 else 490 - n}" for n in range(7) for month in (1, 2, 3)
)


@pytest.fixture(scope="module")
def telco(tmp_path_factory: pytest.TempPathFactory) -> Telco:
    """The program beside the exports `data`."""
    folder = tmp_path_factory.mktemp("words")
    (folder / "own.toml").write_text(RULES, "utf-8")
    export(folder / "data", {"subscribers": SUBSCRIBERS, "bills": BILLS})
    return Telco(folder)


def planned(telco: Telco, out: str, *options: object) -> Path:
    base = ("campaign", "plan", "data", "-o", out, "--name", "x", "--config", "own.toml", "--no-store", "-q")
    telco.good(*base, *options)
    return telco.folder / out


def test_sheets_in_chinese(telco: Telco) -> None:
    import openpyxl

    options = ("--control", 0, "--lang", "zh", "--format", "xlsx")
    out = planned(telco, "agents", *options, "--split", "agent", "--agents", 2)
    book = openpyxl.load_workbook(out / "calls.xlsx")
    people = {sheet.title: sorted(row[1].value for row in sheet.iter_rows(min_row=2)) for sheet in book}
    assert people == {"无坐席": ["s0", "s1"], "1": ["s2", "s4"], "2": ["s3", "s5"]}
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert all(not str(cell.value).isascii() or cell.value == "ARPU" for cell in sheet[1])
        assert sheet.column_dimensions["G"].width > 20  # what people read
        assert {cell.data_type for cell in sheet["B"][1:]} == {"s"}  # numbers of subscribers are text
    roster = openpyxl.load_workbook(out / "roster.xlsx").active
    assert [cell.value for cell in roster[1]][3] == "组别"
    assert {row[3].value for row in roster.iter_rows(min_row=2)} == {"营销组", "排除"}
    assert {row["arm"] for row in read(out / "contacts.csv")} == {"treated"}  # what the program reads again
    titles = [cell.value for cell in roster[1]]
    columns = {title: {row[at].value for row in roster.iter_rows(min_row=2)} for at, title in enumerate(titles)}
    assert columns["政策段"] == {"高端"}
    assert columns["渠道"] == {"短信", "外呼"}
    assert columns["分层"] == {"1 高端", "2 高端", "3 高端", "4 高端", "5 高端", None}
    assert {row[13].value for row in book["1"].iter_rows(min_row=2)} == {"外呼"}


def test_codes_in_words_where_people_read_them(telco: Telco) -> None:
    rows = read(planned(telco, "zh-csv", "--control", 0, "--lang", "zh") / "roster.csv")
    assert {(row["arm"], row["tier"], row["channel"]) for row in rows} == {
        ("营销组", "高端", "短信"),
        ("营销组", "高端", "外呼"),
        ("排除", "高端", "外呼"),
    }
    out = planned(telco, "zh-jsonl", "--control", 0, "--lang", "zh", "--format", "jsonl")
    lines = [json.loads(line) for line in (out / "calls.jsonl").read_text("utf-8").splitlines()]
    assert {line["channel"] for line in lines} == {"sms", "call"}  # for a dialler


def test_headings_of_sheets_in_english_words(telco: Telco) -> None:
    import openpyxl

    out = planned(telco, "en-xlsx", "--control", 0, "--format", "xlsx")
    sheet = openpyxl.load_workbook(out / "calls.xlsx").active
    assert [cell.value for cell in sheet[1]][:4] == ["Rank", "Subscriber", "Agent", "Region"]
    assert sheet.freeze_panes == "A2"


def test_people_without_agent_or_region_in_english(telco: Telco) -> None:
    out = planned(telco, "english", "--control", 0, "--split", "agent", "--agents", 1)
    assert sorted(path.name for path in out.glob("calls*")) == ["calls-1.csv", "calls-no agent.csv"]
    out = planned(telco, "regions", "--control", 0, "--split", "region")
    assert sorted(path.name for path in out.glob("calls*")) == ["calls-North.csv", "calls-no region.csv"]
    assert {row["arm"] for row in read(out / "roster.csv")} == {"treated", "excluded"}


def test_a_roster_under_pseudonyms_and_back(telco: Telco) -> None:
    plain = read(planned(telco, "plain") / "roster.csv")
    hidden = planned(telco, "hidden", "--pseudonymise", "--key-file", "key")
    rows = read(hidden / "roster.csv")
    assert not {row["subscriber_id"] for row in rows} & {f"s{n}" for n in range(7)}
    for name in ("roster", "contacts"):
        telco.good("campaign", "reveal", f"hidden/{name}.csv", "--key-file", "key", "-o", f"{name}.csv")
    back = sorted(read(telco.folder / "roster.csv"), key=lambda row: row["subscriber_id"])
    assert back == sorted(plain, key=lambda row: row["subscriber_id"])  # the same arms, too
    arms = {row["subscriber_id"]: row["arm"] for row in read(telco.folder / "contacts.csv")}
    assert arms == {row["subscriber_id"]: row["arm"] for row in plain if row["arm"] in ("treated", "control")}


@pytest.mark.parametrize(("effect", "says"), [(0.2, "被采用"), (0.0, "没有可用信号")])
def test_a_fit_in_chinese(tmp_path: Path, effect: float, says: str) -> None:
    telco = Telco(tmp_path)
    trial(tmp_path / "trial.csv", effect)
    done = telco.good(*FIT, "--table", "trial.csv", "--model", "m.json", "--lang", "zh")
    first, heading, *_ = done.out.splitlines()
    assert first.startswith("客户4,000人，营销组")
    assert heading.split() == ["学习器", "增量", "95%区间", "Qini", "AUUC", "随机"]
    assert ("说明：增益：采用" if effect else f"说明：增益：{says}") in done.err
    done = telco.good("campaign", "score", "--table", "trial.csv", "--model", "m.json", "-o", "s.csv", "--lang", "zh")
    assert ("没有可用信号：所有人取平均效果" in done.err) == (not effect)


@pytest.mark.parametrize(
    ("arms", "outcome", "says"),
    [
        (["treated", "control", "other"], ["yes", "no", "no"], "请用--treated-value"),
        (["treated"] * 3, ["yes", "no", "no"], "没有可比较的对照组"),
        (["treated"] * 30 + ["control"], ["yes", "no"] * 15 + ["yes"], "对照组仅10人，增益模型至少需要30人"),
        (["treated", "control"], ["0", "0"], "所有人的结果都是0"),
        (["treated", "control"], ["many", "few"], "需要数字"),
    ],
)
def test_refused_trials_in_chinese(tmp_path: Path, arms: list[str], outcome: list[str], says: str) -> None:
    telco, times = Telco(tmp_path), 310 // len(arms)
    rows: list[list[object]] = [
        [f"0{n}", arm, got, n % 50, "gold", n % 7] for n, (arm, got) in enumerate(zip(arms, outcome, strict=True))
    ]
    written(tmp_path / "bad.csv", rows * times)
    telco.refused(*FIT, "--table", "bad.csv", "--model", "m.json", "--lang", "zh", says=(says,))


def test_refused_campaigns_in_chinese(telco: Telco) -> None:
    out = planned(telco, "alone", "--control", 0)
    effect = ("campaign", "effect", "data", "--contacts", out / "contacts.csv", "-o", "e.csv", "--lang", "zh")
    telco.refused(*effect, "--name", "x", says=("对照组无人，无从比较",))
    telco.refused(*effect, "--name", "y", says=("没有活动“y”；现有x",))
