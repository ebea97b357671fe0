"""Training from scratch on a processor: text, timestamps, and where each word is.

The word times that espeak-ng gives are used twice: a classifier of words per position on the encoder's states, and
cross-attention heads that are told where to look (guided attention, Tachibana et al. 2018). Without these the decoder
takes hours to find out that it can listen. Layer matrices are trained with Muon (Jordan et al. 2024), the rest with
AdamW.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from . import vocabulary as v
from .batches import Batch, Stream
from .model import Shape, TinyWhisper
from .windows import Pool

NEXT_WORD_HEADS = ((1, 0), (1, 1))
"""(layer, head) told to look at the word to be said; the first also times the words."""

READ_WORD_HEAD = (0, 0)
"""Told to look at the word just read, from where the next one is easy to find."""

MUON_RATE, ADAM_RATE = 0.01, 2e-3
WARM_UP_STEPS = 100
RATE_AT_STEP = ((0, 1.0), (700, 1.0), (1435, 0.3), (2400, 0.0))
"""Corners of the learning rates' way down to nothing, as parts of the full rates."""

HINT_WEIGHTS, HINTS_MATTER_LESS_FROM_STEP = (1.0, 0.4), 700
_STAMP_BLUR_POSITIONS = 1.2
_CHECKPOINT_EVERY, _REPORT_EVERY = 100, 50


@dataclass(frozen=True)
class Recipe:
    """What makes a run; the same recipe on the same versions gives the same model."""

    steps: int = RATE_AT_STEP[-1][0]
    seed: int = 7
    utterances: int = 8000
    shape: Shape = field(default_factory=Shape)


def train(recipe: Recipe, pool: Pool, checkpoint: Path, until: int | None = None) -> tuple[TinyWhisper, float]:
    """Train, or go on from the checkpoint of an interrupted run.

    Args:
        recipe: What to do.
        pool: The spoken sentences.
        checkpoint: File that is written now and then, and gone on from when it is there.
        until: Stop before this step, as if interrupted.

    Returns:
        The model, and the seconds that training took, with those before the interruption.
    """
    torch.manual_seed(recipe.seed)
    model = TinyWhisper(recipe.shape)
    optimisers = _optimisers(model)
    first_step, spent_s = _resume(checkpoint, model, optimisers)
    last_step = recipe.steps if until is None else until
    stream = Stream(pool, recipe.seed, range(first_step, last_step))
    loader = torch.utils.data.DataLoader(stream, batch_size=None, num_workers=1, prefetch_factor=4)
    began = time.monotonic() - spent_s
    averages: dict[str, float] = {}
    for step, batch in enumerate(loader, start=first_step):
        _set_rates(optimisers, step)
        hints = HINT_WEIGHTS[step >= HINTS_MATTER_LESS_FROM_STEP]
        losses = measure(model, batch)
        loss = losses["text"] + losses["stamps"] + hints * sum(
            weight * losses[name] for name, weight in (("frames", 1), ("next", 0.5), ("read", 0.3), ("even", 0.5))
        )  # fmt: skip
        model.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimiser in optimisers:
            optimiser.step()
        for name, value in losses.items():
            averages[name] = 0.97 * averages.get(name, value.item()) + 0.03 * value.item()
        if (step + 1) % _REPORT_EVERY == 0:
            figures = " ".join(f"{name} {value:.3f}" for name, value in averages.items())
            print(f"step {step + 1}/{recipe.steps} {time.monotonic() - began:.0f} s {figures}", flush=True)
        if (step + 1) % _CHECKPOINT_EVERY == 0 or step + 1 == last_step:
            _save(checkpoint, model, optimisers, step + 1, time.monotonic() - began)
    return model, time.monotonic() - began


def measure(model: TinyWhisper, batch: Batch) -> dict[str, Tensor]:
    """The losses of a batch, each a mean, and `right`, the share of right text tokens."""
    states = model.encoder(batch.features, batch.first_positions)
    asked = batch.labels >= 0
    scores, weights = model.decode(batch.tokens, states, asked)
    labels = batch.labels[asked]
    log_p = scores.log_softmax(-1)
    is_stamp = labels >= v.FIRST_TIMESTAMP
    text = -log_p[~is_stamp].gather(1, labels[~is_stamp, None])
    stamps = _stamp_loss(log_p[is_stamp], labels[is_stamp])
    return {
        "text": text.sum() / len(labels),
        "stamps": stamps.sum() / len(labels),
        "frames": F.cross_entropy(model.word_of_position(states).flatten(0, 1), batch.frame_classes.flatten()),
        "next": sum(_missed(weights, head, batch.next_spans) for head in NEXT_WORD_HEADS) / len(NEXT_WORD_HEADS),
        "read": _missed(weights, READ_WORD_HEAD, batch.read_spans),
        "even": _uneven(weights, NEXT_WORD_HEADS[0], batch.next_spans),
        "right": (scores.argmax(-1) == labels)[~is_stamp].float().mean().detach(),
    }


def _stamp_loss(log_p: Tensor, labels: Tensor) -> Tensor:
    """Divergence from a narrow bell around the right timestamp: a near miss costs little."""
    around = torch.arange(-4, 5)
    bell = torch.exp(-0.5 * (around / _STAMP_BLUR_POSITIONS) ** 2)
    bell = bell / bell.sum()
    places = (labels[:, None] + around).clamp(v.FIRST_TIMESTAMP, len(v.TOKENS) - 1)
    return -((log_p.gather(1, places) - bell.log()) * bell).sum(1)


def _of_head(weights: list[Tensor], head: tuple[int, int], spans: Tensor) -> tuple[Tensor, Tensor]:
    """A head's weights where it is told where to look, and 1 for the positions inside, 0 outside."""
    told = spans[..., 1] > 0
    layer, number = head
    place = torch.arange(weights[layer].shape[-1])
    first, last = spans[told].unsqueeze(-1).unbind(1)
    return weights[layer][:, number][told], ((place >= first) & (place < last)).float()


def _missed(weights: list[Tensor], head: tuple[int, int], spans: Tensor) -> Tensor:
    """Minus the log of the weight inside the span."""
    weight, inside = _of_head(weights, head, spans)
    return -(weight * inside).sum(-1).clamp_min(1e-6).log().mean()


def _uneven(weights: list[Tensor], head: tuple[int, int], spans: Tensor) -> Tensor:
    """Divergence from looking at the whole span evenly: a peak inside a word shifts where the word seems to start."""
    weight, inside = _of_head(weights, head, spans)
    length = inside.sum(-1)
    return (-(weight.clamp_min(1e-6).log() * inside).sum(-1) / length - length.log()).mean()


def _optimisers(model: TinyWhisper) -> list[torch.optim.Optimizer]:
    trained = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    matrices = {name for name, parameter in trained.items() if ".layers." in name and parameter.ndim == 2}
    others = [parameter for name, parameter in trained.items() if name not in matrices]
    return [
        torch.optim.Muon(
            [trained[name] for name in trained if name in matrices],
            lr=MUON_RATE, momentum=0.95, weight_decay=0.01, adjust_lr_fn="original",
        ),
        torch.optim.AdamW(others, lr=ADAM_RATE, betas=(0.9, 0.98), weight_decay=0.01),
    ]  # fmt: skip


def _set_rates(optimisers: list[torch.optim.Optimizer], step: int) -> None:
    corners, parts = zip(*RATE_AT_STEP, strict=True)
    warming, falling = min(1.0, (step + 1) / WARM_UP_STEPS), float(np.interp(step, corners, parts))
    for optimiser, rate in zip(optimisers, (MUON_RATE, ADAM_RATE), strict=True):
        for group in optimiser.param_groups:
            group["lr"] = rate * warming * falling


def _save(
    checkpoint: Path, model: TinyWhisper, optimisers: list[torch.optim.Optimizer], step: int, spent_s: float
) -> None:
    state: dict[str, Any] = {
        "step": step, "spent_s": spent_s,
        "model": model.state_dict(), "optimisers": [optimiser.state_dict() for optimiser in optimisers],
    }  # fmt: skip
    part = checkpoint.with_suffix(".part")
    torch.save(state, part)
    part.replace(checkpoint)


def _resume(checkpoint: Path, model: TinyWhisper, optimisers: list[torch.optim.Optimizer]) -> tuple[int, float]:
    if not checkpoint.is_file():
        return 0, 0.0
    state = torch.load(checkpoint)
    model.load_state_dict(state["model"])
    for optimiser, saved in zip(optimisers, state["optimisers"], strict=True):
        optimiser.load_state_dict(saved)
    return state["step"], state["spent_s"]
