"""Weights that other projects have published, for our encoders.

`reading` gets the tensors out of a file, `layouts` knows whose names they have, and `fitting` sees
that they are all an encoder needs and nothing else.
"""

from collections import Counter
from pathlib import Path

from lookalike.errors import UsageError
from lookalike.nn.encoder import Encoder
from lookalike.nn.published.fitting import fit
from lookalike.nn.published.layouts import arranged, recognise
from lookalike.nn.published.reading import read
from lookalike.nn.variants import set_variant, variant_of

_CHANGES = {
    "simclr": "The max-pool now pads as TensorFlow's.",
    "byol": "Layers with a stride now pad as JAX's.",
    "solo-learn": "conv1 now pads by 2 pixels, as there.",
    "lightly": "Behind the first norm there is no activation now, as there.",
}


def load_published(encoder: Encoder, path: Path | str) -> list[str]:
    """Fills an encoder with the weights of a published checkpoint, all of them or none.

    The features become those of the project that trained it: where its network computes something
    else than the encoder's, the encoder becomes that variant, too.

    Args:
        encoder: built with the name, stem, width, patch and depth of the file's; its size is free.
        path: a file of safetensors or of `torch.save` with plain data.

    Returns:
        Sentences: whose layout it is, what was loaded, left out and changed.

    Raises:
        UsageError: the file needs converting first, its layout is unknown, or it does not fit.
        StorageError: there is no such file, or it is damaged.
    """
    path = Path(path)
    tensors, others = read(path)
    known = recognise(tensors, encoder.trunk, file=str(path))
    layout, own = known.layout, encoder.trunk.state_dict()
    weights = {
        name: arranged(layout, tensors[key], own.get(name, tensors[key]))
        for key, name in known.encoder.items()
    }
    count = len(weights)
    remarks = fit(weights, encoder.trunk, file=str(path), words=layout.words)
    if variant_of(encoder.trunk) not in ("own", layout.variant):
        raise UsageError(
            f"The encoder computes what {variant_of(encoder.trunk)}'s code does, and {path} is of "
            f"{layout.words}.",
            do="Build a new encoder for it.",
        )
    for name, tensor in own.items():
        tensor.copy_(weights[name])
    set_variant(encoder.trunk, layout.variant)
    encoder.published = True
    change = _CHANGES.get(variant_of(encoder.trunk))
    return [
        f"{path.name} is read as a file of {layout.words}.",
        f"Its {count} tensors of the encoder are loaded into {encoder.name}.",
        _left_out(known.rest, others),
        *remarks,
        *([change] if change else []),
    ]


def _left_out(keys: list[str], others: list[str]) -> str:
    """The sentence on the file's other entries; tensors are counted by the first word of a name."""
    parts = Counter(key.replace("/", ".").partition(".")[0] for key in keys)
    words = [f"{part} ({n} tensor{'s' if n > 1 else ''})" for part, n in parts.items()]
    return (
        f"Left out: {', '.join([*words, *others])}." if words + others else "Nothing is left out."
    )
