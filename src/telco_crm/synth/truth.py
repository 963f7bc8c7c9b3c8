"""What is true of the sample: the group, fate and habits of each subscriber, and every planted defect."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from telco_crm.synth.arrays import NEVER, Ints
from telco_crm.synth.columns import coded
from telco_crm.synth.fate import KINDS
from telco_crm.synth.planting import Planter
from telco_crm.synth.world import World


def truth_table(world: World) -> pa.Table:
    """One row per subscriber, by number, in English; fate includes the two months after the exported ones.

    The signs (faded, forwarded_to_rival, complained in vain or asked to cancel) are those of leavers and
    others alike.
    """
    setting, people, fate, signs = world.setting, world.people, world.fate, world.signs
    ids = world.book.texts.slice(0, setting.n)
    last = setting.timeline.months + 2
    labels = [setting.timeline.label(month) for month in range(last)]
    month = np.where(fate.month < NEVER, fate.month, -1)
    asked = (signs.asked_on < NEVER) | (signs.kept_on < NEVER)
    in_vain = (signs.complained_on < NEVER) | fate.unresolved[2:last].any(axis=0)
    reactions = list(setting.figures.lives.reactions.kinds)
    columns = {
        "subscriber_id": ids,
        "group_id": pa.array(np.array(setting.group_ids)[people.group]),
        "group": coded(people.group, [group.en for group in setting.groups]).dictionary_decode(),
        "leave_month": coded(month, labels).dictionary_decode(),
        "leave_kind": coded(fate.kind, KINDS).dictionary_decode(),
        "faded": pa.array(signs.faded),
        "forwarded_to_rival": pa.array(signs.forwards.any(axis=0)),
        "complained": pa.array(in_vain | asked),
        "asked_to_cancel": pa.array(asked),
        "activity": pa.array(np.round(people.activity, 4)),
        "silent": pa.array(people.silent),
        "night_data": pa.array(people.night_data),
        "payer": coded(people.payer, list(setting.figures.people.payers)).dictionary_decode(),
        "campaign_reaction": coded(people.reaction, reactions).dictionary_decode(),
    }
    return pa.table(columns).sort_by("subscriber_id")


def rejects_table(planted: Sequence[tuple[str, str, Planter]]) -> pa.Table:
    """Every defective row as (table, file, line, defect), in the order of tables, files and lines."""
    parts = [_found(table, file, planter) for table, file, planter in planted]
    return pa.concat_tables([part for part in parts if part.num_rows] or parts[:1])


def _found(table: str, file: str, planter: Planter) -> pa.Table:
    none: Ints = np.zeros(0, dtype=np.int64)
    line = np.concatenate([none, *(lines for lines, _ in planter.found)])
    kind = np.concatenate([none, *(kinds for _, kinds in planter.found)])
    same = np.zeros(len(line), dtype=np.int64)
    columns = {
        "table": coded(same, [table]).dictionary_decode(),
        "file": coded(same, [file]).dictionary_decode(),
        "line": pa.array(line),
        "defect": coded(kind, list(planter.defects)).dictionary_decode(),
    }
    return pa.table(columns)
