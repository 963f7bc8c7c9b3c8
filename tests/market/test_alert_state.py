"""What is kept between runs of alerts: new, still open, closed and opened again; a month twice; nothing half."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pyarrow.parquet as pq
import pytest

from telco_crm.errors import InputError, RuleError
from world import Run, by, call, export

# Who went over the plan, by month of 2026.
OVER = {"stays": (1, 2, 3), "comes": (2, 3), "goes": (1,), "again": (1, 3), "once": (3,)}
BILLS = "subscriber_id month total\n" + "".join(
    f"{who} 2026-0{month} {100 + place}\n" for place, who in enumerate(OVER) for month in (1, 2, 3)
)
Told = dict[str, tuple[str, str]]


def _exports(*months: int) -> dict[str, str]:
    """What is known at the end of the last of the months, if it goes back to the first of them."""
    rows = [f"{who} 2026-0{m}-10 overage" for who, over in OVER.items() for m in over if m in months]
    bills = [line for line in BILLS.splitlines()[1:] if int(line.split()[1][-2:]) in months]
    head = "subscriber_id month total\n"
    return {"bills": head + "\n".join(bills), "events": "subscriber_id time kind\n" + "\n".join(rows)}


def _told(run: Run, state: Path, months: tuple[int, ...], *more: str) -> Told:
    options = ("--as-of", f"2026-0{months[-1]}", "--state", state, *more)
    rows = by(run(_exports(*months), *options, command="alerts")["alerts"], "subscriber_id", "alert")
    return {who: (row["status"], row["first_seen"]) for (who, alert), row in rows.items() if alert == "overage"}


JANUARY = dict.fromkeys(("stays", "goes", "again"), ("new", "2026-01-31"))
FEBRUARY = {"stays": ("open", "2026-01-31"), "comes": ("new", "2026-02-28")}
MARCH = {
    "stays": ("open", "2026-01-31"),
    "comes": ("open", "2026-02-28"),
    "again": ("new", "2026-03-31"),  # closed in February
    "once": ("new", "2026-03-31"),
}


def test_month_by_month(run: Run, tmp_path: Path, said: Callable[[], str]) -> None:
    state = tmp_path / "alerts.state"
    assert _told(run, state, (1,)) == JANUARY
    assert "Note: alerts: 3 new, 0 still open and 0 closed since the last run." in said()
    assert _told(run, state, (1, 2)) == FEBRUARY
    assert "Note: alerts: 1 new, 1 still open and 2 closed since the last run." in said()
    assert _told(run, state, (1, 2, 3)) == MARCH


def test_a_month_twice_gives_the_same(run: Run, tmp_path: Path) -> None:
    state = tmp_path / "alerts.state"
    _told(run, state, (1,))
    for _ in range(3):
        assert _told(run, state, (1, 2)) == FEBRUARY
    before = state.read_bytes()
    _told(run, state, (1, 2))
    assert state.read_bytes() == before
    assert _told(run, state, (1, 2, 3)) == MARCH
    assert _told(run, state, (1, 2, 3)) == MARCH


def test_a_month_twice_with_other_data(run: Run, tmp_path: Path) -> None:
    """An alert that the first run of a month closed is open again, not new, if the second one finds it."""
    state, march = tmp_path / "alerts.state", _exports(1, 2, 3)
    _told(run, state, (1, 2))
    less = {**march, "events": march["events"].replace("stays 2026-03-10 overage", "")}
    options = ("--as-of", "2026-03", "--state", state)
    rows = run(less, *options, command="alerts")["alerts"]
    assert "stays" not in {row["subscriber_id"] for row in rows if row["alert"] == "overage"}
    assert _told(run, state, (1, 2, 3))["stays"] == ("open", "2026-01-31")


def test_only_new_ones(run: Run, tmp_path: Path) -> None:
    state = tmp_path / "alerts.state"
    assert _told(run, state, (1,), "--since", "last") == JANUARY
    assert _told(run, state, (1, 2), "--since", "last") == {"comes": ("new", "2026-02-28")}
    new = {who: told for who, told in MARCH.items() if told[0] == "new"}
    assert _told(run, state, (1, 2, 3), "--since", "last") == new
    assert _told(run, state, (1, 2, 3), "--since", "last") == new


def test_the_state_remembers_what_the_data_has_forgotten(run: Run, tmp_path: Path) -> None:
    """Without the earlier months an alert seems to begin now; the state knows better."""
    state = tmp_path / "alerts.state"
    _told(run, state, (1,))
    _told(run, state, (1, 2))
    assert _told(run, state, (3,)) == MARCH


def test_without_a_state_new_is_what_began_in_the_month(run: Run) -> None:
    rows = run(_exports(1, 2, 3), command="alerts")["alerts"]
    assert {r["subscriber_id"]: r["status"] for r in rows if r["alert"] == "overage"} == {
        who: status for who, (status, _) in MARCH.items()
    }


def test_an_earlier_month_is_refused(run: Run, tmp_path: Path) -> None:
    state = tmp_path / "alerts.state"
    _told(run, state, (1, 2))
    before = state.read_bytes()
    with pytest.raises(InputError, match=r"alerts\.state: the state is of 2026-02, later than 2026-01; "):
        _told(run, state, (1,))
    assert state.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"subscriber_id,alert\n", b"PAR1"])
def test_what_is_no_state_is_refused_and_stays(run: Run, tmp_path: Path, content: bytes) -> None:
    state = tmp_path / "alerts.state"
    state.write_bytes(content)
    with pytest.raises(InputError, match=r"alerts\.state is no state of alerts"):
        _told(run, state, (1,))
    assert state.read_bytes() == content


def test_a_table_of_something_else_is_refused(run: Run, tmp_path: Path) -> None:
    folder = export(tmp_path / "in", _exports(1))
    assert call("alerts", folder, "-o", tmp_path / "other.parquet") == 0
    with pytest.raises(InputError, match=r"other\.parquet is no state of alerts"):
        _told(run, tmp_path / "other.parquet", (1,))


def test_a_run_that_fails_leaves_the_state_as_it_was(run: Run, tmp_path: Path) -> None:
    state = tmp_path / "alerts.state"
    _told(run, state, (1,))
    before = state.read_bytes()
    (tmp_path / "own.toml").write_text('[rules.alerts.alerts.overage]\nwhen = "m3.overagez > 1"\n')
    with pytest.raises(RuleError):
        _told(run, state, (1, 2), "--config", str(tmp_path / "own.toml"))
    assert state.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if "state" in p.name] == ["alerts.state"]


def test_options_that_do_not_go_together(run: Run, tmp_path: Path) -> None:
    folder = export(tmp_path / "in", _exports(1))
    with pytest.raises(click.UsageError, match="--since last needs --state FILE"):
        call("alerts", folder, "-o", tmp_path / "x.csv", "--since", "last")
    with pytest.raises(click.BadParameter, match="'2026-02-30' is neither a day"):
        call("alerts", folder, "-o", tmp_path / "x.csv", "--since", "2026-02-30")


def test_nothing_open_is_a_state_too(run: Run, tmp_path: Path) -> None:
    state = tmp_path / "alerts.state"
    bills = {"bills": "subscriber_id month total\na 2026-01 0\n"}
    assert run(bills, "--state", state, command="alerts")["alerts"] == []
    table = pq.read_table(state)
    assert (table.num_rows, table.schema.metadata[b"month"]) == (0, b"2026-01")
