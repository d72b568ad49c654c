"""The site: it builds without a warning, its links lead somewhere, and nothing comes from elsewhere."""

import inspect
import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from contract import test_methods as contract
from contract.micro import make_batch
from lookalike.methods import METHODS
from lookalike.nn.encoder import Encoder
from lookalike.recipe.library import packaged

ROOT = Path(__file__).parents[1]

LOADED = {("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src"), ("source", "src")}
"""What a browser fetches by itself."""


class Page(HTMLParser):
    """The places of a page that can be linked, and what it links and loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            if name in ("href", "src") and value:
                self.links.append(value)
            if (tag, name) in LOADED and value:
                self.loaded.append(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for package in ("sphinx", "myst_parser", "furo"):
        pytest.importorskip(package, reason="the site needs: pip install '.[docs]'")
    out = tmp_path_factory.mktemp("site")
    words = ["--fail-on-warning", "--keep-going", "--quiet", str(ROOT / "docs"), str(out)]
    built = subprocess.run([sys.executable, "-m", "sphinx", *words], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    assert built.stderr == ""
    return out


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


def test_every_source_is_a_page(pages: dict[Path, Page], site: Path) -> None:
    sources = {path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")}
    assert {site / path.with_suffix(".html") for path in sources} <= set(pages)
    assert len(sources) > 40


def test_every_link_leads_somewhere(pages: dict[Path, Page]) -> None:
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = target.is_file()
            if there and parts.fragment and target in pages:
                there = unquote(parts.fragment) in pages[target].ids
            if not there:
                broken.append((path.name, link))
    assert not broken


def test_nothing_is_loaded_from_elsewhere(pages: dict[Path, Page], site: Path) -> None:
    loaded = [url for page in pages.values() for url in page.loaded]
    assert len(loaded) > len(pages)
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        loaded += re.findall(r"url\(\s*['\"]?([^'\")]+)", text)
        loaded += re.findall(r"@import\s+['\"]([^'\"]+)", text)
    elsewhere = [url for url in loaded if urlsplit(url).scheme not in ("", "data")]
    assert not [*elsewhere, *(url for url in loaded if url.startswith("//"))]


@pytest.mark.parametrize("name", METHODS)
def test_the_page_of_a_method_has_all_of_it(name: str, site: Path) -> None:
    page = (site / "generated" / "methods" / f"{name}.html").read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>", "", page).replace("_", "")  # code may group digits with it
    module, _, kind = METHODS[name].partition(":")
    for argument in inspect.signature(getattr(import_module(module), kind)).parameters.values():
        if argument.kind is argument.KEYWORD_ONLY:
            word, default = argument.name.replace("_", ""), str(argument.default).replace("_", "")
            assert re.search(rf"\b{word}: [^\n]*= .?{re.escape(default)}", text), argument
    recipes = {recipe: yaml.safe_load(content)["method"] for recipe, content in packaged().items()}
    own = [recipe for recipe, method in recipes.items() if _name(method) == name]
    assert len(own) >= 2
    assert [recipe for recipe in own if f"# command: lookalike pretrain {recipe}" not in text] == []


def _name(method: str | dict[str, str]) -> str:
    return method if isinstance(method, str) else method["name"]


def test_the_method_of_adding_passes_the_contract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every packaged method does."""
    page = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(# spectral\.py\n.*?)```", page, re.DOTALL)
    (tmp_path / "spectral.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    kind = import_module("spectral").Spectral
    promises = [test for name, test in vars(contract).items() if name.startswith("test_")]
    alike = [
        test for test in promises if set(inspect.signature(test).parameters) == {"method", "batch"}
    ]
    assert len(alike) >= 6
    for test in alike:
        test(kind(Encoder("resnet8", 16)), make_batch())


def test_files_of_the_code_that_pages_name_are_there() -> None:
    named = re.compile(r"`(?:src/lookalike/)?([a-z_]+(?:/[a-z_]+)+\.py)`")
    for page in (ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        for file in named.findall(page.read_text(encoding="utf-8")):
            places = (ROOT / "src" / "lookalike" / file, ROOT / file)
            assert any(place.exists() for place in places), (page.name, file)
