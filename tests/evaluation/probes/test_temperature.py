"""The temperature of a classifier, beside a search over many."""

import torch

from lookalike.evaluation.probes.temperature import temperature


def test_it_is_the_likeliest_of_many() -> None:
    draw = torch.Generator().manual_seed(0)
    logits = torch.randn(4000, 5, generator=draw, dtype=torch.float64)
    label = torch.multinomial(logits.softmax(1), 1, generator=draw)[:, 0]
    found = temperature((3.0 * logits).float(), label)
    assert abs(found - 3.0) < 0.15  # the scores were made three times too sure
    grid = torch.linspace(2, 4, 201, dtype=torch.float64)
    cost = [torch.nn.functional.cross_entropy(3.0 * logits / t, label) for t in grid]
    assert abs(found - grid[int(torch.stack(cost).argmin())].item()) < 0.03


def test_no_mistake_on_a_few_images_is_no_certainty() -> None:
    scores = 9.0 * torch.eye(4)
    likely = (scores / temperature(scores, torch.arange(4))).softmax(1).diag()
    assert torch.allclose(likely, torch.tensor(0.8 + 0.2 / 4), atol=1e-3)
