"""Kinds of traffic: what a record of each says, and which figures of a group drive it."""

from __future__ import annotations

from typing import NamedTuple

VOICE, SMS, MMS, DATA = "voice", "sms", "mms", "data"
PLACES = ("local", "domestic", "hk_macau", "taiwan", "international")
ROAMING = ("home", "domestic", "hk_macau", "taiwan", "international")
CIRCLES = (*PLACES, "forward_own", "forward_unicom", "forward_telecom")


class Stream(NamedTuple):
    """One kind of traffic.

    `name` is the key of its rate, `minutes` of its mean call, `circle` the circle that the other party comes
    from.
    """

    name: str
    service: str
    direction: str | None
    toll: str | None
    circle: str | None
    minutes: str | None = None
    ip: bool = False


STREAMS = (
    Stream("local_out", VOICE, "out", "local", "local", "local"),
    Stream("local_in", VOICE, "in", "local", "local", "local"),
    Stream("domestic", VOICE, "out", "domestic", "domestic", "domestic"),
    Stream("domestic_ip", VOICE, "out", "domestic", "domestic", "ip", ip=True),
    Stream("hk_macau", VOICE, "out", "hk_macau", "hk_macau", "hk_macau"),
    Stream("taiwan", VOICE, "out", "taiwan", "taiwan", "taiwan"),
    Stream("international", VOICE, "out", "international", "international", "international"),
    Stream("domestic_in", VOICE, "in", "domestic", "domestic", "domestic"),
    Stream("hk_macau_in", VOICE, "in", "hk_macau", "hk_macau", "hk_macau"),
    Stream("taiwan_in", VOICE, "in", "taiwan", "taiwan", "taiwan"),
    Stream("international_in", VOICE, "in", "international", "international", "international"),
    Stream("forward_own", VOICE, "forward", "local", "forward_own", "forward"),
    Stream("forward_unicom", VOICE, "forward", "local", "forward_unicom", "forward"),
    Stream("forward_telecom", VOICE, "forward", "local", "forward_telecom", "forward"),
    Stream("sms_out", SMS, "out", "local", "local"),
    Stream("sms_in", SMS, "in", "local", "local"),
    Stream("mms_out", MMS, "out", "local", "local"),
    Stream("mms_in", MMS, "in", "local", "local"),
    Stream("data", DATA, None, None, None),
)
INDEX = {stream.name: number for number, stream in enumerate(STREAMS)}
