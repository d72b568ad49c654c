import pytest
import torch
from torch import nn

from lookalike.errors import UsageError
from lookalike.training.runtime import Runtime, choose_runtime


def test_a_device_that_is_not_there() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(UsageError, match="no cuda device"):
        choose_runtime("cuda")
    assert choose_runtime("auto").device.type == "cpu"


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_precision_of_the_work_and_of_the_weights(precision: str) -> None:
    runtime = choose_runtime("cpu", precision)
    layer = runtime.place(nn.Conv2d(3, 4, 3))
    with runtime.autocast():
        result = layer(runtime.images(torch.rand(2, 3, 8, 8)))
    assert result.dtype == getattr(torch, precision)
    assert layer.weight.dtype == torch.float32
    assert layer.weight.is_contiguous(memory_format=torch.channels_last)


def test_images_are_laid_out_for_convolutions() -> None:
    runtime = Runtime(torch.device("cpu"), torch.float32)
    images = torch.rand(2, 3, 8, 8)
    assert runtime.images(images).is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(runtime.images(images), images)
