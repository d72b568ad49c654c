"""A recipe: the complete typed description of one run."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    PlainSerializer,
    PlainValidator,
    model_serializer,
)

from lookalike.errors import UsageError
from lookalike.evaluation import OF_FEATURES
from lookalike.recipe import bounds, questions, sections, views
from lookalike.recipe.leaves import leaves
from lookalike.recipe.problems import RecipeError, cannot, validated
from lookalike.recipe.units import Duration, Rate
from lookalike.views.policy import Policy
from lookalike.views.presets import plain


def _some(duration: Duration) -> Duration:
    if duration.amount <= 0:
        raise ValueError("It should be more than 0.")
    return duration


Span = Annotated[Duration, PlainValidator(Duration.parse), PlainSerializer(str)]
Length = Annotated[Span, AfterValidator(_some)]


class Data(BaseModel):
    """Which images.

    Args:
        path: a folder, a Parquet file or a named set; None until the user says which.
        limit: only the first so many.
        held_out: share of each class that is not trained on, for the monitors.
        tolerate: share of the pictures that may be unreadable before the run stops; a hundred always
            may, but no more than half, and with 0 none.
        pixels: most that a picture may have; larger ones are skipped, as they may be made to fill the
            memory. One takes up to 7 bytes a pixel while it is decoded.
        label_noise: share of the labels that are replaced by one drawn evenly from all classes, to
            study what wrong labels do; evaluations see the right ones.
    """

    model_config = sections.STRICT | {"frozen": True}

    path: str | None = None
    limit: int | None = None
    held_out: float = 0.0
    tolerate: float = 0.01
    pixels: int = 178_956_970
    label_noise: float = 0.0

    @model_serializer(mode="wrap")
    def _dump(self, usual: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """Without noise nothing is said of it, so that recipes written before it stay the same."""
        found = usual(self)
        return found if self.label_noise else {k: v for k, v in found.items() if k != "label_noise"}


class Recipe(BaseModel):
    """Build one with `Recipe.read`, which understands the shorthand of files.

    Args:
        name: what people call it; the run folder is named after it.
        method: "name" and the method's hyper-parameters, all of them.
        encoder: "name" and the encoder's arguments; its size is that of the views.
        views: what may happen to each view.
        data: which images.
        batch: images per update, over all processes.
        piece: images embedded at once on each process, or None for all of them: a small machine
            then compares as large a batch as you like, and batch norm sees the piece.
        batch_norm: over the images of all processes, or of each process by itself.
        shard: whether parameters are spread over the processes, for networks too large for one
            device. Nobody watches such a run but its loss.
        duration: how long to train.
        optimizer: "name" and its arguments.
        rate: the highest learning rate.
        layer_decay: the share of the rate that each layer of the encoder has of the next one's, for
            fine-tuning; 1 is the same for all.
        warmup: how long the rate rises from 0 before it falls along a cosine.
        clip: greatest norm of the gradient, or None.
        nonfinite: what becomes of an update whose loss or gradient is no finite number: "stop" ends
            the run with its last checkpoint, "skip" leaves out two in a row at most, "rewind" goes
            back to the end of an epoch before and on with half the rate, three times at most.
        seed: of everything drawn by chance.
        precision: of the forward pass; "auto" takes bfloat16 where the hardware has it.
        test_size: side of the view that evaluations see, in pixels; None is that of the training.
            Random crops show things larger than the whole image does, so an encoder trained on small
            views does best on larger ones (Touvron et al., 2019), and small views train faster.
        watch: how often the online checks run.
        monitor: evaluations of features asked at every look ("linear", "knn.k=5"), on the images of
            `data.held_out`; "probe" is the online linear probe, which learns at every update.
    """

    model_config = sections.STRICT | {"frozen": True}

    name: str
    method: dict[str, Any]
    encoder: dict[str, Any]
    views: tuple[Policy, ...]
    data: Data = Data()
    batch: int
    piece: int | None = None
    batch_norm: Literal["global", "process"] = "global"
    shard: bool = False
    duration: Length
    optimizer: dict[str, Any]
    rate: Annotated[Rate, PlainValidator(Rate.parse), PlainSerializer(Rate.dump)]
    layer_decay: float = 1.0
    warmup: Span = Duration(0, "epochs")
    clip: float | None = None
    nonfinite: Literal["stop", "skip", "rewind"] = "stop"
    seed: int = 0
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    test_size: int | None = None
    watch: Length = Duration(1, "epochs")
    monitor: tuple[str, ...] = ()

    @classmethod
    def read(cls, mapping: Mapping[str, Any]) -> "Recipe":
        """The recipe of plain values, e.g. those of `dump`.

        Args:
            mapping: a section that is only a name may be a string.

        Raises:
            RecipeError: an unknown key (with the nearest ones), a missing or a wrong value.
        """
        given = dict(mapping)
        known = known_names(given)
        for section in sections.SECTIONS:
            if section in given:
                given[section] = sections.read(section, given[section], known)
        with _refused_in("views"):
            recipe = validated(cls, given, known)
        # Reading JSON made lists of the sections' tuples.
        recipe = recipe.model_copy(update={name: given[name] for name in sections.SECTIONS})
        bounds.check(leaves(recipe.dump()))
        _check_together(recipe)
        return recipe

    @property
    def plain(self) -> Policy:
        """The view that evaluations see."""
        seen = plain(self.views[0])
        return replace(seen, size=self.test_size or seen.size)

    @property
    def unfetched(self) -> "Recipe":
        """Without the published weights that its encoder may begin with."""
        return self.model_copy(update={"encoder": self.encoder | {"weights": False}})

    def dump(self) -> dict[str, Any]:
        """Plain values, complete and in a fixed order; `read` gives the same recipe back."""
        return self.model_dump(mode="json")

    def lasting(self) -> "Recipe":
        """What a run keeps from its beginning to its end. What becomes of broken numbers and pictures
        may be decided when they have broken, as nothing before changes."""
        tolerate = Data.model_fields["tolerate"].default
        data = self.data.model_copy(update={"tolerate": tolerate})
        return self.model_copy(update={"nonfinite": "stop", "data": data})

    def differences(self, other: "Recipe") -> list[str]:
        """What changes from this recipe to `other`, as lines "method.temperature: 0.5 → 0.2"."""
        mine, others = dict(leaves(self.dump())), dict(leaves(other.dump()))
        keys = [*mine, *(key for key in others if key not in mine)]
        return [
            f"{key}: {_shown(mine, key)} → {_shown(others, key)}"
            for key in keys
            if mine.get(key) != others.get(key) or (key in mine) != (key in others)
        ]

    def remarks(self) -> list[str]:
        """Sentences on what is allowed and yet hardly meant."""
        warmup, duration = self.warmup, self.duration
        if warmup.unit == duration.unit and 0 < duration.amount <= warmup.amount:
            return [
                f"The warmup of {warmup} fills the training of {duration}, so the rate never reaches "
                'its highest: shorten it with warmup="0 epochs".'
            ]
        return []


def known_names(mapping: Mapping[str, Any]) -> list[str]:
    """Every dotted name that a recipe with these methods, encoders and optimizers has."""
    found = list(Recipe.model_fields)
    found += [f"data.{name}" for name in Data.model_fields]
    for section in sections.SECTIONS:
        given = mapping.get(section)
        name = given.get("name") if isinstance(given, Mapping) else given
        found += sections.names(section, name)
    return [*found, *views.names()]


@contextmanager
def _refused_in(key: str) -> Iterator[None]:
    """Says where it stands what is refused by a part that knows nothing of recipes."""
    try:
        yield
    except RecipeError:
        raise
    except UsageError as error:
        raise RecipeError(key, f"In {key}: {error.what}", do=error.do) from error


def _check_together(recipe: Recipe) -> None:
    """What the parts alone do not tell."""
    if not recipe.views:
        raise RecipeError("views", "views cannot be [].", do="A method sees at least one view.")
    _check_monitors(recipe)
    for i, policy in enumerate(recipe.views):
        if policy.normalize and len(policy.normalize.mean) != len(policy.normalize.std):
            path = f"views.{i}.normalize"
            raise RecipeError(
                path, f"{path} has not as many means as deviations.", do="Give both per channel."
            )
    name = recipe.name
    if name in ("", ".", "..") or "/" in name or not name.isprintable() or len(name.encode()) > 200:
        raise cannot("name", repr(name), do="A run folder is named after it, so it is one word.")


def _check_monitors(recipe: Recipe) -> None:
    asked = [word for word in recipe.monitor if word != questions.PROBE]
    with _refused_in("monitor"):
        found = questions.read(asked) if asked else ()
    for question in found:
        if question.name not in OF_FEATURES:
            what = f"{question.name} cannot run while training."
            raise RecipeError("monitor", what, do=f"Choose among: {', '.join(OF_FEATURES)}.")
    if recipe.monitor and not recipe.data.held_out:
        raise RecipeError(
            "data.held_out",
            "The monitors have no images of their own.",
            do="Add data.held_out=0.1, which keeps a tenth of each class out of the training.",
        )


def _shown(leaves: dict[str, Any], key: str) -> str:
    return str(leaves[key]) if key in leaves else "not there"
