"""The comparison as one picture: a bar for each row, from 1 to its ratio, on a logarithmic axis."""

from __future__ import annotations

from html import escape
from itertools import groupby
from math import log10
from pathlib import Path

from rows import CROWD, Ratio

COLOURS = {
    "go": "#2a9fd6",
    "tokio": "#e0803a",
    "may": "#4ca64c",
    "rayon": "#a56cc1",
    "threads": "#8a8f98",
    "corosensei": "#c2a23a",
}
# The text and the lines take the reader's colours, light or dark.
STYLE = """
text { font: 11px sans-serif; fill: #24292f }
.small { font-size: 9px }
.line { stroke: #24292f }
.grid { stroke: #24292f; opacity: .15 }
.whisker { stroke: #24292f; opacity: .6 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .line, .grid, .whisker { stroke: #e6edf3 }
}
"""

LOWEST, HIGHEST = 0.01, 10.0
TICKS = [0.01, 0.1, 0.25, 0.5, 1, 2, 5, 10]
LABELS, PANEL, GAP = 160, 350, 28  # widths
BAR, SPACE, TOP = 7, 6, 62  # heights
WIDTH = LABELS + 2 * (PANEL + GAP)


def write(path: Path, ratios: list[Ratio]) -> None:
    path.write_text(draw(ratios), encoding="utf-8")


def draw(ratios: list[Ratio]) -> str:
    rows = [list(row) for _, row in groupby(ratios, label_of)]
    y, body = TOP, []
    for row in rows:
        body += draw_row(row, y)
        y += height_of(row)
    return "\n".join([*head(y + SPACE), *legend(ratios), *axes(y), *body, "</svg>", ""])


def head(height: int) -> list[str]:
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    title = "gosched's time as a multiple of each peer's: left of the line it is faster"
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        text(LABELS, 14, f"{title} (whiskers: all rounds)"),
    ]


def legend(ratios: list[Ratio]) -> list[str]:
    peers = [peer for peer in COLOURS if any(ratio.peer == peer for ratio in ratios)]
    parts = []
    for i, peer in enumerate(peers):
        x = LABELS + 100 * i
        parts += [rect(x, 22, 10, 10, peer), text(x + 14, 31, peer)]
    return parts


def axes(bottom: int) -> list[str]:
    parts = []
    for panel, name in enumerate(["one processor", "two processors"]):
        parts.append(text(panel_start(panel), 45, name))
        for tick in TICKS:
            x = place(tick, panel)
            parts.append(line(x, TOP - 4, x, bottom, "line" if tick == 1 else "grid"))
            parts.append(text(x, TOP - 6, f"{tick:g}", 'class="small" text-anchor="middle"'))
    return parts


def label_of(ratio: Ratio) -> str:
    return f"{ratio.workload}, {CROWD} Ps" if ratio.procs == CROWD else ratio.workload


def panel_of(ratio: Ratio) -> int:
    return 0 if ratio.procs == 1 else 1


def height_of(row: list[Ratio]) -> int:
    bars = max(sum(panel_of(ratio) == panel for ratio in row) for panel in (0, 1))
    return bars * BAR + SPACE


def draw_row(row: list[Ratio], top: int) -> list[str]:
    middle = top + (height_of(row) - SPACE) / 2 + 4
    parts = [text(LABELS - 8, middle, label_of(row[0]), 'text-anchor="end"')]
    for panel in (0, 1):
        for i, ratio in enumerate(r for r in row if panel_of(r) == panel):
            parts += draw_bar(ratio, panel, top + i * BAR)
    return parts


def draw_bar(ratio: Ratio, panel: int, top: float) -> list[str]:
    one, end = place(1, panel), place(ratio.median, panel)
    left, right = place(ratio.least, panel), place(ratio.greatest, panel)
    middle = top + (BAR - 1) / 2
    told = f"{label_of(ratio)}: {ratio.median:.2f} {ratio.spread()} of {ratio.peer}"
    return [
        f"<g><title>{escape(told)}</title>",
        rect(min(one, end), top, max(abs(end - one), 1), BAR - 1, ratio.peer),
        line(left, middle, right, middle, "whisker"),
        "</g>",
    ]


def panel_start(panel: int) -> float:
    return LABELS + panel * (PANEL + GAP)


def place(value: float, panel: int) -> float:
    """Where a ratio lies in a panel; one that is off the axis lies at its end."""
    share = log10(min(max(value, LOWEST), HIGHEST) / LOWEST) / log10(HIGHEST / LOWEST)
    return panel_start(panel) + share * PANEL


def text(x: float, y: float, words: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{escape(words)}</text>'


def rect(x: float, y: float, width: float, height: float, peer: str) -> str:
    size = f'width="{width:.1f}" height="{height:.1f}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{COLOURS[peer]}"/>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'
