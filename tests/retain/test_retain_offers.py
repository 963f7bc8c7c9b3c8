"""Ladder signs, offers with alternatives, and the expected profit of a contact, worked out by hand."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import hand_warnings
import pytest

from telco_crm.analysis import RunContext
from telco_crm.engine.duck import DuckEngine
from telco_crm.errors import RuleError
from telco_crm.months import Month
from telco_crm.retain.catalogue import choose_offers
from telco_crm.retain.offers import Offer, OfferRules, overlaps
from telco_crm.rules import explain, load_rules
from telco_crm.worth import WorthRules, months_worth
from world import Row, Run, by

RULES = """
[rules.retention]
contact_cost = 3
[rules.assessment]
margin = 0.5
horizon_months = 2
discount = 0
monthly_churn = 0.1
[rules.offers]
offers = [
  { id = "bound", en = "b", zh = "b", contracts = ["running"], cost = 7, take_up = 0.5 },
  { id = "soon", en = "s", zh = "", contracts = ["ending"], channel = "sms", talking_points = { en = "now", zh = "" } },
  { id = "rich", en = "r", zh = "r", tiers = ["high"], cost = 10, cost_bills = 0.1, take_up = 0.4 },
  { id = "all", en = "a", zh = "a", take_up = 0.2 },
]
"""
# The signs of each case's step.
SIGNS = {
    "steady": "normal use",
    "flat-edges": "bills of three months within a tenth of each other",
    "minutes-less": "minutes fell by more than half",
    "minutes-much-more": "minutes rose by more than half",
    "forward-rival": "calls forwarded to a competitor",
    "forward-own-3": "several calls forwarded on working days",
    "forward-long": "calls forwarded on working days for two months",
    "off-march": "switched off for long",
    "gap-14": "no use in the last two weeks of the month",
    "silent-unbilled": "no use in the month, after use in the month before",
    "on-request": "has asked to be suspended",
    "bill-79": "bill fell twice, by more than a fifth in all",
    "suspended": "is suspended",
    "preclosed": "cancellation is under way",
    "cancel-march": "has asked to cancel",
    "all": "has asked to cancel",  # the highest step's signs only
}


@pytest.fixture(scope="module")
def calls(run: Run) -> dict[str, Row]:
    return by(run(hand_warnings.exports(), command="retain")["retention"], "subscriber_id")


@pytest.fixture(scope="module")
def own(run: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    config = tmp_path_factory.mktemp("own") / "own.toml"
    config.write_text(RULES, encoding="utf-8")
    return by(run(hand_warnings.exports(), "--config", config, command="retain")["retention"], "subscriber_id")


@pytest.mark.parametrize("who", SIGNS)
def test_the_step_is_explained_by_its_signs(calls: dict[str, Row], who: str) -> None:
    assert calls[who]["ladder_reason"] == SIGNS[who]


def test_everybody_has_a_step_an_offer_an_alternative_and_a_reason(calls: dict[str, Row]) -> None:
    for who, row in calls.items():
        needed = (
            "ladder_step",
            "reason",
            "offer",
            "alternative",
            "ladder_reason",
            "channel",
            "talking_points",
            "action",
        )
        assert all(row[key] for key in needed), who
        assert row["offer_id"] != row["alternative_id"], who


def test_conditions_by_contract_and_tier(own: dict[str, Row]) -> None:
    def found(who: str) -> tuple[str, str]:
        return own[who]["offer_id"], own[who]["alternative_id"]

    assert found("contract-93") == ("bound", "all")  # 93 days left
    assert found("contract-92") == ("soon", "all")
    assert found("contract-over") == ("all", "")
    assert found("steady") == ("all", "")
    # The mean of three bills decides the policy band: (100 + 80 + 580) / 3 = 253, and of 280: 153.
    assert found("offer-580") == ("rich", "all")
    assert found("offer-280") == ("all", "")
    assert (own["contract-92"]["channel"], own["contract-92"]["talking_points"]) == ("sms", "now")


def test_expected_profit_by_hand(own: dict[str, Row]) -> None:
    # A month's ARPU is worth 0.5 × (0.9 + 0.81) = 0.855; fewer than ten have left, so the rate is the rules' 0.1.
    rich, steady, bound = own["offer-580"], own["steady"], own["contract-93"]
    assert rich["kept_value"] == "495.90"  # 580 × 0.855
    assert rich["expected_cost"] == "30.20"  # 3 + 0.4 × (10 + 58)
    assert rich["expected_profit"] == "-26.63"  # 0.017986 × 0.4 × 495.9 = 3.5677; − 30.2
    assert steady["expected_cost"] == "3.00"
    assert steady["expected_profit"] == "-2.69"  # 0.017986 × 0.2 × 85.5 = 0.3076; − 3
    assert (bound["expected_cost"], bound["expected_profit"]) == ("6.50", "-6.15")  # 0.008163 × 0.5 × 85.5 = 0.349
    assert (rich["kept_value_low"], rich["kept_value_high"]) == ("495.90", "495.90")  # nothing was measured


def test_a_subscriber_without_a_bill_is_worth_nothing(calls: dict[str, Row]) -> None:
    row = calls["silent-unbilled"]
    assert (row["kept_value"], row["expected_cost"]) == ("0.00", "2.50")  # contact 2 + 0.1 × 5
    assert row["expected_profit"] == "-2.50"


def test_the_rate_of_leaving_is_measured_where_enough_have_left(run: Run, tmp_path: Path) -> None:
    # January and February 2026 have 59 days. 10 stay, 10 leave on February 1, after 31 days: 10 leave in
    # (10 × 59 + 10 × 31) days = 900 / 30.4375 = 29.5688 months; rate 10 / 29.5688 = 0.338195.
    # 95% interval of a count of 10 (Garwood): 4.7954 to 18.3904, so rates 0.162178 to 0.621954.
    people = [f"s{n:02d} 2020-01-01 {'2026-02-01' if n < 10 else '-'}" for n in range(20)]
    bills = [f"s{n:02d} {m} 100" for n in range(20) for m in ("2026-01", "2026-02") if n >= 10 or m == "2026-01"]
    config = tmp_path / "own.toml"
    config.write_text("[rules.assessment]\nmargin = 0.5\nhorizon_months = 1\ndiscount = 0\n")
    exports = {
        "subscribers": "\n".join(["subscriber_id activated_on cancelled_on", *people]),
        "bills": "\n".join(["subscriber_id month total", *bills]),
    }
    rows = run(exports, "--config", config, command="retain")["retention"]
    values = [float(rows[0][key]) for key in ("kept_value_low", "kept_value", "kept_value_high")]
    # 100 × 0.5 × (1 − rate)
    assert values == pytest.approx([18.90, 33.09, 41.89], abs=0.005)


def test_months_worth_discounts_a_year_by_its_rate() -> None:
    own = {"margin": 1.0, "horizon_months": 12, "discount": 0.21}
    rules = load_rules(WorthRules, "assessment", own)
    # Without leaving, the twelfth month alone counts 1 / 1.21; the sum is a geometric one.
    ratio = 1.21 ** (-1 / 12)
    assert months_worth(rules, 0.0) == pytest.approx(ratio * (1 - 1 / 1.21) / (1 - ratio))


@pytest.mark.parametrize(
    ("offers", "says"),
    [
        ([{"arpu_from": 50.0, "arpu_below": 50.0}], 'offer "o0" fits nobody'),
        ([{"cost": -1.0}], "rules.offers.offers.0.cost: input should be greater than or equal to 0, got -1.0"),
        ([{"take_up": 1.5}], "rules.offers.offers.0.take_up"),
        ([{"arpu": 5.0}], "rules.offers.offers.0.arpu: unknown key"),
        ([{"contracts": ["over"]}], "rules.offers.offers.0.contracts.0"),
        (
            [{}, {"arpu_from": 5.0}, {"arpu_from": 9.0, "groups": [1]}],
            'offer "o2" would never be proposed: "o0" and "o1"',
        ),
    ],
)
def test_a_catalogue_that_cannot_be_meant_is_refused(offers: list[dict[str, object]], says: str) -> None:
    catalogue = [{"id": f"o{n}", "en": "e", "zh": "z", **offer} for n, offer in enumerate(offers)]
    with pytest.raises(RuleError) as error:
        explain(OfferRules, {"offers": catalogue}, "rules.offers")
    assert says in str(error.value)


def test_a_narrower_offer_after_a_wider_one_is_an_alternative() -> None:
    offers = [{"id": "a", "en": "", "zh": ""}, {"id": "b", "en": "", "zh": "", "groups": [1]}]
    assert len(explain(OfferRules, {"offers": offers}, "rules.offers").offers) == 2


@pytest.mark.parametrize(
    ("step", "ids"),
    [
        (1, ["sms-pack", "points", "plan-check"]),
        (5, ["bill-credit", "sms-pack", "points", "plan-check"]),  # the step's action, before a package by message
        (6, ["bill-credit", "sms-pack", "points", "plan-check"]),
    ],
)
def test_whose_bill_falls_or_who_wants_to_leave_is_offered_what_the_step_asks_for(step: int, ids: list[str]) -> None:
    person = {"arpu": 100, "groups": 6, "ladder_steps": step, "tiers": "mass", "contracts": "none"}
    offers = load_rules(OfferRules, "offers").offers
    assert [o.id for o in offers if all(o.takes(key, value) for key, value in person.items())] == ids


def test_which_offers_overlap_in_part() -> None:
    offers = [
        {"arpu_from": 10.0},
        {"arpu_from": 20.0},  # within the first
        {"arpu_below": 20.0},  # with the first from 10 to 20
        {"tiers": ["mass"], "arpu_below": 10.0},  # within the one before
        {"tiers": ["mass", "high"], "arpu_below": 10.0},  # holds the one before
        {"tiers": ["high", "mid_high"], "arpu_below": 9.0},  # apart from 3, overlaps 4
        {},
    ]
    catalogue = [Offer.model_validate({"id": "o", "en": "", "zh": "", **offer}, strict=False) for offer in offers]
    assert overlaps(catalogue) == [(0, 2), (4, 5)]


def test_the_shipped_offers_leave_out_groups_of_another_scheme(run: Run, tmp_path: Path) -> None:
    """Group 1 of the other scheme are not the talkers of the shipped one, whose offer is for a circle."""
    context = RunContext(DuckEngine(1, "200MB", tmp_path), Month("2026-03"), [], set())
    context.facts["segment_model"] = SimpleNamespace(scheme=SimpleNamespace(name="behaviour-16"))
    choose_offers(context)
    assert not any(offer.groups for offer in context.facts["offers"].offers)
    assert context.notes == [
        'offers: "toll-pack", "sms-pack", "own-circle" are left out: they name groups of the scheme postpaid-17, and '
        "the groups are those of behaviour-16"
    ]
    context.facts["segment_model"].scheme.name = "postpaid-17"
    choose_offers(context)
    assert len(context.facts["offers"].offers) == len(load_rules(OfferRules, "offers").offers)


def test_the_shipped_catalogue_has_words_for_every_offer() -> None:
    for offer in load_rules(OfferRules, "offers").offers:
        assert offer.talking_points.en, offer.id
        assert offer.talking_points.zh, offer.id
        assert offer.cost + offer.cost_bills > 0, offer.id
