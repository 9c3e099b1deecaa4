"""How every chart looks: colours, marks, axes, and a figure as SVG text or as a PNG file."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.backlog import BLOCK_S, Backlog
from benchmarks.latency import FloatArray
from benchmarks.result import StepResult

ENGINE_COLORS: Final[Mapping[str, str]] = {
    "faust": "#0b4f4a",
    "faust-tuned": "#2f7f78",
    "spark": "#e07b1f",
    "plain": "#8592a3",
    "oracle": "#9d4edd",
}
"""Different in lightness too, so that they differ in grey: 58, 102, 143, 144 and 117 of 255. Those
that are near each other also have other marks, and names on their lines."""
ENGINE_MARKS: Final[Mapping[str, str]] = {
    "faust": "o",
    "faust-tuned": "P",
    "spark": "s",
    "plain": "D",
    "oracle": "^",
}
OTHER_COLOR: Final = "#5b21b6"
OTHER_MARK: Final = "v"
INK: Final = "#1f2937"
MUTED: Final = "#6b7280"
GRID: Final = "#e5e7eb"
SHADE: Final = "#f3f4f6"
LINE_STYLES: Final = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 2, 1, 2)))
WIDTH_IN: Final = 10.8
"""1280 pixels of a page less its margins are 1152: one inch is then about 107 pixels."""
PNG_DPI: Final = 120

# matplotlib types the keys as one very long Literal
_STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",  # text stays text: small, sharp, searchable
    "svg.hashsalt": "streamgauge",  # the same chart gives the same bytes
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "axes.grid": True,
    "grid.color": GRID,
    "axes.axisbelow": True,
    "figure.constrained_layout.use": True,
}


@dataclass(frozen=True, slots=True)
class StepSeries:
    """What is drawn of a step.

    Attributes:
        result: its numbers.
        backlog: over the whole step; seconds since the first due time.
        latency_ms: of each record due in the window, infinite where it never came out.
        window_s: start and end of the window, seconds since the first due time.
        block_s: length of the blocks whose smallest samples make the trend.
    """

    result: StepResult
    backlog: Backlog
    latency_ms: FloatArray
    window_s: tuple[float, float]
    block_s: float = BLOCK_S


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of the report.

    Attributes:
        name: of its file, without an ending.
        title: one line.
        caption: what is drawn and how to read it.
        draw: makes the figure; called inside `styled`.
    """

    name: str
    title: str
    caption: str
    draw: Callable[[], Figure]


def color_of(engine: str) -> str:
    """The same colour for an engine everywhere."""
    return ENGINE_COLORS.get(engine, OTHER_COLOR)


def mark_of(engine: str) -> str:
    """The same mark for an engine everywhere: colours may be lost in print."""
    return ENGINE_MARKS.get(engine, OTHER_MARK)


def line_of(number: int) -> Any:  # noqa: ANN401  # matplotlib takes a name or a pattern
    """The line style of the number-th thing of one colour, from 0."""
    return LINE_STYLES[number % len(LINE_STYLES)]


@contextmanager
def styled() -> Iterator[None]:
    """Figures made and saved inside look like ours."""
    with mpl.rc_context(_STYLE):
        yield


def svg_of(chart: Chart) -> str:
    """An `<svg>` element to stand inside HTML: no XML head, no fixed size, a title for readers."""
    out = io.StringIO()
    with styled():
        metadata = {"Date": None, "Creator": None, "Title": chart.title}
        chart.draw().savefig(out, format="svg", metadata=metadata)
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"|(<svg[^>]*?)', r"\1\2", text, count=1)
    # one page holds many charts: names inside of one must not be those of another
    text = re.sub(r'(\bid="|"#|url\(#)', rf"\1{chart.name}-", text)
    return text.replace("<svg ", f'<svg role="img" aria-label="{escape(chart.title)}" ', 1)


def save_png(chart: Chart, path: Path, footer: str) -> None:
    """Write a chart as a file that stands alone: with its title, and a footer that says of what."""
    with styled():
        figure = chart.draw()
        figure.suptitle(chart.title, x=0.01, ha="left", fontsize=13, fontweight="bold")
        figure.supxlabel(footer, x=0.01, ha="left", fontsize=7.5, color=MUTED)
        scratch = path.with_name(f"{path.name}.tmp")
        figure.savefig(scratch, format="png", dpi=PNG_DPI, facecolor="white")
        scratch.replace(path)


def spread(values: Sequence[float], factor: float = 1.35) -> list[float]:
    """Positions near positive values, at least a factor apart, so that labels do not overlap."""
    order = np.argsort(values)
    placed = [0.0] * len(values)
    last = 0.0
    for index in order:
        last = max(values[index], last * factor)
        placed[index] = last
    return placed


def from_zero(axes: Axes, right: float | None = None, top: float | None = None) -> None:
    """Zero in both axes; the last thing to do, because a set limit no longer follows a curve."""
    axes.set_xlim(0, right)
    axes.set_ylim(0, top)
