"""The surest mistakes, beside a slow sort, and how sure an evaluation was."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from lookalike.data.opening import open_source
from lookalike.evaluation.asking import judged
from lookalike.evaluation.metrics import Outcome
from lookalike.evaluation.report import Guesses, Report
from lookalike.gallery import stored
from lookalike.gallery.hardest import Hardest, place_of
from lookalike.run.judging.evaluation import keep
from lookalike.run.judging.hardest import SHOWN, hardest, keep_hardest


def report(scores: torch.Tensor, label: torch.Tensor, subject: str = "trained") -> Report:
    return judged(
        Outcome(scores, {}),
        evaluation="linear",
        subject=subject,
        image=torch.arange(len(label)),
        label=label,
        n_train=100,
        classes=scores.shape[1],
        how={"seed": 0, "test_fingerprint": "2aa3"},
    )


def test_the_surest_mistakes_come_first() -> None:
    test = open_source("digits", "test", limit=200)
    chance = torch.Generator().manual_seed(0)
    scores = torch.randn(150, 10, generator=chance)
    image = torch.randperm(200, generator=chance)[:150]
    guess, probability = scores.argmax(1), scores.softmax(1).max(1).values
    found = hardest(Guesses(image, test.label[image], guess, probability), test)
    slow = sorted(
        (-float(probability[row]), int(image[row]), int(guess[row]))
        for row in range(150)
        if guess[row] != test.label[image[row]]
    )
    assert (found.wrong, found.tested) == (len(slow), 150)
    assert len(found.mistakes) == SHOWN
    for one, (sure, row, taken) in zip(found.mistakes, slow, strict=False):
        assert (one.name, one.label) == (test.names[row], test.classes[test.label[row]])
        assert one.guess == test.classes[taken]
        assert one.sure == pytest.approx(-sure, abs=1e-4)
        assert one.image.startswith("data:image/jpeg;base64,")


def test_how_sure_is_a_share_of_the_votes_or_a_probability() -> None:
    label = torch.tensor([0, 1])
    votes = report(torch.tensor([[0.25, 0.75], [0.0, 1.0]]), label)
    logits = report(torch.tensor([[0.0, 3.0], [-torch.inf, 0.5]]), label)
    for found, wanted in ((votes, [0.75, 1.0]), (logits, [1 / (1 + 2.718281828**-3), 1.0])):
        assert found.guesses is not None
        assert found.guesses.sure is not None
        assert found.guesses.guess.tolist() == [1, 1]
        assert found.guesses.sure.tolist() == pytest.approx(wanted)


def test_only_the_trained_encoders_are_kept(tmp_path: Path) -> None:
    test = open_source("digits", "test", limit=20)
    scores = torch.eye(10)[test.label]
    right, wrong = report(scores, test.label, "pixels"), report(-scores, test.label)
    keep_hardest(tmp_path, [right], test)
    assert list(tmp_path.iterdir()) == []
    keep(tmp_path, [right, wrong], test.classes)
    keep_hardest(tmp_path, [right, wrong], test)
    found = stored.read(place_of(tmp_path, "linear"), Hardest, [])
    assert found is not None
    assert (found.wrong, found.tested) == (20, 20)
    with safe_open(tmp_path / "linear.safetensors", framework="pt") as file:
        assert json.loads(file.metadata()["classes"]) == list(test.classes)
