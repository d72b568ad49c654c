import pytest

from contract.micro import build, make_batch
from lookalike.method import Batch, Method
from lookalike.methods import METHODS


@pytest.fixture(params=sorted(METHODS))
def method(request: pytest.FixtureRequest) -> Method:
    return build(request.param)


@pytest.fixture
def batch() -> Batch:
    return make_batch()
