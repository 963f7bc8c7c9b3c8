"""Analyses side by side: what waits for what, what each may see, and what is told in the end."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from telco_crm.analysis import Analysis, RunContext, Step
from telco_crm.engine.duck import DuckEngine
from telco_crm.engine.workers import LocalWorkers, Workers
from telco_crm.errors import CannotCompute
from telco_crm.lanes import run_analyses
from telco_crm.months import Month


@pytest.fixture
def engine() -> Iterator[DuckEngine]:
    with closing(DuckEngine(2)) as made:
        yield made


def lanes(engine: DuckEngine, count: int) -> Sequence[Workers]:
    return [LocalWorkers(engine.session()) for _ in range(count)]


def context(engine: DuckEngine) -> RunContext:
    engine.run("CREATE TABLE people AS SELECT range AS n FROM range(3)")
    return RunContext(engine, Month("2026-01"), [Month("2026-01")], {"people"})


def makes(name: str, sql: str) -> Step:
    def compute(context: RunContext) -> None:
        context.note(f"made {name}")
        context.create(name, sql)

    return compute


@pytest.mark.parametrize("count", [1, 2, 3])
def test_what_is_needed_is_made_before(engine: DuckEngine, count: int) -> None:
    wanted = [
        Analysis("one", ("people",), ("ones",), makes("ones", "SELECT sum(n) AS n FROM people")),
        Analysis("two", ("ones",), ("twos",), makes("twos", "SELECT n * 2 AS n FROM ones")),
        Analysis("three", ("people",), ("threes",), makes("threes", "SELECT sum(n) AS n FROM twos"), uses=("twos",)),
    ]
    whole = context(engine)
    assert run_analyses(wanted, whole, lanes(engine, count)) == {}
    assert engine.rows("SELECT n FROM threes") == [(6,)]  # twice 0 + 1 + 2
    assert whole.tables == {"people", "ones", "twos", "threes"}
    assert whole.notes == ["made ones", "made twos", "made threes"]


def test_two_go_side_by_side_and_notes_keep_their_order(engine: DuckEngine) -> None:
    both = threading.Barrier(2, timeout=20)
    last = threading.Event()

    def first(context: RunContext) -> None:
        both.wait()  # broken, if the other does not run at the same time
        last.wait(20)
        context.note("first")

    def second(context: RunContext) -> None:
        both.wait()
        context.note("second")
        last.set()

    whole = context(engine)
    run_analyses([Analysis("one", (), (), first), Analysis("two", (), (), second)], whole, lanes(engine, 2))
    assert whole.notes == ["first", "second"]


def test_nothing_is_seen_that_was_not_asked_for(engine: DuckEngine) -> None:
    seen: set[str] = set()
    wanted = [
        Analysis("one", ("people",), ("ones",), makes("ones", "SELECT 1 AS n")),
        Analysis("two", ("people",), (), lambda context: seen.update(context.tables)),
    ]
    run_analyses(wanted, context(engine), lanes(engine, 1))
    assert seen == {"people"}


def test_what_is_impossible_is_told_and_the_others_go_on(engine: DuckEngine) -> None:
    def refuse(context: RunContext) -> None:
        raise CannotCompute("nobody has left")

    wanted = [
        Analysis("churn", ("people",), ("churn",), refuse),
        Analysis("retention", ("churn",), ("retention",), makes("retention", "FROM churn")),
        Analysis("bills", ("bills",), ("billed",), makes("billed", "FROM bills")),
        Analysis("one", ("people",), ("ones",), makes("ones", "SELECT 1 AS n")),
    ]
    whole = context(engine)
    impossible = run_analyses(wanted, whole, lanes(engine, 2))
    assert impossible == {
        "churn": "nobody has left",
        "retention": "needs churn",
        "bills": "needs bills",
    }
    assert whole.tables == {"people", "ones"}


def test_a_defect_ends_the_run_and_what_else_is_being_computed(engine: DuckEngine) -> None:
    begun = threading.Event()

    def long(context: RunContext) -> None:
        begun.set()
        time.sleep(0.3)  # the first interrupt comes before the statement
        context.engine.rows("SELECT count(*) FROM range(1000000000000) t(a) WHERE a % 7 = 3")  # for hours

    def wrong(context: RunContext) -> None:
        begun.wait(20)
        raise ZeroDivisionError

    wanted = [Analysis("long", (), (), long), Analysis("wrong", (), (), wrong)]
    with pytest.raises(ZeroDivisionError):
        run_analyses(wanted, context(engine), lanes(engine, 2))
