"""The map in a browser: what is pointed at, drawn around and hidden; quick, and from one file."""

import base64
import io
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path as File

import numpy as np
import pytest
import torch
from matplotlib.path import Path as Outline
from PIL import Image

from gallery.browser import Browser, browser
from lookalike.gallery.map_drawing import write_drawing
from lookalike.gallery.map_page import PAGE_BYTES, Classes, Map, Scale, write_map
from lookalike.gallery.map_tiles import ACROSS, SIDES, side_for, tiles

EVIL = "</script><script>alert(1)</script>'\"><img src=x onerror=alert(2)>\u2028"
COUNT = 300


def drawn(count: int = COUNT, side: int = 16, noise: bool = False) -> Map:
    """Images at random places, in three classes; each has a thumbnail of one colour, or noise."""
    chance = torch.Generator().manual_seed(0)
    places = torch.rand(count, 2, generator=chance, dtype=torch.float64)
    places[:2] = torch.tensor([[0.0, 0.0], [1.0, 1.0]])
    tones = torch.randint(0, 256, (count, 3, 1, 1), generator=chance, dtype=torch.uint8)
    pictures = tones.expand(-1, 3, side, side).contiguous()
    if noise:
        pictures = torch.randint(0, 256, pictures.shape, generator=chance, dtype=torch.uint8)
    scores = torch.rand(count, generator=chance)
    scores[3] = torch.nan
    label = torch.arange(count) % 3
    label[5] = -1
    names = [f"train/kind {row % 3}/picture {row:05}.jpg" for row in range(count)]
    names[7] = f"{EVIL}\n.jpg"
    return Map(
        title=f"Map of {EVIL}",
        about=[EVIL],
        notes=[EVIL],
        axes=("first", "second"),
        places=places,
        names=names,
        colours=[
            Classes("class", ["a", EVIL, "c"], label),
            Scale("outlier score", "High ones are odd.", scores),
        ],
        pictures=pictures,
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> File:
    path = tmp_path_factory.mktemp("map") / "map.html"
    write_map(drawn(), path)
    return path


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> File:
    """50,000 images of noise, which is what JPEG is worst at."""
    path = tmp_path_factory.mktemp("map") / "big.html"
    write_map(drawn(50_000, side_for(50_000), noise=True), path)
    return path


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("chromium")) as found:
        yield found


@pytest.fixture
def opened(chromium: Browser, page: File) -> Iterator[Browser]:
    """The map, opened anew; at the end nothing was complained of and nothing asked for."""
    chromium.open(page)
    yield chromium
    assert chromium.complaints() == []
    assert chromium.requests() == [page.resolve().as_uri()]


def on_screen(opened: Browser) -> np.ndarray:
    """Where the images are in the window, from their places and the view alone."""
    view = opened.ask("view")
    low, high = drawn().places.min(0).values, drawn().places.max(0).values
    unit = ((drawn().places - low) / (high - low).max()).numpy()
    box = opened.ask("canvas.getBoundingClientRect().toJSON()")
    x = box["left"] + view["left"] + view["scale"] * unit[:, 0]
    y = box["top"] + view["top"] + view["scale"] * (1 - unit[:, 1])
    return np.stack([x, y], 1)


def listed(opened: Browser) -> set[str]:
    return set(opened.ask("$('paths').value").split("\n"))


def named(rows: np.ndarray) -> set[str]:
    return {drawn().names[row].replace("\n", "\\n") for row in rows}


def until(opened: Browser, expression: str) -> None:
    """Waits until it is true in the page."""
    ends = time.monotonic() + 20
    while not opened.ask(expression):
        assert time.monotonic() < ends, expression
        time.sleep(0.05)


def surround(opened: Browser) -> None:
    """Draws around all images."""
    places = on_screen(opened)
    (left, top), (right, bottom) = places.min(0) - 8, places.max(0) + 8
    opened.drag([(left, top), (right, top), (right, bottom), (left, bottom)], modifiers=8)


def alone(places: np.ndarray) -> int:
    """The image farthest from its nearest one."""
    far = np.linalg.norm(places[:, None] - places[None], axis=2) + 1e9 * np.eye(len(places))
    return int(far.min(1)[8:].argmax()) + 8


def test_pointing_shows_the_thumbnail_and_what_is_known(opened: Browser) -> None:
    row = alone(on_screen(opened))
    opened.mouse("Moved", *on_screen(opened)[row])
    until(opened, "!card.hidden && sheets.get(0).complete")
    words = opened.ask("card.querySelector('dl').innerText").split("\n")
    assert opened.ask("card.querySelector('b').textContent") == drawn().names[row]
    assert words[:2] == ["class", ["a", EVIL, "c"][row % 3]]
    score = drawn().colours[1].values[row].item()
    assert float(words[3]) == pytest.approx(score, abs=0.006)
    pen = "card.querySelector('canvas').getContext('2d')"
    until(opened, f"{pen}.getImageData(8, 8, 1, 1).data[3] === 255")
    pixel = opened.ask(f"[...{pen}.getImageData(8, 8, 1, 1).data]")[:3]
    assert np.abs(np.array(pixel) - drawn().pictures[row, :, 0, 0].numpy()).max() < 12
    opened.mouse("Moved", 5, 400)
    assert opened.ask("card.hidden")


def test_the_lasso_lists_what_lies_inside(opened: Browser) -> None:
    corners = [(150, 120), (420, 300), (700, 130), (600, 600), (420, 420), (200, 640)]
    opened.drag([*corners, corners[0]], modifiers=8)  # Shift
    places = on_screen(opened)
    wanted = np.flatnonzero(Outline(corners).contains_points(places))
    assert 30 < len(wanted) < COUNT - 30
    assert listed(opened) == named(wanted)
    assert opened.ask("$('count').textContent") == f"{len(wanted)} selected"

    opened.ask("document.querySelector('#legend button').click()")  # hides the first class
    opened.ask("$('pick').click()")
    opened.drag([*corners, corners[0]])
    assert listed(opened) == named(np.array([row for row in wanted if row % 3 or row == 5]))
    opened.ask("$('clear').click()")
    assert opened.ask("$('paths').value === '' && $('list').hidden")


def test_the_list_can_be_copied_and_downloaded(opened: Browser, tmp_path: File) -> None:
    opened.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    surround(opened)
    assert listed(opened) == named(np.arange(COUNT))  # and no line is anything else
    opened.ask("addEventListener('copy', () => (window.copied = String(getSelection())))")
    copy = opened.ask("$('copy').getBoundingClientRect().toJSON()")
    opened.drag([(copy["x"] + 5, copy["y"] + 5)] * 2)
    assert opened.ask("$('copy').textContent") == "Copied"
    assert set(opened.ask("window.copied").split("\n")) == named(np.arange(COUNT))
    opened.ask("$('download').click()")
    ends = time.monotonic() + 20
    while not (tmp_path / "selected.txt").exists():
        assert time.monotonic() < ends
        time.sleep(0.05)
    assert set((tmp_path / "selected.txt").read_text().split("\n")) == {
        "", *named(np.arange(COUNT))
    }  # fmt: skip


def test_moving_and_zooming(opened: Browser) -> None:
    before = on_screen(opened)
    opened.drag([(400, 300), (450, 320), (460, 280)])
    assert on_screen(opened) - before == pytest.approx(np.full(before.shape, (60, -20)), abs=0.01)
    fixed = on_screen(opened)[20]
    opened.mouse("Wheel", *fixed, deltaX=0, deltaY=-400)
    until(opened, "view.scale > 1.5 * view.whole")
    assert on_screen(opened)[20] == pytest.approx(fixed, abs=1.0)  # zooms at the pointer
    opened.ask("canvas.focus()")
    opened.call("Input.dispatchKeyEvent", type="keyDown", key="0")
    assert on_screen(opened) == pytest.approx(before, abs=0.01)
    for number in (1, 2):
        touches = [{"x": 400 - 60 * number, "y": 300, "id": 0}, {"x": 460, "y": 300, "id": 1}]
        kind = "touchStart" if number == 1 else "touchMove"
        opened.call("Input.dispatchTouchEvent", type=kind, touchPoints=touches)
    opened.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    assert opened.ask("view.scale / view.whole") == pytest.approx(180 / 120, abs=0.02)


def test_points_have_the_colours_of_the_legend_in_light_and_dark(opened: Browser) -> None:
    for scheme, paper in (("light", (255, 255, 255)), ("dark", (20, 23, 26))):
        media = [{"name": "prefers-color-scheme", "value": scheme}]
        opened.call("Emulation.setEmulatedMedia", features=media)
        until(opened, f"theme.paper.join() === '{','.join(map(str, paper))}'")
        opened.ask("draw()")
        row = alone(on_screen(opened))
        at = opened.ask(f"onScreen({opened.ask('content.names')}.indexOf({drawn().names[row]!r}))")
        pixel = opened.ask(f"[...paper.getImageData({at[0]}, {at[1]}, 1, 1).data]")[:3]
        kind = opened.ask(f"theme.kinds[{row % 3}]")
        assert np.abs(np.array(pixel) - (0.85 * np.array(kind) + 0.15 * np.array(paper))).max() < 3
        with Image.open(io.BytesIO(opened.screenshot())) as seen:
            assert seen.convert("RGB").getpixel((8, 500)) == paper
    opened.call("Emulation.setEmulatedMedia", features=[])


def test_no_name_becomes_markup(opened: Browser) -> None:
    assert opened.ask("document.scripts.length") == 2
    assert opened.ask("document.images.length") == 0
    for words in ("document.title", "document.querySelector('h1').textContent"):
        assert EVIL[:-1] in opened.ask(words)
    assert EVIL in opened.ask("document.querySelectorAll('#legend button')[1].title")


def test_many_points_move_smoothly(chromium: Browser, big: File) -> None:
    assert big.stat().st_size < 15_000_000
    chromium.open(big)
    assert chromium.ask("tiles.side") == 24
    best = chromium.ask(
        "Math.min(...Array.from({length: 20}, () => {"
        "  const begin = performance.now(); draw(); return performance.now() - begin; }))"
    )
    assert best <= 33  # measured: 6 ms; the best, as other programs may want the processor, too
    assert chromium.complaints() == []


@pytest.mark.nightly  # wants a machine of its own
def test_frames_and_opening_of_many_points(chromium: Browser, big: File) -> None:
    opening = [chromium.open(big) for _ in range(3)]
    assert min(opening) < 3000
    chromium.ask(
        "window.times = [];"
        "(function frame(now) { times.push(now); requestAnimationFrame(frame); })(performance.now())"
    )
    chromium.drag([(300 + 2 * step, 300 + step) for step in range(120)])
    times = np.diff(chromium.ask("times"))
    print(f"opened in {opening} ms; median frame {np.median(times):.1f} ms of {len(times)}")
    assert np.median(times) <= 33.5


def test_one_file_that_asks_for_nothing(page: File) -> None:
    text = page.read_text(encoding="utf-8")
    code = re.sub(r'<script id="content".*?</script>', "", text, flags=re.DOTALL)
    assert not re.search(r"//(?! )", code)  # comments, but no address
    assert not re.search(
        r"innerHTML|eval\(|Function\(|fetch\(|XMLHttp|import\(|@import|url\(", code
    )
    assert "default-src 'none'" in code


def test_thumbnails_are_sheets_in_the_order_of_the_images() -> None:
    pictures = drawn(1100).pictures
    found = tiles(pictures, 10**7)
    assert found is not None
    assert len(found.sheets) == 2
    with Image.open(io.BytesIO(found.sheets[1])) as sheet:
        row, column = divmod(1070 - ACROSS**2, ACROSS)
        pixel = sheet.convert("RGB").getpixel((16 * column + 8, 16 * row + 8))
    assert np.abs(np.array(pixel) - pictures[1070, :, 0, 0].numpy()).max() < 12
    assert tiles(pictures, 100) is None


def test_sides_shrink_with_the_number() -> None:
    assert [side_for(n) for n in (100, 10_000, 20_000, 50_000, 10**6)] == [
        64,
        48,
        32,
        24,
        SIDES[-1],
    ]


def test_what_the_page_holds(page: File) -> None:
    (text,) = re.findall(r'<script id="content"[^>]*>(.*?)</script>', page.read_text(), re.DOTALL)
    content = json.loads(text)
    assert sorted(content["names"]) == sorted(named(np.arange(COUNT)))
    places = np.frombuffer(base64.b64decode(content["places"]), "<u2").reshape(-1, 2) / 65535
    rows = {name.replace("\n", "\\n"): row for row, name in enumerate(drawn().names)}
    kept = drawn().places.numpy()[[rows[name] for name in content["names"]]]
    assert places == pytest.approx(kept, abs=1e-5)
    assert len(page.read_bytes()) < PAGE_BYTES


@pytest.mark.parametrize(("name", "colour"), [("map.png", 0), ("map.svg", 1), ("map.pdf", 0)])
def test_the_drawing(tmp_path: File, name: str, colour: int) -> None:
    whole = drawn(40)
    one = Map(**{**vars(whole), "colours": whole.colours[colour:]})
    write_drawing(one, tmp_path / name)
    if name == "map.png":
        with Image.open(tmp_path / name) as picture:
            assert picture.size == (1500, 1200)
            tones = {tone for _, tone in picture.convert("RGB").getcolors(10**6) or ()}
        assert len(tones) > 20
    again = tmp_path / f"again-{name}"
    write_drawing(one, again)
    if name != "map.pdf":  # has the time in it
        assert again.read_bytes() == (tmp_path / name).read_bytes()
