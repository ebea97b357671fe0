"""Third stage: how good the sound is, and a cleaned copy of it where that helps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ..audio.filters.choosing import decide
from ..audio.filters.cleaning import clean, measure
from ..domain.options import TranscribeOptions
from .base import ProgressReporter, Stage, StageContext
from .work import ChannelSound, Enhanced, Work

CLEAN_PCM_NAME = "clean.pcm"
_MEASURING_SHARE = 0.2
"""Of the stage's time, where something is cleaned."""


class EnhanceStage(Stage[Enhanced]):
    """Measures every channel and cleans those that need it. Where none does, nothing is written.

    Args:
        bears_noise: Whether the recogniser for the options hears noisy speech better as it is.
    """

    name = "enhance"
    after = ("decode",)
    leaves = "enhanced"
    result_type = Enhanced
    heeds = ("denoise",)
    cached = True

    def __init__(self, bears_noise: Callable[[TranscribeOptions], bool] = lambda _: True) -> None:
        self._bears_noise = bears_noise

    def basis(self, work: Work) -> bool:
        """Whether the recogniser bears noise."""
        return self._bears_noise(work.options)

    def run(self, work: Work, context: StageContext) -> Enhanced:
        """Measure, decide, clean; the decoded sound itself stays as it is."""
        pcm = work.pcm
        report = ProgressReporter(self.name, context, pcm.duration_s)

        def measured(done_s: float, _total_s: float | None) -> None:
            report(_MEASURING_SHARE * done_s / pcm.channels)

        def cleaned(done_s: float, _total_s: float | None) -> None:
            report(_MEASURING_SHARE * pcm.duration_s + (1 - _MEASURING_SHARE) * done_s)

        figures = measure(pcm, on_progress=measured, cancel=context.cancel)
        bears_noise = self._bears_noise(work.options)
        decisions = [decide(each, work.options.denoise, bears_noise=bears_noise) for each in figures]
        channels = tuple(
            ChannelSound(each, decision.steps, decision.left) for each, decision in zip(figures, decisions, strict=True)
        )
        chains = [decision.steps for decision in decisions]
        if not any(chains):
            return Enhanced(channels)
        out = context.workdir / CLEAN_PCM_NAME
        return Enhanced(channels, clean(pcm, out, chains, on_progress=cleaned, cancel=context.cancel))

    def sound_of(self, result: Enhanced) -> str | None:
        """The cleaned copy."""
        return result.pcm.path if result.pcm else None

    def with_sound(self, result: Enhanced, path: Path) -> Enhanced:
        """The result, its copy being at `path` now."""
        return replace(result, pcm=replace(result.pcm, path=str(path))) if result.pcm else result

    def still_valid(self, result: Enhanced) -> bool:
        """Whether the cleaned copy, if there was one, is still there, whole."""
        if result.pcm is None:
            return True
        path = Path(result.pcm.path)
        return path.is_file() and path.stat().st_size == result.pcm.size_bytes
