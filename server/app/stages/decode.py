"""Second stage: the chosen audio track as 16 kHz sound on disk, where every later stage reads it in windows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..audio.decoding import DecodeLimits, decode
from ..audio.pcm import PcmFile
from .base import ProgressReporter, Stage, StageContext
from .work import Work

PCM_NAME = "audio.pcm"


class DecodeStage(Stage[PcmFile]):
    """Decodes in a child process, so that hostile media can't hurt; memory does not grow with length."""

    name = "decode"
    after = ("probe",)
    leaves = "pcm"
    result_type = PcmFile
    heeds = ("audio_track", "split_channels")
    cached = True

    def __init__(self, limits: DecodeLimits) -> None:
        self._limits = limits

    def run(self, work: Work, context: StageContext) -> PcmFile:
        """Decode the source into the work folder."""
        return decode(
            work.source,
            context.workdir / PCM_NAME,
            track=work.options.audio_track,
            split_channels=work.options.split_channels,
            limits=self._limits,
            on_progress=ProgressReporter(self.name, context, work.probed.media.duration_s),
            cancel=context.cancel,
        )

    def basis(self, work: Work) -> list[float]:  # noqa: ARG002
        """The limits that recordings are refused by."""
        return [self._limits.min_duration_s, self._limits.max_duration_s, self._limits.max_channels]

    def sound_of(self, result: PcmFile) -> str:
        """The decoded sound."""
        return result.path

    def with_sound(self, result: PcmFile, path: Path) -> PcmFile:
        """The decoded sound at another place."""
        return replace(result, path=str(path))

    def still_valid(self, result: PcmFile) -> bool:
        """Whether the decoded sound is still there, whole."""
        path = Path(result.path)
        return path.is_file() and path.stat().st_size == result.size_bytes
