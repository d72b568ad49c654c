"""The batched minimiser on problems whose minima are known."""

import pytest
import torch
from scipy.optimize import minimize

from lookalike.evaluation.probes.lbfgs import minimise


def _quadratics(count: int, width: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Curvatures between 0.01 and 1, minima and values there of several parabolas."""
    generator = torch.Generator().manual_seed(0)
    mix = torch.randn(count, width, width, generator=generator, dtype=torch.float64)
    turn = torch.linalg.qr(mix).Q
    size = torch.logspace(-2, 0, width, dtype=torch.float64)
    minimum = torch.randn(count, width, generator=generator, dtype=torch.float64)
    return (
        turn @ (size[:, None] * turn.mT),
        minimum,
        torch.rand(count, generator=generator).double(),
    )


def test_each_problem_ends_at_its_own_minimum() -> None:
    curvature, minimum, lowest = _quadratics(7, 12)
    asked = []

    def cost(point: torch.Tensor, which: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        asked.append(len(which))
        away = point - minimum[which]
        slope = (curvature[which] @ away[:, :, None])[:, :, 0]
        return lowest[which] + (away * slope).sum(1) / 2, slope

    start = minimum.clone()
    start[1:] += 1
    found = minimise(cost, start, tolerance=1e-13)
    torch.testing.assert_close(found.point, minimum, atol=1e-5, rtol=0)
    assert found.converged.all()
    assert found.iterations[0] == 0
    assert asked[0] == 7
    assert asked[1] == 6  # the first was at its minimum and has left
    assert asked == sorted(asked, reverse=True)
    assert len(asked) == found.iterations.max() + 1


def test_agrees_with_scipy_where_whole_steps_go_too_far() -> None:
    """log cosh is flat far out: slopes say little there, and steps must be shortened."""
    size = torch.tensor([[5.0, 1.0], [30.0, 2.0]], dtype=torch.float64)
    middle = torch.tensor([[0.3, -1.0], [2.0, 0.5]], dtype=torch.float64)

    def cost(point: torch.Tensor, which: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        away = size[which] * (point - middle[which])
        value = away.cosh().log().sum(1) + 0.01 * point.square().sum(1)
        return value, size[which] * away.tanh() + 0.02 * point

    found = minimise(cost, torch.zeros(2, 2, dtype=torch.float64), tolerance=1e-12)
    assert found.converged.all()
    for number in range(2):

        def alone(point: list[float], number: int = number) -> float:
            return float(cost(torch.tensor(point)[None].double(), torch.tensor([number]))[0])

        expected = minimize(alone, [0.0, 0.0], tol=1e-12, method="Nelder-Mead").x
        torch.testing.assert_close(
            found.point[number], torch.tensor(expected), atol=1e-5, rtol=1e-5
        )


@pytest.mark.parametrize("allowed", [0, 3])
def test_stopping_early_is_told(allowed: int) -> None:
    curvature, minimum, lowest = _quadratics(2, 12)

    def cost(point: torch.Tensor, which: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        slope = (curvature[which] @ (point - minimum[which])[:, :, None])[:, :, 0]
        return lowest[which] + ((point - minimum[which]) * slope).sum(1) / 2, slope

    found = minimise(cost, torch.zeros_like(minimum), tolerance=1e-13, iterations=allowed)
    assert not found.converged.any()
    assert found.iterations.tolist() == [allowed, allowed]
