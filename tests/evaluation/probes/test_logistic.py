"""The solver against scikit-learn's, which knows nothing of the change of variables."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from lookalike.evaluation.probes import logistic
from lookalike.evaluation.probes.classifier import Scale, principal
from lookalike.evaluation.probes.logistic import Problem, objective


def _correlated(count: int, width: int, classes: int, seed: int) -> tuple[torch.Tensor, ...]:
    """Images of uneven classes; the features' variances span six powers of ten."""
    generator = np.random.default_rng(seed)
    label = generator.choice(
        classes, size=count, p=np.arange(1, classes + 1) / sum(range(classes + 1))
    )
    mix = generator.normal(size=(width, width)) * np.logspace(0, -3, width)[:, None]
    centres = generator.normal(size=(classes, width))
    values = (generator.normal(size=(count, width)) + centres[label]) @ mix + 5
    return torch.from_numpy(values).float(), torch.from_numpy(label)


def _reference(values: torch.Tensor, label: torch.Tensor, strength: float) -> LogisticRegression:
    standard = StandardScaler().fit_transform(values.double().numpy())
    model = LogisticRegression(C=1 / strength, tol=1e-10, max_iter=100_000, solver="newton-cg")
    return model.fit(standard, label.numpy())


@pytest.mark.parametrize("strength", [100.0, 1.0, 0.03])
def test_coefficients_are_scikit_learns(strength: float) -> None:
    values, label = _correlated(600, 12, 5, seed=0)
    found, expected = Problem(values, label).solve(strength), _reference(values, label, strength)
    assert found.converged
    weight, bias = expected.coef_.T, expected.intercept_
    np.testing.assert_allclose(found.weight, weight, atol=1e-3 * np.abs(weight).max())
    # Only differences of biases matter: scikit-learn's sum to zero too.
    np.testing.assert_allclose(found.bias, bias, atol=1e-3 * np.abs(bias).max())


@pytest.mark.parametrize("strength", [1000.0, 10.0, 0.1])
def test_accuracy_on_digits_is_scikit_learns(strength: float) -> None:
    images, label = load_digits(return_X_y=True)  # 3 of 64 pixels never change
    values = torch.from_numpy(images).float()
    train, test, y = values[:700], values[700:], torch.from_numpy(label)
    found = Problem(train, y[:700]).solve(strength).scores(test).argmax(dim=1).numpy()
    scale = StandardScaler().fit(train.double().numpy())
    model = _reference(train, y[:700], strength)
    expected = model.predict(scale.transform(test.double().numpy()))
    truth = label[700:]  # 1,097 of them: one may fall to the other side of a tie
    assert abs(np.mean(found == truth) - np.mean(expected == truth)) <= 0.001


def test_double_precision_agrees_to_six_digits() -> None:
    values, label = _correlated(600, 12, 5, seed=0)
    found = Problem(values.double(), label).solve(0.03)
    expected = _reference(values, label, 0.03)
    np.testing.assert_allclose(
        found.weight, expected.coef_.T, atol=1e-4 * np.abs(expected.coef_).max()
    )


def test_the_objective_and_its_gradient_are_those_of_a_slow_loop() -> None:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(9, 4, generator=generator, dtype=torch.float64)
    weight = torch.randn(2, 3, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    label = torch.tensor([0, 1, 2, 2, 1, 0, 0, 1, 2])
    penalty = torch.tensor([[[0.5, 0.5, 0.5, 0.0]], [[3.0, 3.0, 3.0, 0.0]]], dtype=torch.float64)
    values = []
    for one, rate in zip(weight, (0.5, 3.0), strict=True):
        total = rate / 2 * one[:, :3].square().sum()
        for x, y in zip(inputs, label, strict=True):
            total = total - (one[y] @ x).exp().div((one @ x).exp().sum()).log()
        values.append(total)
    (slope,) = torch.autograd.grad(torch.stack(values).sum(), weight)
    found, found_slope = objective(weight.detach(), penalty, inputs, label)
    torch.testing.assert_close(found, torch.stack(values).detach())
    torch.testing.assert_close(found_slope, slope)


def test_many_strengths_at_once_are_as_good_as_one_by_one() -> None:
    values, label = _correlated(600, 12, 5, seed=0)
    problem = Problem(values, label)
    grid = [10 ** (4 - i) for i in range(7)]
    path = problem.path(grid)
    assert len(path) == 7
    for strength, near in zip(grid, path, strict=True):
        exact = problem.solve(strength)
        agree = near.scores(values).argmax(1) == exact.scores(values).argmax(1)
        assert agree.double().mean() > 0.985, strength


def test_a_part_has_the_standard_of_the_whole_and_its_own_solution() -> None:
    values, label = _correlated(300, 8, 3, seed=1)
    rows = torch.arange(0, 300, 2)
    found = Problem(values, label).part(rows).solve(0.5)
    scaler = StandardScaler().fit(values.double().numpy())
    model = LogisticRegression(C=2, tol=1e-10, max_iter=100_000, solver="newton-cg")
    model.fit(scaler.transform(values[rows].double().numpy()), label[rows].numpy())
    np.testing.assert_allclose(found.weight, model.coef_.T, atol=1e-3 * np.abs(model.coef_).max())


@pytest.mark.parametrize("shape", [(50, 7), (7, 50)])
def test_principal_directions_turn_the_features_and_lose_nothing(shape: tuple[int, int]) -> None:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    values = values - values.mean(dim=0)
    turn = principal(torch.cat([values, values[:, :2]], dim=1))
    assert turn.shape == (shape[1] + 2, min(shape[1], shape[0] - 1))
    turned = torch.cat([values, values[:, :2]], dim=1) @ turn
    torch.testing.assert_close(turn.T @ turn, torch.eye(turn.shape[1]).double())
    torch.testing.assert_close(turned @ turn.T[:, : shape[1]], values)
    gram = turned.T @ turned
    torch.testing.assert_close(gram, gram.diag().diag())


def test_the_minimum_does_not_depend_on_the_start() -> None:
    problem = Problem(*_correlated(300, 8, 3, seed=1))
    cold, warm = problem.solve(0.5), problem.solve(0.5, start=problem.solve(500.0))
    torch.testing.assert_close(warm.weight, cold.weight, atol=1e-3, rtol=1e-3)


def test_stopping_early_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logistic, "_EXACT", logistic._EXACT._replace(iterations=2))
    assert not Problem(*_correlated(300, 8, 3, seed=1)).solve(1e-4).converged


def test_standardising_uses_training_images_and_survives_constant_features() -> None:
    values = torch.randn(50, 3, generator=torch.Generator().manual_seed(0)) * 7 + 3
    values[:, 1] = 2.5
    scale = Scale.of(values)
    expected = StandardScaler().fit(values.double().numpy())
    other = values[:10] * 2 + 1
    np.testing.assert_allclose(
        scale(other), expected.transform(other.double().numpy()), rtol=1e-4, atol=1e-5
    )


def test_more_features_than_images_and_repeated_features_are_no_obstacle() -> None:
    values, label = _correlated(40, 30, 3, seed=2)
    twice = torch.cat([values, values], dim=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = Problem(twice, label).solve(1.0)
    expected = _reference(twice, label, 1.0)
    np.testing.assert_allclose(
        found.weight, expected.coef_.T, atol=1e-3 * np.abs(expected.coef_).max()
    )
