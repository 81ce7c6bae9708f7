"""A net that is in no list: residual blocks of depthwise convolutions, whose channels are gated."""

import torch
from torch import nn


class Block(nn.Module):
    """A wide depthwise convolution, a gate that sees the whole map, and a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.spatial = nn.Conv2d(width, width, 5, padding=2, groups=width, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.up, self.down = nn.Conv2d(width, 3 * width, 1), nn.Conv2d(3 * width, width, 1)
        self.gate = nn.Conv2d(width, width, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The map that it makes, beside the one that it reads."""
        made = self.down(torch.relu(self.up(self.norm(self.spatial(x)))))
        return x + made * torch.sigmoid(self.gate(made.mean((2, 3), keepdim=True)))


class Net(nn.Module):
    """Four stages, and a classifier."""

    def __init__(self, widths: tuple[int, ...] = (32, 64, 128, 256), depths: tuple[int, ...] = (1, 2, 4, 1)) -> None:
        super().__init__()
        parts: list[nn.Module] = [nn.Conv2d(3, widths[0], 4, stride=4)]
        for at, (width, depth) in enumerate(zip(widths, depths)):
            if at > 0:
                parts.append(nn.Conv2d(widths[at - 1], width, 2, stride=2))
            parts += [Block(width) for _ in range(depth)]
        self.body = nn.Sequential(*parts)
        self.classes = nn.Linear(widths[-1], 100)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """A number for each image and class."""
        return self.classes(self.body(images).mean((2, 3)))
