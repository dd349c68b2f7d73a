"""Pictures for training: renderer processes fill a ring of the newest pictures, training draws from it.

Rendering is slower than a training step, so each picture is seen several times, changed a little each time.
One thread per process. Must not know which model is trained.
"""

import multiprocessing as mp
import queue
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.context import SpawnProcess
from multiprocessing.process import BaseProcess

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Arrays = tuple[npt.NDArray[np.generic], ...]
Render = Callable[[int], Arrays]
CHUNK = 16
WAITING_CHUNKS = 64


def _work(render: Render, first_seed: int, stride: int, out: "mp.Queue[Arrays]") -> None:
    import cv2  # noqa: PLC0415 (each worker sets its own)

    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    seed, trainer = first_seed, mp.parent_process()
    while trainer is None or trainer.is_alive():  # a killed trainer must not leave renderers behind
        rows = [render(seed + number * stride) for number in range(CHUNK)]
        seed += CHUNK * stride
        _offer(tuple(np.stack(column) for column in zip(*rows, strict=True)), out, trainer)


def _offer(chunk: Arrays, out: "mp.Queue[Arrays]", trainer: BaseProcess | None) -> None:
    """Waits for room in the queue as long as somebody trains."""
    while trainer is None or trainer.is_alive():
        try:
            out.put(chunk, timeout=5)
        except queue.Full:
            continue
        return


@dataclass
class Ring:
    """The newest `capacity` samples, column by column, on the training device."""

    capacity: int
    device: torch.device
    columns: list[Tensor] = field(default_factory=list)
    taken: int = 0

    @property
    def size(self) -> int:
        """How many samples can be drawn."""
        return min(self.taken, self.capacity)

    def add(self, arrays: Arrays) -> None:
        """Stores a chunk over the oldest samples."""
        if not self.columns:
            self.columns = [
                torch.empty(
                    (self.capacity, *array.shape[1:]), dtype=torch.from_numpy(array).dtype, device=self.device
                )
                for array in arrays
            ]
        at = (self.taken + torch.arange(len(arrays[0]))) % self.capacity
        for column, array in zip(self.columns, arrays, strict=True):
            column[at.to(self.device)] = torch.from_numpy(array).to(self.device, non_blocking=True)
        self.taken += len(arrays[0])

    def draw(self, count: int) -> list[Tensor]:
        """`count` samples, any of them, with repetition."""
        at = torch.randint(self.size, (count,), device=self.device)
        return [column[at] for column in self.columns]


class Feed:
    """Renderer processes behind a ring. Use as a context manager: leaving it ends the processes."""

    def __init__(
        self,
        render: Render,
        workers: int,
        ring: Ring,
        first_seed: int,
        *,
        waiting_chunks: int = WAITING_CHUNKS,
    ) -> None:
        self.ring = ring
        context = mp.get_context("spawn")
        self._queue: mp.Queue[Arrays] = context.Queue(waiting_chunks)
        self._workers: list[SpawnProcess] = [
            context.Process(
                target=_work, args=(render, first_seed + number, workers, self._queue), daemon=True
            )
            for number in range(workers)
        ]

    def __enter__(self) -> "Feed":
        for worker in self._workers:
            worker.start()
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            worker.join()
        self._queue.close()
        self._queue.cancel_join_thread()

    def wait_for(self, samples: int) -> None:
        """Returns once the ring holds this many; raises where every renderer has died."""
        while self.ring.taken < samples:
            try:
                self.ring.add(self._queue.get(timeout=20))
            except queue.Empty:
                if not any(worker.is_alive() for worker in self._workers):
                    raise RuntimeError(
                        "every renderer process ended: run one render by hand to see why"
                    ) from None

    def absorb(self, most_chunks: int = 8) -> None:
        """Takes what is ready, without waiting."""
        for _ in range(most_chunks):
            try:
                self.ring.add(self._queue.get_nowait())
            except queue.Empty:
                return
