"""Which windows are trained when, stacked into tensors. Step n's batch depends on the seed and n alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from . import vocabulary as v
from .windows import POSITIONS_PER_S, Pool, Span, TrainingWindow, compose

POSITIONS = (150, 300, 500, 1500)
"""Encoder positions of the window lengths: 3, 6, 10 and 30 s."""

BATCH_SIZES = (40, 24, 14, 4)
LONG_PROMPT = 215

SHARES_FROM_STEP = (
    (0, (0.8, 0.2, 0.0, 0.0)),
    (300, (0.3, 0.45, 0.25, 0.0)),
    (700, (0.15, 0.35, 0.3, 0.2)),
    (963, (0.1, 0.2, 0.3, 0.4)),
    (1313, (0.05, 0.1, 0.2, 0.65)),
    (1700, (0.05, 0.05, 0.15, 0.75)),
)
"""Shares of the window lengths from a step on; long windows are dear, and at first teach little."""


@dataclass(frozen=True)
class Batch:
    """Windows of one length. Spans are first and last position; (0, 0) where there is none."""

    features: Tensor
    first_positions: Tensor
    frame_classes: Tensor
    tokens: Tensor
    labels: Tensor
    next_spans: Tensor
    read_spans: Tensor


def shares(step: int) -> tuple[float, ...]:
    """How likely each window length is at a step."""
    return [mix for first_step, mix in SHARES_FROM_STEP if step >= first_step][-1]


def draw_batch(pool: Pool, seed: int, step: int, mix: Sequence[float]) -> Batch:
    """The batch of a step."""
    rng = np.random.default_rng((seed, step))
    kind = rng.choice(len(POSITIONS), p=mix)
    positions = POSITIONS[kind]
    prompt_shares = (0.4, 0.2, 0.4) if positions == max(POSITIONS) else (0.7, 0.25, 0.05)
    longest_prompt = int(rng.choice((0, 30, LONG_PROMPT), p=prompt_shares))
    half = longest_prompt == LONG_PROMPT and positions < max(POSITIONS)
    count = BATCH_SIZES[kind] // (2 if half else 1)
    return stack([compose(pool, rng, positions, longest_prompt) for _ in range(count)])


def stack(windows: Sequence[TrainingWindow]) -> Batch:
    """Windows of one length as one batch; texts are padded to the longest."""
    longest = max(len(window.target.tokens) for window in windows)
    positions = len(windows[0].frame_classes)
    tokens = torch.full((len(windows), longest), v.END_OF_TEXT)
    labels = torch.full((len(windows), longest), -1)
    spans = torch.zeros(2, len(windows), longest, 2, dtype=torch.int16)
    for row, window in enumerate(windows):
        target = window.target
        tokens[row, : len(target.tokens)] = torch.tensor(target.tokens)
        labels[row, : len(target.labels)] = torch.tensor(target.labels)
        for kind, times in enumerate((target.next_spans_s, target.read_spans_s)):
            for place, span in enumerate(times):
                if span is not None:
                    spans[kind, row, place] = torch.tensor(_positions_of(span, positions))
    return Batch(
        torch.from_numpy(np.stack([window.features for window in windows])),
        torch.tensor([window.first_position for window in windows]),
        torch.from_numpy(np.stack([window.frame_classes for window in windows])),
        tokens, labels, spans[0], spans[1],
    )  # fmt: skip


def _positions_of(span: Span, positions: int) -> tuple[int, int]:
    """At least two positions inside the window."""
    first = max(0, min(int(span[0] * POSITIONS_PER_S), positions - 2))
    return first, min(max(int(span[1] * POSITIONS_PER_S), first + 2), positions)


class Stream(torch.utils.data.IterableDataset[Batch]):
    """The batches of some steps, for a DataLoader with one worker."""

    def __init__(self, pool: Pool, seed: int, steps: range) -> None:
        self._pool, self._seed, self._steps = pool, seed, steps

    def __iter__(self) -> Iterator[Batch]:
        torch.set_num_threads(1)
        for step in self._steps:
            yield draw_batch(self._pool, self._seed, step, shares(step))
