"""How the documentation is built: `make docs`."""

import sys
from pathlib import Path

import lookalike

sys.path.insert(0, str(Path(__file__).parent))  # where `reference` is

project = "lookalike"
project_copyright = "the authors of lookalike, Apache-2.0"
version = release = lookalike.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "reference"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

add_module_names = False
autodoc_class_signature = "mixed"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
python_display_short_literal_types = True
python_maximum_signature_line_length = 80
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = "lookalike"
html_static_path = ["style"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#1d5fae", "color-brand-content": "#1d5fae"},
    "dark_css_variables": {"color-brand-primary": "#7ab4f5", "color-brand-content": "#7ab4f5"},
}
pygments_style = "default"
pygments_dark_style = "github-dark"
