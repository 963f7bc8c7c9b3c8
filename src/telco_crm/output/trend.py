"""How many by month, a line per name, as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 900, 420, 60, 720, 44, 370
# Told apart by the colour-blind (Okabe and Ito), by their marks, and by the name at the end of each line.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
DASHES = ("", "6 3", "2 3", "8 3 2 3")
NAME_HEIGHT = 15


def trend(title: str, months: Sequence[str], lines: Mapping[str, Sequence[int]]) -> str:
    """The picture: for every name a count per month."""
    most = max([count for line in lines.values() for count in line] + [1])
    step = (RIGHT - LEFT) / max(len(months) - 1, 1)

    def at(place: int, count: float) -> tuple[float, float]:
        return LEFT + place * step, BOTTOM - (BOTTOM - TOP) * count / most

    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{HEIGHT}' viewBox='0 0 {WIDTH} {HEIGHT}' "
        f"role='img' aria-label='{escape(title, quote=True)}'>",
        f"<title>{escape(title)}</title><rect width='100%' height='100%' fill='white'/>",
        _words(WIDTH / 2, 24, title, "middle", 14),
    ]
    for count in sorted({0, most // 2, most}):
        _, y = at(0, count)
        parts.append(f"<path d='M{LEFT},{y:.1f} H{RIGHT}' stroke='#ddd'/>")
        parts.append(_words(LEFT - 8, y + 4, f"{count:,}", "end"))
    parts += [_words(at(place, 0)[0], BOTTOM + 20, month, "middle") for place, month in enumerate(months)]
    heights = _apart([at(0, line[-1])[1] for line in lines.values()])
    for number, (name, line) in enumerate(lines.items()):
        colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
        points = [at(place, count) for place, count in enumerate(line)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(
            f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='2' stroke-dasharray='{dash}'/>"
        )
        parts += [
            f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3.5' fill='{colour}'>"
            f"<title>{escape(f'{name}, {month}: {count:,}')}</title></circle>"
            for (x, y), month, count in zip(points, months, line, strict=True)
        ]
        parts.append(_words(points[-1][0] + 10, heights[number] + 4, f"{name} {line[-1]:,}", "start", 12, colour))
    return "\n".join([*parts, "</svg>", ""])


def _apart(heights: Sequence[float]) -> list[float]:
    """The heights moved so that names beside them do not cover each other."""
    moved = list(heights)
    last = float("inf")
    for place in sorted(range(len(moved)), key=lambda i: -heights[i]):
        moved[place] = last = min(moved[place], last - NAME_HEIGHT)
    return moved


def _words(x: float, y: float, words: str, anchor: str, size: int = 11, colour: str = "#222") -> str:
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' font-family='sans-serif' font-size='{size}' "
        f"fill='{colour}'>{escape(words)}</text>"
    )
