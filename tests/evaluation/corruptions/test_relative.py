"""mCE and relative mCE against numbers worked out by hand, and what may be a baseline."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from lookalike.errors import UsageError
from lookalike.evaluation.corruptions import KINDS
from lookalike.evaluation.corruptions.relative import ALEXNET, Errors, mce, read, relative_mce


def _errors(clean: float, each: list[float]) -> Errors:
    return Errors(torch.tensor(clean), dict(zip(KINDS, torch.tensor(each), strict=True)))


def test_alexnet_has_the_mean_error_that_is_published() -> None:
    assert torch.stack([*ALEXNET.kinds.values()]).mean().item() == pytest.approx(0.788993, abs=1e-6)
    assert tuple(ALEXNET.kinds) == tuple(KINDS)
    assert mce(ALEXNET, ALEXNET).item() == pytest.approx(1)
    assert relative_mce(ALEXNET, ALEXNET).item() == pytest.approx(1)


def test_by_hand() -> None:
    errors = _errors(0.2, [0.5] * 5 + [0.3] * 10)
    baseline = _errors(0.4, [0.8] * 5 + [0.6] * 10)
    assert mce(errors, baseline).item() == pytest.approx((5 * 0.625 + 10 * 0.5) / 15)
    assert relative_mce(errors, baseline).item() == pytest.approx((5 * 0.75 + 10 * 0.5) / 15)


def test_the_mean_of_images_is_the_whole() -> None:
    wrong = torch.rand(40, 16, generator=torch.Generator().manual_seed(0)).double()
    each = Errors(wrong[:, 0], dict(zip(KINDS, wrong[:, 1:].unbind(1), strict=True)))
    whole = Errors(each.clean.mean(), {kind: error.mean() for kind, error in each.kinds.items()})
    for metric in (mce, relative_mce):
        torch.testing.assert_close(metric(each, ALEXNET).mean(), metric(whole, ALEXNET))


def _report(subject: str, **changed: Any) -> dict[str, Any]:
    how = {"clean_error": 0.1, "errors": {kind: [0.1, 0.2, 0.3, 0.4, 0.5] for kind in KINDS}}
    return {"subject": subject, "how": how | changed}


def test_a_baseline_is_read_from_a_report_of_the_trained_encoder(tmp_path: Path) -> None:
    file = tmp_path / "corruptions.json"
    file.write_text(json.dumps([_report("pixels", clean_error=0.9), _report("trained")]))
    found = read(str(file))
    assert found.clean.item() == pytest.approx(0.1)
    assert found.kinds["fog"].item() == pytest.approx(0.3)


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "no json",
        json.dumps([_report("trained", errors={"fog": [0.1] * 5})]),
        json.dumps([_report("trained", errors={kind: [0.1] for kind in KINDS})]),
    ],
)
def test_a_file_that_is_no_baseline_is_an_error(tmp_path: Path, content: str) -> None:
    file = tmp_path / "corruptions.json"
    file.write_text(content)
    with pytest.raises(UsageError, match="holds no errors of all 15 kinds"):
        read(str(file))
    with pytest.raises(UsageError, match="holds no errors of all 15 kinds"):
        read(str(tmp_path / "none.json"))
