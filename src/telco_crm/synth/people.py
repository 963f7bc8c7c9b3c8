"""The subscribers: groups in exact shares, and how each person differs from their group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from telco_crm.synth.arrays import NEVER, Bools, Floats, Floats32, Ints, choose, deal, spread
from telco_crm.synth.setting import Setting
from telco_crm.synth.streams import STREAMS

MONTH_DAYS = 30.4375
MALE, FEMALE, UNKNOWN = 0, 1, 2


@dataclass(frozen=True)
class People:
    """One entry per subscriber in each array (N); codes are positions in the figures.

    `group` is a position in Setting.groups; `rates` (kinds of traffic × N) are records a month; `talk` is a
    factor on minutes per call; `joined` and `contract_end` are days (NEVER: no contract); `bill` is the
    monthly bill that group and activity lead to expect, in money.
    """

    group: Ints
    activity: Floats
    rates: Floats32
    talk: Floats32
    silent: Bools
    night_data: Bools
    gender: Ints
    birth_year: Ints
    joined: Ints
    region: Ints
    contract_end: Ints
    bundle: Bools
    gift: Bools
    payer: Ints
    payment_method: Ints
    account: Ints
    reaction: Ints
    bill: Floats


def make_people(setting: Setting) -> People:
    """Draw the subscribers; shares of groups and of women within groups are exact."""
    rng = setting.dice.rng("people")
    figures, n = setting.figures.people, setting.n
    group = deal(rng, group_shares(setting), n)
    activity, rates, talk = _habits(setting, group)
    silent = _share_within(setting, "silent", group, setting.by_group(lambda g: g.silent))
    rates[:, silent] = 0
    contract_end, bundle = _contracts(setting, group)
    return People(
        group=group,
        activity=activity,
        rates=rates,
        talk=talk,
        silent=silent,
        night_data=_share_within(setting, "night", group, setting.by_group(lambda g: g.night_data)),
        gender=_gender(setting, group),
        birth_year=_birth_year(setting, group),
        joined=_joined(setting, group),
        region=deal(rng, [region.share for region in figures.regions.values()], n),
        contract_end=contract_end,
        bundle=bundle,
        gift=bundle & (rng.random(n) < setting.figures.tariff.billing.gift_share),
        payer=choose(rng, [payer.share for payer in figures.payers.values()], n),
        payment_method=choose(rng, [method.share for method in figures.payment_methods.values()], n),
        account=_accounts(setting),
        reaction=choose(rng, [kind.share for kind in setting.figures.lives.reactions.kinds.values()], n),
        bill=setting.by_group(lambda g: g.arpu)[group] * activity * setting.options.price_level * ~silent,
    )


def group_shares(setting: Setting) -> Floats:
    """Weights of the groups that the population has."""
    if setting.options.shares == "equal":
        return np.ones(len(setting.groups))
    return setting.by_group(lambda group: group.share)


def _habits(setting: Setting, group: Ints) -> tuple[Floats, Floats32, Floats32]:
    """Overall activity (N), rates (kinds of traffic × N) and the factor on minutes (N)."""
    rng, noise = setting.dice.rng("habits"), setting.options.noise
    differences = setting.figures.rhythm.differences
    shared = np.sqrt(differences.activity_part)
    own = np.sqrt(1 - differences.activity_part)
    activity = spread(rng, noise * shared, len(group))
    rates = np.empty((len(STREAMS), len(group)), dtype=np.float32)
    for number, stream in enumerate(STREAMS):
        usual = np.array([getattr(g.rates, stream.name) for g in setting.groups])
        rates[number] = usual[group] * activity * spread(rng, noise * own, len(group)) * setting.options.records
    talk = spread(rng, noise * differences.talk, len(group)).astype(np.float32)
    return activity, rates, talk


def _share_within(setting: Setting, name: str, group: Ints, shares: Floats) -> Bools:
    """Exactly the given share of each group, chosen at random."""
    rng = setting.dice.rng(name)
    chosen = np.zeros(len(group), dtype=bool)
    for number, share in enumerate(shares):
        members = rng.permutation(np.flatnonzero(group == number))
        chosen[members[: round(share * len(members))]] = True
    return chosen


def _gender(setting: Setting, group: Ints) -> Ints:
    women = _share_within(setting, "women", group, setting.by_group(lambda g: g.women))
    gender = np.where(women, FEMALE, MALE)
    unknown = setting.dice.rng("gender").random(len(group)) < setting.figures.people.demography.unknown_gender
    return np.where(unknown, UNKNOWN, gender)


def _birth_year(setting: Setting, group: Ints) -> Ints:
    """Year of birth, 0 where the operator does not know it."""
    rng, figures = setting.dice.rng("age"), setting.figures.people.demography
    age = setting.by_group(lambda g: g.age)[group] + rng.standard_normal(len(group)) * figures.age_sigma
    year = int(setting.timeline.label(setting.timeline.months - 1)[:4])
    born = year - np.clip(np.rint(age), figures.youngest, figures.oldest).astype(np.int64)
    return np.where(rng.random(len(group)) < figures.unknown_birth, 0, born)


def _joined(setting: Setting, group: Ints) -> Ints:
    """Day of activation: some within the period, the others so that the group's mean tenure is met."""
    rng, figures = setting.dice.rng("tenure"), setting.figures.people.demography
    months = setting.timeline.months
    joining = min(figures.joining * months, 0.5)
    tenure = np.empty(len(group))
    for number, wanted in enumerate(setting.by_group(lambda g: g.tenure)):
        members = rng.permutation(np.flatnonzero(group == number))
        new, rest = np.split(members, [round(joining * len(members))])
        tenure[new] = rng.random(len(new)) * months
        older = max((wanted - joining * months / 2) / (1 - joining) - months, 3.0)
        drawn = rng.gamma(figures.tenure_shape, older / figures.tenure_shape, len(rest))
        scale = older / drawn.mean() if len(rest) else 1.0  # the group's mean is met, not only expected
        tenure[rest] = np.minimum(months + drawn * scale, figures.tenure_most)
    return setting.timeline.days - 1 - np.floor(tenure * MONTH_DAYS).astype(np.int64)


def _contracts(setting: Setting, group: Ints) -> tuple[Ints, Bools]:
    """Last day of the contract (NEVER: none), and whether a running one is a bundle."""
    rng, figures = setting.dice.rng("contracts"), setting.figures.people.demography
    n = len(group)
    bound = rng.random(n) < setting.by_group(lambda g: g.contract)[group]
    earliest, latest = figures.contract_days
    end = setting.timeline.days + rng.integers(earliest, latest, n)
    bundle = bound & (end >= setting.timeline.days) & (rng.random(n) < figures.bundle)
    return np.where(bound, end, NEVER), bundle


def _accounts(setting: Setting) -> Ints:
    """Number of the paying account: some share the account of the subscriber before them."""
    rng, n = setting.dice.rng("accounts"), setting.n
    shared = rng.random(n) < setting.figures.people.demography.shared_account
    shared[0] = False
    return np.cumsum(~shared)
