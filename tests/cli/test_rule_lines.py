"""The lines of keys in a TOML text, against a text whose lines were counted by hand."""

from __future__ import annotations

import pytest

from telco_crm.rules import line_of

TEXT = """# line 1
[rules.arpu]
band = 1.5  # x = 3
"high" = "a # b = [" # 4
words = { en = "a", zh = 'b = {' }
list = [1.5, 2, # 6
  3]
a.b = 2
[[rules.offers.offers]]
id = "x"
t.en = "y" # 11
[[rules.offers.offers]]
id = \"\"\"a
[not.a.header]
b = 1\"\"\"
groups = [1]
[[rules.offers.offers.sub]] # 17
q = 1
[rules.more]
offers = [ # 20
  { id = "1", g = [1, 2] },
  { id = "2", # 22
    cost = -5 },
]
m = [[1, 2], [3,
  4]]
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("rules.arpu", 2),
        ("rules.arpu.band", 3),
        ("rules.arpu.high", 4),
        ("rules.arpu.words.zh", 5),
        ("rules.arpu.list", 6),
        ("rules.arpu.list.1", 6),
        ("rules.arpu.list.2", 7),
        ("rules.arpu.a.b", 8),
        ("rules.offers.offers.0", 9),
        ("rules.offers.offers.0.t.en", 11),
        ("rules.offers.offers.0.missing", 9),
        ("rules.offers.offers.1.id", 13),
        ("rules.offers.offers.1.groups.0", 16),
        ("rules.offers.offers.1.sub.0.q", 18),
        ("rules.more.offers.0.g.1", 21),
        ("rules.more.offers.1", 22),
        ("rules.more.offers.1.cost", 23),
        ("rules.more.m.1.0", 25),
        ("rules.more.m.1.1", 26),
        ("rules.other", None),
    ],
)
def test_the_line_of_a_key(path: str, line: int | None) -> None:
    assert line_of(path, TEXT) == line
