"""`show`: one subscriber out of the tables of a run."""

from __future__ import annotations

import json

import pytest
from telco_process import Telco

from telco_crm.output.report.dossier import sparkline
from world import read

WHO = "13732811808"  # the first to call of the sample


def test_json_is_what_the_files_say(telco: Telco) -> None:
    told = json.loads(telco.good("show", WHO, "--format", "json").out)
    assert told.pop("subscriber_id") == WHO
    for table, rows in told.items():
        filed = [r for r in read(telco.folder / "out" / f"{table}.csv") if r["subscriber_id"] == WHO]
        assert len(rows) == len(filed), table
        for row, wanted in zip(rows, filed, strict=True):
            assert list(row) == [c for c in wanted if c != "subscriber_id"]
            for column, value in row.items():
                text = wanted[column]
                if isinstance(value, bool) or value is None:
                    assert {True: "true", False: "false", None: ""}[value] == text
                else:
                    assert str(value) == text or float(value) == float(text), (table, column)
    named = {p.stem for p in (telco.folder / "out").glob("*.csv") if WHO in p.read_text("utf-8")}
    assert set(told) == named - {"audit"}


def test_profile_and_contacts(telco: Telco) -> None:
    """Of the sample's files: GoTone Business 128, a silver card, active; contacted on 21 April, not accepted."""
    who = "13401814125"
    told = json.loads(telco.good("show", who, "--format", "json").out)
    wanted = {"status": "active", "plan": "GoTone Business 128", "contract_end": None, "vip_card": "silver"}
    wanted |= {"activated_on": "2021-09-30", "gender": "male", "birth_year": 1992, "bundle": False}
    wanted |= {"services": "caller_tune;family"}
    assert {key: told["segments"][0][key] for key in wanted} == wanted
    assert told["contacted"] == [
        {"contacted_on": "2026-04-21", "campaign": "Loyalty points", "arm": "treated", "offer": "double points",
         "channel": "call", "accepted": False}
    ]  # fmt: skip
    said = telco.good("show", who).out
    assert "Campaign: Loyalty points" in said
    assert "Plan: GoTone Business 128" in said
    assert "Activated on: 2021-09-30; Gender: male; Birth year: 1992; Services: caller_tune;family" in said


def test_what_the_subscriber_had_to_say(telco: Telco) -> None:
    """By the events of the sample: two complaints and an enquiry; payments are left out. From 27 January 19:47:49 to
    the 31st 08:07:44 it is 84 h 19 min 55 s, from 20 March 20:58:44 to the 22nd 03:05:19 30 h 6 min 35 s.
    """
    who = "15147904122"
    told = json.loads(telco.good("show", who, "--format", "json").out)["service_history"]
    keys = ("time", "kind", "area", "resolved_at", "hours")
    assert [tuple(row[key] for key in keys) for row in told] == [
        ("2026-01-27 19:47:49", "complaint", "payment", "2026-01-31 08:07:44", 84.3),
        ("2026-03-20 20:58:44", "complaint", "billing information", "2026-03-22 03:05:19", 30.1),
        ("2026-05-19 14:12:03", "enquiry", "shop", None, None),
    ]
    said = telco.good("show", who).out
    assert "Kind: complaint; Area: payment; Resolved at: 2026-01-31 08:07:44; Hours open: 84.3" in said
    assert "事件类型: 投诉；业务领域: 缴费" in telco.good("show", who, "--lang", "zh").out


def test_the_screen_names_what_matters(telco: Telco) -> None:
    said = telco.good("show", WHO).out
    for words in (
        f"Subscriber {WHO}",
        "2026-01 – 2026-06",
        "▇",
        "Stars",
        "Churn score: 0.77",
        "has asked to cancel",
        "IP",
    ):
        assert words in said
    chinese = telco.good("show", WHO, "--lang", "zh").out
    assert f"用户 {WHO}" in chinese
    assert "离网概率" in chinese


def test_unknown_ids_are_answered_with_the_nearest(telco: Telco) -> None:
    said = telco.refused("show", WHO[:-1] + "9", says=("has no subscriber 13732811809; the nearest are ", WHO))
    assert len(said) == 1
    telco.refused("show", WHO, "--from", "nowhere", says=("nowhere/manifest.json cannot be read",))


@pytest.fixture
def small(telco: Telco) -> Telco:
    telco.write("small/manifest.json", '{"outputs": []}')
    telco.write("small/segments.csv", "subscriber_id,month,arpu\n0139,2026-03,25.00\n139,2026-03,7.00\n")
    return telco


def test_ids_are_text(small: Telco) -> None:
    for who, arpu in (("0139", 25.0), ("139", 7.0)):
        told = json.loads(small.good("show", who, "--from", "small", "--format", "json").out)
        assert told["segments"][0]["arpu"] == arpu
    small.refused("show", "00139", "--from", "small", says=("the nearest are 0139, 139",))
    small.refused("show", "' OR 1=1 --", "--from", "small", says=("no subscriber ' OR 1=1 --",))


def test_codes_are_in_words(small: Telco) -> None:
    """In the data a code, on the screen its words, and only once."""
    columns = "subscriber_id,tier,tier_name,list_tier,vip_level"
    small.write("small/value_tiers.csv", columns + "\n0139,high_value,高价值,churn_warning,gold\n")
    small.write("small/lifecycle.csv", "subscriber_id,stage,stage_name,stage_by_tenure\n0139,decline,衰退期,growth\n")
    small.write("small/alerts.csv", "subscriber_id,alert,title,severity\n0139,overage,套餐超量,notice\n")
    small.write("small/contacted.csv", "subscriber_id,contacted_on,campaign,channel\n0139,2026-03-05,c,manager\n")
    said = small.good("show", "0139", "--from", "small", "--lang", "zh").out
    assert "接触渠道: 客户经理" in said
    assert "价值层名称: 高价值；名单层: 离网预警；VIP级别: 金卡" in said
    assert "阶段名称: 衰退期；按网龄阶段: 成长期" in said
    assert "预警内容: 套餐超量；严重程度: 提示" in said
    assert "价值层: " not in said
    told = json.loads(small.good("show", "0139", "--from", "small", "--format", "json").out)
    assert (told["value_tiers"][0]["tier"], told["alerts"][0]["alert"]) == ("high_value", "overage")


def test_sparkline_by_hand() -> None:
    # Heights 0 … 7 of the largest: 0 → 0, 50 of 100 → 3.5 → 4, 100 → 7; nothing known → a blank; all zero → the lowest.
    assert sparkline([0, 50, None, 100]) == "▁▅ █"
    assert sparkline([0, 0]) == "▁▁"
    assert sparkline([-5, 10]) == "▁█"
