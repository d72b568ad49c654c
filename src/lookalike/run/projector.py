"""A run's z: its encoder with the method's projector behind it."""

from torch import Tensor, nn

from lookalike.errors import StorageError
from lookalike.recipe.build import build_method
from lookalike.recipe.schema import Recipe
from lookalike.run.folder import RunFolder
from lookalike.run.load import load
from lookalike.training.checkpoint import trained_weights


def load_projector(folder: RunFolder, recipe: Recipe) -> nn.Sequential | None:
    """Images [n, c, h, w] → z [n, d], or None where the run's method has no projector.

    Args:
        folder: of the run, with a checkpoint.
        recipe: of the run.

    Raises:
        StorageError: the checkpoints are not of the recipe.
    """
    weights = trained_weights(folder.checkpoints)
    channels = load(folder.path).encoder.channels
    method = build_method(recipe.unfetched, channels, classes=_classes(weights))
    projector = getattr(method, "projector", None)
    if projector is None or not weights:
        return None
    try:
        method.load_state_dict(weights)
    except RuntimeError as error:
        raise StorageError(
            f"The checkpoints in {folder.checkpoints} are not of the run's recipe."
        ) from error
    return nn.Sequential(method.encoder, projector)


def _classes(weights: dict[str, Tensor]) -> int:
    """What a method with a classifier was built for."""
    bias = weights.get("classifier.bias", weights.get("classifier.weight"))
    return 1 if bias is None else len(bias)
