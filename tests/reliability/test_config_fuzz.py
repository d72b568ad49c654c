"""Recipes and words mistyped at random: each is understood, or refused by name and without a fuss."""

import random
from collections.abc import Sequence
from typing import Any

import pytest

from lookalike import text
from lookalike.errors import UsageError
from lookalike.recipe import library
from lookalike.recipe.estimate import parameters
from lookalike.recipe.leaves import leaves
from lookalike.recipe.overrides import Layer, layers, resolve
from lookalike.recipe.problems import RecipeError
from lookalike.recipe.questions import read
from lookalike.recipe.schema import Recipe, known_names

PACKAGED = library.packaged()
BASES = {name: text.load(content, name) | {"name": name} for name, content in PACKAGED.items()}
KNOWN = {name: known_names(values) for name, values in BASES.items()}

GOOD = [
    "0.1", "0.5", "1", "2", "3", "8", "16", "32", "64", "true", "false", "null", "10 epochs",
    "3 steps", "[0.1, 1.0]", "simclr", "resnet8", "mean",
]  # fmt: skip
ODD = [
    ".nan", "nan", ".inf", "-.inf", "1e999", "-1e999", "1" + "0" * 400, "1" * 5000, "-1", "0",
    "-0.0", "1e-320", "50%", "0,5", " ", "''", "[]", "{}", "[1,2]", "[1,[2]]", "{a: 1}", "é",
    "\u202e", '"\\0"', '"\\ud800"', "🙂", "0 epochs", "-1 epochs", "1e999 epochs",
    "9" * 400 + " epochs", "5 parsecs", "100", "20 epoch", "1.5 steps", "2001-99-99", "2001-01-01",
    "12:30", "0x10", "010", "!!python/object/apply:os.system [x]", "!!binary aaaa", "!!timestamp x",
    "!!int x", "!!set {a}", "&a [*a]", "*a", "<<", "{<<: 3}", "a: b: c", "\t", "- a", "? a", "|",
    "'", '"', "[", "{", "@x", "%x", "!", "---", "...", "../../x", "/etc/passwd", "C:\\x",
    "x" * 3000, "[" * 300, "{a: " * 300, "9223372036854775808", "1_000", "+1", "++1", "0b1", "~",
    "[null]", "{constant: .nan}", "{constant: 1e999}", "{per_256: " + "9" * 400 + "}",
    "{constant: true}", "{root: 0}", "{constant: 1, root: 2}", "{preset: simclr}", "{preset: 3}",
    "{-1: {}}", "{99999999999999999999: {}}", "[{}]", "[[]]", "[{size: 32}]",
    "vit_tiny_patch16_224", "timm", "hf-hub:timm/x", "local-dir:/tmp", "torchvision:resnet18",
    "{name: []}", "{name: null}", "{preset: simclr, 1: 3}", "os.system", "__class__",
]  # fmt: skip

Chance = random.Random


def key(base: str, chance: Chance) -> str:
    found = chance.choice(KNOWN[base])
    if found.startswith("views.") and chance.random() < 0.3:
        found = (
            f"views.{chance.choice(['0', '1', '2', '-1', 'x', '00', '9' * 20, '²'])}.{found[6:]}"
        )
    if chance.random() < 0.25:
        i = chance.randrange(len(found))
        odd = chance.choice("ax.= é\0-")
        ways = [found[:i] + found[i + 1 :], found[:i] + odd + found[i:], found + "." + found,
                found.upper(), found + ".....", "." + found, found * 40]  # fmt: skip
        found = chance.choice(ways)
    return found


def value(chance: Chance) -> str:
    if chance.random() < 0.75:
        return chance.choice(ODD + GOOD * 4)
    found = str(chance.choice([*leaves(BASES[chance.choice([*BASES])])])[1])
    i = chance.randrange(len(found) + 1)
    return found[:i] + chance.choice(ODD) + found[i + chance.randrange(2) :]


def torn(base: str, chance: Chance) -> str:
    """A recipe's file with a line lost, doubled, moved, or with something put in."""
    lines = [line for line in PACKAGED[base].splitlines() if not line.startswith("#")]
    i, j = (chance.randrange(len(lines)) for _ in range(2))
    place = chance.randrange(len(lines[i]) + 1)
    ways = [
        lines[:i] + lines[i + 1 :],
        [*lines, lines[i]],
        [*lines[:i], "  " + lines[i], *lines[i + 1 :]],
        [*lines[:i], lines[i][:place] + chance.choice(ODD) + lines[i][place:], *lines[i + 1 :]],
        [*lines[:i], lines[i][:place], *lines[i + 1 :]],
        [*lines[:i], lines[j], *lines[i + 1 :]],
    ]
    return "\n".join(chance.choice(ways))


def checked(refusal: UsageError, words: Sequence[str] = ()) -> None:
    """It is one short message in plain characters, and names the key and what is right."""
    message = str(refusal)
    assert len(message) < 1500
    message.encode()
    assert refusal.exit_code == 2
    if isinstance(refusal, RecipeError):
        assert refusal.path[:70] in message or refusal.path.partition(".")[0] in message
        assert refusal.do, message
    elif words:
        assert any(word.partition("=")[0][:20] in message for word in words)


@pytest.mark.parametrize("count", [7000, pytest.param(100_000, marks=pytest.mark.nightly)])
def test_words_are_understood_or_refused(count: int) -> None:
    understood = 0
    for number in range(count):
        chance = random.Random(number)  # noqa: S311 - mistakes, not secrets
        base = chance.choice([*BASES])
        words = [f"{key(base, chance)}={value(chance)}" for _ in range(chance.choice([1, 1, 2]))]
        try:
            recipe = resolve([Layer("the base", BASES[base]), *layers(words, {})])
        except UsageError as error:
            checked(error, words)
        else:
            understood += 1
            assert Recipe.read(recipe.dump()) == recipe, words
    assert understood > count / 50, "some words must be right"


@pytest.mark.parametrize("count", [2000, pytest.param(20_000, marks=pytest.mark.nightly)])
def test_files_are_understood_or_refused(count: int) -> None:
    for number in range(count):
        chance = random.Random(-number)  # noqa: S311 - mistakes, not secrets
        base = chance.choice([*BASES])
        try:
            values: Any = text.load(torn(base, chance), "mine.yaml")
            values = values if isinstance(values, dict) else {}
            resolve([Layer("the file", values | {"name": base})])
        except UsageError as error:
            checked(error)


ASKED = [
    "knn", "linear", "knn.k", "knn.temperature", "linear.held_out", "few-labels.labels",
    "finetune.epochs", "corruptions.severities", "kmeans.clusters", "geometry.views",
]  # fmt: skip


@pytest.mark.parametrize("count", [1000, pytest.param(10_000, marks=pytest.mark.nightly)])
def test_evaluations_are_understood_or_refused(count: int) -> None:
    for number in range(count):
        chance = random.Random(number)  # noqa: S311 - mistakes, not secrets
        name = chance.choice(ASKED)
        name = name[: chance.randrange(len(name))] if chance.random() < 0.2 else name
        try:
            read([f"{name}={value(chance)}" if chance.random() < 0.9 else name])
        except UsageError as error:
            checked(error)


@pytest.mark.parametrize("extreme", ["1", "2", "3", "7", "1000", "1000000", "1e300", "1e-300"])
def test_what_is_understood_can_be_built(extreme: str) -> None:
    """Or is refused then, in words: every number of a small recipe at its extremes."""
    base = Layer("the base", BASES["byol-digits"])
    numbers = [k for k, v in leaves(resolve([base]).dump()) if type(v) in (int, float)]
    for name in (name for name in numbers if name.partition(".")[0] in ("method", "encoder")):
        try:
            recipe = resolve([base, *layers([f"{name}={extreme}"], {})])
            parameters(recipe)
        except UsageError as error:
            checked(error)
