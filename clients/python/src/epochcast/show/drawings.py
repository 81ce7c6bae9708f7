"""The small drawings on the cards."""

import math
from collections.abc import Sequence
from typing import Optional

from . import html, words

WIDTH, LEFT, ROW = 560.0, 150.0, 22.0


class Span:
    """One line of `intervals`: a time, and between which it lies."""

    def __init__(self, name: str, low: float, at: float, high: float, base: Optional[float] = None) -> None:
        self.name, self.low, self.at, self.high, self.base = name, low, at, high, base


def intervals(spans: Sequence[Span]) -> str:
    """Each time as a dot on its interval, and the base as a tick, from zero on."""
    spans = [span for span in spans if math.isfinite(span.high)][: html.MAX_ROWS]
    if not spans:
        return ""
    most = max(max(span.high, span.base or 0.0) for span in spans) or 1.0
    scale = (WIDTH - LEFT - 20) / most
    parts = []
    for at, span in enumerate(spans):
        y = 14 + at * ROW
        low, middle, high = (LEFT + value * scale for value in (span.low, span.at, span.high))
        parts += [
            html.words(LEFT - 8, y + 4, span.name[:24], "end"),
            (
                f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{html.COLOURS[0]}" '
                'stroke-width="5" stroke-opacity=".45"/>'
            ),
            f'<circle cx="{middle:.1f}" cy="{y:.1f}" r="4.5" fill="{html.COLOURS[0]}"/>',
        ]
        if span.base is not None:
            x = LEFT + span.base * scale
            parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - 6:.1f}" y2="{y + 6:.1f}" stroke="currentColor"/>')
    bottom = 14 + len(spans) * ROW
    parts += [
        f'<line x1="{LEFT:g}" x2="{WIDTH - 20:g}" y1="{bottom - 8:.1f}" y2="{bottom - 8:.1f}" stroke="#8888"/>',
        html.words(LEFT, bottom + 6, "0"),
        html.words(WIDTH - 20, bottom + 6, words.duration(most), "end"),
    ]
    told = "; ".join(
        f"{span.name} {words.duration(span.at)} ({words.duration(span.low)} to {words.duration(span.high)})"
        for span in spans
    )
    return html.svg(WIDTH, bottom + 12, f"Epoch times with their intervals: {told}.", "".join(parts))


def bars(shares: Sequence[tuple[str, float]], sentence: str) -> str:
    """Shares of a whole, side by side in one bar."""
    x, parts, labels = 0.0, [], []
    for at, (name, share) in enumerate(shares):
        colour = html.COLOURS[at % len(html.COLOURS)]
        wide = share * WIDTH
        parts.append(
            f'<rect x="{x:.1f}" y="2" width="{wide:.1f}" height="16" fill="{colour}">'
            f"<title>{html.escape(name)} {share:.0%}</title></rect>"
        )
        if wide > 60:
            labels.append(html.words(x + 2, 32, f"{name} {share:.0%}"[: int(wide / 6)]))
        x += wide
    return html.svg(WIDTH, 38, sentence, "".join(parts + labels))


def columns(values: Sequence[tuple[str, float]], what: str) -> str:
    """A bar for each of `values`, from zero on, with its figure behind it."""
    if not values:
        return ""
    scale = (WIDTH / 2 - LEFT) / max(value for _, value in values)
    parts = []
    for at, (name, value) in enumerate(values):
        y, wide = 4 + at * 18, value * scale
        parts += [
            html.words(LEFT - 8, y + 11, name, "end"),
            (f'<rect x="{LEFT:g}" y="{y}" width="{wide:.1f}" height="14" fill="{html.COLOURS[0]}" fill-opacity=".6"/>'),
            html.words(LEFT + wide + 5, y + 11, f"{value:.2f}x"),
        ]
    told = ", ".join(f"{name} {value:.2f}" for name, value in values)
    return html.svg(WIDTH / 2 + 60, 4 + len(values) * 18, f"{what}: {told}.", "".join(parts))


Line = tuple[str, Sequence[tuple[float, float]]]


def _axis(values: Sequence[float], low: float, high: float) -> tuple[float, float]:
    """Factor and shift that take the logarithms of `values` to between `low` and `high`."""
    logs = [math.log(value) for value in values]
    least, most = min(logs), max(logs)
    factor = (high - low) / (most - least) if most > least else 0.0
    return factor, low - least * factor


def lines(series: Sequence[Line], x_name: str, y_name: str) -> str:
    """One line a series, on logarithmic axes."""
    series = [(name, sorted((x, y) for x, y in points if x > 0 and y > 0)) for name, points in series]
    series = [(name, points) for name, points in series if points]
    if not series:
        return ""
    height, right = 240.0, 90.0
    xs = [x for _, points in series for x, _ in points]
    ys = [y for _, points in series for _, y in points]
    (fx, sx), (fy, sy) = _axis(xs, 60, WIDTH - right), _axis(ys, height - 34, 12)
    parts = [f'<path d="M60 12V{height - 34:g}H{WIDTH - right:g}" fill="none" stroke="#8888"/>']
    for at, (name, points) in enumerate(series):
        colour = html.COLOURS[at % len(html.COLOURS)]
        placed = [(math.log(x) * fx + sx, math.log(y) * fy + sy) for x, y in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in placed]
        y = 16.0 + at * 14
        parts.append(f'<rect x="{WIDTH - right + 10:g}" y="{y - 8:.1f}" width="10" height="10" fill="{colour}"/>')
        parts.append(html.words(WIDTH - right + 24, y + 1, name[:10]))
    parts += [
        html.words(60, height - 18, words.number(min(xs), 3)),
        html.words(WIDTH - right, height - 18, words.number(max(xs), 3), "end"),
        html.words(60 + (WIDTH - right - 60) / 2, height - 4, x_name, "middle"),
        html.words(56, height - 34, words.number(min(ys), 3), "end"),
        html.words(56, 16, words.number(max(ys), 3), "end"),
        html.words(56, height / 2, y_name, "end"),
    ]
    names = ", ".join(name for name, _ in series)
    return html.svg(WIDTH, height, f"{y_name} against {x_name}, logarithmic, for {names}.", "".join(parts))
