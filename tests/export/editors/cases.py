"""The acceptance matrix of editor formats: every rate with every kind of content."""

from __future__ import annotations

from dataclasses import dataclass

from audapolis.export.material import Material
from audapolis.export.timeline.building import TimelineOptions, build
from audapolis.export.timeline.model import Timeline

from tests.builders import make_transcript
from tests.export.timeline.builders import RATES, Part, cut, source, video

KINDS = ("video", "audio only", "mixed rates", "overlap", "over 24 hours", "names", "right to left")
ODD_NAME = "Interview & Ünï #1  50% 'x'.mov"
ODD_FOLDER = "/med ia/ä & #1%"
PARTS = (
    Part("a.mov", 12.013, 2.35, "Good morning.", "Ann"),
    Part("a.mov", 14.363, 1.0041, "Hello;", "Bob"),
    Part("", 0, 0.5, "", "Bob"),
    Part("a.mov", 300.7, 0.96, "Later | 50 %.", "Ann"),
    Part("a.mov", 3.0007, 7.77, "Before.", "Carla"),
)


@dataclass(frozen=True, slots=True)
class Case:
    """One cell of the matrix."""

    rate: str
    kind: str

    @property
    def options(self) -> dict[str, str]:
        """What the format is asked for."""
        frame_rate, drop_frame = RATES[self.rate]
        options = {"rate": frame_rate, "drop_frame": "yes" if drop_frame else "no"}
        if self.kind == "over 24 hours":
            options["start_timecode"] = "23:59:55:00"
        return options

    @property
    def material(self) -> Material:
        """What is exported."""
        return {
            "video": self._video,
            "audio only": self._audio,
            "mixed rates": self._mixed,
            "overlap": self._overlap,
            "over 24 hours": self._long,
            "names": self._names,
            "right to left": self._rtl,
        }[self.kind]()

    @property
    def timeline(self) -> Timeline:
        """What has to come out."""
        return build(self.material, TimelineOptions(**self.options))  # type: ignore[arg-type]

    def _video(self) -> Material:
        return cut(PARTS, [source("a.mov", picture=video(self.rate, "00:59:30:00"))])

    def _audio(self) -> Material:
        return cut(PARTS, [source("a.mov", channels=1)])

    def _mixed(self) -> Material:
        other = "25" if self.rate != "25" else "29.97 DF"
        sources = [
            source("a.mov", picture=video(self.rate, "01:02:03:04")),
            source("b.mov", picture=video(other, "10:00:00:00"), channels=1),
            source("c.wav", folder=None),
        ]
        parts = [*PARTS, Part("b.mov", 1.1, 3.3, "Other rate.", "Ann"), Part("c.wav", 7.07, 2.2, "Sound.", "Bob")]
        return cut([*parts, Part("b.mov", 400.04, 1.7, "Again.", "Bob")], sources)

    def _overlap(self) -> Material:
        lines = (("S1", 0.5, 3.0, "I was going to say that"), ("S2", 1.2, 2.5, "no no"), ("S2", 0.5, 0.9, "hm"))
        ordered = sorted(lines, key=lambda line: line[1])
        return Material.of(make_transcript(*ordered, names=("Ann", "Bob"), video=video(self.rate, "00:00:10:00")))

    def _long(self) -> Material:
        lines = (("S1", 3.0, 9.0, "Here day one ends."), ("S2", 90_000.04, 90_004.0, "And day two."))
        return Material.of(make_transcript(*lines, names=("Ann", "Bob"), duration_s=90_010.2, video=video(self.rate)))

    def _names(self) -> Material:
        speakers = {"Ann": "Ann & <Söhne>", "Bob": '"Bob" | 50%', "Carla": "Carla's #1 😀"}
        parts = [Part(p.source and ODD_NAME, p.start_s, p.length_s, p.text, speakers[p.speaker]) for p in PARTS]
        return cut(parts, [source(ODD_NAME, picture=video(self.rate), folder=ODD_FOLDER)])

    def _rtl(self) -> Material:
        lines = (("S1", 0.2, 2.0, "صباح الخير، هذا اختبار."), ("S2", 2.5, 4.0, "בוקר טוב לכולם"))
        transcript = make_transcript(*lines, names=("مريم", "דוד כהן"), name="مقابلة.mov", video=video(self.rate))
        return Material.of(transcript)


CASES = [Case(rate, kind) for rate in RATES for kind in KINDS]
