"""Analyses in their order, some side by side: while one fits a model in Python, another keeps the engine busy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from telco_crm.analysis import Analysis, RunContext
from telco_crm.engine.workers import Workers
from telco_crm.errors import CannotCompute
from telco_crm.labels import text
from telco_crm.schema import tables_in_words


@dataclass(frozen=True)
class Turn:
    """What an analysis has left: its tables, its notes, and why it was impossible (else "")."""

    tables: frozenset[str]
    notes: Sequence[str]
    impossible: str


def run_analyses(analyses: Sequence[Analysis], context: RunContext, lanes: Sequence[Workers]) -> dict[str, str]:
    """Compute the analyses, one at a time in every lane; why some were impossible, by name.

    Each begins when all before it that give what it needs or uses are done, and sees nothing else of theirs: neither
    its result nor what `context` tells afterwards depends on the lanes.
    """
    waits = _waits(analyses)
    turns: dict[int, Turn] = {}
    free, waiting, running = list(lanes), list(range(len(analyses))), dict[Future[Turn], tuple[int, Workers]]()
    with ThreadPoolExecutor(len(lanes)) as pool:
        try:
            while waiting or running:
                for n in [n for n in waiting if waits[n] <= turns.keys()][: len(free)]:
                    waiting.remove(n)
                    lane, seen = free.pop(), context.tables.union(*(turns[m].tables for m in waits[n]))
                    running[pool.submit(_turn, analyses[n], replace(context, tables=seen, notes=[]), lane)] = n, lane
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    n, lane = running.pop(done)
                    free.append(lane)
                    turns[n] = done.result()
        except BaseException:
            _break_off(running, lanes)
            raise
    for n in range(len(analyses)):
        context.tables |= turns[n].tables
        for note in turns[n].notes:
            context.note(note)
    return {analysis.name: turns[n].impossible for n, analysis in enumerate(analyses) if turns[n].impossible}


def _break_off(running: Iterable[Future[Turn]], lanes: Sequence[Workers]) -> None:
    """Interrupt what is being computed until it ends: an interrupt between two statements would be lost."""
    while True:
        for lane in lanes:
            lane.engine.interrupt()
        if not wait(running, timeout=0.1).not_done:
            return


def _waits(analyses: Sequence[Analysis]) -> list[set[int]]:
    """For every analysis the earlier ones that it waits for."""
    return [
        {m for m, earlier in enumerate(analyses[:n]) if {*earlier.gives, *earlier.makes} & {*later.needs, *later.uses}}
        for n, later in enumerate(analyses)
    ]


def _turn(analysis: Analysis, context: RunContext, lane: Workers) -> Turn:
    before = frozenset(context.tables)
    why = ""
    if missing := [need for need in analysis.needs if not context.has(need)]:
        why = text("notes.needs", context.lang, tables=tables_in_words(missing, context.lang))
    else:
        try:
            analysis.run(replace(context, engine=lane.engine), lane)
        except CannotCompute as error:
            why = str(error)
    return Turn(frozenset(context.tables - before), context.notes, why)
