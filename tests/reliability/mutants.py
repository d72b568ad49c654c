"""Files changed at random, as damage and malice change them; the same seed gives the same ones."""

import json
import random
import struct
from collections.abc import Callable
from copy import deepcopy
from typing import Any

ODD: list[Any] = [
    None, True, False, 0, 1, -1, 3, 2**31, 2**63, 10**30, -(2**63), 0.5, 1e308, float("nan"),
    float("inf"), "", " ", "x", "\0", "\ud800", "é", "../../x", "/etc/passwd", "x" * 10_000,
    "hf-hub:a/b", "builtins.eval", "vit_tiny_patch16_224", "torchvision:resnet18", "small", "F32",
    "F64", "BF16", "F8_E4M3", "I64", "BOOL", "C64", "F4", [], [0], [1, -1], [0, 2**63], [[]], {},
    {"": None}, {"a": {"b": []}},
]  # fmt: skip
"""What stands where something else should."""


def mutated(content: Any, chance: random.Random) -> Any:
    """Plain values with one to three places changed."""
    content = deepcopy(content)
    for _ in range(chance.randint(1, 3)):
        holders = [each for each in _containers(content) if each]
        if not holders:
            return chance.choice(ODD)
        holder = chance.choice(holders)
        key: Any = chance.choice([*holder]) if isinstance(holder, dict) else -1
        match chance.randrange(5):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[str(chance.choice(ODD))[:50]] = holder.pop(key)
            case 2 if isinstance(holder[key], int) and not isinstance(holder[key], bool):
                holder[key] += chance.choice([-1, 1, 4, -4, 10**9, -(10**9)])
            case _:
                holder[key] = deepcopy(chance.choice(ODD))
    return content


def written(content: Any, chance: random.Random) -> bytes:
    """JSON of mutated values, one in five with its bytes changed, too."""
    text = json.dumps(mutated(content, chance)).encode()
    return _bitten(text, chance) if chance.random() < 0.2 else text


def with_header(file: bytes, chance: random.Random) -> bytes:
    """A safetensors file whose header is another one."""
    length = struct.unpack("<Q", file[:8])[0]
    header = written(json.loads(file[8 : 8 + length]), chance)
    said = len(header)
    if chance.random() < 0.1:
        said = chance.choice([0, 1, said - 1, said + 1, 10**8, 10**8 + 1, 2**63, 2**64 - 1])
    body = file[8 + length :]
    if chance.random() < 0.1:
        body = chance.choice([b"", body[:-1], body + b"\0", body[: len(body) // 2]])
    return struct.pack("<Q", said) + header + body


def _containers(content: Any) -> list[Any]:
    inside: list[Any] = []
    if isinstance(content, dict):
        inside = list(content.values())
    elif isinstance(content, list):
        inside = content
    else:
        return []
    return [content, *(each for part in inside for each in _containers(part))]


def _bitten(text: bytes, chance: random.Random) -> bytes:
    """Bytes flipped, cut, doubled or put in."""
    place = chance.randrange(len(text)) if text else 0
    changes: list[Callable[[], bytes]] = [
        lambda: text[:place] + bytes([chance.randrange(256)]) + text[place + 1 :],
        lambda: text[:place],
        lambda: text + text,
        lambda: text[:place] + b"[" * 100_000 + text[place:],
        lambda: text[:place] + b'"a":1,"a":1' + text[place:],
    ]
    return chance.choice(changes)()
