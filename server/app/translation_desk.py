"""TranslationDesk: which translator to use, and tracks in other languages put on transcripts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .config import Settings
from .domain.transcript import Transcript
from .errors import InvalidOption
from .translations.alignment import align
from .translations.base import AlignmentReport, Cue, Translator
from .translations.files import read_file
from .translations.tracks import LanguageTrack, checked_target, languages_of, with_track, without_track
from .translations.translating import Progress, translated


class TranslationDesk:
    """Puts translations on a transcript's segments. Has no state; one may serve all threads.

    Nothing is sent anywhere unless a service was named.
    """

    def translator(self, settings: Settings, *, service: str = "", model: Path | None = None) -> Translator:
        """The translator that was asked for, or else the one the settings name.

        Args:
            settings: `translation` matters here.
            service: Address of a LibreTranslate-compatible service.
            model: Folder or archive of an Argos Translate package.

        Raises:
            InvalidOption: None is named, or two are, or an address makes no sense.
            NotFound, ModelBroken, EngineUnavailable: The model can't be used.
        """
        wanted = settings.translation
        if service and model:
            raise InvalidOption("A service and a model were named.", hint="Name one of them.")
        if not service and not model:
            service, model = wanted.service or "", None if wanted.service else wanted.model
        if service:
            from .translations.service import TranslationService

            return TranslationService(service, api_key=wanted.service_key or "")
        if model:
            from .engines.translation.argos import ArgosTranslator

            return ArgosTranslator.open(model)
        raise InvalidOption(
            "No translator is named.",
            hint="Name a service or a model, or set AUDAPOLIS_TRANSLATION__SERVICE or AUDAPOLIS_TRANSLATION__MODEL.",
        )

    def translate(
        self, transcript: Transcript, target: str, translator: Translator, *, progress: Progress | None = None
    ) -> Transcript:
        """Add a track made by a translator; one of that language is replaced.

        Args:
            transcript: What was said.
            target: Language wanted, a tag such as `de`.
            translator: Makes it.
            progress: Told how far it is.

        Raises:
            InvalidOption: No such language, or the transcript's own.
            AudapolisError: The translator failed.
        """
        language = checked_target(transcript, target)
        return with_track(transcript, language, translated(transcript, language, translator, progress))

    def import_track(
        self, transcript: Transcript, path: Path, language: str, *, name: str = ""
    ) -> tuple[Transcript, AlignmentReport]:
        """Add a track from a translated SRT, WebVTT, CSV or TSV file, or a translated transcript's JSON.

        Args:
            transcript: What was said.
            path: The file.
            language: What it is written in.
            name: What the file is called, where its path does not say it.

        Returns:
            The transcript with the track, and how well that fits.

        Raises:
            InvalidOption: No such language, or the transcript's own.
            NotFound, TooLarge, InvalidDocument: The file can't be used.
        """
        tag = checked_target(transcript, language)
        found = read_file(path, tag, name=name)
        return _aligned(transcript, found.cues, tag, same_clock=found.same_clock, warnings=found.warnings)

    def from_transcript(
        self, original: Transcript, translation: Transcript, language: str = "en"
    ) -> tuple[Transcript, AlignmentReport]:
        """Add a track from a second transcript of the same recording, as Whisper's task `translate` makes it.

        Raises:
            InvalidOption: The original is in that language.
        """
        tag = checked_target(original, language)
        cues = tuple(Cue(s.start_s, s.end_s, (s.text,)) for s in translation.segments if s.text.strip())
        return _aligned(original, cues, tag, same_clock=True)

    def put(self, transcript: Transcript, language: str, texts: Mapping[str, str]) -> Transcript:
        """Add a track made elsewhere, given by segment id; one of that language is replaced.

        Raises:
            InvalidOption: No such language or segment, or the transcript's own language.
        """
        tag = checked_target(transcript, language)
        unknown = sorted(set(texts) - {segment.id for segment in transcript.segments})
        if unknown:
            raise InvalidOption(
                f"The transcript has no segment '{unknown[0]}'.", hint="Name segments by their ids.", field="lines"
            )
        return with_track(transcript, tag, texts)

    def languages(self, transcript: Transcript) -> tuple[LanguageTrack, ...]:
        """The languages a transcript has text in, the original first."""
        return languages_of(transcript)

    def remove(self, transcript: Transcript, language: str) -> Transcript:
        """Take a track out.

        Raises:
            NotFound: There is no such track.
        """
        return without_track(transcript, language)


def _aligned(
    transcript: Transcript, cues: tuple[Cue, ...], tag: str, *, same_clock: bool = False, warnings: tuple[str, ...] = ()
) -> tuple[Transcript, AlignmentReport]:
    aligned = align(transcript, cues, tag, same_clock=same_clock, warnings=warnings)
    return with_track(transcript, tag, aligned.texts), aligned.report
