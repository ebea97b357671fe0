"""First stage: is this a recording, and what does it say of itself?"""

from __future__ import annotations

from ..audio.probe import probe
from ..audio.sources import check_readable, fingerprint
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
        return Probed(media, fingerprint(work.source))
