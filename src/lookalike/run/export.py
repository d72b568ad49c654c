"""Exports of an encoder: which content, which place, and what people are told."""

from pathlib import Path

from rich.console import Console
from torch import nn

from lookalike.export import KINDS
from lookalike.export.about import about
from lookalike.export.formats import FORMATS, Content
from lookalike.export.hub import upload
from lookalike.export.model_card import hub_card, model_card
from lookalike.export.program import Classifying, Normalised
from lookalike.export.writing import note, size, write_export
from lookalike.run.judging.classifier import classifier_of
from lookalike.run.load import Pretrained, load
from lookalike.training.runtime import choose_runtime

FOLDER = "exports"
"""Beside the folder `encoder` of a run."""


def export_encoder(
    what: Path,
    to: str,
    out: Path | None,
    *,
    normalisation: bool,
    classifier: bool,
    data: str | None,
    licence: str | None,
    hub: str | None,
    device: str,
    workers: int | None,
    console: Console,
) -> Path:
    """Writes an export that was loaded again and compared, and says how to load it.

    Args:
        what: a run folder or an encoder folder.
        to: a name of KINDS.
        out: the file, or for timm the folder; beside the encoder in `exports` if None.
        normalisation: inside of it, where the format has room for it.
        classifier: the linear probe as well, as one network.
        data: labelled images to fit the probe to; see `classifier_of`.
        licence: of the weights, for the model card.
        hub: USER/NAME to send it to.
        device: where a probe is fitted.
        workers: processes that decode photos, or None for one per core.
        console: who is told.

    Raises:
        UsageError: the format cannot hold this.
        StorageError: there is no encoder, the export differs, or the disk or the hub refused.
    """
    pretrained = load(what)
    layer, classes = None, tuple[str, ...]()
    if classifier:
        runtime = choose_runtime(device, "float32")
        fitted = classifier_of(
            what, pretrained, data=data, runtime=runtime, workers=workers, console=console
        )
        layer, classes = fitted.layer, fitted.classes
    inside = normalisation and not KINDS[to].weights_only
    content = content_of(pretrained, inside=inside, layer=layer, classes=classes)
    home = _encoder_folder(what)
    path = out or _usual(home, to, content)
    if path.is_dir() and KINDS[to].suffix:
        path /= _usual(home, to, content).name
    checked = write_export(content, to, path)
    own = path.parent.resolve() == (home.parent / FOLDER).resolve()
    if own:
        note(content, to, path, checked, home / "model.safetensors")
    console.print(f"{path} ({size(path) / 1e6:.1f} MB), {checked}")
    lines = FORMATS[to].lines(content, str(path))
    console.print(f"\n{lines}", end="")
    is_run = (what / "recipe.yaml").is_file()
    if is_run:
        model_card(what, licence=licence)
    if hub:
        _send(what, content, to, path, hub, licence, console)
    return path


def content_of(
    pretrained: Pretrained, *, inside: bool, layer: nn.Linear | None, classes: tuple[str, ...]
) -> Content:
    """What is exported of an encoder, with a linear layer behind it or none."""
    encoder, policy = pretrained.encoder, pretrained.policy
    facts = about(encoder, policy, normalised_inside=inside, classes=classes)
    module = Normalised(encoder.trunk, facts.mean, facts.std) if inside else encoder.trunk
    module = module if layer is None else Classifying(module, layer)
    return Content(encoder, policy, module.eval(), facts)


def _encoder_folder(what: Path) -> Path:
    """Where `load` found the encoder, with a name."""
    folder = what / "encoder" if (what / "encoder").is_dir() else what
    return folder if folder.name else folder.resolve()


def _usual(home: Path, to: str, content: Content) -> Path:
    """Beside the encoder, under a name that says what is in it."""
    row = KINDS[to]
    name = "classifier" if content.about.classes else home.name
    if row.weights_only:
        name += f"-{to}"
    elif not content.about.normalised_inside:
        name += "-of-normalised-images"
    return home.parent / FOLDER / f"{name}{row.suffix}"


def _send(
    run: Path,
    content: Content,
    to: str,
    path: Path,
    hub: str,
    licence: str | None,
    console: Console,
) -> None:
    """The export and a model card that says how to load it from there."""
    files: dict[str, Path | bytes] = {path.name: path}
    if path.is_dir():
        files = {each.name: each for each in sorted(path.iterdir())}
    lines = FORMATS[to].lines(content, path.name)
    lines = lines.replace(f"local-dir:{path.name}", f"hf-hub:{hub}")
    files["README.md"] = hub_card(run, lines, licence=licence).encode()
    console.print(f"sent: {upload(files, hub, console=console)}")
