"""The presets hold the papers' numbers, and evaluation sees nothing random."""

import subprocess
import sys
from dataclasses import replace

import pytest

from lookalike.errors import UsageError
from lookalike.views.filters import taps
from lookalike.views.operations import AutoAugment, Jitter, Normalize, RandAugment
from lookalike.views.policy import OPERATIONS, Crop, Fit, Policy
from lookalike.views.presets import POLICIES, SINGLE, only, plain, strength


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


def test_simclrs_code_differs_where_the_fact_sheet_says() -> None:
    for policy in POLICIES["simclr-code"]:
        assert policy.crop == Crop(draw="tensorflow", antialias=False)
        assert policy.jitter is not None
        assert policy.jitter.form == "tensorflow"
        assert policy.blur is not None
        assert (policy.blur.border, policy.blur.shared) == ("black", True)


def test_byol_is_table_6() -> None:
    """Columns T and T' of arXiv 2006.07733."""
    rows = []
    for policy in POLICIES["byol"]:
        jitter, blur, crop = policy.jitter, policy.blur, policy.crop
        assert jitter is not None
        assert blur is not None
        assert isinstance(crop, Crop)
        solarize = policy.solarize.probability if policy.solarize else 0.0
        strengths = (jitter.brightness, jitter.contrast, jitter.saturation, jitter.hue)
        assert (crop.area, policy.size, policy.normalize) == ((0.08, 1.0), 224, Normalize())
        assert (blur.sigma, taps(blur, 224)) == ((0.1, 2.0), 23)
        rows.append(
            (policy.flip, jitter.probability, strengths, policy.drop, blur.probability, solarize)
        )
    assert rows == [
        (0.5, 0.8, (0.4, 0.4, 0.2, 0.1), 0.2, 1.0, 0.0),
        (0.5, 0.8, (0.4, 0.4, 0.2, 0.1), 0.2, 0.1, 0.2),
    ]


def test_supcon_on_cifar_is_its_pytorch_code() -> None:
    for policy in POLICIES["supcon-cifar"]:
        assert policy.crop == Crop(area=(0.2, 1.0), interpolation="bilinear")
        assert policy.jitter == Jitter(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1)
        assert policy.jitter.probability == 0.8
        assert (policy.size, policy.flip, policy.drop, policy.blur) == (32, 0.5, 0.2, None)
        assert policy.normalize is not None
        assert policy.normalize.mean == (0.4914, 0.4822, 0.4465)
        assert policy.normalize.std == (0.2023, 0.1994, 0.2010)


def test_supcon_on_imagenet_augments_in_the_codes_order() -> None:
    (policy, _) = POLICIES["supcon"]
    assert [name for name, _ in policy.operations()] == ["augment", "normalize"]
    assert policy.augment == AutoAugment(table="v0")
    (stacked, _) = POLICIES["supcon-stacked"]
    names = [name for name, _ in stacked.operations()]
    assert names == ["jitter", "augment", "drop", "warp", "blur", "normalize"]
    assert stacked.augment == RandAugment(form="tensorflow", layers=2, magnitude=10.0)
    assert stacked.warp is not None
    assert stacked.warp.length * 224 == pytest.approx(23)
    papers = [name for name, _ in replace(stacked, first=("augment",)).operations()]
    assert papers[:2] == ["augment", "jitter"]


def test_mae_is_tables_8_to_10() -> None:
    (pretraining,) = POLICIES["mae"]
    assert pretraining.crop == Crop(area=(0.2, 1.0), interpolation="bicubic")
    assert [name for name, _ in pretraining.operations()] == ["normalize"]
    (finetuning,) = POLICIES["mae-finetune"]
    assert [name for name, _ in finetuning.operations()] == ["augment", "normalize", "erase"]
    assert finetuning.augment == RandAugment(form="timm", magnitude=9, deviation=0.5, each=0.5)
    assert finetuning.erase is not None
    assert finetuning.erase.probability == 0.25


def test_as_many_policies_as_the_papers_have_views() -> None:
    one = ("mae", "linear", "rotation", "supervised", "denoising")
    counts = {"swav": 8, "dino": 10}
    for name, policies in POLICIES.items():
        expected = counts.get(name, 1 if name.startswith(one) else 2)
        assert len(policies) == expected, name


def test_only_one_operation_happens_always() -> None:
    assert SINGLE.keys() == {*OPERATIONS, "crop", "flip"} - {"normalize"}
    for name in SINGLE:
        policy = only(name, 64)
        assert [found for found, _ in policy.operations()] == [name] * (name in OPERATIONS)
        assert policy.flip == (name == "flip")
        assert policy.size == 64
        for _, settings in policy.operations():
            assert getattr(settings, "probability", 1.0) == 1.0


def test_first_names_operations_once() -> None:
    with pytest.raises(UsageError, match="no operation blurr") as error:
        Policy(first=("blurr",))
    assert "'blur'" in str(error.value)
    with pytest.raises(UsageError, match="twice"):
        Policy(first=("blur", "blur"))


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
