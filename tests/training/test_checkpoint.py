"""A checkpoint gives back the same bytes. (What happens to its files: tests/reliability.)"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from lookalike.errors import StorageError
from lookalike.training import checkpoint, tensor_file
from lookalike.training.optimizers import adamw, lars, parameter_groups, sgd

Pair = tuple[nn.Module, torch.optim.Optimizer]


def make(build: Callable[..., torch.optim.Optimizer], seed: int = 0) -> Pair:
    torch.manual_seed(seed)
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(288, 4))
    module = module.to(memory_format=torch.channels_last)
    optimizer = build(parameter_groups(module))
    for group in optimizer.param_groups:
        group["lr"] = 0.1
    return module, optimizer


def advance(pair: Pair, updates: range) -> float:
    module, optimizer = pair
    for update in updates:
        x = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(update))
        loss = module(x.to(memory_format=torch.channels_last)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


@pytest.mark.parametrize("build", [sgd, adamw, lars])
def test_goes_on_with_the_same_bytes(
    build: Callable[..., torch.optim.Optimizer], tmp_path: Path
) -> None:
    pair = make(build)
    advance(pair, range(5))
    checkpoint.save(tmp_path, 5, *pair)
    expected = advance(pair, range(5, 12))
    other = make(build, seed=1)
    assert checkpoint.restore(tmp_path, *other) == 5
    assert advance(other, range(5, 12)) == expected
    for one, two in zip(pair[0].state_dict().values(), other[0].state_dict().values(), strict=True):
        assert torch.equal(one, two)


def test_two_generations_stay(tmp_path: Path) -> None:
    pair = make(sgd)
    for done in (1, 2, 3):
        checkpoint.save(tmp_path, done, *pair)
    assert [p.name for p in checkpoint.generations(tmp_path)] == ["00000003", "00000002"]


def test_the_library_reads_what_is_written(tmp_path: Path) -> None:
    """Every type, and shapes without numbers or dimensions."""
    kinds = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32,
             torch.int16, torch.int8, torch.uint8, torch.bool]  # fmt: skip
    tensors = {f"{i}": torch.arange(i + 1).to(kind) for i, kind in enumerate(kinds)}
    tensors |= {
        "empty": torch.zeros(0, 3),
        "number": torch.tensor(3.5),
        "name \u00e4": torch.ones(2, 3),
    }
    path = tmp_path / "file"
    with path.open("wb") as file:
        digest = tensor_file.write(file, tensors)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.stat().st_size == tensor_file.size(tensors)
    again = load_file(path)
    assert again.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert again[name].dtype == tensor.dtype
        assert torch.equal(again[name], tensor)


def test_unwritable_folder(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(StorageError, match="Cannot write"):
        checkpoint.save(blocker / "checkpoints", 1, *make(sgd))
