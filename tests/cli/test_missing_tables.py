"""Each table in turn is missing: what needs it says so, in both languages, and the rest is there."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest
from telco_process import Telco

from telco_crm.labels import named

NAMES = {
    "usage": "话单表",
    "bills": "账单表",
    "subscribers": "用户表",
    "events": "服务事件表",
    "contacts": "营销接触表",
}
# What cannot be made without a table, and tables that are written all the same.
NEEDED = {
    "usage": {"price sensitivity", "groups", "strategy", "group moves", "tags", "prospects"},
    "bills": {"arpu", "strategy", "credit", "value tiers", "arrears", "credit limits"},
    "subscribers": {"credit", "churn rates", "lifecycle", "credit limits", "satisfaction and leaving"},
    "events": {"satisfaction", "complaints", "satisfaction and leaving"},
    "contacts": set(),
}
STAYS = {
    "usage": {"arpu_bands", "credit", "arrears", "lifecycle", "contacted"},
    "bills": {"groups", "migration", "lifecycle", "tags", "prospects", "satisfaction"},
    "subscribers": {"groups", "arpu_bands", "value_tiers", "arrears", "complaints"},
    "events": {"groups", "arpu_bands", "credit", "churn", "lifecycle", "contacted"},
    "contacts": {"groups", "arpu_bands", "credit", "churn", "recommendations"},
}


@pytest.fixture(scope="module")
def telco(tmp_path_factory: pytest.TempPathFactory) -> Telco:
    telco = Telco(tmp_path_factory.mktemp("missing"))
    size = ("--subscribers", 300, "--months", 3, "--records", 0.1, "--format", "parquet")
    telco.good("sample", "all", *size, "-q")
    return telco


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("missing", NEEDED)
def test_without_a_table(telco: Telco, missing: str, lang: str) -> None:
    some = telco.folder / f"no-{missing}"
    if not some.exists():
        some.mkdir()
        for path in (telco.folder / "all").glob("*.parquet"):
            if not path.name.startswith((missing, "truth")):
                shutil.copy(path, some)
    said = telco.good("run", some.name, "-o", "out", "--lang", lang, "--store", "store").err
    pattern = r"^未计算：(.+)（缺少(.+)）。$" if lang == "zh" else r"^Not computed: ([a-z ]+) \(needs (.+)\)\.$"
    told = dict(re.findall(pattern, said, re.MULTILINE))
    assert set(told) == {named("analyses", name, lang) for name in NEEDED[missing]}
    word = NAMES[missing] if lang == "zh" else missing
    direct = [why for why in told.values() if word in why]
    assert direct or missing == "contacts"
    made = {path.stem for path in (telco.folder / "out").glob("*.csv")}
    assert made >= STAYS[missing]
    if lang == "zh":
        notes = [line for line in said.splitlines() if line.startswith("说明：")]
        assert notes
        assert [line for line in notes if re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", line)] == []
    if missing == "contacts":
        assert "contacted" not in made


def test_who_was_cancelled_and_is_billed_is_audited_and_stays(tmp_path: Path) -> None:
    """ann left on 10 January; her bill of January is the last right one, that of March contradicts the record."""
    telco = Telco(tmp_path)
    people = "ann,closed,2020-01-01,2026-01-10\nbob,active,2020-01-01,\n"
    telco.write("data/subscribers.csv", "subscriber_id,status,activated_on,cancelled_on\n" + people)
    bills = "".join(f"{who},2026-0{m},50.00\n" for who in ("ann", "bob") for m in (1, 2, 3) if (who, m) != ("ann", 2))
    telco.write("data/bills.csv", "subscriber_id,month,total\n" + bills)
    for lang, title, evidence in (
        ("en", "billed for a month that began after the cancellation", "cancelled 2026-01-10"),
        ("zh", "销户后仍出账", "2026-01-10销户"),
    ):
        telco.good("run", "data", "-o", "out", "--lang", lang, "-q", "--no-store")
        with (tmp_path / "out/audit.csv").open(encoding="utf-8", newline="") as file:
            row = next(r for r in csv.DictReader(file) if r["check_id"] == "bill_after_leaving")
        found = ("found", "1", "1", f"ann 2026-03 ({evidence})")
        assert (row["result"], row["findings"], row["subscribers"], row["examples"]) == found
        assert row["title"] == title
        assert "ann" in (tmp_path / "out/segments.csv").read_text("utf-8")  # nothing is hidden
    assert telco("audit", "data", "-o", "audit.csv", "-q", "--no-store").code == 4
