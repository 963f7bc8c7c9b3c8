"""Pictures as SVG text: curves in a frame and bars. Equal data give equal bytes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 420, 70, 55, 45, 20
BLUE, GREY, RED = "#1f5fa8", "#8a8a8a", "#b5382a"
MOST_POINTS = 400


class Axes(NamedTuple):
    """Title, names of the axes and their ranges."""

    title: str
    x: str
    y: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    percent: tuple[bool, bool] = (True, True)


class Curve(NamedTuple):
    """A line through points, or the points themselves."""

    x: Floats
    y: Floats
    colour: str = BLUE
    dashed: bool = False
    dots: bool = False
    bars: tuple[Floats, Floats] | None = None  # ends of a vertical bar at each dot


def plot(axes: Axes, curves: Sequence[Curve]) -> str:
    """Curves in a frame with ticks."""
    body = [_frame(axes)]
    for curve in curves:
        x, y = _thinned(curve.x, curve.y)
        xs, ys = _x(axes, x), _y(axes, y)
        if not curve.dots:
            points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(xs, ys, strict=True))
            dash = ' stroke-dasharray="5 4"' if curve.dashed else ""
            body.append(f'<polyline fill="none" stroke="{curve.colour}" stroke-width="2"{dash} points="{points}"/>')
            continue
        if curve.bars:
            low, high = _y(axes, curve.bars[0]), _y(axes, curve.bars[1])
            body += [
                f'<line x1="{a:.1f}" x2="{a:.1f}" y1="{b:.1f}" y2="{c:.1f}" stroke="{GREY}"/>'
                for a, b, c in zip(xs, low, high, strict=True)
            ]
        body += [
            f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4" fill="{curve.colour}"/>' for a, b in zip(xs, ys, strict=True)
        ]
    return _svg(HEIGHT, body)


def bars(title: str, rows: Sequence[tuple[str, float]]) -> str:
    """Horizontal bars, one per row, the first on top."""
    height = TOP + 24 * len(rows) + 20
    most = max((value for _, value in rows), default=1.0) or 1.0
    body = [_text(WIDTH / 2, 24, title, "middle", 16)]
    for at, (name, value) in enumerate(rows):
        y = TOP + 24 * at
        length = (WIDTH - 330) * value / most
        body.append(_text(240, y + 14, name if len(name) <= 36 else name[:35] + "…", "end", 12))
        body.append(f'<rect x="250" y="{y}" width="{length:.1f}" height="18" fill="{BLUE}"/>')
        body.append(_text(256 + length, y + 14, f"{value:.3f}", "start", 12))
    return _svg(height, body)


def _frame(axes: Axes) -> str:
    parts = [_text(WIDTH / 2, 24, axes.title, "middle", 16)]
    for at in np.linspace(0, 1, 6):
        x = axes.x_range[0] + at * (axes.x_range[1] - axes.x_range[0])
        y = axes.y_range[0] + at * (axes.y_range[1] - axes.y_range[0])
        px, py = float(_x(axes, np.array([x]))[0]), float(_y(axes, np.array([y]))[0])
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{py:.1f}" y2="{py:.1f}" stroke="#e4e4e4"/>')
        parts.append(_text(px, HEIGHT - BOTTOM + 18, _tick(x, axes.percent[0]), "middle", 12))
        parts.append(_text(LEFT - 6, py + 4, _tick(y, axes.percent[1]), "end", 12))
    parts.append(_text(WIDTH / 2, HEIGHT - 12, axes.x, "middle", 13))
    side = f'transform="rotate(-90 18 {HEIGHT / 2:.0f})"'
    parts.append(_text(18, HEIGHT / 2, axes.y, "middle", 13, side))
    return "\n".join(parts)


def _tick(value: float, percent: bool) -> str:
    return f"{value:.0%}" if percent else f"{value:.4g}"


def _x(axes: Axes, values: Floats) -> Floats:
    low, high = axes.x_range
    return np.asarray(LEFT + (values - low) / ((high - low) or 1) * (WIDTH - LEFT - RIGHT))


def _y(axes: Axes, values: Floats) -> Floats:
    low, high = axes.y_range
    return np.asarray(HEIGHT - BOTTOM - (values - low) / ((high - low) or 1) * (HEIGHT - BOTTOM - TOP))


def _thinned(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    if len(x) <= MOST_POINTS:
        return x, y
    at = np.unique(np.linspace(0, len(x) - 1, MOST_POINTS).astype(np.int64))
    return x[at], y[at]


def _text(x: float, y: float, words: str, anchor: str, size: int, extra: str = "") -> str:
    where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" {extra}'.rstrip()
    return f"<text {where}>{escape(words)}</text>"


def _svg(height: int, body: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="white"/>', *body, "</svg>"]) + "\n"
