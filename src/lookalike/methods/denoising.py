"""A plain denoising autoencoder (Vincent et al. 2008), where reconstruction began."""

from torch import Tensor, nn

from lookalike.losses.inputs import full_precision
from lookalike.method import Batch, Embedded, Method
from lookalike.nn.encoder import Encoder
from lookalike.randomness import normal, uniform
from lookalike.views.presets import POLICIES


class Denoising(Method):
    """Rebuild an image from a noisy one, through the features.

    Args:
        encoder: images → features.
        noise: standard deviation of what is added to every value of the (normalised) image.
        width: channels of the decoder's first map; every doubling of the side halves them.
    """

    views = POLICIES["denoising"]

    def __init__(self, encoder: Encoder, *, noise: float = 0.5, width: int = 256) -> None:
        super().__init__()
        self.encoder, self.noise = encoder, noise
        self.decoder = _decoder(encoder.features, encoder.channels, encoder.size, width)

    def embed(self, batch: Batch) -> Embedded:
        features = self.encoder(self._spoiled(batch))
        loss = _error(self.decoder(features), batch.views[0])
        return {"features": features.detach(), "loss": loss}

    def reconstruct(self, batch: Batch) -> dict[str, tuple[Tensor, ...]]:
        noisy = self._spoiled(batch)
        rebuilt = self.decoder(self.encoder(noisy))
        return {"image": (batch.views[0],), "seen": (noisy,), "rebuilt": (rebuilt,)}

    def _spoiled(self, batch: Batch) -> Tensor:
        clean = batch.views[0]
        return clean + self.noise * _noise(batch.key, clean)


def _decoder(features: int, channels: int, side: int, width: int) -> nn.Sequential:
    """Features → a map of at least 4 × 4, doubled until it has the image's side."""
    start, doublings = side, 0
    while start % 2 == 0 and start >= 8:
        start, doublings = start // 2, doublings + 1
    layers: list[nn.Module] = [
        nn.Linear(features, width * start * start),
        nn.Unflatten(1, (width, start, start)),
        nn.ReLU(inplace=True),
    ]
    for _ in range(doublings):
        narrower = max(width // 2, 16)
        layers += [nn.Upsample(scale_factor=2), nn.Conv2d(width, narrower, 3, padding=1)]
        layers += [nn.ReLU(inplace=True)]
        width = narrower
    return nn.Sequential(*layers, nn.Conv2d(width, channels, 3, padding=1))


def _noise(key: Tensor, images: Tensor) -> Tensor:
    count = images[0].numel()
    drawn = normal(uniform(key, "denoising", count + count % 2))[:, :count]
    return drawn.view_as(images).to(images)


@full_precision
def _error(prediction: Tensor, clean: Tensor) -> Tensor:
    return (prediction - clean).square().mean((1, 2, 3))
