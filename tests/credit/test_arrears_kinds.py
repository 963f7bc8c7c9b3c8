"""How stopped lines of every kind end, and the words of the stop rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from world import by, call, export, read

LATE = ("--no-store", "-q")
# Everybody was stopped on 1 January 2026; the 90 days are over on 1 April: 31 + 28 + 31 = 90.
KINDS_PEOPLE = """
subscriber_id brand activated_on status    bundle account_id
alone         other 2020-01-01   active    -      -
shares        other 2020-01-01   active    true   h
shares-too    other 2020-01-01   active    -      h
tied          other 2020-01-01   active    true   -
tied-gift     other 2020-01-01   active    true   -
gifted        other 2020-01-01   active    -      -
pays          other 2020-01-01   active    -      -
pays-nearly   other 2020-01-01   active    -      -
"""
KINDS_BILLS = """
subscriber_id month   total gift paid  due_date   paid_on
alone         2025-11 100   0    0     2025-12-31 -
shares        2025-11 100   5    0     2025-12-31 -
shares-too    2025-11 0     0    0     2025-12-31 -
tied          2025-11 100   0    0     2025-12-31 -
tied-gift     2025-11 100   5    0     2025-12-31 -
gifted        2025-11 100   5    0     2025-12-31 -
pays          2025-11 100   0    100   2025-12-31 2026-03-31
pays-nearly   2025-11 100   0    99.99 2025-12-31 2026-03-31
pays          2026-03 0     0    0     2026-04-30 -
"""
# The first kind that holds is taken: account, bundle, gift.
ENDINGS = {
    "alone": ("plain", "terminate"),
    "shares": ("merged", "take out of the shared account, then terminate"),
    "shares-too": None,  # not stopped: the account's stop is due
    "tied": ("bundle", "dissolve the bundle, claim what its contract says, then terminate"),
    "tied-gift": ("bundle", "dissolve the bundle, claim what its contract says, then terminate"),
    "gifted": ("gift", "withdraw the gifted credit, then terminate"),
    "pays": None,
    "pays-nearly": ("plain", "terminate"),  # a cent is missing: not paid in full, so no resumption
}


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    stopped = [who for who in ENDINGS if who != "shares-too"]
    events = "subscriber_id time kind\n" + "".join(f"{who} 2026-01-01~00:00:00 suspension\n" for who in stopped)
    tables = {"subscribers": KINDS_PEOPLE, "bills": KINDS_BILLS, "events": events}
    return export(tmp_path_factory.mktemp("kinds") / "in", tables)


@pytest.mark.parametrize(("day", "over"), [("2026-03-31", False), ("2026-04-01", True)])
def test_ends_by_kind(kinds: Path, tmp_path: Path, day: str, over: bool) -> None:
    assert call("arrears", "list", kinds, "-o", tmp_path / "a.csv", "--day", day, "--as-of", "2026-03", *LATE) == 0
    rows = by(read(tmp_path / "a.csv"), "subscriber_id")
    ended = {who: (row["kind"], row["action"]) for who, row in rows.items() if row["state"] == "terminate"}
    assert ended == ({who: ending for who, ending in ENDINGS.items() if ending} if over else {})
    assert (rows["pays"]["state"], rows["pays"]["action_on"]) == ("resume", "2026-03-31")
    assert rows["shares-too"]["state"] == "stop"


def test_stop_rules_in_chinese(kinds: Path, tmp_path: Path) -> None:
    config, target = tmp_path / "r.toml", tmp_path / "w.csv"
    config.write_text("[[rules.arrears.what_if]]\nname = 'own'\nstop_after_days = 7\n", "utf-8")
    for options, words in (
        ((), ["现行规则", "5天", "10天", "30天", "满50元起停", "四星及以上免停"]),
        (("--config", config), ["现行规则", "own"]),
    ):
        chinese = ("--as-of", "2026-03", "--lang", "zh", *options, *LATE)
        assert call("arrears", "what-if", kinds, "-o", target, *chinese) == 0
        rows = read(target)
        assert [row["rule_words"] for row in rows] == words
        assert rows[0]["rule"] == "in force"
