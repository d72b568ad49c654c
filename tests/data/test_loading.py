"""Batches depend on the seed and their number, and on nothing else."""

from itertools import chain, pairwise

import pytest
import torch

from data.pictures import noise, save
from lookalike.data.loading import Loader, in_order
from lookalike.data.opening import open_source
from lookalike.data.sources import Photos
from lookalike.errors import DataError, UsageError
from lookalike.method import Batch
from lookalike.randomness import image_keys
from lookalike.views.operations import Blur, Jitter, Normalize
from lookalike.views.policy import Crop, Fit, Policy
from lookalike.views.render import draw

CPU = torch.device("cpu")
ALL = Policy(
    size=24,
    crop=Crop(),
    jitter=Jitter(),
    drop=0.2,
    blur=Blur(sigma=(0.5, 2.0)),
    normalize=Normalize(),
)
TWO = (ALL, Policy(size=16, crop=Crop(area=(0.2, 0.6)), jitter=Jitter(probability=1.0)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """70 photos of several sizes in two class folders."""
    root = tmp_path_factory.mktemp("photos")
    for number in range(70):
        pixels = noise(number, 100 + number % 7, 110 + number % 5)
        save(root / ("cat", "dog")[number % 2] / f"{number:02}.jpg", pixels, quality=95)
    return root


@pytest.fixture(scope="module")
def photos(folder):
    return open_source(folder)


def loader(source, policies=TWO, batch=33, seed=7, workers=0) -> Loader:
    return Loader(source, policies, batch=batch, seed=seed, device=CPU, workers=workers)


def same(first: Batch, second: Batch) -> bool:
    pairs = zip([*first.views, *first[1:]], [*second.views, *second[1:]], strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def all_same(first: list[Batch], second: list[Batch]) -> bool:
    return len(first) == len(second) and all(map(same, first, second))


@pytest.fixture(scope="module")
def expected(photos):
    """Updates 0 to 4 (two in an epoch), made in this process."""
    return list(loader(photos).batches(0, 5))


def test_a_batch_has_all_views_and_the_images_facts(photos, expected):
    for update, batch in enumerate(expected):
        assert [tuple(view.shape) for view in batch.views] == [(33, 3, 24, 24), (33, 3, 16, 16)]
        assert all(view.dtype == torch.float32 for view in batch.views)
        assert torch.equal(batch.label, photos.label[batch.image])
        assert torch.equal(batch.key, image_keys(7, update // 2, batch.image))


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_batches_do_not_depend_on_the_number_of_workers(photos, expected, workers):
    assert all_same(list(loader(photos, workers=workers).batches(0, 5)), expected)


def test_batches_do_not_depend_on_the_number_of_threads(photos, expected):
    torch.set_num_threads(2)
    try:
        assert all_same(list(loader(photos).batches(0, 5)), expected)
    finally:
        torch.set_num_threads(1)


@pytest.mark.parametrize("workers", [0, 2])
def test_one_may_start_in_the_middle_of_an_epoch_and_again(photos, expected, workers):
    crew = loader(photos, workers=workers)
    assert all_same(list(crew.batches(3, 5)), expected[3:])
    broken_off = crew.batches(0, 5)
    assert same(next(broken_off), expected[0])
    assert all_same(list(crew.batches(1, 4)), expected[1:4])
    assert list(crew.batches(2, 2)) == []


@pytest.mark.parametrize("spec", ["photos", "digits"])
def test_an_epoch_shows_each_image_at_most_once_in_an_order_of_its_own(photos, spec):
    source = photos if spec == "photos" else open_source("digits", limit=70)
    crew = loader(source, (Policy(size=8, crop=Fit(), flip=0.0),) * 2, batch=16)
    assert crew.updates_per_epoch == 4
    rows = [batch.image.tolist() for batch in crew.batches(0, 12)]
    epochs = [list(chain(*rows[first : first + 4])) for first in (0, 4, 8)]
    assert all(len(set(epoch)) == 64 for epoch in epochs)
    assert all(first != second for first, second in pairwise(epochs))
    other = loader(source, (Policy(size=8, crop=Fit(), flip=0.0),) * 2, batch=16, seed=8)
    assert next(other.batches(0, 1)).image.tolist() != rows[0]


def test_the_seed_and_the_epoch_change_what_is_drawn(photos):
    def first_view(seed: int, update: int) -> dict[int, torch.Tensor]:
        (batch,) = loader(photos, seed=seed, batch=70).batches(update, update + 1)
        return dict(zip(batch.image.tolist(), batch.views[0], strict=True))

    one, other_epoch, other_seed = first_view(7, 0), first_view(7, 1), first_view(8, 0)
    assert not any(torch.equal(one[row], other_epoch[row]) for row in one)
    assert not any(torch.equal(one[row], other_seed[row]) for row in one)


def test_without_anything_random_a_view_is_the_picture(tmp_path):
    for number in range(5):
        save(tmp_path / f"{number}.png", noise(number, 100, 100))
    source = open_source(tmp_path)
    assert isinstance(source, Photos)
    (batch,) = loader(source, (Policy(size=100, crop=Fit(), flip=0.0),), batch=5).batches(0, 1)
    for row, view in zip(batch.image.tolist(), batch.views[0], strict=True):
        expected = torch.from_numpy(noise(row, 100, 100)).permute(2, 0, 1) / 255
        torch.testing.assert_close(view, expected, atol=0, rtol=0)


def test_pictures_in_memory_are_rendered_as_they_are():
    source = open_source("shapes", limit=20)
    policy = Policy(size=32, crop=Fit(), flip=0.0)
    (batch,) = loader(source, (policy, policy), batch=20).batches(3, 4)
    for view in batch.views:
        torch.testing.assert_close(view, source.images[batch.image] / 255, atol=1e-6, rtol=0)


def test_a_photo_is_cropped_where_the_draw_says(tmp_path):
    """A photo whose pixels tell their place: red grows downwards, green to the right."""
    down, right = torch.meshgrid(torch.arange(200), torch.arange(240), indexing="ij")
    pixels = torch.stack([down, right, torch.zeros_like(down)], 2).to(torch.uint8).numpy()
    for number in range(6):
        save(tmp_path / f"{number}.png", pixels)
    policy = Policy(size=20, crop=Crop(area=(0.1, 0.5), interpolation="bilinear"), flip=0.5)
    (batch,) = loader(open_source(tmp_path), (policy,), batch=6).batches(0, 1)
    drawn = draw(policy, batch.key, 0, torch.tensor([[200, 240]] * 6))
    assert 0 < drawn.flip.sum() < 6
    for box, flip, view in zip(drawn.box.tolist(), drawn.flip, batch.views[0], strict=True):
        top, left, height, width = box
        rows = top + height * (torch.arange(20) + 0.5) / 20 - 0.5
        columns = left + width * (torch.arange(20) + 0.5) / 20 - 0.5
        columns = columns.flip(0) if flip else columns
        seen = 255 * view
        inner = slice(2, -2)  # at the box's border the average is cut
        assert (seen[0].mean(1) - rows)[inner].abs().max() < 0.6
        assert (seen[1].mean(0) - columns)[inner].abs().max() < 0.6


@pytest.mark.parametrize("workers", [0, 2])
def test_photos_that_vanish_shrink_their_batch_and_are_named(folder, expected, tmp_path, workers):
    names = open_source(folder).names
    for path in folder.rglob("*.jpg"):
        copy = tmp_path / path.relative_to(folder)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes())
    source = open_source(tmp_path)
    gone = expected[0].image[[3, 32]].tolist()  # the last is alone in its task
    cut = expected[1].image[5].item()
    for row in gone:
        (tmp_path / names[row]).unlink()
    whole = (tmp_path / names[cut]).read_bytes()
    (tmp_path / names[cut]).write_bytes(whole[: len(whole) // 2])
    batches = list(loader(source, workers=workers).batches(0, 5))
    for batch, complete in zip(batches, expected, strict=True):
        left = ~torch.isin(complete.image, torch.tensor([*gone, cut]))
        assert torch.equal(batch.image, complete.image[left])
        assert torch.equal(batch.key, complete.key[left])
        for view, full in zip(batch.views, complete.views, strict=True):
            assert torch.equal(view, full[left])
    assert source.ledger.skipped.keys() == {names[row] for row in [*gone, cut]}
    assert source.ledger.used == 67


@pytest.mark.parametrize("workers", [0, 1])
def test_a_batch_without_one_readable_photo(tmp_path, workers):
    for number in range(3):
        save(tmp_path / f"{number}.png", noise(number, 100, 100))
    source = open_source(tmp_path)
    for path in tmp_path.iterdir():
        path.unlink()
    with pytest.raises(DataError, match="None of the 3 pictures") as caught:
        next(loader(source, batch=3, workers=workers).batches(0, 1))
    assert "No such file" in caught.value.why


@pytest.mark.parametrize("workers", [0, 1])
def test_in_order_goes_on_past_a_batch_without_one_readable_photo(tmp_path, workers):
    for number in range(7):
        save(tmp_path / f"{number}.png", noise(number, 100, 100))
    source = open_source(tmp_path)
    policy = Policy(size=20, crop=Fit(), flip=0.0)

    def seen() -> list[list[int]]:
        batches = in_order(source, policy, batch=2, device=CPU, workers=workers)
        return [batch.image.tolist() for batch in batches]

    for number in (2, 3, 4):
        (tmp_path / f"{number}.png").unlink()
    assert seen() == [[0, 1], [5], [6]]
    assert source.ledger.skipped.keys() == {"2.png", "3.png", "4.png"}
    for path in tmp_path.iterdir():
        path.unlink()
    with pytest.raises(DataError, match="None of the 2 pictures") as caught:
        seen()
    assert "'0.png' (gone, or a broken link: No such file or directory)" in caught.value.why


@pytest.mark.parametrize("batch", [71, 0, -1])
def test_a_batch_that_does_not_fit(photos, batch):
    with pytest.raises(UsageError, match=f"batch={batch} does not fit the 70 images") as caught:
        loader(photos, batch=batch)
    assert "batch=70" in caught.value.do


@pytest.mark.parametrize("workers", [0, 2])
def test_in_order_every_image_comes_once(photos, workers):
    policy = Policy(size=100, crop=Fit(), flip=0.0)
    batches = list(in_order(photos, policy, batch=32, device=CPU, workers=workers))
    assert [len(batch.image) for batch in batches] == [32, 32, 6]
    assert torch.cat([batch.image for batch in batches]).tolist() == list(range(70))
    digits = open_source("digits", limit=50)
    rows = [batch.image for batch in in_order(digits, policy, batch=32, device=CPU)]
    assert torch.cat(rows).tolist() == list(range(50))


def test_time_spent_waiting_is_counted(photos):
    crew = loader(photos)
    assert crew.waited == 0
    list(crew.batches(0, 1))
    first = crew.waited
    list(crew.batches(0, 2))
    assert 0 < first < crew.waited


def test_torchs_own_generator_is_left_alone(photos):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    list(loader(photos, workers=1).batches(0, 1))
    assert torch.equal(torch.get_rng_state(), before)
