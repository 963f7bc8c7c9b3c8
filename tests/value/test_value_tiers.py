"""Tiers, warnings, VIP levels and lifecycle at every boundary."""

from __future__ import annotations

from pathlib import Path

import hand_value as hand
import pytest

from world import Row, by, call, export, read

Out = dict[str, list[Row]]


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("value") / "in", hand.EXPORTS)


@pytest.fixture(scope="module")
def out(exports: Path) -> Out:
    target = exports.parent / "out"
    assert call("run", exports, "-o", target, "--as-of", "2026-03", "--no-store") == 0
    return {path.stem: read(path) for path in target.glob("*.csv")}


@pytest.fixture(scope="module")
def tiers(out: Out) -> dict[str, Row]:
    return by(out["value_tiers"], "subscriber_id")


@pytest.mark.parametrize(("who", "tier"), hand.TIERS.items())
def test_tier(tiers: dict[str, Row], who: str, tier: str) -> None:
    assert tiers[who]["tier"] == tier


@pytest.mark.parametrize(("who", "vip"), hand.VIP.items())
def test_vip_level(tiers: dict[str, Row], who: str, vip: tuple[str, str, str]) -> None:
    assert (tiers[who]["vip_level"], tiers[who]["plus"], tiers[who]["band_without_card"]) == vip


@pytest.mark.parametrize(("who", "warning"), hand.WARNINGS.items())
def test_warning(tiers: dict[str, Row], who: str, warning: str) -> None:
    assert (tiers[who]["warning"], tiers[who]["warned"]) == (warning, "true" if warning else "false")


def test_warning_overrides_the_list_but_not_the_tier(tiers: dict[str, Row]) -> None:
    assert (tiers["rich-rival"]["tier"], tiers["rich-rival"]["list_tier"]) == ("high_value", "churn_warning")
    assert tiers["arpu-200"]["list_tier"] == "high_value"


def test_reasons_are_given(tiers: dict[str, Row]) -> None:
    assert tiers["arpu-200"]["reason"] == "high ARPU (200)"
    assert tiers["score-4.5"]["reason"] == "value score 4.5"
    assert [tiers[f"score-{n}"]["value_score"] for n in ("20-days", "complaint")] == ["4.3333", "4.4333"]
    assert tiers["data-half-more"]["reason"] == "data volume up 50%"
    assert tiers["arpu-199"]["reason"] == ""


def test_who_has_left_has_no_tier(tiers: dict[str, Row], out: Out) -> None:
    assert "left" not in tiers
    assert "left" not in by(out["lifecycle"], "subscriber_id")


def test_scores_by_hand(tiers: dict[str, Row]) -> None:
    # recency: paid on the 20th, 11 days before the last day: above 1, 3 and 7, so 5 - 3 = 2
    # frequency: no day with use: 1; money: (50+150+100)/3 = 100, above 50 and 80: 1 + 2 = 3
    # services: 2, above 0 and 1: 3; bundle: above its only cut point: 5; no data: unknown
    # tenure: 24 months, above 3 and 12: 3; no contract: 1; no complaint: 5
    row = tiers["scored"]
    assert [row[f"{m}_score"] for m in ("recency", "money", "services", "bundle", "data_growth")] == [
        "2.00", "3.00", "3.00", "5.00", ""]  # fmt: skip
    assert [row[f"{m}_score"] for m in ("tenure", "contract", "complaints")] == ["3.00", "1.00", "5.00"]
    assert row["frequency_score"] == "1.00"
    # (2+1+3)/3 = 2, (3+5)/2 = 4, (3+1+5)/3 = 3; 0.5 × 2 + 0.3 × 4 + 0.2 × 3 = 2.8
    assert [row[f"{d}_score"] for d in ("rfm", "contribution", "loyalty", "value")] == [
        "2.0000", "4.0000", "3.0000", "2.8000"]  # fmt: skip


@pytest.mark.parametrize(("who", "stage"), hand.STAGES.items())
def test_stage(out: Out, who: str, stage: str) -> None:
    row = by(out["lifecycle"], "subscriber_id")[who]
    assert row["stage"] == stage
    assert bool(row["action"]) == bool(stage)


def test_stage_by_tenure_stays_visible(out: Out) -> None:
    row = by(out["lifecycle"], "subscriber_id")["asks"]
    assert (row["stage_by_tenure"], row["sign"]) == ("introduction", "asked to cancel or to port out (1)")


def test_stages_and_tiers_count_everybody_once(out: Out, tiers: dict[str, Row]) -> None:
    cells = by(out["stage_tiers"], "stage", "tier")
    assert sum(int(row["subscribers"]) for row in cells.values()) == len(tiers)
    # By hand: months-13, months-36, student-13 and scored are ordinary; card-none, diamond … are in their first month.
    assert int(cells["maturity", "ordinary"]["subscribers"]) == 4
    assert int(cells["", "potential"]["subscribers"]) == 1  # data-half-more has no record


def test_migration(out: Out) -> None:
    moves = by(out["tier_migration"], "from_tier", "to_tier")
    # left had not left in February.
    assert int(moves["ordinary", "lost"]["subscribers"]) == 1
    # card-none and diamond came on the first of March, data-new appears with its first record.
    assert int(moves["new", "ordinary"]["subscribers"]) == 3
    # plus (its bill of April 2025), plus-old (of March 2025) and scored (9000 in December) were high before;
    # scored has fallen to 100. The three score-… had neither use nor bills, so that contribution and loyalty alone,
    # both 5, made them high; two are not any more.
    assert int(moves["high_value", "ordinary"]["subscribers"]) == 3
    assert int(moves["high_value", "high_value"]["subscribers"]) == 3


def test_quantiles_are_saved_for_later_months(exports: Path, tmp_path: Path) -> None:
    rules = tmp_path / "quantiles.toml"
    rules.write_text("[rules.value.measures.money]\nquantiles = [0.5]\n", "utf-8")
    saved, out = tmp_path / "saved.toml", tmp_path / "t.csv"
    options = ("--as-of", "2026-03", "--no-store", "-q")
    assert call("value", "cuts", exports, "-o", saved, "--config", rules, *options) == 0
    # 18 have a mean ARPU: 90, 98, 98, 98.67, 100, 119.99, four times 120, and eight above: the 9th is 120.
    assert "[rules.value.measures.money]\ncuts = [120.0]\nquantiles = []" in saved.read_text("utf-8")
    assert call("value", "tiers", exports, "-o", out, "--config", saved, *options) == 0
    scores = by(read(out), "subscriber_id")
    assert (scores["bundled"]["money_score"], scores["arpu-199"]["money_score"]) == ("1.00", "5.00")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[rules.value.measures.money]\ncuts = [3, 1]", "must rise"),
        ("[rules.value.measures.money]\nquantiles = [1.5]", "between 0 and 1"),
        ("[rules.value.measures.money]\nsql = 'p.nothing'", "rules.value.measures.money.sql"),
        ("[[rules.value.warnings]]\nwhen = 'p.nothing > 1'\nen = 'x'\nzh = 'x'", "rules.value.warnings.0.when"),
        ("[rules.value.vip]\nhigh = 100", "mid_high must be below high"),
        ("[[rules.lifecycle.signs]]\nwhen = 'q'\nen = 'x'\nzh = 'x'", "rules.lifecycle.signs.0.when"),
        ("[rules.lifecycle]\nstagse = 1", 'did you mean "stages"'),
    ],
)
def test_wrong_rules_are_named(exports: Path, tmp_path: Path, text: str, says: str) -> None:
    from telco_crm.errors import RuleError

    rules = tmp_path / "rules.toml"
    rules.write_text(text, "utf-8")
    with pytest.raises(RuleError) as wrong:
        call("lifecycle", exports, "-o", tmp_path / "x.csv", "--config", rules, "--as-of", "2026-03", "--no-store")
    assert says in " ".join(wrong.value.problems)


def test_chinese(exports: Path, tmp_path: Path) -> None:
    out = tmp_path / "t.csv"
    assert call("value", "tiers", exports, "-o", out, "--as-of", "2026-03", "--no-store", "--lang", "zh", "-q") == 0
    row = by(read(out), "subscriber_id")["arpu-200"]
    assert (row["tier_name"], row["reason"]) == ("高价值", "高ARPU（200）")
