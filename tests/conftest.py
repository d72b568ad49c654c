"""Shapes in signatures are enforced while testing, before anything of lookalike is imported."""

from jaxtyping import install_import_hook

install_import_hook("lookalike", "shapes.check")
