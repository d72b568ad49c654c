import numpy as np
import torch
from sklearn.datasets import load_digits

from lookalike.data.named import NAMED


def test_digits_are_scikit_learns_each_in_one_split():
    bunch = load_digits()
    pairs = zip(bunch.images, bunch.target, strict=True)
    whole = {(image.tobytes(), label) for image, label in pairs}
    found = []
    for part in ("train", "test"):
        named = NAMED["digits"](part)
        assert named.images.dtype == torch.uint8
        levels = named.images[:, 0].double().numpy() * 16 / 255
        assert np.abs(levels - levels.round()).max() <= 0.5 * 16 / 255 + 1e-9
        for image, label in zip(levels.round(), named.label.tolist(), strict=True):
            found.append((image.tobytes(), label))
    assert len(found) == len(bunch.target) == 1797
    assert set(found) == whole


def test_digits_keep_a_quarter_of_each_class_for_the_test():
    train, test = (torch.bincount(NAMED["digits"](part).label) for part in ("train", "test"))
    assert ((test - (train + test) / 4).abs() <= 0.5).all()


def test_shapes_of_both_splits_are_different():
    train, test = (NAMED["shapes"](part) for part in ("train", "test"))
    assert (len(train.label), len(test.label)) == (4000, 1000)
    rows = {image.numpy().tobytes() for image in train.images}
    assert not any(image.numpy().tobytes() in rows for image in test.images)
    assert torch.equal(train.label, train.factors["shape"])
    assert len(train.classes) == int(train.label.max()) + 1
