"""Sums that do not depend on the order of rows."""

from __future__ import annotations

import pytest

from telco_crm.engine.duck import DuckEngine
from telco_crm.engine.sql import exact


def test_exact_sums_in_any_order_and_passes_over_what_is_no_number():
    values = ["0.1", "0.2", "0.3", "'nan'::DOUBLE", "NULL", "1e6"]
    with DuckEngine(threads=1) as engine:
        found = {
            engine.rows(f"SELECT sum({exact('v')}), avg({exact('v')}) FROM (VALUES ({'), ('.join(order)})) t(v)")[0]
            for order in (values, values[::-1])
        }
    assert len(found) == 1
    total, mean = found.pop()
    assert str(total) == "1000000.600000000"
    assert mean == pytest.approx(1000000.6 / 4)
