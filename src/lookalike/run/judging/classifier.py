"""The linear probe of a run, fitted once and kept: what turns its encoder into a classifier."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from rich.console import Console
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from lookalike import files
from lookalike.data.labels import split
from lookalike.evaluation.features import Features
from lookalike.evaluation.metrics import Estimate, measure
from lookalike.evaluation.probes.calibration import ece
from lookalike.evaluation.probes.classifier import Classifier
from lookalike.evaluation.probes.linear import fit
from lookalike.evaluation.probes.logistic import Problem
from lookalike.evaluation.probes.temperature import temperature
from lookalike.evaluation.subject import Subject
from lookalike.recipe.questions import read
from lookalike.run.folder import RunFolder
from lookalike.run.judging.evaluation import Sitting, open_exam
from lookalike.run.load import Pretrained, load
from lookalike.run.workers import count_workers
from lookalike.training.runtime import Runtime

FILE = "classifier.safetensors"
_HELD_OUT, _SEED = 0.2, 0  # as `evaluate linear` has them by itself


@dataclass(frozen=True)
class Fitted:
    """A linear layer behind an encoder.

    Args:
        layer: features [n, d] → scores [n, classes], whose softmax is calibrated.
        how: what is known of it, ready for JSON: "classes", "accuracy" and its interval "low" and
            "high" on "n_test" images, what it was fitted to and chosen by.
    """

    layer: nn.Linear
    how: dict[str, Any]

    @property
    def classes(self) -> tuple[str, ...]:
        """Their names, in the order of the scores."""
        return tuple(self.how["classes"])

    def __str__(self) -> str:
        how = self.how
        estimate = Estimate(how["accuracy"], how["low"], how["high"])
        return (
            f"classifier of {len(how['classes'])} classes, fitted to {how['n_train']:,} images of "
            f"{how['data']}: {estimate} % right on {how['n_test']:,} others"
        )


def classifier_of(
    run: Path,
    pretrained: Pretrained,
    *,
    data: str | None,
    runtime: Runtime,
    workers: int | None,
    console: Console,
) -> Fitted:
    """The classifier kept in a run, or a new one that is kept.

    Args:
        run: the run folder.
        pretrained: its encoder.
        data: labelled images to fit it to anew; None takes the kept one if it is of this encoder,
            and else the run's own images.
        runtime: where to compute.
        workers: processes that decode photos, or None for one per core.
        console: who is told.

    Raises:
        DataError: there are no labels, or too few.
        StorageError: the run cannot be written.
    """
    weights = files.sha256(run / "encoder" / "model.safetensors")
    kept = _read(run / FILE, weights) if data is None else None
    if kept is None:
        folder = RunFolder(run)
        with folder.locked():
            kept = _fit(folder, pretrained, data, runtime, workers, console)
            _write(run / FILE, kept, weights)
    console.print(str(kept))
    return kept


def _fit(
    folder: RunFolder,
    pretrained: Pretrained,
    data: str | None,
    runtime: Runtime,
    workers: int | None,
    console: Console,
) -> Fitted:
    recipe = folder.read_recipe()
    where = data or recipe.data.path or ""
    own = where == recipe.data.path
    encoder = runtime.place(load(folder.path).encoder)
    subject = Subject("trained-float32", encoder, pretrained.policy)
    console.print(f"fitting a classifier to {where}", style="dim")
    exam = open_exam(
        where,
        [subject],
        read(["linear"]),
        runtime=runtime,
        seed=_SEED,
        workers=count_workers(workers),
        cache=folder.cache,
        limit=recipe.data.limit if own else None,
    )
    train, test = Sitting(subject, exam).features
    facts = {"data": where, "test_images": exam.about["test_images"]}
    return fitted_to(train, test, exam.train.classes, facts)


def fitted_to(
    train: Features, test: Features, names: tuple[str, ...], facts: dict[str, Any]
) -> Fitted:
    """The probe of the evaluation `linear`, with a temperature, judged on the test images.

    The temperature is chosen on the images that chose the penalty, by a classifier that was not
    fitted to them. The test images choose nothing.

    Args:
        train: labelled features.
        test: others.
        names: of all classes; those without a training image are left out.
        facts: what else is known.
    """
    found, present, how = fit(train, seed=_SEED, held_out=_HELD_OUT)
    degrees = temperature(*_held_out(train, how["penalty"]))
    layer = folded(found, degrees)
    with torch.inference_mode():
        scores = torch.full((len(test.values), len(names)), -torch.inf)
        scores[:, present] = layer(test.values)
        top = measure(scores, test.label, seed=_SEED)["top-1"]
        errors = [ece((scores * t).double().softmax(1), test.label) for t in (degrees, 1.0)]
    return Fitted(
        layer,
        {
            "classes": [names[number] for number in present.tolist()],
            "accuracy": top.value,
            **{end: asdict(top)[end] for end in ("low", "high")},
            "n_train": len(train.label),
            "n_test": len(test.label),
            **facts,
            "temperature": degrees,
            "ECE_without_temperature": errors[0],
            "ECE": errors[1],
            **{key: how[key] for key in ("penalty", "penalty_means", "held_out", "solver")},
            "seed": _SEED,
        },
    )


def _held_out(train: Features, penalty: float) -> tuple[Tensor, Tensor]:
    """Scores and classes of the images held out, by a classifier of the others."""
    _, label = torch.unique(train.label, return_inverse=True)
    rest, part = split(label, _HELD_OUT, _SEED)
    rough = Problem(train.values, label).part(rest).solve(penalty)
    return rough.scores(train.values[part]), label[part]


def folded(fitted: Classifier, degrees: float) -> nn.Linear:
    """Standardisation, classifier and temperature as one linear layer, put together in float64."""
    mean, deviation = fitted.scale.mean.double(), fitted.scale.deviation.double()
    weight = fitted.weight.double() / deviation[:, None]
    layer = nn.Linear(*weight.shape).requires_grad_(False)
    layer.weight.copy_(weight.T / degrees)
    layer.bias.copy_((fitted.bias.double() - mean @ weight) / degrees)
    return layer


def _write(path: Path, fitted: Fitted, weights: str) -> None:
    metadata = {"how": json.dumps(fitted.how, ensure_ascii=False), "encoder": weights}
    tensors = {name: tensor.contiguous() for name, tensor in fitted.layer.state_dict().items()}
    files.write_bytes(path, safetensors.torch.save(tensors, metadata))


def _read(path: Path, weights: str) -> Fitted | None:
    """The classifier kept there; None where there is none, of another encoder or a damaged one."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("encoder") != weights:
                return None
            how = json.loads(metadata["how"])
            weight, bias = file.get_tensor("weight"), file.get_tensor("bias")
    except (OSError, SafetensorError, ValueError, KeyError):
        return None
    layer = nn.Linear(*reversed(weight.shape)).requires_grad_(False)
    layer.load_state_dict({"weight": weight, "bias": bias})
    return Fitted(layer, how)
