"""Rivals' customers who call several of our subscribers a lot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from telco_crm.synth.arrays import Floats, Ints, Rng, choose
from telco_crm.synth.numbering import NumberBook
from telco_crm.synth.people import People
from telco_crm.synth.setting import Setting
from telco_crm.synth.streams import INDEX


@dataclass(frozen=True)
class Prospects:
    """`number` (per subscriber N): position in the number book of the rival's customer who calls them a lot, -1 for
    nobody; `share` (N): the part of their incoming local calls that is from this number.
    """

    number: Ints
    share: Floats

    def redirect(self, rng: Rng, stream: Ints, subscriber: Ints, party: Ints) -> Ints:
        """Counterparts with part of the calls from the circle turned into calls from the prospects."""
        theirs = (stream == INDEX["local_in"]) & (rng.random(len(party)) < self.share[subscriber])
        theirs &= party >= len(self.number)  # friends among the subscribers stay friends
        return np.where(theirs, self.number[subscriber], party)


def make_prospects(setting: Setting, people: People, book: NumberBook) -> Prospects:
    """Choose the numbers, and the neighbours whom each calls; who is hardly ever called is left in peace."""
    rng, figures = setting.dice.rng("prospects"), setting.figures.people.prospects
    number, share = np.full(setting.n, -1), np.zeros(setting.n)
    count = round(figures.per_subscriber * setting.n)
    networks = list(figures.networks)
    kind = choose(rng, [figures.networks[name] for name in networks], count)
    ranges = [book.ranges["local", name] for name in networks]
    incoming = people.rates[INDEX["local_in"]] * people.talk
    for k, place in enumerate(rng.permutation(setting.n)[:count].tolist()):
        low, size = ranges[kind[k]]
        near = (place + np.arange(4 * figures.contacts[1])) % setting.n
        near = near[(number[near] < 0) & ~people.silent[near]]
        near = near[np.argsort(-incoming[near], kind="stable")][: rng.integers(*figures.contacts, endpoint=True)]
        number[near] = low + min(int(place / setting.n * size), size - 1)
        share[near] = rng.uniform(*figures.share, len(near))
    return Prospects(number, share)
