"""Recipes and protocols of the four papers against their tables: each number typed once, here."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from lookalike.cli.pretrain import command
from lookalike.data.loading import Loader
from lookalike.data.opening import open_source
from lookalike.evaluation.finetuning.tunings import TUNINGS
from lookalike.evaluation.probes.linear import GRID
from lookalike.evaluation.probes.protocols import PROTOCOLS
from lookalike.method import Method
from lookalike.recipe.build import build_method, build_optimizer, build_rate
from lookalike.recipe.leaves import leaves
from lookalike.recipe.library import packaged
from lookalike.recipe.plan import Plan
from lookalike.recipe.schema import Recipe
from lookalike.training.layers import layer_groups
from lookalike.training.loop import train
from lookalike.training.optimizers import parameter_groups
from lookalike.training.runtime import choose_runtime

Values = dict[str, Any]


def both(**values: Any) -> Values:
    """The same of both views."""
    return {f"views.{i}.{key}": value for i in (0, 1) for key, value in values.items()}


def under(place: str, **values: Any) -> Values:
    return {f"{place}.{key}": value for key, value in values.items()}


def training(batch: int, epochs: int, warmup: int, **rate: float) -> Values:
    length = {"duration": f"{epochs} epochs", "warmup": f"{warmup} epochs"}
    return {"batch": batch, "clip": None} | length | under("rate", **rate)


CROP = {"crop.area": [0.08, 1.0], "crop.aspect": [3 / 4, 4 / 3], "flip": 0.5}
COLOUR = {"brightness": 0.8, "contrast": 0.8, "saturation": 0.8, "hue": 0.2, "probability": 0.8}
HALF = {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1, "probability": 0.8}
LARS = under("optimizer", name="lars", momentum=0.9, trust=0.001)
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
CIFAR10 = {"mean": [0.4914, 0.4822, 0.4465], "std": [0.2023, 0.1994, 0.2010]}

# Sections 2.1, 2.2 and 4, appendix A; the weight decay is the paper's, not the later code's.
SIMCLR: Values = (
    LARS
    | {"optimizer.weight_decay": 1e-6, "encoder.name": "resnet50"}
    | under("method", projector="nonlinear", outputs=128, temperature=0.1, loss="nt_xent")
    | {"method.normalize": True, "method.negatives": "all"}
    | training(4096, 100, 10, per_256=0.3)
    | both(**CROP, size=224, drop=0.2, solarize=None, normalize=None)
    | both(**under("jitter", **COLOUR))
    | both(**under("blur", probability=0.5, sigma=[0.1, 2.0], kernel=0.1))
    | both(**{"crop.interpolation": "bicubic"})
)

# Appendix B.9: half the colours, no blur, small stem; rate and temperature out of its grid.
SIMCLR_CIFAR = (
    {key: value for key, value in SIMCLR.items() if ".blur" not in key}
    | both(size=32, blur=None)
    | both(**under("jitter", **HALF))
    | {"method.temperature": 0.5, "rate.per_256": 1.0, "batch": 1024, "duration": "1000 epochs"}
)

# The released scripts for ResNet-50: one linear layer, normalised features, loss times temperature.
SUPCON: Values = (
    LARS
    | {"optimizer.weight_decay": 1e-3, "encoder.name": "resnet50"}
    | under("method", projector="linear", outputs=128, temperature=0.1, base_temperature=1.0)
    | under("method", normalize_features=True, summation="out", contrast="all", positives=None)
    | training(6144, 350, 12, per_256=0.4)
    | both(**CROP, size=224, jitter=None, drop=0.0, blur=None)
    | both(**{"augment.table": "v0", "crop.interpolation": "bilinear"})
    | both(**under("normalize", mean=[0.5] * 3, std=[0.5] * 3))
)

# The PyTorch code, which divides by a base temperature of 0.07; its rate is not per 256 images.
SUPCON_CIFAR: Values = (
    under("optimizer", name="sgd", momentum=0.9, nesterov=False, weight_decay=1e-4)
    | {"encoder.name": "resnet50"}
    | under("method", projector="nonlinear", outputs=128, temperature=0.1, base_temperature=0.07)
    | under("method", normalize_features=False, summation="out")
    | training(1024, 1000, 10, constant=0.5)
    | both(**CROP | {"crop.area": [0.2, 1.0]}, size=32, drop=0.2, blur=None)
    | both(**under("jitter", **HALF), **under("normalize", **CIFAR10))
)


def byol(*, epochs: int, rate: float, decay: float, target: float, batch: int = 4096) -> Values:
    """One column of the table of its settings, with table 6 for the views."""
    return (
        under("optimizer", name="lars-byol", momentum=0.9, trust=0.001, weight_decay=decay)
        | {"encoder.name": "resnet50"}
        | under("method", hidden=4096, outputs=256, predictor="learned", target="slow")
        | under("method", target_decay=target, negatives=0.0, scaling="length")
        | training(batch, epochs, 10, per_256=rate)
        | both(**CROP, size=224, drop=0.2, **{"crop.draw": "byol", "crop.interpolation": "bicubic"})
        | both(**under("jitter", **HALF | {"saturation": 0.2}))
        | both(**under("blur", sigma=[0.1, 2.0], kernel=0.1), **under("normalize", **IMAGENET))
        | {"views.0.blur.probability": 1.0, "views.1.blur.probability": 0.1}
        | {"views.0.solarize": None, "views.1.solarize.probability": 0.2}
        | {"views.1.solarize.threshold": 0.5}
    )


def mae(encoder: str, *, epochs: int = 1600, normalize: bool = True) -> Values:
    """Appendix A.1, table 8."""
    return (
        under("optimizer", name="adamw", betas=[0.9, 0.95], weight_decay=0.05)
        | under("encoder", name=encoder, drop_path=0.0, pool="token")
        | under("method", mask_ratio=0.75, mask="random", normalize=normalize, loss_on="hidden")
        | under("method", decoder_width=512, decoder_depth=8, decoder_heads=16)
        | {"method.masked_from": "decoder", "layer_decay": 1.0}
        | training(4096, epochs, 40, per_256=1.5e-4)
        | under("views.0", **CROP | {"crop.area": [0.2, 1.0]}, size=224, jitter=None, drop=0.0)
        | {"views.0.crop.interpolation": "bicubic"}
        | under("views.0.normalize", **IMAGENET)
    )


# What MAE's classifiers have in common (tables 9 and 11), beside views.
CLASSIFIER = (
    under("method", name="supervised", smoothing=0.1, mixup=0.8, cutmix=1.0)
    | under("views.0", **CROP, size=224, jitter=None, drop=0.0)
    | under("views.0.augment", form="timm", magnitude=9.0, deviation=0.5, layers=2)
    | under("encoder", name="vit_base_patch16_224", drop_path=0.1)
)

PAPERS: dict[str, Values] = {
    "simclr-imagenet": SIMCLR,
    "simclr-cifar10": SIMCLR_CIFAR,
    "supcon-imagenet": SUPCON,
    "supcon-cifar10": SUPCON_CIFAR,
    "byol-imagenet": byol(epochs=1000, rate=0.2, decay=1.5e-6, target=0.996),
    "byol-imagenet-300": byol(epochs=300, rate=0.3, decay=1e-6, target=0.99),
    "byol-imagenet-100": byol(epochs=100, rate=0.45, decay=1e-6, target=0.99),
    "byol-imagenet-40": byol(epochs=40, rate=0.45, decay=1e-6, target=0.97),
    "byol-imagenet-batch512": byol(epochs=1000, rate=0.4, decay=1.5e-6, target=0.9995, batch=512),
    "mae-imagenet-base": mae("vit_base_patch16_224"),
    "mae-imagenet-large": mae("vit_large_patch16_224"),
    "mae-imagenet-huge": mae("vit_huge_patch14_224"),
    "mae-imagenet-800": mae("vit_large_patch16_224", epochs=800, normalize=False),
    # The released code's column for normalised pixels.
    "mae-finetune-imagenet-base": CLASSIFIER
    | under("optimizer", name="adamw", betas=[0.9, 0.999], weight_decay=0.05)
    | training(1024, 100, 5, per_256=5e-4)
    | {"layer_decay": 0.65, "encoder.pool": "mean", "views.0.erase.probability": 0.25},
    # Appendix A.2.
    "supervised-vit-imagenet": CLASSIFIER
    | under("optimizer", name="adamw", betas=[0.9, 0.95], weight_decay=0.3)
    | training(4096, 300, 20, per_256=1e-4)
    | {"layer_decay": 1.0, "views.0.erase": None, "method.average_decay": 0.9999},
    # SupCon's cross-entropy.
    "supervised-imagenet": under(
        "optimizer", name="sgd", momentum=0.9, nesterov=True, weight_decay=1e-4
    )
    | training(6144, 200, 12, per_256=0.1)
    | {"method.smoothing": 0.05, "views.0.augment.table": "v0", "encoder.name": "resnet50"},
    "supervised-cifar10": under("optimizer", name="sgd", momentum=0.9, weight_decay=1e-4)
    | training(1024, 500, 10, constant=0.8)
    | under("views.0", **CROP | {"crop.area": [0.2, 1.0]}, size=32, jitter=None, drop=0.0)
    | {"encoder.name": "resnet50", "method.smoothing": 0.0},
}

PEAKS = {
    "simclr-imagenet": 4.8,
    "supcon-imagenet": 9.6,
    "byol-imagenet": 3.2,
    "mae-imagenet-base": 2.4e-3,
    "supervised-imagenet": 2.4,
    "supervised-cifar10": 0.8,
}
"""The rate itself, as the papers and codes print it for these batches."""

SCALES = [name for name in packaged() if "imagenet" in name or name.endswith("-cifar10")]
"""All recipes for a cluster."""

SMALLEST = ("simclr-cifar10", "supcon-cifar10", "byol-imagenet-300", "mae-imagenet-base")
"""One of each paper, the least to compute."""


def recipe(name: str, *words: str) -> Recipe:
    return Plan(name, words).draft


def built(name: str) -> Method:
    """Without memory for its numbers."""
    with torch.device("meta"):
        return build_method(recipe(name), 3, classes=1000)


@pytest.mark.parametrize("name", PAPERS)
def test_every_line_is_the_papers(name: str) -> None:
    found = dict(leaves(recipe(name).dump()))
    ours = {key: found.get(key, "not there") for key in PAPERS[name]}
    assert ours == PAPERS[name]


def test_no_recipe_of_the_four_papers_is_left_out() -> None:
    own = ("simclr-", "supcon-", "byol-", "mae-", "supervised-")
    assert {name for name in SCALES if name.startswith(own)} == set(PAPERS)


@pytest.mark.parametrize("name", PEAKS)
def test_the_rate_follows_the_batch_and_then_a_cosine(name: str) -> None:
    chosen = recipe(name)
    rate = build_rate(chosen, 312)
    warm, whole = chosen.warmup.steps(312), chosen.duration.steps(312)
    assert rate(warm) == pytest.approx(PEAKS[name])
    assert rate(0) == 0
    assert rate(warm // 2) == pytest.approx(PEAKS[name] / 2)
    assert rate((warm + whole) // 2) == pytest.approx(PEAKS[name] / 2)
    assert rate(whole) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("name", ["simclr-imagenet", "byol-imagenet", "mae-imagenet-base"])
def test_norms_and_biases_neither_decay_nor_adapt(name: str) -> None:
    method = built(name)
    decays, left = parameter_groups(method)
    names = {parameter: key for key, parameter in method.named_parameters()}
    assert (left["weight_decay"], left["adapt"]) == (0.0, False)
    lines = {names[each] for each in left["params"]}
    trained = {key for key, each in method.named_parameters() if each.requires_grad}
    expected = {key for key in trained if method.get_parameter(key).ndim <= 1}
    assert lines == expected
    assert {names[each] for each in decays["params"]} == trained - expected


def shapes(module: torch.nn.Module) -> list[list[int]]:
    """Of its weights of two dimensions, outputs first."""
    return [list(each.shape) for each in module.parameters() if each.ndim == 2]


def test_heads_and_sizes() -> None:
    simclr, supcon, byol = (built(f"{name}-imagenet") for name in ("simclr", "supcon", "byol"))
    assert shapes(simclr.projector) == [[2048, 2048], [128, 2048]]
    assert [list(each.shape) for each in supcon.projector.parameters()] == [[128, 2048]]
    assert shapes(byol.projector) == [[4096, 2048], [256, 4096]]
    assert shapes(byol.predictor) == [[4096, 256], [256, 4096]]
    assert shapes(built("supcon-cifar10").projector) == [[2048, 2048], [128, 2048]]
    stem: Tensor = built("simclr-cifar10").encoder.get_parameter("trunk.conv1.weight")
    assert list(stem.shape) == [64, 3, 3, 3]


@pytest.mark.parametrize(
    ("name", "millions"),
    [
        ("simclr-imagenet", 24),
        ("mae-imagenet-base", 86),
        ("mae-imagenet-large", 304),
        ("mae-imagenet-huge", 632),
    ],
)
def test_encoders_are_as_large(name: str, millions: int) -> None:
    count = sum(each.numel() for each in built(name).encoder.parameters()) / 1e6
    assert count == pytest.approx(millions, rel=0.025)


def test_layers_of_a_fine_tuned_transformer_have_their_share_of_the_rate() -> None:
    method = built("mae-finetune-imagenet-base")
    groups = layer_groups(method.encoder, method.classifier, decay=0.65)  # type: ignore[arg-type]
    scale = {id(each): group["scale"] for group in groups for each in group["params"]}
    trunk = "encoder.trunk"
    for place, expected in {
        f"{trunk}.patch_embed.proj.weight": 0.003697,
        f"{trunk}.blocks.0.attn.qkv.weight": 0.005688,
        f"{trunk}.blocks.11.mlp.fc2.bias": 0.65,
        "classifier.weight": 1.0,
    }.items():
        assert scale[id(method.get_parameter(place))] == pytest.approx(expected, rel=1e-3)


def test_linear_probes_are_the_papers() -> None:
    lines = {
        name: (p.optimizer, p.rates, p.epochs, p.batch, p.warmup, p.momentum, p.nesterov)
        for name, p in PROTOCOLS.items()
    }
    assert lines == {
        "simclr": ("sgd", (0.1,), 90, 4096, 0, 0.9, True),
        "supcon": ("sgd", (2.5,), 100, 512, 0, 0.9, False),
        "supcon-imagenet": ("rmsprop", (0.05,), 90, 6144, 12, 0.9, False),
        "byol": ("sgd", (0.4, 0.3, 0.2, 0.1, 0.05), 80, 1024, 0, 0.9, True),
        "mae": ("lars", (0.1,), 90, 16384, 10, 0.9, True),
    }
    decays = {name: p.weight_decay for name, p in PROTOCOLS.items() if p.weight_decay}
    assert decays == {"supcon-imagenet": 1e-6}
    assert PROTOCOLS["supcon-imagenet"].falls == (0.97, 0.5)
    assert PROTOCOLS["supcon"].steps == (60, 75, 90)
    assert PROTOCOLS["supcon"].rate(80, peak=5.0, updates=100) == pytest.approx(5 * 0.2**2)
    assert [name for name, p in PROTOCOLS.items() if p.normalize] == ["mae"]
    assert {name: p.deviation for name, p in PROTOCOLS.items() if p.deviation} == {"mae": 0.01}
    assert (len(GRID), GRID[0], GRID[-1]) == (45, pytest.approx(1e-6), pytest.approx(1e5))


def test_fine_tuning_is_the_papers() -> None:
    lines = {
        name: (t.optimizer, set(t.rates), t.epochs, t.batch, t.smoothing, t.mixup, t.cutmix)
        for name, t in TUNINGS.items()
    }
    seven = {10 ** (-4 + 0.5 * i) for i in range(7)}
    assert lines == {
        "simclr": ("sgd", {0.05}, (30,), 4096, 0.0, 0.0, 0.0),
        "byol": ("sgd", {0.01, 0.02, 0.05, 0.1, 0.005}, (30, 50), 1024, 0.0, 0.0, 0.0),
        "mae": ("adamw", {1e-3}, (100,), 1024, 0.1, 0.8, 1.0),
        "transfer": ("sgd", seven, (None,), 256, 0.0, 0.0, 0.0),
    }
    assert TUNINGS["simclr"].epochs_of_1_percent == (60,)
    assert TUNINGS["simclr"].decays == TUNINGS["byol"].decays == (0.0,)
    mae = TUNINGS["mae"]
    assert (mae.decays, mae.layer_decay, mae.drop_path, mae.warmup) == ((0.05,), 0.75, 0.1, 0.05)
    transfer = TUNINGS["transfer"]
    assert (transfer.updates, transfer.decay_per_rate, transfer.slow_norms) == (20_000, True, True)
    assert transfer.decays == pytest.approx((0, *np.logspace(-6, -3, 7)))
    assert min(transfer.rates) == pytest.approx(1e-4)
    assert max(transfer.rates) == pytest.approx(0.1)


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 8 random pictures in 2 classes, 256 px."""
    folder, chance = tmp_path_factory.mktemp("noise"), np.random.default_rng(0)
    for number in range(8):
        (folder / f"class {number % 2}").mkdir(exist_ok=True)
        pixels = chance.integers(0, 256, (256, 256, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"class {number % 2}" / f"{number}.png")
    return folder


def previewed(name: str, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--dry-run` prints a recipe that is a recipe."""
    command(name, data=str(data), dry_run=True)
    printed = capsys.readouterr().out
    assert "million parameters" in printed
    assert f"name: {name}" in printed


def sums(encoder: torch.nn.Module) -> list[float]:
    """Of each of its weights."""
    return [float(each.detach().sum()) for each in encoder.parameters()]


def updated(name: str, data: Path) -> None:
    """One update as the recipe says, but of 2 images: its own batch has no room in any one machine."""
    chosen = recipe(name, "batch=2", "duration=1 steps", "warmup=0 steps", "precision=float32")
    source = open_source(data)
    runtime = choose_runtime("cpu", chosen.precision)
    method = build_method(chosen, source.channels, len(source.classes))
    loader = Loader(source, chosen.views, batch=2, seed=0, device=runtime.device, workers=0)
    before = sums(method.encoder)
    done = train(
        method,
        loader.batches(0, 1),
        build_optimizer(chosen, method),
        build_rate(chosen, 1),
        runtime=runtime,
        seed=0,
        start=0,
        updates=1,
        piece=chosen.piece,
        clip=chosen.clip,
    )
    assert done == 1
    assert np.isfinite(sums(method.encoder)).all()
    assert sums(method.encoder) != before


@pytest.mark.parametrize("name", SMALLEST)
def test_a_recipe_for_a_cluster_makes_an_update(
    name: str, noise: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    previewed(name, noise, capsys)
    updated(name, noise)


@pytest.mark.nightly
@pytest.mark.parametrize("name", [name for name in SCALES if name not in SMALLEST])
def test_every_recipe_for_a_cluster_makes_an_update(
    name: str, noise: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    previewed(name, noise, capsys)
    updated(name, noise)
