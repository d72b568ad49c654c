"""Multinomial logistic regression by full-batch L-BFGS, many strengths of the penalty at once.

The objective is, as in scikit-learn with C = 1/λ,

    sum over images of the cross-entropy + λ/2 |W|²,    the bias not penalised,

on features standardised by the training images. They are turned to their principal components,
which changes nothing but the coordinates: there the objective's curvature at W = 0 is diagonal.
L-BFGS works on W times its root. Strongly correlated features (pixels, untrained encoders) then take
tens of iterations where plain L-BFGS takes thousands.
"""

import copy
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import pad

from lookalike.evaluation.probes.classifier import Classifier, Scale, principal
from lookalike.evaluation.probes.lbfgs import minimise

_BLOCK = 2048  # images at once
_AT_ONCE = 5  # strengths
_FLAT = 1e-9  # share of the greatest curvature that every input is given at least


class _Until(NamedTuple):
    gain: float  # relative, that is not worth another step
    iterations: int


_EXACT, _ROUGH = _Until(1e-11, 1000), _Until(1e-3, 100)


class Problem:
    """The same images fitted with several strengths of the penalty, in the features' precision.

    Args:
        values: features of the training images, on the device that computes.
        label: their classes.
        classes: how many there are, or None for 0 … label.max().
    """

    def __init__(
        self, values: Float[Tensor, "n d"], label: Int[Tensor, " n"], *, classes: int | None = None
    ) -> None:
        self.scale = Scale.of(values)
        standard = self.scale(values)
        self._turn = principal(standard)
        self._inputs = standard @ pad(self._turn, (0, 1))
        self._inputs[:, -1] = 1.0  # the bias's
        self._label, self._classes = label, classes or int(label.max()) + 1

    def part(self, rows: Int[Tensor, " m"], label: Int[Tensor, " m"] | None = None) -> "Problem":
        """Only some of the images, standardised as all of them.

        Args:
            rows: which.
            label: other classes of theirs, of the same number, or None for their own.
        """
        part = copy.copy(self)
        part._inputs = self._inputs[rows]
        part._label = self._label[rows] if label is None else label
        return part

    def path(self, strengths: Sequence[float]) -> list[Classifier]:
        """Classifiers near enough to the minima to compare strengths.

        A few strengths are solved at once. They begin where a straight line through the two before
        them leads.

        Args:
            strengths: λ, from great to small, evenly spaced in their logarithms.
        """
        found = list[Classifier]()
        weight = self._zeros(2)
        for first in range(0, len(strengths), _AT_ONCE):
            some = strengths[first : first + _AT_ONCE]
            ahead = torch.arange(1, len(some) + 1, device=weight.device)[:, None, None]
            start = weight[-1] + ahead * (weight[-1] - weight[-2])
            weight, classifiers = self._solve(some, start, _ROUGH)
            found += classifiers
        return found

    def solve(self, strength: float, *, start: Classifier | None = None) -> Classifier:
        """The minimum of the objective.

        Args:
            strength: λ, above 0.
            start: where to begin; the minimum does not depend on it.
        """
        first = self._zeros(1)
        if start is not None:
            first[0] = torch.cat([self._turn.T @ start.weight, start.bias[None]]).T
        return self._solve([strength], first, _EXACT)[1][0]

    def _zeros(self, count: int) -> Float[Tensor, "count classes e"]:
        return self._inputs.new_zeros(count, self._classes, self._inputs.shape[1])

    def _solve(
        self, strengths: Sequence[float], start: Float[Tensor, "s classes e"], until: _Until
    ) -> tuple[Float[Tensor, "s classes e"], list[Classifier]]:
        """The minima, by L-BFGS on W times the root of the curvature, and the classifiers."""
        count, shape = len(self._label), start.shape[1:]
        penalty = start.new_tensor(strengths)[:, None].repeat(1, shape[1])
        penalty[:, -1] = 0.0
        root = self._root(penalty)

        def cost(points: Tensor, which: Tensor) -> tuple[Tensor, Tensor]:
            weight = points.view(-1, *shape) / root[which]
            value, slope = objective(weight, penalty[which, None], self._inputs, self._label)
            return value / count, (slope / root[which]).flatten(1) / count

        found = minimise(
            cost, (start * root).flatten(1), tolerance=until.gain, iterations=until.iterations
        )
        weight = found.point.view(start.shape) / root
        ended = zip(weight, found.iterations.tolist(), found.converged.tolist(), strict=True)
        return weight, [
            Classifier(self.scale, self._turn @ each[:, :-1].T, each[:, -1], *how)
            for each, *how in ended
        ]

    def _root(self, penalty: Float[Tensor, "s e"]) -> Float[Tensor, "s 1 e"]:
        """Root of the curvature of the mean objective where all classes are equally likely.

        An input x then has x² / classes.
        """
        even = self._inputs.square().sum(dim=0) / self._classes
        return ((even + penalty + _FLAT * even.max()) / len(self._label)).sqrt()[:, None]


def objective(
    weight: Float[Tensor, "s classes e"],
    penalty: Float[Tensor, "s 1 e"],
    inputs: Float[Tensor, "n e"],
    label: Int[Tensor, " n"],
) -> tuple[Float[Tensor, " s"], Float[Tensor, "s classes e"]]:
    """The sums over images with their penalties, and their gradients.

    Args:
        weight: of s classifiers.
        penalty: λ of each input.
        inputs: of the images.
        label: their classes.
    """
    slope = penalty * weight
    value = (slope * weight).sum(dim=(1, 2), dtype=torch.float64) / 2
    flat, total = weight.flatten(0, 1), slope.flatten(0, 1)
    for rows, own in zip(inputs.split(_BLOCK), label.split(_BLOCK), strict=True):
        each = torch.arange(len(own), device=own.device)
        share = (flat @ rows.T).view(*weight.shape[:2], -1).log_softmax(dim=1)
        value -= share[:, own, each].sum(dim=1, dtype=torch.float64)
        share.exp_()[:, own, each] -= 1
        total.addmm_(share.flatten(0, 1), rows)
    return value, slope
