"""From a media file to a transcript: the one list of stages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .audio.decoding import DecodeLimits
from .config import Settings
from .diarization_bridge import DiarizationBridge
from .domain.events import Emit
from .domain.options import TranscribeOptions
from .domain.transcript import Transcript
from .engines.silero import SileroDetector
from .stages.assess import AssessStage
from .stages.base import StageContext
from .stages.cache import FolderCache
from .stages.decode import DecodeStage
from .stages.diarize import DiarizeStage
from .stages.enhance import EnhanceStage
from .stages.merge import MergeStage
from .stages.metering import Meter, TreeMeter
from .stages.probe import ProbeStage
from .stages.refine import RefineStage
from .stages.runner import run_stages
from .stages.speech import SpeechStage
from .stages.transcribe import TranscribeStage
from .stages.work import Work
from .transcription_bridge import TranscriptionBridge
from .voice_book import VoiceBook

DAY_S = 86400.0


def open_cache(settings: Settings) -> FolderCache | None:
    """Results of earlier jobs; None where none are to be kept."""
    kept = settings.cache
    return FolderCache(settings.cache_dir, kept.max_bytes, kept.max_age_days * DAY_S) if kept.enabled else None


class ModernPipeline:
    """Turns recordings into transcripts, one at a time; engines stay warm between them."""

    def __init__(self, settings: Settings, *, transcription: TranscriptionBridge | None = None) -> None:
        """Prepare the stages; engines are opened when they are needed.

        Args:
            settings: All settings.
            transcription: Chooses speech engines; made from the settings when not given. Closed with the pipeline.
        """
        self._transcription = transcription or TranscriptionBridge(settings)
        self._diarization = DiarizationBridge(settings)
        self._cache = open_cache(settings)
        self._meter = TreeMeter if settings.analytics.enabled else Meter
        speech, audio = settings.speech, settings.audio
        detection = (speech.threshold, speech.min_speech_s, speech.min_silence_s, speech.pad_s)
        self.stages = (
            ProbeStage(),
            DecodeStage(
                DecodeLimits(
                    min_duration_s=audio.min_duration_s,
                    max_duration_s=audio.max_duration_s,
                    max_channels=audio.max_channels,
                )
            ),
            EnhanceStage(self._transcription.bears_noise),
            SpeechStage(lambda: SileroDetector(*detection), speech.max_chunk_s, detection),
            DiarizeStage(self._diarization.choose, self._diarization.identify),
            TranscribeStage(
                self._transcription.choose,
                self._transcription.adapts_to_voice,
                speech.max_chunk_s,
                self._transcription.identify,
            ),
            MergeStage(),
            RefineStage(VoiceBook(settings).named),
            AssessStage(),
        )

    def tell(self, emit: Emit) -> None:
        """From now on, tell `emit` what happens that is no recording's doing, such as a model being let go of."""
        self._transcription.tell(emit)
        self._diarization.tell(emit)

    def warm_up(self) -> None:
        """Load the model that recordings without any wishes are recognised with."""
        self._transcription.warm_up()

    def check(self, options: TranscribeOptions) -> None:
        """Say now, before any work, whether the options can be met.

        Raises:
            UnknownName: No such engine, diarizer or model.
            EngineUnavailable: It exists but can't run here.
        """
        self._transcription.check(options)
        self._diarization.check(options)

    def run(
        self,
        source: Path,
        options: TranscribeOptions,
        *,
        name: str | None = None,
        context: StageContext,
    ) -> Transcript:
        """Transcribe one recording.

        Args:
            source: The media file.
            options: What is wanted of it.
            name: What the recording is called in the result; the file's name when not given.
            context: Where to work, whom to tell, how to be stopped and what is done already.

        Raises:
            InvalidInput: The file or the options are at fault.
            Cancelled: The context's token was set.
            AudapolisError: Anything else that went wrong.
        """
        self.check(options)
        work = Work(source=source, name=name or source.name, options=options)
        run_stages(self.stages, work, replace(context, cache=self._cache if options.reuse else None), self._meter())
        if self._cache is not None:
            self._cache.trim()
        return work.transcript

    @property
    def spent(self) -> bool:
        """Whether this process holds GPU memory that it has no use for and only its end gives back."""
        return self._transcription.spent

    def close(self) -> None:
        """End the engines' helper processes."""
        self._transcription.close()
        self._diarization.close()

    def __enter__(self) -> ModernPipeline:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
