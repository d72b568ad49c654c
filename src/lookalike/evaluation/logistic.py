"""Multinomial logistic regression by full-batch L-BFGS, exact and quick.

The objective is, as in scikit-learn with C = 1/λ,

    sum over images of the cross-entropy + λ/2 |W|²,    the bias not penalised,

on features standardised by the training images. L-BFGS works on V = Lᵀ W, where L Lᵀ is the
objective's curvature at W = 0. Strongly correlated features (pixels, untrained encoders) then take
tens of iterations where plain L-BFGS takes thousands.
"""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy.optimize import minimize
from torch import Tensor

_BLOCK = 2048  # images converted to float64 at once
_EXACT = {"maxiter": 1000, "ftol": 1e-11, "gtol": 1e-9}
_ROUGH = {"maxiter": 100, "ftol": 1e-7, "gtol": 1e-5}


class Scale(NamedTuple):
    """Mean and standard deviation of each feature over the training images."""

    mean: Float[Tensor, " d"]
    deviation: Float[Tensor, " d"]

    @classmethod
    def of(cls, values: Float[Tensor, "n d"]) -> "Scale":
        """A feature that never changes keeps its size, and is 0 after centring."""
        mean, deviation = values.mean(dim=0), values.std(dim=0, correction=0)
        constant = deviation <= 1e-6 * mean.abs()
        return cls(mean, deviation.masked_fill(constant, 1.0))

    def __call__(self, values: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
        return (values - self.mean) / self.deviation


class Classifier(NamedTuple):
    """A fitted linear classifier.

    Args:
        scale: applied to features first.
        weight: of the standardised features.
        bias: one for each class.
        iterations: L-BFGS needed.
        converged: whether it stopped because nothing improved any more.
    """

    scale: Scale
    weight: Float[Tensor, "d classes"]
    bias: Float[Tensor, " classes"]
    iterations: int
    converged: bool

    def scores(self, values: Float[Tensor, "n d"]) -> Float[Tensor, "n classes"]:
        """Logits."""
        return self.scale(values) @ self.weight.float() + self.bias.float()


class Problem:
    """The same images fitted with several strengths of the penalty.

    Args:
        values: features of the training images.
        label: their classes; each of 0 … label.max() occurs.
    """

    def __init__(self, values: Float[Tensor, "n d"], label: Int[Tensor, " n"]) -> None:
        self._scale = Scale.of(values)
        self._values, self._label = self._scale(values), label
        self._classes = int(label.max()) + 1
        width = values.shape[1]
        self._gram = torch.zeros(width, width, dtype=torch.float64)
        for rows in torch.split(self._values, _BLOCK):
            self._gram += rows.double().T @ rows.double()

    def solve(
        self, strength: float, *, start: Classifier | None = None, rough: bool = False
    ) -> Classifier:
        """The minimum of the objective.

        Args:
            strength: λ, above 0.
            start: where to begin; the minimum does not depend on it.
            rough: stop early and compute in float32: several times faster, and good enough to
                compare strengths.
        """
        count = len(self._label)
        root = self._root(strength)

        def cost(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            inner = torch.from_numpy(flat).view(-1, self._classes)
            outer = torch.linalg.solve_triangular(root.T, inner, upper=True)
            loss, slope = self._cost(outer, strength, torch.float32 if rough else torch.float64)
            back = torch.linalg.solve_triangular(root, slope, upper=False)
            return loss / count, back.flatten().numpy() / count

        if start is None:
            first = torch.zeros(len(root), self._classes, dtype=torch.float64)
        else:
            first = root.T @ torch.cat([start.weight, start.bias[None]])
        found = minimize(
            cost,
            first.flatten().numpy(),
            jac=True,
            method="L-BFGS-B",
            options=_ROUGH if rough else _EXACT,
        )
        solution = torch.from_numpy(found.x).view(-1, self._classes)
        solution = torch.linalg.solve_triangular(root.T, solution, upper=True)
        return Classifier(self._scale, solution[:-1], solution[-1], found.nit, found.success)

    def _root(self, strength: float) -> Float[Tensor, "e e"]:
        """L, for the weights and, in the last row, the bias.

        With all classes equally likely the curvature of an image x is x xᵀ / classes; centred
        features do not mix with the bias. The last term keeps repeated features invertible.
        """
        even = len(self._label) / self._classes
        curvature = torch.eye(len(self._gram) + 1, dtype=torch.float64)
        curvature[-1, -1] = even
        curvature[:-1, :-1] *= strength + 1e-9 * even
        curvature[:-1, :-1] += self._gram / self._classes
        root: Tensor = torch.linalg.cholesky(curvature)
        return root

    def _cost(
        self, weight: Float[Tensor, "e classes"], strength: float, precision: torch.dtype
    ) -> tuple[float, Float[Tensor, "e classes"]]:
        """The objective and its gradient; the last row of `weight` is the bias."""
        near = weight.to(precision)
        slope = torch.zeros_like(weight)
        slope[:-1] = strength * weight[:-1]
        loss = strength / 2 * weight[:-1].square().sum()
        blocks = zip(
            torch.split(self._values, _BLOCK), torch.split(self._label, _BLOCK), strict=True
        )
        for values, label in blocks:
            rows, each = values.to(precision), torch.arange(len(label))
            log_share = (rows @ near[:-1] + near[-1]).log_softmax(dim=1)
            loss -= log_share[each, label].double().sum()
            error = log_share.exp_()
            error[each, label] -= 1
            slope[:-1] += rows.T @ error
            slope[-1] += error.sum(dim=0)
        return float(loss), slope
