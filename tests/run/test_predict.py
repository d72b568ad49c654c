"""Classes of new pictures, by a probe that is fitted once and kept."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console

from lookalike.errors import DataError, UsageError
from lookalike.evaluation.probes.linear import linear
from lookalike.export.model_card import model_card
from lookalike.run.export import export_encoder
from lookalike.run.judging import classifier
from lookalike.run.load import load
from lookalike.start import predict
from run.untrained import write_untrained

COLOURS = {"blue": (30, 40, 200), "red": (200, 40, 30)}


def pictures(folder: Path, count: int, seed: int) -> None:
    noise = np.random.default_rng(seed)
    for name, colour in COLOURS.items():
        (folder / name).mkdir(parents=True)
        for i in range(count):
            pixels = np.clip(np.array(colour) + noise.integers(-30, 30, (12, 12, 3)), 0, 255)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{i}.png")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("place")
    pictures(place / "labelled", 20, seed=0)
    pictures(place / "new", 3, seed=1)
    (place / "new" / "torn.png").write_bytes(b"\x89PNG and no more")
    (place / "new" / "notes.txt").write_text("no picture")
    write_untrained(place / "run", channels=3, data={"path": str(place / "labelled")})
    return place


@pytest.fixture(autouse=True)
def here(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)


def test_every_picture_has_one_answer(place: Path) -> None:
    found = list(predict("run", "new", out="out/found.csv", workers=0, quiet=True))
    good, bad = found[:-1], found[-1]
    assert len(good) == 6
    for each in good:
        assert each.image.startswith("new/")
        assert each.classes[0][0] == each.image.split("/")[1]
        assert sum(share for _, share in each.classes) == pytest.approx(1, abs=1e-5)
    assert (bad.image, bad.classes) == ("new/torn.png", ())
    assert bad.problem
    assert bad.problem in str(bad)
    rows = list(csv.reader((place / "out" / "found.csv").read_text().splitlines()))
    assert rows[0][:3] == ["image", "class_1", "probability_1"]
    assert rows[0][-1] == "problem"
    assert [row[0] for row in rows[1:]] == [each.image for each in found]
    assert {len(row) for row in rows} == {len(rows[0])}
    assert rows[-1][1:] == ["", "", "", "", "", "", bad.problem]


def test_as_json_and_single_pictures(place: Path) -> None:
    images = ("new/red/1.png", "new/torn.png", "new/blue/0.png")
    found = list(predict("run", *images, out="found.json", top=1, workers=0, quiet=True))
    assert [each.image for each in found] == ["new/red/1.png", "new/blue/0.png", "new/torn.png"]
    read = json.loads((place / "found.json").read_text())
    assert read == [json.loads(json.dumps(each.as_dict())) for each in found]
    assert [each["classes"][0]["class"] for each in read[:2]] == ["red", "blue"]
    assert read[2]["problem"]


def test_it_is_fitted_once(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    list(predict("run", "new/red/1.png", workers=0, quiet=True))
    kept = place / "run" / classifier.FILE
    before = kept.stat().st_mtime_ns
    list(predict("run", "new/red/1.png", workers=0, quiet=True))
    assert kept.stat().st_mtime_ns == before
    list(predict("run", "new/red/1.png", data="labelled", workers=0, quiet=True))
    assert kept.stat().st_mtime_ns != before
    write_untrained(place / "run", channels=3, seed=1, data={"path": str(place / "labelled")})
    later = kept.stat().st_mtime_ns
    list(predict("run", "new/red/1.png", workers=0, quiet=True))
    assert kept.stat().st_mtime_ns != later
    kept.write_bytes(b"damaged")
    list(predict("run", "new/red/1.png", workers=0, quiet=True))
    assert kept.stat().st_size > 1000


def test_it_is_the_evaluations_probe_with_a_temperature(tmp_path: Path) -> None:
    from lookalike.data.opening import open_source
    from lookalike.evaluation.features import extract
    from lookalike.evaluation.metrics import measure
    from lookalike.training.runtime import choose_runtime

    it = load(write_untrained(tmp_path / "run"))
    runtime = choose_runtime("cpu", "float32")
    train, test = (
        extract(it.encoder, open_source("digits", split, limit=300), it.policy, runtime=runtime)
        for split in ("train", "test")
    )
    names = tuple(map(str, range(10)))
    found = classifier.fitted_to(train, test, names, {"data": "digits", "test_images": ""})
    scores = linear(train, test, classes=10).result
    assert isinstance(scores, torch.Tensor)
    degrees = found.how["temperature"]
    assert torch.allclose(found.layer(test.values) * degrees, scores, atol=1e-3)
    wanted = measure(scores, test.label, seed=0)["top-1"]
    assert (found.how["accuracy"], found.how["low"], found.how["high"]) == (
        wanted.value,
        wanted.low,
        wanted.high,
    )
    assert found.classes == names


def test_the_exported_classifier_agrees(place: Path) -> None:
    said = Console(record=True, width=300, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    path = export_encoder(
        Path("run"),
        "torch",
        None,
        normalisation=True,
        classifier=True,
        data=None,
        licence="mit",
        hub=None,
        device="cpu",
        workers=0,
        console=said,
    )
    said.file.close()
    assert path == Path("run/exports/classifier.pt2")
    facts = {"about.json": ""}
    program = torch.export.load(path, extra_files=facts).module()
    assert json.loads(facts["about.json"])["classes"] == ["blue", "red"]
    picture = Image.open("new/red/1.png")
    it = load("run")
    probability = program(it.transform(picture)[None])[0].tolist()  # no normalisation in this run
    (ours,) = predict("run", "new/red/1.png", workers=0, quiet=True)
    assert dict(ours.classes) == pytest.approx(
        dict(zip(("blue", "red"), probability, strict=True)), abs=1e-5
    )
    card = model_card(Path("run")).read_text()
    assert "license: mit" in card  # it stays
    assert "`exports/classifier.pt2`, probabilities" in card
    assert "a linear probe of 2 classes (blue, red)" in card
    assert "right on" in said.export_text()


@pytest.mark.parametrize(
    ("words", "options", "kind", "says"),
    [
        (("run",), {}, UsageError, "nothing to predict"),
        (("run", "new"), {"top": 0}, UsageError, "--top 1"),
        (("run", "new"), {"out": "x.txt"}, UsageError, r"\.csv or \.json"),
        (("labelled", "new"), {}, UsageError, "is not a run"),
        (("run", "nwe"), {}, DataError, "Did you mean 'new'"),
        (("run", "new"), {"data": "labeled"}, DataError, "Did you mean 'labelled'"),
    ],
)
def test_mistakes(
    words: tuple[str, ...], options: dict[str, object], kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind, match=says):
        predict(*words, **options)  # type: ignore[arg-type]


def test_without_labels(tmp_path: Path) -> None:
    pictures(tmp_path / "flat", 3, seed=2)
    run = write_untrained(tmp_path / "run", channels=3, data={"path": str(tmp_path / "flat/red")})
    with pytest.raises(DataError, match="no labels"):
        list(predict(run, "new", workers=0, quiet=True))
