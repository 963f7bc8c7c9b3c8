"""The whole sample world: everything that is drawn once, before the traffic of the single days."""

from __future__ import annotations

from dataclasses import dataclass

from telco_crm.synth.campaigns import Contacts, make_contacts
from telco_crm.synth.cells import Cells, make_cells
from telco_crm.synth.circles import Circles, make_circles
from telco_crm.synth.clock import Clock, make_clock
from telco_crm.synth.fate import Fate, make_fate
from telco_crm.synth.journeys import Journeys, make_journeys
from telco_crm.synth.numbering import NumberBook, make_numbers
from telco_crm.synth.payments import Payments, make_payments
from telco_crm.synth.people import People, make_people
from telco_crm.synth.plans import Plans, make_plans
from telco_crm.synth.prospects import Prospects, make_prospects
from telco_crm.synth.rating import Prices, make_prices
from telco_crm.synth.services import Services, make_services
from telco_crm.synth.setting import Setting
from telco_crm.synth.signs import Signs, make_signs


@dataclass(frozen=True)
class World:
    """Subscribers, whom they know, what they pay, how their subscriptions end."""

    setting: Setting
    people: People
    plans: Plans
    services: Services
    book: NumberBook
    circles: Circles
    prospects: Prospects
    contacts: Contacts
    fate: Fate
    signs: Signs
    payments: Payments
    journeys: Journeys
    cells: Cells
    clock: Clock
    prices: Prices


def make_world(setting: Setting) -> World:
    """Draw everything but the single records."""
    people = make_people(setting)
    plans = make_plans(setting, people)
    book = make_numbers(setting)
    circles = make_circles(setting, people, book)
    contacts = make_contacts(setting, people)
    fate = make_fate(setting, people, plans, circles, contacts)
    return World(
        setting=setting,
        people=people,
        plans=plans,
        services=make_services(setting, people),
        book=book,
        circles=circles,
        prospects=make_prospects(setting, people, book),
        contacts=contacts.take(contacts.day < fate.day[contacts.subscriber]),
        fate=fate,
        signs=make_signs(setting, people, fate),
        payments=make_payments(setting, people, fate),
        journeys=make_journeys(setting, people),
        cells=make_cells(setting, people),
        clock=make_clock(setting, people),
        prices=make_prices(setting),
    )
