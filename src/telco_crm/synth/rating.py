"""Rating: what each record costs and which item of the bill it belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telco_crm.synth.arrays import Bools, Floats, Ints
from telco_crm.synth.figures.tariff import HomePrices, RoamingPrices, TariffFigures
from telco_crm.synth.setting import Setting
from telco_crm.synth.streams import DATA, MMS, ROAMING, SMS, STREAMS, VOICE, Stream

ITEMS = ("local", "toll", "roaming", "sms", "data")
MB = 1_000_000


@dataclass(frozen=True)
class Prices:
    """Prices in cents by kind of traffic and kind of roaming; local minutes at home cost what the plan says.

    `unit` (kinds × roaming) is a price per started minute, message or megabyte; `by_plan` marks where the
    local minute of the plan (`local`, per plan) stands instead; `item` is the position in ITEMS.
    """

    unit: Floats
    by_plan: Bools
    local: Floats
    item: Ints
    service: NDArray[np.int8]


def make_prices(setting: Setting) -> Prices:
    """The price tables of the tariff at the sample's price level."""
    tariff, cents = setting.figures.tariff, 100 * setting.options.price_level / setting.options.records
    unit = np.array([[_price(tariff, stream, where) for where in ROAMING] for stream in STREAMS])
    by_plan = np.array([[stream.name == "local_out" and where == "home" for where in ROAMING] for stream in STREAMS])
    item = np.array([[ITEMS.index(_item(stream, where)) for where in ROAMING] for stream in STREAMS])
    service = np.array([(VOICE, SMS, MMS, DATA).index(stream.service) for stream in STREAMS], dtype=np.int8)
    return Prices(unit * cents, by_plan, np.array([p.local for p in setting.plans]) * cents, item, service)


def rate(prices: Prices, stream: Ints, where: Ints, plan: Ints, amount: tuple[Ints, Ints]) -> Ints:
    """Charge of each record in cents; `amount` is (seconds, bytes), negative where there are none."""
    seconds, volume = amount
    service = prices.service[stream]
    quantity = np.where(service == 0, (np.maximum(seconds, 0) + 59) // 60, 1).astype(float)
    quantity = np.where(service == 3, np.maximum(volume, 0) / MB, quantity)
    unit = np.where(prices.by_plan[stream, where], prices.local[plan], prices.unit[stream, where])
    return np.asarray(np.rint(quantity * unit), dtype=np.int64)


def _price(tariff: TariffFigures, stream: Stream, where: str) -> float:
    if where == "home":
        return _at_home(tariff.home, stream)
    return _roaming(getattr(tariff.roaming, where), tariff.home, stream)


def _at_home(prices: HomePrices, stream: Stream) -> float:
    """Price at home, 0 for what is free and for the local minute, which the plan prices."""
    if stream.direction == "in" or stream.name == "local_out":
        return 0.0
    if stream.direction == "forward":
        return prices.forward_own if stream.name == "forward_own" else prices.forward_rival
    named = {SMS: prices.sms, MMS: prices.mms, DATA: prices.data_mb}
    price: float = named.get(stream.service) or getattr(prices, stream.name)
    return price


def _roaming(prices: RoamingPrices, home: HomePrices, stream: Stream) -> float:
    if stream.service == DATA:
        return prices.data_mb
    if stream.service in (SMS, MMS):
        return 0.0 if stream.direction == "in" else prices.sms if stream.service == SMS else prices.mms
    if stream.direction == "in":
        return prices.incoming
    if stream.direction == "forward":
        return prices.forward
    return prices.out + (0.0 if stream.toll == "local" else _at_home(home, stream))


def _item(stream: Stream, where: str) -> str:
    """Messages and data are billed as such wherever they happen; calls away from home as roaming."""
    if stream.service == DATA:
        return "data"
    if stream.service in (SMS, MMS):
        return "sms"
    if where != "home":
        return "roaming"
    return "local" if stream.toll == "local" else "toll"
