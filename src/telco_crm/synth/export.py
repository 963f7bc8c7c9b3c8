"""The exported tables: arrays of the world put into the columns of the schemas, with canonical names and
values.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from telco_crm.schema import load_schema
from telco_crm.synth.arrays import NEVER, Ints
from telco_crm.synth.billing import Bills
from telco_crm.synth.columns import coded, dates, enum, integers, money, times
from telco_crm.synth.fate import KINDS
from telco_crm.synth.history import Events, detail_texts
from telco_crm.synth.payments import ARREARS, ON_REQUEST
from telco_crm.synth.records import Records
from telco_crm.synth.streams import ROAMING, STREAMS, VOICE
from telco_crm.synth.world import World


def usage_table(world: World, day: int, records: Records) -> pa.Table:
    """The records of one day."""
    voice = np.array([stream.service == VOICE for stream in STREAMS])[records.stream]
    ip = np.array([stream.ip for stream in STREAMS])[records.stream]
    party, network = records.counterpart, world.book.network[records.counterpart].astype(np.int64)
    ids = world.book.texts
    columns = {
        "subscriber_id": ids.take(pa.array(records.subscriber)),
        "start_time": times(world.setting.timeline.seconds(day) + records.second),
        "service": _of_stream("service", records.stream),
        "direction": _of_stream("direction", records.stream),
        "counterpart": ids.take(pa.array(party, mask=party < 0)),
        "counterpart_network": enum("usage", "counterpart_network", np.where(party < 0, -1, network)),
        "toll": _of_stream("toll", records.stream),
        "roaming": coded(records.where, ROAMING),
        "ip_prefix": pa.array(ip, mask=~voice),
        "duration_s": integers(records.seconds, records.seconds < 0),
        "volume_bytes": integers(records.volume, records.volume < 0),
        "charge": money(records.cents),
        "cell_id": world.cells.names.take(pa.array(records.cell)),
    }
    return pa.table(columns)


def bills_table(world: World, bills: Bills) -> pa.Table:
    """The bills of one month, by number."""
    who = _by_number(world, np.flatnonzero(bills.billed))
    timeline = world.setting.timeline
    paid_on = bills.paid_on[who]
    items = bills.items
    columns = {
        "subscriber_id": world.book.texts.take(pa.array(who)),
        "month": coded(np.zeros(len(who), dtype=np.int64), [timeline.label(bills.month)]),
        "total": money(bills.total[who]),
        "rent": money(bills.rent[who]),
        **{name: money(items[name][who]) for name in ("local", "toll", "roaming", "sms", "data")},
        "vas": money(bills.vas[who]),
        "discount": money(bills.discount[who]),
        "gift": money(bills.gift[who]),
        "late_fee": money(bills.late_fee[who]),
        "paid": money(np.where(paid_on < NEVER, bills.owed[who], 0)),
        "due_date": dates(timeline, np.full(len(who), bills.due)),
        "paid_on": dates(timeline, paid_on, paid_on == NEVER),
    }
    return pa.table(columns)


def subscribers_table(world: World) -> pa.Table:
    """All subscribers as the records stand at the end of the last month, by number."""
    setting, people, timeline = world.setting, world.people, world.setting.timeline
    figures, lang = setting.figures, setting.lang
    who = _by_number(world, np.arange(setting.n))
    left = world.fate.day[who]
    gone = left < timeline.days
    words, services = world.services.texts(setting)
    brands = [list(load_schema("subscribers").columns["brand"].values).index(plan.brand) for plan in setting.plans]
    plan = world.plans.at_export()[who]
    columns = {
        "subscriber_id": world.book.texts.take(pa.array(who)),
        "brand": enum("subscribers", "brand", np.array(brands)[plan]),
        "activated_on": dates(timeline, people.joined[who]),
        "cancelled_on": dates(timeline, left, ~gone),
        "cancel_kind": coded(np.where(gone, world.fate.kind[who], -1), KINDS),
        "status": enum("subscribers", "status", _status(world)[who]),
        "gender": coded(people.gender[who], ["male", "female", "unknown"]),
        "birth_year": integers(people.birth_year[who], people.birth_year[who] == 0),
        "region": coded(people.region[who], [getattr(region, lang) for region in figures.people.regions.values()]),
        "plan": coded(plan, [getattr(entry, lang) for entry in setting.plans]),
        "plans_ever": integers(world.plans.ever[who]),
        "contract_end": dates(timeline, people.contract_end[who], people.contract_end[who] == NEVER),
        "bundle": pa.array(people.bundle[who]),
        "services": coded(services[who], words),
        "vip_card": enum("subscribers", "vip_card", _cards(world)[who]),
        "account_id": pa.array(80_000_000 + people.account[who]).cast(pa.string()),
        "exempt_until": dates(timeline, people.contract_end[who], people.contract_end[who] == people.contract_end[who]),
        "payment_method": coded(
            people.payment_method[who],
            [getattr(method, lang) for method in figures.people.payment_methods.values()],
        ),
    }
    return pa.table(columns)


def events_table(world: World, events: Events) -> pa.Table:
    """All events in time order."""
    lang = world.setting.lang
    areas = [getattr(area, lang) for area in world.setting.figures.lives.areas.values()]
    order = np.lexsort((events.subscriber, events.second))
    events = events.take(order)
    columns = {
        "subscriber_id": world.book.texts.take(pa.array(events.subscriber)),
        "time": times(events.second),
        "kind": enum("events", "kind", events.kind),
        "area": coded(events.area, areas),
        "score": integers(events.score, events.score < 0),
        "resolved_at": times(events.resolved, events.resolved < 0),
        "amount": money(events.cents, events.cents < 0),
        "detail": coded(events.detail, detail_texts(world)),
    }
    return pa.table(columns)


def contacts_table(world: World) -> pa.Table:
    """Campaign contacts by day."""
    contacts, lang = world.contacts, world.setting.lang
    campaigns = world.setting.figures.lives.campaigns
    order = np.lexsort((contacts.subscriber, contacts.campaign, contacts.day))
    contacts = contacts.take(order)
    contact = np.array([round(campaign.contact_cost * 100) for campaign in campaigns])[contacts.campaign]
    offer = np.array([round(campaign.offer_cost * 100) for campaign in campaigns])[contacts.campaign]
    cost = contact * contacts.treated + offer * contacts.accepted
    columns = {
        "subscriber_id": world.book.texts.take(pa.array(contacts.subscriber)),
        "campaign": coded(contacts.campaign, [getattr(campaign, lang) for campaign in campaigns]),
        "contacted_on": dates(world.setting.timeline, contacts.day),
        "arm": coded(np.where(contacts.treated, 0, 1), ["treated", "control"]),
        "offer": coded(contacts.campaign, [getattr(campaign.offer, lang) for campaign in campaigns]),
        "channel": coded(contacts.campaign, [getattr(campaign.channel, lang) for campaign in campaigns]),
        "accepted": pa.array(contacts.accepted),
        "cost": money(cost),
    }
    return pa.table(columns)


def _by_number(world: World, who: Ints) -> Ints:
    """Subscribers in the order of their numbers."""
    return who[np.argsort(world.book.texts.take(pa.array(who)).to_numpy(zero_copy_only=False), kind="stable")]


def _of_stream(name: str, stream: Ints) -> pa.Array:
    """A column that depends on the kind of traffic only."""
    values = list(load_schema("usage").columns[name].values)
    said = [getattr(kind, name) for kind in STREAMS]
    return enum("usage", name, np.array([values.index(value) if value else -1 for value in said])[stream])


def _status(world: World) -> Ints:
    """Positions in the schema's values: what the subscription's state is at the end of the period."""
    timeline, n = world.setting.timeline, world.setting.n
    names = list(load_schema("subscribers").columns["status"].values)
    stopped = world.payments.stops.on(timeline.days - 1, n)
    status = np.full(n, names.index("active"))
    status[stopped == ON_REQUEST] = names.index("suspended_on_request")
    status[stopped == ARREARS] = names.index("suspended")
    asked = ~timeline.outside(world.signs.asked_on)
    status[asked] = names.index("preclosed")
    status[world.fate.day < timeline.days] = names.index("closed")
    return status


def _cards(world: World) -> Ints:
    """VIP cards as positions in the schema's values, -1 for none; not all whose bill earns one hold it."""
    rng, cards = world.setting.dice.rng("cards"), world.setting.figures.people.vip
    names = list(load_schema("subscribers").columns["vip_card"].values)
    held = np.full(world.setting.n, -1)
    for name, card in sorted(cards.items(), key=lambda item: item[1].bill):
        reached = world.people.bill >= card.bill * world.setting.options.price_level
        held[reached & (rng.random(world.setting.n) < card.share)] = names.index(name)
    return held
