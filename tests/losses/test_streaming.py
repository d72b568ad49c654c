"""The streamed log-sum-exp against the whole matrix; what it holds and how much it multiplies."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from lookalike.losses.contrastive import nt_xent, supcon
from lookalike.losses.streaming import others_logsumexp
from losses.cases import normal, small_blocks

BLOCKS = pytest.mark.parametrize("block", [1, 3, 4, 1024])


def whole(
    anchors: Tensor, keys: Tensor, kind: Tensor, key_kind: Tensor, temperature: float
) -> Tensor:
    same = kind[:, None] == key_kind
    return (anchors @ keys.T / temperature).masked_fill(same, -torch.inf).logsumexp(1)


@BLOCKS
@pytest.mark.parametrize("temperature", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("kinds", ["rows", "sorted", "mixed"])
@pytest.mark.parametrize("symmetric", [True, False])
def test_equals_the_whole_matrix(
    block: int, temperature: float, kinds: str, symmetric: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_blocks(monkeypatch, block)
    keys = normal(11, 3, seed=0).requires_grad_()
    key_kind = {
        "rows": torch.arange(11),
        "sorted": torch.arange(11) // 4,
        "mixed": torch.arange(11) % 3,
    }[kinds]
    anchors, kind = (keys, key_kind) if symmetric else (keys[2:7] * 1, key_kind[2:7])
    weights = normal(len(anchors), seed=1)
    results, gradients = [], []
    for logsumexp in (others_logsumexp, whole):
        result = logsumexp(anchors, keys, kind, key_kind, temperature)
        results.append(result)
        gradients.append(torch.autograd.grad((weights * result).sum(), keys, retain_graph=True)[0])
    assert torch.allclose(*results, rtol=1e-12, atol=1e-12)
    assert torch.allclose(*gradients, rtol=1e-10, atol=1e-12 / temperature)


@BLOCKS
def test_gradients_for_anchors_and_keys(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    small_blocks(monkeypatch, block)
    anchors, keys = normal(4, 3, seed=0), normal(6, 3, seed=1)
    kind, key_kind = torch.tensor([0, 5, 2, 2]), torch.tensor([0, 0, 2, 2, 1, 3])

    def loss(a: Tensor, k: Tensor) -> Tensor:
        return others_logsumexp(a, k, kind, key_kind, 0.3)

    assert torch.autograd.gradcheck(loss, (anchors.requires_grad_(), keys.requires_grad_()))
    assert torch.autograd.gradcheck(
        lambda a: others_logsumexp(a, a, kind, kind, 0.3), anchors.requires_grad_()
    )


def test_nothing_to_sum_is_minus_infinity_without_gradient() -> None:
    z, kind = normal(3, 2, seed=0).requires_grad_(), torch.tensor([0, 0, 0])
    result = others_logsumexp(z, z, kind, kind, 0.5)
    assert result.tolist() == [-torch.inf] * 3
    result.sum().backward()
    assert z.grad is not None
    assert z.grad.tolist() == [[0, 0]] * 3


@pytest.mark.parametrize("temperature", [0.01, 0.1, 100.0])
def test_float32_is_accurate(temperature: float, monkeypatch: pytest.MonkeyPatch) -> None:
    small_blocks(monkeypatch, 16)
    z = torch.nn.functional.normalize(normal(100, 8, seed=0), dim=1)
    kind = torch.arange(100)
    exact = whole(z, z, kind, kind, temperature)
    single = others_logsumexp(z.float(), z.float(), kind, kind, temperature)
    assert torch.allclose(single.double(), exact, rtol=1e-6, atol=1e-5)


class Watch(TorchDispatchMode):
    """The size of the largest tensor made, and the work of all matrix products."""

    def __init__(self) -> None:
        super().__init__()
        self.largest = self.work = 0

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        result = function(*args, **(kwargs or {}))
        if isinstance(result, Tensor):
            # Not a view that only pretends to be large.
            self.largest = max(self.largest, result.untyped_storage().nbytes() // 8)
        if function.overloadpacket in (torch.ops.aten.mm, torch.ops.aten.addmm_):
            left, right = args[-2:]
            self.work += 2 * left.shape[0] * left.shape[1] * right.shape[1]
        return result


FORMS = {
    "nt_xent": {},
    "other view": {"negatives": "other view"},
    "everyone": {"everyone": True},
    "out": {"summation": "out"},
    "in": {"summation": "in"},
    "capped": {"positives": 2},
    "first views": {"contrast": "one"},
}


def watch(form: str, classes: int, monkeypatch: pytest.MonkeyPatch) -> Watch:
    small_blocks(monkeypatch, 16)
    z, group, named = normal(128, 2, 4, seed=0).requires_grad_(), torch.arange(128), FORMS[form]
    with Watch() as watched:
        if form in ("nt_xent", "other view", "everyone"):
            named = named | ({"everyone": z} if "everyone" in named else {})
            nt_xent(z[:, 0], z[:, 1], 0.1, **named).backward()
        else:
            supcon(z, group % classes, 0.1, **named).backward()
    return watched


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("classes", [1, 4, 128])
def test_the_matrix_is_never_held(form: str, classes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, width, block = 256, 4, 16
    largest = watch(form, classes, monkeypatch).largest
    assert rows * width <= largest <= max(2 * rows * width, rows * block) < rows * rows / 8


@pytest.mark.parametrize(
    ("form", "share"), [("nt_xent", 1), ("out", 1), ("other view", 0.5), ("everyone", 2)]
)
def test_symmetric_work_is_done_once(
    form: str, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, width, blocks = 256, 4, 16
    diagonal = 1 + 1 / blocks if form in ("nt_xent", "out") else 1
    least = 4 * rows**2 * width
    assert watch(form, 8, monkeypatch).work <= share * least * diagonal
