"""Names for voices: enrolled once from a sample, known again in every later recording on this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .audio.decoding import DecodeLimits
from .config import Settings
from .diarization_bridge import DiarizationBridge
from .domain.cancellation import CancelToken
from .domain.options import TranscribeOptions
from .domain.transcript import Span, Speaker
from .engines.base import Diarizer, SpeakerCount
from .engines.silero import SileroDetector
from .errors import EngineFailed, EngineUnavailable, UnsupportedMedia
from .stages.base import Stage, StageContext
from .stages.decode import DecodeStage
from .stages.probe import ProbeStage
from .stages.speech import SpeechStage, speech_of
from .stages.work import Work
from .voices.book import Voice, VoiceFolder, check_name
from .voices.matching import recognised

LEAST_SPEECH_S = 3.0
"""Of speech in a sample; ten times as much is better."""


class VoiceBook:
    """The voices enrolled on this machine."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = VoiceFolder(settings.voices_dir)

    def voices(self) -> list[Voice]:
        """Everybody enrolled, by name."""
        return self._folder.all()

    def forget(self, name: str) -> None:
        """Delete a voice for good.

        Raises:
            UnknownName: There is no such voice.
            NotFound: There are none at all.
        """
        self._folder.forget(name)

    def named(self, speakers: Sequence[Speaker]) -> tuple[Speaker, ...]:
        """The speakers of a recording, those who are enrolled with their names."""
        return recognised(speakers, self._folder.all())

    def enrol(self, name: str, sample: Path, cancel: CancelToken | None = None) -> Voice:
        """Learn a voice from a recording in which only its owner speaks; an earlier one of that name is replaced.

        Every diarizer that can run here hears the sample, so the voice is known whichever is used later.

        Args:
            name: What to call them, 1 to 100 characters.
            sample: An audio or video file with at least 3 s of speech.
            cancel: Stops it.

        Raises:
            InvalidInput: The name or the file is at fault, or there is too little speech.
            Cancelled: Somebody asked to stop.
        """
        name, cancel = check_name(name), cancel or CancelToken()
        with tempfile.TemporaryDirectory(prefix="audapolis-") as folder:
            work = self._heard(sample, StageContext(Path(folder), cancel=cancel))
            speech = speech_of(work.chunks)
            speech_s = sum(span.duration_s for span in speech)
            if speech_s < LEAST_SPEECH_S:
                raise UnsupportedMedia(
                    f"Only {speech_s:.1f} s of speech were heard in {sample.name}.",
                    hint="Half a minute of one person talking makes a good sample; 3 s are the least.",
                )
            vectors = dict(self._vectors(work, speech, cancel))
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        voice = Voice(name, now, round(speech_s, 1), vectors)
        self._folder.save(voice)
        return voice

    def _heard(self, sample: Path, context: StageContext) -> Work:
        """The sample, decoded as it is (cleaning would change the voice), and where speech is in it."""
        speech, audio = self._settings.speech, self._settings.audio
        stages: list[Stage[Any]] = [
            ProbeStage(),
            DecodeStage(DecodeLimits(max_duration_s=audio.max_duration_s, max_channels=audio.max_channels)),
            SpeechStage(
                lambda: SileroDetector(speech.threshold, speech.min_speech_s, speech.min_silence_s, speech.pad_s),
                speech.max_chunk_s,
            ),
        ]
        work = Work(sample, sample.name, TranscribeOptions(split_channels="never"))
        for stage in stages:
            setattr(work, stage.leaves, stage.run(work, context))
        return work

    def _vectors(self, work: Work, speech: list[Span], cancel: CancelToken) -> Iterator[tuple[str, tuple[float, ...]]]:
        bridge = DiarizationBridge(self._settings)
        try:
            for diarizer in bridge.everyone():
                try:
                    speaker = _only_speaker(diarizer, work, speech, cancel)
                except (EngineFailed, EngineUnavailable):
                    continue  # another one is enough; `doctor` tells what is wrong with this one
                if speaker is not None and speaker.embedding:
                    yield speaker.embedding_model, speaker.embedding
        finally:
            bridge.close()


def _only_speaker(diarizer: Diarizer, work: Work, speech: list[Span], cancel: CancelToken) -> Speaker | None:
    session = diarizer.open(cancel)
    for window in work.audio.windows():
        session.feed(window)
    found = session.flush(speech, SpeakerCount(1, 1)).speakers
    return max(found, key=lambda speaker: speaker.speech_s, default=None)
