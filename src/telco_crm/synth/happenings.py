"""What happens to subscribers: complaints, enquiries, surveys, payments, stops, plan changes, wishes to
leave.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from telco_crm.synth.arrays import NEVER, Floats, Ints, Rng, choose
from telco_crm.synth.billing import Bills
from telco_crm.synth.clock import DAY_S
from telco_crm.synth.fate import KINDS
from telco_crm.synth.history import PAYING, Events, detail_code, detail_texts, make_events
from telco_crm.synth.payments import ON_REQUEST
from telco_crm.synth.surveys import survey_rounds
from telco_crm.synth.world import World


def month_events(world: World, month: int, megabytes: Floats) -> Events:
    """Everyday events of one month, given its data volumes (N, megabytes)."""
    rates = world.setting.figures.lives.events
    rng = world.setting.dice.rng("events", month)
    complaints = _complaints(world, rng, month)
    surveys = Events.joined([_surveys(world, rng, month), survey_rounds(world, month)])
    enquiries = _with_areas(world, rng, _at_random(world, rng, "enquiry", month, rates.enquiry))
    power_off = _at_random(world, rng, "power_off", month, rates.power_off)
    rivals = _at_random(world, rng, "competitor_contact", month, rates.competitor_contact)
    overage = _at_random(world, rng, "overage", month, np.where(megabytes > rates.overage_mb, rates.overage, 0.0))
    amount = rng.exponential(rates.overage_amount * 100, len(overage.second)) * world.setting.options.price_level
    return Events.joined(
        [
            complaints,
            enquiries,
            surveys,
            _detailed(world, power_off, "phone_off"),
            _detailed(world, rivals, "rival_call"),
            replace(overage, cents=np.rint(amount).astype(np.int64) + 100),
        ]
    )


def payment_events(world: World, bills: Bills) -> Events:
    """Payments of one month's bills, recharges for those who pay by card; those of the month before the
    period, whose bills are not known, are taken to equal the first bill.
    """
    rng = world.setting.dice.rng("payment events", bills.month)
    parts = [_payments(world, rng, bills, bills.paid_on)]
    if bills.month == 0:
        parts.append(_payments(world, rng, bills, world.payments.paid[0]))
    return Events.joined(parts)


def life_events(world: World) -> Events:
    """Stops, plan changes, and what leavers (and those who were kept) do and say."""
    rng = world.setting.dice.rng("life events")
    plans = make_events(world, rng, "plan_change", world.plans.changed_by, world.plans.changed_on)
    return Events.joined([*_stops(world, rng), _new_plans(world, plans), *_partings(world, rng)])


def _payments(world: World, rng: Rng, bills: Bills, paid_on: Ints) -> Events:
    methods = np.array([method.recharge for method in world.setting.figures.people.payment_methods.values()])
    recharges = methods[world.people.payment_method]
    paying = bills.billed & (bills.owed > 0) & (paid_on < NEVER)
    parts = []
    for kind, chosen in zip(PAYING, (paying & ~recharges, paying & recharges), strict=True):
        who = np.flatnonzero(chosen)
        events = make_events(world, rng, kind, who, paid_on[who])
        parts.append(replace(events, cents=bills.owed[events.subscriber]))
    return Events.joined(parts)


def _at_random(world: World, rng: Rng, kind: str, month: int, chance: float | Floats) -> Events:
    """Events of a kind that strike each subscriber with a chance in a month, on any day of it."""
    who = np.flatnonzero(rng.random(world.setting.n) < chance)
    return make_events(world, rng, kind, who, _any_day(world, rng, month, len(who)))


def _any_day(world: World, rng: Rng, month: int, count: int) -> Ints:
    timeline = world.setting.timeline
    return timeline.start(month) + rng.integers(0, timeline.length(month), count)


def _with_areas(world: World, rng: Rng, events: Events) -> Events:
    shares = [area.share for area in world.setting.figures.lives.areas.values()]
    return replace(events, area=choose(rng, shares, len(events.second)))


def _detailed(world: World, events: Events, name: str) -> Events:
    return replace(events, detail=np.full(len(events.second), detail_code(world, name)))


def _complaints(world: World, rng: Rng, month: int) -> Events:
    """Complaints of one month, resolved after some hours or still open."""
    who = np.flatnonzero(world.fate.complains[month + 2])
    events = make_events(world, rng, "complaint", who, _any_day(world, rng, month, len(who)))
    hours = rng.exponential(world.setting.figures.lives.events.hours_open, len(events.second)) + 0.5
    resolved = events.second + (hours * 3600).astype(np.int64)
    is_open = world.fate.unresolved[month + 2][events.subscriber] | (resolved >= _end(world))
    return _with_areas(world, rng, replace(events, resolved=np.where(is_open, -1, resolved)))


def _surveys(world: World, rng: Rng, month: int) -> Events:
    """Survey answers; those who will soon leave or have just complained are less content."""
    rates, fate = world.setting.figures.lives.events, world.fate
    events = _with_areas(world, rng, _at_random(world, rng, "survey", month, rates.survey))
    who = events.subscriber
    content = rates.survey_mean + rng.standard_normal(len(who)) * rates.survey_sigma
    content += rates.survey_leaver * (fate.willing & (fate.month < month + 3))[who]
    content += rates.survey_complaint * fate.complains[month + 2][who]
    return replace(events, score=np.clip(np.rint(content), 1, 10).astype(np.int64))


def _stops(world: World, rng: Rng) -> list[Events]:
    """Suspensions and the resumptions after them."""
    stops = world.payments.stops
    parts = []
    for name, wanted in (("arrears", stops.kind != ON_REQUEST), ("on_request", stops.kind == ON_REQUEST)):
        who = stops.subscriber[wanted]
        suspension = make_events(world, rng, "suspension", who, stops.start[wanted])
        # In the evening, so that it follows the payment of the same day.
        resume = make_events(world, rng, "resume", who, stops.end[wanted], (21, 22))
        parts += [_detailed(world, suspension, name), resume]
    return parts


def _new_plans(world: World, changes: Events) -> Events:
    """Name the plan of each change: the one of the month after it."""
    timeline = world.setting.timeline
    days = (changes.second - int(timeline.seconds(0))) // DAY_S
    plan = world.plans.of_month[timeline.month(days) + 1, changes.subscriber]
    return replace(changes, detail=len(detail_texts(world)) - len(world.setting.plans) + plan)


def _partings(world: World, rng: Rng) -> list[Events]:
    """Complaints in vain, phones off, rivals' shops of those who leave; requests to cancel of all."""
    signs, fate, figures = world.signs, world.fate, world.setting.figures.lives.signs
    complaints = make_events(world, rng, "complaint", *_set(signs.complained_on))
    asks = make_events(world, rng, "cancel_request", *_set(signs.asked_on))
    kept = make_events(world, rng, "cancel_request", *_set(signs.kept_on))
    off = np.flatnonzero(fate.willing & (rng.random(world.setting.n) < figures.power_off))
    power_off = make_events(world, rng, "power_off", off, fate.day[off] - rng.integers(2, 30, len(off)))
    parts = [
        _with_areas(world, rng, complaints),
        _detailed(world, asks, "not_kept"),
        _detailed(world, kept, "kept"),
        _detailed(world, power_off, "phone_off"),
    ]
    for kind in ("voluntary", "port_out"):
        chance = getattr(figures.rival, kind)
        seen = np.flatnonzero((fate.kind == KINDS.index(kind)) & (rng.random(world.setting.n) < chance))
        day = fate.day[seen] - rng.integers(figures.rival_days[0], figures.rival_days[1] + 1, len(seen))
        parts.append(_detailed(world, make_events(world, rng, "competitor_contact", seen, day), "rival_shop"))
    return parts


def _set(days: Ints) -> tuple[Ints, Ints]:
    """Those for whom a day is set, and the day."""
    who = np.flatnonzero(days < NEVER)
    return who, days[who]


def _end(world: World) -> int:
    """The first second after the period."""
    return int(world.setting.timeline.seconds(world.setting.timeline.days))
