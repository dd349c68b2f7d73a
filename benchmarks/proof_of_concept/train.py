"""`python -m benchmarks.proof_of_concept.train`: makes benchmarks/proof_of_concept/model.onnx again.

4,800 crude drawings, 0.53 M parameters, four minutes of one core's CPU time at 256 px, one run from nothing.
"""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from benchmarks.proof_of_concept.drawings import MOST_BOTTLES, SIZE, draw

HERE = Path(__file__).parent
STRIDE, DRAWINGS, BATCH, TRAINED_PX = 8, 4_800, 16, 256


def conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class Net(nn.Module):
    """(n, 3, s, s) float BGR 0..255 to (n, 5, s/8, s/8): a logit, logs of left, top, right, bottom / 8."""

    def __init__(self) -> None:
        super().__init__()
        self.fine = nn.Sequential(conv(3, 24, 2), conv(24, 48, 2), conv(48, 64, 2), conv(64, 64))
        self.middle = nn.Sequential(conv(64, 96, 2), conv(96, 96))
        self.coarse = nn.Sequential(conv(96, 128, 2), conv(128, 128))
        self.down, self.join = nn.Conv2d(128, 96, 1), nn.Conv2d(96, 64, 1)
        self.head = nn.Sequential(conv(64, 64), nn.Conv2d(64, 5, 1))
        nn.init.constant_(self.head[1].bias, 0.0)
        with torch.no_grad():
            self.head[1].bias[0] = -4.0

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        fine = self.fine(x / 58.0 - 2.0)
        middle = self.middle(fine)
        middle = middle + F.interpolate(self.down(self.coarse(middle)), scale_factor=2.0)
        return self.head(fine + F.interpolate(self.join(middle), scale_factor=2.0))  # type: ignore[no-any-return]


def cost(out: Tensor, boxes: Tensor, real: Tensor) -> Tensor:
    """Focal cost of the centres' map, and distance cost where a bottle's middle is."""
    count, _, rows, columns = out.shape
    y = (torch.arange(rows) + 0.5)[None, None, :, None] * STRIDE
    x = (torch.arange(columns) + 0.5)[None, None, None, :] * STRIDE
    left, top, right, bottom = (boxes[:, :, at, None, None] for at in range(4))
    spread = torch.stack([(right - left), (bottom - top)]).clamp(min=8) / 8
    bell = torch.exp(
        -0.5 * (((x - (left + right) / 2) / spread[0]) ** 2 + ((y - (top + bottom) / 2) / spread[1]) ** 2)
    )
    heat, owner = (bell * real[:, :, None, None]).max(1)
    score = out[:, 0].sigmoid()
    found = F.binary_cross_entropy_with_logits(out[:, 0], (heat > 0.6).float() * heat, reduction="none")
    weight = torch.where(heat > 0.6, (1 - score) ** 2, (1 - heat) ** 4 * score**2)
    shape = (count, boxes.shape[1], rows, columns)
    sides = torch.stack([side.expand(shape) for side in (x - left, y - top, right - x, bottom - y)])
    expected = (sides.clamp(min=1) / STRIDE).log()
    mine = expected.gather(2, owner[None, :, None].expand(4, -1, 1, -1, -1))[:, :, 0].permute(1, 0, 2, 3)
    inside = (heat > 0.6).float()
    distance = (F.smooth_l1_loss(out[:, 1:], mine, reduction="none").mean(1) * inside).sum()
    return ((found * weight.detach()).sum() + 2.0 * distance) / inside.sum().clamp(min=1)


def main(arguments: list[str] | None = None) -> int:
    """Trains and writes model.onnx."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.proof_of_concept.train", description=__doc__)
    parser.add_argument("--cpu-minutes", type=float, default=4.0)
    parser.add_argument("--drawings", type=int, default=DRAWINGS)
    parser.add_argument("--to", type=Path, default=HERE / "model.onnx")
    given = parser.parse_args(arguments)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    model = Net().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=0.02)
    started, step = time.process_time(), 0
    while (done := (time.process_time() - started) / (given.cpu_minutes * 60)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * min(1.0, step / 50 + 0.02) * (1 - done)
        images, boxes, real = _batch(given.drawings)
        loss = cost(model(images), boxes, real)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimizer.step()
        step += 1
        if step % 25 == 0:
            print(f"step {step}, {100 * done:.0f} %, loss {loss.item():.3f}", flush=True)
    model.eval()
    torch.onnx.export(
        model,
        (torch.zeros(1, 3, SIZE, SIZE),),
        str(given.to),
        input_names=["image"],
        output_names=["out"],
        opset_version=17,
        dynamo=False,
    )
    print(f"{given.to}: {sum(p.numel() for p in model.parameters())} parameters, {step} steps")
    return 0


def _batch(drawings: int) -> tuple[Tensor, Tensor, Tensor]:
    images = np.zeros((BATCH, SIZE, SIZE, 3), np.uint8)
    boxes, real = np.zeros((BATCH, MOST_BOTTLES, 4), np.float32), np.zeros((BATCH, MOST_BOTTLES), np.float32)
    for row in range(BATCH):
        images[row], found = draw(int(torch.randint(drawings, ())))
        if torch.rand(()) < 0.5:
            images[row] = images[row, :, ::-1]
            found[:, [0, 2]] = SIZE - found[:, [2, 0]]
        boxes[row, : len(found)], real[row, : len(found)] = found, 1.0
    seen = torch.from_numpy(images).permute(0, 3, 1, 2).float() * torch.empty(BATCH, 1, 1, 1).uniform_(
        0.7, 1.3
    )
    seen = F.interpolate(seen, size=(TRAINED_PX, TRAINED_PX), mode="area")
    scaled = torch.from_numpy(boxes) * (TRAINED_PX / SIZE)
    return seen.contiguous(memory_format=torch.channels_last), scaled, torch.from_numpy(real)


if __name__ == "__main__":
    raise SystemExit(main())
