"""Hypothesis strategies for the domain's records."""

from __future__ import annotations

from audapolis.domain.recording import AudioFacts, Recording, VideoFacts
from audapolis.domain.transcript import (
    Fallback,
    Provenance,
    Segment,
    Speaker,
    Transcript,
    TranslatedSegment,
    Turn,
    Word,
)
from hypothesis import strategies as st

names = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
"""Any text a name may be: spaces, markup, control characters, right-to-left, emoji, nothing at all."""
texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20)
probabilities = st.floats(0, 1)
times = st.floats(0, 200_000, allow_nan=False).map(lambda value: round(value, 3))
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)
audio_facts = st.builds(
    AudioFacts,
    track=st.integers(0, 3),
    tracks=st.integers(1, 4),
    codec=st.sampled_from(["aac", "opus", "pcm_s24le"]),
    sample_rate_hz=st.sampled_from([8000, 44100, 48000]),
    channels=st.integers(1, 8),
    layout=st.just("stereo"),
    start_s=st.floats(-1, 5),
    channel_use=st.sampled_from(["mono", "mix", "left", "separate"]),
)
video_facts = st.builds(
    VideoFacts,
    frame_rate=st.sampled_from(["25", "30000/1001", "24000/1001", "60"]),
    start_timecode=st.sampled_from([None, "00:59:30;00", "01:00:00:00"]),
    drop_frame=st.booleans(),
    width=st.just(1920),
    height=st.just(1080),
)
provenances = st.builds(
    Provenance,
    engine=names,
    model=names,
    device=names,
    precision=names,
    diarizer=st.none() | names,
    options=st.dictionaries(names, st.none() | st.booleans() | st.integers(-99, 99) | names, max_size=3),
    fallbacks=st.lists(st.builds(Fallback, names, names, names), max_size=2).map(tuple),
    version=names,
)


@st.composite
def segments_of(draw: st.DrawFn, speakers: list[str | None], duration_s: float) -> tuple[Segment, ...]:
    """Segments ordered by start; their words are timed, ordered, and may overlap those of other segments."""
    starts = sorted(draw(st.lists(st.floats(0, duration_s).map(lambda value: round(value, 3)), max_size=8)))
    return tuple(
        draw(_segment(f"seg-{number}", start_s, duration_s, draw(st.sampled_from(speakers))))
        for number, start_s in enumerate(starts, start=1)
    )


@st.composite
def _segment(draw: st.DrawFn, name: str, start_s: float, duration_s: float, speaker: str | None) -> Segment:
    words: list[Word] = []
    at_s = start_s
    for text in draw(st.lists(texts, min_size=1, max_size=12)):
        at_s = round(min(duration_s, at_s + draw(st.sampled_from([0.0, 0.05, 0.4, 3.0]))), 3)
        end_s = round(min(duration_s, at_s + draw(st.sampled_from([0.0, 0.03, 0.2, 0.9, 9.0]))), 3)
        words.append(Word(at_s, end_s, text, draw(probabilities), speaker))
        at_s = end_s
    text = " ".join(word.text for word in words)
    return Segment(name, words[0].start_s, words[-1].end_s, speaker, text, draw(probabilities), tuple(words))


@st.composite
def turns_of(draw: st.DrawFn, speakers: list[str], duration_s: float) -> tuple[Turn, ...]:
    """Turns ordered by start; those of different speakers may overlap."""
    turns = [
        Turn(start_s, round(min(duration_s, start_s + draw(st.sampled_from([0.1, 2.0, 60.0]))), 3), speaker)
        for speaker in speakers
        for start_s in [round(draw(st.floats(0, 1)) * duration_s, 3)]
    ]
    return tuple(sorted((turn for turn in turns if turn.end_s >= turn.start_s), key=lambda turn: turn.start_s))


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    """Any transcript that keeps the contract."""
    duration_s = draw(st.floats(0, 400_000).map(lambda value: round(value, 3)))
    ids = [f"S{number}" for number in range(1, draw(st.integers(0, 4)) + 1)]
    segments = tuple(sorted(draw(segments_of([*ids, None], duration_s)), key=lambda segment: segment.start_s))
    embedding = draw(st.sampled_from([(), (0.6, -0.8)]))
    lines = st.builds(TranslatedSegment, st.sampled_from([s.id for s in segments] or ["-"]), names)
    return Transcript(
        id=draw(st.uuids()).hex,
        created_at="2026-01-31T12:00:00Z",
        language=draw(st.sampled_from(["en", "de-CH", "und"])),
        recording=Recording(draw(names), draw(hashes), duration_s, draw(audio_facts), draw(st.none() | video_facts)),
        provenance=draw(provenances),
        speakers=tuple(
            Speaker(name, draw(names), draw(times), embedding, "acoustic-1" if embedding else "") for name in ids
        ),
        segments=segments,
        turns=draw(turns_of(ids, duration_s)),
        translations={"fr": tuple(draw(st.lists(lines, max_size=3)))} if segments else {},
        quality={"speech_s": 1.5},
    )
