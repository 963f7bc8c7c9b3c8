"""The strategy matrix as a picture: a dot per group in four fields, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 900, 560, 70, 880, 44, 510
FONT = "font-family='sans-serif' font-size='11'"
COLOURS = ("#4e79a7", "#59a14f", "#f28e2b", "#b07aa1")  # lower right, upper right, upper left, lower left


@dataclass(frozen=True)
class Dot:
    """A group: how many, what each contributes, and its name."""

    across: float
    up: float
    name: str


@dataclass(frozen=True)
class Matrix:
    """Words and cuts of the picture; `fields` are lower right, upper right, upper left, lower left."""

    title: str
    across: str
    up: str
    cuts: tuple[float, float]
    fields: tuple[str, str, str, str]


def scatter(matrix: Matrix, dots: Sequence[Dot]) -> str:
    """The picture."""
    cut_x, cut_y = matrix.cuts
    most_x = max([d.across for d in dots] + [2 * cut_x, 1]) * 1.1
    most_y = max([d.up for d in dots] + [2 * cut_y]) * 1.1

    def x(value: float) -> float:
        return LEFT + (RIGHT - LEFT) * value / most_x

    def y(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * max(value, 0) / most_y

    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{HEIGHT}' viewBox='0 0 {WIDTH} {HEIGHT}'>",
        f"<title>{escape(matrix.title)}</title><rect width='100%' height='100%' fill='white'/>",
        _words(WIDTH / 2, 20, matrix.title, "middle", 14),
        f"<rect x='{LEFT}' y='{TOP}' width='{RIGHT - LEFT}' height='{BOTTOM - TOP}' fill='none' stroke='#888'/>",
        f"<path d='M{x(cut_x):.1f},{TOP} V{BOTTOM} M{LEFT},{y(cut_y):.1f} H{RIGHT}' stroke='#888' "
        "stroke-dasharray='5 4'/>",
        _words((LEFT + RIGHT) / 2, HEIGHT - 8, matrix.across, "middle"),
        f"<text transform='translate(16,{(TOP + BOTTOM) / 2:g}) rotate(-90)' text-anchor='middle' {FONT}>"
        f"{escape(matrix.up)}</text>",
        _words(x(cut_x), BOTTOM + 14, f"{cut_x:,.0f}", "middle"),
        _words(LEFT - 6, y(cut_y) + 4, f"{cut_y:g}", "end"),
    ]
    corners = ((RIGHT - 6, BOTTOM - 8, "end"), (RIGHT - 6, TOP + 16, "end"), (LEFT + 6, TOP + 16, "start"))
    for (at_x, at_y, anchor), words, colour in zip(
        (*corners, (LEFT + 6, BOTTOM - 8, "start")), matrix.fields, COLOURS, strict=True
    ):
        parts.append(_words(at_x, at_y, words, anchor, 12, colour))
    for dot in dots:
        many, high = dot.across >= cut_x, dot.up >= cut_y
        colour = COLOURS[(1 if high else 0) if many else (2 if high else 3)]
        right = x(dot.across) < RIGHT - 190
        parts.append(
            f"<circle cx='{x(dot.across):.1f}' cy='{y(dot.up):.1f}' r='5' fill='{colour}'>"
            f"<title>{escape(f'{dot.name}: {dot.across:,.0f}, {dot.up:.2f}')}</title></circle>"
        )
        at = x(dot.across) + (8 if right else -8)
        parts.append(_words(at, y(dot.up) + 4, dot.name, "start" if right else "end"))
    return "\n".join([*parts, "</svg>", ""])


def _words(x: float, y: float, words: str, anchor: str, size: int = 11, colour: str = "#222") -> str:
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' font-family='sans-serif' font-size='{size}' "
        f"fill='{colour}'>{escape(words)}</text>"
    )
