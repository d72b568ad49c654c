"""Pages from templates: everything is escaped, and a name that is not given is an error."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import lookalike
from lookalike.gallery.comparison import shown

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.filters |= {"shown": shown}


def filled(template: str, **content: Any) -> str:
    """The page that a template of this folder makes of its content."""
    return _PAGES.get_template(template).render(version=lookalike.__version__, **content)
