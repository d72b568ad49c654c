"""`lookalike export`: an encoder for other programs."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter


def command(
    what: str,
    /,
    *,
    to: Literal["timm", "torch", "onnx", "torchvision"],
    out: Path | None = None,
    classifier: bool = False,
    data: str | None = None,
    no_normalisation: Annotated[bool, Parameter(name="--no-normalisation")] = False,
    licence: str | None = None,
    hub: str | None = None,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    workers: int | None = None,
) -> None:
    """Write an encoder for programs without lookalike, checked to give the same numbers.

    The lines that load it are printed, and stand in the run's model card.

    $ lookalike export runs/simclr-photos --to onnx
    $ lookalike export runs/simclr-photos --to torch --classifier

    Args:
        what: a run folder or an encoder folder.
        to: timm (a folder) and torchvision (safetensors) hold weights for their architectures; torch
            (torch.export) and onnx hold the computation of any encoder, normalisation included.
        out: the file or folder to write; in exports/ beside the encoder if not given.
        classifier: with the linear probe behind it: images to probabilities of classes.
        data: labelled images to fit that probe to; the run's own if not given.
        no_normalisation: leave the normalisation of images out of torch and onnx.
        licence: of the weights, for the model card, e.g. apache-2.0.
        hub: USER/NAME: also send it, with a model card, to the Hugging Face hub. Nothing is ever
            sent without this.
        device: where a probe is fitted; auto takes a GPU if there is one.
        workers: processes that decode photos; one per core if not given.
    """
    from lookalike.start import export_encoder

    export_encoder(
        what,
        to=to,
        out=out,
        classifier=classifier,
        data=data,
        normalisation=not no_normalisation,
        licence=licence,
        hub=hub,
        device=device,
        workers=workers,
    )
