"""Chart of instance sizes: instances and cores that each rate needs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from benchmarks.charts import INK, MUTED, WIDTH_IN, color_of, from_zero, mark_of
from benchmarks.sizing_result import SizeAnswer

_DODGE: Final = 0.16
"""Marks of different engines at one size stand this far apart, in sizes."""


def size_chart(answers: Sequence[SizeAnswer]) -> Figure:
    """A column for each rate: instances above, all their cores together below."""
    targets = sorted({one.target_eps for one in answers})
    sizes = sorted({one.cpu for one in answers})
    figure = Figure(figsize=(WIDTH_IN, 5.2))
    panels = figure.subplots(
        2, len(targets), squeeze=False, sharex=True, sharey="row", height_ratios=[1, 1]
    )
    for column, target_eps in enumerate(targets):
        ours = [one for one in answers if one.target_eps == target_eps]
        _draw(panels[0, column], panels[1, column], ours, sizes)
        panels[0, column].set_title(
            f"{target_eps:g} records per second", loc="left", fontsize=10.5, fontweight="bold"
        )
        panels[1, column].set_xlabel("CPU quota of an instance, cores")
    _finish(panels[0, 0], panels[1, 0], answers, sizes)
    panels[0, -1].legend(
        handles=_legend(answers), loc="upper right", ncols=3, frameon=False, fontsize=8.5
    )
    return figure


def _draw(counts: Axes, cores: Axes, answers: Sequence[SizeAnswer], sizes: Sequence[float]) -> None:
    engines = list(dict.fromkeys(one.engine for one in answers))
    for number, engine in enumerate(engines):
        shift = _DODGE * (number - (len(engines) - 1) / 2)
        known = [one for one in answers if one.engine == engine and one.instances is not None]
        places = [1 + sizes.index(one.cpu) + shift for one in known]
        for axes, heights in (
            (counts, [float(one.instances or 0) for one in known]),
            (cores, [one.cores or 0.0 for one in known]),
        ):
            axes.plot(places, heights, color=color_of(engine), lw=1.2)
            for one, at, height in zip(known, places, heights, strict=True):
                _mark(axes, one, (at, height))
        for one in answers:
            if one.engine == engine and one.instances is None:
                at = 1 + sizes.index(one.cpu) + shift
                counts.plot(at, 0.12, "x", ms=8, mec=color_of(engine), mew=2, clip_on=False)


def _mark(axes: Axes, answer: SizeAnswer, place: tuple[float, float]) -> None:
    color = color_of(answer.engine)
    size = 4.5 if answer.inferred else 8
    face = color if answer.verified else "white"
    axes.plot(*place, mark_of(answer.engine), ms=size, mfc=face, mec=color, mew=1.5)


def _finish(
    counts: Axes, cores: Axes, answers: Sequence[SizeAnswer], sizes: Sequence[float]
) -> None:
    counts.set_ylabel("instances needed")
    counts.yaxis.set_major_locator(MaxNLocator(integer=True))
    cores.set_ylabel("cores needed")
    cores.set_xticks(range(1, len(sizes) + 1), [f"{size:g}" for size in sizes])
    most = max((one.instances or 0 for one in answers), default=0)
    from_zero(counts, right=len(sizes) + 0.6, top=most + 1.4)
    from_zero(cores, right=len(sizes) + 0.6, top=1.15 * max([*_cores(answers), 0.1]))


def _cores(answers: Sequence[SizeAnswer]) -> list[float]:
    return [one.cores for one in answers if one.cores is not None]


def _legend(answers: Sequence[SizeAnswer]) -> list[Line2D]:
    engines = dict.fromkeys(one.engine for one in answers)
    named = [Line2D([], [], color=color_of(one), marker=mark_of(one), label=one) for one in engines]
    return [
        *named,
        Line2D([], [], marker="o", color=INK, mfc=INK, ls="", label="verified by runs"),
        Line2D([], [], marker="o", color=INK, mfc="white", ls="", label="not verified"),
        Line2D(
            [], [], marker="o", color=INK, mfc="white", ms=4.5, ls="", label="a smaller one held it"
        ),
        Line2D([], [], marker="x", color=MUTED, ls="", label="none known"),
    ]
