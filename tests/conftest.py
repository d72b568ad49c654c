"""Shapes in signatures are enforced while testing, before anything of lookalike is imported."""

from collections.abc import Iterator

import jaxtyping
import pytest

jaxtyping.install_import_hook("lookalike", "shapes.check")


@pytest.fixture(scope="module")
def unchecked() -> Iterator[None]:
    """Shapes are not enforced, which takes half of the time: for tests that train dozens of
    encoders with code whose own tests enforce them."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
