"""Indicators of calls and texts: one function each, named as in bandicoot.

Definitions: Y.-A. de Montjoye, L. Rocher, A. Pentland, "bandicoot: a Python toolbox for mobile phone metadata", Journal
of Machine Learning Research 17 (2016), and its documentation; docs/indicators.md has them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from telco_crm.indicators.numbers import (
    Flags,
    Floats,
    Ints,
    distribution,
    entropy,
    lengths,
    pareto,
    ratio,
    starts,
    summed,
    tally,
)
from telco_crm.indicators.rows import DAY, NIGHT, OUT, TEXT, Rows
from telco_crm.indicators.rules import IndicatorRules

Values = Floats | dict[str, Floats]  # one figure per group, or one per statistic and group


@dataclass(frozen=True)
class Contacts:
    """One entry per group and other party: records, outgoing ones, seconds of calls."""

    group: Ints
    count: Ints
    out: Ints
    seconds: Ints


@dataclass(frozen=True)
class Conversations:
    """One entry per conversation: whether its first text is outgoing, and whether any is; and every reply's delay."""

    group: Ints
    initiated: Flags
    answered: Flags
    delay: Ints
    delay_group: Ints


@dataclass(frozen=True)
class Part:
    """The records of one part of week and day and of one kind of interaction, in both orders."""

    rows: Rows
    known: Rows
    groups: int
    statistics: Sequence[str]
    rules: IndicatorRules

    @cached_property
    def total(self) -> Floats:
        """How many records each group has."""
        return tally(self.rows.group, self.groups)

    @cached_property
    def contacts(self) -> Contacts:
        """The other parties."""
        begins = starts(self.known.pair, self.known.group)
        count = lengths(begins, len(self.known.group))
        out, seconds = summed(self.known.flag(OUT), begins), summed(self.known.duration, begins)
        return Contacts(self.known.group[begins], count, out, seconds)

    @cached_property
    def conversations(self) -> Conversations:
        """Texts with one contact, each less than an hour after the last record with the contact, no call between."""
        rows, text, out = self.known, self.known.flag(TEXT), self.known.flag(OUT)
        pause = np.diff(rows.second, prepend=0)
        fresh = pause >= self.rules.conversation_minutes * 60
        fresh[1:] |= ~text[:-1]
        fresh[starts(rows.pair, rows.group)] = True
        reply = text & out & ~fresh & (pause > 0)
        reply[1:] &= ~out[:-1]
        texts = np.flatnonzero(text)
        begins = np.flatnonzero(fresh[texts])
        first = texts[begins]
        return Conversations(
            rows.group[first], out[first], summed(out[texts], begins) > 0, pause[reply], rows.group[reply]
        )

    def spread(self, values: Ints | Floats, group: Ints) -> dict[str, Floats]:
        """The statistics of values of each group."""
        return distribution(values, group, self.groups, self.statistics)


def active_days(part: Part) -> Values:
    """Days with at least one call or text."""
    rows = part.rows
    return tally(rows.group[starts(rows.group, rows.second // DAY)], part.groups)


def number_of_contacts(part: Part) -> Values:
    """Different other parties."""
    return tally(part.contacts.group, part.groups)


def call_duration(part: Part) -> Values:
    """Seconds of the calls."""
    return part.spread(part.rows.duration, part.rows.group)


def percent_nocturnal(part: Part) -> Values:
    """Share of records at night."""
    return ratio(tally(part.rows.group, part.groups, part.rows.flag(NIGHT)), part.total)


def percent_initiated_conversations(part: Part) -> Values:
    """Share of conversations that the subscriber began; 0 without any."""
    found = part.conversations
    share = ratio(tally(found.group, part.groups, found.initiated), tally(found.group, part.groups))
    return np.nan_to_num(share, nan=0.0)


def percent_initiated_interactions(part: Part) -> Values:
    """Share of outgoing calls."""
    return ratio(tally(part.rows.group, part.groups, part.rows.flag(OUT)), part.total)


def response_delay_text(part: Part) -> Values:
    """Seconds from a received text to the sent one that follows it in the conversation, not in the same second."""
    return part.spread(part.conversations.delay, part.conversations.delay_group)


def response_rate_text(part: Part) -> Values:
    """Of the conversations that began with a received text, the share in which the subscriber answered."""
    found = part.conversations
    received = tally(found.group, part.groups, ~found.initiated)
    return ratio(tally(found.group, part.groups, ~found.initiated & found.answered), received)


def entropy_of_contacts(part: Part) -> Values:
    """Entropy (nats) of the records over the contacts."""
    return entropy(part.contacts.count, part.contacts.group, part.groups)


def balance_of_contacts(part: Part) -> Values:
    """Outgoing records with a contact over all records with any contact, per contact."""
    contacts = part.contacts
    total = tally(contacts.group, part.groups, contacts.count)
    return part.spread(contacts.out / total[contacts.group], contacts.group)


def interactions_per_contact(part: Part) -> Values:
    """Records per contact."""
    return part.spread(part.contacts.count, part.contacts.group)


def interevent_time(part: Part) -> Values:
    """Seconds from one record to the next."""
    group, second = part.rows.group, part.rows.second
    same = np.flatnonzero(group[1:] == group[:-1])
    return part.spread(second[same + 1] - second[same], group[same])


def percent_pareto_interactions(part: Part) -> Values:
    """Share of contacts that account for 80 % of the records."""
    return _pareto_share(part, part.contacts.count)


def percent_pareto_durations(part: Part) -> Values:
    """Share of contacts that account for 80 % of the seconds of calls."""
    return _pareto_share(part, part.contacts.seconds)


def number_of_interactions(part: Part) -> Values:
    """Records."""
    return part.total


def number_of_interaction_in(part: Part) -> Values:
    """Incoming records."""
    return tally(part.rows.group, part.groups, ~part.rows.flag(OUT))


def number_of_interaction_out(part: Part) -> Values:
    """Outgoing records."""
    return tally(part.rows.group, part.groups, part.rows.flag(OUT))


def _pareto_share(part: Part, weight: Ints) -> Floats:
    contacts = part.contacts
    needed = pareto(weight, contacts.group, part.groups, part.rules.pareto_share)
    return ratio(needed, tally(contacts.group, part.groups))


INDIVIDUAL: dict[str, Callable[[Part], Values]] = {
    function.__name__: function
    for function in (
        active_days,
        number_of_contacts,
        call_duration,
        percent_nocturnal,
        percent_initiated_conversations,
        percent_initiated_interactions,
        response_delay_text,
        response_rate_text,
        entropy_of_contacts,
        balance_of_contacts,
        interactions_per_contact,
        interevent_time,
        percent_pareto_interactions,
        percent_pareto_durations,
        number_of_interactions,
        number_of_interaction_in,
        number_of_interaction_out,
    )
}
