"""YAML without its traps."""

import pytest
import yaml

from lookalike import text
from lookalike.errors import UsageError


@pytest.mark.parametrize("number", ["1e-6", "1E-6", "1.0e-06", "0.000001", ".1e-5", "+1e-6"])
def test_numbers_with_an_exponent(number: str) -> None:
    assert text.load(f"x: {number}", "it") == {"x": pytest.approx(1e-6)}


@pytest.mark.parametrize("word", ["e5", "1e", "20 epochs", "resnet20", "1-e5", "1e5x"])
def test_words_stay_words(word: str) -> None:
    assert text.load(word, "it") == word


def test_a_key_that_stands_twice() -> None:
    with pytest.raises(UsageError, match="line 3") as caught:
        text.load("a: 1\nb: {}\na: 2\n", "mine.yaml")
    assert "a stands here twice" in str(caught.value)


@pytest.mark.parametrize("words", ["{[1, 2]: 3}", "{{a: 1}: 2}", "? - a\n: b"])
def test_keys_that_are_no_names(words: str) -> None:
    with pytest.raises(UsageError, match="YAML"):
        text.load(words, "it")


def test_broken_yaml_says_where() -> None:
    with pytest.raises(UsageError, match=r"mine.yaml cannot be read as YAML \(line 3, column 1\)"):
        text.load("a: 1\nb: [1, 2\n", "mine.yaml")


def test_nothing_is_executed() -> None:
    with pytest.raises(UsageError):
        text.load("!!python/object/apply:os.getcwd []", "it")


def test_dump_is_read_by_any_yaml() -> None:
    values = {
        "b": 1e-6,
        "a": [0.08, 1.0],
        "c": {"d": None, "e": True},
        "f": "20 epochs",
        "g": "1e-6",
    }
    written = text.dump(values)
    assert yaml.safe_load(written) == values
    assert text.load(written, "it") == values
    assert list(text.load(written, "it")) == list(values)
