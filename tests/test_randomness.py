"""The numbers are uniform, independent of each other, and functions of what they are for."""

import torch
from scipy import stats

from lookalike.randomness import image_keys, number, order, uniform

IMAGES = torch.arange(20_000)


def test_splitmix_reference_values() -> None:
    """The first outputs of SplitMix64 from state 0, as published with the generator."""
    from lookalike.randomness import _ODD, _mix

    outputs = [int(x) % 2**64 for x in _mix(torch.arange(1, 4) * _ODD)]
    assert outputs == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


def test_uniform_in_the_unit_interval() -> None:
    draws = uniform(image_keys(0, 0, IMAGES), "crop", 5)
    assert draws.min() >= 0
    assert draws.max() < 1
    for column in draws.T:
        assert stats.kstest(column.double().numpy(), "uniform").pvalue > 1e-3


def test_seed_epoch_image_purpose_and_place_are_independent() -> None:
    base = uniform(image_keys(0, 0, IMAGES), "crop", 2)
    others = [
        base[:, 1],
        uniform(image_keys(1, 0, IMAGES), "crop", 1)[:, 0],
        uniform(image_keys(0, 1, IMAGES), "crop", 1)[:, 0],
        uniform(image_keys(0, 0, IMAGES), "flip", 1)[:, 0],
        base[:, 0].roll(1),
    ]
    for other in others:
        assert abs(torch.corrcoef(torch.stack((base[:, 0], other)))[0, 1]) < 0.03


def test_rows_do_not_depend_on_the_batch() -> None:
    keys = image_keys(3, 7, IMAGES)
    whole = uniform(keys, "mask", 8)
    assert torch.equal(uniform(keys[100:101], "mask", 8), whole[100:101])
    assert torch.equal(uniform(keys, "mask", 3), whole[:, :3])


def test_order_is_a_permutation_that_changes_with_the_epoch() -> None:
    first, second = order(0, 0, 1000), order(0, 1, 1000)
    assert torch.equal(first.sort().values, torch.arange(1000))
    assert (first == second).sum() < 10
    assert torch.equal(first, order(0, 0, 1000))


def test_number_separates_its_parts() -> None:
    assert number("a", "bc") != number("ab", "c")
    assert -(2**63) <= number(1) < 2**63
