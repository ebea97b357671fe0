"""Second stage: the chosen audio track as 16 kHz sound on disk, where every later stage reads it in windows."""

from __future__ import annotations

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

    def still_valid(self, result: PcmFile) -> bool:
        """Whether the decoded sound is still there, whole."""
        path = Path(result.path)
        return path.is_file() and path.stat().st_size == result.size_bytes
