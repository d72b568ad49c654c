"""Features: order, frozen statistics, unreadable photos, and the file they are kept in."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn

from lookalike.data.opening import open_source
from lookalike.data.sources import Images, Photos, Source
from lookalike.errors import Interrupted, NumericalError, StorageError
from lookalike.evaluation.features import Features, extract, frozen, kept
from lookalike.evaluation.subject import pixels
from lookalike.signals import StopFlag
from lookalike.training.runtime import Runtime
from lookalike.views.operations import Normalize
from lookalike.views.policy import Fit, Policy

CPU = Runtime(torch.device("cpu"), torch.float32)
PLAIN = Policy(size=8, crop=Fit(), flip=0.0)


def _encoder(channels: int = 1) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(channels, 4, 3),
        nn.BatchNorm2d(4),
        nn.Dropout(0.5),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )


@pytest.fixture(scope="module")
def digits() -> Source:
    return open_source("digits", "test")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Twelve photos of three classes and of several sizes; one is cut short."""
    generator = np.random.default_rng(0)
    for number in range(12):
        size = (40 + number, 50, 3)
        path = tmp_path / "abc"[number % 3] / f"{number:02}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(generator.integers(0, 256, size, dtype=np.uint8)).save(path)
    broken = tmp_path / "b" / "04.jpg"
    broken.write_bytes(broken.read_bytes()[:900])
    return tmp_path


def test_features_are_the_encoders_in_the_order_of_the_source(digits: Source) -> None:
    assert isinstance(digits, Images)
    encoder = _encoder()
    found = extract(encoder, digits, PLAIN, runtime=CPU, batch=100)
    with torch.no_grad():
        expected = encoder.eval()(digits.images.float() / 255)
    torch.testing.assert_close(found.values, expected, atol=1e-5, rtol=1e-4)
    assert torch.equal(found.label, digits.label)
    assert found.image.tolist() == list(range(len(digits)))
    assert found.values.dtype == torch.float32


def test_features_do_not_depend_on_the_batch(digits: Source) -> None:
    one, two = (extract(_encoder(), digits, PLAIN, runtime=CPU, batch=b) for b in (7, 512))
    torch.testing.assert_close(one.values, two.values, atol=1e-6, rtol=1e-5)


def test_the_encoder_and_all_randomness_are_left_as_they_were(digits: Source) -> None:
    encoder = _encoder().train()
    encoder[1].eval()  # a layer somebody froze
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    state = torch.get_rng_state()
    extract(encoder, digits, PLAIN, runtime=CPU)
    assert torch.equal(torch.get_rng_state(), state)
    assert [module.training for module in encoder] == [True, False, True, True, True]
    assert all(torch.equal(value, before[name]) for name, value in encoder.state_dict().items())


def test_the_modes_come_back_after_an_error() -> None:
    encoder = _encoder().train()
    with pytest.raises(RuntimeError, match="channels"), frozen(encoder):
        encoder(torch.zeros(1, 3, 8, 8))
    assert not torch.is_inference_mode_enabled()
    assert all(module.training for module in encoder.modules())


def test_features_can_be_learned_from(digits: Source) -> None:
    """Tensors made in inference mode refuse to be saved for a backward pass; these must not."""
    found = extract(_encoder(), digits, PLAIN, runtime=CPU)
    weight = torch.zeros(4, 2, requires_grad=True)
    (found.values @ weight).sum().backward()
    torch.testing.assert_close(weight.grad[:, 0], found.values.sum(0))


def test_bfloat16_gives_nearly_the_same_in_float32(digits: Source) -> None:
    low = Runtime(torch.device("cpu"), torch.bfloat16)
    exact, rough = (extract(_encoder(), digits, PLAIN, runtime=r) for r in (CPU, low))
    assert rough.values.dtype == torch.float32
    assert not torch.equal(rough.values, exact.values)
    torch.testing.assert_close(rough.values, exact.values, atol=0.02, rtol=0.02)


@pytest.mark.parametrize("workers", [0, 2])
def test_unreadable_photos_are_left_out_and_noted(photos: Path, workers: int) -> None:
    source = open_source(photos)
    assert isinstance(source, Photos)
    policy = Policy(size=32, crop=Fit(), flip=0.0)
    found = extract(_encoder(3), source, policy, runtime=CPU, batch=5, workers=workers)
    missing = [name.endswith("04.jpg") for name in source.names].index(True)
    assert found.image.tolist() == [i for i in range(12) if i != missing]
    assert torch.equal(found.label, source.label[found.image])
    assert any("04.jpg" in name for name in source.ledger.skipped)


def test_progress_is_told_and_a_stop_is_heard(digits: Source) -> None:
    told: list[int] = []
    extract(_encoder(), digits, PLAIN, runtime=CPU, batch=200, seen=told.append)
    assert told == [200, 200, len(digits) - 400]
    stop = StopFlag()
    stop.signal = 15
    with pytest.raises(Interrupted) as caught:
        extract(_encoder(), digits, PLAIN, runtime=CPU, stop=stop)
    assert caught.value.exit_code == 143


def test_an_encoder_that_diverged_is_an_error(digits: Source) -> None:
    encoder = _encoder()
    nn.init.constant_(encoder[0].weight, torch.nan)
    with pytest.raises(NumericalError, match="not finite"):
        extract(encoder, digits, PLAIN, runtime=CPU)


def test_pixels_are_the_images_themselves(digits: Source) -> None:
    subject = pixels(replace(PLAIN, normalize=Normalize(mean=(0.5,), std=(2.0,))))
    found = extract(subject.encoder, digits, subject.policy, runtime=CPU)
    expected = torch.from_numpy(load_digits().images).float().flatten(1) / 16
    distance = torch.cdist(found.values * 2 + 0.5, expected).min(dim=1).values
    assert distance.max() < 0.02  # rounded to 8 bits


def test_pixels_of_photos_are_shrunk(photos: Path) -> None:
    subject = pixels(replace(PLAIN, size=224))
    found = extract(subject.encoder, open_source(photos), subject.policy, runtime=CPU)
    assert found.values.shape == (11, 3 * 32 * 32)
    assert found.values.min() >= 0


def _some() -> Features:
    return Features(torch.randn(5, 3), torch.tensor([0, 1, -1, 2, 0]), torch.arange(5))


def test_kept_features_are_made_once_for_each_fingerprint(tmp_path: Path) -> None:
    path, made = tmp_path / "f.safetensors", []

    def make() -> Features:
        made.append(_some())
        return made[-1]

    first, second = kept(path, "weights 1", make), kept(path, "weights 1", make)
    assert len(made) == 1
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    kept(path, "weights 2", make)
    kept(path, "weights 1", make)
    assert len(made) == 3
    assert [p.name for p in tmp_path.iterdir()] == ["f.safetensors"]


@pytest.mark.parametrize("damage", [b"", b"\x00" * 40, b"half"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "f.safetensors"
    kept(path, "a", _some)
    path.write_bytes(path.read_bytes()[:100] if damage == b"half" else damage)
    expected = _some()
    assert kept(path, "a", lambda: expected) is expected
    again = kept(path, "a", _some)
    assert torch.equal(again.values, expected.values)


def test_a_file_of_something_else_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "f.safetensors"
    safetensors.torch.save_file({"weight": torch.zeros(3)}, path)
    kept(path, "a", _some)
    assert set(safetensors.torch.load_file(path)) == {"values", "label", "image"}


def test_a_place_that_cannot_be_written_is_one_clear_message(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        kept(tmp_path / "file" / "f.safetensors", "a", _some)
