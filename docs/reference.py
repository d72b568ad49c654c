"""Writes the pages of docs/generated/ from the code, before each build of the site.

What a method, an evaluation, a study or a command is, its source says; nothing of it is typed here a
second time.
"""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from sphinx.application import Sphinx

import lookalike
from lookalike import start, text
from lookalike.cli.app import app as commands
from lookalike.evaluation import OF_FEATURES, OF_IMAGES
from lookalike.losses import __path__ as losses
from lookalike.methods import METHODS
from lookalike.recipe.build import build_method
from lookalike.recipe.library import packaged
from lookalike.recipe.overrides import Layer, resolve
from lookalike.studies import STUDIES
from lookalike.studies.perform import find

DOCS = Path(__file__).parent
HERE = DOCS / "generated"

MODULES = {
    "method": ["lookalike.method"],
    "losses": [
        f"lookalike.losses.{path.stem}" for path in sorted(Path(losses[0]).glob("[a-z]*.py"))
    ],
    "views": [
        *("lookalike.views.policy", "lookalike.views.operations", "lookalike.views.presets"),
        *("lookalike.views.render", "lookalike.views.mixing"),
    ],
    "encoders": [
        *("lookalike.nn.encoder", "lookalike.nn.heads", "lookalike.nn.target"),
        *("lookalike.nn.published", "lookalike.export.load_encoder"),
    ],
    "recipes": ["lookalike.recipe.schema", "lookalike.recipe.units"],
    "errors": ["lookalike.errors"],
}
"""Pages of the reference and the modules that they describe."""


def setup(app: Sphinx) -> dict[str, Any]:
    """Sphinx calls this."""
    app.connect("builder-inited", lambda _app: write())
    app.connect("autodoc-process-docstring", _as_rst, priority=400)  # before Napoleon, at 500
    app.connect("autodoc-skip-member", _is_plain_field)
    return {"parallel_read_safe": True}


def write() -> None:
    """All generated pages; those that did not change keep their time, so that builds are short."""
    written = {HERE / f"{name}.md": page for name, page in _pages()}
    for path, page in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != page:
            path.write_text(page, encoding="utf-8")
    for path in set(HERE.rglob("*.md")) - set(written):
        path.unlink()


def _pages() -> Iterator[tuple[str, str]]:
    """Names and contents."""
    yield "methods", _methods()
    for name, target in METHODS.items():
        yield f"methods/{name}", _method(name, target)
    yield "api", _join("# The library", _toctree("api/lookalike", *(f"api/{n}" for n in MODULES)))
    yield "api/lookalike", _public()
    for name, modules in MODULES.items():
        yield f"api/{name}", _join(f"# {name.capitalize()}", *map(_module, modules))
    yield "evaluations", _evaluations()
    yield "studies", _studies()
    yield "commands", _commands()
    yield "defaults", _defaults()
    yield "contributing", (DOCS.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")


def _methods() -> str:
    """What each takes: facts of its class, and of its small recipe."""
    lines = [
        "| method | labels | views | compares | encoder | batch | length |",
        "| --- | --- | --- | --- | --- | ---: | ---: |",
        *(_needs(name) for name in METHODS),
    ]
    return _join(
        "# What each method needs",
        "*Labels* that it learns from; *views* of each image; whether it *compares* an image with the "
        "batch (and with queues or statistics that go beyond it), so that the batch is part of the "
        "method, or with itself alone. Encoder, batch and length are those of the recipe "
        "`NAME-cifar10-small`, for 10,000 images.",
        "\n".join(lines),
        _toctree(*(f"methods/{name}" for name in METHODS), hidden=True),
    )


def _needs(name: str) -> str:
    small = f"{name}-cifar10-small"
    recipe = resolve([Layer(small, {"name": small, **text.load(packaged()[small], small)})])
    method = build_method(recipe, 3, 10)
    facts = [
        f"[`{name}`](methods/{name}.md)",
        {"unused": "none", "some": "some", "all": "all"}[method.labels],
        f"{len(method.views)}{' or more' * method.many_views}",
        "itself" if method.averages else "the batch",
        recipe.encoder["name"],
        str(recipe.batch),
        str(recipe.duration),
    ]
    return f"| {' | '.join(facts)} |"


def _defaults() -> str:
    from lookalike.recipe import defaults

    first, _, rest = (defaults.__doc__ or "").partition("\n")
    return _join("# What a bare method takes", first, rest)


def _toctree(*pages: str, hidden: bool = False) -> str:
    options = [":hidden:"] if hidden else [":maxdepth: 1"]
    return "\n".join(["```{toctree}", *options, "", *pages, "```"])


def _method(name: str, target: str) -> str:
    module, _, kind = target.partition(":")
    sheet = DOCS / "views" / f"{name}.jpg"
    return _join(
        f"# {name}",
        importlib.import_module(module).__doc__ or "",
        "On the command line and in a recipe each argument below is `method.NAME=VALUE`.",
        _rst(f".. autoclass:: {module}.{kind}"),
        f"![Views of {name}](../../views/{sheet.name})" if sheet.exists() else "",
        "## Recipes",
        *(_recipe(*each) for each in packaged().items() if _method_of(each[1]) == name),
    )


def _method_of(recipe: str) -> str:
    method = text.load(recipe, "recipe")["method"]
    return str(method if isinstance(method, str) else method["name"])


def _recipe(name: str, content: str) -> str:
    return f"### {name}\n\n```yaml\n{content}```"


def _public() -> str:
    """What `import lookalike as la` offers, and what else the commands call."""
    others = sorted(set(start.__all__) - set(lookalike.__all__))
    return _join(
        "# In Python",
        "`import lookalike as la` imports no torch; using one of these does. The commands call the "
        "same functions.",
        *(_object(lookalike, name) for name in lookalike.__all__),
        *(_object(start, name) for name in others),
    )


def _object(module: ModuleType, name: str) -> str:
    if isinstance(getattr(module, name), type):
        return _rst(
            f".. autoclass:: {module.__name__}.{name}\n   :members:\n   :inherited-members:"
        )
    return _rst(f".. autofunction:: {module.__name__}.{name}")


def _module(module: str) -> str:
    return _join(f"## {module}", _rst(f".. automodule:: {module}\n   :members:"))


def _evaluations() -> str:
    parts = ["# Evaluations", "[What they ask](../evaluation.md). `NAME.SETTING=VALUE` sets one."]
    for title, table in (("Of features", OF_FEATURES), ("Of images", OF_IMAGES)):
        parts.append(f"## {title}")
        for name, target in table.items():
            function = target.replace(":", ".")
            parts += [f"### {name}", _rst(f".. autofunction:: {function}")]
    return _join(*parts)


def _studies() -> str:
    """Every study, as at the paper's scale; those that were run are on a page of their own."""
    parts = [
        "# Which studies there are",
        "`lookalike study NAME --data PATH --scale tiny|small|paper` makes one of them anew; "
        "[what came out](../studies.md). `--scale tiny` shows in a minute that it runs, and no result.",
    ]
    for name in STUDIES:
        study = find(name, "paper")
        parts += [f"## {name}", f"{study.title} ({study.source}). {study.question}"]
        parts += [f"The paper measured it on: {study.setting}.", study.remark]
        parts += ["It claims:\n\n" + "\n".join(f"- {claim.words}" for claim in study.claims)]
    return _join(*parts)


def _commands() -> str:
    _, found, each = commands.generate_docs().partition("## lookalike check")
    each = each.replace(" -m sphinx", "")  # cyclopts takes it for a part of the program's name
    examples = re.sub(r"(?m)^(\$ .*\n)+", lambda found: f"```console\n{found[0]}```\n", each)
    return _join("# Commands", commands.help, found + examples)


def _rst(directive: str) -> str:
    return f"```{{eval-rst}}\n{directive}\n```"


def _join(*parts: str) -> str:
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def _is_plain_field(
    _app: Sphinx, _what: str, _name: str, thing: Any, _skip: bool, _options: Any
) -> bool | None:
    """Fields of a NamedTuple stand in its signature; nothing more is known of them."""
    return True if (thing.__doc__ or "").startswith("Alias for field number") else None


def _as_rst(
    _app: Sphinx, what: str, _name: str, _thing: Any, _options: Any, lines: list[str]
) -> None:
    """Docstrings are plain text: formulas in blocks are kept, and in prose nothing is markup."""
    written: list[str] = []
    above, literal = "", False  # the last line of prose, and whether this is a block
    for line in lines:
        indented = line.startswith(" ")
        if indented and not literal and not any(written[-1:]) and not above.startswith(" "):
            literal = True
            written += ["::", ""]
        literal = literal and (indented or not line)
        written.append(line if literal else _prose(line))
        above = line if line and not literal else above
    if what in ("attribute", "data"):
        written[:0] = ["..", ""]  # Napoleon takes words before a colon in the first line for a type
    lines[:] = written


def _prose(line: str) -> str:
    parts = re.split(r"`([^`]+)`", line)  # code stands at the odd places
    plain = [re.sub(r"([\\*|]|_(?!\w))", r"\\\1", part) for part in parts]
    return "".join(f"``{parts[i]}``" if i % 2 else plain[i] for i in range(len(parts)))
