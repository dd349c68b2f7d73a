"""What the small networks of crops share: how pixels come in, and two kinds of layers."""

from torch import Tensor, nn

MEAN, SCALE = 114.0, 1.0 / 58.0
"""Pixels 0..255 become (x - MEAN) * SCALE inside the network: no caller can do it wrongly."""


def conv(inputs: int, outputs: int, stride: int | tuple[int, int] = 1, kernel: int = 3) -> nn.Sequential:
    """Convolution, batch norm, ReLU; the norm folds into the convolution at export."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Block(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.steps = nn.Sequential(conv(channels, channels), conv(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        """Same shape out as in."""
        return x + self.steps(x)  # type: ignore[no-any-return]


def count_parameters(model: nn.Module) -> int:
    """How many numbers training sets."""
    return sum(weights.numel() for weights in model.parameters())
