"""One picture of time and memory against rows, from the JSON results of features.py.

    python benchmarks/picture.py --json FILE [-o docs/benchmarks.svg]

Both axes are logarithmic. A contender that failed at a size ends with a cross at the size before.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

WIDTH, HEIGHT, TOP, BOTTOM = 960, 420, 40, 80
PANELS = ((60, 380), (540, 380))  # left edge and width of each
# Contender → colour that can be read on light and dark, dashes.
STYLES = {
    "raw scan": ("#888888", "2 4"),
    "telco-crm, cold": ("#d9480f", ""),
    "telco-crm, warm store": ("#f08c00", ""),
    "DuckDB query": ("#2b8a3e", "7 4"),
    "DuckDB query, limited": ("#66a80f", "7 4"),
    "Polars": ("#1c7ed6", "7 4"),
    "pandas": ("#9c36b5", "7 4"),
}
CSS = """
  text { font: 12px sans-serif; fill: #222 } .title { font-weight: bold; font-size: 14px }
  .grid { stroke: #888; stroke-opacity: .25 } .line { fill: none; stroke-width: 2.2 }
  @media (prefers-color-scheme: dark) { text { fill: #ddd } }
"""


@dataclass(frozen=True)
class Axis:
    """A logarithmic axis: values from `low` to `high` on pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The pixel of a value."""
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """1, 2 and 5 times powers of ten within the axis."""
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        return [m * 10.0**p for p in powers for m in (1, 2, 5) if self.low <= m * 10.0**p <= self.high]


def picture(sizes: list[dict[str, Any]]) -> str:
    """The SVG of the sizes that were measured."""
    names = [n for n in STYLES if any(n in s["timings"] and not s["timings"][n]["failure"] for s in sizes)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>Seconds and peak memory of computing the features, against the number of CDRs</title>",
        f"<style>{CSS}</style>",
        *_panel(PANELS[0], "Seconds", sizes, names, "wall", 1),
        *_panel(PANELS[1], "Peak memory, GB", sizes, names, "memory", 1024),
        *_legend(names),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _panel(
    place: tuple[int, int], title: str, sizes: list[dict[str, Any]], names: list[str], figure: str, unit: float
) -> list[str]:
    left, width = place
    lines = {name: _points(sizes, name, figure, unit) for name in names}
    rows = [s["cdrs"]["rows"] for s in sizes]
    values = [value for points in lines.values() for _, value, _ in points]
    across = Axis(min(rows) / 1.3, max(rows) * 1.3, left, left + width)
    up = Axis(min(values) / 1.3, max(values) * 1.3, HEIGHT - BOTTOM, TOP)
    parts = [f'<text class="title" x="{left}" y="{TOP - 14}">{escape(title)}</text>']
    for tick in up.ticks():
        y = up.at(tick)
        parts.append(f'<line class="grid" x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
    for row in rows:
        x, shown = across.at(row), f"{row / 1e6:.3g} M"
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{shown}</text>')
    for name, points in lines.items():
        parts += _line(name, [(across.at(x), up.at(y), failed) for x, y, failed in points])
    return parts


def _points(sizes: list[dict[str, Any]], name: str, figure: str, unit: float) -> list[tuple[float, float, bool]]:
    """(rows, value, whether the next size failed) of the sizes that the contender finished."""
    found: list[tuple[float, float, bool]] = []
    for size in sizes:
        timing = size["timings"].get(name)
        if timing is None:
            continue
        if timing["failure"]:
            if found:
                found[-1] = (*found[-1][:2], True)
            break
        found.append((size["cdrs"]["rows"], timing[figure] / unit, False))
    return found


def _line(name: str, points: list[tuple[float, float, bool]]) -> list[str]:
    colour, dashes = STYLES[name]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    parts = [f'<polyline class="line" stroke="{colour}" stroke-dasharray="{dashes or "none"}" points="{path}"/>']
    for x, y, failed in points:
        if failed:
            cross = f"M{x - 5:.1f},{y - 5:.1f} l10,10 m0,-10 l-10,10"
            parts.append(f'<path d="{cross}" stroke="{colour}" stroke-width="2.2"/>')
        else:
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2" fill="{colour}"/>')
    return parts


def _legend(names: list[str]) -> list[str]:
    parts, x = [], 60.0
    for name in names:
        colour, dashes = STYLES[name]
        style = f'stroke="{colour}" stroke-width="2.2" stroke-dasharray="{dashes or "none"}"'
        parts.append(f'<line x1="{x:.0f}" x2="{x + 22:.0f}" y1="{HEIGHT - 34}" y2="{HEIGHT - 34}" {style}/>')
        parts.append(f'<text x="{x + 27:.0f}" y="{HEIGHT - 30}">{escape(name)}</text>')
        x += 42 + 6.5 * len(name)
    parts.append(f'<text x="60" y="{HEIGHT - 10}">CDRs from left to right; × failed at the next size</text>')
    return parts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True, help="results of features.py --json")
    docs = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.svg"
    parser.add_argument("-o", "--out", type=Path, default=docs)
    options = parser.parse_args()
    options.out.write_text(picture(json.loads(options.json.read_text())["sizes"]), encoding="utf-8")


if __name__ == "__main__":
    main()
