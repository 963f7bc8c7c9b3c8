"""Tasks in threads: the results come in order, and a slow task does not keep the others waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from telco_crm.engine.duck import DuckEngine
from telco_crm.engine.workers import at_once


@pytest.mark.parametrize("most", [1, 2, 3])
def test_results_come_in_order(most: int) -> None:
    with DuckEngine(2) as engine:
        found = list(at_once(engine, lambda n: engine.session().rows(f"SELECT {n} + 1")[0][0], range(7), most))
        assert found == [(n, n + 1) for n in range(7)]
        assert engine.rows("SELECT current_setting('threads')") == [(2,)]


def test_a_slow_task_does_not_keep_the_next_waiting() -> None:
    third = threading.Event()

    def work(task: int) -> bool:
        if task == 2:
            third.set()
        return task > 0 or third.wait(20)  # the first ends when the third has begun

    with DuckEngine(2) as engine:
        assert list(at_once(engine, work, range(5), 2)) == [(n, True) for n in range(5)]


def test_few_tasks_are_taken_ahead() -> None:
    taken: list[int] = []
    slow = threading.Event()

    def tasks() -> Iterator[int]:
        for n in range(100):
            taken.append(n)
            if n == 4:
                slow.set()  # not reached while the first is being worked on
            yield n

    def work(task: int) -> bool:
        return task > 0 or slow.wait(0.5)

    with DuckEngine(2) as engine, closing(at_once(engine, work, tasks(), 2)) as results:
        assert next(results) == (0, False)


def test_a_failure_comes_in_its_turn() -> None:
    def work(task: int) -> int:
        if task == 1:
            raise ZeroDivisionError
        return task

    with DuckEngine(2) as engine:
        results = at_once(engine, work, range(5), 2)
        assert next(results) == (0, 0)
        with pytest.raises(ZeroDivisionError):
            next(results)
