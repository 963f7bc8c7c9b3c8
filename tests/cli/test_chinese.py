"""What a run says in Chinese: notes, reasons of rejection and what could not be computed are not left in English."""

from __future__ import annotations

import re

from telco_process import Telco


def said(telco: Telco, *options: object) -> str:
    """Notes and impossible analyses of a run in Chinese; none of them may have two English words in a row."""
    lines = telco.good("run", *options, "-o", "out", "--lang", "zh", "--no-store").err.splitlines()
    told = [line for line in lines if line.startswith(("说明：", "未计算："))]
    english = [t for t in told if re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}|^未计算：[a-z]", t)]
    assert english == []
    return "\n".join(told)


def test_bills_alone(little: Telco) -> None:
    words = said(little, "--bills", "data/bills.csv")
    assert "未计算：行为群（缺少话单表）。" in words
    assert "未计算：信用星级（缺少用户表）。" in words
    assert "说明：没有话单表、用户表、服务事件表，用到它们的离网规则和维系阶梯对任何人都不成立。" in words


def test_usage_alone(little: Telco) -> None:
    words = said(little, "--usage", "data/usage.csv")
    assert "未计算：信用星级（缺少账单表、用户表）。" in words
    assert "说明：维系：没有账单因而没有ARPU，只按离网概率排序。" in words
    assert "说明：离网：按规则而非模型评分，因为没有用户表，不知道谁已离网。" in words


def test_why_rows_were_refused(little: Telco) -> None:
    """What is printed is Chinese; the file of refused rows stays as programs know it."""
    head = "subscriber_id,month,total"
    little.write(
        "bad/bills.csv", f"{head}\n1,2026-03,x\n2,2026-13,y\n3,2026-03,5\n3,2026-03,5\n4,2026-03\n,2026-03,5\n"
    )
    words = little.good("run", "bad", "-o", "a", "--lang", "zh", "--no-store").err
    for line in (
        "bills: 1 × total：不是金额",
        "bills: 1 × month;total：month不是月份",
        "bills: 1 × subscriber_id;month：subscriber_id、month重复",
        "bills: 1 × 有2列，应为3列",
        "bills: 1 × subscriber_id：为空",
        '首例: bad/bills.csv，第2行，total："x"不是金额',
    ):
        assert line in words, words


def test_gaps_and_gone_months(little: Telco) -> None:
    """Bills of February and March; usage of December, March and the first days of April."""
    times = ("2025-12-31", "2026-03-31", "2026-04-02")
    usage = "subscriber_id,start_time,service,direction\n" + "".join(f"0139,{t} 10:00:00,sms,out\n" for t in times)
    little.write("data/usage.csv", usage)
    words = said(little, "data")
    assert "说明：2026-04的数据不完整（最后一天没有话单，或账单偏少），以2026-03为当前月。" in words
    assert "说明：2026-01至2026-02没有话单，用到话单的数值为空或不计这些月份。" in words
    assert "说明：信用：没有服务事件，停机分一律为0。" in words
    assert "说明：用户资料晚于2026-02：" in said(little, "data", "--as-of", "2026-02")


def test_the_sentence_of_a_table_that_cannot_be_made(little: Telco) -> None:
    says = ("telco-crm: credit: nothing was written (needs subscribers)",)
    little.refused("credit", "--bills", "data/bills.csv", "-o", "c.csv", "-q", "--no-store", says=says)
    assert not (little.folder / "c.csv").exists()


def test_whether_the_tables_fit_together(little: Telco) -> None:
    done = little.good("check", "data", "--lang", "zh")
    told = done.out + done.err
    words = told[told.index("各表是否相符") :]
    assert re.search(r"2026-\d\d话单 +记录[\d,]+条，用户[\d,]+个，", words)
    assert not re.search(r"[a-z]{2,} [a-z]{2,}", words)
