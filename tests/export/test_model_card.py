"""The model card: valid for the hub, true to the run, and its code runs."""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from PIL import Image

from gallery.runs import report, write_run
from lookalike.errors import UsageError
from lookalike.export.encoder_folder import write_encoder
from lookalike.export.model_card import model_card
from lookalike.export.views_words import views_in_words
from lookalike.nn.encoder import Encoder
from lookalike.views import papers
from lookalike.views.operations import Normalize
from lookalike.views.policy import Policy

COLOUR = Policy(size=32, normalize=Normalize(mean=(0.5, 0.4, 0.3), std=(0.2, 0.25, 0.3)))


def write_card(folder: Path, encoder: Encoder | None = None, **options: Any) -> str:
    write_run(folder)
    if encoder:
        policy = replace(COLOUR, size=encoder.size)
        if encoder.channels == 1:
            policy = replace(policy, normalize=None)
        write_encoder(encoder, folder / "encoder", policy=policy)
    return model_card(folder, **options).read_text(encoding="utf-8")


def front(card: str) -> dict[str, Any]:
    head: dict[str, Any] = yaml.safe_load(card.split("---\n")[1])
    return head


@pytest.mark.parametrize(
    ("name", "size", "channels", "ways"),
    [
        ("resnet8", 8, 1, ["lookalike", "torch"]),
        ("vit_tiny_patch16_224", 32, 3, ["lookalike", "timm"]),
        ("vit_tiny_patch16_224", 32, 1, ["lookalike", "timm"]),
    ],
)
def test_its_code_runs_as_it_stands(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    size: int,
    channels: int,
    ways: list[str],
) -> None:
    encoder = Encoder(name, size, channels).eval()
    card = write_card(tmp_path / "run", encoder)
    picture = torch.randint(0, 256, (size, size, channels), dtype=torch.uint8)
    shape = picture.numpy() if channels == 3 else picture[..., 0].numpy()
    Image.fromarray(shape).save(tmp_path / "run" / "image.jpg", quality=95)
    monkeypatch.chdir(tmp_path / "run")
    codes = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    assert [code.split()[1] for code in codes] == ways
    found = []
    for code in codes:
        names: dict[str, Any] = {}
        exec(code, names)  # noqa: S102 - it is the card's own promise
        promised = re.findall(r"features = .*# \[(\d+), (\d+)\]", code)
        assert [str(n) for n in names["features"].shape] == list(promised[0])
        found.append(names["features"])
    if "timm" in ways:  # both saw the same image
        assert torch.allclose(found[0], found[1], atol=1e-4)


def test_front_matter(tmp_path: Path) -> None:
    head = front(write_card(tmp_path / "a", Encoder("resnet8", 8)))
    assert head["library_name"] == "lookalike"
    assert (head["license"], head["license_name"]) == ("other", "not-stated")
    assert {"self-supervised-learning", "simclr", "resnet8"} <= set(head["tags"])
    timm = front(write_card(tmp_path / "b", Encoder("vit_tiny_patch16_224", 32), licence="mit"))
    assert timm["library_name"] == "timm"
    assert timm["license"] == "mit"
    assert "license_name" not in timm


def test_it_tells_the_whole_run(tmp_path: Path) -> None:
    card = write_card(tmp_path / "run", Encoder("resnet8", 8))
    assert "# run\n" in card
    assert "trained with simclr on 1,347 pictures by lookalike" in card
    assert "| linear | top-1 | 95.8 ± 1.0 | 83.6 ± 1.0 | 98.5 ± 1.0 |" in card
    assert "| fingerprint | 2aa3b150 |" in card
    assert "| skipped as unreadable | 2 |" in card
    assert "resnet8, small stem, width 1" in card
    assert "| updates | 200 |" in card
    assert "| time | 1 min 40 s |" in card
    assert "| torch | 2.14 |" in card
    blocks = re.findall(r"```yaml\n(.*?)```", card, re.DOTALL)
    told = yaml.safe_load(blocks[0]) | yaml.safe_load(blocks[1])
    recipe = yaml.safe_load((tmp_path / "run" / "recipe.yaml").read_text())
    assert told | {"name": recipe["name"]} == recipe
    assert "The views changed small shifts, turns and shears." in card  # and nothing else
    assert "| seed | 7 |" in card
    assert "It was trained on 1,347 images, which is few." in card
    assert "The same test images answered 2 evaluations (knn, linear)." in card
    assert "carved" not in card
    numbers = sum(x.numel() for x in Encoder("resnet8", 8).trunk.state_dict().values())
    assert f"| size | {numbers:,} numbers, " in card
    assert "None has been stated for the weights." in card


@pytest.mark.parametrize(("method", "labels"), [("simclr", ""), ("supcon", "and their labels ")])
def test_test_images_that_were_trained_on_are_named(
    tmp_path: Path, method: str, labels: str
) -> None:
    run = write_run(tmp_path / "run")
    recipe = (run / "recipe.yaml").read_text()
    (run / "recipe.yaml").write_text(recipe.replace("name: simclr,", f"name: {method},"))
    about = {"test_images": "carved: 20% of each class", "data": "digits"}
    (run / "evaluations" / "knn.json").write_text(
        json.dumps([report("knn", "trained", 1, **about)])
    )
    assert f"the encoder has seen them {labels}before" in model_card(run).read_text()


def test_a_licence_stays(tmp_path: Path) -> None:
    write_card(tmp_path / "run", licence="mit")
    card = model_card(tmp_path / "run").read_text()
    assert front(card)["license"] == "mit"
    assert "The weights: mit." in card


def test_views_in_words() -> None:
    first = asdict(papers.BYOL_FIRST) | {"size": 32}
    second = asdict(papers.BYOL_SECOND)
    (line,) = views_in_words([first, first])
    assert line.startswith("Views 1, 2: 32 px; a random part of 8 % to 100 % of the image's area; ")
    assert "mirrored left to right (50 % of the views)" in line
    assert "changed in brightness by 0.4, contrast by 0.4, saturation by 0.2, hue by 0.1" in line
    assert "solarised" not in line
    one, two = views_in_words([first, second])
    assert one.startswith("View 1: ")
    assert "solarised (20 % of the views)" in two
    assert views_in_words([{"size": 8, "affine": {"odd": 1}}, 3]) == ["View 1: 8 px; affine."]
    assert views_in_words("x") == []


def test_a_run_that_has_only_begun(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("name: x\n")
    card = model_card(tmp_path).read_text(encoding="utf-8")
    assert "There is no encoder yet" in card
    assert "Nothing has been measured yet" in card


def test_text_stays_text(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    evil = "<script>x</script> | [a](b) `c`\n# d"
    (run / "ledger.json").write_text(json.dumps({"name": evil, "skipped": {}}))
    (run / "environment.json").write_text(json.dumps({"machine": evil}))
    (run / "recipe.yaml").write_text(f"name: x\nmethod: {{name: {json.dumps(evil)}}}\n")
    prose = re.sub(r"```yaml.*?```", "", model_card(run).read_text(), flags=re.DOTALL)
    body = prose.split("---\n", 2)[2]
    assert "<script" not in body
    assert "\n# d" not in body
    assert not re.search(
        r"(?<!\\)[\[`]", body.replace("`evaluations/`", "").replace("`report.html`", "")
    )


def test_the_card_is_replaced(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    model_card(run)
    first = (run / "README.md").read_text()
    assert model_card(run).read_text() == first


def test_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not the folder of a run"):
        model_card(tmp_path)
