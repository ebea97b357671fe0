"""The facts of a recording that a document names but does not describe."""

from __future__ import annotations

from pathlib import Path

from ..audio.probe import probe
from ..domain.recording import AudioFacts, Recording


def examined(path: Path, sha256: str) -> Recording:
    """Read a recording's facts from its headers.

    Raises:
        NotFound, UnsupportedMedia: As for `probe`.
    """
    media = probe(path)
    track = media.audio_tracks[0] if media.audio_tracks else None
    audio = AudioFacts(
        track=track.index if track else 0,
        tracks=len(media.audio_tracks),
        codec=track.codec if track else "none",
        sample_rate_hz=track.sample_rate_hz if track else 0,
        channels=track.channels if track else 0,
        layout=track.layout if track else "none",
    )
    return Recording(path.name, sha256, media.duration_s or 0.0, audio, media.video)
