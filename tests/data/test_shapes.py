"""The factors are what the pictures show."""

import colorsys
import math

import pytest
import torch

from lookalike.data.shapes import SHAPES, SIDE, draw_factors, render_shapes


def factors(**changes: float) -> dict[str, torch.Tensor]:
    """One picture of each shape, red and centred on black, with some factors changed."""
    values = {"hue": 0.0, "size": 0.5, "x": 0.0, "y": 0.0, "rotation": 0.0, "background": 0.0}
    count = len(SHAPES)
    floats = {name: torch.full((count,), value) for name, value in (values | changes).items()}
    return {"shape": torch.arange(count), **floats}


def red(**changes: float) -> torch.Tensor:
    """The share of each pixel that is covered, [shape, SIDE, SIDE]."""
    return render_shapes(factors(**changes))[:, 0].double() / 255


def test_drawn_factors_fill_their_ranges_and_know_nothing_of_each_other():
    drawn = draw_factors(0, 4000)
    table = torch.stack([values.double() for values in drawn.values()])
    bounds = [(0, 4), (0, 1), (0.25, 0.55), (-0.4, 0.4), (-0.4, 0.4), (0, math.tau), (0, 1)]
    for values, (low, high) in zip(table, bounds, strict=True):
        assert low <= values.min() <= low + 0.01 * (high - low)
        assert high - 0.01 * (high - low) <= values.max() <= high
    correlation = torch.corrcoef(table) - torch.eye(len(table))
    assert correlation.abs().max() < 0.07  # 4.4 standard deviations
    assert (torch.bincount(drawn["shape"]) - 800).abs().max() < 120


def test_the_first_pictures_do_not_depend_on_how_many_there_are():
    few, many = draw_factors(5, 10), draw_factors(5, 100)
    assert torch.equal(render_shapes(few), render_shapes(many)[:10])
    assert not torch.equal(render_shapes(few), render_shapes(draw_factors(6, 10)))


@pytest.mark.parametrize("hue", [0.0, 0.1, 1 / 3, 0.5, 0.77])
def test_hue_and_background(hue):
    images = render_shapes(factors(hue=hue, background=0.4))
    assert (images[:, :, 0, 0] == 102).all()
    expected = torch.tensor([255 * part for part in colorsys.hsv_to_rgb(hue, 1, 1)])
    middle = images[:, :, SIDE // 2, SIDE // 2].double()
    filled = [place for place, name in enumerate(SHAPES) if name != "ring"]
    assert (middle[filled] - expected).abs().max() <= 1
    assert (middle[SHAPES.index("ring")] == 102).all()


def test_areas():
    covered = red(size=0.5).sum((1, 2)) / (SIDE / 2) ** 2 / 0.5**2  # in units of the size
    exact = {
        "disc": math.pi * 0.9**2,
        "square": 1.4**2,
        "triangle": 3 * math.sqrt(3) / 4,
        "ring": math.pi * (0.9**2 - 0.5**2),
        "cross": 2 * 1.9 * 0.6 - 0.6**2,
    }
    for name, area in zip(SHAPES, covered.tolist(), strict=True):
        assert area == pytest.approx(exact[name], rel=0.03)


def test_a_shift_by_one_pixel_moves_the_picture_by_one_pixel():
    pixel = 2 / SIDE
    moved = red(x=3 * pixel, y=-2 * pixel)
    torch.testing.assert_close(moved[:, :-2, 3:], red()[:, 2:, :-3], atol=2 / 255, rtol=0)


@pytest.mark.parametrize(("name", "symmetry"), [("square", 4), ("triangle", 3), ("cross", 4)])
def test_rotation_has_the_symmetry_of_the_shape(name, symmetry):
    shape = SHAPES.index(name)
    upright, turned = (red(rotation=turn)[shape] for turn in (0.0, math.tau / symmetry))
    torch.testing.assert_close(turned, upright, atol=2 / 255, rtol=0)
    assert (red(rotation=math.pi / symmetry)[shape] - upright).abs().max() > 0.5


def test_rotation_is_clockwise_on_the_screen():
    triangle = SHAPES.index("triangle")  # it points left
    down = torch.rot90(red()[triangle], k=1)  # counter-clockwise: a left point points down
    torch.testing.assert_close(red(rotation=-math.tau / 4)[triangle], down, atol=2 / 255, rtol=0)


def test_every_drawn_shape_lies_inside_its_picture():
    drawn = draw_factors(1, 500)
    drawn["hue"][:], drawn["background"][:] = 0.0, 0.0
    coverage = render_shapes(drawn)[:, 0]
    border = torch.ones(SIDE, SIDE, dtype=torch.bool)
    border[1:-1, 1:-1] = False
    assert coverage[:, border].max() == 0
