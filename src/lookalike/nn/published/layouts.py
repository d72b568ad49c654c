"""How projects name the tensors of their encoders, as a table. Our names are timm's.

Each row was read in the project's official code. A row knows its files by their keys; the first row
that does is taken.
"""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from torch import Tensor, nn

from lookalike.errors import UsageError
from lookalike.nn.variants import Variant

Renames = tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...]


class Layout(NamedTuple):
    """How one project names an encoder's tensors; all patterns are regular expressions."""

    words: str  # whose file it is, for people
    prefix: str  # what the keys of the encoder begin with
    sign: str = ""  # how one of them goes on; by default the name of a first layer
    beside: str = ""  # a key that is there, too
    renames: Renames = ()  # from the rest of a key to timm's name, one after the other
    numbered: bool = False  # layers are numbered in the order of their creation
    last: bool = False  # channels are last: kernels are (height, width, inputs, outputs)
    variant: Variant = "own"


_AT = r"(?:(?:state_dict|model)\.)?(?:module\.)?"  # where a network stands in a file

_SHORTCUT = (r"\.shortcut\.", ".downsample.")

_TENSORFLOW: Renames = (
    (r":0$", ""),
    (r"/(kernel|gamma)$", ".weight"),
    (r"/beta$", ".bias"),
    (r"/moving_mean$", ".running_mean"),
    (r"/moving_variance$", ".running_var"),
)

_HAIKU: Renames = (
    (r"^initial_conv/w$", "conv1.weight"),
    (r"^initial_batchnorm/", "bn1/"),
    (r"^block_group_(\d)/~/block_(\d+)/~/", lambda m: f"layer{int(m[1]) + 1}.{m[2]}."),
    (r"\.conv_(\d)/w$", lambda m: f".conv{int(m[1]) + 1}.weight"),
    (r"\.batchnorm_(\d)/", lambda m: f".bn{int(m[1]) + 1}/"),
    (r"\.shortcut_conv/w$", ".downsample.0.weight"),
    (r"\.shortcut_batchnorm/", ".downsample.1/"),
    (r"/scale$", ".weight"),
    (r"/offset$", ".bias"),
    (r"/~/(mean|var)_ema/average$", r".running_\1"),
)


def _sequential(first: int) -> Renames:
    """Children by their number: convolution, norm, and from `first` on the stages."""
    stages = ((rf"^{first + i}\.", f"layer{i + 1}.") for i in range(4))
    return ((r"^0\.", "conv1."), (r"^1\.", "bn1."), *stages, _SHORTCUT)


LAYOUTS = (
    Layout(
        "SimCLR's TensorFlow code",
        r"base_model/",
        sign=r"conv2d/kernel",
        renames=_TENSORFLOW,
        numbered=True,
        last=True,
        variant="simclr",
    ),
    Layout(
        "BYOL's Haiku code",
        r"res_net\d+/~/",
        sign=r"initial_conv/w$",
        renames=_HAIKU,
        last=True,
        variant="byol",
    ),
    Layout("MoCo, whose query encoder is taken", rf"{_AT}encoder_q\."),
    Layout("MoCo v3, whose base encoder is taken", rf"{_AT}base_encoder\."),
    Layout("DINO, whose teacher is taken", r"teacher\.(?:module\.)?backbone\."),
    Layout(
        "solo-learn",
        r"state_dict\.(?:backbone|encoder)\.",
        beside=r"state_dict\.classifier\.weight$",
        variant="solo-learn",
    ),
    Layout(
        "SupContrast or another with an encoder beside its head",
        rf"{_AT}encoder\.(?:module\.)?",
        renames=(_SHORTCUT,),
    ),
    Layout(
        "lightly, torchvision's ResNet as a Sequential",
        rf"{_AT}(?:backbone\.)?",
        sign=r"7\.0\.conv1\.weight$",
        renames=_sequential(4),
    ),
    Layout(
        "lightly, its own ResNet as a Sequential",
        rf"{_AT}(?:backbone\.)?",
        sign=r"2\.0\.conv1\.weight$",
        renames=_sequential(2),
        variant="lightly",
    ),
    Layout("lightly or another with a backbone beside its head", rf"{_AT}backbone\."),
    Layout("timm, torchvision, MAE or another with timm's names", _AT),
)

_HEADS = (
    r"(fc|heads?|head_dist|classifier|linear|mask_token|decoder_\w+"
    r"|proj\w*|pred\w*|prototypes?)(\.|$)"
)
_MEMORIES = r".*/(Momentum|hidden|counter)(:0)?$"


class Recognised(NamedTuple):
    """A file's keys, understood."""

    layout: Layout
    encoder: dict[str, str]  # of the encoder: the file's keys and timm's names
    rest: list[str]  # keys of heads, slow copies and optimizers, without what leads to them


def recognise(keys: Iterable[str], trunk: nn.Module, *, file: str) -> Recognised:
    """By the first layout that knows the keys of `file`.

    Raises:
        UsageError: none does, or layers are numbered and are not as many as in the trunk.
    """
    keys = list(keys)
    own = next(iter(trunk.state_dict()))
    first = "|".join(map(re.escape, ("conv1.weight", "patch_embed.proj.weight", own)))
    for layout in LAYOUTS:
        sign = re.compile(rf"({layout.prefix}){layout.sign or f'(?:{first})$'}")
        found = next(filter(None, map(sign.match, keys)), None)
        if found and any(re.match(layout.beside, key) for key in keys):
            return _read_by(layout, found[1], keys, trunk)
    raise UsageError(
        f"The names in {file} are of no known layout.",
        why=f"They begin with {', '.join(keys[:3])}. Known are the files of "
        f"{'; '.join(layout.words for layout in LAYOUTS)}.",
        do="Rename its tensors as timm does, and save them again.",
    )


def arranged(layout: Layout, tensor: Tensor, own: Tensor) -> Tensor:
    """A tensor of the file with its dimensions in PyTorch's order, for the place of `own`."""
    if not layout.last:
        return tensor
    return tensor.permute(3, 2, 0, 1) if tensor.ndim == own.ndim == 4 else tensor.flatten()


def _read_by(layout: Layout, prefix: str, keys: list[str], trunk: nn.Module) -> Recognised:
    own = trunk.state_dict()
    encoder: dict[str, str] = {}
    rest: list[str] = []
    for key in keys:
        if not key.startswith(prefix):
            rest.append(re.sub(rf"^(teacher\.)?{_AT}", "", key))
            continue
        name = _renamed(layout, key.removeprefix(prefix))
        if memory := re.match(_MEMORIES, name):
            rest.append(memory[1])
        elif name not in own and re.match(_HEADS, name):
            rest.append(name)
        else:
            encoder[key] = name
    if layout.numbered:
        encoder = _placed(encoder, trunk)
    return Recognised(layout, encoder, rest)


def _renamed(layout: Layout, name: str) -> str:
    for pattern, replacement in layout.renames:
        name = re.sub(pattern, replacement, name)
    return name


_BY_CONVOLUTIONS = {53: "resnet50", 104: "resnet101", 155: "resnet152", 203: "resnet200"}


def _placed(numbered: dict[str, str], trunk: nn.Module) -> dict[str, str]:
    """Names like "conv2d_3.weight" → where that layer is in a ResNet; a block's shortcut is first."""
    convs = [name for name, tensor in trunk.state_dict().items() if tensor.ndim == 4]
    blocks = list(dict.fromkeys(map(_block, convs)))
    convs.sort(key=lambda name: (blocks.index(_block(name)), "downsample" not in name))
    count = len({name for name in numbered.values() if name.startswith("conv2d")})
    if count != len(convs):
        raise UsageError(
            f"SimCLR's file holds {count} convolutions, and the encoder has {len(convs)}.",
            why="Its layers are only numbered, so there must be as many.",
            do=f"Choose encoder.name={_BY_CONVOLUTIONS[count]}."
            if count in _BY_CONVOLUTIONS
            else "Choose another file: selective kernels, and SimCLR's ResNet-18 and ResNet-34 with "
            "one shortcut more, are not among timm's networks.",
        )
    places: dict[str, str] = {}
    for i, conv in enumerate(name.removesuffix(".weight") for name in convs):
        number = f"_{i}" if i else ""
        places |= {f"conv2d{number}": conv, f"batch_normalization{number}": _norm(conv)}
    split = {key: name.partition(".") for key, name in numbered.items()}
    return {key: f"{places.get(layer, layer)}.{kind}" for key, (layer, _, kind) in split.items()}


def _block(name: str) -> str:
    return re.split(r"\.?(?:conv|downsample)", name)[0]


def _norm(conv: str) -> str:
    """The batch norm behind a convolution: bn2 for conv2, downsample.1 for downsample.0."""
    block, _, layer = conv.rpartition(".")
    return f"{block}.1" if layer == "0" else conv.replace("conv", "bn")
