"""What happened after a cut-off moves no signal of it, however it is planted."""

from __future__ import annotations

from pathlib import Path

import hand_warnings
import pandas as pd
import pytest

from telco_crm.churn.circle import HISTORY
from telco_crm.churn.dataset import signals_at
from telco_crm.churn.rules import ChurnRules
from telco_crm.months import Month
from telco_crm.session import Settings, analyse, loaded
from world import Row, export, records

MARCH = Month("2026-03")
KINDS = ("cancel_request", "suspension", "resume", "competitor_contact", "complaint", "power_off", "plan_change")


def exports() -> dict[str, list[Row]]:
    """The world of churn rules (January to March) with bills up to May, so that March is a past cut-off."""
    tables = hand_warnings.exports()
    tables["bills"] += [{"subscriber_id": "steady", "month": m, "total": "100"} for m in ("2026-04", "2026-05")]
    tables["contacts"] = [contact("steady", "2026-03-10")]
    return tables


def contact(who: str, day: str) -> Row:
    return {"subscriber_id": who, "campaign": "c1", "contacted_on": day, "arm": "treated", "accepted": "yes"}


def plant(tables: dict[str, list[Row]], day: str, month: str) -> None:
    """Everything that can happen, to everybody, on `day` at midnight and in `month`; records as if all had renewed."""
    for row in tables["subscribers"]:
        if row["status"] == "closed" and not row["cancelled_on"]:
            continue  # any record of theirs says that they had not left before it
        who = row["subscriber_id"]
        tables["events"] += [
            {"subscriber_id": who, "time": f"{day} 00:00:00", "kind": k, "score": "1"}
            for k in (*KINDS, "survey", "enquiry")
        ]
        tables["bills"].append({"subscriber_id": who, "month": month, "total": "9999", "due_date": day, "paid_on": day})
        tables["contacts"].append(contact(who, day))
        tables["usage"] += records(who, hand_warnings.forwards(day, 3, "telecom"))


def renewed(tables: dict[str, list[Row]]) -> None:
    """Records that say nothing of March: as exported after everybody changed plan and contract."""
    for row in tables["subscribers"]:
        row |= {"plans_ever": "9", "contract_end": "2028-12-31", "bundle": "yes", "status": row["status"]}


def at_march(folder: Path, tables: dict[str, list[Row]]) -> pd.DataFrame:
    """The signals of the cut-off March, as learnt from in May."""
    export(folder, tables)
    with loaded(folder, {}, Settings(as_of="2026-05", threads=1)) as data:
        context, _ = analyse(data, (HISTORY,))
        return signals_at(context, context.rules(ChurnRules, "churn"), MARCH)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return at_march(tmp_path_factory.mktemp("clean"), exports())


def test_there_is_something_to_move(clean: pd.DataFrame) -> None:
    assert len(clean) > 50
    assert (clean.nunique() > 1).sum() > 20


def test_what_is_planted_after_the_cutoff_moves_no_value(clean: pd.DataFrame, tmp_path: Path) -> None:
    tables = exports()
    plant(tables, "2026-04-01", "2026-04")
    renewed(tables)
    pd.testing.assert_frame_equal(at_march(tmp_path / "planted", tables), clean)


def test_the_same_a_day_earlier_moves_many(clean: pd.DataFrame, tmp_path: Path) -> None:
    tables = exports()
    plant(tables, "2026-03-31", "2026-03")
    moved = at_march(tmp_path / "planted", tables).reindex(clean.index).ne(clean) & clean.notna()
    assert moved.any().sum() > 15


def test_leaving_after_the_cutoff_moves_no_value(clean: pd.DataFrame, tmp_path: Path) -> None:
    tables = exports()
    for row in tables["subscribers"]:
        if not row["cancelled_on"] and row["status"] == "active":
            row |= {"cancelled_on": "2026-04-01", "cancel_kind": "port_out", "status": "closed"}
    pd.testing.assert_frame_equal(at_march(tmp_path / "left", tables), clean)
