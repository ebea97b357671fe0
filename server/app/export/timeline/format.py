"""What the editor formats have in common: they are written from a timeline."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import BinaryIO, ClassVar, Generic, TypeVar

from ..base import Format
from ..losses import Loss, actual_losses
from ..material import Material
from ..report import Notes
from .building import TimelineOptions, build, offline_warnings
from .model import Timeline

T = TypeVar("T", bound=TimelineOptions)


class TimelineFormat(Format[T], Generic[T]):
    """A format for editing programs. Override `file`, or `put` where the file is too large for memory."""

    family = "editors"
    points_to_media: ClassVar[bool] = True
    """Whether it holds clips that play recordings; lists of markers, captions and scripts don't."""

    @abstractmethod
    def file(self, timeline: Timeline) -> bytes:
        """The whole file."""

    def write(self, material: Material, out: BinaryIO) -> Notes:
        """Build the timeline and write it."""
        timeline = build(material, self.options)
        return self.put(timeline, out)

    def put(self, timeline: Timeline, out: BinaryIO) -> Notes:
        """Write a timeline that is built already: what the desktop app's converter does too."""
        out.write(self.file(timeline))
        return self.notes(timeline)

    def notes(self, timeline: Timeline) -> Notes:
        """What to report of a file that was written."""
        beside_the_point = () if self.points_to_media else offline_warnings(timeline.media)
        return Notes(
            (*actual_losses(self.suffered(), timeline.transcript), *self.left_out(timeline)),
            (*(w for w in timeline.warnings if w not in beside_the_point), *self.warnings(timeline)),
        )

    def suffered(self) -> Iterable[Loss]:
        """Of the declared losses, those that these options leave standing."""
        return self.losses

    def left_out(self, timeline: Timeline) -> tuple[str, ...]:  # noqa: ARG002
        """What this timeline has that the format can't hold, in words."""
        return ()

    def warnings(self, timeline: Timeline) -> tuple[str, ...]:  # noqa: ARG002
        """What to look out for in this file."""
        return ()
