"""First stage: is this a recording, and what does it say of itself?"""

from __future__ import annotations

from pathlib import Path

from ..audio.probe import probe
from ..audio.sources import check_readable, fingerprint, unreadable
from ..domain.events import RecordingProbed
from .base import Stage, StageContext
from .work import Probed, Work


class ProbeStage(Stage[Probed]):
    """Reads the container's facts and fingerprints the file."""

    name = "probe"
    after = ()
    leaves = "probed"
    result_type = Probed

    def run(self, work: Work, context: StageContext) -> Probed:
        """Probe the source; raises UnsupportedMedia or NotFound when it is no recording."""
        check_readable(work.source)
        media = probe(work.source)
        context.cancel.check()
        probed = Probed(media, fingerprint(work.source))
        context.emit(told(probed, _size_bytes(work.source)))
        return probed


def told(probed: Probed, size_bytes: int) -> RecordingProbed:
    """The event that tells what a recording is."""
    media = probed.media
    track = media.audio_tracks[0] if media.audio_tracks else None
    return RecordingProbed(
        recording=probed.sha256,
        container=media.container.partition(",")[0],
        codec=track.codec if track else "",
        video=media.video is not None,
        channels=track.channels if track else 0,
        duration_s=media.duration_s,
        size_bytes=size_bytes,
    )


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:  # it was there a moment ago
        raise unreadable(path, error) from None
