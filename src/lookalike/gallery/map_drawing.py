"""The map of images as a still picture, for papers."""

import warnings
from pathlib import Path
from typing import Any

import matplotlib
import torch
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lookalike.files import replacing
from lookalike.gallery.map_page import Classes, Map, Scale
from lookalike.randomness import order

KINDS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#c4b000", "#767676")
"""Okabe and Ito (2008), told apart with every kind of colour vision; yellow is darker, for paper."""

_MARKERS = ("o", "D", "s", "^")  # the next colours again, in another shape
_UNKNOWN = "#c3c9cf"
_LEGEND = 40  # kinds that it can hold


def write_drawing(drawn: Map, path: Path) -> None:
    """Draws the map in its first colour, 5 inches wide with 300 dots per inch.

    Args:
        drawn: the map.
        path: ends in .png, .pdf or .svg.

    Raises:
        StorageError: it cannot be written.
    """
    figure = Figure(figsize=(5, 4), dpi=300, layout="compressed")
    axes = figure.add_subplot(aspect="equal")
    axes.set(xticks=[], yticks=[])
    axes.set_xlabel(drawn.axes[0], fontsize=8)
    axes.set_ylabel(drawn.axes[1], fontsize=8)
    axes.spines[:].set_color("#d0d5d9")
    colour = drawn.colours[0]
    if isinstance(colour, Classes):
        _draw_kinds(axes, drawn, colour)
    else:
        _draw_scale(axes, drawn, colour)
    facts = {"Date": None} if path.suffix == ".svg" else {}  # the same map makes the same file
    style = matplotlib.rc_context({"svg.hashsalt": "lookalike"})
    with warnings.catch_warnings(), style, replacing(path) as file:
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # becomes an empty box
        figure.savefig(file, format=path.suffix[1:], metadata=facts)


def _draw_kinds(axes: Any, drawn: Map, colour: Classes) -> None:
    """All kinds in one random order, so that none hides another, as far as they share a marker."""
    rows = order(0, 0, len(colour.index))
    index = colour.index[rows]
    places = drawn.places[rows].numpy()
    shape = (index.clamp(min=0) // len(KINDS)) % len(_MARKERS)
    tones = [KINDS[kind % len(KINDS)] if kind >= 0 else _UNKNOWN for kind in index.tolist()]
    for number, marker in enumerate(_MARKERS):
        some = (shape == number).nonzero()[:, 0]
        if len(some):
            x, y = places[some.numpy()].T
            inks = [tones[row] for row in some.tolist()]
            axes.scatter(x, y, _area(len(rows)), inks, marker=marker, **_STYLE)
    present = sorted(set(index.tolist()) - {-1})[:_LEGEND]
    handles = [_key(kind) for kind in present]
    names = [colour.names[kind] for kind in present]
    columns = 1 + (len(names) - 1) // 20
    outside = {"loc": "center left", "bbox_to_anchor": (1, 0.5), "frameon": False}
    legend = axes.legend(handles, names, fontsize=7, ncols=columns, **outside)
    for text in legend.get_texts():
        text.set_parse_math(False)  # a class may have any name


def _draw_scale(axes: Any, drawn: Map, colour: Scale) -> None:
    x, y = drawn.places.numpy().T
    tones = "magma_r" if colour.striking == "high" else "magma"
    known = colour.values.nan_to_num(colour.ends[0]).numpy()
    points = axes.scatter(x, y, _area(len(x)), known, cmap=tones, **_STYLE)
    axes.figure.colorbar(points, label=colour.title, shrink=0.6)


_STYLE: dict[str, Any] = {"linewidths": 0, "alpha": 0.85, "rasterized": True}


def _area(count: int) -> float:
    """Of a point, in square points of 1/72 inch."""
    return float(torch.tensor(6000 / count).clamp(0.5, 14))


def _key(kind: int) -> Line2D:
    marker = _MARKERS[kind // len(KINDS) % len(_MARKERS)]
    style: dict[str, Any] = {"marker": marker, "markersize": 4, "linestyle": "none"}
    return Line2D([], [], color=KINDS[kind % len(KINDS)], **style)
