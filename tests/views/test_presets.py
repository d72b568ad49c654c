"""The presets hold the papers' numbers, and evaluation sees nothing random."""

import subprocess
import sys

import pytest

from lookalike.views.policy import Crop, Fit, Normalize, Policy
from lookalike.views.presets import POLICIES, plain, strength


def test_simclr_is_appendix_a() -> None:
    for policy in POLICIES["simclr"]:
        assert isinstance(policy.crop, Crop)
        assert policy.crop.area == (0.08, 1.0)
        assert policy.crop.aspect == pytest.approx((0.75, 1.3333333333))
        assert policy.crop.interpolation == "bicubic"
        assert (policy.size, policy.flip, policy.drop) == (224, 0.5, 0.2)
        assert policy.jitter is not None
        assert policy.jitter.probability == 0.8
        assert (policy.jitter.brightness, policy.jitter.contrast) == (0.8, 0.8)
        assert (policy.jitter.saturation, policy.jitter.hue) == (0.8, 0.2)
        assert policy.blur is not None
        assert (policy.blur.probability, policy.blur.sigma) == (0.5, (0.1, 2.0))
        assert policy.blur.kernel == 0.1
        assert policy.normalize is None


def test_cifar_has_half_the_strength_and_no_blur() -> None:
    for policy in POLICIES["simclr-cifar"]:
        assert (policy.size, policy.flip, policy.drop) == (32, 0.5, 0.2)
        assert policy.blur is None
        assert policy.jitter is not None
        assert policy.jitter == strength(0.5)
        assert policy.jitter.hue == pytest.approx(0.1)
        assert policy.jitter.contrast == pytest.approx(0.4)


def test_digits_keep_their_meaning() -> None:
    for policy in POLICIES["simclr-digits"]:
        assert (policy.size, policy.flip, policy.drop) == (8, 0.0, 0.0)
        assert policy.crop == Fit()
        assert policy.jitter is None
        assert policy.affine is not None


def test_all_methods_have_two_views() -> None:
    assert {len(policies) for policies in POLICIES.values()} == {2}


def test_plain_is_deterministic_and_keeps_size_and_normalisation() -> None:
    small = plain(POLICIES["simclr-cifar"][0])
    assert small == Policy(size=32, crop=Fit(share=1.0), flip=0.0)
    large = plain(Policy(size=224, crop=Crop(interpolation="bilinear"), normalize=Normalize()))
    assert large.crop == Fit(share=0.875, interpolation="bilinear")
    assert large.normalize == Normalize()
    assert (large.flip, large.drop, large.jitter, large.blur, large.affine) == (0, 0, *[None] * 3)
    assert plain(Policy(size=96)).crop == Fit(share=1.0)
    assert plain(Policy(size=97)).crop == Fit(share=0.875)


def test_presets_do_not_import_torch() -> None:
    code = "import sys, lookalike.views.presets; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
