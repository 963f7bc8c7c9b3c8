"""A flow picture (Sankey) as SVG: bands between two columns of bars, as wide as the flows are large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, TOP, BAR, GAP = 900, 640, 48, 16, 5
LEFT, RIGHT = 250, 650
COLOURS = ("#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#76b7b2", "#edc948", "#b07aa1", "#ff9da7", "#9c755f", "#bab0ac")
FONT = "font-family='sans-serif' font-size='11'"


@dataclass(frozen=True)
class Flow:
    """`count` go from bar `start` to bar `end`."""

    start: str
    end: str
    count: int


def sankey(title: str, headings: tuple[str, str], flows: Sequence[Flow]) -> str:
    """The picture; bars stand in the order in which the flows first name them."""
    flows = [f for f in flows if f.count > 0]
    total = sum(f.count for f in flows)
    starts, ends = ({f.start: 0 for f in flows}, {f.end: 0 for f in flows})
    for flow in flows:
        starts[flow.start] += flow.count
        ends[flow.end] += flow.count
    most = max(len(starts), len(ends), 1)
    scale = (HEIGHT - TOP - 20 - GAP * (most - 1)) / max(total, 1)
    colour = {name: COLOURS[at % len(COLOURS)] for at, name in enumerate({**starts, **ends})}
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{HEIGHT}' viewBox='0 0 {WIDTH} {HEIGHT}'>",
        f"<title>{escape(title)}</title><rect width='100%' height='100%' fill='white'/>",
        f"<text x='{WIDTH / 2:g}' y='18' text-anchor='middle' font-family='sans-serif' font-size='14'>"
        f"{escape(title)}</text>",
        f"<text x='{LEFT}' y='38' text-anchor='end' {FONT}>{escape(headings[0])}</text>",
        f"<text x='{RIGHT}' y='38' {FONT}>{escape(headings[1])}</text>",
    ]
    from_y, to_y = _tops(starts, scale), _tops(ends, scale)
    parts += _bars(starts, from_y, scale, colour, left=True) + _bars(ends, to_y, scale, colour, left=False)
    for flow in flows:
        high = flow.count * scale
        parts.append(_band(from_y[flow.start], to_y[flow.end], high, colour[flow.start], flow))
        from_y[flow.start] += high
        to_y[flow.end] += high
    return "\n".join([*parts, "</svg>", ""])


def _tops(sizes: dict[str, int], scale: float) -> dict[str, float]:
    tops, y = {}, float(TOP)
    for name, size in sizes.items():
        tops[name] = y
        y += size * scale + GAP
    return tops


def _bars(sizes: dict[str, int], tops: dict[str, float], scale: float, colour: dict[str, str], left: bool) -> list[str]:
    parts = []
    x = LEFT if left else RIGHT - BAR
    at, anchor = (LEFT - 6, "end") if left else (RIGHT + 6, "start")
    for name, size in sizes.items():
        high = max(size * scale, 1)
        parts.append(
            f"<rect x='{x}' y='{tops[name]:.2f}' width='{BAR}' height='{high:.2f}' fill='{colour[name]}'/>"
            f"<text x='{at}' y='{tops[name] + high / 2 + 4:.2f}' text-anchor='{anchor}' {FONT}>"
            f"{escape(name)} {size:,}</text>"
        )
    return parts


def _band(y0: float, y1: float, high: float, colour: str, flow: Flow) -> str:
    x0, x1, mid = LEFT + BAR, RIGHT - BAR, (LEFT + RIGHT) / 2
    path = (
        f"M{x0},{y0:.2f} C{mid:g},{y0:.2f} {mid:g},{y1:.2f} {x1},{y1:.2f} V{y1 + high:.2f} "
        f"C{mid:g},{y1 + high:.2f} {mid:g},{y0 + high:.2f} {x0},{y0 + high:.2f} Z"
    )
    words = escape(f"{flow.start} → {flow.end}: {flow.count:,}")
    return f"<path d='{path}' fill='{colour}' fill-opacity='0.45'><title>{words}</title></path>"
