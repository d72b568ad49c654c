import pytest
import torch

from lookalike.data.labels import map_labels, noisy, split
from lookalike.errors import DataError, UsageError

LABEL = torch.tensor([0] * 40 + [2] * 20 + [1] * 8 + [-1] * 4)


def test_a_split_divides_everything_once():
    rest, part = split(LABEL, 0.25, seed=3)
    assert sorted([*rest.tolist(), *part.tolist()]) == list(range(len(LABEL)))
    assert rest.tolist() == sorted(rest.tolist())
    assert part.tolist() == sorted(part.tolist())


def test_each_class_gives_its_share():
    _, part = split(LABEL, 0.25, seed=3)
    assert torch.bincount(LABEL[part] + 1).tolist() == [1, 10, 2, 5]


def test_a_split_depends_on_the_seed_alone():
    first, again, other = (split(LABEL, 0.5, seed)[1].tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_the_choice_within_a_class_is_random():
    _, part = split(torch.zeros(1000, dtype=torch.int64), 0.5, seed=0)
    first_half = (part < 500).sum().item()
    assert 200 < first_half < 300  # 250 expected, standard deviation 8


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 1.5])
def test_a_share_must_leave_something_on_both_sides(share):
    with pytest.raises(UsageError, match="between 0 and 1"):
        split(LABEL, share, seed=0)


def test_classes_map_by_name():
    label = torch.tensor([0, 1, -1, 1, 0])
    mapped = map_labels(label, ("dog", "cat"), ("bird", "cat", "dog"))
    assert mapped.tolist() == [2, 1, -1, 1, 2]


def test_numbers_sort_as_names_not_as_numbers():
    # Folders called 0 … 10 are classes 0, 1, 10, 2, … in name order: the trap of ImageNetV2.
    train = tuple(sorted(str(number) for number in range(11)))
    test = ("10", "2")
    mapped = map_labels(torch.tensor([0, 1]), test, train)
    assert [train[number] for number in mapped] == ["10", "2"]


def test_unknown_classes_are_named():
    with pytest.raises(DataError) as caught:
        map_labels(torch.tensor([0, 1, 2]), ("cat", "cow", "pig"), ("cat", "dog"))
    assert "'cow', 'pig'" in caught.value.what
    assert "'dog'" in caught.value.why


def test_an_unknown_class_without_images_does_no_harm():
    assert map_labels(torch.tensor([0]), ("cat", "cow"), ("cat",)).tolist() == [0]


def test_unlabelled_stays_unlabelled():
    assert map_labels(torch.tensor([-1, -1]), (), ("cat",)).tolist() == [-1, -1]


def test_labels_against_a_training_set_without_any():
    with pytest.raises(DataError, match="It has no labels"):
        map_labels(torch.tensor([0]), ("cat",), ())


def test_noise_replaces_its_share_evenly_and_leaves_the_unlabelled():
    label = torch.tensor([0, 1, 2, 3, -1] * 4000)
    found = noisy(label, 4, 0.4, seed=0)
    known = label >= 0
    assert (found[~known] == -1).all()
    # A quarter of what is replaced is right by chance.
    assert (found != label)[known].double().mean().item() == pytest.approx(0.3, abs=0.012)
    wrong = found[known & (found != label)]
    assert torch.bincount(wrong).double().div(len(wrong)).tolist() == pytest.approx(
        [0.25] * 4, abs=0.02
    )
    assert noisy(label, 4, 0.4, seed=0).equal(found)
    assert not noisy(label, 4, 0.4, seed=1).equal(found)
    assert noisy(label, 4, 0.0, seed=0).equal(label)
    more = noisy(label, 4, 0.8, seed=0)
    assert (more != label)[found != label].all()  # more noise keeps the wrong ones
